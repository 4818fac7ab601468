//! Marks of places in a text while it becomes HTML.

use std::borrow::Cow;

use xxhash_rust::xxh3::Xxh3Default;

/// Opens and closes the mark of a slot, and that of the summary's end: private characters.
const SLOT: char = '\u{e000}';
const MORE: char = '\u{e001}';

/// The marks of one text. Each carries the text's own hash, so that the text would have to contain its own hash to
/// write one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    hash: u128,
}

impl Marks {
    /// The marks for a text that is made from all of these.
    pub(super) fn for_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = Xxh3Default::new();
        for text in texts {
            hasher.update(text.as_bytes());
        }
        Self {
            hash: hasher.digest128(),
        }
    }

    /// The mark of a slot: a place for HTML that Markdown must not touch.
    pub(super) fn slot(self, number: usize) -> String {
        format!("{}{number}{SLOT}", self.opening())
    }

    /// Whether a text that is being written ends before a line, or with slots alone on one.
    pub(super) fn is_line_start(text: &str) -> bool {
        let text = text.trim_end_matches([' ', '\t']);
        text.is_empty() || text.ends_with(['\n', SLOT])
    }

    /// The mark at the end of the summary.
    pub(super) fn more(self) -> String {
        format!("{MORE}{:032x}{MORE}", self.hash)
    }

    /// Puts each slot's HTML in its place; a paragraph that holds nothing else gives way to it, unless that is part of a
    /// line itself: words, a formula.
    pub(super) fn fill<'a>(self, html: &'a str, slots: &[String]) -> Cow<'a, str> {
        if slots.is_empty() {
            return html.into();
        }
        let opening = self.opening();
        let mut filled = String::with_capacity(html.len() * 2);
        let mut parts = html.split(opening.as_str());
        filled.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (number, after) = part.split_once(SLOT).unwrap_or((part, ""));
            let slot = number.parse().ok().and_then(|at: usize| slots.get(at));
            let slot = slot.map_or("", String::as_str);
            let is_alone =
                filled.ends_with("<p>") && after.starts_with("</p>") && !is_in_line(slot);
            if is_alone {
                filled.truncate(filled.len() - "<p>".len());
            }
            filled.push_str(slot);
            let rest = after.strip_prefix("</p>").filter(|_| is_alone);
            filled.push_str(rest.unwrap_or(after));
        }
        filled.into()
    }

    /// Removes the marks from a text.
    pub(super) fn strip(self, text: &str) -> Cow<'_, str> {
        let opening = self.opening();
        if !text.contains(opening.as_str()) {
            return text.into();
        }
        let mut bare = String::with_capacity(text.len());
        let mut parts = text.split(opening.as_str());
        bare.push_str(parts.next().unwrap_or_default());
        for part in parts {
            bare.push_str(part.split_once(SLOT).map_or("", |(_, after)| after));
        }
        bare.into()
    }

    fn opening(self) -> String {
        format!("{SLOT}{:032x}-", self.hash)
    }
}

/// Whether HTML begins with words, a formula or code.
fn is_in_line(html: &str) -> bool {
    let is_words = !html.is_empty() && !html.starts_with(['<', '\n']);
    is_words || html.starts_with("<math") || html.starts_with("<code")
}

#[cfg(test)]
mod tests {
    use super::{Marks, SLOT};

    #[test]
    fn slots_are_filled_and_taken_out_again() {
        let marks = Marks::for_texts(["tea"]);
        let (one, two) = (marks.slot(0), marks.slot(1));
        let three = marks.slot(2);
        let slots = ["<hr>", "<b>x</b>", "<math></math>"].map(str::to_owned);
        for (html, filled, bare) in [
            (format!("<p>{one}</p>"), "<hr>", "<p></p>"),
            (
                format!("<p>a {two} b</p>"),
                "<p>a <b>x</b> b</p>",
                "<p>a  b</p>",
            ),
            (format!("<p>{three}</p>"), "<p><math></math></p>", "<p></p>"),
            (format!("{one}{two}"), "<hr><b>x</b>", ""),
            (marks.slot(7), "", ""),
            ("a".to_owned(), "a", "a"),
        ] {
            assert_eq!(marks.fill(&html, &slots), filled, "{html}");
            assert_eq!(marks.strip(&html), bare, "{html}");
        }
    }

    #[test]
    fn no_private_character_of_a_text_is_a_mark() {
        let all: String = ('\u{e000}'..='\u{f8ff}').collect();
        let other = Marks::for_texts(["another text"]);
        for text in [all.clone(), other.slot(0), other.more(), SLOT.to_string()] {
            let marks = Marks::for_texts([text.as_str()]);
            assert!(!text.contains(&marks.more()), "{text}");
            assert_eq!(marks.fill(&text, &["x".to_owned()]), text);
        }
    }
}
