//! Titles, summaries and the HTML of entries.

use std::collections::BTreeSet;

use lol_html::{RewriteStrSettings, element};

use crate::feed::{NOON, all, built, config, first, in_entries, in_items, parse, site, text};
use crate::scene::Scene;

/// The elements that readers allow in the text of an entry.
const ELEMENTS: &str = "a abbr acronym area article aside audio b bdi blockquote br caption center cite code col \
    colgroup data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img \
    input ins kbd li main map mark nav ol p picture pre q rp rt ruby s samp section small source span strike strong \
    sub summary sup table tbody td th thead tfoot time tr track tt u ul var video wbr math mi";

const ATTRIBUTES: &str = "align alt char charoff checked cite class colspan controls coords datetime dir disabled headers height \
    href hreflang id kind label lang media open poster rowspan scope shape size sizes span src srclang srcset start \
    style summary title type width";

#[test]
fn an_entry_says_something_even_where_the_post_has_no_paragraph() {
    let posts = [
        ("a.md", "title: Nothing\ndate: 2024-01-03", ""),
        (
            "b.md",
            "title: List\ndate: 2024-01-02",
            "- One & two\n- Three",
        ),
        (
            "c.md",
            "title: Picture\ndate: 2024-01-01",
            "<div><img src=\"a.png\"></div>",
        ),
    ];
    let full = built(&site(&posts));
    assert_eq!(in_entries(&full.atom, "summary"), ["Nothing", "", ""]);
    let short = built(&site(&posts).file("config.toml", &config("", "content = \"summary\"")));
    let expected = [
        "<p>Nothing</p>",
        "<p>One &amp; two Three</p>",
        "<p>Picture</p>",
    ];
    assert_eq!(in_entries(&short.atom, "summary"), expected);
    assert_eq!(in_items(&short.rss, "description"), expected);
    assert_eq!(short.json["items"][1]["content_text"], "One & two Three");
    let words = format!("- {}", "a\u{fdd0} b\u{85} ".repeat(100));
    let scene = site(&[("a.md", "title: A\ndate: 2024-01-01", &words)]);
    let noisy = built(&scene.file("config.toml", &config("", "content = \"summary\"")));
    let summary = in_entries(&noisy.atom, "summary").remove(0);
    assert!(
        summary.starts_with("<p>a b a b") && !summary.contains(['\u{fdd0}', '\u{85}']),
        "{summary}"
    );
}

#[test]
fn a_title_that_shows_nothing_is_the_beginning_of_the_post_or_its_day_on_the_site() {
    let front = "title: \"\\u200b\\ufeff\"\ndate: 2024-05-01T23:30:00Z";
    let feeds = built(&site(&[
        ("a.md", front, "One two."),
        ("b.md", front, "![](a.png)"),
    ]));
    let mut titles = in_entries(&feeds.atom, "title");
    titles.sort();
    assert_eq!(titles, ["2024-05-02", "One two."]);
    let dense = built(&site(&[("a.md", front, &"茶".repeat(500))]));
    assert_eq!(
        in_entries(&dense.atom, "title"),
        [format!("{}…", "茶".repeat(80))]
    );
}

