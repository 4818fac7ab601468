//! RSS 2.0 and its profile, JSON Feed, and archives (RFC 5005).

use super::{links, rich};
use crate::feed::{Feeds, all, built, config, first, in_items, parse, site, text};

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
