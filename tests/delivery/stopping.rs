//! A pause, a cancellation, a signal or a second run, while messages are on the wire.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{many, number, recipients, run, scene, spawn};
use crate::database::Database;
use crate::relay::{Fault, Habits, Relay};
use crate::scene::{MONDAY, Scene};

/// Begins to send to so many readers over so many connections, and waits until some have got it.
fn begin(readers: usize, connections: &str, sent: usize) -> (Relay, Scene, Child) {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(&many(readers));
    let child = spawn(&scene, &relay, connections);
    relay.wait_for(sent);
    (relay, scene, child)
}

fn send_signal(child: &Child, signal: &str) {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{signal}")).arg(child.id().to_string());
    assert!(kill.status().unwrap().success());
}

#[test]
fn an_issue_that_is_paused_elsewhere_stops_at_once_and_goes_on_when_resumed() {
    let (relay, scene, mut child) = begin(500, "2", 20);
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
    let (relay, scene, mut child) = begin(700, "2", 20);
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
        let (relay, scene, mut child) = begin(700, "4", 50);
        send_signal(&child, signal);
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
    relay.wait_for(1);
    let had = relay.taken().remove(0).0;
    let other = readers.iter().find(|reader| **reader != had).unwrap();
    scene.run_at(MONDAY, &["subscriber", "remove", other]);
    // Its envelope hangs, while its intent has been refused.
    thread::sleep(Duration::from_millis(2500));
    send_signal(&child, "INT");
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
    send_signal(&child, "INT");
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
    let url = database.url();
    let mut times = Vec::new();
    for words in ["1 sent", "", ""] {
        let began = Instant::now();
        let ran = scene.run_with(&["--at", MONDAY, "run"], &[("TIDINGS_STORE__URL", &url)]);
        times.push(began.elapsed());
        ran.succeeds().prints(words);
    }
    // A store that is closed before its sender waits five seconds, each time; a busy machine takes as long only now and
    // then.
    let is_quick = |time: &Duration| *time < Duration::from_secs(5);
    assert!(times.iter().any(is_quick), "they took {times:?}");
}

#[test]
fn a_second_run_leaves_the_mail_to_the_first() {
    let (relay, scene, mut first) = begin(200, "2", 5);
    let second = run(&scene, &relay);
    second.succeeds().says("another run is sending");
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(recipients(&relay).len(), 200);
}

/// A resident sends for moments; whoever asks for an issue meanwhile gets it all the same.
#[test]
fn a_digest_by_hand_waits_for_a_sender_that_ends_soon() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["ada@x.example".to_owned()]);
    let holder = File::create(scene.path("tidings.db.sender")).unwrap();
    holder.lock().unwrap();
    let mut child = scene
        .command(&["--at", MONDAY, "digest", "weekly"])
        .env("TIDINGS_MAIL__SMTP", relay.url())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let waits = lines.any(|line| {
        line.unwrap()
            .contains("waiting for another run that is sending")
    });
    assert!(waits, "it says what it waits for");
    assert_eq!(relay.count(), 0);
    drop(holder);
    let said: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said:?}");
    assert_eq!(recipients(&relay), ["ada@x.example"]);
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
    relay.wait_for(5);
    send_signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let told: Value = serde_json::from_str(&scene.run_at(MONDAY, &["status", "--json"])).unwrap();
    assert_eq!(told["issues"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(run(&scene, &relay).code, 0);
    assert_eq!(recipients(&relay).len(), 120);
}
