//! HTML that is simple enough to be written as the sanitiser writes it without being parsed.
//!
//! Most posts are plain Markdown: paragraphs, headings, lists, quotes, code, emphasis, links and pictures, each closed
//! where it was opened. For those, parsing and writing change only how a character is escaped. Everything else is left
//! to the parser. A property test holds that both ways give the same bytes.

use std::borrow::Cow;

use crate::html::unescape;

/// The longest value of an attribute that is taken here.
const LONGEST_VALUE: usize = 1000;

/// How an element nests.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    /// It holds blocks.
    Container,
    /// It holds only `<li>`.
    List,
    /// It holds words.
    Block,
    /// It stands between words.
    Inline,
    /// It stands between words and has no end.
    InlineVoid,
    /// It stands between blocks and has no end.
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

/// The HTML as the sanitiser would write it; none where that takes a parser.
pub(super) fn write_simple(html: &str) -> Option<String> {
    if html.starts_with('\u{feff}') {
        return None;
    }
    let mut written = String::with_capacity(html.len());
    let mut open: Vec<(&str, Nesting)> = Vec::new();
    let mut rest = html;
    loop {
        let (text, tag) = match rest.find('<') {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let is_in_list = open
            .last()
            .is_some_and(|(_, nesting)| *nesting == Nesting::List);
        if is_in_list && !text.bytes().all(|byte| byte == b'\n') {
            return None;
        }
        write_text(text, &mut written)?;
        let Some(tag) = tag else {
            return open.is_empty().then_some(written);
        };
        rest = match tag.strip_prefix('/') {
            Some(end) => {
                let (name, _) = open.pop()?;
                written.push_str("</");
                written.push_str(name);
                written.push('>');
                end.strip_prefix(name)?.strip_prefix('>')?
            }
            None => write_start(tag, &mut open, &mut written)?,
        };
    }
}

/// Simple HTML with other addresses of its links; none where it is not simple, or shows a picture. An address that
/// resolves to nothing is left out.
pub(super) fn with_addresses(
    html: &str,
    resolve: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    if html.contains("<img") || write_simple(html).is_none() {
        return None;
    }
    let mut written = String::with_capacity(html.len() + html.len() / 4);
    let mut rest = html;
    // A `<` begins a tag here, and no value holds a `>`.
    while let Some(at) = rest.find("<a ") {
        let (before, link) = rest.split_at(at + "<a".len());
        let (attributes, after) = link.split_at(link.find('>')?);
        written.push_str(before);
        write_link(attributes, &resolve, &mut written)?;
        rest = after;
    }
    written.push_str(rest);
    Some(written)
}

fn write_link(
    attributes: &str,
    resolve: impl Fn(&str) -> Option<String>,
    written: &mut String,
) -> Option<()> {
    let mut rest = attributes;
    while let Some(attribute) = rest.strip_prefix(' ') {
        let (key, value) = attribute.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        rest = after;
        let value: Cow<'_, str> = match key {
            "href" => match resolve(&unescape(value)) {
                Some(address) => address.replace('&', "&amp;").into(),
                None => continue,
            },
            _ => value.into(),
        };
        written.push_str(&format!(" {key}=\"{value}\""));
    }
    Some(())
}

/// Writes a text; a quotation mark needs no escape there.
fn write_text(text: &str, written: &mut String) -> Option<()> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '>', '\r', '\0', '\u{a0}']) {
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

/// Writes a start tag, whose `<` is read already. Returns what follows it.
fn write_start<'a>(
    tag: &'a str,
    open: &mut Vec<(&'a str, Nesting)>,
    written: &mut String,
) -> Option<&'a str> {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, mut rest) = tag.split_at(end);
    let (_, nesting, attributes) = *SIMPLE.iter().find(|(simple, _, _)| *simple == name)?;
    if !may_open(name, nesting, open) {
        return None;
    }
    written.push('<');
    written.push_str(name);
    let mut known = Vec::new();
    while let Some(attribute) = rest.strip_prefix(' ').filter(|rest| !rest.starts_with('/')) {
        let (key, value) = attribute.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        let is_address = matches!(key, "href" | "src");
        let is_simple =
            attributes.contains(&key) && !known.contains(&key) && is_simple_value(value);
        if !is_simple || is_address && !is_simple_address(value) {
            return None;
        }
        known.push(key);
        written.push(' ');
        written.push_str(key);
        written.push_str("=\"");
        written.push_str(value);
        written.push('"');
        rest = after;
    }
    written.push('>');
    let is_void = matches!(nesting, Nesting::InlineVoid | Nesting::BlockVoid);
    if is_void {
        return rest.strip_prefix(" />").or_else(|| rest.strip_prefix('>'));
    }
    open.push((name, nesting));
    // A parser drops a line break that follows at once.
    rest.strip_prefix('>')
        .filter(|rest| name != "pre" || !rest.starts_with('\n'))
}

