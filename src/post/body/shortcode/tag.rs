//! Finds shortcodes and tags of Liquid.

use std::cell::Cell;

use crate::post::dialect::Syntax;

/// How each kind begins and ends, the longer beginnings first.
const KINDS: [(&str, &str, TagSyntax); 5] = [
    ("{{<", ">}}", TagSyntax::Hugo),
    ("{{%", "%}}", TagSyntax::Hugo),
    ("{{", "}}", TagSyntax::Output),
    ("{%", "%}", TagSyntax::Liquid),
    ("{#", "#}", TagSyntax::Comment),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagSyntax {
    /// `{{< x >}}` or `{{% x %}}`.
    Hugo,
    /// `{{ x() }}`, alone.
    ZolaInline,
    /// `{% x() %}`, up to `{% end %}`.
    ZolaBlock,
    /// `{% x %}`.
    Liquid,
    /// `{{ x }}`.
    Output,
    /// `{# a comment #}`.
    Comment,
    /// `{{</* x */>}}` and the like: the content is text.
    Escaped,
}

/// A tag at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShortcodeTag<'a> {
    pub(super) kind: TagSyntax,
    /// The text between the braces; of a closing tag only its name; of an escaped one the text to show.
    pub(super) inner: &'a str,
    /// Whether it closes an opened tag.
    pub(super) closes: bool,
    /// Whether it opens nothing for sure: `{{< x />}}`.
    pub(super) is_alone: bool,
    /// Its length in bytes.
    pub(super) length: usize,
}

/// The tags of a text. The ends of each kind are found once, so that no tag is searched for a missing end.
pub(super) struct Tags<'a> {
    pub(super) text: &'a str,
    /// The positions of the closing braces, by kind.
    ends: [Vec<usize>; KINDS.len()],
    /// The position of the last brace that may begin attributes of kramdown's.
    attributes: Option<usize>,
    /// How many bytes may still be searched for quotation marks: many that never close must not take all day.
    search: Cell<usize>,
}

impl<'a> Tags<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let has_tags = memchr::memmem::find(text.as_bytes(), b"{").is_some();
        let ends = KINDS.map(|(_, close, _)| match has_tags {
            true => memchr::memmem::find_iter(text.as_bytes(), close).collect(),
            false => Vec::new(),
        });
        let attributes = memchr::memmem::rfind(text.as_bytes(), b"{:");
        Self {
            text,
            ends,
            attributes,
            search: Cell::new(text.len().saturating_mul(4).saturating_add(1 << 16)),
        }
    }

    /// Whether every brace from here on is text.
    pub(super) fn is_over(&self, at: usize) -> bool {
        let last = self
            .ends
            .iter()
            .filter_map(|ends| ends.last())
            .chain(&self.attributes)
            .max();
        last.is_none_or(|last| *last < at)
    }

    /// The tag that begins here in this syntax, and ends before `end`.
    pub(super) fn at(&self, at: usize, end: usize, syntax: Syntax) -> Option<ShortcodeTag<'a>> {
        let text = self.text.get(at..end)?;
        let wanted = |kind: TagSyntax| match kind {
            TagSyntax::Hugo => syntax.hugo,
            TagSyntax::Output => syntax.outputs || syntax.zola,
            TagSyntax::Liquid => syntax.tags || syntax.zola,
            _ => syntax.tags && syntax.outputs,
        };
        let place = KINDS
            .iter()
            .position(|(open, _, kind)| text.starts_with(open) && wanted(*kind))?;
        let (open, close, kind) = KINDS[place];
        let length = self.end(place, at + open.len(), end)?;
        let (inner, total) = (
            text[open.len()..open.len() + length].trim(),
            open.len() + length + close.len(),
        );
        read(kind, inner, total, syntax)
    }

    /// The length up to the closing braces, outside of quotation marks if possible.
    fn end(&self, place: usize, from: usize, end: usize) -> Option<usize> {
        let (_, close, kind) = KINDS[place];
        let ends = &self.ends[place];
        let next = *ends.get(ends.partition_point(|known| *known < from))?;
        let first = (next + close.len() <= end).then(|| next - from)?;
        let text = &self.text[from..end];
        if kind == TagSyntax::Comment
            || !self.may_search(first)
            || !text[..first].contains(['"', '\'', '`'])
        {
            return Some(first);
        }
        let mut quote = None;
        for (at, c) in text.char_indices() {
            match (quote, c) {
                (None, _) if text[at..].starts_with(close) => {
                    self.may_search(at);
                    return Some(at);
                }
                (None, '"' | '`') => quote = Some(c),
                (None, '\'') if text[..at].ends_with(['=', ' ', '(', ':', ',']) => quote = Some(c),
                (Some(open), c) if c == open && !text[..at].ends_with('\\') => quote = None,
                _ => {}
            }
        }
        // A quotation mark that is never closed is an apostrophe.
        self.may_search(text.len());
        Some(first)
    }

    /// Takes bytes from the search budget. Returns whether there were as many left.
    fn may_search(&self, length: usize) -> bool {
        let left = self.search.get().checked_sub(length);
        self.search.set(left.unwrap_or_default());
        left.is_some()
    }
}

/// Reads the text between the braces of one kind.
fn read(kind: TagSyntax, inner: &str, length: usize, syntax: Syntax) -> Option<ShortcodeTag<'_>> {
    let tag = |kind, inner| ShortcodeTag {
        kind,
        inner,
        closes: false,
        is_alone: false,
        length,
    };
    if let Some(shown) = inner
        .strip_prefix("/*")
        .and_then(|inner| inner.strip_suffix("*/"))
    {
        return Some(tag(TagSyntax::Escaped, shown.trim()));
    }
    match kind {
        TagSyntax::Hugo => {
            let closes = inner.starts_with('/');
            let is_alone = inner.ends_with('/');
            let inner = inner.trim_matches('/').trim();
            Some(ShortcodeTag {
                closes,
                is_alone,
                ..tag(kind, inner)
            })
        }
        TagSyntax::Liquid => {
            let inner = inner.trim_start_matches('-').trim_end_matches('-').trim();
            let word = inner
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
                .unwrap_or(inner.len());
            if syntax.zola && inner == "end" {
                return Some(ShortcodeTag {
                    closes: true,
                    ..tag(TagSyntax::ZolaBlock, "")
                });
            }
            if syntax.zola && word > 0 && inner[word..].trim_start().starts_with('(') {
                return Some(tag(TagSyntax::ZolaBlock, inner));
            }
            if !syntax.tags || word == 0 {
                return None;
            }
            match inner
                .strip_prefix("end")
                .filter(|name| !name.is_empty() && word == inner.len())
            {
                Some(name) => Some(ShortcodeTag {
                    closes: true,
                    ..tag(kind, name)
                }),
                None => Some(tag(kind, inner)),
            }
        }
        TagSyntax::Output => {
            let inner = inner.trim_start_matches('-').trim_end_matches('-').trim();
            let word = inner
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'))
                .unwrap_or(inner.len());
            if syntax.zola && word > 0 && inner[word..].starts_with('(') && inner.ends_with(')') {
                return Some(tag(TagSyntax::ZolaInline, inner));
            }
            (syntax.outputs && !inner.is_empty()).then_some(tag(kind, inner))
        }
        kind => Some(tag(kind, inner)),
    }
}
