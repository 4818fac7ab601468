//! HTML as a person would type it: headings underlined, code indented, links numbered through the issue.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use html2text::render::TextDecorator;
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str, text};
use unicode_width::UnicodeWidthStr;

use crate::html::{unescape, words};

mod table;
mod wrap;

pub(super) use wrap::{CODE, WIDTH, wrapped};

/// Wider than any paragraph: lines are broken here, since the renderer breaks words.
const UNBROKEN: usize = 1 << 24;

// Marks of the layout, until it is done. They are noncharacters of Unicode, which no text holds for interchange.

/// Stands before each line of a heading until it is underlined.
const HEADING: char = '\u{fdd3}';
/// Stands in a paragraph of its own before a list, so that an empty line does.
const GAP: char = '\u{fdd5}';
/// Stand in a paragraph of their own where a table begins and ends.
const TABLE: char = '\u{fdd8}';
const TABLE_END: char = '\u{fdd9}';
/// Stand in a paragraph of their own before a row, a cell, and a cell that names its row or column.
const ROW: char = '\u{fdda}';
const CELL: char = '\u{fddb}';
const NAME: char = '\u{fddc}';
/// The marks that nothing but the layout may bring.
const MARKS: [char; 8] = [HEADING, CODE, GAP, TABLE, TABLE_END, ROW, CELL, NAME];

/// How many columns of a table one cell may span.
const MOST_SPANNED: usize = 20;

/// A link of the text part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Link {
    /// Its number in the issue, from 1.
    pub(super) number: usize,
    /// Where it leads.
    pub(super) url: String,
}

