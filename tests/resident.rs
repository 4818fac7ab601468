//! A resident: it builds, sends at each slot, and takes a new config, without cron and beside others.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;
use serde_json::Value;

use crate::database::Database;
use crate::http::{Answer, Service};
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, Scene};

/// Waits until it is so, for at most 30 seconds.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn scene(rebuild: &str) -> Scene {
    Scene::new().post("one.md", "One", "2024-06-01").file(
        "config.toml",
        &format!("{CONFIG}[web]\nurl = \"https://news.hums.example/\"\nrebuild = \"{rebuild}\"\n"),
    )
}

fn write(scene: &Scene, path: &str, text: &str) {
    fs::write(scene.path(path), text).unwrap();
}

#[test]
fn a_change_is_built_long_before_the_next_build_is_due() {
    let scene = scene("1h");
    let _service = Service::start(&scene, &["--at", "2024-06-24T07:59:54+02:00"]);
    wait_until("the first build", || scene.path("public/atom.xml").exists());
    let two = "---\ntitle: Two\ndate: 2024-06-02\n---\nText.\n";
    write(&scene, "post/two.md", two);
    let has = |text: &str| scene.read("public/atom.xml").contains(text);
    wait_until("the new post", || has("Two"));
    write(&scene, "post/two.md", &two.replace("Text", "Other words"));
    wait_until("the changed post", || has("Other words"));
    fs::remove_file(scene.path("post/two.md")).unwrap();
    wait_until("the post is gone", || !has("Other words"));
}

#[test]
fn a_new_post_comes_into_the_feeds_and_mail_goes_out_at_its_slot() {
    let scene = scene("1s");
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let url = relay.url();
    let service = Service::start_with(
        &scene,
        &["--at", "2024-06-24T07:59:54+02:00"],
        &[("TIDINGS_MAIL__SMTP", &url)],
    );
    wait_until("the first build", || scene.path("public/atom.xml").exists());
    // The slot of the Monday before is past, and `since` makes it due.
    wait_until("the first issue", || relay.count() == 1);
    write(
        &scene,
        "post/two.md",
        "---\ntitle: Two\ndate: 2024-06-02\n---\nText.\n",
    );
    wait_until("the second build", || {
        scene.read("public/atom.xml").contains("Two")
    });
    assert_eq!(
        service.get("/atom.xml").text(),
        scene.read("public/atom.xml")
    );
    wait_until("the issue of the slot", || relay.count() == 2);
    assert!(
        relay.taken()[1].1.contains("Subject: Hums: Two"),
        "{}",
        relay.taken()[1].1
    );
    assert_eq!(service.get("/healthz").text(), "ok\n");
    wait_until("a run between its rounds", || {
        let ran = scene.run_with(
            &["--at", "2024-07-01T08:00:05+02:00", "run"],
            &[("TIDINGS_MAIL__SMTP", &url)],
        );
        assert_eq!(ran.code, 0, "{}", ran.talk);
        !ran.talk.contains("another run is sending")
    });
}

#[test]
fn a_slot_is_not_waited_for_until_the_next_build() {
    let scene = scene("1h");
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let url = relay.url();
    let _service = Service::start_with(
        &scene,
        &["--at", "2024-06-24T07:59:54+02:00"],
        &[("TIDINGS_MAIL__SMTP", &url)],
    );
    wait_until("the first issue", || relay.count() == 1);
    write(
        &scene,
        "post/two.md",
        "---\ntitle: Two\ndate: 2024-06-02\n---\nText.\n",
    );
    wait_until("the issue of the slot", || relay.count() == 2);
}

