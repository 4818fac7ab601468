//! What the specs bind and generators miss: one test for each rule.

use roxmltree::Node;

use crate::feed::{
    Feeds, NOON, all, built, config, first, in_entries, in_items, parse, read, site, text,
};
use crate::scene::Scene;

/// Three posts with everything that a feed can carry, two tags, two years.
fn rich() -> Scene {
    let front = "title: Tea & <b>\ndate: 2024-05-01T10:00:00+02:00\ntags: [tea, c++]\nauthors: [Ada Night, Bob]\n\
                 description: What tea is\nimage: cover.png\naudio: /talk.mp3\nlang: de";
    let feeds = "by = [\"tag\"]\narchive = \"year\"\nhub = \"https://hub.example/\"";
    let pictures = "icon = \"/icon.png\"\nlogo = \"/logo.png\"\nrights = \"CC BY 4.0 & more\"\ncategories = [\"night\"]\n\
                    description = \"Notes & more\"";
    site(&[
        ("tea.md", front, "Hot[^1].\n\n[^1]: Not too hot.\n"),
        (
            "rain.md",
            "title: Rain\ndate: 2024-04-01\ntags: [tea]",
            "Wet.",
        ),
        (
            "snow.md",
            "title: Snow\ndate: 2023-04-01\ntags: [c]",
            "Cold.",
        ),
    ])
    .file("config.toml", &config(pictures, feeds))
    .file("static/talk.mp3", "twelve bytes")
}

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

fn links<'a>(node: Node<'a, 'a>, rel: &str) -> Vec<Node<'a, 'a>> {
    let links = node
        .children()
        .filter(|child| child.tag_name().name() == "link");
    links
        .filter(|link| link.attribute("rel") == Some(rel))
        .collect()
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
    // What other generators gave is kept: a number, words, an address.
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

#[test]
fn an_rss_author_is_an_address_of_mail_and_a_bare_name_a_creator() {
    let posts = [("a.md", "title: A\ndate: 2024-01-01", "x")];
    let bare = built(&site(&posts));
    assert!(
        !bare.rss.contains("<author>") && bare.rss.contains("<dc:creator>Ada Night</dc:creator>"),
        "{}",
        bare.rss
    );
    let mail = crate::scene::CONFIG.replace(
        "{ name = \"Ada Night\" }",
        "{ name = \"Ada Night\", email = \"ada@hums.example\" }",
    );
    let mail = built(&site(&posts).file("config.toml", &mail));
    assert!(
        mail.rss
            .contains("<author>ada@hums.example (Ada Night)</author>")
            && !mail.rss.contains("<dc:creator>")
    );
}

#[test]
fn a_pub_date_is_english_with_the_right_weekday_and_an_offset_in_digits() {
    let feeds = built(&rich());
    for at in in_items(&feeds.rss, "pubDate") {
        assert!(at.ends_with(" +0000"), "{at}");
        let read = chrono::DateTime::parse_from_rfc2822(&at).unwrap();
        assert_eq!(read.format("%a").to_string(), at[..3]);
    }
}

#[test]
fn a_guid_that_is_no_address_says_so() {
    let feeds = built(&rich());
    let document = parse(&feeds.rss);
    assert_eq!(all(&document, "guid").len(), 3);
    assert!(
        all(&document, "guid")
            .iter()
            .all(|guid| guid.attribute("isPermaLink") == Some("false"))
    );
}

#[test]
fn an_enclosure_has_address_length_and_type_and_there_is_one_at_most() {
    let feeds = built(&rich());
    let document = parse(&feeds.rss);
    let enclosures = all(&document, "enclosure");
    assert_eq!(enclosures.len(), 1);
    assert_eq!(
        enclosures[0].attribute("url"),
        Some("https://hums.example/talk.mp3")
    );
    assert_eq!(
        (
            enclosures[0].attribute("length"),
            enclosures[0].attribute("type")
        ),
        (Some("12"), Some("audio/mpeg"))
    );
}

#[test]
fn a_description_comes_before_the_content_and_the_channel_has_one_and_its_image_is_whole() {
    let long = "Words of a long post. ".repeat(40);
    let feeds = built(
        &site(&[("a.md", "title: A\ndate: 2024-01-01", &long)])
            .file("config.toml", &config("logo = \"/logo.png\"", "")),
    );
    let document = parse(&feeds.rss);
    let item: Vec<&str> = all(&document, "item")[0]
        .children()
        .map(|child| child.tag_name().name())
        .collect();
    let place = |name: &str| item.iter().position(|child| *child == name).unwrap();
    assert!(place("description") < place("encoded"));
    let channel = all(&document, "channel")[0];
    assert!(!text(channel, "description").is_empty());
    let image = first(channel, "image").unwrap();
    assert_eq!(
        ["url", "title", "link"].map(|name| text(image, name)),
        [
            "https://hums.example/logo.png",
            "Hums",
            "https://hums.example/"
        ]
    );
}

