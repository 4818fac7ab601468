//! HTML that is simple enough to be written as the sanitiser writes it without being parsed.
//!
//! Most posts are plain Markdown: paragraphs, headings, lists, quotes, code, emphasis, links and pictures, each closed
//! where it was opened. For those, parsing and writing change only how a character is escaped. Everything else is left
//! to the parser. A property test holds that both ways give the same bytes.

use std::ops::Range;

use memchr::memmem;

use crate::html::{has_control, unescape};

/// The longest value of an attribute that is taken here.
const LONGEST_VALUE: usize = 1000;

/// The nesting of an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    /// It contains blocks.
    Container,
    /// It contains only `<li>`.
    List,
    /// It contains words.
    Block,
    /// It stands between words.
    Inline,
    /// It stands between words and has no end tag.
    InlineVoid,
    /// It stands between blocks and has no end tag.
    BlockVoid,
}

/// The elements that are simple, and their attributes.
const SIMPLE: [(&str, Nesting, &[&str]); 21] = [
    ("p", Nesting::Block, &[]),
    ("a", Nesting::Inline, &["href", "title"]),
    ("em", Nesting::Inline, &[]),
    ("strong", Nesting::Inline, &[]),
    ("code", Nesting::Inline, &["class"]),
    ("li", Nesting::Container, &[]),
    ("ul", Nesting::List, &[]),
    ("ol", Nesting::List, &["start"]),
    ("pre", Nesting::Block, &[]),
    ("blockquote", Nesting::Container, &[]),
    ("br", Nesting::InlineVoid, &[]),
    ("hr", Nesting::BlockVoid, &[]),
    ("img", Nesting::InlineVoid, &["src", "alt", "title"]),
    ("h1", Nesting::Block, &["id"]),
    ("h2", Nesting::Block, &["id"]),
    ("h3", Nesting::Block, &["id"]),
    ("h4", Nesting::Block, &["id"]),
    ("h5", Nesting::Block, &["id"]),
    ("h6", Nesting::Block, &["id"]),
    ("del", Nesting::Inline, &[]),
    ("s", Nesting::Inline, &[]),
];

/// Deeper nesting is left to the parser.
const DEEPEST: usize = 100;

/// Simple HTML as the sanitiser would write it.
pub(super) struct Simple {
    pub(super) html: String,
    addresses: Vec<AddressSpan>,
}

struct AddressSpan {
    value: Range<usize>,
    /// The span to remove with an invalid address: the attribute of a link, the whole tag of a picture.
    whole: Range<usize>,
}

/// Writes HTML as the sanitiser would; `None` if that takes a parser.
pub(super) fn write_simple(html: &str) -> Option<Simple> {
    if !is_plain(html) {
        return None;
    }
    let mut simple = Simple {
        html: String::with_capacity(html.len()),
        addresses: Vec::new(),
    };
    let mut open: Vec<(&str, Nesting)> = Vec::new();
    let mut rest = html;
    loop {
        let (text, tag) = match memchr::memchr(b'<', rest.as_bytes()) {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        if is_in_list(&open) && !text.bytes().all(|byte| byte == b'\n') {
            return None;
        }
        write_text(text, &mut simple.html)?;
        let Some(tag) = tag else {
            return open.is_empty().then_some(simple);
        };
        rest = match tag.strip_prefix('/') {
            Some(end) => {
                let (name, _) = open.pop()?;
                simple.html.push_str("</");
                simple.html.push_str(name);
                simple.html.push('>');
                end.strip_prefix(name)?.strip_prefix('>')?
            }
            None => write_start(tag, &mut open, &mut simple)?,
        };
    }
}

impl Simple {
    /// Replaces the addresses. A link with an invalid address loses it, such a picture is left out.
    pub(super) fn resolve_addresses(self, resolve: impl Fn(&str) -> Option<String>) -> String {
        if self.addresses.is_empty() {
            return self.html;
        }
        let html = &self.html;
        let mut written = String::with_capacity(html.len() + html.len() / 4);
        let mut from = 0;
        for AddressSpan { value, whole } in self.addresses {
            if let Some(address) = resolve(&unescape(&html[value.clone()])) {
                written.push_str(&html[from..value.start]);
                written.push_str(&address.replace('&', "&amp;"));
                from = value.end;
            } else {
                written.push_str(&html[from..whole.start]);
                from = whole.end;
            }
        }
        written.push_str(&html[from..]);
        written
    }
}

/// Whether the sanitiser writes every character as it is, apart from special characters of HTML.
fn is_plain(html: &str) -> bool {
    let is_odd = |odd: &str| memmem::find(html.as_bytes(), odd.as_bytes()).is_some();
    !has_control(html)
        && !html.starts_with('\u{feff}')
        && (html.is_ascii() || !["\u{a0}", "\u{fffe}", "\u{ffff}"].into_iter().any(is_odd))
}

/// Writes a text; quotation marks need no escape there.
fn write_text(text: &str, written: &mut String) -> Option<()> {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'&', b'>', rest.as_bytes()) {
        written.push_str(&rest[..at]);
        let escape = ["&amp;", "&lt;", "&gt;", "&quot;"]
            .into_iter()
            .find(|escape| rest[at..].starts_with(escape))?;
        written.push_str(if escape == "&quot;" { "\"" } else { escape });
        rest = &rest[at + escape.len()..];
    }
    written.push_str(rest);
    Some(())
}

