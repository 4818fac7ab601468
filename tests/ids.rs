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
    ran.prints("1 new, 1 updated, 0 repeated");
    let rss = scene.read("public/rss.xml");
    let posts: Vec<(String, String)> = in_items(&rss, "title")
        .into_iter()
        .zip(in_items(&rss, "guid"))
        .collect();
    assert_eq!(posts[1], ("Green tea".to_owned(), id.clone()));
    assert!(posts[0].0 == "New" && posts[0].1 != id, "{posts:?}");
}

#[test]
fn a_copy_of_a_post_that_is_edited_takes_no_id_of_it() {
    const BODY: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, so nobody \
                        drank it, and the machines hummed on as if they knew.";
    for extra in ["", "\nslug: tea"] {
        let front = format!("title: Tea\ndate: 2024-01-05{extra}");
        let scene = site(&[
            ("m.md", &front, BODY),
            ("rain.md", "title: Rain\ndate: 2023-04-01", "Wet."),
        ]);
        scene.run_at(NOON, &["build"]);
        let id_of = |path: &str| {
            let lock = scene.read("tidings.lock");
            let line = lock
                .lines()
                .find(|line| line.starts_with(&format!("{path}\t")));
            line.map(|line| line.rsplit('\t').next().unwrap().to_owned())
        };
        let id = id_of("m.md");
        fs::write(
            scene.path("post/m-old.md"),
            format!("---\n{front}\n---\n{BODY} copy\n"),
        )
        .unwrap();
        fs::write(
            scene.path("post/m.md"),
            format!(
                "---\n{}\n---\n{BODY}\n",
                front.replace("Tea", "Tea, revised")
            ),
        )
        .unwrap();
        let ran = scene.run(&["--at", NOON, "build"]);
        assert_eq!(id_of("m.md"), id, "{}", ran.talk);
        assert_ne!(id_of("m-old.md"), id, "{}", ran.talk);
        // Two posts with one address are named, and the newcomer is left out.
        assert_eq!(ran.code, i32::from(!extra.is_empty()), "{}", ran.talk);
        assert_eq!(
            ran.talk.contains("m-old.md"),
            !extra.is_empty(),
            "{}",
            ran.talk
        );
    }
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
    ran.fails_with(1);
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

const LONG: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and nobody \
                    wrote down why the lights in the hall were green.";

/// Each post's title and id, in the order of the feed.
fn titles_and_ids(scene: &Scene) -> Vec<(String, String)> {
    let rss = scene.read("public/rss.xml");
    let titles = in_items(&rss, "title").into_iter();
    titles.zip(in_items(&rss, "guid")).collect()
}

#[test]
fn a_post_of_which_two_of_path_title_and_date_change_keeps_its_id_and_is_mailed_once() {
    let titled =
        |title: &str, date: &str| format!("---\ntitle: {title}\ndate: {date}\n---\n{LONG}\n");
    let bare = |date: &str| format!("---\ndate: {date}\n---\n{LONG}\n");
    for (case, before, text, after, now) in [
        (
            "a note is renamed, its title with it",
            "Tea.md",
            bare("2024-05-01"),
            "Green tea.md",
            bare("2024-05-01"),
        ),
        (
            "a typo in title and name",
            "teh.md",
            titled("Teh", "2024-05-01"),
            "the.md",
            titled("The", "2024-05-01"),
        ),
        (
            "a file becomes a folder with a new title",
            "tea.md",
            titled("Tea", "2024-05-01"),
            "tea/index.md",
            titled("Green", "2024-05-01"),
        ),
        (
            "a zone is corrected while a folder moves",
            "a/tea.md",
            titled("Tea", "2024-05-01T08:00:00Z"),
            "b/tea.md",
            titled("Tea", "2024-05-01T10:00:00Z"),
        ),
        (
            "the day of a name is corrected",
            "2024-05-01-tea.md",
            format!("---\nlang: en\n---\n{LONG}\n"),
            "2024-05-03-tea.md",
            format!("---\nlang: en\n---\n{LONG}\n"),
        ),
        (
            "all three, and a word of the text",
            "tea.md",
            titled("Tea", "2024-05-01"),
            "x/green.md",
            titled("Green", "2024-05-02").replace("kettle", "teapot"),
        ),
    ] {
        let scene = two().file(&format!("post/{before}"), &text);
        fs::remove_file(scene.path("post/tea.md"))
            .or_else(|error| {
                if before == "tea.md" {
                    Err(error)
                } else {
                    Ok(())
                }
            })
            .unwrap();
        let scene = scene.file(&format!("post/{before}"), &text);
        scene.run_at(NOON, &["run"]);
        let mails = scene.names("outbox").len();
        let ids: Vec<String> = titles_and_ids(&scene)
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        fs::remove_file(scene.path(&format!("post/{before}"))).unwrap();
        let scene = scene.file(&format!("post/{after}"), &now);
        let ran = scene.run(&["--at", "2024-07-02T12:00:00Z", "run"]);
        assert_eq!(ran.code, 0, "{case}: {}", ran.talk);
        assert!(
            ran.talk
                .contains(&format!("{after}: moved: was {before}, keeps its id")),
            "{case}: {}",
            ran.talk
        );
        assert!(
            ran.out.contains("0 new, 1 updated, 0 repeated"),
            "{case}: {}",
            ran.out
        );
        let now: Vec<String> = titles_and_ids(&scene)
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        assert_eq!(now, ids, "{case}");
        assert_eq!(scene.names("outbox").len(), mails, "{case}: {}", ran.out);
        let again = scene.run(&["--at", "2024-07-02T13:00:00Z", "run"]);
        assert!(
            again.code == 0 && !again.talk.contains("keeps its id"),
            "{case}: {}",
            again.talk
        );
    }
}

#[test]
fn a_post_that_may_be_either_of_two_is_left_out_until_a_line_decides() {
    let post = |title: &str| format!("---\ntitle: {title}\ndate: 2024-05-01\n---\n{LONG}\n");
    let scene = two()
        .file("post/a.md", &post("A"))
        .file("post/b.md", &post("B"));
    scene.run_at(NOON, &["run"]);
    let mails = scene.names("outbox").len();
    let before = titles_and_ids(&scene);
    for gone in ["a.md", "b.md"] {
        fs::remove_file(scene.path(&format!("post/{gone}"))).unwrap();
    }
    let scene = scene.file("post/c.md", &post("C"));
    // It stays so however often it is built.
    for time in ["2024-07-02T12:00:00Z", "2024-07-09T12:00:00Z"] {
        let ran = scene.run(&["--at", time, "run"]);
        assert!(
            ran.code == 1 && ran.talk.contains("post/c.md: this may be `a.md` or `b.md`"),
            "{}",
            ran.talk
        );
        assert!(!scene.read("tidings.lock").contains("c.md"));
        assert_eq!(scene.names("outbox").len(), mails);
    }
    let ran = scene.run(&["--at", "2024-07-09T12:00:00Z", "build"]);
    let line = ran
        .talk
        .lines()
        .find(|line| line.trim_start().starts_with("c.md\t") && line.ends_with("b.md"));
    let lock = scene.read("tidings.lock") + line.unwrap().trim_start() + "\n";
    let scene = scene.file("tidings.lock", &lock);
    scene.run_at("2024-07-16T12:00:00Z", &["run"]);
    let id = |title: &str, list: &[(String, String)]| {
        list.iter()
            .find(|(known, _)| known == title)
            .map(|(_, id)| id.clone())
            .unwrap()
    };
    assert_eq!(id("C", &titles_and_ids(&scene)), id("B", &before));
    assert_eq!(scene.names("outbox").len(), mails);
}

#[test]
fn a_post_written_on_the_day_of_one_that_was_deleted_is_a_new_one() {
    let scene = two().file(
        "post/a.md",
        &format!("---\ntitle: A\ndate: 2024-05-03\n---\n{LONG}\n"),
    );
    scene.run_at(NOON, &["build"]);
    fs::remove_file(scene.path("post/a.md")).unwrap();
    let other = "It rained on the roof of the old station for nine days, and on the tenth the river stood in the yard.";
    let scene = scene.file(
        "post/b.md",
        &format!("---\ntitle: B\ndate: 2024-05-03\n---\n{other}\n"),
    );
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.out.contains("1 new, 0 updated, 0 repeated"),
        "{}{}",
        ran.out,
        ran.talk
    );
}

