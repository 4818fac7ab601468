//! Simple HTML comes out as a parser writes it.

use proptest::prelude::*;

use lol_html::{RewriteStrSettings, element, rewrite_str};
use url::Url;

use super::{DEEPEST, unescape, write_simple};
use crate::html::make_legal;
use crate::post::body::safe::allowed::ALLOWED;
use crate::post::body::safe::tests::with_links;
use crate::post::body::safe::{
    resolve_addresses_by_parser, resolve_simple, sanitise, sanitise_by_parser,
};

/// The address that a link leads to; none for some.
fn resolve(value: &str) -> Option<String> {
    let base = Url::parse("https://base.example/a/b/").unwrap();
    let url = base.join(value.trim()).ok()?;
    (!value.contains('?')).then(|| url.into())
}

/// Simple HTML has nothing that any step before or behind the sanitiser would change.
fn assert_same_by_all_steps(html: &str) {
    with_links(html, |links| {
        let simple = write_simple(html).unwrap();
        let linked = resolve_addresses_by_parser(&simple.html, links).unwrap();
        assert_eq!(resolve_simple(simple, links), linked, "{html:?}");
        let (quick, whole) = (sanitise(html, links), sanitise_by_parser(html, links));
        let (quick, whole) = (quick.unwrap(), whole.unwrap());
        assert_eq!(quick.html, whole.html, "{html:?}");
        assert!(whole.left_out.is_empty(), "{html:?}");
        assert!(whole.drawings.is_empty(), "{html:?}");
    });
}

/// The same by a parser.
fn linked_by_parser(html: &str) -> String {
    let handler = element!("[href], img", |element| {
        let is_picture = element.tag_name() == "img";
        let name = if is_picture { "src" } else { "href" };
        let value = element.get_attribute(name).unwrap_or_default();
        match resolve(&unescape(&value)) {
            Some(address) => element.set_attribute(name, &address.replace('&', "&amp;"))?,
            None if is_picture => element.remove(),
            None => element.remove_attribute(name),
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new().with_strict(false);
    rewrite_str(html, settings.append_element_content_handler(handler)).unwrap()
}

fn same(html: &str) -> bool {
    match write_simple(html) {
        Some(simple) => {
            let written = simple.html.clone();
            assert_eq!(written, ALLOWED.clean(html).to_string(), "{html:?}");
            assert_eq!(make_legal(&written), written, "{html:?}");
            let linked = simple.resolve_addresses(resolve);
            assert_eq!(linked, linked_by_parser(&written), "{html:?}");
            assert_same_by_all_steps(html);
            let again = write_simple(&written).expect("it is still simple");
            assert_eq!(again.html, written, "{html:?}");
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
        "<p><img src=\"/a?b\" alt=\"&quot;src=&quot;\" /><img title=\"T\" src=\"c.png?\"><img alt=\"\" src=\"d.png\" title=\"x\"></p>",
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
        "a\u{1}b",
        "a\u{ffff}b",
        "<img>",
        "<img alt=\"a\">",
        "<img src=\"a\" style=\"display:none\">",
        "<P>a</P>",
        "<p >a</p>",
        "<script>a</script>",
        "<!-- a -->",
        "<table><tr><td>a</td></tr></table>",
    ] {
        assert!(!same(html), "{html:?}");
    }
}

#[test]
fn what_stands_deep_in_each_other_is_left_to_the_parser() {
    for (depth, is_simple) in [(DEEPEST, true), (DEEPEST + 1, false)] {
        let html = "<blockquote>".repeat(depth) + &"</blockquote>".repeat(depth);
        assert_eq!(same(&html), is_simple, "{depth}");
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
            "<img src=\"b?c\" alt=\"\" title=\"src=&quot;\">",
            "<img alt=\"\">",
            "\u{1}",
            "\u{fffe}",
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