#[test]
fn a_closing_tag_in_plain_text_is_taken_for_none() {
    let title = "'Use </b> to end <b>'";
    let front = format!(
        "title: {title}\ndate: 2024-01-01\ntags: [{title}]\nauthors: [{title}, \"&copy; Bob\"]"
    );
    let texts = "description = \"a </p> b\"\nrights = \"c </i> d\"\ncategories = [\"e </u> f\"]";
    let feeds = built(&site(&[("a.md", &front, "x")]).file("config.toml", &config(texts, "")));
    let held_apart = "Use <\u{200b}/b> to end <b>";
    assert_eq!(in_items(&feeds.rss, "title"), [held_apart]);
    // A name by which posts are compared stays as it is.
    assert_eq!(in_items(&feeds.rss, "category"), ["Use </b> to end <b>"]);
    let channel = parse(&feeds.rss);
    let channel = all(&channel, "channel")[0];
    for (name, expected) in [
        ("description", "a <\u{200b}/p> b"),
        ("copyright", "c <\u{200b}/i> d"),
        ("category", "e </u> f"),
    ] {
        assert_eq!(text(channel, name), expected);
    }
    // Atom says of a title that it is plain, but has no way to say so of a name.
    let document = parse(&feeds.atom);
    let entry = all(&document, "entry")[0];
    assert_eq!(
        first(entry, "title").unwrap().attribute("type"),
        Some("html")
    );
    let names: Vec<String> = all(&document, "author")
        .iter()
        .map(|author| text(*author, "name"))
        .collect();
    assert!(
        names.contains(&"&\u{200b}copy; Bob".to_owned()),
        "{names:?}"
    );
    assert!(names.iter().all(|name| !name.contains("</")), "{names:?}");
    assert_eq!(feeds.json["items"][0]["title"], "Use </b> to end <b>");
}

#[test]
fn a_name_of_a_character_is_one_without_its_semicolon_too() {
    let titles = ["Q&A at AT&T", "&copy 2024", "R&D2", "a &alpha b", "&#38"];
    let posts: Vec<(String, String)> = (0..titles.len())
        .map(|at| {
            (
                format!("{at}.md"),
                format!(
                    "title: '{0}'\ndate: 2024-01-0{1}\nauthors: ['{0}']",
                    titles[at],
                    at + 1
                ),
            )
        })
        .collect();
    let posts: Vec<(&str, &str, &str)> = posts
        .iter()
        .map(|(name, front)| (&**name, &**front, "x"))
        .collect();
    let feeds = built(&site(&posts).file("config.toml", &config("rights = \"&copy Ada\"", "")));
    let document = parse(&feeds.atom);
    let seen: Vec<(String, bool)> = all(&document, "entry")
        .iter()
        .map(|entry| {
            (
                text(*entry, "title"),
                first(*entry, "title").unwrap().attribute("type") == Some("html"),
            )
        })
        .collect();
    let expected = [
        ("&amp;#38", true),
        ("a &amp;alpha b", true),
        ("R&amp;D2", true),
        ("&amp;copy 2024", true),
    ];
    for (at, (title, is_html)) in expected
        .into_iter()
        .chain([("Q&A at AT&T", false)])
        .enumerate()
    {
        assert_eq!(seen[at], (title.to_owned(), is_html));
    }
    assert_eq!(text(document.root_element(), "rights"), "&amp;copy Ada");
    let names: Vec<String> = all(&document, "author")
        .iter()
        .map(|author| text(*author, "name"))
        .collect();
    assert!(
        names.contains(&"&\u{200b}copy 2024".to_owned()) && names.contains(&titles[0].to_owned()),
        "{names:?}"
    );
}

#[test]
fn a_reading_stands_in_its_ruby_and_nowhere_deeper() {
    let body = "<ruby>漢<em><rt>kan</rt></em><b>字<rp>(</rp><rt>ji</rt><rp>)</rp></b></ruby> <ruby>茶<rp>(</rp><rt>cha</rt></ruby>\
        <rt>alone</rt> <ruby><p>a<rt><p>b</p></rt></p></ruby>";
    let scene = Scene::new().file(
        "post/a.html",
        &format!("---\ntitle: A\ndate: 2024-01-01\n---\n{body}\n"),
    );
    let html = in_entries(&built(&scene).atom, "content").remove(0);
    assert!(
        html.starts_with(
            "<ruby>漢<em>kan</em><b>字(ji)</b></ruby> <ruby>茶<rp>(</rp><rt>cha</rt></ruby>"
        ),
        "{html}"
    );
}

