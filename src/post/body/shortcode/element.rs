//! An HTML element with Markdown content: `<div markdown="1">` of kramdown and Python-Markdown.

use std::ops::Range;

/// The most bytes of an opening tag.
const LONGEST: usize = 1000;
/// Elements that contain paragraphs; the content of others stays as it is.
const NAMES: [&str; 12] = [
    "p",
    "div",
    "section",
    "article",
    "aside",
    "details",
    "blockquote",
    "figure",
    "main",
    "header",
    "footer",
    "center",
];

/// The beginning of such an element.
pub(super) struct Element {
    name: &'static str,
    /// Its opening tag without the attribute.
    pub(super) opening: String,
    /// How many bytes that takes in the text.
    pub(super) length: usize,
}

impl Element {
    /// The element that a text begins with.
    pub(super) fn read(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('<')?;
        let name = NAMES.into_iter().find(|name| is_named(inside, name))?;
        let tag = &text[..text.floor_char_boundary(LONGEST)];
        let tag = &tag[..=tag.find('>')?];
        let (before, rest) = tag.match_indices("markdown").find_map(|(at, word)| {
            let before = &tag[..at];
            before
                .ends_with(|c: char| c.is_ascii_whitespace())
                .then(|| (before, &tag[at + word.len()..]))
        })?;
        let value = rest.strip_prefix('=').unwrap_or_default();
        let (value, after) = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => value[1..].split_once(quote)?,
            None if value.is_empty() => ("1", rest),
            None => value.split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>')?),
        };
        // Markdown makes the paragraph itself.
        let opening = if name == "p" {
            String::new()
        } else {
            format!("{}{after}", before.trim_end())
        };
        matches!(value, "1" | "block" | "span").then(|| Self {
            name,
            opening,
            length: tag.len(),
        })
    }

    pub(super) fn closing(&self) -> String {
        if self.name == "p" {
            String::new()
        } else {
            format!("</{}>", self.name)
        }
    }

    /// The position of the closing tag in the content; `search` is how many bytes may still be searched.
    pub(super) fn end(&self, text: &str, search: &mut usize) -> Option<Range<usize>> {
        let mut depth = 0_usize;
        let mut at = self.length;
        while let Some(found) = text[at..].find('<') {
            *search = search.checked_sub(found + 1)?;
            at += found + 1;
            let inside = &text[at..];
            match inside.strip_prefix('/') {
                Some(closing) if is_named(closing, self.name) && depth == 0 => {
                    return Some(at - 1..at + inside.find('>')? + 1);
                }
                Some(closing) if is_named(closing, self.name) => depth -= 1,
                None if is_named(inside, self.name) => depth += 1,
                _ => {}
            }
        }
        None
    }
}

/// Whether this whole name follows a bracket.
pub(super) fn is_named(text: &str, name: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(name.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(name)
        && rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
}
