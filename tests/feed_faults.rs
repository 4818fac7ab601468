//! Tests the faults of other generators' feeds: one test for each symptom.

use std::fs;

use crate::feed::{NOON, all, built, config, first, in_entries, in_items, parse, read, site, text};
use crate::scene::Scene;

#[test]
fn a_control_character_does_not_break_a_feed() {
    let scene = site(&[(
        "a.md",
        "title: \"A\\u000bB\"\ndate: 2024-01-01\ntags: [\"x\\u0001y\"]",
        "C\u{b}D &#2; \u{1f}E",
    )]);
    let feeds = built(&scene);
    assert_eq!(
        in_entries(&feeds.atom, "title"),
        in_items(&feeds.rss, "title")
    );
    assert!(!feeds.json.to_string().contains("\\u000b"));
}

#[test]
fn a_relative_address_does_not_reach_a_reader() {
    let scene = site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01",
        "[x](../b/) ![y](c.png) [z](/d) <a href=\"e?f=1&amp;g=2\">h</a>",
    )]);
    let feeds = built(&scene);
    let html = feeds.json["items"][0]["content_html"]
        .as_str()
        .unwrap()
        .to_owned();
    for address in [
        "https://hums.example/b/",
        "https://hums.example/a/c.png",
        "https://hums.example/d",
        "https://hums.example/a/e?f=1&amp;g=2",
    ] {
        assert!(
            html.contains(&format!("\"{address}\"")),
            "{address}: {html}"
        );
    }
    assert_eq!(in_entries(&feeds.atom, "content"), [html.as_str()]);
}

#[test]
fn a_feed_carries_the_whole_post_and_not_only_a_summary() {
    let long = "A sentence of the post. ".repeat(100);
    let scene = site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01",
        &format!("{long}\n\nThe end."),
    )]);
    let feeds = built(&scene);
    assert!(in_entries(&feeds.atom, "content")[0].contains("The end."));
    assert!(in_items(&feeds.rss, "encoded")[0].contains("The end."));
    assert!(
        feeds.json["items"][0]["content_html"]
            .as_str()
            .unwrap()
            .contains("The end.")
    );
}

#[test]
fn a_more_mark_does_not_cut_the_whole_post_and_ends_its_summary() {
    let post = (
        "a.md",
        "title: A\ndate: 2024-01-01",
        "Before.\n\n<!--  MORE -->\n\nAfter.",
    );
    assert!(in_entries(&built(&site(&[post])).atom, "content")[0].contains("After."));
    let short = site(&[post]).file("config.toml", &config("", "content = \"summary\""));
    let feeds = built(&short);
    let summary = &in_entries(&feeds.atom, "summary")[0];
    assert!(
        summary.contains("Before.") && !summary.contains("After."),
        "{summary}"
    );
    assert_eq!(feeds.json["items"][0]["content_text"], "Before.");
}