#[test]
fn a_new_config_is_taken_and_a_broken_one_refused() {
    let scene = scene("1s");
    let mut service = Service::start(&scene, &["--at", "2024-06-25T08:00:00+02:00"]);
    let good = scene.read("config.toml");
    wait_until("the first build", || scene.path("public/atom.xml").exists());
    let page = || service.get("/unsubscribe/x").text();
    assert!(page().contains(">Hums</a>"));
    for broken in [
        good.replace("title = ", "titel = "),
        good.replace("dir", "x") + "tea",
        good.clone() + "[feeds]\ndir = \".\"\n",
    ] {
        write(&scene, "config.toml", &broken);
        service.running.signal("HUP");
        thread::sleep(Duration::from_millis(1200));
        assert!(page().contains(">Hums</a>"), "it stays as it was");
    }
    write(
        &scene,
        "config.toml",
        &good.replace("\"Hums\"", "\"Drums\""),
    );
    service.running.signal("HUP");
    wait_until("the new title", || page().contains(">Drums</a>"));
    wait_until("the new title in the feed", || {
        scene.read("public/atom.xml").contains("Drums")
    });
    service.running.terminate();
    assert_eq!(service.running.end(), Some(0));
}

/// The path below this page of the link in the last mail to somebody.
fn link_to(relay: &Relay, to: &str, page: &str) -> String {
    let taken = relay.taken();
    let (_, message) = taken.iter().rev().find(|(other, _)| other == to).unwrap();
    let parsed = MessageParser::default().parse(message).unwrap();
    let text = parsed.body_text(0).unwrap();
    let begin = format!("https://news.hums.example/{page}/");
    let at = text.find(&begin).unwrap_or_else(|| panic!("{text}"));
    let link = text[at..].split_whitespace().next().unwrap();
    link["https://news.hums.example".len()..].to_owned()
}

fn post(service: &Service, path: &str, body: &str) -> Answer {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        service.address,
        body.len()
    );
    service.say(request.as_bytes())
}

/// How many messages of this minute's issue the relay has.
fn count_sent(relay: &Relay, minute: usize) -> usize {
    let subject = format!("Subject: Hums: P{minute}");
    let taken = relay.taken();
    let is_of_it = |message: &str| message.lines().any(|line| line == subject);
    taken
        .iter()
        .filter(|(_, message)| is_of_it(message))
        .count()
}

#[test]
fn whoever_leaves_by_mail_has_left_at_the_next_round() {
    let scene = scene("1s").file("mail/cur/.keep", "");
    let config = scene
        .read("config.toml")
        .replace("[mail]\n", "[mail]\ninbox = \"maildir:mail\"\n")
        .replace("to = [\"editor@hums.example\"]\n", "");
    let scene = scene
        .file("config.toml", &config)
        .file("mail/new/.keep", "");
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let url = relay.url();
    let at = ["--at", "2024-06-24T07:59:54+02:00"];
    let add = [&at[..], &["subscriber", "add", "ada@x.example"]].concat();
    scene.run(&add).succeeds();
    let _service = Service::start_with(&scene, &at, &[("TIDINGS_MAIL__SMTP", &url)]);
    wait_until("the first issue", || relay.count() == 1);
    let (_, message) = relay.taken().remove(0);
    let (_, rest) = message.split_once("<mailto:").unwrap();
    let to = rest.split('?').next().unwrap();
    let leave = format!("To: {to}\nFrom: ada@x.example\nSubject:\n\n");
    write(&scene, "mail/new/1", &leave);
    wait_until("the mail is put away", || {
        !scene.names("mail/new").contains(&"1".to_owned())
    });
    let show = [&at[..], &["subscriber", "show", "ada@x.example"]].concat();
    let shown = scene.run(&show).out;
    assert!(shown.contains("left  weekly"), "{shown}");
}

