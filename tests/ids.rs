//! Ids that stay: the lock where it cannot be written, and the ids of other generators.

use std::fs;

use crate::feed::{NOON, built, config, in_entries, in_items, parse, site, text};
use crate::scene::Scene;

fn two() -> Scene {
    site(&[("tea.md", "title: Tea\ndate: 2024-05-01", "Hot."), ("rain.md", "title: Rain\ndate: 2023-04-01", "Wet.")])
}

#[test]
fn a_rename_is_said_aloud_and_kept() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    fs::rename(scene.path("post/tea.md"), scene.path("post/green.md")).unwrap();
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(ran.code == 0 && ran.talk.contains("green.md: was tea.md, keeps its id"), "{}", ran.talk);
    assert!(ran.out.contains("0 new, 1 updated, 0 repeated"), "its address is another: {}", ran.out);
    let lock = scene.read("tidings.lock");
    assert!(lock.contains("tea.md\t") && lock.contains("green.md\t"), "lines are never removed: {lock}");
    let again = scene.run(&["--at", NOON, "build"]);
    assert!(!again.talk.contains("keeps its id") && scene.read("tidings.lock") == lock);
}

#[test]
fn with_locked_new_ids_pass_and_what_only_a_lock_can_say_is_named() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let lock = scene.read("tidings.lock");
    let scene = scene.post("new.md", "New", "2024-06-01");
    scene.run_at(NOON, &["--locked", "build"]);
    assert_eq!(scene.read("tidings.lock"), lock);
    fs::rename(scene.path("post/tea.md"), scene.path("post/green.md")).unwrap();
    let ran = scene.run(&["--at", NOON, "build", "--locked"]);
    assert!(ran.code == 1 && ran.talk.contains("post/green.md") && ran.talk.contains("tea.md"), "{}", ran.talk);
    assert_eq!(scene.read("tidings.lock"), lock);
    let atom = scene.read("public/atom.xml");
    assert!(atom.contains("/green/") && atom.contains(":tea.md</id>"), "the id is used all the same");
}

#[test]
fn a_lock_that_cannot_be_written_stops_no_feed() {
    let elsewhere = crate::scene::CONFIG.replace("[[digest]]", "[posts]\nlock = \"/proc/tidings.lock\"\n[[digest]]");
    let scene = two().file("config.toml", &elsewhere);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(ran.code == 0 && ran.talk.contains("/proc/tidings.lock"), "{}", ran.talk);
    assert_eq!(in_entries(&scene.read("public/atom.xml"), "title").len(), 2);
}

#[test]
fn a_broken_lock_stops_everything_and_stays_as_it_is() {
    let conflict = "hums.example\n<<<<<<< ours\ntea.md\tx\ty\tz\n";
    let scene = two().file("tidings.lock", conflict);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(ran.code == 2 && ran.talk.contains("tidings.lock:2: the lock holds a conflict marker"), "{}", ran.talk);
    assert_eq!((scene.read("tidings.lock").as_str(), scene.names("public").len()), (conflict, 0));
}

const ATOM: &str = r#"<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>https://old.example/feed/</id><title>Old</title><updated>2024-05-01T00:00:00Z</updated>
<entry><id>https://old.example/?p=7</id><title>Tea</title><link href="https://old.example/tea/"/><updated>2024-05-01T00:00:00Z</updated></entry>
<entry><id>https://old.example/?p=8</id><title type="html">Gone</title><link href="https://old.example/gone/"/><updated>2022-05-01T00:00:00Z</updated></entry>
</feed>"#;
const RSS: &str = r#"<rss version="2.0"><channel><title>Old</title><link>https://old.example/</link><description>x</description>
<item><title>Tea</title><link>https://old.example/2024/tea.html</link><guid isPermaLink="false">post-7</guid><pubDate>Wed, 01 May 2024 09:00:00 +0200</pubDate></item>
</channel></rss>"#;
const JSON: &str = r#"{"version":"https://jsonfeed.org/version/1","title":"Old","items":[
{"id":7,"url":"https://old.example/tea","title":"Another title","date_published":"2024-05-01T00:00:00Z","content_text":"x"}]}"#;

