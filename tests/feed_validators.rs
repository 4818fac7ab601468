//! What validators hold against feeds that any parser reads: one test for each complaint.

use std::collections::BTreeSet;

use lol_html::{RewriteStrSettings, element};

use crate::feed::{NOON, all, built, config, first, in_entries, in_items, parse, site, text};
use crate::scene::Scene;

/// What readers let pass in the text of an entry.
const ELEMENTS: &str = "a abbr acronym area article aside audio b bdi blockquote br caption center cite code col \
    colgroup data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img \
    input ins kbd li main map mark nav ol p picture pre q rp rt ruby s samp section small source span strike strong \
    sub summary sup table tbody td th thead tfoot time tr track tt u ul var video wbr math mi";
const ATTRIBUTES: &str = "align alt char charoff checked cite class colspan controls coords datetime dir disabled headers height \
    href hreflang id kind label lang media open poster rowspan scope shape size sizes span src srclang srcset start \
    style summary title type width";

#[test]
fn no_two_entries_share_an_instant() {
    let front = |name: &str| format!("title: {name}\ndate: 2024-05-01");
    let exact = "title: C\ndate: 2024-05-01T10:00:00.25Z\nupdated: 2024-05-02T10:00:00.125Z";
    let scene = site(&[
        ("a.md", &front("A"), "x"),
        ("b.md", &front("B"), "x"),
        ("c.md", exact, "x"),
    ]);
    let feeds = built(&scene);
    let updated = in_entries(&feeds.atom, "updated");
    assert_eq!(
        updated.iter().collect::<BTreeSet<_>>().len(),
        3,
        "{updated:?}"
    );
    assert_eq!(
        updated[0], "2024-05-02T12:00:00.125+02:00",
        "what a date says stays"
    );
    assert!(
        updated[1..]
            .iter()
            .all(|at| at.starts_with("2024-05-01T00:00:00.")),
        "{updated:?}"
    );
    assert_eq!(
        in_entries(&feeds.atom, "published")[1],
        "2024-05-01T00:00:00+02:00"
    );
    assert_eq!(
        text(parse(&feeds.atom).root_element(), "updated"),
        updated[0],
        "the feed's is the newest entry's"
    );
    // It belongs to the post: a neighbour does not change it.
    let alone = built(&scene.post("d.md", "D", "2024-05-01"));
    assert!(
        updated
            .iter()
            .all(|at| in_entries(&alone.atom, "updated").contains(at))
    );
}

#[test]
fn three_thousand_entries_of_one_day_share_no_instant() {
    let mut scene = Scene::new().file(
        "config.toml",
        &config("", "formats = [\"atom\"]\nlimit = 3000"),
    );
    for number in 0..3000 {
        scene = scene.post(&format!("{number}.md"), &number.to_string(), "2024-05-01");
    }
    scene.run_at(NOON, &["build"]);
    let updated = in_entries(&scene.read("public/atom.xml"), "updated");
    assert_eq!(updated.iter().collect::<BTreeSet<_>>().len(), 3000);
}

#[test]
fn a_post_has_the_day_that_it_has_on_the_site_and_the_instant_is_exact() {
    let posts = [
        ("a.md", "title: Summer\ndate: 2024-07-01", "x"),
        ("b.md", "title: Winter\ndate: 2024-01-01", "x"),
    ];
    let scene = site(&posts);
    scene.run_at("2024-08-01T00:00:00Z", &["build"]);
    let published = in_entries(&scene.read("public/atom.xml"), "published");
    assert_eq!(
        published,
        ["2024-07-01T00:00:00+02:00", "2024-01-01T00:00:00+01:00"]
    );
    // Liberia was 44 minutes and 30 seconds behind, which no offset can say.
    let config = crate::scene::CONFIG.replace("Europe/Berlin", "Africa/Monrovia");
    let old = built(
        &site(&[("a.md", "title: Old\ndate: 1971-01-01T12:00:00Z", "x")])
            .file("config.toml", &config),
    );
    assert_eq!(
        in_entries(&old.atom, "published"),
        ["1971-01-01T12:00:00+00:00"]
    );
}

#[test]
fn a_feed_without_entries_is_of_a_plausible_day() {
    let feeds = built(&Scene::new());
    assert!(text(parse(&feeds.atom).root_element(), "updated").as_str() > "1990-01-01");
}

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
fn the_only_document_of_an_archive_leads_on() {
    let posts = [
        ("a.md", "title: A\ndate: 2023-01-01", "x"),
        ("b.md", "title: B\ndate: 2024-01-01", "x"),
    ];
    let scene = site(&posts).file("config.toml", &config("", "archive = \"year\""));
    scene.run_at(NOON, &["build"]);
    let next = |name: &str| {
        let archive = scene.read(&format!("public/{name}"));
        let document = parse(&archive);
        let mut links = all(&document, "link").into_iter();
        let next = links.find(|link| link.attribute("rel") == Some("next-archive"));
        next.map(|link| link.attribute("href").unwrap().to_owned())
    };
    assert_eq!(
        next("atom-2023.xml").as_deref(),
        Some("https://hums.example/atom.xml")
    );
    assert_eq!(
        next("rss-2023.xml").as_deref(),
        Some("https://hums.example/rss.xml")
    );
    std::fs::write(
        scene.path("post/c.md"),
        "---\ntitle: C\ndate: 2022-01-01\n---\nx\n",
    )
    .unwrap();
    scene.run_at(NOON, &["build"]);
    assert_eq!(
        next("atom-2022.xml").as_deref(),
        Some("https://hums.example/atom-2023.xml")
    );
    assert_eq!(next("atom-2023.xml"), None, "it has a neighbour now");
}

