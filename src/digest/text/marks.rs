//! HTML in which marks stand for the tags that the layout needs.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use html2text::render::TextDecorator;
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str, text};

use crate::html::unescape;

// Noncharacters of Unicode mark parts of the text until the layout removes them. Text for interchange contains none.

/// Precedes each line of a heading until it is underlined.
pub(super) const HEADING: char = '\u{fdd3}';
/// Precedes a line of code, which is never broken. Before the layout, encloses the number of a block of code.
pub(in crate::digest) const CODE: char = '\u{fdd4}';
/// Is a paragraph of its own before a list, where the layout puts an empty line.
pub(super) const GAP: char = '\u{fdd5}';
/// Is a paragraph of its own where a table begins.
pub(super) const TABLE: char = '\u{fdd8}';
/// Is a paragraph of its own where a table ends.
pub(super) const TABLE_END: char = '\u{fdd9}';
/// Is a paragraph of its own before a row of a table.
pub(super) const ROW: char = '\u{fdda}';
/// Is a paragraph of its own before a cell.
pub(super) const CELL: char = '\u{fddb}';
/// Is a paragraph of its own before a header cell.
pub(super) const NAME: char = '\u{fddc}';
/// All marks. They are removed from the input.
const MARKS: [char; 8] = [HEADING, CODE, GAP, TABLE, TABLE_END, ROW, CELL, NAME];

/// Largest `colspan` that is followed.
const MOST_SPANNED: usize = 20;

/// A link of the text part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(in crate::digest) struct Link {
    /// Its number in the issue, from 1.
    pub(in crate::digest) number: usize,
    /// Its target.
    pub(in crate::digest) url: String,
}

/// Marked HTML and what was taken out of it.
#[derive(Debug)]
pub(super) struct Marked {
    /// The HTML with marks.
    pub(super) html: String,
    /// The links, each address once.
    pub(super) links: Vec<Link>,
    /// The escaped text of each block of code, by its number.
    pub(super) blocks: Vec<String>,
}

/// Marks the HTML of the post at `page`. Numbers its links from `used + 1`.
pub(super) fn mark_html(html: &str, page: &str, used: usize) -> Marked {
    let marker = Marker::default();
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("pre a[href]", |_link| {
            marker.is_in_code.set(true);
            Ok(())
        }))
        .append_element_content_handler(element!("a[href]", |link| {
            marker.number_link(link, page, used);
            Ok(())
        }))
        .append_element_content_handler(element!("pre", |block| {
            marker.open_block(block);
            Ok(())
        }))
        .append_element_content_handler(element!("pre *", |inner| {
            marker.flatten_code(inner);
            Ok(())
        }))
        .append_element_content_handler(text!("pre", |chunk| {
            marker.append_code(chunk.as_str());
            chunk.remove();
            Ok(())
        }))
        .append_element_content_handler(element!(
            "li ul, li ol, li dl, dd ul, dd ol, dd dl",
            |_list| {
                marker.is_inner_list.set(true);
                Ok(())
            }
        ))
        .append_element_content_handler(element!("ul, ol, dl", |list| {
            marker.mark_list(list);
            Ok(())
        }))
        .append_element_content_handler(element!(
            "table table, table table caption, table table tr, table table td, table table th",
            |_part| {
                marker.is_inner_table.set(true);
                Ok(())
            }
        ))
        .append_element_content_handler(element!(
            "table, thead, tbody, tfoot, colgroup, caption, tr, td, th",
            |part| {
                mark_table(part, marker.is_inner_table.replace(false));
                Ok(())
            }
        ))
        .append_element_content_handler(element!("hr", |rule| {
            rule.replace("<p>* * *</p>", ContentType::Html);
            Ok(())
        }));
    let html = rewrite_str(&html.replace(MARKS, ""), settings).unwrap_or_else(|_| html.to_owned());
    Marked {
        html,
        links: marker.links.into_inner(),
        blocks: marker.blocks.into_inner(),
    }
}

/// The state that the handlers of one document share.
///
/// All handlers that match an element run in their order, so a more specific selector sets a flag for the general one.
#[derive(Debug, Default)]
struct Marker {
    links: RefCell<Vec<Link>>,
    numbers: RefCell<HashMap<String, usize>>,
    blocks: RefCell<Vec<String>>,
    is_in_code: Cell<bool>,
    is_inner_list: Cell<bool>,
    is_inner_table: Cell<bool>,
}

impl Marker {
    /// Replaces a link by its text and number. A link into the page or the mail itself, such as a footnote's, and one in
    /// code get no number.
    fn number_link(&self, link: &mut Element<'_, '_>, page: &str, used: usize) {
        let url = unescape(&link.get_attribute("href").unwrap_or_default());
        link.remove_and_keep_content();
        let without_fragment = url.split('#').next().unwrap_or_default();
        let is_inside = without_fragment.is_empty() || without_fragment == page;
        if self.is_in_code.replace(false) || is_inside {
            return;
        }
        let mut links = self.links.borrow_mut();
        let mut numbers = self.numbers.borrow_mut();
        let number = *numbers.entry(url.clone()).or_insert_with(|| {
            let number = used + links.len() + 1;
            links.push(Link { number, url });
            number
        });
        link.after(&format!("&nbsp;[{number}]"), ContentType::Html);
    }

    /// Replaces a block of code by its number.
    fn open_block(&self, block: &mut Element<'_, '_>) {
        let mut blocks = self.blocks.borrow_mut();
        let number = blocks.len();
        block.before(&format!("<p>{CODE}{number}{CODE}</p>"), ContentType::Html);
        block.remove_and_keep_content();
        blocks.push(String::new());
    }

    /// Removes a tag within a block of code.
    fn flatten_code(&self, inner: &mut Element<'_, '_>) {
        inner.remove_and_keep_content();
        if inner.tag_name() == "br" {
            self.append_code("\n");
        }
    }

    fn append_code(&self, code: &str) {
        if let Some(block) = self.blocks.borrow_mut().last_mut() {
            block.push_str(code);
        }
    }

    /// Puts a gap before an outermost list.
    fn mark_list(&self, list: &mut Element<'_, '_>) {
        if !self.is_inner_list.replace(false) {
            list.before(&format!("<p>{GAP}</p>"), ContentType::Html);
        }
    }
}

/// Replaces the tags of a table by marks. An inner table becomes text of its cell.
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

/// Renders emphasis, code, quotes and lists as in a typed letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed;

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
