//! Atom (RFC 4287).

use roxmltree::Node;

use super::{links, rich};
use crate::feed::{NOON, all, built, config, first, in_entries, in_items, parse, read, site, text};

/// The feed of another generator: the slug and the id of each post.
fn old_feed(ids: &[(&str, &str)]) -> String {
    let item = |(slug, id): &(&str, &str)| {
        format!(
            "<item><link>https://hums.example/{slug}/</link><guid isPermaLink=\"false\">{id}</guid></item>"
        )
    };
    let items: String = ids.iter().map(item).collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Old</title><description>x</description>{items}</channel></rss>"
    )
}

fn count(node: Node<'_, '_>, name: &str) -> usize {
    node.children()
        .filter(|child| child.tag_name().name() == name)
        .count()
}

#[test]
fn feed_and_entry_have_exactly_one_id_title_and_updated() {
    let feeds = built(&rich());
    let document = parse(&feeds.atom);
    for node in std::iter::once(document.root_element()).chain(all(&document, "entry")) {
        for name in ["id", "title", "updated"] {
            assert_eq!(count(node, name), 1, "{name} of {:?}", node.tag_name());
        }
    }
}

#[test]
fn an_author_with_a_name_stands_on_the_feed_or_on_every_entry() {
    let feeds = built(&rich());
    let document = parse(&feeds.atom);
    assert_eq!(
        text(first(document.root_element(), "author").unwrap(), "name"),
        "Ada Night"
    );
    assert_eq!(
        text(
            first(document.root_element(), "contributor").unwrap(),
            "name"
        ),
        "Bob"
    );
    assert!(
        all(&document, "author")
            .iter()
            .all(|author| !text(*author, "name").is_empty())
    );
}