/// The HTML of the post at `page` as text of [`WIDTH`] columns, and its links, numbered after `used`, each address once.
/// What points into the page or into the mail itself, as footnotes do, is no link. Lines of code begin with [`CODE`].
pub(super) fn from_html(html: &str, page: &str, used: usize) -> (String, Vec<Link>) {
    let links: RefCell<Vec<Link>> = RefCell::default();
    let numbers: RefCell<HashMap<String, usize>> = RefCell::default();
    let blocks: RefCell<Vec<String>> = RefCell::default();
    let (is_nested, is_in_code, is_inner_table) =
        (Cell::new(false), Cell::new(false), Cell::new(false));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("pre a[href]", |_link| {
            is_in_code.set(true);
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            let url = unescape(&link.get_attribute("href").unwrap_or_default());
            link.remove_and_keep_content();
            let is_inside = url
                .split('#')
                .next()
                .is_some_and(|whole| whole.is_empty() || whole == page);
            if is_in_code.replace(false) || is_inside {
                return Ok(());
            }
            let mut links = links.borrow_mut();
            let mut numbers = numbers.borrow_mut();
            let number = *numbers.entry(url.clone()).or_insert_with(|| {
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
        .append_element_content_handler(element!(
            "table table, table table caption, table table tr, table table td, table table th",
            |_part| {
                is_inner_table.set(true);
                Ok(())
            }
        ))
        .append_element_content_handler(element!(
            "table, thead, tbody, tfoot, colgroup, caption, tr, td, th",
            |part| {
                mark_table(part, is_inner_table.replace(false));
                Ok(())
            }
        ))
        .append_element_content_handler(element!("hr", |rule| {
            rule.replace("<p>* * *</p>", ContentType::Html);
            Ok(())
        }));
    let numbered =
        rewrite_str(&html.replace(MARKS, ""), settings).unwrap_or_else(|_| html.to_owned());
    let text = html2text::config::with_decorator(Typed)
        .unicode_strikeout(false)
        .string_from_read(numbered.as_bytes(), UNBROKEN)
        .unwrap_or_else(|_| words(&numbered));
    let paragraphs: Vec<&str> = text.lines().collect();
    let blocks = blocks.into_inner();
    let text = lay_out(&paragraphs, &blocks, WIDTH).join("\n");
    (
        text.trim_matches('\n').replace('\u{a0}', " "),
        links.into_inner(),
    )
}

/// Puts marks in place of the tags of a table. A table within another is taken for words of its cell.
fn mark_table(part: &mut Element<'_, '_>, is_inner: bool) {
    let mark = |mark: char| format!("<p>{mark}</p>");
    let tag = part.tag_name();
    match tag.as_str() {
        "td" | "th" | "tr" if is_inner => part.append(" ", ContentType::Text),
        "table" if !is_inner => {
            part.before(&mark(TABLE), ContentType::Html);
            part.after(&mark(TABLE_END), ContentType::Html);
        }
        "caption" => {
            part.before("<p>", ContentType::Html);
            part.after("</p>", ContentType::Html);
        }
        "tr" => part.before(&mark(ROW), ContentType::Html),
        "td" | "th" => {
            part.before(
                &mark(if tag == "th" { NAME } else { CELL }),
                ContentType::Html,
            );
            part.before("<div>", ContentType::Html);
            part.after("</div>", ContentType::Html);
            let span = part
                .get_attribute("colspan")
                .and_then(|span| span.parse().ok());
            for _ in 1..span.unwrap_or(1).min(MOST_SPANNED) {
                part.after(&mark(CELL), ContentType::Html);
            }
        }
        _ => {}
    }
    part.remove_and_keep_content();
}

/// Breaks lines to a width, underlines headings, sets in code, lays tables out and takes the marks away.
fn lay_out(lines: &[&str], blocks: &[String], width: usize) -> Vec<String> {
    let mut laid = Vec::new();
    let mut is_after_gap = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let prefix = Prefix::of(line);
        let words = &line[prefix.length..];
        let is_gap = words.strip_prefix(GAP).is_some_and(str::is_empty);
        // Of two empty lines around a gap one stays.
        let is_doubled = is_after_gap && words.trim().is_empty();
        is_after_gap = is_gap;
        if is_gap || is_doubled {
            if is_gap && prefix.is_item {
                laid.push(prefix.first.clone());
            }
            continue;
        }
        let room = width.saturating_sub(prefix.next.width());
        if words.starts_with(TABLE) {
            let rest = &lines[at..];
            let length = rest.iter().position(|line| line.contains(TABLE_END));
            let inner: Vec<&str> = rest[..length.unwrap_or(rest.len())]
                .iter()
                .map(|line| prefix.strip(line))
                .collect();
            at += length.map_or(rest.len(), |length| length + 1);
            let table = lay_out_marked(&inner, blocks, room);
            laid.extend(prefix.stand_before(table));
        } else if let Some(code) = code_of(words, blocks) {
            laid.extend(prefix.stand_before(code));
        } else if let Some(heading) = words.strip_prefix(HEADING) {
            let mut heading = wrap::wrap(heading.trim(), "", "", room);
            let rule = heading.iter().map(|line| line.width()).max();
            heading.push("-".repeat(rule.unwrap_or_default()));
            laid.extend(prefix.stand_before(heading));
        } else {
            laid.extend(wrap::wrap(words, &prefix.first, &prefix.next, width));
        }
    }
    laid
}

/// The rows of a table whose parts are marked, below its caption.
fn lay_out_marked(lines: &[&str], blocks: &[String], width: usize) -> Vec<String> {
    let mut rows: Vec<Vec<table::Cell<'_>>> = Vec::new();
    let mut caption = Vec::new();
    for line in lines {
        let words = line.trim();
        if words.starts_with(ROW) {
            rows.push(Vec::new());
        } else if words.starts_with([CELL, NAME]) {
            let cell = table::Cell {
                lines: Vec::new(),
                is_name: words.starts_with(NAME),
            };
            match rows.last_mut() {
                Some(row) => row.push(cell),
                None => rows.push(vec![cell]),
            }
        } else if let Some(cell) = rows.last_mut().and_then(|row| row.last_mut()) {
            if !words.is_empty() || !cell.lines.is_empty() {
                cell.lines.push(line);
            }
        } else if !words.is_empty() {
            caption.push(*line);
        }
    }
    for cell in rows.iter_mut().flatten() {
        while cell.lines.last().is_some_and(|line| line.trim().is_empty()) {
            cell.lines.pop();
        }
    }
    rows.retain(|row| row.iter().any(|cell| !cell.lines.is_empty()));
    let cell = |lines: &[&str], width: usize| {
        let laid = lay_out(lines, blocks, width);
        laid.iter()
            .map(|line| line.replace(CODE, "").trim_end().to_owned())
            .collect()
    };
    let mut laid = lay_out(&caption, blocks, width);
    if !laid.is_empty() {
        laid.push(String::new());
    }
    laid.extend(table::lay_out_table(&rows, width, &cell));
    laid
}

/// The lines of a block of code where a paragraph is its number.
fn code_of(words: &str, blocks: &[String]) -> Option<Vec<String>> {
    let number = words.strip_prefix(CODE)?.trim_end().strip_suffix(CODE)?;
    let block = unescape(blocks.get(number.parse::<usize>().ok()?)?);
    let code = block.trim_end().trim_start_matches('\n');
    Some(
        code.lines()
            .map(|line| format!("{CODE}    {line}"))
            .collect(),
    )
}

/// What stands before the words of a line: signs of quotes and of items.
#[derive(Debug, Default)]
struct Prefix {
    /// Before the first line.
    first: String,
    /// Before each that follows.
    next: String,
    /// Its length in the marked line, in bytes.
    length: usize,
    /// Whether an item begins here.
    is_item: bool,
}

impl Prefix {
    /// Words that happen to begin with such a sign are only broken as a quote or an item is.
    fn of(line: &str) -> Self {
        let mut prefix = Self::default();
        loop {
            let rest = &line[prefix.length..];
            let sign = rest.split(' ').next().unwrap_or_default();
            if rest.starts_with(' ') {
                prefix.push(" ", " ");
            } else if sign == ">" {
                prefix.push(&rest[..rest.len().min(2)], "> ");
            } else if is_item(sign) && rest.len() > sign.len() {
                prefix.push(&rest[..=sign.len()], &" ".repeat(sign.len() + 1));
                prefix.is_item = true;
            } else {
                return prefix;
            }
        }
    }

    fn push(&mut self, first: &str, next: &str) {
        self.first.push_str(first);
        self.next.push_str(next);
        self.length += first.len();
    }

    /// A later line of the same block without it.
    fn strip<'a>(&self, line: &'a str) -> &'a str {
        let mut rest = line;
        for _ in 0..self.next.chars().count() {
            let Some(shorter) = rest.strip_prefix(['>', ' ']) else {
                break;
            };
            rest = shorter;
        }
        rest
    }

    /// The lines with the prefix before each.
    fn stand_before(&self, lines: Vec<String>) -> impl Iterator<Item = String> + '_ {
        lines.into_iter().enumerate().map(|(at, line)| {
            let prefix = if at == 0 { &self.first } else { &self.next };
            let whole = format!("{prefix}{line}");
            if line.contains(CODE) {
                whole
            } else {
                whole.trim_end().to_owned()
            }
        })
    }
}

/// Whether this begins an item of a list: a dash, or a number with its dot.
fn is_item(text: &str) -> bool {
    let number = text.strip_suffix('.').unwrap_or_default();
    text == "-"
        || !number.is_empty()
            && number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
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