#[test]
fn plain_text_in_rss_has_numbers_for_entities() {
    let feeds = built(&site(&[(
        "a.md",
        "title: AT&T < x > y\ndate: 2024-01-01\ntags: [R&D]",
        "A & B",
    )]));
    let outside: String = feeds
        .rss
        .split("<![CDATA[")
        .map(|part| part.split_once("]]>").map_or(part, |(_, rest)| rest))
        .collect();
    for name in ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"] {
        assert!(!outside.contains(name), "{name} in {outside}");
    }
    assert!(
        outside.contains("<title>AT&#x26;T &#x3C; x &#x3E; y</title>"),
        "{outside}"
    );
    assert!(outside.contains("<category>R&#x26;D</category>"));
}

#[test]
fn a_footnotes_link_is_absolute() {
    let feeds = built(&rich());
    assert!(
        feeds.rss.contains("href=\"https://hums.example/tea/#") && !feeds.rss.contains("href=\"#"),
        "{}",
        feeds.rss
    );
}

#[test]
fn json_feed_has_what_it_requires() {
    for content in ["full", "summary"] {
        let scene = rich().file(
            "config.toml",
            &config("", &format!("content = \"{content}\"")),
        );
        let Feeds { json, .. } = built(&scene);
        assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
        assert!(json["authors"].is_array() && json["title"] == "Hums");
        for item in json["items"].as_array().unwrap() {
            let says = ["content_html", "content_text"]
                .map(|key| item[key].as_str().is_some_and(|text| !text.is_empty()));
            assert_eq!(says, [content == "full", content == "summary"], "{item}");
            assert!(item["id"].is_string() && item["authors"].is_array());
            assert!(!item["title"].as_str().unwrap().contains("&amp;"));
            for key in ["date_published", "date_modified"] {
                assert!(chrono::DateTime::parse_from_rfc3339(item[key].as_str().unwrap()).is_ok());
            }
        }
    }
}

#[test]
fn an_archive_is_marked_and_does_not_change_and_the_hub_is_linked_once() {
    let scene = rich();
    built(&scene);
    let archive = scene.read("public/atom-2023.xml");
    let document = parse(&archive);
    let root = document.root_element();
    assert_eq!(
        all(&document, "archive")[0].tag_name().namespace(),
        Some("http://purl.org/syndication/history/1.0")
    );
    assert_eq!(
        links(root, "current")[0].attribute("href"),
        Some("https://hums.example/atom.xml")
    );
    assert_eq!(
        links(root, "self")[0].attribute("href"),
        Some("https://hums.example/atom-2023.xml")
    );
    let before_entries = archive.find("<fh:archive/>").unwrap() < archive.find("<entry>").unwrap();
    assert!(before_entries, "metadata belongs before the entries");
    let current = scene.read("public/atom.xml");
    let document = parse(&current);
    let root = document.root_element();
    assert_eq!(
        (links(root, "self").len(), links(root, "hub").len()),
        (1, 1)
    );
    assert_eq!(
        links(root, "prev-archive")[0].attribute("href"),
        Some("https://hums.example/atom-2023.xml")
    );
    // Another post of the newest year does not touch it; a new year gives it its one link to the next.
    let scene = scene.post("new.md", "New", "2024-06-01");
    built(&scene);
    assert_eq!(scene.read("public/atom-2023.xml"), archive);
    let scene = scene.post("next.md", "Next", "2025-01-02");
    scene.run_at("2025-02-01T00:00:00Z", &["build"]);
    let linked = scene.read("public/atom-2023.xml");
    let next = "<link href=\"https://hums.example/atom-2024.xml\" rel=\"next-archive\" type=\"application/atom+xml\"/>\n";
    let only = next.replace("atom-2024", "atom");
    assert!(
        archive.contains(&only),
        "the only document of an archive leads on to the feed"
    );
    assert_eq!(linked.replace(next, &only), archive);
    let scene = scene.post("again.md", "Again", "2025-01-03");
    scene.run_at("2025-02-01T00:00:00Z", &["build"]);
    assert_eq!(scene.read("public/atom-2023.xml"), linked);
}
