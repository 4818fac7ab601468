//! Ids that stay: the lock where it cannot be written, and the ids of other generators.

use std::fs;

use crate::feed::{NOON, built, config, in_entries, in_items, parse, site, text};
use crate::scene::Scene;

fn two() -> Scene {
    site(&[
        ("tea.md", "title: Tea\ndate: 2024-05-01", "Hot."),
        ("rain.md", "title: Rain\ndate: 2023-04-01", "Wet."),
    ])
}

#[test]
fn a_rename_is_said_aloud_and_kept() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    fs::rename(scene.path("post/tea.md"), scene.path("post/green.md")).unwrap();
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.talk.contains("green.md: was tea.md, keeps its id"),
        "{}",
        ran.talk
    );
    assert!(
        ran.out.contains("0 new, 1 updated, 0 repeated"),
        "its address is another: {}",
        ran.out
    );
    let lock = scene.read("tidings.lock");
    assert!(
        lock.contains("tea.md\t") && lock.contains("green.md\t"),
        "lines are never removed: {lock}"
    );
    let again = scene.run(&["--at", NOON, "build"]);
    assert!(!again.talk.contains("keeps its id") && scene.read("tidings.lock") == lock);
}

#[test]
fn a_post_that_takes_the_place_of_another_takes_no_id_of_it() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let id = in_items(&scene.read("public/rss.xml"), "guid")[0].clone();
    fs::rename(scene.path("post/tea.md"), scene.path("post/green.md")).unwrap();
    scene.run_at(NOON, &["build"]);
    let scene =
        scene
            .post("green.md", "Green tea", "2024-05-01")
            .post("tea.md", "New", "2024-05-02");
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.out.contains("1 new, 1 updated, 0 repeated"),
        "{}",
        ran.out
    );
    let rss = scene.read("public/rss.xml");
    let posts: Vec<(String, String)> = in_items(&rss, "title")
        .into_iter()
        .zip(in_items(&rss, "guid"))
        .collect();
    assert_eq!(posts[1], ("Green tea".to_owned(), id.clone()));
    assert!(posts[0].0 == "New" && posts[0].1 != id, "{posts:?}");
}

#[test]
fn what_would_break_the_lock_is_named_and_left_out() {
    let scene = two()
        .post("a\tb.md", "Tab", "2024-01-01")
        .post("a\nb.md", "Break", "2024-01-02")
        .post("=======x.md", "Sign", "2024-01-03")
        .file(
            "post/id.md",
            "---\nid: \"tag:x,2020:a\\tb\\nc\"\ntitle: Id\ndate: 2024-01-04\n---\nx\n",
        );
    let ran = scene.run(&["--at", NOON, "build"]);
    assert_eq!(ran.code, 1, "{}", ran.talk);
    for words in [
        "`a\\tb.md` holds a control character",
        "`a\\nb.md` holds",
        "post/id.md:2: `id: tag:x,2020:a\\tb\\nc`",
    ] {
        assert!(ran.talk.contains(words), "{words}: {}", ran.talk);
    }
    let lock = scene.read("tidings.lock");
    let again = scene.run(&["--at", NOON, "build"]);
    assert!(
        again.code == 1
            && again
                .out
                .contains("nothing new: 0 new, 0 updated, 0 repeated (4 posts)"),
        "{}",
        again.out
    );
    assert_eq!(scene.read("tidings.lock"), lock);
}

#[test]
fn a_lock_that_lost_its_text_is_no_new_beginning() {
    let scene = two();
    scene.run_at(NOON, &["build"]);
    let lock = scene.read("tidings.lock");
    for (broken, words) in [
        ("", "empty"),
        (&lock[..lock.len() - 9], "cut short"),
        ("\n\n", "no host"),
    ] {
        fs::write(scene.path("tidings.lock"), broken).unwrap();
        let ran = scene.run(&["--at", NOON, "build"]);
        assert!(
            ran.code == 2 && ran.talk.contains("tidings.lock:") && ran.talk.contains(words),
            "{}",
            ran.talk
        );
        assert_eq!(scene.read("tidings.lock"), broken);
    }
    fs::write(scene.path("tidings.lock"), format!("\u{feff}{lock}")).unwrap();
    scene.run_at(NOON, &["build"]);
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
    assert!(
        ran.code == 1 && ran.talk.contains("post/green.md") && ran.talk.contains("tea.md"),
        "{}",
        ran.talk
    );
    assert_eq!(scene.read("tidings.lock"), lock);
    // An id in the front matter needs no lock to stay.
    let own = "---\nid: tag:mine,2020:own\ntitle: Own\ndate: 2024-04-01\n---\nx\n";
    let named = site(&[]).file("post/own.md", own);
    named.run_at(NOON, &["build"]);
    fs::rename(named.path("post/own.md"), named.path("post/mine.md")).unwrap();
    named.run_at(NOON, &["build", "--locked"]);
    let atom = scene.read("public/atom.xml");
    assert!(
        atom.contains("/green/") && atom.contains(":tea.md</id>"),
        "the id is used all the same"
    );
}

