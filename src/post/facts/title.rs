//! The title of a post without one: the heading at the beginning of its text.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::html::read_words;

/// Elements around a page of HTML that may precede its heading.
const WRAPPERS: [&str; 7] = [
    "html", "body", "main", "article", "section", "header", "div",
];

/// The top-level heading that is the first block of a text, with its position. Comments, lines that import components
/// and lines of template tags alone are no blocks.
pub(in crate::post) fn find_first_heading(
    body: &str,
    is_html: bool,
) -> Option<(String, Range<usize>)> {
    if is_html {
        return find_leading_in_html(body);
    }
    let is_mark = |line: &str| {
        line.starts_with("==")
            || line.trim_start().starts_with('#')
            || line.contains("<h1")
            || line.contains("<H1")
    };
    if !body.lines().any(is_mark) {
        return None;
    }
    let mut events = Parser::new_ext(body, Options::ENABLE_HEADING_ATTRIBUTES).into_offset_iter();
    while let Some((event, range)) = events.next() {
        let block = &body[range.clone()];
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) => {
                let title = read_heading(events.by_ref().map(|(event, _)| event));
                return (!title.is_empty()).then_some((title, range));
            }
            Event::Start(Tag::Paragraph) if is_unseen(block) => {
                let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Paragraph));
                events.by_ref().find(|(event, _)| is_end(event));
            }
            Event::Start(Tag::HtmlBlock) => {
                if !is_comment(block) {
                    let (title, found) = find_alone_in_html(block)?;
                    return Some((title, range.start + found.start..range.start + found.end));
                }
                let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::HtmlBlock));
                events.by_ref().find(|(event, _)| is_end(event));
            }
            _ => return None,
        }
    }
    None
}

/// The words of a heading after its start.
fn read_heading<'a>(events: impl Iterator<Item = Event<'a>>) -> String {
    let mut title = String::new();
    for event in events {
        match event {
            Event::Text(text) | Event::Code(text) => title.push_str(&text),
            Event::SoftBreak | Event::HardBreak => title.push(' '),
            Event::End(TagEnd::Heading(_)) => break,
            _ => {}
        }
    }
    title.trim().to_owned()
}

/// Whether a paragraph only imports components or holds tags of a template.
fn is_unseen(block: &str) -> bool {
    block.lines().map(str::trim).all(|line| {
        let is_module = line.starts_with("import ") || line.starts_with("export ");
        let is_tag = line.starts_with("{{") && line.ends_with("}}")
            || line.starts_with("{%") && line.ends_with("%}");
        is_module || is_tag
    })
}

fn is_comment(block: &str) -> bool {
    let block = block.trim();
    block.starts_with("<!--") && block.find("-->").is_none_or(|end| end + 3 == block.len())
}

/// The heading that a block of HTML begins with, and that has its lines to itself.
fn find_alone_in_html(block: &str) -> Option<(String, Range<usize>)> {
    let start = block.len() - block.trim_start().len();
    let (title, range) = read_heading_at(block, start)?;
    let rest = block[range.end..].lines().next().unwrap_or_default();
    rest.trim().is_empty().then_some((title, range))
}

/// The heading at the beginning of an HTML page, which may be within wrappers.
fn find_leading_in_html(html: &str) -> Option<(String, Range<usize>)> {
    let mut at = 0;
    loop {
        at += html[at..].len() - html[at..].trim_start().len();
        let rest = &html[at..];
        let (tag, end) = match rest.starts_with("<!--") {
            true => ("", rest.find("-->")? + 3),
            false => (rest.strip_prefix('<')?, rest.find('>')? + 1),
        };
        let name = tag
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        let is_wrapper = |wrapper: &&str| name.eq_ignore_ascii_case(wrapper);
        if !tag.is_empty() && !WRAPPERS.iter().any(is_wrapper) {
            return read_heading_at(html, at);
        }
        at += end;
    }
}

