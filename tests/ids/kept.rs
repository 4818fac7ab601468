//! The lock: renames, copies, and locks that are lost or cannot be written.

use std::fs;

use super::two;
use crate::feed::{NOON, config, in_entries, in_items, parse, site, text};
use crate::scene::{CONFIG, Scene};

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
fn the_feeds_of_two_sites_on_one_host_have_two_ids() {
    let id = |scene: &Scene, file: &str| {
        let feed = scene.read(&format!("public/{file}"));
        feed_rs::parser::parse(feed.as_bytes()).unwrap().id
    };
    let at = |url: &str| {
        let config = CONFIG.replace("https://hums.example/", url);
        two().file("config.toml", &config)
    };
    let scene = at("https://hums.example/tea%20room/");
    scene.run_at(NOON, &["build"]);
    let lock = scene.read("tidings.lock");
    assert!(lock.starts_with("hums.example/tea%20room\n"), "{lock}");
    let first = id(&scene, "atom.xml");
    assert_eq!(first, "tag:hums.example,2000:feed/tea%20room/");
    let root = at("https://hums.example/");
    root.run_at(NOON, &["build"]);
    assert_eq!(id(&root, "atom.xml"), "tag:hums.example,2000:feed/");
    // A site that moves keeps the id, as does one whose lock is of a time when it named the host alone.
    let moved = CONFIG.replace("https://hums.example/", "https://other.example/rain/");
    let scene = scene.file("config.toml", &moved);
    scene.run_at(NOON, &["build"]);
    assert_eq!(id(&scene, "atom.xml"), first);
    let early = lock.replace("/tea%20room\n", "\n");
    let scene = scene.file("tidings.lock", &early);
    scene.run_at(NOON, &["build"]);
    assert_eq!(id(&scene, "atom.xml"), "tag:hums.example,2000:feed/");
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
