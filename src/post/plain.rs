//! The plain form: a verse, a title that leads with its date, a paragraph a line, bare headings, an end marker.

use crate::html::escape;

const END: &str = "[END OF POST]";

/// A post in the plain form, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plain<'a> {
    verse: Option<&'a str>,
    /// The title with its date, and its line, from 1.
    pub(super) title: (&'a str, usize),
    text: &'a str,
}

/// Splits a text in the plain form; `None` if it has another form.
pub(super) fn split(text: &str) -> Option<Plain<'_>> {
    let mut at = 0;
    let mut verse = None;
    for (number, line) in text.split_inclusive('\n').enumerate().take(5) {
        at += line.len();
        let line = line.trim();
        if let Some(title) = line.strip_prefix("Title:") {
            return Some(Plain {
                verse,
                title: (title.trim(), number + 1),
                text: &text[at..],
            });
        }
        match line {
            "" => {}
            _ if verse.is_none() => verse = Some(line),
            _ => return None,
        }
    }
    None
}

impl Plain<'_> {
    /// The text as HTML: the verse as an epigraph, each line a paragraph or a heading.
    pub(super) fn to_html(&self) -> String {
        let mut html = String::new();
        if let Some(verse) = self.verse {
            let lines: Vec<String> = verse.split(" / ").map(|line| escape(line.trim())).collect();
            html.push_str(&format!(
                "<blockquote class=\"epigraph\"><p>{}</p></blockquote>\n",
                lines.join("<br>\n")
            ));
        }
        let lines: Vec<&str> = self
            .text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && *line != END)
            .collect();
        for (number, line) in lines.iter().enumerate() {
            let is_heading =
                is_heading(line) && lines.get(number + 1).is_some_and(|next| !is_heading(next));
            let tag = if is_heading { "h2" } else { "p" };
            let id = if is_heading {
                format!(" id=\"{}\"", super::make_slug(line))
            } else {
                String::new()
            };
            html.push_str(&format!("<{tag}{id}>{}</{tag}>\n", escape(line)));
        }
        html
    }
}

/// A short line that does not end like a sentence.
fn is_heading(line: &str) -> bool {
    line.chars().count() <= 80
        && !line.ends_with(['.', '!', '?', ':', ';', ',', '”', '"', '…', ')'])
}
