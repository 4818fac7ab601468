//! The text of HTML: escapes, tags, words, and the characters that XML allows.

use std::borrow::Cow;

use memchr::memmem;

mod math;

pub(crate) use math::replace_formulas;

/// The names in the tags of an HTML text, as written, each with the rest of the text; also of text that only looks like
/// a tag.
pub(crate) fn list_tags(html: &str) -> impl Iterator<Item = (&str, &str)> {
    memchr::memchr_iter(b'<', html.as_bytes()).filter_map(|at| {
        let rest = html[at + 1..].trim_start_matches('/');
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .unwrap_or(rest.len());
        Some(rest.split_at(end)).filter(|(name, _)| !name.is_empty())
    })
}

/// The value of an attribute of the tag that a text begins with, as it is written.
pub(crate) fn find_attribute<'a>(tag: &'a str, wanted: &str) -> Option<&'a str> {
    let is_between = |c: char| c.is_ascii_whitespace() || c == '/';
    let end = tag[1..].find(|c: char| is_between(c) || c == '>')?;
    let mut rest = &tag[1 + end..];
    loop {
        rest = rest.trim_start_matches(is_between);
        let end = rest.find(|c: char| is_between(c) || matches!(c, '=' | '>'))?;
        let (name, after) = rest.split_at(end);
        if name.is_empty() && after.starts_with('>') {
            return None;
        }
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(after) => read_value(after.trim_start())?,
            None => ("", after),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// Splits the value at the beginning of a text from the rest.
fn read_value(text: &str) -> Option<(&str, &str)> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return text[1..].split_once(quote);
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
    Some(text.split_at(end))
}

/// Decodes the few references of a text or attribute in sanitised HTML.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    [
        ("&quot;", "\""),
        ("&nbsp;", "\u{a0}"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}

/// Whether a text has a control character of ASCII beside line feeds and tabs.
pub(crate) fn has_control(text: &str) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && *byte != b'\n' && *byte != b'\t';
    // Without a branch for each byte, many are looked at in one step.
    let mut parts = text.as_bytes().chunks(256);
    parts.any(|part| part.iter().map(is_control).fold(false, |any, is| any | is))
}

/// The text without the characters that XML 1.0 (2.2) forbids.
pub(crate) fn make_legal(text: &str) -> Cow<'_, str> {
    // The first byte of the forbidden two that are no controls.
    if !has_control(text) && memchr::memchr(0xef, text.as_bytes()).is_none() {
        return text.into();
    }
    let is_forbidden = |c| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_forbidden) {
        text.replace(is_forbidden, "").into()
    } else {
        text.into()
    }
}

/// Escapes the special characters of HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The link to the page that replaces a figure which cannot be shown.
pub(crate) fn render_figure(page: &str, title: Option<&str>) -> String {
    let title = title.unwrap_or("see the post");
    format!("<a href=\"{}\">Figure: {}</a>", escape(page), escape(title))
}

/// Elements that part no words; the number of a footnote is a word.
const WITHIN_WORDS: [&str; 24] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins",
    "kbd", "mark", "q", "s", "small", "span", "strong", "sub", "u", "var", "wbr",
];

/// The words of an HTML text, with single spaces, without the names of films and sounds.
pub(crate) fn read_words(html: &str) -> String {
    let html = strip_names(html);
    let html = replace_formulas(&html, escape);
    let mut text = String::with_capacity(html.len());
    let mut parts = html.split('<');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let Some((tag, after)) = part.split_once('>') else {
            continue;
        };
        let name = tag
            .trim_start_matches('/')
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        if !WITHIN_WORDS
            .iter()
            .any(|within| name.eq_ignore_ascii_case(within))
        {
            text.push(' ');
        }
        text.push_str(after);
    }
    unescape(&text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Removes the links behind films and sounds: a file name says nothing about a post.
pub(crate) fn strip_names(html: &str) -> Cow<'_, str> {
    const PLAYERS: [&str; 2] = ["</audio>", "</video>"];
    const LINK: &str = "o> <a href=\"";
    let mut without = String::new();
    let mut from = 0;
    for at in memmem::find_iter(html.as_bytes(), LINK) {
        let player = at + "o>".len();
        let ends_player = PLAYERS.iter().any(|end| html[..player].ends_with(end));
        if !ends_player || player < from {
            continue;
        }
        let Some(end) = html[player..].find("</a>") else {
            break;
        };
        without.push_str(&html[from..player]);
        from = player + end + "</a>".len();
    }
    if from == 0 {
        return html.into();
    }
    (without + &html[from..]).into()
}

#[cfg(test)]
mod tests {
    use super::{find_attribute, read_words};

    #[test]
    fn an_attribute_is_read_however_it_is_written() {
        for (tag, name, value) in [
            ("<img src=\"a b\" alt='c>d'>", "src", Some("a b")),
            ("<img src=\"a b\" alt='c>d'>", "ALT", Some("c>d")),
            ("<img hidden data-src = a.png/>", "data-src", Some("a.png/")),
            ("<img hidden src=a>", "hidden", Some("")),
            ("<img title='src=x' src=a>", "src", Some("a")),
            ("<img alt=x>src=y", "src", None),
            ("<img src='never", "src", None),
            ("<img", "src", None),
        ] {
            assert_eq!(find_attribute(tag, name), value, "{tag}");
        }
    }

    #[test]
    fn an_element_within_a_line_parts_no_words() {
        for (html, expected) in [
            (
                "<p>See <a href=\"x\">the <em>docs</em></a>. H<sub>2</sub>O, <b>so</b>!</p>",
                "See the docs. H2O, so!",
            ),
            (
                "<h2>A</h2><p>b<br>c</p><ul><li>d</li><li>e</li></ul>",
                "A b c d e",
            ),
            (
                "a<sup>1</sup> <img src=\"x\" alt=\"y\">&lt;b&gt; &amp;amp;",
                "a 1 <b> &amp;",
            ),
            ("one<img", "one"),
        ] {
            assert_eq!(read_words(html), expected, "{html}");
        }
    }
}
