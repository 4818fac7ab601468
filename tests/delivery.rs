//! Mail by a relay: once at each, killed half way and gone on, refused and deferred.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::relay::{Habits, Relay};
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
        let relay = Relay::start(Habits { pipelining, thinks: Duration::ZERO });
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
    let relay = Relay::start(Habits { pipelining: true, thinks: Duration::ZERO });
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
    let relay = Relay::start(Habits { pipelining: true, thinks: Duration::from_millis(5) });
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
    let relay = Relay::start(Habits { pipelining: true, thinks: Duration::from_millis(20) });
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