#[test]
fn two_residents_share_a_store_and_one_that_is_killed_loses_nothing() {
    let Some(database) = Database::fresh("residents") else {
        return;
    };
    let relay = Relay::start(Habits::good(true, Duration::from_millis(5)));
    let (url, store) = (relay.url(), database.url());
    let environment = [
        ("TIDINGS_MAIL__SMTP", url.as_str()),
        ("TIDINGS_STORE__URL", store.as_str()),
    ];
    let people: Vec<String> = (0..40)
        .map(|number| format!("r{number}@x.example"))
        .collect();
    let scene = scene("1s").file("people.csv", &format!("email\n{}\n", people.join("\n")));
    let config = scene
        .read("config.toml")
        .replace("to = [\"editor@hums.example\"]\n", "")
        .replace("0 8 * * MON", "* * * * *");
    let scene = scene.file("config.toml", &config);
    let first = ["--at", "2024-06-24T07:00:05Z"];
    let import = [
        &first[..],
        &["subscriber", "import", "people.csv", "--confirmed"],
    ]
    .concat();
    assert_eq!(scene.run_with(&import, &environment).code, 0);
    // The other machine has a checkout of its own.
    let other = Scene::new();
    let copied = Command::new("cp")
        .arg("-r")
        .arg(scene.path("config.toml"))
        .arg(scene.path("post"))
        .arg(other.path(""))
        .status();
    assert!(copied.unwrap().success());
    let begun = "2024-06-24T07:00:10Z";
    let steady = Service::start_with(&scene, &["--at", begun], &environment);
    wait_until("the first issue", || relay.count() >= people.len());
    // Each minute of the killed one's clock a slot, a post, and before it somebody who leaves and somebody who joins.
    for minute in 1..=4 {
        let at = format!("2024-06-24T07:0{minute}:01Z");
        let leave = link_to(&relay, &format!("r{minute}@x.example"), "unsubscribe");
        assert_eq!(post(&steady, &leave, "").status, 200);
        let new = format!("new{minute}@y.example");
        let body = format!("email={}", new.replace('@', "%40"));
        assert_eq!(post(&steady, "/subscribe", &body).status, 200);
        wait_until("the question", || {
            relay.taken().iter().any(|(to, _)| *to == new)
        });
        let confirm = link_to(&relay, &new, "confirm");
        assert_eq!(post(&steady, &confirm, "").status, 200);
        for place in [&scene, &other] {
            write(
                place,
                &format!("post/p{minute}.md"),
                &format!(
                    "---\ntitle: P{minute}\ndate: 2024-06-0{}\n---\nText.\n",
                    minute + 1
                ),
            );
        }
        let mut killed = Service::start_with(&other, &["--at", &at], &environment);
        wait_until("some of the issue", || count_sent(&relay, minute) > 3);
        killed.running.kill();
        let again = Service::start_with(&other, &["--at", &at], &environment);
        wait_until("the rest of the issue", || count_sent(&relay, minute) >= 40);
        // One that is killed before the issue is done leaves more of it uncertain.
        wait_until("the end of the issue", || {
            let status = scene.run_with(&["--at", &at, "status", "--json"], &environment);
            let all: Value = serde_json::from_str(&status.out).unwrap();
            let mut issues = all["issues"].as_array().unwrap().iter();
            issues.all(|issue| issue["state"] == "done")
        });
        drop(again);
    }
    thread::sleep(Duration::from_secs(2));
    let mut got: Vec<(String, String)> = Vec::new();
    for (to, message) in relay.taken() {
        let subject = message
            .lines()
            .find(|line| line.starts_with("Subject: "))
            .unwrap();
        got.push((subject.to_owned(), to));
    }
    for minute in 1..=4 {
        let subject = format!("Subject: Hums: P{minute}");
        let mut to: Vec<&str> = got
            .iter()
            .filter(|(other, _)| *other == subject)
            .map(|(_, to)| to.as_str())
            .collect();
        let all = to.len();
        to.sort_unstable();
        to.dedup();
        assert_eq!(to.len(), 40, "P{minute}: everybody who is there");
        for gone in 1..=minute {
            assert!(
                !to.contains(&&*format!("r{gone}@x.example")),
                "P{minute}: r{gone} had left"
            );
            let new = format!("new{gone}@y.example");
            assert!(to.contains(&&*new), "P{minute}: {new} had joined");
        }
        // A kill leaves one message a connection uncertain, which is sent again as the same bytes.
        assert!(all - to.len() <= 8, "P{minute}: {all} messages");
    }
    let status = scene.run_with(&[&first[..], &["status", "--json"]].concat(), &environment);
    let told: Value = serde_json::from_str(&status.out).unwrap();
    for issue in told["issues"].as_array().unwrap() {
        if issue["subject"].as_str().unwrap().starts_with("Hums: P") {
            assert_eq!(issue["counts"]["sent"], 40, "{issue}");
            assert_eq!(issue["recipients"], 40, "{issue}");
        }
    }
}