#[test]
fn one_slug_on_two_days_has_two_ids() {
    let scene = site(&[
        ("1/tea.md", "title: Tea\ndate: 2024-01-01", "x"),
        ("2/tea.md", "title: Tea\ndate: 2024-01-02", "x"),
    ]);
    let ids = in_entries(&built(&scene).atom, "id");
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_new_domain_scheme_permalink_or_file_name_makes_nothing_unread() {
    let scene = site(&[
        ("tea.md", "title: Tea\ndate: 2024-01-01", "x"),
        ("rain.md", "title: Rain\ndate: 2024-01-02", "x"),
    ]);
    let before = built(&scene);
    let moved = crate::scene::CONFIG
        .replace("https://hums.example/", "http://other.example/blog/")
        .replace(
            "[[digest]]",
            "[posts]\npermalink = \"/{year}/{slug}.html\"\n[[digest]]",
        );
    let scene = scene.file("config.toml", &moved);
    fs::rename(scene.path("post/tea.md"), scene.path("post/green-tea.md")).unwrap();
    let after = built(&scene);
    assert_ne!(in_items(&before.rss, "link"), in_items(&after.rss, "link"));
    let (one, other) = (&before.atom, &after.atom);
    assert_eq!(in_entries(one, "id"), in_entries(other, "id"));
    assert_eq!(
        text(parse(one).root_element(), "id"),
        text(parse(other).root_element(), "id"),
        "the feed's own id"
    );
    assert_eq!(in_items(&before.rss, "guid"), in_items(&after.rss, "guid"));
    assert_eq!(before.json["items"][0]["id"], after.json["items"][0]["id"]);
}

#[test]
fn updated_is_not_the_time_of_the_build() {
    let scene = site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01T10:00:00Z\nupdated: 2024-02-03T04:05:06Z",
        "x",
    )]);
    let first = built(&scene);
    assert!(text(parse(&first.atom).root_element(), "updated").starts_with("2024-02-03T05:05:06."));
    assert!(
        first
            .rss
            .contains("<lastBuildDate>Sat, 3 Feb 2024 04:05:06 +0000</lastBuildDate>")
    );
    fs::remove_dir_all(scene.path("public")).unwrap();
    scene.run_at("2026-01-01T00:00:00Z", &["build"]);
    assert_eq!(read(&scene, "").atom, first.atom);
    let empty = built(&Scene::new());
    assert_eq!(
        text(parse(&empty.atom).root_element(), "updated"),
        "2000-01-01T01:00:00+01:00"
    );
    assert!(!empty.rss.contains("lastBuildDate"));
}

#[test]
fn a_post_without_a_date_is_named_and_not_of_the_year_one() {
    let scene = site(&[
        ("a.md", "title: A", "x"),
        ("b.md", "title: B\ndate: 2024-01-01", "x"),
    ]);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 1 && ran.talk.contains("post/a.md"),
        "{}",
        ran.talk
    );
    let feeds = read(&scene, "");
    assert_eq!(in_entries(&feeds.atom, "title"), ["B"]);
    assert!(!feeds.atom.contains("0001-") && !feeds.rss.contains("0001"));
}

#[test]
fn a_new_version_does_not_churn_the_output() {
    let feeds = built(&site(&[("a.md", "title: A\ndate: 2024-01-01", "x")]));
    assert!(
        feeds.atom.contains("<generator>tidings</generator>")
            && feeds.rss.contains("<generator>tidings</generator>")
    );
    for document in [&feeds.atom, &feeds.rss, &feeds.json.to_string()] {
        assert!(!document.contains(env!("CARGO_PKG_VERSION")), "{document}");
    }
}

