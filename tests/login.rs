//! The password goes only where it is asked for, and comes back nowhere.

use std::time::Duration;

use crate::relay::{Fault, Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const PASSWORD: &str = "hunter2 and more";
/// The password, and user and password, in base64.
const ENCODED: [&str; 2] = [
    "aHVudGVyMiBhbmQgbW9yZQ==",
    "AG5ld3MAaHVudGVyMiBhbmQgbW9yZQ==",
];

fn scene() -> Scene {
    Scene::new().post("one.md", "One", "2024-06-01")
}

fn run(scene: &Scene, url: &str, more: &[(&str, &str)]) -> Ran {
    let set = [
        ("TIDINGS_MAIL__SMTP", url),
        ("TIDINGS_MAIL__USER", "news"),
        ("TIDINGS_MAIL__PASSWORD", PASSWORD),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    scene.run_with(&["--at", MONDAY, "run"], &[&set, more].concat())
}

/// Everything that a person or a file of the site could show.
fn all_that_is_shown(scene: &Scene, ran: &Ran) -> String {
    let mut shown = format!("{}{}", ran.out, ran.talk);
    for command in [
        &["status"] as &[&str],
        &["status", "--json"],
        &["status", "--failed"],
    ] {
        shown.push_str(&scene.run_at(MONDAY, command));
    }
    for file in ["tidings.db", "tidings.db-wal"] {
        let bytes = std::fs::read(scene.path(file)).unwrap_or_default();
        shown.push_str(&String::from_utf8_lossy(&bytes));
    }
    shown
}

#[test]
fn the_password_is_sent_only_in_a_way_that_is_offered() {
    for (offers, auth, words) in [
        (&[] as &'static [&'static str], "auto", "offers no AUTH"),
        (&[], "plain", "offers no AUTH"),
        (&["AUTH CRAM-MD5 GSSAPI"], "auto", "only CRAM-MD5, GSSAPI"),
        (&["AUTH LOGIN"], "plain", "it offers LOGIN"),
        (&["AUTH PLAIN LOGIN"], "xoauth2", "it offers PLAIN, LOGIN"),
    ] {
        let relay = Relay::start(Habits {
            offers,
            ..Habits::good(true, Duration::ZERO)
        });
        let ran = run(&scene(), &relay.url(), &[("TIDINGS_MAIL__AUTH", auth)]);
        assert!(
            ran.code == 1 && ran.talk.contains(words),
            "{offers:?} {auth}: {}",
            ran.talk
        );
        let heard = relay.heard();
        assert!(
            !heard
                .iter()
                .any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")),
            "{heard:?}"
        );
    }
}

#[test]
fn a_relay_that_repeats_the_password_tells_nobody() {
    for (phase, offers, reply) in [
        (
            "AUTH",
            "AUTH PLAIN",
            "535 5.7.8 no: AUTH PLAIN AG5ld3MAaHVudGVyMiBhbmQgbW9yZQ==",
        ),
        ("AUTH", "AUTH PLAIN", "454 4.7.0 not now: hunter2 and more"),
        (
            "AUTH",
            "AUTH PLAIN",
            "535-no\r\n535-AG5ld3MAaHVu\r\n535 dGVyMiBhbmQgbW9yZQ==",
        ),
        ("AUTH", "AUTH LOGIN", "535 5.7.8 aHVudGVyMiBhbmQgbW9yZQ=="),
        (
            "MAIL",
            "AUTH PLAIN",
            "550 5.7.1 hunter2 and more is no password",
        ),
        (
            "RCPT",
            "AUTH PLAIN",
            "550 5.1.1 you said AG5ld3MAaHVudGVyMiBhbmQgbW9yZQ==",
        ),
        (
            "RCPT",
            "AUTH PLAIN",
            "451 4.1.1 you said AG5ld3MAaHVudGVyMiBhbm",
        ),
        (".", "AUTH PLAIN", "554 5.6.0 x aHVudGVyMiBhbmQgbW9yZQ== x"),
    ] {
        let relay = Relay::start(Habits {
            offers: vec![offers].leak(),
            script: Some((phase, Fault::Says(reply))),
            ..Habits::good(true, Duration::ZERO)
        });
        let scene = scene();
        let ran = run(&scene, &relay.url(), &[]);
        assert_eq!(ran.code, 1, "{reply}: {}{}", ran.out, ran.talk);
        let shown = all_that_is_shown(&scene, &ran);
        for secret in [
            "hunter2",
            &ENCODED[0][..12],
            &ENCODED[1][..12],
            &ENCODED[1][12..24],
        ] {
            assert!(!shown.contains(secret), "{reply}: {secret}: {}", ran.talk);
        }
        // The code is shown all the same.
        assert!(shown.contains(&reply[..3]), "{reply}: {shown}");
    }
}

#[test]
fn nothing_is_frozen_for_a_relay_that_cannot_be_used() {
    let url = "smtp://localhost:9";
    for (set, file, words) in [
        (
            ("TIDINGS_MAIL__CA", "missing.pem"),
            None,
            "`missing.pem`, which `ca` names: cannot be read: No such file",
        ),
        (
            ("TIDINGS_MAIL__CA", "none.pem"),
            Some("no certificate"),
            "no certificate in PEM form",
        ),
        (
            ("TIDINGS_MAIL__CA", "bad.pem"),
            Some("-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"),
            "`bad.pem`, which `ca` names",
        ),
    ] {
        let scene = match file {
            Some(text) => scene().file(set.1, text),
            None => scene(),
        };
        let ran = run(&scene, url, &[set]);
        assert!(
            ran.code == 2 && ran.talk.contains(words),
            "{words}: {}",
            ran.talk
        );
        assert!(scene.run_at(MONDAY, &["status"]).contains("no issues yet"));
        // Once it is mended the same run sends what is due.
        assert_eq!(scene.run_at(MONDAY, &["run"]).matches("1 sent").count(), 1);
    }
}
