//! Mail by a relay: once at each, refused and deferred, stopped and gone on, whatever the relay offers.

use std::collections::HashSet;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection, Executor};

use crate::database::Database;
use crate::relay::{Ahead, Fault, Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("reader{n}@x.example")).collect()
}

/// A site with these readers and nobody else.
fn scene(readers: &[String]) -> Scene {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    let config = scene
        .read("config.toml")
        .replace("to = [\"editor@hums.example\"]\n", "");
    let scene = scene.file("config.toml", &config);
    scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    scene
}

/// A run at a time, against a relay, with more set.
fn run_with(scene: &Scene, at: &str, relay: &Relay, more: &[(&str, &str)]) -> Ran {
    let url = relay.url();
    scene.run_with(
        &["--at", at, "run"],
        &[&[("TIDINGS_MAIL__SMTP", url.as_str())], more].concat(),
    )
}

fn run(scene: &Scene, relay: &Relay) -> Ran {
    run_with(scene, MONDAY, relay, &[])
}

fn spawn(scene: &Scene, relay: &Relay, connections: &str) -> Child {
    scene
        .command(&["--at", MONDAY, "run"])
        .env("TIDINGS_MAIL__SMTP", relay.url())
        .env("TIDINGS_MAIL__CONNECTIONS", connections)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_for(relay: &Relay, count: usize) {
    let began = Instant::now();
    while relay.count() < count && began.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(2));
    }
}

fn number(scene: &Scene) -> String {
    scene.status()["issue"].as_str().unwrap().to_owned()
}

fn sorted(readers: &[String]) -> Vec<String> {
    let mut sorted = readers.to_vec();
    sorted.sort();
    sorted
}

fn recipients(relay: &Relay) -> Vec<String> {
    let mut taken: Vec<String> = relay
        .taken()
        .into_iter()
        .map(|(recipient, _)| recipient)
        .collect();
    taken.sort();
    taken
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
        (true, None, 19),
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
        let relay = Relay::start(Habits::good(pipelining, Duration::ZERO));
        let one = ("TIDINGS_MAIL__CONNECTIONS", "1");
        let set: Vec<_> = [one].into_iter().chain(more).collect();
        let ran = run_with(&scene(&readers), MONDAY, &relay, &set);
        assert_eq!((ran.code, relay.count()), (0, 20), "{}", ran.talk);
        assert_eq!(relay.ahead(), expected, "{pipelining} {more:?}");
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
fn an_issue_that_is_paused_elsewhere_stops_at_once_and_goes_on_when_resumed() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(500));
    let mut child = spawn(&scene, &relay, "2");
    wait_for(&relay, 20);
    let number = number(&scene);
    assert!(
        scene
            .run_at(MONDAY, &["issue", "pause", &number])
            .contains("paused")
    );
    let before = relay.count();
    child.wait().unwrap();
    let stopped_at = relay.count();
    assert!(
        stopped_at <= before + 4,
        "{stopped_at} were sent, {before} before the pause"
    );
    run(&scene, &relay);
    assert_eq!(relay.count(), stopped_at, "a paused issue is left alone");
    assert_eq!(scene.run(&["issue", "pause", "beef"]).code, 2);
    scene.run_at(MONDAY, &["issue", "resume", &number]);
    let ran = run(&scene, &relay);
    assert_eq!((ran.code, relay.taken().len()), (0, 500), "{}", ran.talk);
}

#[test]
fn an_issue_that_is_cancelled_elsewhere_stops_at_once_and_nobody_waits() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(700));
    let mut child = spawn(&scene, &relay, "2");
    wait_for(&relay, 20);
    let number = number(&scene);
    scene.run_at(MONDAY, &["issue", "cancel", &number]);
    let before = relay.count();
    child.wait().unwrap();
    assert!(relay.count() <= before + 4);
    run(&scene, &relay);
    let told = scene.status();
    let (sent, given_up) = (&told["counts"]["sent"], &told["counts"]["given_up"]);
    assert_eq!(told["state"], "cancelled");
    assert_eq!(
        sent.as_u64().unwrap() + given_up.as_u64().unwrap(),
        700,
        "{}",
        told["counts"]
    );
    assert_eq!(sent, relay.count());
    assert_eq!(scene.run(&["issue", "resume", &number]).code, 2);
}

#[test]
fn a_signal_lets_what_is_on_the_wire_end_and_gives_back_the_rest() {
    for signal in ["INT", "TERM"] {
        let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
        let scene = scene(&many(700));
        let mut child = spawn(&scene, &relay, "4");
        wait_for(&relay, 50);
        let killed = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(1));
        let told = scene.status();
        assert_eq!(told["counts"]["sent"], relay.count(), "{}", told["counts"]);
        assert_eq!(
            (&told["counts"]["sending"], &told["state"]),
            (&0.into(), &"open".into())
        );
        assert!(told["uncertain"].as_array().unwrap().is_empty());
        assert_eq!(run(&scene, &relay).code, 0);
        assert_eq!(recipients(&relay).len(), 700);
    }
}

