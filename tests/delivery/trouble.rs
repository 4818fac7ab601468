//! A relay in trouble: nobody is charged for it, and the waits end.

use std::time::Duration;

use serde_json::Value;

use super::{many, run, run_with, scene};
use crate::relay::{Fault, Habits, Relay};
use crate::scene::MONDAY;

#[test]
fn a_relay_that_is_down_charges_nobody() {
    let scene = scene(&many(3));
    let set = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "4s"),
    ];
    let ran = scene.run_with(&["--at", MONDAY, "run"], &set);
    assert!(
        ran.code == 1 && ran.talk.contains("refused"),
        "{}",
        ran.talk
    );
    // All connections wait for the same, which is said once.
    assert_eq!(ran.talk.matches("trying again").count(), 1, "{}", ran.talk);
    let told = scene.status();
    assert!(
        told["missed"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["attempts"] == 0)
    );
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let ran = run(&scene, &relay);
    ran.succeeds();
}

#[test]
fn a_few_at_whom_the_relay_always_falls_are_deferred_though_nobody_else_is_left() {
    for (few, connections) in [(2, "2"), (3, "1")] {
        let readers: Vec<String> = (0..few).map(|n| format!("drops{n}@x.example")).collect();
        let scene = scene(&readers);
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        assert_eq!(
            run_with(
                &scene,
                MONDAY,
                &relay,
                &[("TIDINGS_MAIL__CONNECTIONS", connections)]
            )
            .code,
            1
        );
        for missed in scene.status()["missed"].as_array().unwrap() {
            assert_eq!(missed["attempts"], 1, "{few}: {missed}");
        }
    }
}

#[test]
fn a_relay_that_closes_before_it_knows_for_whom_charges_nobody() {
    for (fault, most_messages) in [
        (Some(("MAIL", Fault::Says("421 4.3.2 closing"))), usize::MAX),
        (None, 1),
    ] {
        let relay = Relay::start(Habits {
            script: fault,
            most_messages,
            ..Habits::good(true, Duration::ZERO)
        });
        let scene = scene(&many(if fault.is_some() { 1 } else { 6 }));
        let set = [
            ("TIDINGS_MAIL__PATIENCE", "4s"),
            ("TIDINGS_MAIL__CONNECTIONS", "2"),
        ];
        run_with(&scene, MONDAY, &relay, &set);
        let told = scene.status();
        assert!(
            told["missed"]
                .as_array()
                .unwrap()
                .iter()
                .all(|missed| missed["attempts"] == 0),
            "{told}"
        );
    }
}

#[test]
fn a_wait_beyond_all_calendars_is_a_wait() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["later@x.example".to_owned()]);
    let ages = "100000000000d";
    let set = [
        ("TIDINGS_MAIL__RETRY", ages),
        ("TIDINGS_MAIL__RETRY_MAX", ages),
        ("TIDINGS_MAIL__GIVE_UP", ages),
    ];
    let ran = run_with(&scene, MONDAY, &relay, &set);
    let missed = scene.status()["missed"][0].clone();
    assert_eq!(
        (&missed["state"], &missed["attempts"]),
        (&"queued".into(), &1.into()),
        "{missed} {}",
        ran.talk
    );
}

#[test]
fn a_recipient_at_whom_every_connection_falls_ends_as_given_up() {
    let relay = Relay::start(Habits {
        script: Some(("RCPT", Fault::Drop)),
        ..Habits::good(true, Duration::ZERO)
    });
    let scene = scene(&many(1));
    run(&scene, &relay);
    let first = scene.status()["missed"][0].clone();
    assert_eq!(
        (&first["state"], &first["attempts"]),
        (&"queued".into(), &1.into()),
        "{first}"
    );
    run_with(&scene, "2024-06-30T08:00:05+02:00", &relay, &[]);
    assert_eq!(scene.status()["missed"][0]["state"], "given up");
}

#[test]
fn what_waits_since_long_but_was_never_tried_is_tried_for_its_whole_time() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["later@x.example".to_owned()]);
    let down = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    assert_eq!(scene.run_with(&["--at", MONDAY, "run"], &down).code, 1);
    for (at, state) in [
        ("2024-07-30T08:00:00+02:00", "queued"),
        ("2024-08-03T08:00:00+02:00", "queued"),
        ("2024-08-05T08:00:00+02:00", "given up"),
    ] {
        run_with(&scene, at, &relay, &[]);
        let all: Value =
            serde_json::from_str(&scene.run_at(MONDAY, &["status", "--json"])).unwrap();
        let first = all["issues"].as_array().unwrap().last().unwrap();
        assert_eq!(first["missed"][0]["state"], state, "at {at}");
    }
}