#[test]
fn a_lock_that_cannot_be_written_stops_no_feed() {
    let elsewhere = crate::scene::CONFIG.replace(
        "[[digest]]",
        "[posts]\nlock = \"/proc/tidings.lock\"\n[[digest]]",
    );
    let scene = two().file("config.toml", &elsewhere);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.talk.contains("/proc/tidings.lock"),
        "{}",
        ran.talk
    );
    assert_eq!(in_entries(&scene.read("public/atom.xml"), "title").len(), 2);
}

#[test]
fn a_broken_lock_stops_everything_and_stays_as_it_is() {
    let conflict = "hums.example\n<<<<<<< ours\ntea.md\tx\ty\tz\n";
    let scene = two().file("tidings.lock", conflict);
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("tidings.lock:2: the lock holds a conflict marker"),
        "{}",
        ran.talk
    );
    assert_eq!(
        (
            scene.read("tidings.lock").as_str(),
            scene.names("public").len()
        ),
        (conflict, 0)
    );
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
    for (name, feed, id) in [
        ("old.xml", ATOM, "https://old.example/?p=7"),
        ("old.rss", RSS, "post-7"),
        ("old.json", JSON, "7"),
    ] {
        let scene = two().file(name, feed);
        let ran = scene.run(&["--at", NOON, "build", "--adopt", name]);
        assert!(
            ran.code == 0 && ran.talk.contains("adopted 1 ids"),
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
            assert!(
                ran.talk.contains("no post of ours is “Gone”"),
                "{}",
                ran.talk
            );
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
        assert!(
            ran.out.contains("0 new, 0 updated, 0 repeated"),
            "{}",
            ran.out
        );
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
        ran.talk.contains("adopted 1 ids\n"),
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
        assert!(ran.talk.contains("adopted 1 ids"), "{name}: {}", ran.talk);
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
        ran.talk.contains("adopted 1 ids") && ran.talk.contains("“Rain” has the id of another"),
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
        ran.talk.contains("adopted 1 ids") && ran.talk.contains("is that of `other.md`"),
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
    assert!(
        ran.out.contains("0 new, 0 updated, 1 repeated"),
        "{}",
        ran.out
    );
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

#[test]
fn every_topic_has_a_feed_of_its_own_with_an_id_of_its_own() {
    let scene = site(&[
        (
            "a.md",
            "title: A\ndate: 2024-01-01\ntags: [c, \"c++\", \"c#\", 日本語, Rust, rust]\nlang: de",
            "x",
        ),
        ("b/b.md", "title: B\ndate: 2024-01-01", "x"),
    ])
    .file(
        "config.toml",
        &config("", "by = [\"tag\", \"section\", \"author\", \"language\"]"),
    );
    scene.run_at(NOON, &["build"]);
    assert_eq!(
        scene.names("public/tag").len(),
        5,
        "{:?}",
        scene.names("public/tag")
    );
    assert!(scene.names("public/tag").contains(&"日本語".to_owned()));
    assert_eq!(scene.names("public/section"), ["b"]);
    assert_eq!(scene.names("public/author"), ["ada-night"]);
    assert_eq!(scene.names("public/language"), ["de", "en"]);
    let mut ids: Vec<String> = scene
        .names("public/tag")
        .iter()
        .map(|tag| {
            text(
                parse(&scene.read(&format!("public/tag/{tag}/atom.xml"))).root_element(),
                "id",
            )
        })
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    let atom = scene.read("public/tag/日本語/atom.xml");
    assert!(
        atom.contains("https://hums.example/tag/%E6%97%A5%E6%9C%AC%E8%AA%9E/atom.xml"),
        "{atom}"
    );
}