#[test]
fn the_picture_of_a_channel_is_of_a_kind_that_readers_show() {
    for (pictures, expected) in [
        (
            "logo = \"/logo.svg\"\nicon = \"/icon.PNG\"",
            Some("https://hums.example/icon.PNG"),
        ),
        ("logo = \"/logo.svg\"\nicon = \"/favicon.ico\"", None),
        ("logo = \"/logo.svg?as=x.png\"", None),
        ("logo = \"/logo.svg?2\"", None),
        (
            "logo = \"/logo.png?2\"",
            Some("https://hums.example/logo.png?2"),
        ),
        (
            "logo = \"/v1.2/logo\"",
            Some("https://hums.example/v1.2/logo"),
        ),
        (
            "logo = \"/logo?size=2\"",
            Some("https://hums.example/logo?size=2"),
        ),
        (
            "logo = \"/logo.png?v=1.2#a.svg\"",
            Some("https://hums.example/logo.png?v=1%2E2"),
        ),
    ] {
        let feeds = built(&Scene::new().file("config.toml", &config(pictures, "")));
        let document = parse(&feeds.rss);
        let image = first(all(&document, "channel")[0], "image").map(|image| text(image, "url"));
        assert_eq!(image.as_deref(), expected, "{pictures}");
    }
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
    // What a name is compared by stays as it is.
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
fn an_address_of_mail_that_validators_refuse_is_left_out() {
    let posts: Vec<(&str, &str, &str)> = vec![
        (
            "a.md",
            "title: A\ndate: 2024-01-01\nauthor: 'A <a!b@x.example>'",
            "x",
        ),
        (
            "b.md",
            "title: B\ndate: 2024-01-02\nauthor: 'B <ünal@x.example>'",
            "x",
        ),
        (
            "c.md",
            "title: C\ndate: 2024-01-03\nauthor: 'C <c@localhost>'",
            "x",
        ),
        (
            "d.md",
            "title: D\ndate: 2024-01-04\nauthor: \"D <o'n+l_.-@bücher.example>\"",
            "x",
        ),
    ];
    let feeds = built(&site(&posts));
    let document = parse(&feeds.atom);
    let emails: BTreeSet<String> = all(&document, "email")
        .iter()
        .filter_map(roxmltree::Node::text)
        .map(str::to_owned)
        .collect();
    assert_eq!(
        emails,
        BTreeSet::from(["o'n+l_.-@xn--bcher-kva.example".to_owned()])
    );
    assert_eq!(in_items(&feeds.rss, "creator"), ["", "C", "B", "A"]);
    assert_eq!(
        in_items(&feeds.rss, "author")[0],
        "o'n+l_.-@xn--bcher-kva.example (D)"
    );
}

#[test]
fn an_ampersand_in_the_address_of_a_picture_is_escaped() {
    let front = "title: A\ndate: 2024-01-01\nimage: https://cdn.example/a.png?w=1&h='2'";
    let feeds = built(&site(&[("a.md", front, "x")]));
    for feed in [&feeds.atom, &feeds.rss] {
        let document = parse(feed);
        let picture = all(&document, "thumbnail")[0].attribute("url");
        assert_eq!(picture, Some("https://cdn.example/a.png?w=1&h=%272%27"));
    }
}

#[test]
fn an_author_without_a_name_is_nobody() {
    let feeds = built(&site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01\nauthors: [\"\\uFFFD\", Bob, \"\\x85\"]",
        "x",
    )]));
    let document = parse(&feeds.atom);
    let names: Vec<String> = all(&document, "author")
        .iter()
        .map(|author| text(*author, "name"))
        .collect();
    assert_eq!(names, ["Ada Night", "Bob"]);
}

#[test]
fn rights_that_say_nothing_are_left_out() {
    let feeds = built(&Scene::new().file("config.toml", &config("rights = \" \\uFFFD\"", "")));
    assert!(
        all(&parse(&feeds.atom), "rights").is_empty()
            && all(&parse(&feeds.rss), "copyright").is_empty()
    );
}

#[test]
fn an_id_is_of_the_form_that_identifiers_are_compared_in() {
    let config = config("", "").replace("https://hums.example/", "https://my_hums.example/");
    let posts = [(
        "u\u{308}ber.md",
        "title: A\ndate: 2024-01-01T12:00:00Z",
        "x",
    )];
    let ids = in_entries(
        &built(&site(&posts).file("config.toml", &config)).atom,
        "id",
    );
    assert_eq!(ids, ["tag:my-hums.example,2024-01-01:%C3%BCber.md"]);
    let posts = [
        ("a%20b.md", "title: A\ndate: 2024-01-01T12:00:00Z", "x"),
        ("a=25.md", "title: B\ndate: 2024-01-02", "x"),
    ];
    let ids = in_entries(&built(&site(&posts)).atom, "id");
    assert_eq!(
        ids,
        [
            "tag:hums.example,2024-01-01:a%3D25.md",
            "tag:hums.example,2024-01-01:a=2520b.md"
        ]
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
    // What no reader of HTML would see otherwise stays as it is, since many importers show it as it stands.
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
