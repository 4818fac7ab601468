//! Issues by hand: chosen posts, repeats, resends, shown issues.

use std::fs;

use super::{NEXT, newest, remove_store, without_since};
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Scene};

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
            // Number of the issue and of the reader: what is signed in a dry run has another signature.
            let id = |mail: &str| {
                let line = mail.lines().find(|line| line.starts_with("Message-ID: "));
                line.unwrap()["Message-ID: <".len()..][..28].to_owned()
            };
            let mut sent = scene.names("outbox").into_iter();
            let is_shown = |name: String| id(&scene.read(&format!("outbox/{name}"))) == id(&dry);
            assert!(sent.any(is_shown), "a dry run shows the same ids");
        }
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
