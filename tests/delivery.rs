//! Mail by a relay: once at each, killed half way and gone on, refused and deferred.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::relay::{Fault, Habits, Relay};
use crate::scene::Scene;

const MONDAY: &str = "2024-06-24T08:00:05+02:00";

fn scene(readers: &[String]) -> Scene {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    scene.run_at(MONDAY, &["subscriber", "import", "people.csv", "--confirmed"]);
    scene
}

fn run(scene: &Scene, relay: &Relay) -> crate::scene::Ran {
    scene.run_with(&["--at", MONDAY, "run"], &[("TIDINGS_MAIL__SMTP", &relay.url())])
}

#[test]
fn five_hundred_readers_get_one_each() {
    let readers: Vec<String> = (0..500).map(|n| format!("reader{n}@x.example")).collect();
    for pipelining in [true, false] {
        let relay = Relay::start(Habits::good(pipelining, Duration::ZERO));
        let scene = scene(&readers);
        let ran = run(&scene, &relay);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.talk);
        run(&scene, &relay);
        let mut taken: Vec<String> = relay.taken().into_iter().map(|(recipient, _)| recipient).collect();
        taken.sort();
        let mut expected = readers.clone();
        expected.push("editor@hums.example".to_owned());
        expected.sort();
        assert_eq!(taken, expected);
    }
}

#[test]
fn a_bad_address_is_suppressed_and_a_deferred_one_waits() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["bad@x.example".to_owned(), "later@x.example".to_owned(), "good@x.example".to_owned()]);
    let ran = run(&scene, &relay);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.talk);
    assert_eq!(relay.taken().len(), 2, "good and the editor");
    let status = scene.run_at(MONDAY, &["status"]);
    assert!(status.contains("bad@x.example: bounced: 550 5.1.1 no such user"), "{status}");
    assert!(status.contains("later@x.example: queued: 451 4.7.1 come back"), "{status}");
    assert!(scene.run_at(MONDAY, &["subscriber", "list"]).contains("bad@x.example  bounced"));
}

#[test]
fn a_sender_that_is_killed_loses_nobody_and_repeats_at_most_one_a_connection() {
    let readers: Vec<String> = (0..500).map(|n| format!("reader{n}@x.example")).collect();
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&readers);
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["--at", MONDAY, "run"])
        .current_dir(scene.path(""))
        .env_clear()
        .env("TIDINGS_MAIL__SMTP", relay.url())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while relay.taken().len() < 150 && began.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = relay.taken().len();
    assert!((150..501).contains(&before), "{before} were taken before the kill");
    let ran = run(&scene, &relay);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.talk);
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    for (recipient, message) in relay.taken() {
        copies.entry(recipient).or_default().push(message);
    }
    assert_eq!(copies.len(), 501, "nobody is lost");
    let status = scene.run_at(MONDAY, &["status"]);
    let repeated: Vec<_> = copies.iter().filter(|(_, messages)| messages.len() > 1).collect();
    assert!(repeated.len() <= 8, "{} repeats", repeated.len());
    for (recipient, messages) in repeated {
        assert!(messages.len() == 2 && messages[0] == messages[1], "{recipient}: the bytes differ");
        assert!(status.contains(&format!("{recipient}: may have it twice")), "{status}");
    }
}

#[test]
fn a_paused_issue_waits_until_it_is_resumed() {
    let readers: Vec<String> = (0..500).map(|n| format!("reader{n}@x.example")).collect();
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&readers);
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["--at", MONDAY, "run"])
        .current_dir(scene.path(""))
        .env_clear()
        .env("TIDINGS_MAIL__SMTP", relay.url())
        .env("TIDINGS_MAIL__CONNECTIONS", "2")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while relay.taken().len() < 20 && began.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(2));
    }
    let status = scene.run_at(MONDAY, &["status"]);
    let number = status.split_whitespace().next().unwrap().to_owned();
    assert!(scene.run_at(MONDAY, &["issue", "pause", &number]).contains("paused"));
    child.wait().unwrap();
    let stopped_at = relay.taken().len();
    assert!(stopped_at < 501, "{stopped_at} were sent all the same");
    run(&scene, &relay);
    assert_eq!(relay.taken().len(), stopped_at, "a paused issue is left alone");
    assert_eq!(scene.run(&["issue", "pause", "beef"]).code, 2);
    scene.run_at(MONDAY, &["issue", "resume", &number]);
    let ran = run(&scene, &relay);
    assert_eq!((ran.code, relay.taken().len()), (0, 501), "{}", ran.talk);
}

#[test]
fn whatever_goes_wrong_in_whichever_phase_nobody_is_lost_and_nothing_repeats_unsaid() {
    let faults = [
        Fault::Says("421 4.3.2 closing"),
        Fault::Says("451 4.3.0 later"),
        Fault::Says("garbage"),
        Fault::Drop,
        Fault::Hang,
        Fault::Endless,
        Fault::Latin1,
    ];
    let mut cells = Vec::new();
    for phase in ["connect", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        // A body that the relay does not read as one is no fault of its reply.
        let wanted = |fault: &&Fault| (phase, **fault) != ("DATA", Fault::Latin1);
        cells.extend(faults.iter().filter(wanted).map(|fault| (phase, *fault)));
    }
    for (phase, fault) in cells {
        let bad = Relay::start(Habits { script: Some((phase, fault)), ..Habits::good(false, Duration::ZERO) });
        let good = Relay::start(Habits::good(true, Duration::ZERO));
        let scene = scene(&[]);
        let url = bad.url();
        let mut environment = vec![("TIDINGS_MAIL__SMTP", url.as_str()), ("TIDINGS_MAIL__PATIENCE", "0s")];
        for limit in ["GREETING", "COMMAND", "DATA", "DOT"] {
            let name: &'static str = match limit {
                "GREETING" => "TIDINGS_MAIL__TIMEOUT__GREETING",
                "COMMAND" => "TIDINGS_MAIL__TIMEOUT__COMMAND",
                "DATA" => "TIDINGS_MAIL__TIMEOUT__DATA",
                _ => "TIDINGS_MAIL__TIMEOUT__DOT",
            };
            environment.push((name, "1s"));
        }
        let began = Instant::now();
        let ran = scene.run_with(&["--at", MONDAY, "run"], &environment);
        assert!(began.elapsed() < Duration::from_secs(20), "{phase} {fault:?} hangs");
        // The code counts, whatever the words are written in.
        assert!(fault != Fault::Latin1 || ran.code == 0, "{phase} {fault:?}: {}", ran.talk);
        // A day later the relay is well again.
        let url = good.url();
        let later = scene.run_with(&["--at", "2024-06-25T09:00:00+02:00", "run"], &[("TIDINGS_MAIL__SMTP", &url)]);
        assert_eq!(later.code, 0, "{phase} {fault:?}: {}{}", later.out, later.talk);
        let (first, second) = (bad.taken(), good.taken());
        let status = scene.run_at(MONDAY, &["status"]);
        assert!(status.contains("1 sent") && status.contains("done"), "{phase} {fault:?}: {status}");
        match (first.len(), second.len()) {
            (1, 0) | (0, 1) => {}
            // The relay took it and did not say so, or said that it did not.
            (1, 1) => {
                let refused = fault == Fault::Says("451 4.3.0 later") || fault == Fault::Says("421 4.3.2 closing");
                assert!(
                    phase == "." && (refused || status.contains("may have it twice")),
                    "{phase} {fault:?}: {status}"
                );
                assert_eq!(first, second, "the bytes differ");
            }
            counts => panic!("{phase} {fault:?}: {counts:?}"),
        }
    }
}
