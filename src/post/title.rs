//! The title of a post that names none: its first top-level heading.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use std::ops::Range;

/// The text of the first top-level heading, and where it stands.
pub(super) fn first_heading(body: &str) -> Option<(String, Range<usize>)> {
    let is_mark = |line: &str| line.starts_with("# ") || line.starts_with("===") || line.trim_start().starts_with("# ");
    if body.lines().any(is_mark) {
        let mut title = None;
        for (event, range) in Parser::new_ext(body, Options::ENABLE_HEADING_ATTRIBUTES).into_offset_iter() {
            match (event, &mut title) {
                (Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }), _) => title = Some((String::new(), range)),
                (Event::Text(text) | Event::Code(text), Some((title, _))) => title.push_str(&text),
                (Event::SoftBreak | Event::HardBreak, Some((title, _))) => title.push(' '),
                (Event::End(TagEnd::Heading(_)), Some((text, _))) if !text.trim().is_empty() => {
                    return title.map(|(text, range)| (text.trim().to_owned(), range));
                }
                (Event::End(TagEnd::Heading(_)), _) => title = None,
                _ => {}
            }
        }
    }
    let start = body.find("<h1")?;
    let open = start + body[start..].find('>')? + 1;
    let close = open + body[open..].find("</h1>")?;
    let words = crate::post::html::words(&body[open..close]);
    (!words.is_empty()).then(|| (words, start..close + "</h1>".len()))
}

#[cfg(test)]
mod tests {
    use super::first_heading;

    #[test]
    fn the_first_top_level_heading_is_the_title() {
        for (body, title) in [
            ("# Tea\n\nText.\n", Some("Tea")),
            ("Words first.\n\n# The `tea` *ceremony* #\n", Some("The tea ceremony")),
            ("Tea & cake\n=====\n\nText\n", Some("Tea & cake")),
            ("<h1 class=\"x\">Tea</h1>\n", Some("Tea")),
            ("```sh\n# no heading\n```\n\n# A heading {#id}\n", Some("A heading")),
            ("## Second level\n", None),
            ("Text.\n", None),
        ] {
            let found = first_heading(body);
            assert_eq!(found.as_ref().map(|(title, _)| title.as_str()), title, "{body}");
            if let Some((_, range)) = found {
                let rest = format!("{}{}", &body[..range.start], &body[range.end..]);
                assert!(!rest.contains(title.unwrap()), "{rest}");
            }
        }
    }
}