#[test]
fn a_newcomer_that_claims_an_address_or_an_id_is_left_out_and_the_old_post_stays() {
    let post = |title: &str, more: &str| {
        format!("---\ntitle: {title}\ndate: 2024-05-01\n{more}---\n{LONG}\n")
    };
    for (case, file, old, new, words) in [
        (
            "a copy with its id, its path earlier",
            "0.md",
            post("A", "id: tag:x,2020:a\n"),
            post("A", "id: tag:x,2020:a\nslug: other\n"),
            "`tag:x,2020:a` is also the id of `m.md`",
        ),
        (
            "a copy with its id, its path later",
            "z.md",
            post("A", "id: tag:x,2020:a\n"),
            post("A", "id: tag:x,2020:a\nslug: other\n"),
            "`tag:x,2020:a` is also the id of `m.md`",
        ),
        (
            "an equal slug, its path earlier",
            "0.md",
            post("A", "slug: same\n"),
            post("B", "slug: same\n"),
            "is also the address of `m.md`",
        ),
        (
            "an equal slug, its path later",
            "z.md",
            post("A", "slug: same\n"),
            post("B", "slug: same\n"),
            "is also the address of `m.md`",
        ),
        (
            "an id that the lock gave",
            "0.md",
            post("A", ""),
            post("B", "id: \"tag:hums.example,2024-04-30:m.md\"\n"),
            "is also the id of `m.md`",
        ),
    ] {
        let scene = two().file("post/m.md", &old);
        scene.run_at(NOON, &["build"]);
        let before = titles_and_ids(&scene);
        let scene = scene.file(&format!("post/{file}"), &new);
        let ran = scene.run(&["--at", NOON, "build"]);
        let named = format!("post/{file}: ");
        assert!(
            ran.code == 1 && ran.talk.contains(&named) && ran.talk.contains(words),
            "{case}: {}",
            ran.talk
        );
        assert!(
            ran.out.contains("0 new, 0 updated, 0 repeated"),
            "{case}: {}",
            ran.out
        );
        assert_eq!(titles_and_ids(&scene), before, "{case}");
        assert!(
            !scene.read("tidings.lock").contains(&format!("{file}\t")),
            "{case}"
        );
    }
}

