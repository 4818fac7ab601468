//! Instants, channels and ids.

use std::collections::BTreeSet;

use crate::feed::{NOON, all, built, config, first, in_entries, in_items, parse, site, text};
use crate::scene::Scene;

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
