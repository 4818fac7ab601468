//! Which posts a digest announces: once each, whatever happens to the posts, the schedule or the store.

use std::fs;

use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Scene};

const NEXT: &str = "2024-07-01T08:00:05+02:00";
const THIRD: &str = "2024-07-08T08:00:05+02:00";

/// What the newest mail in the outbox says, decoded as far as these tests need.
fn newest(scene: &Scene) -> String {
    let name = scene
        .names("outbox")
        .into_iter()
        .rfind(|name| name.starts_with("weekly"))
        .unwrap();
    scene.read(&format!("outbox/{name}")).replace("=\r\n", "")
}

fn without_since() -> Scene {
    Scene::new().file(
        "config.toml",
        &CONFIG.replace("since = \"2013-01-01\"\n", ""),
    )
}

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

fn remove_store(scene: &Scene) {
    for end in ["", "-wal", "-shm", ".sender"] {
        let _ = fs::remove_file(scene.path(&format!("tidings.db{end}")));
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
fn a_back_dated_post_a_published_draft_and_no_edited_renamed_or_retagged_one_is_announced() {
    let draft = "---\ntitle: Draft\ndate: 2024-06-03\ndraft: true\n---\nText of Draft.\n";
    let scene = Scene::new()
        .post("edited.md", "Edited", "2024-06-01")
        .post("renamed.md", "Renamed", "2024-06-02")
        .post("retagged.md", "Retagged", "2024-06-03")
        .file("post/draft.md", draft);
    scene.run_at(MONDAY, &["run"]);
    assert!(!newest(&scene).contains("Text of Draft"));
    let scene = scene
        .post("edited.md", "Edited anew", "2024-06-01")
        .file(
            "post/retagged.md",
            "---\ntitle: Retagged\ndate: 2024-06-03\ntags: [x, y]\n---\nText of Retagged.\n",
        )
        .file(
            "post/draft.md",
            &draft.replace("draft: true", "draft: false"),
        )
        .post("back.md", "Back-dated", "2019-01-01");
    fs::rename(
        scene.path("post/renamed.md"),
        scene.path("post/elsewhere.md"),
    )
    .unwrap();
    scene.run_at(NEXT, &["run"]);
    let mail = newest(&scene);
    for (title, is_told) in [
        ("Draft", true),
        ("Back-dated", true),
        ("Edited", false),
        ("Renamed", false),
        ("Retagged", false),
    ] {
        assert_eq!(
            mail.contains(&format!("Text of {title}")),
            is_told,
            "{title}: {mail}"
        );
    }
}

#[test]
fn an_issue_that_cannot_be_written_loses_no_post_and_the_other_digest_goes_on() {
    let second = "\n[[digest]]\nname = \"other\"\nschedule = \"0 8 * * MON\"\nto = [\"b@hums.example\"]\n\
                  since = \"2013-01-01\"\nsubject = \"Other\"\n";
    let scene = Scene::new()
        .file(
            "config.toml",
            &CONFIG.replace("\n[mail]", "subject = \"{{ nothing.here }}\"\n\n[mail]"),
        )
        .post("one.md", "One", "2024-06-01");
    let config = format!("{}{second}", scene.read("config.toml"));
    let scene = scene.file("config.toml", &config);
    let ran = scene.run(&["--at", MONDAY, "run"]);
    ran.fails_with(1)
        .says("the digest's `subject` cannot be used");
    assert_eq!(
        scene.names("outbox").len(),
        1,
        "{:?}",
        scene.names("outbox")
    );
    let scene = scene.file(
        "config.toml",
        &config.replace("{{ nothing.here }}", "Mended"),
    );
    scene.run_at(MONDAY, &["run"]);
    assert!(newest(&scene).contains("Text of One"));
}

#[test]
fn what_went_only_into_the_outbox_is_announced_by_the_relay_also_one_mail_a_post() {
    for schedule in ["0 8 * * MON", "each"] {
        let scene = Scene::new()
            .file("config.toml", &CONFIG.replace("0 8 * * MON", schedule))
            .post("one.md", "One", "2024-06-01");
        scene.run_at(MONDAY, &["run"]);
        assert_eq!(scene.names("outbox").len(), 1);
        let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
        let url = relay.url();
        let live =
            |time: &str| scene.run_with(&["--at", time, "run"], &[("TIDINGS_MAIL__SMTP", &url)]);
        assert_eq!(live(NEXT).code, 0);
        assert_eq!(relay.taken().len(), 1, "{schedule}");
        assert_eq!(live(THIRD).code, 0);
        assert_eq!(relay.taken().len(), 1, "{schedule}");
    }
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
    // Who says which are news gets on: the others are known from then on.
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
fn posts_are_chosen_by_path_slug_address_or_id_and_once_more_only_when_told_to() {
    let scene = without_since()
        .file(
            "post/a/tea.md",
            "---\ntitle: Tea\ndate: 2024-06-01\nid: 'tag:x.example,2024:tea'\n---\nText of Tea.\n",
        )
        .post("b/tea.md", "Other tea", "2024-06-02")
        .post("cup.md", "Cup", "2024-06-03");
    let digest = |time: &str, more: &[&str]| {
        scene.run(&[&["--at", time, "digest", "weekly"], more].concat())
    };
    let ran = digest(MONDAY, &["--posts", "tea"]);
    assert!(
        ran.code == 2 && ran.talk.contains("`tea` names 2 posts"),
        "{}",
        ran.talk
    );
    let ran = digest(MONDAY, &["--posts", "cup,pot"]);
    assert!(
        ran.code == 2 && ran.talk.contains("`pot` names no published post"),
        "{}",
        ran.talk
    );
    let ran = digest(
        MONDAY,
        &[
            "--posts",
            "cup, tag:x.example,2024:tea,https://hums.example/b/tea/",
        ],
    );
    ran.succeeds();
    assert!(
        ran.talk.contains("a/tea.md “Tea”") && ran.talk.contains("cup.md “Cup”"),
        "{}",
        ran.talk
    );
    let mail = newest(&scene);
    assert!(
        ["Text of Tea", "Text of Other tea", "Text of Cup"]
            .iter()
            .all(|text| mail.contains(text)),
        "{mail}"
    );

    let ran = digest(NEXT, &["--posts", "a/tea.md"]);
    assert!(
        ran.code == 2 && ran.talk.contains("--again"),
        "{}",
        ran.talk
    );
    let ran = digest(NEXT, &["--posts", "a/tea.md", "--again"]);
    assert!(ran.code == 2 && ran.talk.contains("--yes"), "{}", ran.talk);
    assert_eq!(scene.names("outbox").len(), 1);
    assert_eq!(
        digest(NEXT, &["--posts", "a/tea.md", "--again", "--yes"]).code,
        0
    );
    let mail = newest(&scene);
    assert!(
        mail.contains("Text of Tea") && !mail.contains("Text of Cup"),
        "{mail}"
    );
}

#[test]
fn filters_keep_tags_sections_authors_and_the_language() {
    let post = |title: &str, more: &str| {
        format!("---\ntitle: {title}\ndate: 2024-06-01\n{more}\n---\nText of {title}.\n")
    };
    for (filter, told) in [
        ("tags = [\"On Call\"]", "Tagged"),
        ("sections = [\"notes\"]", "Filed"),
        ("authors = [\"Bob\"]", "Signed"),
        ("language = \"de\"", "Deutsch"),
    ] {
        let scene = Scene::new()
            .file(
                "config.toml",
                &CONFIG.replace("since =", &format!("{filter}\nsince =")),
            )
            .file("post/tagged.md", &post("Tagged", "tags: [on call]"))
            .file("post/notes/filed.md", &post("Filed", ""))
            .file("post/signed.md", &post("Signed", "author: Bob"))
            .file("post/deutsch.md", &post("Deutsch", "lang: de"));
        scene.run_at(MONDAY, &["run"]);
        let mail = newest(&scene);
        for title in ["Tagged", "Filed", "Signed", "Deutsch"] {
            assert_eq!(
                mail.contains(&format!("Text of {title}")),
                title == told,
                "{filter}: {title}"
            );
        }
    }
}

#[test]
fn too_few_posts_wait_for_the_next_slot_but_not_for_a_hand() {
    let scene = Scene::new()
        .file(
            "config.toml",
            &CONFIG.replace("since =", "min_posts = 2\nsince ="),
        )
        .post("one.md", "One", "2024-06-01");
    assert!(
        scene
            .run_at(MONDAY, &["run"])
            .contains("1 new, waits until there are 2")
    );
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at("2024-06-26T08:00:05+02:00", &["run"]);
    assert!(scene.names("outbox").is_empty(), "Wednesday is no slot");
    scene.run_at(NEXT, &["run"]);
    let mail = newest(&scene);
    assert!(mail.contains("Text of One") && mail.contains("Text of Two"));
    let scene = scene.post("three.md", "Three", "2024-07-02");
    scene.run_at("2024-07-02T08:00:05+02:00", &["digest", "weekly"]);
    assert!(newest(&scene).contains("Text of Three"));
}

#[test]
fn each_sends_one_mail_a_post_the_oldest_first() {
    for order in ["newest", "oldest"] {
        let config = CONFIG
            .replace("0 8 * * MON", "each")
            .replace("since =", &format!("order = \"{order}\"\nsince ="));
        let scene = Scene::new()
            .file("config.toml", &config)
            .post("one.md", "One", "2024-06-01")
            .post("two.md", "Two", "2024-06-02");
        let out = scene.run_at(MONDAY, &["run"]);
        assert!(
            out.find("Hums: One") < out.find("Hums: Two") && out.contains("Hums: One"),
            "{out}"
        );
        assert!(scene.run_at(MONDAY, &["run"]).contains("nothing new"));
    }
}

#[test]
fn a_digest_that_is_sent_again_within_one_second_is_sent_as_often_as_it_is_asked_for() {
    for schedule in ["0 8 * * MON", "each"] {
        let scene = Scene::new()
            .file("config.toml", &CONFIG.replace("0 8 * * MON", schedule))
            .post("one.md", "One", "2024-06-01");
        scene.run_at(MONDAY, &["run"]);
        for times in 2..5 {
            let arguments = ["digest", "weekly", "--posts", "one", "--again", "--yes"];
            let dry = scene.run_at(MONDAY, &[&arguments[..], &["--dry-run"]].concat());
            let out = scene.run_at(MONDAY, &arguments);
            assert!(out.contains("1 sent"), "{schedule}, {times}: {out}");
            assert_eq!(scene.names("outbox").len(), times, "{schedule}");
            let id = |mail: &str| {
                let line = mail.lines().find(|line| line.starts_with("Message-ID: "));
                line.unwrap().trim().to_owned()
            };
            let mut sent = scene.names("outbox").into_iter();
            let is_shown = |name: String| id(&scene.read(&format!("outbox/{name}"))) == id(&dry);
            assert!(sent.any(is_shown), "a dry run shows the same ids");
        }
    }
}

#[test]
fn a_post_of_an_issue_that_was_cancelled_before_anybody_got_it_is_sent_by_the_next_run() {
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let config = CONFIG.replace("0 8 * * MON", "each");
    let scene = Scene::new()
        .file("config.toml", &config.replace("editor@hums", "later@x"))
        .post("one.md", "One", "2024-06-01");
    let run = |arguments: &[&str]| {
        let set = [("TIDINGS_MAIL__SMTP", &*relay.url())];
        scene.run_with(&[&["--at", MONDAY], arguments].concat(), &set)
    };
    run(&["run"]);
    for round in 0..2 {
        let status = run(&["status"]).out;
        // Two of one second stand in any order.
        let mut lines = status.lines();
        let line = lines.find(|line| line.contains("Hums: One") && !line.contains("cancelled"));
        let number = line.unwrap().split(' ').next().unwrap();
        let said = run(&["issue", "cancel", number]).out;
        assert!(said.contains("its posts are news again"), "{round}: {said}");
        let ran = run(&["run"]);
        assert!(
            ran.out.contains("“Hums: One”"),
            "{round}: {}{}",
            ran.out,
            ran.talk
        );
    }
}

#[test]
fn one_post_that_cannot_be_mailed_does_not_keep_the_mails_of_the_others() {
    let scene = Scene::new()
        .file("config.toml", &CONFIG.replace("0 8 * * MON", "each"))
        .file("templates/digest.html", "{% extends \"default/digest.html\" %}{% block greeting %}{% if posts[0].title == \"Bad\" %}<a href=\"/tea\">x</a>{% endif %}{% endblock %}")
        .post("bad.md", "Bad", "2024-06-01")
        .post("good.md", "Good", "2024-06-02");
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(
        ran.code == 1 && ran.talk.contains("the link `/tea` leads nowhere"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert!(newest(&scene).contains("Text of Good") && scene.names("outbox").len() == 1);
    // By hand it is the same, and once it is mended its mail goes.
    let scene = scene.post("better.md", "Better", "2024-06-03");
    let ran = scene.run(&["--at", NEXT, "digest", "weekly"]);
    assert_eq!(
        (ran.code, scene.names("outbox").len()),
        (1, 2),
        "{}",
        ran.talk
    );
    fs::remove_file(scene.path("templates/digest.html")).unwrap();
    scene.run_at(NEXT, &["run"]);
    assert_eq!(scene.names("outbox").len(), 3);
}

#[test]
fn a_limit_shows_the_newest_and_lists_the_rest_with_links() {
    for order in ["newest", "oldest"] {
        let limited = CONFIG.replace(
            "since =",
            &format!("limit = 1\norder = \"{order}\"\nsince ="),
        );
        let scene = Scene::new()
            .file("config.toml", &limited)
            .post("one.md", "One", "2024-06-01")
            .post("two.md", "Two", "2024-06-02")
            .post("three.md", "Three", "2024-06-03");
        scene.run_at(MONDAY, &["run"]);
        let mail = newest(&scene);
        assert!(
            mail.contains("Text of Three") && !mail.contains("Text of Two"),
            "{mail}"
        );
        for link in ["https://hums.example/one/", "https://hums.example/two/"] {
            assert!(mail.matches(link).count() >= 2, "in both parts: {mail}");
        }
        assert!(scene.run_at(NEXT, &["run"]).contains("nothing new"));
    }
}

#[test]
fn a_frozen_issue_is_sent_once_more_to_one_reader_by_the_ledger() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(MONDAY, &["subscriber", "add", "ada@x.example"]);
    let out = scene.run_at(MONDAY, &["run"]);
    assert!(out.contains("2 sent (in outbox"), "{out}");
    scene.run_at(MONDAY, &["subscriber", "remove", "ada@x.example"]);
    let editors = |scene: &Scene| {
        let mut names = scene.names("outbox").into_iter();
        names.find(|name| name.contains("editor@")).unwrap()
    };
    let before = scene.read(&format!("outbox/{}", editors(&scene)));
    fs::remove_dir_all(scene.path("outbox")).unwrap();
    let status = scene.run_at(MONDAY, &["status"]);
    let number = status
        .split_whitespace()
        .find(|word| word.len() > 11 && i64::from_str_radix(word, 16).is_ok());
    let number = number.unwrap_or_else(|| panic!("{status}")).to_owned();
    let resend = |to: &str| {
        scene.run(&[
            "--at", NEXT, "digest", "weekly", "--resend", &number, "--to", to,
        ])
    };
    let ran = resend("editor@hums.example");
    ran.succeeds();
    assert!(
        ran.out.contains("1 sent (in outbox"),
        "this mail alone: {}",
        ran.out
    );
    assert_eq!(
        scene.read(&format!("outbox/{}", editors(&scene))),
        before,
        "the same bytes"
    );
    let ran = resend("late@x.example");
    assert!(
        ran.code == 0 && ran.out.contains("1 sent (in outbox"),
        "{}",
        ran.out
    );
    assert!(
        scene
            .names("outbox")
            .iter()
            .any(|name| name.contains("late@x.example"))
    );
    scene.run_at(NEXT, &["subscriber", "remove", "late@x.example"]);
    let ran = resend("late@x.example");
    assert!(
        ran.code == 2 && ran.talk.contains("has left"),
        "{}",
        ran.talk
    );
    let ran = scene.run(&[
        "--at",
        NEXT,
        "digest",
        "weekly",
        "--resend",
        "1234",
        "--to",
        "late@x.example",
    ]);
    assert!(
        ran.code == 2 && ran.talk.contains("has no issue `0000000000001234`"),
        "{}",
        ran.talk
    );
}

#[test]
fn an_issue_is_shown_in_files_or_as_a_test_and_counts_for_nothing() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at(
        MONDAY,
        &[
            "digest",
            "weekly",
            "--html",
            "a.html",
            "--eml",
            "a.eml",
            "--test",
            "Me <me@x.example>",
        ],
    );
    assert!(
        scene.read("a.html").contains("Text of One")
            && scene.read("a.html").contains("Hello there")
    );
    assert!(
        scene
            .read("a.eml")
            .starts_with("From: Hums <news@hums.example>\r\nTo: editor@hums.example\r\n")
    );
    let mails = scene.names("outbox");
    assert_eq!(mails.len(), 1);
    let test = scene.read(&format!("outbox/{}", mails[0]));
    assert!(
        test.contains("To: Me <me@x.example>\r\nSubject: [Test] Hums: One\r\n"),
        "{test}"
    );
    assert!(!scene.path("tidings.db").exists() && !scene.path("tidings.lock").exists());

    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let sent = scene.run_with(
        &["--at", MONDAY, "digest", "weekly", "--test", "me@x.example"],
        &[("TIDINGS_MAIL__SMTP", &relay.url())],
    );
    sent.succeeds();
    assert_eq!(relay.taken().len(), 1);
    let refused = scene.run_with(
        &[
            "--at",
            MONDAY,
            "digest",
            "weekly",
            "--test",
            "bad@x.example",
        ],
        &[("TIDINGS_MAIL__SMTP", &relay.url())],
    );
    assert!(
        refused.code == 2 && refused.talk.contains("550"),
        "{}",
        refused.talk
    );
}

#[test]
fn an_issue_is_shown_also_after_it_was_sent_with_an_empty_store_and_as_a_draft() {
    let draft = "---\ntitle: Draft\ndate: 2024-06-03\ndraft: true\n---\nText of Draft.\n";
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("post/draft.md", draft);
    scene.run_at(MONDAY, &["run"]);
    let show = |more: &[&str]| {
        let _ = fs::remove_file(scene.path("a.html"));
        let ran = scene.run(
            &[
                &["--at", MONDAY, "digest", "weekly", "--html", "a.html"],
                more,
            ]
            .concat(),
        );
        assert_eq!(ran.code, 0, "{more:?}: {}", ran.talk);
        (scene.read("a.html"), ran.talk)
    };
    assert!(show(&["--posts", "one"]).0.contains("Text of One"));
    assert!(show(&["--posts", "draft"]).0.contains("Text of Draft"));
    let (html, talk) = show(&[]);
    assert!(
        html.contains("Text of One")
            && !html.contains("Text of Draft")
            && talk.contains("nothing new"),
        "{talk}"
    );
    remove_store(&scene);
    let (html, talk) = show(&[]);
    assert!(
        html.contains("Text of One") && talk.contains("begun by another store"),
        "{talk}"
    );
    assert!(show(&["--posts", "one"]).0.contains("Text of One"));
    assert!(!scene.path("tidings.db").exists());
    // To the readers no draft goes.
    let ran = scene.run(&["--at", MONDAY, "digest", "weekly", "--posts", "draft"]);
    assert!(
        ran.code == 2 && scene.names("outbox").len() == 1,
        "{}",
        ran.talk
    );
}

#[test]
fn where_each_post_has_its_mail_the_newest_alone_is_shown() {
    let scene = Scene::new()
        .file("config.toml", &CONFIG.replace("0 8 * * MON", "each"))
        .post("one.md", "One", "2024-06-01")
        .post("two.md", "Two", "2024-06-02");
    scene.run_at(MONDAY, &["run"]);
    scene.run_at(MONDAY, &["digest", "weekly", "--html", "a.html"]);
    let html = scene.read("a.html");
    assert!(
        html.contains("Text of Two") && !html.contains("Text of One"),
        "{html}"
    );
}

#[test]
fn a_warning_is_named_with_its_file_and_line_and_an_error_stops_the_issue() {
    let scene = Scene::new().file(
        "post/one.md",
        "---\ntitle: One\ndate: 2024-06-01\n---\n\nSee [x](http://x.example/).\n",
    );
    let ran = scene.run(&["--at", MONDAY, "digest", "weekly", "--dry-run"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.talk
            .contains("warning: post/one.md:6: the link `http://x.example/` is not encrypted"),
        "{}",
        ran.talk
    );
    assert!(
        ran.out.starts_with("From: "),
        "the message alone stands on stdout: {}",
        ran.out
    );

    let footless = "{% extends \"default/digest.html\" %}\n{% block footer %}Bye{% endblock %}\n";
    let scene = scene.file("templates/digest.html", footless);
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert_eq!(ran.code, 1);
    let words = "error: templates/digest.html:2: the HTML part has no link to unsubscribe";
    assert!(ran.talk.contains(words), "{}", ran.talk);
    assert!(scene.names("outbox").is_empty());
    fs::remove_file(scene.path("templates/digest.html")).unwrap();
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn a_link_that_looks_like_a_mark_stops_no_issue() {
    let text =
        "---\ntitle: One\ndate: 2024-06-01\n---\n[x](https://x.example/%EE%80%90/\u{e011})\n";
    let ran = Scene::new().file("post/one.md", text).run(&[
        "--at",
        MONDAY,
        "digest",
        "weekly",
        "--dry-run",
    ]);
    assert_eq!(
        (ran.code, &ran.talk[..]),
        (0, "weekly: 1 post in 1 issue\n")
    );
}

#[test]
fn what_a_digest_leaves_out_of_a_post_is_named_once() {
    let text = "---\ntitle: One\ndate: 2024-06-01\n---\nTea.\n\n{{< gallery >}}\n";
    let named = |layout: &str, arguments: &[&str]| {
        let config = CONFIG.replace("since =", &format!("layout = \"{layout}\"\nsince ="));
        let scene = Scene::new()
            .file("config.toml", &config)
            .file("post/one.md", text);
        let ran = scene.run(&[&["--at", MONDAY], arguments].concat());
        ran.succeeds();
        ran.talk.matches("one.md:7: `gallery` is left out").count()
    };
    assert_eq!(named("full", &["digest", "weekly"]), 1);
    assert_eq!(named("full", &["run"]), 1);
    assert_eq!(named("headlines", &["digest", "weekly"]), 0);
}

#[test]
fn what_runs_from_the_right_begins_there_also_in_a_mail_that_does_not() {
    let config = CONFIG.replace("since =", "layout = \"full\"\nsince =");
    let post = |language: &str| {
        format!("---\ntitle: T\ndate: 2024-06-01\nlang: {language}\n---\n- a\n\n> b\n")
    };
    let html = |config: &str, post: &str| {
        let scene = Scene::new()
            .file("config.toml", config)
            .file("post/one.md", post);
        scene.run_at(MONDAY, &["digest", "weekly", "--html", "a.html"]);
        scene.read("a.html")
    };
    let list = |side: &str| {
        if side == "right" {
            "padding: 0 24px 0 0"
        } else {
            "padding: 0 0 0 24px"
        }
    };
    let arabic = config.replace("timezone", "language = \"ar\"\ntimezone");
    let all = html(&arabic, &post("ar"));
    assert!(
        !all.contains("align=\"left\"") && all.matches("dir=\"rtl\"").count() >= 2,
        "{all}"
    );
    let body = all.split("<body").nth(1).unwrap();
    assert!(
        body.contains(list("right"))
            && !body.contains(list("left"))
            && body.contains("border-right: 3px"),
        "{body}"
    );
    let mixed = html(&config, &post("he"));
    assert!(
        mixed.contains("align=\"right\" lang=\"he\" dir=\"rtl\"")
            && mixed.contains("align=\"left\""),
        "{mixed}"
    );
    let body = mixed.split("<body").nth(1).unwrap();
    assert!(
        body.contains(list("right")) && !body.contains(list("left")),
        "{body}"
    );
    let english = html(&arabic, &post("en"));
    let body = english.split("<body").nth(1).unwrap();
    assert!(
        body.contains("align=\"left\" lang=\"en\" dir=\"ltr\"") && body.contains(list("left")),
        "{body}"
    );
}

#[test]
fn a_site_changes_one_block_of_a_template_or_the_whole() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file(
            "templates/digest.html",
            "{% extends \"default/digest.html\" %}{% block greeting %}<tr><td>Ahoy {{ reader.name }}</td></tr>{% endblock %}",
        )
        .file("templates/digest.txt", "Plain for {{ reader.email }}: {{ posts[0].title }}\n{{ reader.unsubscribe }}\n");
    let message = scene
        .run_at(MONDAY, &["digest", "weekly", "--dry-run"])
        .replace("=\r\n", "");
    assert!(
        message.contains("Ahoy=20there")
            && message.contains("Text of One")
            && !message.contains("Hello"),
        "{message}"
    );
    assert!(
        message.contains("Plain for=20editor@hums.example: One\r\n"),
        "{message}"
    );
    let scene = scene.file("templates/digest.html", "<p>\n{{ nothing.here }}");
    let ran = scene.run(&["--at", MONDAY, "digest", "weekly", "--dry-run"]);
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("templates/digest.html:2: the template cannot be used"),
        "{}",
        ran.talk
    );
}

#[test]
fn what_a_post_writes_in_braces_stays_text_and_its_marks_are_no_slots() {
    let text = "---\ntitle: 'A {{ reader.name }} \u{e010}'\ndate: 2024-06-01\n---\n{{ reader.email }} {% raw %} &#xe011; \u{e012}x\n";
    let scene = Scene::new().file("post/one.md", text);
    let message = scene
        .run_at(MONDAY, &["digest", "weekly", "--dry-run"])
        .replace("=\r\n", "");
    assert!(
        message.contains("Subject: Hums: A {{ reader.name }}\r\n"),
        "{message}"
    );
    assert_eq!(
        message.matches("{{ reader.email }} {% raw %}  x").count(),
        3,
        "in both parts and the preheader: {message}"
    );
}

#[test]
fn an_image_whose_file_is_at_hand_says_its_size() {
    // The signature, and a header chunk that says 1072 times 600.
    let png = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\x30\0\0\x02\x58\x08\x02\0\0\0"[..],
        &[0; 12],
    ]
    .concat();
    let post = "---\ntitle: One\ndate: 2024-06-01\n---\n![A pot](/img/a%20pot.png) ![A cup](cup.png) ![Gone](gone.png)\n";
    let scene = Scene::new()
        .file("post/one.md", post)
        .file("static/img/keep", "");
    fs::write(scene.path("static/img/a pot.png"), &png).unwrap();
    fs::write(scene.path("post/cup.png"), &png).unwrap();
    scene.run_at(MONDAY, &["digest", "weekly", "--html", "a.html"]);
    let html = scene.read("a.html");
    assert_eq!(
        html.matches("width=\"536\" height=\"300\"").count(),
        2,
        "{html}"
    );
}

#[test]
fn signs_that_mean_something_in_html_are_text_in_the_subject_and_in_both_parts() {
    let scene = Scene::new().post("one.md", "'AT&T <x> \"y\"'", "2024-06-01");
    let message = scene
        .run_at(MONDAY, &["digest", "weekly", "--dry-run"])
        .replace("=\r\n", "");
    assert!(
        message.contains("Subject: Hums: AT&T <x> \"y\"\r\n"),
        "{message}"
    );
    assert!(
        message.contains("AT&T <x> \"y\"\r\n1 June 2024"),
        "{message}"
    );
    assert!(
        message.contains(">AT&amp;T &lt;x&gt; \"y\"</a>")
            || message.contains(">AT&amp;T &lt;x&gt; &quot;y&quot;</a>"),
        "{message}"
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
fn two_digests_by_hand_within_a_second_are_two_issues() {
    let scene =
        Scene::new()
            .post("one.md", "One", "2024-06-01")
            .post("two.md", "Two", "2024-06-02");
    for post in ["one", "two"] {
        let out = scene.run_at(MONDAY, &["digest", "weekly", "--posts", post]);
        assert!(out.contains("1 sent"), "{out}");
    }
    assert_eq!(scene.names("outbox").len(), 2);
}

#[test]
fn a_digest_by_hand_beside_its_paused_issue_names_the_issue() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let url = "smtp://127.0.0.1:1?tls=none";
    let live = |arguments: &[&str]| {
        scene.run_with(
            &[&["--at", MONDAY], arguments].concat(),
            &[
                ("TIDINGS_MAIL__SMTP", url),
                ("TIDINGS_MAIL__PATIENCE", "0s"),
            ],
        )
    };
    live(&["run"]);
    let issue = scene.run(&["status"]).out;
    let issue = issue.split(' ').next().unwrap();
    assert_eq!(live(&["issue", "pause", issue]).code, 0);
    let ran = live(&["digest", "weekly"]);
    ran.fails_with(1);
    assert!(
        ran.talk.contains("is paused") && ran.talk.contains(&format!("issue resume {issue}")),
        "{}",
        ran.talk
    );
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
