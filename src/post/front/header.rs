//! Bare `Key: value` lines, as Python-Markdown's `meta` reads them for Pelican.

use std::collections::HashMap;

use serde_json::Value;

use crate::post::front::matter::{Front, Keys, Split};

/// The keys that a header may begin with if a text without front matter is as likely; any other line is text.
const STARTS: [&str; 9] = [
    "title", "date", "author", "authors", "category", "tags", "slug", "status", "modified",
];

/// Splits a text at its header. `doubt` asks for two keys, one of them known: one alone is rather a sentence with a
/// colon.
pub(super) fn split(text: &str, doubt: bool) -> Split<'_> {
    let none = || Split {
        front: Front::default(),
        body: text,
        body_line: 1,
        fenced: false,
    };
    let starts = text
        .lines()
        .next()
        .and_then(pair)
        .is_some_and(|(key, _)| !doubt || STARTS.contains(&key.as_str()));
    if !starts {
        return none();
    }
    let (values, length) = read(text);
    if doubt && values.len() < 2 {
        return none();
    }
    let matter = &text[..length];
    let body_line = matter.matches('\n').count() + 1;
    Split {
        front: Front {
            values,
            matter: (matter, 1),
            ..Front::default()
        },
        body: &text[length..],
        body_line,
        fenced: true,
    }
}

/// Parses the same lines between fences.
pub(super) fn parse(matter: &str) -> Keys {
    read(matter).0
}

/// Reads keys up to the first other line. Returns them with their length in bytes.
fn read(text: &str) -> (Keys, usize) {
    let mut values = Keys::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut length, mut last) = (0, String::new());
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        let (key, value) = match pair(line) {
            Some(pair) => pair,
            // A line that is set in goes on with the value above it.
            None if line.starts_with("    ") || line.starts_with('\t') => {
                (last.clone(), line.trim().to_owned())
            }
            None => break,
        };
        let separator = if matches!(key.as_str(), "tags" | "authors" | "author" | "category") {
            ", "
        } else {
            " "
        };
        let place = *places.entry(key.clone()).or_insert(values.len());
        match values.get_mut(place) {
            Some((_, Value::String(known))) => {
                if !known.is_empty() {
                    known.push_str(separator);
                }
                known.push_str(&value);
            }
            _ => values.push((key.clone(), Value::String(value))),
        }
        last = key;
        length += line.len();
    }
    (values, length)
}

fn pair(line: &str) -> Option<(String, String)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let (key, value) = line
        .trim_start_matches(' ')
        .split_once(':')
        .filter(|_| indent < 4)?;
    let is_key = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    // `https://…` is no key.
    (is_key && !value.starts_with("//")).then(|| (key.to_lowercase(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_header_ends_at_the_first_line_that_is_none() {
        let text = "Title: This Week in Rust 1\nNumber: 1\nDate: 2013-06-07 17:00\nTags: a,\n    b; c\n\nHello: all\n";
        let split = split(text, false);
        assert_eq!(
            split.front.text(&["date"]).as_deref(),
            Some("2013-06-07 17:00")
        );
        assert_eq!(split.front.text(&["tags"]).as_deref(), Some("a,, b; c"));
        assert_eq!(
            (split.body, split.body_line, split.front.line("date")),
            ("\nHello: all\n", 6, 3)
        );
    }

    #[test]
    fn a_sentence_with_a_colon_is_no_header() {
        for text in [
            "Note: this.\nMore: that.\n",
            "Title: alone\n",
            "https://x.example/\n",
            "no colon\n",
        ] {
            assert!(!split(text, true).fenced, "{text}");
        }
    }
}
