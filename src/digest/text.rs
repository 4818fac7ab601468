//! HTML as a person would type it: headings underlined, code indented, links numbered through the issue.

use std::cell::{Cell, RefCell};

use html2text::render::TextDecorator;
use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str, text};
use unicode_width::UnicodeWidthStr;

use crate::post::html::{unescape, words};

/// The width of the text part, in characters.
pub(super) const WIDTH: usize = 72;
/// Stands before each line of a heading until it is underlined.
const HEADING: char = '\u{e013}';
/// Stands before a line of code, which is never broken; until then on both sides of a block's number.
pub(super) const CODE: char = '\u{e014}';
/// Stands in a paragraph of its own before a list, so that an empty line does.
const GAP: char = '\u{e015}';

/// A link of the text part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Link {
    /// Its number in the issue, from 1.
    pub(super) number: usize,
    /// Where it leads.
    pub(super) url: String,
}

/// The HTML of the post at `page` as text of [`WIDTH`] columns, and its links, numbered after `used`, each address once.
/// What points into the page itself, as footnotes do, is no link. Lines of code begin with [`CODE`].
pub(super) fn from_html(html: &str, page: &str, used: usize) -> (String, Vec<Link>) {
    let links: RefCell<Vec<Link>> = RefCell::default();
    let blocks: RefCell<Vec<String>> = RefCell::default();
    let (is_nested, is_in_code) = (Cell::new(false), Cell::new(false));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("pre a[href]", |_link| {
            is_in_code.set(true);
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            let url = unescape(&link.get_attribute("href").unwrap_or_default());
            link.remove_and_keep_content();
            if is_in_code.replace(false) || url.split('#').next() == Some(page) {
                return Ok(());
            }
            let mut links = links.borrow_mut();
            let known = links
                .iter()
                .find(|known| known.url == url)
                .map(|known| known.number);
            let number = known.unwrap_or_else(|| {
                let number = used + links.len() + 1;
                links.push(Link { number, url });
                number
            });
            link.after(&format!("&nbsp;[{number}]"), ContentType::Html);
            Ok(())
        }))
        .append_element_content_handler(element!("pre", |block| {
            let mut blocks = blocks.borrow_mut();
            block.before(
                &format!("<p>{CODE}{}{CODE}</p>", blocks.len()),
                ContentType::Html,
            );
            block.remove_and_keep_content();
            blocks.push(String::new());
            Ok(())
        }))
        .append_element_content_handler(element!("pre *", |inner| {
            inner.remove_and_keep_content();
            if let Some(block) = blocks
                .borrow_mut()
                .last_mut()
                .filter(|_| inner.tag_name() == "br")
            {
                block.push('\n');
            }
            Ok(())
        }))
        .append_element_content_handler(text!("pre", |chunk| {
            if let Some(block) = blocks.borrow_mut().last_mut() {
                block.push_str(chunk.as_str());
            }
            chunk.remove();
            Ok(())
        }))
        .append_element_content_handler(element!(
            "li ul, li ol, li dl, dd ul, dd ol, dd dl",
            |_list| {
                is_nested.set(true);
                Ok(())
            }
        ))
        .append_element_content_handler(element!("ul, ol, dl", |list| {
            if !is_nested.replace(false) {
                list.before(&format!("<p>{GAP}</p>"), ContentType::Html);
            }
            Ok(())
        }))
        .append_element_content_handler(element!("hr", |rule| {
            rule.replace("<p>* * *</p>", ContentType::Html);
            Ok(())
        }));
    let numbered = rewrite_str(&html.replace([HEADING, CODE, GAP], ""), settings)
        .unwrap_or_else(|_| html.to_owned());
    let text = html2text::config::with_decorator(Typed)
        .no_table_borders()
        .unicode_strikeout(false)
        .string_from_read(numbered.as_bytes(), WIDTH)
        .unwrap_or_else(|_| words(&numbered));
    let text = with_code(&without_gaps(&underlined(&text)), &blocks.into_inner());
    (
        text.trim_matches('\n').replace('\u{a0}', " "),
        links.into_inner(),
    )
}

/// The text without the marks of gaps and the second of the empty lines around each.
fn without_gaps(text: &str) -> String {
    let mut lines = Vec::new();
    let mut is_after_gap = false;
    for line in text.lines() {
        let words = line.trim_matches(['>', ' ']);
        let is_gap = words.strip_prefix(GAP).is_some_and(str::is_empty);
        let follows_gap = is_after_gap && words.is_empty();
        if !is_gap && !follows_gap {
            // In a cell it stands beside words.
            lines.push(line.replace(GAP, ""));
        }
        is_after_gap = is_gap;
    }
    lines.join("\n")
}

/// The text with the lines of each block of code, as they are, where its number stands.
fn with_code(text: &str, blocks: &[String]) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, CODE);
        let (before, number) = (
            parts.next().unwrap_or_default(),
            parts.next().and_then(|number| number.parse().ok()),
        );
        let Some(block) = number.and_then(|number: usize| blocks.get(number)) else {
            lines.push(line.to_owned());
            continue;
        };
        let below: String = before
            .chars()
            .map(|c| if c == '>' { c } else { ' ' })
            .collect();
        for (at, code) in unescape(block)
            .trim_end()
            .trim_start_matches('\n')
            .lines()
            .enumerate()
        {
            lines.push(format!(
                "{}{CODE}    {code}",
                if at == 0 { before } else { &below }
            ));
        }
        // In a cell words may follow.
        lines.extend(
            parts
                .next()
                .map(str::trim)
                .filter(|words| !words.is_empty())
                .map(str::to_owned),
        );
    }
    lines.join("\n")
}

