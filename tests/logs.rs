//! The log of a resident: each line is JSON, and none tells who somebody is unless the owner asks for it.

use std::thread;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use serde_json::Value;

use crate::http::{Answer, Service};
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Running, Scene};

const NEXT_MONDAY: &str = "2024-07-01T08:00:05+02:00";
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until something is there.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not come");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A resident that logs in JSON.
struct Logged {
    scene: Scene,
    relay: Relay,
    service: Service,
}

impl Logged {
    /// A site with one reader, an issue that is due and these keys under `[web]`.
    fn start(web: &str) -> Self {
        let scene = Scene::new().post("one.md", "One", "2024-06-01");
        let config = scene
            .read("config.toml")
            .replace("to = [\"editor@hums.example\"]\n", "")
            .replace(
                "require_live = false\n",
                "require_live = false\nafter_build = \"echo deployed; echo for ada@x.example >&2\"\n",
            );
        let web = format!(
            "[web]\nurl = \"https://news.hums.example/\"\nproxies = [\"127.0.0.1\"]\n{web}"
        );
        let scene = scene.file("config.toml", &format!("{config}{web}"));
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let url = relay.url();
        let set = [("TIDINGS_MAIL__SMTP", url.as_str())];
        scene
            .run_with(
                &["--at", MONDAY, "subscriber", "add", "ada@x.example"],
                &set,
            )
            .succeeds();
        let arguments = [
            "--at",
            NEXT_MONDAY,
            "serve",
            "--log",
            "json",
            "--listen",
            "127.0.0.1:0",
        ];
        let running = scene.spawn_saying("log", &arguments, &set);
        let address = wait_for(|| {
            let started = events(&scene.read("log"));
            let started = started.iter().find(|event| event["event"] == "start")?;
            Some(started["listen"].as_str()?.to_owned())
        });
        Self {
            scene,
            relay,
            service: Service { running, address },
        }
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n\
             X-Forwarded-For: 192.0.2.77\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.service.say(request.as_bytes())
    }

    /// The token of the link below this page in the first mail to somebody that has one.
    fn token(&self, reader: &str, page: &str) -> String {
        let below = format!("https://news.hums.example/{page}/");
        wait_for(|| {
            let taken = self.relay.taken();
            let mut to_them = taken.iter().filter(|(to, _)| to == reader);
            to_them.find_map(|(_, message)| {
                let parsed = MessageParser::default().parse(message)?;
                let text = parsed.body_text(0)?.into_owned();
                let link = text.split_once(&*below)?.1.split_whitespace().next()?;
                Some(link.to_owned())
            })
        })
    }
}

/// The events of a log; a last line may not be whole yet.
fn events(log: &str) -> Vec<Value> {
    log.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| {
            let event: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for field in ["time", "level", "event"] {
                assert!(event[field].is_string(), "{line}");
            }
            event
        })
        .collect()
}