#[test]
fn the_hour_24_does_not_appear_and_the_machines_zone_does_not_matter() {
    let scene = site(&[("a.md", "title: A\ndate: 2024-01-01 00:12:03", "x")]);
    let here = built(&scene);
    assert_eq!(
        in_entries(&here.atom, "published"),
        ["2024-01-01T00:12:03+01:00"]
    );
    assert_eq!(
        in_items(&here.rss, "pubDate"),
        ["Sun, 31 Dec 2023 23:12:03 +0000"]
    );
    fs::remove_dir_all(scene.path("public")).unwrap();
    let elsewhere = [
        ("TZ", "America/Los_Angeles"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("LANG", "tr_TR.UTF-8"),
    ];
    assert_eq!(scene.run_with(&["--at", NOON, "build"], &elsewhere).code, 0);
    assert_eq!(read(&scene, "").rss, here.rss);
}

#[test]
fn a_date_with_spaces_and_an_offset_without_colon_is_read() {
    let feeds = built(&site(&[(
        "a.md",
        "title: A\ndate: 2017-12-27 20:46:24 -0500",
        "x",
    )]));
    assert_eq!(
        in_entries(&feeds.atom, "published"),
        ["2017-12-28T02:46:24+01:00"]
    );
}

#[test]
fn a_missing_author_and_a_blank_title_are_filled() {
    let config = crate::scene::CONFIG.replace("author = { name = \"Ada Night\" }\n", "");
    let feeds = built(
        &site(&[("tea.md", "title: \" \"\ndate: 2024-01-01", "Some words.")])
            .file("config.toml", &config),
    );
    assert_eq!(
        text(
            first(parse(&feeds.atom).root_element(), "author").unwrap(),
            "name"
        ),
        "Hums"
    );
    for title in [
        &in_entries(&feeds.atom, "title")[0],
        &in_items(&feeds.rss, "title")[0],
    ] {
        assert!(!title.trim().is_empty());
    }
}

#[test]
fn a_title_is_escaped_once_and_said_as_what_it_is() {
    let title = "AT&T &amp; R&D <x> 'q' \"p\"";
    let feeds = built(&site(&[(
        "a.md",
        "title: |-\n  AT&T &amp; R&D <x> 'q' \"p\"\ndate: 2024-01-01",
        "x",
    )]));
    assert_eq!(feeds.json["items"][0]["title"], title);
    assert_eq!(in_items(&feeds.rss, "title"), [title]);
    let document = parse(&feeds.atom);
    let node = first(all(&document, "entry")[0], "title").unwrap();
    assert_eq!(node.attribute("type"), Some("html"));
    assert_eq!(
        node.text().unwrap(),
        "AT&amp;T &amp;amp; R&amp;D &lt;x&gt; 'q' &quot;p&quot;"
    );
    let plain = built(&site(&[(
        "a.md",
        "title: Just “words”\ndate: 2024-01-01",
        "x",
    )]));
    assert!(plain.atom.contains("<title>Just “words”</title>"));
}

#[test]
fn an_ampersand_in_an_address_and_a_bracket_in_a_tag_are_escaped_once() {
    let scene = site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01\ntags: [\"R&D <b>\"]",
        "<https://x.example/?a=1&b=2>",
    )]);
    let feeds = built(&scene);
    assert!(
        in_entries(&feeds.atom, "content")[0].contains("href=\"https://x.example/?a=1&amp;b=2\"")
    );
    let document = parse(&feeds.atom);
    assert_eq!(
        all(&document, "category")[0].attribute("term"),
        Some("R&D <b>")
    );
    assert_eq!(in_items(&feeds.rss, "category"), ["R&D <b>"]);
}

#[test]
fn today_is_not_the_future_and_tomorrow_does_not_leak() {
    // Noon in Chatham, where the machine stands, is yesterday's evening in Berlin, where the site is.
    let scene = site(&[
        ("now.md", "title: Now\ndate: 2024-06-24", "x"),
        ("later.md", "title: Later\ndate: 2024-06-25", "x"),
    ]);
    scene.run_at("2024-06-23T22:00:00Z", &["build"]);
    assert_eq!(in_entries(&read(&scene, "").atom, "title"), ["Now"]);
}

#[test]
fn an_enclosure_never_has_the_length_nought() {
    let front = "title: A\ndate: 2024-01-01\naudio: /talk.mp3";
    let scene = site(&[("a.md", front, "x")]);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0
            && ran
                .talk
                .contains("post/a.md:4: the length of `https://hums.example/talk.mp3`"),
        "{}",
        ran.talk
    );
    ran.says("say its `length` in bytes");
    let unknown = read(&scene, "");
    assert!(
        !unknown.rss.contains("<enclosure") && unknown.rss.contains("<media:content"),
        "{}",
        unknown.rss
    );
    let scene = site(&[("a.md", front, "x")]).file("static/talk.mp3", "twelve bytes");
    assert!(!scene.run(&["--at", NOON, "build"]).talk.contains("length"));
    let known = read(&scene, "");
    let document = parse(&known.rss);
    let enclosure = all(&document, "enclosure")[0];
    assert_eq!(enclosure.attribute("length"), Some("12"));
    assert_eq!(
        enclosure.attribute("type"),
        Some("audio/mpeg"),
        "`audio/mp3` is no type"
    );
    assert_eq!(
        known.json["items"][0]["attachments"][0]["size_in_bytes"],
        12
    );
    assert!(
        known
            .atom
            .contains("rel=\"enclosure\" type=\"audio/mpeg\" length=\"12\""),
        "{}",
        known.atom
    );
}

