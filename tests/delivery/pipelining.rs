//! Connections and pipelining: an envelope goes out with the body before it, unless the relay fails at that.

use std::time::Duration;

use super::{many, recipients, run, run_with, scene};
use crate::relay::{Ahead, Habits, Relay};
use crate::scene::MONDAY;

fn sorted(readers: &[String]) -> Vec<String> {
    let mut sorted = readers.to_vec();
    sorted.sort();
    sorted
}

#[test]
fn more_than_a_claim_of_readers_get_one_each() {
    let mut readers = many(700);
    readers.sort();
    for pipelining in [true, false] {
        let relay = Relay::start(Habits::good(pipelining, Duration::ZERO));
        let scene = scene(&readers);
        let ran = run(&scene, &relay);
        ran.succeeds();
        run(&scene, &relay);
        assert_eq!(recipients(&relay), readers);
        let (connections, most) = relay.connections();
        assert!(
            connections <= 8 && most <= 8,
            "{connections} connections, {most} at once"
        );
    }
}

#[test]
fn a_connection_is_renewed_after_so_many_messages_and_after_a_421() {
    let mut readers = many(40);
    readers.sort();
    let polite = Relay::start(Habits::good(true, Duration::ZERO));
    let two = [
        ("TIDINGS_MAIL__CONNECTIONS", "2"),
        ("TIDINGS_MAIL__MESSAGES_PER_CONNECTION", "5"),
    ];
    assert_eq!(run_with(&scene(&readers), MONDAY, &polite, &two).code, 0);
    assert_eq!(recipients(&polite), readers);
    let (connections, most) = polite.connections();
    assert!(
        connections >= 8 && most <= 4,
        "{connections} connections, {most} at once"
    );
    let farewells = polite
        .heard()
        .iter()
        .filter(|command| *command == "QUIT")
        .count();
    assert!(
        farewells + 2 >= connections,
        "{farewells} of {connections} ended by QUIT"
    );

    let strict = Relay::start(Habits {
        most_messages: 15,
        ..Habits::good(false, Duration::ZERO)
    });
    let ran = run_with(
        &scene(&readers),
        MONDAY,
        &strict,
        &[("TIDINGS_MAIL__CONNECTIONS", "2")],
    );
    ran.succeeds();
    assert_eq!(
        recipients(&strict),
        readers,
        "a 421 loses nobody and charges nobody"
    );
}

#[test]
fn an_envelope_goes_out_with_the_body_before_so_that_a_message_costs_one_round_trip() {
    let readers = many(20);
    for (pipelining, more, expected) in [
        (true, None, 19_usize),
        (false, None, 0),
        // The relay would wait for each body.
        (true, Some(("TIDINGS_MAIL__PER_SECOND", "1000")), 0),
        // The last message of a connection has none behind it.
        (
            true,
            Some(("TIDINGS_MAIL__MESSAGES_PER_CONNECTION", "5")),
            16,
        ),
    ] {
        let relay = Relay::start(Habits::good(pipelining, Duration::from_millis(10)));
        let one = ("TIDINGS_MAIL__CONNECTIONS", "1");
        let set: Vec<_> = [one].into_iter().chain(more).collect();
        let ran = run_with(&scene(&readers), MONDAY, &relay, &set);
        assert_eq!((ran.code, relay.count()), (0, 20), "{}", ran.talk);
        // A message that the machine fills too late goes out without its envelope ahead: that costs a round trip, no more.
        let range = expected.saturating_sub(3)..=expected;
        let ahead = relay.ahead();
        assert!(range.contains(&ahead), "{pipelining} {more:?}: {ahead}");
    }
}

#[test]
fn a_relay_that_does_not_hear_what_is_said_ahead_is_spoken_to_in_turn() {
    let readers = many(20);
    for ahead in [Ahead::Drops, Ahead::Minds, Ahead::Refuses] {
        let relay = Relay::start(Habits {
            ahead,
            ..Habits::good(true, Duration::ZERO)
        });
        let set = [
            ("TIDINGS_MAIL__CONNECTIONS", "4"),
            ("TIDINGS_MAIL__TIMEOUT__COMMAND", "1s"),
            ("TIDINGS_MAIL__PATIENCE", "0s"),
        ];
        let ran = run_with(&scene(&readers), MONDAY, &relay, &set);
        assert_eq!(ran.code, 0, "{ahead:?}: {}{}", ran.out, ran.talk);
        assert_eq!(relay.ahead(), 1, "{ahead:?}: one tries it for all");
        assert_eq!(recipients(&relay), sorted(&readers), "{ahead:?}");
    }
}

#[test]
fn a_relay_that_falls_where_an_envelope_is_said_ahead_is_spoken_to_in_turn_from_then_on() {
    let relay = Relay::start(Habits {
        ahead: Ahead::Falls,
        ..Habits::good(true, Duration::ZERO)
    });
    let scene = scene(&many(20));
    let ran = run_with(
        &scene,
        MONDAY,
        &relay,
        &[("TIDINGS_MAIL__CONNECTIONS", "4")],
    );
    let told = scene.status();
    assert_eq!(
        told["uncertain"].as_array().unwrap().len(),
        1,
        "{}",
        ran.talk
    );
    assert_eq!(told["counts"]["sent"], 19);
    assert_eq!(recipients(&relay), sorted(&many(20)));
}
