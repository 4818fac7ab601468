//! Settings at their edges, and a person who does not want to wait.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use url::Url;

use crate::database::Database;
use crate::program::missing;
use crate::relay::{Fault, Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

/// A site with these readers and nobody else.
fn scene(readers: &[&str]) -> Scene {
    let to: Vec<String> = readers
        .iter()
        .map(|name| format!("{name}@x.example"))
        .collect();
    let config = crate::scene::CONFIG.replace("editor@hums.example", &to.join("\", \""));
    Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("config.toml", &config)
}

fn run(scene: &Scene, at: &str, relay: &Relay, set: &[(&str, &str)]) -> Ran {
    let url = relay.url();
    let set = [
        &[
            ("TIDINGS_MAIL__SMTP", url.as_str()),
            ("TIDINGS_MAIL__PATIENCE", "0s"),
        ],
        set,
    ]
    .concat();
    scene.run_with(&["--at", at, "run"], &set)
}

#[test]
fn without_patience_a_reader_at_whom_the_relay_hangs_up_keeps_no_issue_open_for_ever() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(&["drops0", "drops1", "good"]);
    for at in [
        MONDAY,
        "2024-06-24T08:10:05+02:00",
        "2024-06-24T08:20:05+02:00",
        "2024-06-28T08:00:05+02:00",
    ] {
        let ran = run(&scene, at, &relay, &[("TIDINGS_MAIL__CONNECTIONS", "1")]);
        assert!(
            ran.code == 1 && ran.talk.contains("the next run goes on"),
            "{}",
            ran.talk
        );
        let missed = scene.status()["missed"].clone();
        assert!(
            missed
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one["attempts"] == 0),
            "nobody is charged: {missed}"
        );
    }
    assert_eq!(relay.count(), 1);
    for at in ["2024-06-30T08:00:05+02:00", "2024-06-30T08:10:05+02:00"] {
        run(&scene, at, &relay, &[]);
    }
    let told = scene.status();
    assert_eq!(
        (&told["state"], &told["counts"]["given_up"]),
        (&"done".into(), &2.into()),
        "{told}"
    );
}

#[test]
fn a_slow_rate_keeps_no_relay_waiting_that_does_not_wait() {
    let relay = Relay::start(Habits {
        listens: Some(Duration::from_secs(2)),
        ..Habits::good(true, Duration::ZERO)
    });
    let scene = scene(&["one", "two"]);
    let ran = run(
        &scene,
        MONDAY,
        &relay,
        &[("TIDINGS_MAIL__PER_SECOND", "0.19")],
    );
    assert_eq!((ran.code, relay.count()), (0, 2), "{}{}", ran.out, ran.talk);
}

#[test]
fn a_relay_that_closes_between_two_messages_is_in_no_trouble() {
    for (fault, pipelining) in [
        (Fault::Drop, false),
        (Fault::Drop, true),
        (Fault::Reset, false),
    ] {
        let script = Some(("MAIL", fault));
        let relay = Relay::start(Habits {
            script,
            from: 1,
            ..Habits::good(pipelining, Duration::ZERO)
        });
        let scene = scene(&["one", "two", "three", "four", "five"]);
        let ran = run(
            &scene,
            MONDAY,
            &relay,
            &[("TIDINGS_MAIL__CONNECTIONS", "1")],
        );
        assert_eq!(
            (ran.code, relay.taken().len()),
            (0, 5),
            "{fault:?} {pipelining}: {}{}",
            ran.out,
            ran.talk
        );
        assert_eq!(relay.connections().0, 5, "one for each message");
    }
}

#[test]
fn everyone_gets_one_at_every_edge_of_the_settings() {
    for set in [
        &[
            ("TIDINGS_MAIL__CONNECTIONS", "1"),
            ("TIDINGS_MAIL__MESSAGES_PER_CONNECTION", "1"),
        ][..],
        &[
            ("TIDINGS_MAIL__CONNECTIONS", "100"),
            ("TIDINGS_MAIL__MESSAGES_PER_CONNECTION", "1"),
        ],
        &[("TIDINGS_MAIL__PER_SECOND", "1e300")],
        &[
            ("TIDINGS_MAIL__RETRY", "1ms"),
            ("TIDINGS_MAIL__RETRY_MAX", "1ms"),
            ("TIDINGS_MAIL__GIVE_UP", "0s"),
        ],
    ] {
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let scene = scene(&["one", "two", "three", "later"]);
        let set = [set, &[("TIDINGS_MAIL__GIVE_UP", "0s")]].concat();
        assert_eq!(run(&scene, MONDAY, &relay, &set).code, 1);
        let told = scene.status();
        assert_eq!(
            (&told["counts"]["sent"], &told["counts"]["given_up"]),
            (&3.into(), &1.into()),
            "{set:?}: {told}"
        );
        assert_eq!(
            (relay.taken().len(), &told["state"]),
            (3, &"done".into()),
            "{set:?}"
        );
    }
}

/// Waits at each name of a host as for a server of names that does not answer.
const DEAF_NAMES: &str = "
#include <netdb.h>
#include <unistd.h>
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints, struct addrinfo **found) {
    sleep(20);
    return EAI_AGAIN;
}
";

