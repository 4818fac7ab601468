//! Refused and deferred recipients, and series of refusals that pause an issue.

use std::collections::HashSet;
use std::time::Duration;

use super::{many, number, recipients, run, run_with, scene, spawn, tell};
use crate::relay::{Fault, Habits, Relay};
use crate::scene::MONDAY;

#[test]
fn a_bad_address_is_suppressed_and_a_deferred_one_waits() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["bad", "later", "good", "gone"].map(|name| format!("{name}@x.example")));
    let ran = run(&scene, &relay);
    ran.fails_with(1);
    assert_eq!(recipients(&relay), ["good@x.example"]);
    let told = scene.run_at(MONDAY, &["status"]);
    assert!(
        told.contains("bad@x.example: bounced: 550 5.1.1 no such user"),
        "{told}"
    );
    assert!(
        told.contains("later@x.example: queued: 451 4.7.1 come back"),
        "{told}"
    );
    assert!(
        told.contains("gone@x.example: given up: 550 no such user"),
        "{told}"
    );
    let list = scene.run_at(MONDAY, &["subscriber", "list"]);
    assert!(
        list.contains("bad@x.example  bounced") && list.contains("gone@x.example  active"),
        "{list}"
    );

    // Too early, a gap that grows, and in the end no more.
    for (at, attempts, state) in [
        ("2024-06-24T08:05:00+02:00", 1, "queued"),
        ("2024-06-24T08:05:10+02:00", 2, "queued"),
        ("2024-06-24T08:15:00+02:00", 2, "queued"),
        ("2024-06-24T08:15:20+02:00", 3, "queued"),
        ("2024-06-29T08:00:10+02:00", 4, "given up"),
    ] {
        run_with(&scene, at, &relay, &[]);
        let missed = scene.status()["missed"].as_array().unwrap().clone();
        let later = missed
            .iter()
            .find(|one| one["email"] == "later@x.example")
            .unwrap();
        assert_eq!(
            (&later["attempts"], &later["state"]),
            (&attempts.into(), &state.into()),
            "at {at}"
        );
    }
    assert_eq!(scene.status()["state"], "done");
}

#[test]
fn who_was_missed_is_listed_as_a_file_that_can_be_imported() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["bad", "gone", "good", "later"].map(|name| format!("{name}@x.example")));
    run(&scene, &relay);
    let failed = scene.run_at(MONDAY, &["status", "--failed"]);
    let addresses: HashSet<&str> = failed
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(
        addresses,
        HashSet::from(["email", "bad@x.example", "gone@x.example"]),
        "{failed}"
    );
    let scene = scene.file("again.csv", &failed);
    assert!(
        scene
            .run_at(
                MONDAY,
                &["subscriber", "import", "again.csv", "--confirmed"]
            )
            .starts_with("0 new, 1 known")
    );
    let told = scene.status();
    assert_eq!(told["recipients"], 4);
    let sum: u64 = told["counts"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(sum, 4, "the counts balance: {told}");
    let named = scene.run_at(MONDAY, &["status", &number(&scene)]);
    assert!(named.contains("gone@x.example: given up"), "{named}");
    assert_eq!(scene.run(&["status", "beef"]).code, 2);
}

#[test]
fn a_series_of_refusals_pauses_the_issue() {
    let domains = |name: &str| -> Vec<String> {
        (0..30)
            .map(|n| format!("{name}{n}@domain{n}.example"))
            .collect()
    };
    for (name, words) in [
        ("policy", "the first reply is a refusal by policy"),
        ("bad", "5 addresses in a row are bad"),
        ("spam", "3 messages in a row are refused"),
    ] {
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let scene = scene(&domains(name));
        let ran = run_with(
            &scene,
            MONDAY,
            &relay,
            &[("TIDINGS_MAIL__CONNECTIONS", "1")],
        );
        assert_eq!(ran.code, 1);
        assert!(
            ran.talk.contains(words) && ran.talk.contains("tidings issue resume"),
            "{name}: {}",
            ran.talk
        );
        let told = scene.status();
        assert_eq!(told["state"], "paused");
        assert!(told["reason"].as_str().unwrap().contains(words));
        assert!(
            told["counts"]["queued"].as_u64().unwrap() >= 25,
            "{}",
            told["counts"]
        );
        if name != "bad" {
            assert!(
                !scene
                    .run_at(MONDAY, &["subscriber", "list"])
                    .contains("bounced"),
                "nobody is suppressed by it"
            );
        }
    }
}