#[test]
fn an_image_in_the_whole_post_is_found_from_anywhere() {
    let text = "![y](c.png)\n\n<img src=\"d.png\" srcset=\"d.png 1x, e.png 2x\" alt=\"\">";
    let feeds = built(&site(&[(
        "a.md",
        "title: A\ndate: 2024-01-01\nimage: cover.png",
        text,
    )]));
    let html = &in_items(&feeds.rss, "description")[0];
    assert!(
        html.contains("src=\"https://hums.example/a/c.png\"")
            && html.contains("https://hums.example/a/e.png 2x"),
        "{html}"
    );
    assert_eq!(
        feeds.json["items"][0]["image"],
        "https://hums.example/a/cover.png"
    );
    assert!(
        feeds
            .atom
            .contains("<media:thumbnail url=\"https://hums.example/a/cover.png\"")
    );
}

#[test]
fn the_whole_history_stands_behind_a_small_feed() {
    let posts: Vec<(String, String)> = (2019..2024)
        .map(|year| {
            (
                format!("{year}.md"),
                format!("title: Of {year}\ndate: {year}-05-01"),
            )
        })
        .collect();
    let posts: Vec<(&str, &str, &str)> = posts
        .iter()
        .map(|(name, front)| (name.as_str(), front.as_str(), "x"))
        .collect();
    let scene = site(&posts).file("config.toml", &config("", "archive = \"year\"\nlimit = 2"));
    scene.run_at(NOON, &["build"]);
    for (ending, start) in [("xml", "atom"), ("xml", "rss"), ("json", "feed")] {
        let (mut seen, mut file) = (Vec::new(), format!("{start}.{ending}"));
        loop {
            let text = scene.read(&format!("public/{file}"));
            seen.extend(
                crate::parsers::entries(&text)
                    .into_iter()
                    .map(|entry| entry.id),
            );
            let older = if start == "feed" {
                serde_json::from_str::<serde_json::Value>(&text).unwrap()["next_url"]
                    .as_str()
                    .map(str::to_owned)
            } else {
                let document = parse(&text);
                let mut links = all(&document, "link").into_iter();
                let older = links.find(|link| link.attribute("rel") == Some("prev-archive"));
                older.map(|link| link.attribute("href").unwrap().to_owned())
            };
            let Some(older) = older else { break };
            file = older
                .strip_prefix("https://hums.example/")
                .unwrap()
                .to_owned();
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 5, "{start}");
    }
}

#[test]
fn a_script_and_the_end_of_cdata_in_a_post_break_nothing() {
    let text = "<script>//<![CDATA[\nalert(1) //]]></script>\n\nA `]]>` and a `<![CDATA[`.";
    let feeds = built(&site(&[(
        "a.md",
        "title: \"]]> &\"\ndate: 2024-01-01",
        text,
    )]));
    let html = &in_items(&feeds.rss, "description")[0];
    assert!(html.contains("]]&gt;") && !html.contains("alert"), "{html}");
    assert_eq!(in_items(&feeds.rss, "title"), ["]]> &"]);
}

#[test]
fn updated_is_the_newest_instant_and_not_the_greatest_string() {
    let feeds = built(&site(&[
        ("a.md", "title: A\ndate: 2024-03-01T23:00:00-08:00", "x"),
        ("b.md", "title: B\ndate: 2024-03-02T01:00:00+12:00", "x"),
    ]));
    assert!(text(parse(&feeds.atom).root_element(), "updated").starts_with("2024-03-02T08:00:00"));
}