/// The scene, and a library under which no name is found; none where there is no compiler.
fn without_names(scene: Scene) -> Option<(Scene, PathBuf)> {
    let scene = scene.file("names.c", DEAF_NAMES);
    let library = scene.path("names.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(scene.path("names.c"));
    let Ok(made) = compiler.status() else {
        missing("cc");
        return None;
    };
    assert!(made.success());
    Some((scene, library))
}

fn spawn(scene: &Scene, url: &str, set: &[(&str, &str)]) -> Child {
    let mut command = scene.command(&["run"]);
    command
        .env("TIDINGS_MAIL__SMTP", url)
        .envs(set.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// How long the program goes on once it is asked to stop, and its exit code.
fn stop(mut child: Child) -> (Duration, Option<i32>) {
    let asked = Instant::now();
    assert!(
        Command::new("kill")
            .arg("-TERM")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    let code = child.wait().unwrap().code();
    (asked.elapsed(), code)
}

#[test]
fn a_signal_waits_for_no_server_of_names() {
    let Some((scene, library)) = without_names(scene(&["one"])) else {
        return;
    };
    let child = spawn(
        &scene,
        "smtp://relay.invalid?tls=none",
        &[("LD_PRELOAD", library.to_str().unwrap())],
    );
    let began = Instant::now();
    while scene.run(&["status"]).out.contains("no issues")
        && began.elapsed() < Duration::from_secs(10)
    {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(1));
    let (took, code) = stop(child);
    assert!(
        took < Duration::from_secs(4) && code == Some(1),
        "it took {took:?}: {code:?}"
    );
}

#[test]
fn a_signal_waits_for_no_page() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let Some((scene, library)) = without_names(scene(&["one", "later"])) else {
        return;
    };
    let url = relay.url();
    let first = scene.run_with(
        &["run"],
        &[("TIDINGS_MAIL__SMTP", &url), ("TIDINGS_MAIL__RETRY", "1s")],
    );
    assert_eq!((first.code, relay.count()), (1, 1), "{}", first.talk);
    // The open issue goes on, then the page of another digest is asked for.
    let config = scene.read("config.toml");
    let other = config
        .split("[[digest]]")
        .nth(1)
        .unwrap()
        .split("[mail]")
        .next()
        .unwrap()
        .replace("weekly", "other");
    let both = config
        .replace("[mail]", &format!("[[digest]]{other}[mail]"))
        .replace("require_live = false\n", "");
    let scene = scene.file("config.toml", &both);
    thread::sleep(Duration::from_secs(2));
    let child = spawn(&scene, &url, &[("LD_PRELOAD", library.to_str().unwrap())]);
    let began = Instant::now();
    let tried = || {
        relay
            .heard()
            .iter()
            .filter(|command| command.contains("later@"))
            .count()
    };
    while tried() < 2 && began.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(Duration::from_secs(1));
    let (took, code) = stop(child);
    assert!(
        took < Duration::from_secs(4) && code == Some(1),
        "it took {took:?}: {code:?}"
    );
}

/// A way to a server that goes dead at a word: what is said over it is not heard any more.
fn way_to(server: SocketAddr) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, dead) = (
        listener.local_addr().unwrap().port(),
        Arc::new(AtomicBool::new(false)),
    );
    let is_dead = dead.clone();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(server).unwrap();
            for (mut from, mut to) in [
                (near.try_clone().unwrap(), far.try_clone().unwrap()),
                (far, near),
            ] {
                let is_dead = is_dead.clone();
                thread::spawn(move || {
                    let mut some = [0; 16_000];
                    while let Ok(count @ 1..) = from.read(&mut some) {
                        while is_dead.load(Ordering::Relaxed) {
                            thread::sleep(Duration::from_millis(50));
                        }
                        if to.write_all(&some[..count]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (port, dead)
}

#[test]
fn a_signal_ends_a_run_though_the_store_does_not_answer() {
    let Some(database) = Database::fresh("silent") else {
        return;
    };
    let server = Url::parse(&database.url()).unwrap();
    let (port, dead) = way_to(server.socket_addrs(|| None).unwrap()[0]);
    let mut way = server.clone();
    way.set_host(Some("127.0.0.1")).unwrap();
    way.set_port(Some(port)).unwrap();
    let relay = Relay::start(Habits::good(true, Duration::from_millis(50)));
    let readers: Vec<String> = (0..100).map(|n| format!("reader{n}")).collect();
    let scene = scene(&readers.iter().map(String::as_str).collect::<Vec<_>>());
    let child = spawn(
        &scene,
        &relay.url(),
        &[
            ("TIDINGS_STORE__URL", way.as_str()),
            ("TIDINGS_MAIL__CONNECTIONS", "1"),
        ],
    );
    let began = Instant::now();
    while relay.count() < 5 && began.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(10));
    }
    dead.store(true, Ordering::Relaxed);
    let (took, code) = stop(child);
    assert!(
        took < Duration::from_secs(26) && code == Some(2),
        "it took {took:?}: {code:?}"
    );
    // A reader whose message was on the wire may get a second copy, which is listed; nobody is lost.
    let set = [
        ("TIDINGS_MAIL__SMTP", relay.url()),
        ("TIDINGS_STORE__URL", database.url()),
    ];
    let set: Vec<(&str, &str)> = set
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    dead.store(false, Ordering::Relaxed);
    while scene.run_with(&["run"], &set).code != 0 && began.elapsed() < Duration::from_mins(1) {}
    let told: Value =
        serde_json::from_str(&scene.run_with(&["status", "--json"], &set).out).unwrap();
    assert_eq!(told["issues"][0]["counts"]["sent"], 100, "{told}");
    let listed = told["issues"][0]["uncertain"].as_array().unwrap().len();
    assert!(
        listed <= 1 && relay.taken().len() <= 100 + listed,
        "{listed} are listed"
    );
}
