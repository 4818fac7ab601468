//! Messages that the relay may have accepted: sent again later, held for a person, or given up.

use std::time::Duration;

use super::{many, number, run_with, scene};
use crate::relay::{Fault, Habits, Relay};
use crate::scene::MONDAY;

#[test]
fn a_loss_after_the_dot_is_tried_again_later_or_held_for_a_person() {
    for (policy, state) in [("retry", "queued"), ("hold", "uncertain")] {
        let bad = Relay::start(Habits {
            script: Some((".", Fault::Drop)),
            ..Habits::good(true, Duration::ZERO)
        });
        let good = Relay::start(Habits::good(true, Duration::ZERO));
        let scene = scene(&many(1));
        let set = [
            ("TIDINGS_MAIL__UNCERTAIN", policy),
            ("TIDINGS_MAIL__PATIENCE", "0s"),
        ];
        assert_eq!(run_with(&scene, MONDAY, &bad, &set).code, 1);
        assert_eq!(scene.status()["counts"][state], 1, "{policy}");
        let told = scene.run_at(MONDAY, &["status"]);
        assert!(
            told.contains("may have it: ") && !told.contains("twice"),
            "{policy}: one copy left: {told}"
        );
        // Not at once: a relay that always falls then would get it a hundred times.
        run_with(&scene, MONDAY, &good, &set);
        assert_eq!((bad.count(), good.count()), (1, 0), "{policy}");
        if policy == "hold" {
            let number = number(&scene);
            assert!(
                scene
                    .run_at(
                        MONDAY,
                        &["issue", "resolve", &number, "--resend", "reader0@x.example"]
                    )
                    .contains('1')
            );
            assert_eq!(
                scene
                    .run(&["issue", "resolve", &number, "--skip", "nobody@x.example"])
                    .code,
                2
            );
        }
        assert_eq!(
            run_with(&scene, "2024-06-24T09:00:00+02:00", &good, &set).code,
            0
        );
        assert_eq!(bad.taken(), good.taken(), "{policy}: the same bytes");
        assert_eq!(scene.status()["uncertain"].as_array().unwrap().len(), 1);
        assert!(
            scene
                .run_at(MONDAY, &["status"])
                .contains("reader0@x.example: may have it twice: "),
            "{policy}"
        );
    }
}

#[test]
fn what_is_to_be_sent_again_of_a_paused_issue_waits_for_a_person() {
    let bad = Relay::start(Habits {
        script: Some((".", Fault::Drop)),
        ..Habits::good(true, Duration::ZERO)
    });
    let scene = scene(&["later@x.example".to_owned(), "one@x.example".to_owned()]);
    run_with(&scene, MONDAY, &bad, &[("TIDINGS_MAIL__UNCERTAIN", "hold")]);
    let number = number(&scene);
    scene.run_at(MONDAY, &["issue", "pause", &number]);
    let said = scene.run_at(MONDAY, &["issue", "resolve", &number, "--resend"]);
    assert!(
        said.contains("1 uncertain delivery to be sent when the issue is resumed"),
        "{said}"
    );
}

#[test]
fn what_is_uncertain_can_be_given_up() {
    let bad = Relay::start(Habits {
        script: Some((".", Fault::Drop)),
        ..Habits::good(true, Duration::ZERO)
    });
    let scene = scene(&many(1));
    run_with(
        &scene,
        MONDAY,
        &bad,
        &[
            ("TIDINGS_MAIL__UNCERTAIN", "hold"),
            ("TIDINGS_MAIL__PATIENCE", "0s"),
        ],
    );
    scene.run_at(MONDAY, &["issue", "resolve", &number(&scene), "--skip"]);
    let told = scene.status();
    assert_eq!(
        (&told["counts"]["given_up"], &told["state"]),
        (&1.into(), &"done".into())
    );
}

#[test]
fn a_relay_that_closes_at_every_dot_is_left_when_the_patience_ends() {
    for fault in ["421 4.3.2 closing", "421 4.7.0 too much"] {
        let says = Habits {
            script: Some((".", Fault::Says(fault))),
            ..Habits::good(true, Duration::ZERO)
        };
        let relay = Relay::start(says);
        let scene = scene(&many(200));
        let set = [
            ("TIDINGS_MAIL__PATIENCE", "1s"),
            ("TIDINGS_MAIL__CONNECTIONS", "2"),
        ];
        let ran = run_with(&scene, MONDAY, &relay, &set);
        assert!(ran.code == 1 && ran.talk.contains("421"), "{}", ran.talk);
        let untried = scene.status()["missed"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["attempts"] == 0)
            .count();
        assert!(untried > 150, "{untried} of 200 are untried");
    }
}

#[test]
fn an_answer_that_is_neither_yes_nor_no_ends_the_connection() {
    let script = Some((".", Fault::Says("354 go on")));
    let relay = Relay::start(Habits {
        script,
        ..Habits::good(true, Duration::ZERO)
    });
    run_with(
        &scene(&many(3)),
        MONDAY,
        &relay,
        &[("TIDINGS_MAIL__CONNECTIONS", "1")],
    );
    assert_eq!(relay.connections().0, 3);
}
