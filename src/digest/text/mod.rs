//! HTML as a person would type it: headings underlined, code indented, links numbered through the issue.

mod layout;
mod marks;
mod table;
mod wrap;

pub(super) use marks::{CODE, Link};
pub(super) use wrap::{WIDTH, wrap_text};

use crate::html::read_words;

/// Wider than any paragraph. The renderer would break words, so [`layout`] breaks the lines.
const UNBROKEN: usize = 1 << 24;

/// Renders the HTML of the post at `page` as text of [`WIDTH`] columns.
///
/// Returns its links too, numbered from `used + 1`, each address once. A link into the page or the mail itself, such as a
/// footnote's, is not listed. Lines of code begin with [`CODE`].
pub(super) fn from_html(html: &str, page: &str, used: usize) -> (String, Vec<Link>) {
    let marked = marks::mark_html(html, page, used);
    let text = html2text::config::with_decorator(marks::Typed)
        .unicode_strikeout(false)
        .string_from_read(marked.html.as_bytes(), UNBROKEN)
        .unwrap_or_else(|_| read_words(&marked.html));
    let paragraphs: Vec<&str> = text.lines().collect();
    let text = layout::lay_out(&paragraphs, &marked.blocks, WIDTH).join("\n");
    let text = text.trim_matches('\n').replace('\u{a0}', " ");
    (text, marked.links)
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
                "a  - b  c\n\nd",
            ),
            (
                "<table><tr><td>a</td><td><pre>b</pre></td><td>c</td></tr></table>",
                "a      b  c",
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
                "Hour  Pages\n22    4",
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
    fn a_word_stays_whole_wherever_it_stands() {
        let address = format!("https://x.example/{}", "a".repeat(90));
        for html in [
            format!("<p>See {address} now</p>"),
            format!("<ul><li>See {address} now</li></ul>"),
            format!("<blockquote><p>See {address} now</p></blockquote>"),
            format!("<h3>See {address} now</h3>"),
            format!("<p><code>{address}</code> now</p>"),
            format!("<table><tr><td>See</td><td>{address}</td></tr></table>"),
            format!("<table><tr><td><table><tr><td>{address}</td></tr></table></td></tr></table>"),
        ] {
            let (text, _) = from_html(&html, "", 0);
            assert!(text.contains(&address), "{html}: {text}");
        }
    }

    #[test]
    fn a_table_has_columns_while_they_fit_and_else_a_record_for_each_row() {
        let row = |cells: &[&str], tag: &str| {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| format!("<{tag}>{cell}</{tag}>"))
                .collect();
            format!("<tr>{}</tr>", cells.concat())
        };
        let words = "word ".repeat(12);
        let (head, wide) = (
            row(&["Name", "City", "Says"], "th"),
            row(&["Ada", "Alexander", &words], "td"),
        );
        let long = "x".repeat(40);
        for (html, expected) in [
            (
                format!("<table>{head}{wide}</table>"),
                format!(
                    "Name  City       Says\nAda   Alexander  {}\n                 word",
                    "word ".repeat(11).trim()
                ),
            ),
            (
                format!("<table>{head}{}</table>", row(&["Ada", &long, &long], "td")),
                format!("Name: Ada\nCity: {long}\nSays: {long}"),
            ),
            (
                format!("<table>{head}{0}{0}</table>", row(&["Ada", &long, &long], "td")),
                format!("Name: Ada\nCity: {long}\nSays: {long}\n\nName: Ada\nCity: {long}\nSays: {long}"),
            ),
            (
                format!("<table>{}</table>", row(&[&long, &long], "td")),
                format!("{long}\n{long}"),
            ),
            (
                "<p>a</p><table><caption>Cap</caption><thead><tr><th colspan=\"2\">A</th><th>B</th></tr></thead>\
                 <tbody><tr><td>1</td><td></td><td>3</td></tr></tbody></table><p>b</p>"
                    .to_owned(),
                "a\n\nCap\n\nA    B\n1    3\n\nb".to_owned(),
            ),
            (
                "<blockquote><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table></blockquote>"
                    .to_owned(),
                "> a  b\n> c  d".to_owned(),
            ),
            (
                "<ul><li>x<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table></li></ul>"
                    .to_owned(),
                "- x\n\n  a  b\n  c  d".to_owned(),
            ),
            (
                "<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>".to_owned(),
                "a  c\n\nb".to_owned(),
            ),
            ("<table><tr><td></td></tr></table>".to_owned(), String::new()),
        ] {
            assert_eq!(from_html(&html, "", 0).0, expected, "{html}");
        }
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
