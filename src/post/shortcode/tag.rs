//! Where a shortcode or a tag of Liquid begins and ends.

use crate::post::dialect::Syntax;

/// The most bytes between the braces of one tag.
const LONGEST: usize = 10_000;

/// Whose way of writing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
    /// `{{</* x */>}}` and the like: what stands between is text.
    Escaped,
}

/// A tag at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) kind: Kind,
    /// What stands between the braces; of a closing tag its name only; of an escaped one the text to show.
    pub(super) inner: &'a str,
    /// Whether it closes what another opened.
    pub(super) closes: bool,
    /// Whether it opens nothing for sure: `{{< x />}}`.
    pub(super) is_alone: bool,
    /// How many bytes it takes.
    pub(super) length: usize,
}

impl<'a> Tag<'a> {
    /// The tag that a text begins with, in this syntax.
    pub(super) fn at(text: &'a str, syntax: Syntax) -> Option<Self> {
        let kinds: &[(&str, &str, Kind)] = &[
            ("{{<", ">}}", Kind::Hugo),
            ("{{%", "%}}", Kind::Hugo),
            ("{{", "}}", Kind::Output),
            ("{%", "%}", Kind::Liquid),
            ("{#", "#}", Kind::Comment),
        ];
        let wanted = |kind: Kind| match kind {
            Kind::Hugo => syntax.hugo,
            Kind::Output => syntax.outputs || syntax.zola,
            Kind::Liquid => syntax.tags || syntax.zola,
            _ => syntax.tags && syntax.outputs,
        };
        let (open, close, kind) = *kinds.iter().find(|(open, _, kind)| text.starts_with(open) && wanted(*kind))?;
        let rest = &text[open.len()..];
        let length = end(rest, close, kind)?;
        let (inner, total) = (rest[..length].trim(), open.len() + length + close.len());
        let tag = |kind, inner| Tag { kind, inner, closes: false, is_alone: false, length: total };
        if let Some(shown) = inner.strip_prefix("/*").and_then(|inner| inner.strip_suffix("*/")) {
            return Some(tag(Kind::Escaped, shown.trim()));
        }
        match kind {
            Kind::Hugo => {
                let closes = inner.starts_with('/');
                let is_alone = inner.ends_with('/');
                let inner = inner.trim_matches('/').trim();
                Some(Tag { closes, is_alone, ..tag(kind, inner) })
            }
            Kind::Liquid => {
                let inner = inner.trim_start_matches('-').trim_end_matches('-').trim();
                let word = inner.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(inner.len());
                if syntax.zola && inner == "end" {
                    return Some(Tag { closes: true, ..tag(Kind::ZolaBlock, "") });
                }
                if syntax.zola && word > 0 && inner[word..].trim_start().starts_with('(') {
                    return Some(tag(Kind::ZolaBlock, inner));
                }
                if !syntax.tags || word == 0 {
                    return None;
                }
                match inner.strip_prefix("end").filter(|name| !name.is_empty() && word == inner.len()) {
                    Some(name) => Some(Tag { closes: true, ..tag(kind, name) }),
                    None => Some(tag(kind, inner)),
                }
            }
            Kind::Output => {
                let inner = inner.trim_start_matches('-').trim_end_matches('-').trim();
                let word = inner.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(inner.len());
                if syntax.zola && word > 0 && inner[word..].starts_with('(') && inner.ends_with(')') {
                    return Some(tag(Kind::ZolaInline, inner));
                }
                (syntax.outputs && !inner.is_empty()).then_some(tag(kind, inner))
            }
            kind => Some(tag(kind, inner)),
        }
    }
}

/// Where the closing braces stand, outside of quotation marks if there are such.
fn end(text: &str, close: &str, kind: Kind) -> Option<usize> {
    let mut most = text.len().min(LONGEST);
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    let text = &text[..most];
    let first = text.find(close)?;
    if kind == Kind::Comment || !text[..first].contains(['"', '\'', '`']) {
        return Some(first);
    }
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, _) if text[at..].starts_with(close) => return Some(at),
            (None, '"' | '`') => quote = Some(c),
            (None, '\'') if text[..at].ends_with(['=', ' ', '(', ':', ',']) => quote = Some(c),
            (Some(open), c) if c == open && !text[..at].ends_with('\\') => quote = None,
            _ => {}
        }
    }
    // A quotation mark that is never closed is an apostrophe.
    Some(first)
}
