//! The head of an HTML page, as Pelican reads it: the title, and each `<meta name=…>`.

use serde_json::Value;

use crate::html::read_words;
use crate::post::front::matter::{Front, Keys, Split};

/// Splits a page at its head; `None` if that has no date of publication.
pub(super) fn split(text: &str) -> Option<Split<'_>> {
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    let head = find(text, 0, "<head")?;
    let matter = text.get(head..find(text, 0, "</head>")?)?;
    let mut values = Keys::new();
    let mut at = 0;
    while let Some(start) = find(matter, at, "<meta") {
        let end = start + matter[start..].find('>')?;
        let tag = &matter[start..end];
        at = end;
        if let (Some(name), Some(content)) =
            (find_attribute(tag, "name"), find_attribute(tag, "content"))
        {
            let name = if name.eq_ignore_ascii_case("keywords") {
                "tags".to_owned()
            } else {
                name.to_lowercase()
            };
            values.push((name, Value::String(read_words(content))));
        }
    }
    values.iter().find(|(name, _)| name == "date")?;
    if let Some(start) = find(matter, 0, "<title") {
        let inside = &matter[start + matter[start..].find('>')? + 1..];
        values.push((
            "title".to_owned(),
            Value::String(read_words(inside.split('<').next().unwrap_or_default())),
        ));
    }
    let body = find(text, 0, "<body")?;
    let start = body + text[body..].find('>')? + 1;
    let end = find(text, start, "</body>").unwrap_or(text.len());
    let front = Front {
        values,
        matter: (matter, line(head)),
        ..Front::default()
    };
    Some(Split {
        front,
        body: &text[start..end],
        body_line: line(start),
        fenced: true,
    })
}

/// Finds a tag in any case.
fn find(text: &str, from: usize, tag: &str) -> Option<usize> {
    let mut starts = memchr::memchr_iter(b'<', text.as_bytes().get(from..)?).map(|at| from + at);
    let is_tag = |at: &usize| {
        text.as_bytes()
            .get(*at..at + tag.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(tag.as_bytes()))
    };
    starts.find(is_tag)
}

/// The value of an attribute in quotation marks.
fn find_attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.match_indices('=').find_map(|(at, _)| {
        let key = tag[..at]
            .trim_end()
            .rsplit(|c: char| c.is_whitespace())
            .next()?;
        let value = tag[at + 1..].trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        key.eq_ignore_ascii_case(name)
            .then(|| value[1..].split(quote).next())?
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_head_says_what_a_front_matter_would() {
        let text = "<!doctype html>\n<HTML><head>\n<title>Tea &amp; cake</title>\n<meta charset=utf-8>\n\
                    <meta name=\"date\" content=\"2012-07-09 22:28\" />\n<META content='a, b' name='keywords'>\n\
                    </head>\n<body class=x>\n<p>Text</p>\n</body></html>\n";
        let split = split(text).unwrap();
        assert_eq!(split.front.text(&["title"]).as_deref(), Some("Tea & cake"));
        assert_eq!(
            split.front.text(&["date"]).as_deref(),
            Some("2012-07-09 22:28")
        );
        assert_eq!(split.front.text(&["tags"]).as_deref(), Some("a, b"));
        assert_eq!((split.body, split.body_line), ("\n<p>Text</p>\n", 8));
    }

    #[test]
    fn a_page_that_says_no_date_has_no_front_matter() {
        for text in [
            "<html><head><title>x</title></head><body></body>",
            "<p>x</p>",
            "<head>",
            "",
            "a < b",
        ] {
            assert!(split(text).is_none(), "{text}");
        }
    }
}
