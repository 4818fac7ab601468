//! Ids that are taken over from the old feed of another generator.

use std::fs;

use super::two;
use crate::feed::{NOON, built, config, in_entries, in_items, parse, site, text};

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
    for (name, feed, id) in [
        ("old.xml", ATOM, "https://old.example/?p=7"),
        ("old.rss", RSS, "post-7"),
        ("old.json", JSON, "7"),
    ] {
        let scene = two().file(name, feed);
        let ran = scene.run(&["--at", NOON, "build", "--adopt", name]);
        assert!(
            ran.code == 0 && ran.talk.contains("adopted 1 id"),
            "{name}: {}",
            ran.talk
        );
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
        assert!(
            url::Url::parse(atom).is_ok() && atom.ends_with(id),
            "an absolute IRI: {atom}"
        );
        if name == "old.xml" {
            ran.says("no post of ours is “Gone”");
            assert_eq!(
                text(parse(&feeds.atom).root_element(), "id"),
                "https://old.example/feed/"
            );
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
            .replace("https://old.example/?p=8", &old.replace("tea", "gone"));
        let scene = two().file("old.xml", &feed);
        let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
        assert!(
            ran.talk
                .contains("adopted 2 ids, 1 of them older than the feed"),
            "{}",
            ran.talk
        );
        ran.prints("0 new, 0 updated, 0 repeated");
        assert_eq!(
            in_entries(&scene.read("public/atom.xml"), "id"),
            [old, expected]
        );
    }
}

#[test]
fn one_old_id_that_is_no_address_ends_the_rule() {
    let feed = ATOM.replace("https://old.example/?p=7", "https://old.example/tea/");
    let scene = two().file("old.xml", &feed);
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    assert!(
        ran.talk.contains("adopted 1 id\n"),
        "the id of an item that is gone speaks as well: {}",
        ran.talk
    );
}

#[test]
fn a_title_is_known_however_often_its_format_escapes_it() {
    let titled = |name: &str, feed: String| {
        let post = ("rd.md", "title: \"AT&T R&D <x>\"\ndate: 2024-05-01", "x");
        let scene = site(&[post]).file(name, &feed);
        let ran = scene.run(&["--at", NOON, "build", "--adopt", name]);
        assert!(ran.talk.contains("adopted 1 id"), "{name}: {}", ran.talk);
    };
    let twice = "AT&amp;amp;T R&amp;amp;D &amp;lt;x&amp;gt;";
    titled(
        "html.xml",
        ATOM.replace(
            "<title>Tea</title>",
            &format!("<title type=\"html\">{twice}</title>"),
        ),
    );
    titled(
        "once.rss",
        RSS.replace(
            "<title>Tea</title>",
            "<title>AT&amp;T R&amp;D &lt;x&gt;</title>",
        ),
    );
    titled(
        "twice.rss",
        RSS.replace("<title>Tea</title>", &format!("<title>{twice}</title>")),
    );
}

#[test]
fn an_old_id_goes_to_one_post_only() {
    let item =
        "<item><title>Rain</title><link>https://old.example/rain/</link><guid>post-7</guid></item>";
    let scene = two().file(
        "old.rss",
        &RSS.replace("</channel>", &format!("{item}</channel>")),
    );
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.rss"]);
    assert!(
        ran.talk.contains("adopted 1 id") && ran.talk.contains("“Rain” has the id of another"),
        "{}",
        ran.talk
    );
    // Nor does a post get what another has here.
    let post = (
        "other.md",
        "title: Other\ndate: 2022-05-01\nid: https://old.example/?p=7",
        "x",
    );
    let scene = site(&[
        post,
        ("tea.md", "title: Tea\ndate: 2024-05-01", "x"),
        ("gone.md", "title: Gone\ndate: 2024-05-02", "x"),
    ])
    .file("old.xml", ATOM);
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    assert!(
        ran.talk.contains("adopted 1 id") && ran.talk.contains("is that of `other.md`"),
        "{}",
        ran.talk
    );
    let mut ids = in_items(&scene.read("public/rss.xml"), "guid");
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn an_old_id_of_two_lines_becomes_one_of_one() {
    let scene = two().file("old.rss", &RSS.replace("post-7", "\n  post\n  7\t"));
    scene.run_at(NOON, &["build", "--adopt", "old.rss"]);
    assert_eq!(in_items(&built(&scene).rss, "guid")[0], "post 7");
}

#[test]
fn the_old_feed_of_a_tag_gives_its_id_to_that_tag_and_a_second_one_takes_none() {
    let scene = site(&[("tea.md", "title: Tea\ndate: 2024-05-01\ntags: [hot]", "x")])
        .file("config.toml", &config("", "by = [\"tag\"]"))
        .file("old.xml", ATOM)
        .file(
            "hot.xml",
            &ATOM.replace(
                "/feed/</id>",
                "/hot/</id><link rel=\"self\" href=\"http://old.example/tag/hot/atom.xml\"/>",
            ),
        )
        .file("other.xml", &ATOM.replace("/feed/</id>", "/other/</id>"));
    for old in ["old.xml", "hot.xml"] {
        scene.run_at(NOON, &["build", "--adopt", old]);
    }
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "other.xml"]);
    assert!(
        ran.talk
            .contains("keeps its id `https://old.example/feed/`"),
        "{}",
        ran.talk
    );
    let id = |path: &str| text(parse(&scene.read(path)).root_element(), "id");
    assert_eq!(id("public/atom.xml"), "https://old.example/feed/");
    assert_eq!(id("public/tag/hot/atom.xml"), "https://old.example/hot/");
}

#[test]
fn what_is_no_feed_is_named_and_nothing_is_adopted() {
    let scene = two().file("old.xml", "<html><body>404</body></html>");
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    assert!(
        ran.code == 2 && ran.talk.contains("old.xml: this is no feed"),
        "{}",
        ran.talk
    );
    assert!(scene.names("public").is_empty());
}

#[test]
fn an_adopted_post_that_was_published_here_before_counts_as_repeated() {
    let scene = two().file("old.xml", ATOM);
    scene.run_at(NOON, &["build"]);
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    ran.prints("0 new, 0 updated, 1 repeated");
}

#[test]
fn a_new_id_of_an_old_post_is_named_also_where_nothing_else_is_said() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    assert_eq!(scene.run(&["--at", NOON, "-q", "build"]).talk, "");
    let scene = scene.file(
        "post/tea.md",
        "---\ntitle: Tea\ndate: 2024-05-01\nid: tag:hums.example,2024:tea\n---\nHot.\n",
    );
    let ran = scene.run(&["--at", NOON, "-q", "build"]);
    let warning =
        "post/tea.md: this post was published with another id: readers see it as unread\n";
    assert_eq!(
        (
            ran.out.as_str(),
            ran.talk.ends_with(warning),
            ran.talk.lines().count()
        ),
        ("", true, 1),
        "{}",
        ran.talk
    );
}