#[test]
fn a_signal_while_a_reader_turns_out_to_be_gone_takes_nothing_from_the_others() {
    let stalls = Habits {
        script: Some(("RCPT", Fault::Stall)),
        from: 1,
        ..Habits::good(true, Duration::from_millis(1500))
    };
    let relay = Relay::start(stalls);
    let readers = many(2);
    let scene = scene(&readers);
    let mut child = spawn(&scene, &relay, "1");
    wait_for(&relay, 1);
    let had = relay.taken().remove(0).0;
    let other = readers.iter().find(|reader| **reader != had).unwrap();
    scene.run_at(MONDAY, &["subscriber", "remove", other]);
    // Its envelope hangs, while its intent has been refused.
    thread::sleep(Duration::from_millis(2500));
    assert!(
        Command::new("kill")
            .arg("-INT")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().code() < Some(2));
    let told = scene.status();
    assert_eq!(
        (&told["counts"]["sent"], &told["counts"]["suppressed"]),
        (&1.into(), &1.into()),
        "{told}"
    );
}

#[test]
fn a_signal_cuts_short_the_wait_after_a_series_of_deferrals() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(
        &(0..30)
            .map(|n| format!("later{n}@x.example"))
            .collect::<Vec<_>>(),
    );
    let mut child = spawn(&scene, &relay, "1");
    // The wait is of some seconds by then.
    while relay
        .heard()
        .iter()
        .filter(|command| command.starts_with("RCPT"))
        .count()
        < 11
    {
        thread::sleep(Duration::from_millis(5));
    }
    let asked = Instant::now();
    assert!(
        Command::new("kill")
            .arg("-INT")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "it took {:?}",
        asked.elapsed()
    );
}

#[test]
fn a_run_that_sends_from_a_server_ends_at_once() {
    let Some(database) = Database::fresh("farewell") else {
        return;
    };
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let began = Instant::now();
    let ran = scene.run_with(
        &["--at", MONDAY, "run"],
        &[("TIDINGS_STORE__URL", &database.url())],
    );
    assert!(
        ran.code == 0 && ran.out.contains("1 sent"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "it took {:?}",
        began.elapsed()
    );
}

#[test]
fn a_second_run_leaves_the_mail_to_the_first() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(200));
    let mut first = spawn(&scene, &relay, "2");
    wait_for(&relay, 5);
    let second = run(&scene, &relay);
    second.succeeds().says("another run is sending");
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(recipients(&relay).len(), 200);
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
    // That the new name begins without the readers of the old one is said as well.
    late.says("set `was = \"weekly\"`");
}

#[test]
fn nothing_that_a_post_or_a_name_holds_breaks_out_of_its_message() {
    let evil = "\r\n.\r\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<more@x.example>\r\n";
    // A name with a line break is refused before it is a name.
    let name = "Eve \u{2028}.\u{2028} > \\ =?utf-8?q?=0D=0A.=0D=0A?= MAIL FROM:<evil@x.example>";
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

/// What is done to the store's file from elsewhere.
fn tell(scene: &Scene, text: &'static str) {
    sqlx::any::install_default_drivers();
    let address = format!("sqlite://{}", scene.path("tidings.db").display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
        connection.execute(sqlx::raw_sql(text)).await.unwrap();
        connection.close().await.unwrap();
    });
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
    tell(&scene, include_str!("schema-1.sql"));
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
fn two_ways_to_one_store_are_one_store() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(200));
    std::os::unix::fs::symlink(scene.path(""), scene.path("door")).unwrap();
    let mut first = spawn(&scene, &relay, "2");
    wait_for(&relay, 5);
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

#[test]
fn after_a_signal_no_other_issue_begins() {
    let to: Vec<String> = many(60)
        .iter()
        .map(|reader| format!("\"{reader}\""))
        .collect();
    let weekly = crate::scene::CONFIG.replace("\"editor@hums.example\"", &to.join(", "));
    let (site, digest) = weekly.split_once("[[digest]]").unwrap();
    let (digest, mail) = digest.split_once("[mail]").unwrap();
    let other = digest.replace("weekly", "other");
    let config = format!("{site}[[digest]]{digest}[[digest]]{other}[mail]{mail}");
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("config.toml", &config);
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let mut child = spawn(&scene, &relay, "1");
    wait_for(&relay, 5);
    assert!(
        Command::new("kill")
            .arg("-TERM")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let told: Value = serde_json::from_str(&scene.run_at(MONDAY, &["status", "--json"])).unwrap();
    assert_eq!(told["issues"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(run(&scene, &relay).code, 0);
    assert_eq!(recipients(&relay).len(), 120);
}

#[test]
fn who_is_forgotten_while_the_issue_is_on_its_way_gets_nothing_more() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(150));
    let mut child = spawn(&scene, &relay, "1");
    wait_for(&relay, 5);
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