#[test]
fn a_log_in_json_tells_what_happens_and_addresses_only_where_the_owner_asks() {
    for (web, shows) in [("", false), ("log_addresses = true\n", true)] {
        let mut logged = Logged::start(web);
        let leave = logged.token("ada@x.example", "unsubscribe");
        let preferences = logged.token("ada@x.example", "preferences");
        let joined = logged.post("/subscribe?ref=secret", "email=eve%40x.example");
        assert_eq!(joined.status, 200);
        let confirm = logged.token("eve@x.example", "confirm");
        for (path, body, status) in [
            (format!("/confirm/{confirm}"), "", 200),
            (
                format!("/unsubscribe/{leave}"),
                "List-Unsubscribe=One-Click",
                200,
            ),
            (format!("/unsubscribe/{leave}/undo"), "", 200),
            (
                format!("/preferences/{preferences}"),
                "digest=weekly&digest=none",
                200,
            ),
            ("/confirm/secret-of-mine".to_owned(), "", 404),
            (format!("/Unsubscribe/{leave}?to=secret"), "", 405),
        ] {
            assert_eq!(logged.post(&path, body).status, status, "{path}");
        }
        logged.service.get("/secret.txt?to=secret");
        logged.service.running.terminate();
        assert_eq!(logged.service.running.end(), Some(0));
        assert_eq!(logged.service.running.rest(), "", "the log is all");

        let log = logged.scene.read("log");
        let events = events(&log);
        let find = |name: &str| {
            let found = events.iter().find(|event| event["event"] == name);
            found.unwrap_or_else(|| panic!("no `{name}`: {log}"))
        };
        for name in ["start", "build", "after_build", "stop"] {
            assert_eq!(find(name)["level"], "info", "{name}");
        }
        for (name, who) in [
            ("asked to join", "eve@x.example"),
            ("joined", "eve@x.example"),
            ("left", "ada@x.example"),
            ("came back", "ada@x.example"),
            ("preferences changed", "ada@x.example"),
        ] {
            let event = find(name);
            assert_eq!(event["level"], "info", "{name}");
            assert_eq!(event["address"].as_str(), shows.then_some(who), "{name}");
        }
        assert_eq!(find("preferences changed")["digests"], "weekly");
        assert_eq!(find("build")["posts"], 1);
        assert_eq!(find("issue begun")["waiting"], 1);
        let ended = find("issue ended");
        assert_eq!(
            (&ended["digest"], &ended["sent"]),
            (&"weekly".into(), &1.into())
        );
        for (method, route, status) in [
            ("POST", "/subscribe", 200),
            ("POST", "/confirm/{token}", 200),
            ("POST", "/confirm/{token}", 404),
            ("POST", "/unsubscribe/{token}", 200),
            ("POST", "/unsubscribe/{token}/undo", 200),
            ("POST", "file", 405),
        ] {
            let is_it = |event: &&Value| {
                event["route"] == route && event["method"] == method && event["status"] == status
            };
            let request = events.iter().find(is_it);
            let request = request.unwrap_or_else(|| panic!("{method} {route}: {log}"));
            assert!(request["microseconds"].is_u64(), "{request}");
        }
        for secret in [&*leave, &*confirm, &*preferences, "secret", "One-Click"] {
            assert!(!log.contains(secret), "{secret}: {log}");
        }
        for of_people in ["ada@x.example", "eve@x.example", "192.0.2.77"] {
            assert_eq!(log.contains(of_people), shows, "{of_people}: {log}");
        }
        assert_eq!(log.contains("@x.example"), shows, "{log}");
    }
}

#[test]
fn the_last_words_of_a_resident_that_cannot_begin_are_json_too() {
    let config = Scene::new().read("config.toml");
    for text in [
        "[site\n".to_owned(),
        format!("{config}[web]\nlisten = \"tea\"\n"),
    ] {
        let scene = Scene::new().file("config.toml", &text);
        let ran = scene.run(&["serve", "--log", "json"]);
        ran.fails_with(2);
        let events = events(&ran.talk);
        let last = events.last().unwrap();
        assert_eq!(
            (&last["event"], &last["level"]),
            (&"error".into(), &"error".into())
        );
        assert!(
            last["message"].as_str().unwrap().contains("config.toml"),
            "{last}"
        );
    }
}

#[test]
fn with_quiet_a_log_has_only_what_needs_a_person() {
    let scene = Scene::new().file("post/broken.md", "---\ntitle: [\n---\nx\n");
    let arguments = ["-q", "serve", "--log", "json", "--listen", "127.0.0.1:0"];
    let mut running: Running = scene.spawn_saying("log", &arguments, &[]);
    let found = wait_for(|| events(&scene.read("log")).into_iter().next());
    assert_eq!(found["event"], "finding", "{found}");
    assert!(
        found["file"].as_str().unwrap().contains("broken.md"),
        "{found}"
    );
    running.terminate();
    running.end();
    for event in events(&scene.read("log")) {
        assert_ne!(event["level"], "info", "{event}");
    }
}