/// The heading whose tag begins at this byte.
fn read_heading_at(html: &str, start: usize) -> Option<(String, Range<usize>)> {
    let tag = html[start..].get(..3)?;
    if !tag.eq_ignore_ascii_case("<h1") {
        return None;
    }
    let open = start + html[start..].find('>')? + 1;
    let close = open + find_close(&html[open..])?;
    let title = read_words(&html[open..close]);
    (!title.is_empty()).then(|| (title, start..close + "</h1>".len()))
}

/// The position of the heading's end tag.
fn find_close(html: &str) -> Option<usize> {
    let mut starts = html.match_indices("</").map(|(at, _)| at);
    starts.find(|at| {
        let tag = html.get(*at..*at + "</h1>".len());
        tag.is_some_and(|tag| tag.eq_ignore_ascii_case("</h1>"))
    })
}

#[cfg(test)]
mod tests {
    use super::find_first_heading;

    #[test]
    fn the_top_level_heading_that_a_text_begins_with_is_the_title() {
        for (body, title) in [
            ("# Tea\n\nText.\n", Some("Tea")),
            ("\n\n# The `tea` *ceremony* #\n", Some("The tea ceremony")),
            ("Words first.\n\n# Tea\n", None),
            ("![](x.png)\n\n# Tea\n", None),
            ("---\n\n# Tea\n", None),
            ("## Tea\n\n# Cake\n", None),
            ("<!-- a\n# b -->\n\n# Tea\n", Some("Tea")),
            ("<!-- a --> b\n\n# Tea\n", None),
            ("[x]: https://x.example/\n\n# Tea\n", Some("Tea")),
            (
                "import A from './a'\nexport const b = 1\n\n# Tea\n",
                Some("Tea"),
            ),
            ("{{< toc >}}\n\n# Tea\n", Some("Tea")),
            ("{% include toc.html %}\n\n# Tea\n", Some("Tea")),
            ("{% include toc.html %} and words\n\n# Tea\n", None),
            ("<h1>Tea</h1> and words\n", None),
            ("<h1>Tea</h1>\n<p>Words</p>\n", Some("Tea")),
            ("<H1>Tea</H1>\n", Some("Tea")),
            ("<h1><img src=x></h1>\n", None),
            ("Words.\n\n<div>\n<h1>Tea</h1>\n</div>\n", None),
            ("<div>\n<h1>Tea</h1>\n</div>\n", None),
            ("<p>Words</p>\n<h1>Tea</h1>\n", None),
            ("#\n\n# Tea\n", None),
            ("Tea & cake\n=====\n\nText\n", Some("Tea & cake")),
            ("<h1 class=\"x\">Tea</h1>\n", Some("Tea")),
            ("```sh\n# no heading\n```\n\n# A heading {#id}\n", None),
            ("# A heading {#id}\n", Some("A heading")),
            ("> # Quoted\n\n# A heading\n", None),
            ("- # Listed\n\ntext\n", None),
            ("```html\n<h1>Code</h1>\n```\n\nText\n", None),
            ("Text.\n\n    <h1>Code</h1>\n", None),
            ("## Second level\n", None),
            ("Text.\n", None),
        ] {
            let found = find_first_heading(body, false);
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
    fn a_heading_in_a_page_of_html_may_stand_in_what_wraps_the_page() {
        for (html, title) in [
            ("<div>\n\n    <h1>Tea</h1>\n</div>\n", Some("Tea")),
            ("<h1>Tea</h1>", Some("Tea")),
            (
                "<!-- x --><ARTICLE class=x><header>\n<h1 id=y>Tea <i>x</i></h1>",
                Some("Tea x"),
            ),
            ("<p>Words</p><h1>Tea</h1>", None),
            ("Words <h1>Tea</h1>", None),
            ("<div>Words<div><h1>Tea</h1></div></div>", None),
            ("<div>", None),
            ("<h1>Tea", None),
            ("<!-- <h1>Tea</h1>", None),
            ("é<", None),
            ("", None),
        ] {
            let found = find_first_heading(html, true).map(|(title, _)| title);
            assert_eq!(found.as_deref(), title, "{html}");
        }
    }
}