/// Writes a start tag after its `<`. Returns the rest of the text.
fn write_start<'a>(
    tag: &'a str,
    open: &mut Vec<(&'a str, Nesting)>,
    simple: &mut Simple,
) -> Option<&'a str> {
    let end = tag.bytes().position(|byte| !byte.is_ascii_alphanumeric())?;
    let (name, mut rest) = tag.split_at(end);
    let (_, nesting, attributes) = *SIMPLE.iter().find(|(simple, _, _)| *simple == name)?;
    if !may_open(name, nesting, open) || open.len() >= DEEPEST {
        return None;
    }
    let start = simple.html.len();
    simple.html.push('<');
    simple.html.push_str(name);
    let mut address: Option<AddressSpan> = None;
    let mut known = [false; 3];
    while let Some(attribute) = rest.strip_prefix(' ').filter(|rest| !rest.starts_with('/')) {
        let (key, value) = split_at_byte(attribute, b'=')?;
        let (value, after) = split_at_byte(value.strip_prefix('"')?, b'"')?;
        let place = attributes.iter().position(|simple| *simple == key)?;
        let is_twice = std::mem::replace(known.get_mut(place)?, true);
        let is_address = matches!(key, "href" | "src");
        if is_twice || !is_simple_value(value) || is_address && !is_simple_address(value) {
            return None;
        }
        let whole = simple.html.len();
        simple.html.push(' ');
        simple.html.push_str(key);
        simple.html.push_str("=\"");
        let begin = simple.html.len();
        simple.html.push_str(value);
        if is_address {
            let end = simple.html.len();
            address = Some(AddressSpan {
                value: begin..end,
                whole: whole..end + 1,
            });
        }
        simple.html.push('"');
        rest = after;
    }
    simple.html.push('>');
    if name == "img" {
        // Without an address it shows nothing.
        let address = address.as_mut()?;
        address.whole = start..simple.html.len();
    }
    simple.addresses.extend(address);
    let is_void = matches!(nesting, Nesting::InlineVoid | Nesting::BlockVoid);
    if is_void {
        return rest.strip_prefix(" />").or_else(|| rest.strip_prefix('>'));
    }
    open.push((name, nesting));
    // A parser drops a line break that follows at once.
    rest.strip_prefix('>')
        .filter(|rest| name != "pre" || !rest.starts_with('\n'))
}

/// Splits a text at the first of these bytes.
fn split_at_byte(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = memchr::memchr(at, text.as_bytes())?;
    Some((&text[..place], &text[place + 1..]))
}

fn is_in_list(open: &[(&str, Nesting)]) -> bool {
    let last = open.last();
    last.is_some_and(|(_, nesting)| *nesting == Nesting::List)
}

/// Whether a parser would leave the element in its place.
fn may_open(name: &str, nesting: Nesting, open: &[(&str, Nesting)]) -> bool {
    if is_in_list(open) || name == "li" {
        return is_in_list(open) && name == "li";
    }
    match nesting {
        Nesting::Inline => open.iter().all(|(other, _)| *other != name),
        Nesting::InlineVoid => true,
        _ => open
            .iter()
            .all(|(_, other)| matches!(other, Nesting::Container | Nesting::List)),
    }
}

/// Whether a value is written without change.
fn is_simple_value(value: &str) -> bool {
    let mut parts = value.split('&');
    let first = parts.next().unwrap_or_default();
    let is_plain =
        |text: &str| !text.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | '\u{a0}'));
    value.len() <= LONGEST_VALUE
        && is_plain(first)
        && parts
            .all(|part| (part.starts_with("amp;") || part.starts_with("quot;")) && is_plain(part))
}

/// Whether an address is obviously permitted: on a named host, or relative.
fn is_simple_address(value: &str) -> bool {
    let host = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"));
    if value.contains([' ', '\\']) {
        return false;
    }
    let Some(host) = host else {
        let starts = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '#' | '.');
        return !value.contains(':') && !value.starts_with("//") && value.starts_with(starts);
    };
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with("xn--")
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_name = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
    is_name && host.len() < 100 && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests;
