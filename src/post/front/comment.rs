//! Lines like `.. title: Tea` in a comment of HTML, as Nikola writes them above Markdown.

use serde_json::Value;

use crate::post::front::matter::{Front, Keys, Split};

/// Splits a text at the comment that it begins with; `None` if that has no such line, or no end.
pub(super) fn split(text: &str) -> Option<Split<'_>> {
    let inside = text.strip_prefix("<!--")?;
    let (matter, body) = inside.split_once("-->")?;
    let values: Keys = matter.lines().filter_map(pair).collect();
    if values.is_empty() {
        return None;
    }
    let lines = matter.matches('\n').count();
    let body_line = lines + 1;
    Some(Split {
        front: Front {
            values,
            matter: (matter, 1),
            ..Front::default()
        },
        body,
        body_line,
        fenced: true,
    })
}

fn pair(line: &str) -> Option<(String, Value)> {
    let (key, value) = line.trim().strip_prefix("..")?.split_once(':')?;
    let key = key.trim().to_lowercase();
    (!key.is_empty() && !key.contains(' ')).then(|| (key, value.trim().into()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_comment_says_what_a_front_matter_would() {
        let text = "<!--\n.. title: Tea: a talk\n.. date: 2012-09-15 19:52:05 UTC\n.. tags:\nx\n-->\n\nText\n";
        let split = split(text).unwrap();
        assert_eq!(split.front.text(&["title"]).as_deref(), Some("Tea: a talk"));
        assert_eq!(split.front.line("date"), 3);
        assert_eq!((split.body, split.body_line), ("\n\nText\n", 6));
    }

    #[test]
    fn another_comment_is_text() {
        for text in [
            "<!-- a note -->\nx",
            "<!--\n.. title: Tea\n",
            "<!--\ntitle: Tea\n-->\n",
            "x",
        ] {
            assert!(split(text).is_none(), "{text}");
        }
    }
}
