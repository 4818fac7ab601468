//! Issues beside the relay: the outbox, open and cancelled issues, the store that keeps them.

use std::time::Duration;

use super::{many, number, recipients, run, run_with, scene, spawn, tell};
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Scene};

#[test]
fn an_outbox_that_cannot_be_written_loses_nobody() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("outbox", "a file where the folder should be");
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(
        ran.code == 1 && ran.talk.contains("cannot be written"),
        "{}{}",
        ran.out,
        ran.talk
    );
    std::fs::remove_file(scene.path("outbox")).unwrap();
    // Later than the first, however long that took.
    let ran = scene.run(&["--at", "2024-06-24T08:05:00+02:00", "run"]);
    assert_eq!(
        (ran.code, scene.names("outbox").len()),
        (0, 1),
        "{}{}",
        ran.out,
        ran.talk
    );
}

#[test]
fn mails_of_one_second_stand_in_files_of_their_own() {
    let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(60));
    let config = crate::scene::CONFIG.replace("0 8 * * MON", "each").replace(
        "\"editor@hums.example\"",
        &format!("\"editor@hums.example\", \"{long}\""),
    );
    let scene = Scene::new().file("config.toml", &config);
    let scene = scene
        .post("one.md", "One", "2024-06-01")
        .post("two.md", "Two", "2024-06-02");
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(
        scene.names("outbox").len(),
        4,
        "{:?}",
        scene.names("outbox")
    );
}

#[test]
fn an_open_issue_is_finished_though_its_digest_is_gone_from_the_config() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["later@x.example".to_owned()]);
    assert_eq!(run(&scene, &relay).code, 1);
    let renamed = crate::scene::CONFIG
        .replace("weekly", "other")
        .replace("since = \"2013-01-01\"\n", "");
    let scene = scene.file("config.toml", &renamed);
    let url = relay.url();
    // Ten days later it is no longer tried, and that is said.
    let late = scene.run_with(
        &["--at", "2024-07-04T09:00:00+02:00", "run", "-q"],
        &[("TIDINGS_MAIL__SMTP", &url)],
    );
    assert!(
        late.code == 2 && late.talk.contains("1 given up") && late.out.is_empty(),
        "{}{}",
        late.out,
        late.talk
    );
    late.says("says who and why");
    // The run says as well that the new name begins without the readers of the old one.
    late.says("set `was = \"weekly\"`");
}

#[test]
fn nothing_that_a_post_or_a_name_holds_breaks_out_of_its_message() {
    let evil = "\r\n.\r\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<more@x.example>\r\n";
    // A name with a line break or a line separator is refused before it is a name.
    let name = "Eve . > \\ =?utf-8?q?=0D=0A.=0D=0A?= MAIL FROM:<evil@x.example>";
    for pipelining in [true, false] {
        let relay = Relay::start(Habits::good(pipelining, Duration::ZERO));
        let scene = Scene::new()
            .file(
                "post/one.md",
                &format!("---\ntitle: \"One .\"\ndate: 2024-06-01\n---\n.\n\n..\n\nA\rb{evil}\n\n{evil}\n.\n"),
            )
            .file("people.csv", &format!("email,name\nreader@x.example,{name}\n"));
        let config = scene
            .read("config.toml")
            .replace("to = [\"editor@hums.example\"]\n", "");
        let scene = scene.file("config.toml", &config);
        let imported = scene.run(&[
            "--at",
            MONDAY,
            "subscriber",
            "import",
            "people.csv",
            "--confirmed",
        ]);
        assert!(
            imported.out.starts_with("1 new"),
            "{}{}",
            imported.out,
            imported.talk
        );
        let ran = run(&scene, &relay);
        ran.succeeds();
        assert_eq!(recipients(&relay), ["reader@x.example"]);
        let heard = relay.heard();
        let verbs: Vec<&str> = heard
            .iter()
            .filter_map(|command| command.split([' ', ':']).next())
            .collect();
        assert_eq!(verbs, ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    }
}

#[test]
fn an_issue_that_cannot_be_read_keeps_no_other_from_its_readers() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["later@x.example".to_owned()]);
    run(&scene, &relay);
    tell(&scene, "UPDATE issue SET compiled = 'odd'");
    let scene = scene.post("two.md", "Two", "2024-06-29");
    scene.run_at(MONDAY, &["subscriber", "add", "good@x.example"]);
    let ran = run_with(&scene, "2024-07-01T08:00:05+02:00", &relay, &[]);
    assert!(
        ran.code == 1 && ran.talk.contains("cannot be read"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert_eq!(recipients(&relay), ["good@x.example"]);
}

#[test]
fn a_run_brings_an_older_store_up_to_date() {
    let scene = scene(&many(1));
    std::fs::remove_file(scene.path("tidings.db")).unwrap();
    std::fs::write(scene.path("tidings.db"), "").unwrap();
    tell(&scene, include_str!("../schema-1.sql"));
    let ran = scene.run(&["--at", MONDAY, "status"]);
    assert!(
        ran.code == 2 && ran.talk.contains("`tidings run` brings it up to date"),
        "{}",
        ran.talk
    );
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let ran = run(&scene, &relay);
    assert!(!ran.talk.contains("older version"), "{}", ran.talk);
    assert_eq!(scene.status()["issue"], "0000000000000007");
}

#[test]
fn a_cancelled_issue_says_what_becomes_of_its_posts() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["later@x.example".to_owned()]);
    run(&scene, &relay);
    let said = scene.run_at(MONDAY, &["issue", "cancel", &number(&scene)]);
    assert!(said.contains("its posts are news again"), "{said}");
    scene.run_at(MONDAY, &["subscriber", "add", "good@x.example"]);
    let ran = run_with(&scene, "2024-07-01T08:00:05+02:00", &relay, &[]);
    assert_eq!(
        recipients(&relay),
        ["good@x.example"],
        "{}{}",
        ran.out,
        ran.talk
    );
    let said = scene.run_at(MONDAY, &["issue", "cancel", &number(&scene)]);
    assert!(said.contains("not sent again"), "{said}");
    let again = scene.run(&["issue", "resolve", &number(&scene), "--resend"]);
    assert!(
        again.code == 2 && again.talk.contains("is cancelled"),
        "{}",
        again.talk
    );
}

#[test]
fn two_ways_to_one_store_are_one_store() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(100)));
    let scene = scene(&many(200));
    std::os::unix::fs::symlink(scene.path(""), scene.path("door")).unwrap();
    let mut first = spawn(&scene, &relay, "2");
    relay.wait_for(5);
    let second = run_with(
        &scene,
        MONDAY,
        &relay,
        &[("TIDINGS_STORE__URL", "sqlite:door/tidings.db")],
    );
    assert!(
        second.code == 0 && second.talk.contains("another run is sending"),
        "{}",
        second.talk
    );
    let by_hand = scene.run_with(
        &["--at", MONDAY, "digest", "weekly"],
        &[("TIDINGS_MAIL__SMTP", &relay.url())],
    );
    assert!(
        by_hand.code == 2 && by_hand.talk.contains("another run is sending"),
        "{}",
        by_hand.talk
    );
    first.wait().unwrap();
    assert_eq!(recipients(&relay).len(), 200);
}

#[test]
fn a_store_that_others_could_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt;
    let scene = scene(&many(1));
    let mode = |mode| {
        std::fs::set_permissions(scene.path("tidings.db"), PermissionsExt::from_mode(mode))
            .unwrap();
    };
    mode(0o644);
    scene.run_at(MONDAY, &["subscriber", "add", "good@x.example"]);
    assert_eq!(
        std::fs::metadata(scene.path("tidings.db"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}