/// Whether the element stays where it is when it is parsed here.
fn may_open(name: &str, nesting: Nesting, open: &[(&str, Nesting)]) -> bool {
    let is_in_list = open
        .last()
        .is_some_and(|(_, nesting)| *nesting == Nesting::List);
    if is_in_list || name == "li" {
        return is_in_list && name == "li";
    }
    match nesting {
        Nesting::Inline => open.iter().all(|(other, _)| *other != name),
        Nesting::InlineVoid => true,
        _ => open
            .iter()
            .all(|(_, other)| matches!(other, Nesting::Container | Nesting::List)),
    }
}

/// Whether a value is written as it stands.
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

/// Whether an address is one that is permitted, as far as can be seen at once: on a host with a name, or relative.
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
mod tests {
    use proptest::prelude::*;

    use lol_html::{RewriteStrSettings, element, rewrite_str};
    use url::Url;

    use super::super::allowed::ALLOWED;
    use super::{unescape, with_addresses, write_simple};

    /// The address that a link leads to; none for some.
    fn resolve(value: &str) -> Option<String> {
        let base = Url::parse("https://base.example/a/b/").unwrap();
        let url = base.join(value.trim()).ok()?;
        (!value.contains('?')).then(|| url.into())
    }

    /// The same by a parser.
    fn with_addresses_by_parser(html: &str) -> String {
        let handler = element!("[href]", |element| {
            let value = element.get_attribute("href").unwrap_or_default();
            match resolve(&unescape(&value)) {
                Some(address) => element.set_attribute("href", &address.replace('&', "&amp;"))?,
                None => element.remove_attribute("href"),
            }
            Ok(())
        });
        let settings = RewriteStrSettings::new().with_strict(false);
        rewrite_str(html, settings.append_element_content_handler(handler)).unwrap()
    }

    fn same(html: &str) -> bool {
        match write_simple(html) {
            Some(written) => {
                assert_eq!(written, ALLOWED.clean(html).to_string(), "{html:?}");
                if let Some(linked) = with_addresses(&written, resolve) {
                    assert_eq!(linked, with_addresses_by_parser(&written), "{html:?}");
                }
                true
            }
            None => false,
        }
    }

    #[test]
    fn what_markdown_makes_is_simple_and_anything_odd_is_not() {
        for html in [
            "",
            "words",
            "<p>A &quot;word&quot; &amp; <em>another</em>, 1 &lt; 2 &gt; 0.</p>\n<hr />\n",
            "<h2 id=\"tea\">Tea</h2>\n<p>See <a href=\"https://x.example/a?b=c&amp;d\" title=\"T\">it</a>.<br />\nNext</p>\n",
            "<ul>\n<li>a</li>\n<li>\n<p>b</p>\n<ol start=\"3\">\n<li>c <code>d</code></li>\n</ol>\n</li>\n</ul>\n",
            "<pre><code class=\"language-rust\">let a = &quot;&lt;b&gt;&quot;;\n</code></pre>\n",
            "<p><a title=\"a href=\" href=\"/x\">a</a> <a title=\"b\">b</a> <a href=\"/?x\" title=\"href=&quot;y\">c</a></p>",
            "<blockquote>\n<p>a <strong>b <em>c</em></strong></p>\n</blockquote>\n",
            "<p><img src=\"tea.png\" alt=\"A &quot;cup&quot;\" /> <a href=\"#x\"><del>y</del></a></p>",
        ] {
            assert!(same(html), "{html:?}");
        }
        for html in [
            "<p>a<p>b</p></p>",
            "<p>a",
            "a</p>",
            "<p>a</em></p>",
            "<em><p>a</p></em>",
            "<ul><p>a</p></ul>",
            "<ul>a</ul>",
            "<li>a</li>",
            "<ul><ul></ul></ul>",
            "<a href=\"/x\"><a href=\"/y\">z</a></a>",
            "<a href=\"javascript:alert(1)\">a</a>",
            "<a href=\"java&#x73;cript:alert(1)\">a</a>",
            "<a href=\" https://x.example\">a</a>",
            "<a href=\"https://1.2.3.999/\">a</a>",
            "<a href=\"https://[::1/\">a</a>",
            "<a href=\"/x\" href=\"/y\">a</a>",
            "<a href=\"/x\" onclick=\"x\">a</a>",
            "<a href=/x>a</a>",
            "<pre>\na</pre>",
            "a &copy; b",
            "a & b",
            "a > b",
            "a\u{a0}b",
            "a\r\nb",
            "a\0b",
            "<P>a</P>",
            "<p >a</p>",
            "<script>a</script>",
            "<!-- a -->",
            "<table><tr><td>a</td></tr></table>",
        ] {
            assert!(!same(html), "{html:?}");
        }
    }