#[test]
fn an_id_is_an_absolute_iri_of_its_own() {
    // Values of other generators are kept: a number, words, an address.
    let foreign = [
        ("tea", "42"),
        ("rain", "tea time"),
        ("snow", "tea+time"),
        ("hail", "https://old.example/?p=7"),
    ];
    let scene = rich()
        .post("hail.md", "Hail", "2023-01-01")
        .file("old.xml", &old_feed(&foreign));
    assert_eq!(
        scene
            .run(&["--at", NOON, "build", "--adopt", "old.xml"])
            .code,
        0
    );
    let feeds = read(&scene, "");
    let guids = in_items(&feeds.rss, "guid");
    assert!(
        foreign
            .iter()
            .all(|(_, id)| guids.iter().any(|guid| guid == id)),
        "{guids:?}"
    );
    let document = parse(&feeds.atom);
    let mut ids: Vec<String> = all(&document, "id")
        .iter()
        .map(|id| id.text().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1 + foreign.len(), "{ids:?}");
    assert!(
        ids.iter()
            .all(|id| url::Url::parse(id).is_ok() && !id.contains(char::is_whitespace)),
        "{ids:?}"
    );
    assert!(
        ids.contains(&foreign[3].1.to_owned()),
        "what is an IRI stays: {ids:?}"
    );
    let tag = read(&scene, "tag/tea/").atom;
    ids.push(text(parse(&tag).root_element(), "id"));
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn no_white_space_stands_in_a_date_or_an_iri() {
    let front = "title: Tea\ndate: 2024-05-01\nslug: \"a b\"\nimage: \"a b.png\"\n\
                 enclosure: {url: \"/a b.mp3\", type: audio/mpeg, length: 3}\n\
                 authors: [{name: Ada, url: \"https://x.example/a b\"}]";
    let pictures = "icon = \"/an icon.png\"\nlogo = \"/a logo.png\"";
    let scene = site(&[("a b.md", front, "x")])
        .file(
            "config.toml",
            &config(pictures, "hub = \"https://hub.example/a b\""),
        )
        .file(
            "old.xml",
            &old_feed(&[("a%20b", "a%20b is it"), ("a-b", "a%20b is it")]),
        );
    scene.run_at(NOON, &["build", "--adopt", "old.xml"]);
    let feeds = read(&scene, "");
    assert_eq!(
        in_items(&feeds.rss, "guid"),
        ["a%20b is it"],
        "what needs to be no IRI stays as it was"
    );
    let mut read = 0;
    for xml in [&feeds.atom, &feeds.rss] {
        let document = parse(xml);
        for node in document.descendants() {
            let is_iri = |name: &str| {
                [
                    "id",
                    "updated",
                    "published",
                    "icon",
                    "logo",
                    "url",
                    "uri",
                    "href",
                ]
                .contains(&name)
            };
            let is_link = node.tag_name().name() == "link" && node.tag_name().namespace().is_none();
            let own = (is_iri(node.tag_name().name()) || is_link).then(|| node.text().unwrap());
            let attributes = node
                .attributes()
                .filter(|one| is_iri(one.name()))
                .map(|one| one.value());
            for iri in own.into_iter().chain(attributes) {
                assert!(
                    !iri.contains(char::is_whitespace),
                    "{:?}: {iri}",
                    node.tag_name()
                );
                read += usize::from(iri.contains("a%20b"));
            }
        }
    }
    // The enclosure, the picture and the hub in both, the author's page in Atom alone.
    assert!(read >= 7, "{read}\n{}\n{}", feeds.atom, feeds.rss);
}

#[test]
fn an_rfc_3339_date_has_a_zone_and_seconds() {
    let feeds = built(&rich());
    let document = parse(&feeds.atom);
    for node in all(&document, "updated")
        .into_iter()
        .chain(all(&document, "published"))
    {
        let at = node.text().unwrap();
        let (seconds, zone) = (at[17..].get(..2).unwrap(), &at[at.len() - 6..]);
        assert!(
            seconds.parse::<u8>().is_ok()
                && ["+01:00", "+02:00"].contains(&zone)
                && &at[10..11] == "T",
            "{at}"
        );
    }
}

#[test]
fn an_entry_without_content_links_to_its_page() {
    let scene = rich().file("config.toml", &config("", "content = \"summary\""));
    let feeds = built(&scene);
    let document = parse(&feeds.atom);
    for entry in all(&document, "entry") {
        assert_eq!(
            (count(entry, "content"), links(entry, "alternate").len()),
            (0, 1)
        );
        assert!(!text(entry, "summary").is_empty());
    }
    // Nor is an empty post an empty element.
    let feeds = built(&site(&[("a.md", "title: A\ndate: 2024-01-01", "")]));
    assert!(!feeds.atom.contains("<content") && feeds.json["items"][0]["content_text"] == "A");
}

#[test]
fn there_is_one_alternate_link_for_each_type() {
    let feeds = built(&rich());
    let document = parse(&feeds.atom);
    for node in std::iter::once(document.root_element()).chain(all(&document, "entry")) {
        assert_eq!(links(node, "alternate").len(), 1);
        assert_eq!(
            links(node, "alternate")[0].attribute("type"),
            Some("text/html")
        );
    }
}

#[test]
fn updated_is_a_change_that_the_post_declares() {
    let scene = site(&[("a.md", "title: A\ndate: 2024-01-01T00:00:00Z", "x")]);
    let before = built(&scene);
    let scene = scene.file(
        "post/a.md",
        "---\ntitle: A\ndate: 2024-01-01T00:00:00Z\n---\nA typo mended.\n",
    );
    let after = built(&scene);
    assert_ne!(before.atom, after.atom);
    assert_eq!(
        in_entries(&before.atom, "updated"),
        in_entries(&after.atom, "updated")
    );
}

#[test]
fn a_title_that_looks_like_markup_is_said_as_html_and_every_other_as_text() {
    let feeds = built(&rich());
    let document = parse(&feeds.atom);
    for title in all(&document, "title") {
        let looks_like_markup = title.text().unwrap().contains(['<', '&']);
        assert_eq!(
            title.attribute("type"),
            looks_like_markup.then_some("html"),
            "{:?}",
            title.text()
        );
    }
    assert!(
        feeds.atom.contains(
            "<title type=\"html\" xml:lang=\"de\">Tea &amp;amp; &amp;lt;b&amp;gt;</title>"
        ) || feeds.atom.contains(
            "<title xml:lang=\"de\" type=\"html\">Tea &amp;amp; &amp;lt;b&amp;gt;</title>"
        ),
        "{}",
        feeds.atom
    );
}

#[test]
fn a_summary_does_not_repeat_the_content() {
    let feeds = built(&site(&[
        (
            "a.md",
            "title: A\ndate: 2024-01-02\ndescription: The first words",
            "The first words of the post.",
        ),
        (
            "b.md",
            "title: B\ndate: 2024-01-01\ndescription: Something else",
            "The words of the post.",
        ),
    ]));
    assert_eq!(in_entries(&feeds.atom, "summary"), ["", "Something else"]);
    assert_eq!(feeds.json["items"][0].get("summary"), None);
    assert_eq!(feeds.json["items"][1]["summary"], "Something else");
    // RSS wants a description: the whole once where it is short, else what it is about.
    assert_eq!(
        in_items(&feeds.rss, "description"),
        ["<p>The first words of the post.</p>", "Something else"]
    );
    assert_eq!(
        in_items(&feeds.rss, "encoded"),
        ["", "<p>The words of the post.</p>"]
    );
}

#[test]
fn icon_and_logo_are_the_pictures_that_the_config_calls_square_and_wide() {
    let feeds = built(&rich());
    let document = parse(&feeds.atom);
    assert_eq!(
        text(document.root_element(), "icon"),
        "https://hums.example/icon.png"
    );
    assert_eq!(
        text(document.root_element(), "logo"),
        "https://hums.example/logo.png"
    );
    assert_eq!(feeds.json["favicon"], "https://hums.example/icon.png");
}