/// The text with a rule below each heading.
fn underlined(text: &str) -> String {
    let mut lines = Vec::new();
    let mut rule = 0;
    for line in text.lines().map(str::trim_end) {
        if let Some(heading) = line.strip_prefix(HEADING) {
            rule = rule.max(heading.width());
            lines.push(heading.to_owned());
            continue;
        }
        if rule > 0 {
            lines.push("-".repeat(rule));
            rule = 0;
            if !line.is_empty() {
                lines.push(String::new());
            }
        }
        lines.push(line.to_owned());
    }
    if rule > 0 {
        lines.push("-".repeat(rule));
    }
    lines.join("\n")
}

/// How marks of HTML look in a typed letter.
#[derive(Debug, Clone, Copy)]
struct Typed;

impl TextDecorator for Typed {
    type Annotation = ();

    fn decorate_link_start(&mut self, _: &str) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        String::new()
    }

    fn decorate_em_start(&self) -> (String, ()) {
        ("_".to_owned(), ())
    }

    fn decorate_em_end(&self) -> String {
        "_".to_owned()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        ("*".to_owned(), ())
    }

    fn decorate_strong_end(&self) -> String {
        "*".to_owned()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        ("~".to_owned(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        "~".to_owned()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        ("`".to_owned(), ())
    }

    fn decorate_code_end(&self) -> String {
        "`".to_owned()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _: &str, title: &str) -> (String, ()) {
        (
            if title.is_empty() {
                String::new()
            } else {
                format!("[{title}]")
            },
            (),
        )
    }

    fn header_prefix(&self, _: usize) -> String {
        HEADING.to_string()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "- ".to_owned()
    }

    fn ordered_item_prefix(&self, number: i64) -> String {
        format!("{number}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::{CODE, from_html};

    #[test]
    fn each_mark_of_html_has_a_form_in_a_letter() {
        for (html, expected) in [
            (
                "<p>It <em>is</em> <strong>so</strong>, <code>x</code> and <del>not</del>.</p>",
                "It _is_ *so*, `x` and ~not~.",
            ),
            (
                "<h3>The Mend</h3><p>We keep.</p>",
                "The Mend\n--------\n\nWe keep.",
            ),
            (
                "<p>A</p><h3>茶</h3><ul><li>one</li><li>two</li></ul>",
                "A\n\n茶\n--\n\n- one\n- two",
            ),
            ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
            (
                "<pre><code>let x = 1;\n  let y = 2;\n</code></pre>",
                "    let x = 1;\n      let y = 2;",
            ),
            (
                "<pre>a &lt;b&gt; <span>c</span>\n\n\n\td</pre><p>e</p>",
                "    a <b> c\n    \n    \n    \td\n\ne",
            ),
            (
                "<blockquote><p>a</p><pre>b\nc</pre></blockquote><ul><li><pre>d\ne</pre></li></ul>",
                "> a\n>\n>     b\n>     c\n\n-     d\n      e",
            ),
            (
                "<p>a</p><ul><li>b<ul><li>c</li></ul></li><li>d</li></ul><p>e</p>",
                "a\n\n- b\n  - c\n- d\n\ne",
            ),
            (
                "<blockquote><p>a</p><ol><li>b</li></ol></blockquote>",
                "> a\n>\n> 1. b",
            ),
            (
                "<table><tr><td>a</td><td><ul><li>b</li></ul></td><td>c</td></tr></table><p>d</p>",
                "a     c\n  - b\n\nd",
            ),
            (
                "<table><tr><td>a</td><td><pre>b</pre></td><td>c</td></tr></table>",
                "a     b\nc",
            ),
            (
                "<blockquote><p>slow<br>is fast</p></blockquote>",
                "> slow\n> is fast",
            ),
            (
                "<p><img src=\"a.png\" alt=\"A pager\"><img src=\"b.png\" alt=\"\"></p>",
                "[A pager]",
            ),
            (
                "<p>seven<sup><a href=\"https://x.example/p/#n\">1</a></sup></p>",
                "seven¹",
            ),
            ("<p>A</p><hr><p>B</p>", "A\n\n* * *\n\nB"),
            (
                "<table><tr><th>Hour</th><th>Pages</th></tr><tr><td>22</td><td>4</td></tr></table>",
                "Hour Pages\n22   4",
            ),
        ] {
            let (text, links) = from_html(html, "https://x.example/p/", 0);
            assert_eq!(
                (text.replace(CODE, ""), links),
                (expected.to_owned(), Vec::new())
            );
        }
    }

    #[test]
    fn links_are_numbered_through_the_issue_and_listed_once_each() {
        let html = "<p>See <a href=\"https://x.example/?a=1&amp;b=2\">one</a>, <a href=\"https://y.example/\">two</a> \
                    and <a href=\"https://y.example/\">two</a> again.</p>";
        let (text, links) = from_html(html, "https://x.example/p/", 4);
        assert_eq!(text, "See one [5], two [6] and two [6] again.");
        let links: Vec<(usize, &str)> = links
            .iter()
            .map(|link| (link.number, link.url.as_str()))
            .collect();
        assert_eq!(
            links,
            [(5, "https://x.example/?a=1&b=2"), (6, "https://y.example/")]
        );
    }

    #[test]
    fn no_line_is_wider_than_a_letter() {
        let long = "word ".repeat(40);
        let html = format!(
            "<h3>{long}</h3><blockquote><p>{long}</p></blockquote><p>{}</p>",
            "茶".repeat(100)
        );
        let (text, _) = from_html(&html, "", 0);
        assert!(
            text.lines()
                .all(|line| unicode_width::UnicodeWidthStr::width(line) <= 72),
            "{text}"
        );
        assert!(text.contains("\n> word"), "{text}");
    }
}