    /// Pieces of Markdown.
    const MARKDOWN: [&str; 30] = [
        "word ",
        "two words",
        "\"said\" ",
        "é ",
        "&amp; ",
        "&copy; ",
        "< ",
        "> ",
        "a > b & c ",
        "\n",
        "\n\n",
        "# ",
        "## ",
        "- ",
        "1. ",
        "7) ",
        "    ",
        "`code` ",
        "```rust\n",
        "```\n",
        "**",
        "_",
        "[a](/b) ",
        "[c](https://x.example/?d=e&f \"T\") ",
        "![g](h.png) ",
        "<https://x.example/> ",
        "  \n",
        "---\n",
        "<i>x</i> ",
        "<b>",
    ];

    /// A piece of HTML: well-formed in most cases, so that many of them are simple.
    fn pieces() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[a-z \"&;<>\n\u{e9}\u{a0}]{0,12}",
            "[a-z ]{0,8}",
            prop::sample::select(vec![
                "&quot;",
                "&amp;",
                "&lt;",
                "&#39;",
                "&nbsp",
                "<br />",
                "<br>",
                "<hr />",
                "</p>",
                "<p>",
                "<li>",
                "</em>",
                "<img src=\"a.png\" alt=\"b\" />",
                "<img src=\"data:x\" alt=\"\" />",
                "\n",
                "\r",
                "\u{feff}",
            ])
            .prop_map(str::to_owned),
        ];
        let tag = prop::sample::select(vec![
            "p",
            "em",
            "strong",
            "code",
            "a",
            "ul",
            "ol",
            "li",
            "pre",
            "blockquote",
            "h2",
            "del",
            "s",
            "div",
            "b",
        ]);
        let attribute = prop_oneof![
            6 => Just(String::new()),
            1 => "[a-z]{1,4}".prop_map(|value| format!(" href=\"/{value}\"")),
            1 => "[a-z:/.&; 0-9]{0,12}".prop_map(|value| format!(" href=\"{value}\"")),
            1 => "(https?|ftp|HTTP)://[a-z0-9.:-]{0,12}(/[a-z]{0,3})?".prop_map(|value| format!(" href=\"{value}\"")),
            1 => Just(" class=\"language-rust\"".to_owned()),
            1 => Just(" start=\"3\"".to_owned()),
            1 => Just(" id=\"x\" title=\"a &amp; b\"".to_owned()),
        ];
        leaf.prop_recursive(5, 40, 6, move |inner| {
            let inner = prop::collection::vec(inner, 0..6).prop_map(|parts| parts.concat());
            (tag.clone(), attribute.clone(), inner)
                .prop_map(|(tag, attribute, inner)| format!("<{tag}{attribute}>{inner}</{tag}>"))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn markdown_is_written_as_the_parser_writes_it(
            words in prop::collection::vec(prop::sample::select(MARKDOWN.to_vec()), 1..40)
        ) {
            let text = words.concat();
            let mut html = String::new();
            pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&text));
            same(&html);
        }

        #[test]
        fn simple_html_is_written_as_the_parser_writes_it(parts in prop::collection::vec(pieces(), 1..5)) {
            same(&parts.concat());
        }
    }
}