#[test]
fn the_text_of_an_outline_is_html() {
    let scene = site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01\ntags: [\"R&D\", \"a & b\", \"<i>\"]",
        "x",
    )])
    .file("config.toml", &config("", "by = [\"tag\"]"));
    scene.run_at(NOON, &["build"]);
    let list = scene.read("public/feeds.opml");
    let document = parse(&list);
    let texts: Vec<&str> = all(&document, "outline")
        .iter()
        .filter_map(|outline| outline.attribute("text"))
        .collect();
    // Text that no reader of HTML would change stays as it is, since many importers show it as it stands.
    assert_eq!(
        texts,
        ["Hums", "Hums: a & b", "Hums: &lt;i&gt;", "Hums: R&amp;D"]
    );
}

#[test]
fn the_text_of_an_entry_has_only_what_readers_let_pass() {
    let body = "<bdo dir=rtl>x</bdo> <ruby>漢<rt>kan<rtc>x</ruby> <p onclick=x data-x=1 style=\"color:red;text-align:center\">p\n\
        <video controls poster=p.png width=3><source src=/a.mp4 type=video/mp4>old</video> <audio controls src=\"t.mp3?a=1&b=2\">\
        </audio>\n<form><button>b</button><textarea>t</textarea></form><svg><path d=M0 /></svg><math><mi>x</mi></math>\
        <marquee>m</marquee><my-tag>c</my-tag><object data=x></object><iframe src=/page title=Page></iframe>\
        <table><tr><td style=\"text-align:right\" bgcolor=red>x</table> a\u{fdd0}b\u{1fffe}c &#x10ffff;";
    let feeds = built(&site(&[("a.md", "title: A\ndate: 2024-01-01", body)]));
    let html = in_entries(&feeds.atom, "content").remove(0);
    let mut seen = BTreeSet::new();
    let settings =
        RewriteStrSettings::new().append_element_content_handler(element!("*", |element| {
            seen.insert(element.tag_name());
            let attributes = element
                .attributes()
                .iter()
                .map(lol_html::html_content::Attribute::name);
            seen.extend(attributes.map(|name| format!("@{name}")));
            Ok(())
        }));
    lol_html::rewrite_str(&html, settings).unwrap();
    let allowed: BTreeSet<String> = ELEMENTS
        .split_whitespace()
        .map(str::to_owned)
        .chain(ATTRIBUTES.split_whitespace().map(|name| format!("@{name}")))
        .collect();
    assert!(
        seen.is_subset(&allowed),
        "{:?}: {html}",
        seen.difference(&allowed).collect::<Vec<_>>()
    );
    for part in [
        "<bdi dir=\"rtl\">x</bdi>",
        // A link stands behind what a reader may not play.
        "</video> <a href=\"https://hums.example/a.mp4\">a.mp4</a>",
        "</audio> <a href=\"https://hums.example/a/t.mp3?a=1&amp;b=2\">t.mp3</a>",
        "<a href=\"https://hums.example/page\">Page</a>",
        "abc",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}

#[test]
fn what_stood_in_an_element_that_is_left_out_finds_a_place() {
    for (body, expected) in [
        (
            "<p>a <object><p>b</p></object> c</p>",
            "<p>a </p><p>b</p> c",
        ),
        (
            "<ul><li>a<summary>b<li>c</summary></ul>",
            "<ul><li>a<div>b</div></li><li>c</li></ul>",
        ),
        ("<h1><x-y><h2>a</h2></x-y></h1>", "<h1></h1><h2>a</h2>"),
        (
            "<a href=/x>b <video src=/v.mp4></video></a>",
            "<a href=\"https://hums.example/x\">b <video src=\"https://hums.example/v.mp4\"></video> </a>\
             <a href=\"https://hums.example/v.mp4\">v.mp4</a>",
        ),
    ] {
        let scene = Scene::new().file(
            "post/a.html",
            &format!("---\ntitle: A\ndate: 2024-01-01\n---\n{body}\n"),
        );
        assert_eq!(
            in_entries(&built(&scene).atom, "content"),
            [expected],
            "{body}"
        );
    }
}
