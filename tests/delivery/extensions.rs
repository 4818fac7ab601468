//! The extensions and log-ins that a relay offers.

use std::collections::HashSet;
use std::time::Duration;

use super::{many, recipients, run, run_with, scene};
use crate::relay::{Fault, Habits, Relay};
use crate::scene::MONDAY;

#[test]
fn a_message_asks_for_what_it_needs_and_the_relay_offers() {
    let readers = ["дарья@пример.рф".to_owned(), "ada@x.example".to_owned()];
    let all: &[&str] = &["SIZE 1000000", "8BITMIME", "SMTPUTF8"];
    let relay = Relay::start(Habits {
        offers: all,
        ..Habits::good(true, Duration::ZERO)
    });
    assert_eq!(run(&scene(&readers), &relay).code, 0);
    let (taken, heard) = (relay.taken(), relay.heard());
    assert_eq!(taken.len(), 2);
    for command in heard.iter().filter(|command| command.starts_with("MAIL")) {
        assert!(command.contains(" SIZE="), "{command}");
        assert_eq!(
            command.contains("SMTPUTF8"),
            command.contains("8BITMIME"),
            "{command}"
        );
    }
    assert_eq!(
        heard
            .iter()
            .filter(|command| command.contains("SMTPUTF8"))
            .count(),
        1,
        "{heard:?}"
    );
    let sizes: HashSet<usize> = heard
        .iter()
        .filter_map(|command| {
            command
                .split(" SIZE=")
                .nth(1)?
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert_eq!(
        sizes,
        taken
            .iter()
            .map(|(_, message)| message.len())
            .collect::<HashSet<usize>>()
    );

    let poor = Relay::start(Habits::good(true, Duration::ZERO));
    let scene_of_two = scene(&readers);
    assert_eq!(run(&scene_of_two, &poor).code, 1);
    assert_eq!(recipients(&poor), ["ada@x.example"]);
    assert!(
        scene_of_two
            .run_at(MONDAY, &["status"])
            .contains("offers no SMTPUTF8")
    );

    let narrow = Relay::start(Habits {
        offers: &["SIZE 100"],
        ..Habits::good(true, Duration::ZERO)
    });
    let ran = run(&scene(&readers), &narrow);
    assert!(
        ran.talk.contains("the relay takes 100 octets") && ran.talk.contains("paused"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_password_is_given_in_the_way_that_is_offered_and_never_in_clear_to_another_machine() {
    for (offers, auth, expected) in [
        (
            &["AUTH LOGIN PLAIN"] as &'static [&'static str],
            "auto",
            "AUTH PLAIN AG5ld3MAaHVudGVyMg==",
        ),
        (&["AUTH=LOGIN"], "auto", "AUTH LOGIN"),
        (
            &["AUTH PLAIN LOGIN XOAUTH2"],
            "xoauth2",
            "AUTH XOAUTH2 dXNlcj1uZXdzAWF1dGg9QmVhcmVyIGh1bnRlcjIBAQ==",
        ),
        (
            &["auth xoauth2"],
            "auto",
            "AUTH XOAUTH2 dXNlcj1uZXdzAWF1dGg9QmVhcmVyIGh1bnRlcjIBAQ==",
        ),
    ] {
        let relay = Relay::start(Habits {
            offers,
            ..Habits::good(true, Duration::ZERO)
        });
        let set = [
            ("TIDINGS_MAIL__USER", "news"),
            ("TIDINGS_MAIL__PASSWORD", "hunter2"),
            ("TIDINGS_MAIL__AUTH", auth),
        ];
        let ran = run_with(&scene(&many(1)), MONDAY, &relay, &set);
        assert_eq!(ran.code, 0, "{offers:?}: {}", ran.talk);
        assert!(
            relay.heard().contains(&expected.to_owned()),
            "{offers:?}: {:?}",
            relay.heard()
        );
    }
    let elsewhere = [
        ("TIDINGS_MAIL__SMTP", "smtp://relay.invalid?tls=none"),
        ("TIDINGS_MAIL__USER", "news"),
        ("TIDINGS_MAIL__PASSWORD", "hunter2"),
    ];
    let ran = scene(&many(1)).run_with(&["run"], &elsewhere);
    assert!(
        ran.code == 2 && ran.talk.contains("the password stays here"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_user_without_a_password_is_not_silently_nobody() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let ran = run_with(
        &scene(&many(1)),
        MONDAY,
        &relay,
        &[("TIDINGS_MAIL__USER", "news")],
    );
    assert!(
        ran.code == 2 && ran.talk.contains("TIDINGS_MAIL__PASSWORD"),
        "{}",
        ran.talk
    );
    assert_eq!(relay.count(), 0);
}

#[test]
fn an_offer_is_seen_though_the_greeting_has_no_words() {
    let script = Some(("EHLO", Fault::Says("250-\r\n250 SIZE 100")));
    let relay = Relay::start(Habits {
        script,
        ..Habits::good(false, Duration::ZERO)
    });
    let ran = run(&scene(&many(1)), &relay);
    ran.says("the relay takes 100 octets");
}

#[test]
fn a_sender_beyond_ascii_asks_for_smtputf8() {
    let from = [("TIDINGS_MAIL__FROM", "новости@hums.example")];
    let all: &[&str] = &["8BITMIME", "SMTPUTF8"];
    let relay = Relay::start(Habits {
        offers: all,
        ..Habits::good(true, Duration::ZERO)
    });
    let ran = run_with(&scene(&many(1)), MONDAY, &relay, &from);
    ran.succeeds();
    assert!(
        relay
            .heard()
            .iter()
            .any(|command| command.starts_with("MAIL") && command.contains(" SMTPUTF8"))
    );
    let poor = Relay::start(Habits::good(true, Duration::ZERO));
    let ran = run_with(&scene(&many(1)), MONDAY, &poor, &from);
    assert!(
        ran.talk.contains("offers no SMTPUTF8") && ran.talk.contains("paused"),
        "{}",
        ran.talk
    );
}
