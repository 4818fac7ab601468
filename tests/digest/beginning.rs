//! The first run of a digest, `since`, and lost locks and stores.

use std::fs;

use super::{NEXT, THIRD, newest, remove_store, without_since};
use crate::scene::{CONFIG, MONDAY, Scene};

fn ten_posts(scene: Scene, prefix: &str) -> Scene {
    (0..10).fold(scene, |scene, n| {
        scene.post(
            &format!("{prefix}{n}.md"),
            &format!("{prefix} {n}"),
            &format!("2024-01-{:02}", n + 1),
        )
    })
}

/// Without the lock a post that was renamed gets another id.
fn lose_lock_and_rename(scene: &Scene) {
    fs::remove_file(scene.path("tidings.lock")).unwrap();
    for name in scene.names("post") {
        let (from, to) = (format!("post/{name}"), format!("post/moved-{name}"));
        fs::rename(scene.path(&from), scene.path(&to)).unwrap();
    }
}

#[test]
fn without_since_the_first_run_takes_what_is_there_as_known_and_says_how_to_include_more() {
    let scene =
        without_since()
            .post("one.md", "One", "2024-06-01")
            .post("two.md", "Two", "2024-06-02");
    let words = "weekly: 2 posts are known from now on and will not be mailed, 0 are news";
    assert!(
        scene
            .run(&["--at", MONDAY, "run", "--dry-run"])
            .talk
            .contains(words)
    );
    let out = scene.run_at(MONDAY, &["run"]);
    assert!(out.contains(words), "{out}");
    assert!(out.contains("tidings digest weekly --since DATE"), "{out}");
    assert!(scene.names("outbox").is_empty());
    // A new post waits for the next slot: the one before the first run is not due.
    let scene = scene.post("three.md", "Three", "2024-06-25");
    scene.run_at("2024-06-25T12:00:00+02:00", &["run"]);
    assert!(scene.names("outbox").is_empty());
    scene.run_at(NEXT, &["run"]);
    let mail = newest(&scene);
    assert!(
        mail.contains("Three") && !mail.contains("Text of One") && !mail.contains("Text of Two"),
        "{mail}"
    );
}