#[test]
fn a_known_post_whose_address_becomes_that_of_another_is_the_one_that_is_left_out() {
    for (edited, stays) in [("rain.md", "tea.md"), ("tea.md", "rain.md")] {
        let scene = two();
        scene.run_at(NOON, &["build"]);
        let before = scene.read("tidings.lock");
        let text = scene.read(&format!("post/{edited}"));
        let slug = stays.trim_end_matches(".md");
        let clash = text.replacen("title:", &format!("slug: {slug}\ntitle:"), 1);
        let scene = scene.file(&format!("post/{edited}"), &clash);
        let ran = scene.run(&["--at", NOON, "build"]);
        let named = format!(
            "post/{edited}: `https://hums.example/{slug}/` is also the address of `{stays}`"
        );
        assert!(ran.code == 1 && ran.talk.contains(&named), "{}", ran.talk);
        // It comes back under its own id, even under another path and title.
        fs::remove_file(scene.path(&format!("post/{edited}"))).unwrap();
        let back = text.replacen("title: ", "title: Re ", 1);
        let scene = scene.file("post/back.md", &back);
        let ran = scene.run(&["--at", NOON, "build"]);
        assert!(
            ran.code == 0 && ran.talk.contains(&format!("was {edited}, keeps its id")),
            "{}",
            ran.talk
        );
        assert_ne!(scene.read("tidings.lock"), before);
    }
}

#[test]
fn a_folder_from_a_system_that_takes_accents_apart_is_the_same_site() {
    let post = "---\ntitle: Th\u{e9}\ndate: 2024-05-01\ntags: [\"caf\u{e9}\"]\n---\nHot.\n";
    let digest = "[[digest]]\nname = \"cafe\"\nschedule = \"0 8 * * MON\"\nto = [\"a@x.example\"]\nsince = \"2013-01-01\"\n\
                  sections = [\"Caf\u{e9}\"]\ntags = [\"Cafe\u{301}\"]\n";
    let config = config("", "by = [\"tag\", \"section\"]") + digest;
    let build = |form: fn(&str) -> String| {
        let scene = Scene::new().file("config.toml", &config);
        scene.file(
            &format!("post/{}", form("caf\u{e9}/th\u{e9}.md")),
            &form(post),
        )
    };
    let composed = build(str::to_owned);
    let apart = build(|text| text.replace('\u{e9}', "e\u{301}"));
    for scene in [&composed, &apart] {
        let ran = scene.run(&["--at", NOON, "run"]);
        assert!(
            ran.code == 0 && ran.out.contains("cafe: "),
            "{}{}",
            ran.out,
            ran.talk
        );
    }
    for file in [
        "public/atom.xml",
        "public/section/caf\u{e9}/atom.xml",
        "public/tag/caf\u{e9}/atom.xml",
        "tidings.lock",
    ] {
        assert_eq!(
            composed
                .read(file)
                .lines()
                .filter(|line| !line.starts_with("#digest"))
                .collect::<Vec<_>>(),
            apart
                .read(file)
                .lines()
                .filter(|line| !line.starts_with("#digest"))
                .collect::<Vec<_>>(),
            "{file}"
        );
    }
    // The same folder in the other form: nothing is new, also with another title.
    fs::rename(composed.path("post/caf\u{e9}"), composed.path("post/x")).unwrap();
    fs::create_dir(composed.path("post/cafe\u{301}")).unwrap();
    fs::rename(
        composed.path("post/x/th\u{e9}.md"),
        composed.path("post/cafe\u{301}/the\u{301}.md"),
    )
    .unwrap();
    let ran = composed.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.out.contains("0 new, 0 updated, 0 repeated"),
        "{}{}",
        ran.out,
        ran.talk
    );
    let scene = composed.file(
        "post/cafe\u{301}/the\u{301}.md",
        &post.replace("title: Th", "title: Le th"),
    );
    let ran = scene.run(&["--at", NOON, "build"]);
    assert!(
        ran.code == 0 && ran.out.contains("0 new, 1 updated, 0 repeated"),
        "{}{}",
        ran.out,
        ran.talk
    );
}
