//! The title of a post that names none: its first top-level heading.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use std::ops::Range;

/// The text of the first top-level heading that stands in nothing else, and where it stands.
pub(super) fn first_heading(body: &str, is_html: bool) -> Option<(String, Range<usize>)> {
    if is_html {
        return in_html(body);
    }
    let is_mark = |line: &str| {
        line.starts_with("===") || line.trim_start().starts_with("# ") || line.contains("<h1")
    };
    if !body.lines().any(is_mark) {
        return None;
    }
    let mut title = None;
    let mut depth = 0_usize;
    for (event, range) in
        Parser::new_ext(body, Options::ENABLE_HEADING_ATTRIBUTES).into_offset_iter()
    {
        match (event, &mut title) {
            (Event::Start(Tag::HtmlBlock), _) if depth == 0 => {
                if let Some((words, found)) = in_html(&body[range.clone()]) {
                    return Some((words, range.start + found.start..range.start + found.end));
                }
                depth += 1;
            }
            (Event::Start(tag), _) => {
                if depth == 0
                    && matches!(
                        tag,
                        Tag::Heading {
                            level: HeadingLevel::H1,
                            ..
                        }
                    )
                {
                    title = Some((String::new(), range));
                }
                depth += 1;
            }
            (Event::Text(text) | Event::Code(text), Some((title, _))) => title.push_str(&text),
            (Event::SoftBreak | Event::HardBreak, Some((title, _))) => title.push(' '),
            (Event::End(end), _) => {
                depth -= 1;
                if let (TagEnd::Heading(_), Some((text, range))) =
                    (end, title.take_if(|_| depth == 0))
                    && !text.trim().is_empty()
                {
                    return Some((text.trim().to_owned(), range));
                }
            }
            _ => {}
        }
    }
    None
}

fn in_html(html: &str) -> Option<(String, Range<usize>)> {
    let start = html.find("<h1")?;
    let open = start + html[start..].find('>')? + 1;
    let close = open + html[open..].find("</h1>")?;
    let words = crate::html::words(&html[open..close]);
    (!words.is_empty()).then(|| (words, start..close + "</h1>".len()))
}

#[cfg(test)]
mod tests {
    use super::first_heading;

    #[test]
    fn the_first_top_level_heading_is_the_title() {
        for (body, title) in [
            ("# Tea\n\nText.\n", Some("Tea")),
            (
                "Words first.\n\n# The `tea` *ceremony* #\n",
                Some("The tea ceremony"),
            ),
            ("Tea & cake\n=====\n\nText\n", Some("Tea & cake")),
            ("<h1 class=\"x\">Tea</h1>\n", Some("Tea")),
            (
                "```sh\n# no heading\n```\n\n# A heading {#id}\n",
                Some("A heading"),
            ),
            ("> # Quoted\n\n# A heading\n", Some("A heading")),
            ("- # Listed\n\ntext\n", None),
            ("```html\n<h1>Code</h1>\n```\n\nText\n", None),
            ("Text.\n\n    <h1>Code</h1>\n", None),
            ("## Second level\n", None),
            ("Text.\n", None),
        ] {
            let found = first_heading(body, false);
            assert_eq!(
                found.as_ref().map(|(title, _)| title.as_str()),
                title,
                "{body}"
            );
            if let Some((_, range)) = found {
                let rest = format!("{}{}", &body[..range.start], &body[range.end..]);
                assert!(!rest.contains(title.unwrap()), "{rest}");
            }
        }
    }

    #[test]
    fn a_heading_in_a_page_of_html_may_stand_anywhere() {
        let html = "<div>\n\n    <h1>Tea</h1>\n</div>\n";
        assert_eq!(first_heading(html, true).unwrap().0, "Tea");
        assert_eq!(first_heading(html, false), None);
    }
}