#[test]
fn a_first_digest_by_hand_leaves_the_next_slot_as_the_first() {
    let scene = without_since().post("one.md", "One", "2024-06-01");
    assert!(
        scene
            .run_at("2024-06-25T12:00:00+02:00", &["digest", "weekly"])
            .contains("nothing new")
    );
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at("2024-06-26T12:00:00+02:00", &["run"]);
    assert!(scene.names("outbox").is_empty());
    scene.run_at(NEXT, &["run"]);
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn with_since_older_posts_are_known_and_the_last_slot_is_due_at_once() {
    let config = CONFIG.replace("2013-01-01", "2024-06-02");
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01")
        .post("two.md", "Two", "2024-06-02");
    let out = scene.run_at("2024-06-26T12:00:00+02:00", &["run"]);
    assert!(
        out.contains("1 post is known from now on and will not be mailed, 1 is news"),
        "{out}"
    );
    let mail = newest(&scene);
    assert!(
        mail.contains("Text of Two") && !mail.contains("Text of One"),
        "{mail}"
    );
}

#[test]
fn since_by_hand_reaches_back_to_what_was_only_known_and_repeats_nothing() {
    let scene =
        without_since()
            .post("one.md", "One", "2024-05-01")
            .post("two.md", "Two", "2024-06-02");
    scene.run_at(MONDAY, &["run"]);
    scene.run_at(MONDAY, &["digest", "weekly", "--since", "2024-06-01"]);
    let mail = newest(&scene);
    assert!(
        mail.contains("Text of Two") && !mail.contains("Text of One"),
        "{mail}"
    );
    let out = scene.run_at(
        "2024-06-24T09:00:00+02:00",
        &["digest", "weekly", "--since", "2024-06-01"],
    );
    assert!(out.contains("nothing new"), "{out}");
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn since_by_hand_leaves_older_posts_that_are_news_as_news() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    let scene = scene
        .post("two.md", "Two", "2024-05-01")
        .post("three.md", "Three", "2024-06-25");
    let out = scene.run_at(
        "2024-06-26T08:00:05+02:00",
        &["digest", "weekly", "--since", "2024-06-02"],
    );
    assert!(!out.contains("known"), "{out}");
    assert!(newest(&scene).contains("Text of Three") && !newest(&scene).contains("Text of Two"));
    scene.run_at(NEXT, &["run"]);
    assert!(newest(&scene).contains("Text of Two"));
}

#[test]
fn a_first_run_by_a_day_says_what_is_known_and_does_not_advise_what_was_just_used() {
    let scene =
        without_since()
            .post("one.md", "One", "2024-05-01")
            .post("two.md", "Two", "2024-06-02");
    let out = scene.run_at(MONDAY, &["digest", "weekly", "--since", "2024-06-01"]);
    assert!(
        out.contains("1 post is known from now on") && !out.contains("--since"),
        "{out}"
    );
}

#[test]
fn a_lost_lock_does_not_mail_the_archive() {
    let scene = ten_posts(Scene::new(), "old").post("kept.md", "Kept", "2024-05-01");
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(scene.names("outbox").len(), 1);
    lose_lock_and_rename(&scene);
    for arguments in [
        &["run"][..],
        &["digest", "weekly"],
        &["digest", "weekly", "--dry-run"],
    ] {
        let ran = scene.run(&[&["--at", NEXT], arguments].concat());
        ran.fails_with(2)
            .says("11 of 11 posts that it does not know");
        assert!(
            ran.talk.contains("--since DATE") && ran.talk.contains("--posts"),
            "{}",
            ran.talk
        );
    }
    assert_eq!(scene.names("outbox").len(), 1);
    // A run that is told which posts are news goes on: the others are known from then on.
    scene.run_at(NEXT, &["digest", "weekly", "--since", "2024-04-01"]);
    assert_eq!(scene.names("outbox").len(), 2);
    let mail = newest(&scene);
    assert!(
        mail.contains("Text of Kept") && !mail.contains("Text of old"),
        "{mail}"
    );
    assert!(scene.run_at(THIRD, &["run"]).contains("nothing new"));
}

#[test]
fn nine_new_posts_or_half_the_site_are_no_lost_lock() {
    let scene = ten_posts(Scene::new(), "old");
    scene.run_at(MONDAY, &["run"]);
    // Ten new beside ten old: not over half.
    let scene = ten_posts(scene, "new");
    assert!(scene.run_at(NEXT, &["run"]).contains("1 sent"));
}

#[test]
fn a_new_store_begins_anew_only_when_told_to_and_mails_nothing_old() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["run"]);
    remove_store(&scene);
    for arguments in [
        &["run"][..],
        &["digest", "weekly"],
        &["digest", "weekly", "--dry-run"],
    ] {
        let ran = scene.run(&[&["--at", NEXT], arguments].concat());
        ran.fails_with(2);
        assert!(
            ran.talk.contains("begun by another store") && ran.talk.contains("--new-store"),
            "{}",
            ran.talk
        );
    }
    scene.run_at(NEXT, &["digest", "weekly", "--new-store"]);
    assert_eq!(scene.names("outbox").len(), 1, "the old post is known");
    let scene = scene.post("two.md", "Two", "2024-07-02");
    scene.run_at(THIRD, &["run"]);
    assert!(newest(&scene).contains("Text of Two"));
    let ran = scene.run(&["--at", THIRD, "digest", "weekly", "--new-store"]);
    assert!(
        ran.code == 2 && ran.talk.contains("has begun in this store"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_small_blog_whose_lock_is_lost_is_not_mailed_again() {
    let scene = (1..=3).fold(Scene::new(), |scene, n| {
        scene.post(&format!("{n}.md"), &format!("Post {n}"), "2024-06-01")
    });
    scene.run_at(MONDAY, &["run"]);
    lose_lock_and_rename(&scene);
    let ran = scene.run(&["--at", NEXT, "run"]);
    ran.fails_with(2).says("3 of 3 posts that it does not know");
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn a_run_whose_clock_was_ahead_is_named_and_has_a_way_back() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at("2036-01-07T08:00:05+01:00", &["run"]);
    let scene = scene.post("two.md", "Two", "2024-06-02");
    let ran = scene.run(&["--at", MONDAY, "run", "-q"]);
    ran.fails_with(1);
    assert!(
        ran.talk.contains("the last slot is 2036-01-07") && ran.talk.contains("--reset-slot"),
        "{}",
        ran.talk
    );
    assert_eq!(scene.names("outbox").len(), 1);
    scene.run_at(MONDAY, &["digest", "weekly", "--reset-slot"]);
    assert_eq!(scene.names("outbox").len(), 1);
    scene.run_at(NEXT, &["run"]);
    assert_eq!(scene.names("outbox").len(), 2);
}

#[test]
fn an_earlier_name_that_a_digest_bears_is_an_error_of_the_config() {
    let other = "\n[[digest]]\nname = \"other\"\nschedule = \"each\"\n";
    for (first, second) in [
        ("was = \"other\"", ""),
        ("was = \"old\"", "was = \"old\""),
        ("was = \"weekly\"", ""),
    ] {
        let config = CONFIG.replace("\"weekly\"", &format!("\"weekly\"\n{first}"));
        let scene = Scene::new().file("config.toml", &format!("{config}{other}{second}\n"));
        let ran = scene.run(&["build"]);
        assert_eq!(ran.code, 2, "{first}, {second}: {}", ran.talk);
        assert!(ran.talk.contains("`was"), "{first}, {second}: {}", ran.talk);
    }
}