#[test]
fn a_relay_that_refuses_everybody_takes_no_reader_away() {
    let readers: Vec<String> = (0..30)
        .map(|n| format!("bad{n}@domain{n}.example"))
        .collect();
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&readers);
    assert_eq!(run(&scene, &relay).code, 1);
    let told = scene.status();
    assert_eq!(
        (&told["state"], &told["counts"]["queued"]),
        (&"paused".into(), &30.into()),
        "{told}"
    );
    assert!(
        !scene
            .run_at(MONDAY, &["subscriber", "list"])
            .contains("bounced")
    );
    // It is named at each run until a person has looked, and what is refused again then is believed.
    let again = run(&scene, &relay);
    assert!(
        again.code == 1 && again.talk.contains("is paused: 5 addresses"),
        "{}",
        again.talk
    );
    for _ in 0..12 {
        scene.run(&["issue", "resume", &number(&scene)]);
        run(&scene, &relay);
    }
    assert_eq!(scene.status()["counts"]["bounced"], 30);
    scene.run_at(MONDAY, &["subscriber", "add", "bad7@domain7.example"]);
    let list = scene.run_at(MONDAY, &["subscriber", "list"]);
    assert!(
        list.contains("bad7@domain7.example  active")
            && list.contains("bad8@domain8.example  bounced"),
        "{list}"
    );
}

#[test]
fn one_who_refuses_the_sender_alone_is_given_up_and_named_where_nobody_has_accepted_yet() {
    let relay = Relay::start(Habits {
        script: Some(("RCPT", Fault::Says("550 5.1.0 sender address rejected"))),
        ..Habits::good(true, Duration::ZERO)
    });
    let scene = scene(&many(1));
    let ran = run(&scene, &relay);
    assert!(
        ran.talk.contains("at reader0@x.example: 550 5.1.0") && ran.talk.contains("paused"),
        "{}",
        ran.talk
    );
    // Others have got this issue meanwhile: then it is theirs, not ours.
    let good = Relay::start(Habits::good(true, Duration::ZERO));
    let number = number(&scene);
    scene.run(&["issue", "resume", &number]);
    let to = [
        "--at",
        MONDAY,
        "digest",
        "weekly",
        "--resend",
        &number,
        "--to",
        "other@x.example",
    ];
    tell(&scene, "UPDATE delivery SET due_at = due_at + 86400");
    let url = good.url();
    scene.run_with(&to, &[("TIDINGS_MAIL__SMTP", &url)]);
    assert_eq!(recipients(&good), ["other@x.example"]);
    run_with(&scene, "2024-06-25T09:00:00+02:00", &relay, &[]);
    let told = scene.status();
    assert_eq!(
        (&told["state"], &told["counts"]["given_up"]),
        (&"done".into(), &1.into()),
        "{told}"
    );
}

#[test]
fn who_is_forgotten_while_the_issue_is_on_its_way_gets_nothing_more() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(150));
    let mut child = spawn(&scene, &relay, "1");
    relay.wait_for(5);
    let had = recipients(&relay);
    let mut spared = Vec::new();
    for reader in many(150)
        .into_iter()
        .filter(|reader| !had.contains(reader))
        .take(5)
    {
        scene.run_at(MONDAY, &["subscriber", "forget", &reader]);
        if !recipients(&relay).contains(&reader) {
            spared.push(reader);
        }
    }
    assert!(!spared.is_empty());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let taken = recipients(&relay);
    let late = spared
        .iter()
        .filter(|reader| taken.contains(reader))
        .count();
    assert!(late <= 1, "one may have been on the wire, {late} were not");
    assert_eq!(scene.status()["counts"]["suppressed"], 150 - taken.len());
}
