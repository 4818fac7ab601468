//! Old feeds that fit nothing, and old feeds at an address.

use crate::feed::{NOON, config, site};
use crate::scene::Scene;

/// An old feed in RSS with these items: a title, a path, an id.
fn old_feed(items: &[(&str, &str, &str)]) -> String {
    let mut entries = String::new();
    for (title, path, id) in items {
        let link = format!("<link>https://old.example{path}</link>");
        entries.push_str(&format!(
            "<item><title>{title}</title>{link}<guid>{id}</guid></item>"
        ));
    }
    format!(
        "<rss version=\"2.0\"><channel><title>Old</title><link>https://old.example/</link><description>x</description>{entries}</channel></rss>"
    )
}

fn two() -> Scene {
    site(&[
        ("tea.md", "title: Tea\ndate: 2024-05-01", "Hot."),
        (
            "rain.md",
            "title: Rain\ndate: 2023-04-01\nid: https://old.example/?p=9",
            "Wet.",
        ),
    ])
}

#[test]
fn an_old_feed_that_fits_nothing_is_an_error_that_says_why_and_nothing_is_written() {
    let another = [("Snow", "/snow/", "1"), ("Hail", "/hail/", "2")];
    let taken = [("Tea", "/tea/", "https://old.example/?p=9")];
    for (feed, message, way_out) in [
        (old_feed(&another), "none of its 2 entries is a post of this site", "“Tea” at `/tea/`"),
        (old_feed(&another), "such as `/snow/` of “Snow”", "name the old feed of this site"),
        (old_feed(&[]), "the feed has no entries", "as the other generator published it"),
        (old_feed(&taken), "the id of “Tea” is that of `rain.md`: `https://old.example/?p=9`", "front matter"),
        (
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"Old\", \"items\": []}".to_owned(),
            "the feed has no entries",
            "as the other generator published it",
        ),
    ] {
        let scene = two().file("old.feed", &feed);
        for arguments in [["build"].as_slice(), &["build", "--dry-run"]] {
            let ran = scene.run(&[&["--at", NOON], arguments, &["--adopt", "old.feed"]].concat());
            assert_eq!(ran.code, 2, "{feed}: {}", ran.talk);
            assert!(
                ran.talk.contains("error: old.feed: ") && ran.talk.contains(message) && ran.talk.contains(way_out),
                "{message}: {}",
                ran.talk
            );
            assert!(!scene.path("public").exists() && !scene.path("tidings.lock").exists());
        }
    }
    let scene = Scene::new()
        .file("config.toml", &config("", ""))
        .file("old.feed", &old_feed(&another));
    let ran = scene.run(&["build", "--adopt", "old.feed"]);
    assert!(
        ran.code == 2 && ran.talk.contains("the site has no posts"),
        "{}",
        ran.talk
    );
}

#[test]
fn an_old_feed_that_was_adopted_before_is_no_error() {
    let scene = two().file("old.feed", &old_feed(&[("Tea", "/tea/", "tea-1")]));
    for expected in ["adopted 1 ids", "adopted 0 ids"] {
        let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.feed"]);
        assert!(ran.code == 0 && ran.talk.contains(expected), "{}", ran.talk);
    }
}