#[test]
fn the_ids_of_another_generator_are_taken_over_by_link_then_by_title_and_date() {
    for (name, feed, id) in
        [("old.xml", ATOM, "https://old.example/?p=7"), ("old.rss", RSS, "post-7"), ("old.json", JSON, "7")]
    {
        let scene = two().file(name, feed);
        let ran = scene.run(&["--at", NOON, "build", "--adopt", name]);
        assert!(ran.code == 0 && ran.talk.contains("adopted 1 ids"), "{name}: {}", ran.talk);
        assert!(
            ran.out.contains("1 new, 0 updated, 0 repeated"),
            "only the one that the feed does not list is new: {}",
            ran.out
        );
        // And they stay without the old feed.
        fs::remove_file(scene.path(name)).unwrap();
        fs::rename(scene.path("post/tea.md"), scene.path("post/green.md")).unwrap();
        let feeds = built(&scene);
        assert_eq!(in_items(&feeds.rss, "guid")[0], id);
        assert_eq!(feeds.json["items"][0]["id"], id);
        let atom = &in_entries(&feeds.atom, "id")[0];
        assert!(url::Url::parse(atom).is_ok() && atom.ends_with(id), "an absolute IRI: {atom}");
        if name == "old.xml" {
            assert!(ran.talk.contains("no post of ours is “Gone”"), "{}", ran.talk);
            assert_eq!(text(parse(&feeds.atom).root_element(), "id"), "https://old.example/feed/");
        }
    }
}

#[test]
fn where_every_old_id_is_the_posts_address_older_posts_have_theirs_by_the_same_rule() {
    for (old, expected) in [
        ("https://old.example/tea/", "https://old.example/rain/"),
        ("https://old.example/tea", "https://old.example/rain"),
    ] {
        let feed = ATOM
            .replace("https://old.example/?p=7", old)
            .replace("https://old.example/?p=8", "https://old.example/gone/");
        let scene = two().file("old.xml", &feed);
        let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
        assert!(ran.talk.contains("adopted 2 ids, 1 of them older than the feed"), "{}", ran.talk);
        assert!(ran.out.contains("0 new, 0 updated, 0 repeated"), "{}", ran.out);
        assert_eq!(in_entries(&scene.read("public/atom.xml"), "id"), [old, expected]);
    }
}

#[test]
fn what_is_no_feed_is_named_and_nothing_is_adopted() {
    let scene = two().file("old.xml", "<html><body>404</body></html>");
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    assert!(ran.code == 2 && ran.talk.contains("old.xml: this is no feed"), "{}", ran.talk);
    assert!(scene.names("public").is_empty());
}

#[test]
fn an_adopted_post_that_was_published_here_before_counts_as_repeated() {
    let scene = two().file("old.xml", ATOM);
    scene.run_at(NOON, &["build"]);
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    assert!(ran.out.contains("0 new, 0 updated, 1 repeated"), "{}", ran.out);
}

#[test]
fn every_topic_has_a_feed_of_its_own_with_an_id_of_its_own() {
    let scene = site(&[
        ("a.md", "title: A\ndate: 2024-01-01\ntags: [c, \"c++\", \"c#\", 日本語, Rust, rust]\nlang: de", "x"),
        ("b/b.md", "title: B\ndate: 2024-01-01", "x"),
    ])
    .file("config.toml", &config("", "by = [\"tag\", \"section\", \"author\", \"language\"]"));
    scene.run_at(NOON, &["build"]);
    assert_eq!(scene.names("public/tag").len(), 5, "{:?}", scene.names("public/tag"));
    assert!(scene.names("public/tag").contains(&"日本語".to_owned()));
    assert_eq!(scene.names("public/section"), ["b"]);
    assert_eq!(scene.names("public/author"), ["ada-night"]);
    assert_eq!(scene.names("public/language"), ["de", "en"]);
    let mut ids: Vec<String> = scene
        .names("public/tag")
        .iter()
        .map(|tag| text(parse(&scene.read(&format!("public/tag/{tag}/atom.xml"))).root_element(), "id"))
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    let atom = scene.read("public/tag/日本語/atom.xml");
    assert!(atom.contains("https://hums.example/tag/%E6%97%A5%E6%9C%AC%E8%AA%9E/atom.xml"), "{atom}");
}
