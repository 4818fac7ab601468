//! The preview: what a browser is given, and that it follows every change.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::scene::{Running, Scene};

/// A preview that runs until it is dropped.
struct Served {
    _running: Running,
    /// Host and port.
    address: String,
    /// The path of the preview, with its secret, without its last slash.
    secret: String,
}

impl Served {
    fn start(scene: &Scene) -> Self {
        let arguments = [
            "--at",
            "2024-06-24T08:00:05+02:00",
            "digest",
            "weekly",
            "--preview",
            "--no-open",
        ];
        let mut running = scene.spawn(&arguments, &[]);
        let line = running.first_line();
        let (address, secret) = line
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix('/')?.split_once('/'))
            .unwrap_or_else(|| panic!("no address: {line}"));
        Self {
            address: address.to_owned(),
            secret: format!("/{secret}"),
            _running: running,
        }
    }

    /// The status, and what follows the headers.
    fn get(&self, path: &str, host: &str) -> (u16, String) {
        self.get_bare(&format!("{}{path}", self.secret), host)
    }

    /// Does the same as [`Self::get`], without the secret.
    fn get_bare(&self, path: &str, host: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    fn issue(&self) -> serde_json::Value {
        serde_json::from_str(&self.get("/issue", &self.address).1).unwrap()
    }

    /// Waits until the stamp is another.
    fn change(&self, stamp: &mut String) {
        for _ in 0..200 {
            let now = self.get("/stamp", &self.address).1;
            if now != *stamp {
                *stamp = now;
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("nothing changed");
    }
}

#[test]
fn the_preview_shows_the_issue_and_follows_every_change() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let before = scene.names("");
    let served = Served::start(&scene);
    let issue = &served.issue()["issue"];
    assert_eq!(issue["subject"], "Hums: One");
    assert!(
        issue["headers"]
            .as_str()
            .unwrap()
            .contains("\nTo: editor@hums.example\n"),
        "{issue}"
    );
    assert!(
        issue["text"].as_str().unwrap().contains("Text of One."),
        "{issue}"
    );
    assert!(issue["bytes"].as_u64().unwrap() > issue["html_bytes"].as_u64().unwrap());
    assert_eq!(issue["findings"].as_array().unwrap().len(), 0);
    let (_, light) = served.get("/mail/light", &served.address);
    let (_, dark) = served.get("/mail/dark", &served.address);
    assert!(light.contains("Text of One.") && light != dark);
    assert!(served.get("/", &served.address).1.contains("<iframe"));
    assert_eq!(scene.names(""), before, "nothing is written");

    let mut stamp = served.get("/stamp", &served.address).1;
    let scene = scene.file(
        "post/two.md",
        "---\ntitle: Two\ndate: 2024-06-02\n---\n![](https://x.example/a.png)\n",
    );
    served.change(&mut stamp);
    let issue = &served.issue()["issue"];
    assert_eq!(issue["subject"], "Hums: Two");
    assert!(
        issue["findings"][0]
            .as_str()
            .unwrap()
            .contains("post/two.md:5: the image"),
        "{issue}"
    );
    let scene = scene.file("templates/digest.txt", "Anew {{ reader.unsubscribe }}");
    served.change(&mut stamp);
    assert!(
        served.issue()["issue"]["text"]
            .as_str()
            .unwrap()
            .starts_with("Anew mailto:")
    );
    let scene = scene.file(
        "config.toml",
        &crate::scene::CONFIG.replace("\"Hums\"", "\"Hums anew\""),
    );
    served.change(&mut stamp);
    assert_eq!(served.issue()["issue"]["subject"], "Hums anew: Two");
    let scene = scene.file("templates/digest.txt", "{{ nothing.here }}");
    served.change(&mut stamp);
    assert!(
        served.issue()["error"]
            .as_str()
            .unwrap()
            .contains("templates/digest.txt:1:")
    );
    drop(scene);
}

#[test]
fn a_folder_that_leads_to_itself_does_not_hold_up_the_preview_and_what_is_no_post_changes_nothing()
{
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("post/.git/index", "a");
    std::os::unix::fs::symlink("..", scene.path("post/loop")).unwrap();
    std::os::unix::fs::symlink(".", scene.path("post/self")).unwrap();
    let served = Served::start(&scene);
    let mut stamp = served.get("/stamp", &served.address).1;
    let scene = scene
        .file("post/.git/index", "other")
        .file("public/atom.xml", "x")
        .file("post/pot.svg", "x");
    assert_eq!(served.get("/stamp", &served.address).1, stamp);
    let scene = scene.post("deeper/two.md", "Two", "2024-06-02");
    served.change(&mut stamp);
    drop(scene);
}

#[test]
fn the_preview_is_for_its_own_machine() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let served = Served::start(&scene);
    assert_eq!(served.get("/issue", "localhost:80").0, 200);
    let (status, body) = served.get("/issue", "evil.example");
    assert_eq!(status, 403);
    assert!(!body.contains("One"), "{body}");
}

#[test]
fn the_preview_shows_nothing_to_who_does_not_know_its_address() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let served = Served::start(&scene);
    let host = &served.address.clone();
    assert!(served.secret.len() > 32, "{}", served.secret);
    assert_ne!(served.secret, Served::start(&scene).secret);
    assert_eq!(served.get("/issue", host).0, 200);
    let (most, last) = served.secret.split_at(served.secret.len() - 1);
    let near = format!("{most}{}", if last == "0" { "1" } else { "0" });
    for path in [
        "/",
        "/issue",
        "/stamp",
        "/mail/light",
        "//issue",
        "/0/issue",
        "/once/",
        "/once/0/issue",
        &format!("{near}/issue"),
        &format!("{most}/issue"),
        &format!("{}0/issue", served.secret),
        &format!("/x{}/issue", served.secret),
        &format!("/once{}", served.secret),
    ] {
        let (status, body) = served.get_bare(path, host);
        assert_eq!(status, 404, "{path}");
        assert!(
            !body.contains("One") && !body.contains(&served.secret[1..]),
            "{path}: {body}"
        );
    }
}

#[test]
fn a_browser_is_started_with_an_address_that_opens_once_and_with_no_secret_of_ours() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01").file(
        "bin/xdg-open",
        "#!/bin/sh\necho \"$1\" > opened.new\nenv > env\nmv opened.new opened\n",
    );
    let browser = scene.path("bin/xdg-open");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&browser, mode).unwrap();
    let path = format!(
        "{}:{}",
        scene.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let variables = [("PATH", &*path), ("TIDINGS_MAIL__PASSWORD", "pw-1")];
    let mut running = scene.spawn(
        &[
            "--at",
            "2024-06-24T08:00:05+02:00",
            "digest",
            "weekly",
            "--preview",
        ],
        &variables,
    );
    let line = running.first_line();
    for _ in 0..600 {
        if scene.path("opened").exists() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let opened = scene.read("opened");
    let opened = opened.trim().strip_prefix("http://").unwrap();
    let (address, path) = opened.split_at(opened.find('/').unwrap());
    assert!(
        line.contains(address) && !line.contains(path),
        "{line} {opened}"
    );
    let served = Served {
        _running: running,
        address: address.to_owned(),
        secret: String::new(),
    };
    assert_eq!(served.get(path, address).0, 303);
    assert_eq!(served.get(path, address).0, 404, "it opens once");
    let env = scene.read("env");
    assert!(env.contains("PATH=") && !env.contains("TIDINGS_"), "{env}");
}

#[test]
fn a_dry_run_shows_what_is_sent_but_for_the_token_which_permits_nothing() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let at = "2024-06-24T08:00:05+02:00";
    // The store makes its key at the first run that may write.
    scene.run_at(at, &["subscriber", "add", "ada@x.example"]);
    let scene = scene.file(
        "config.toml",
        &crate::scene::CONFIG.replace("to = [\"editor@hums.example\"]", ""),
    );
    let dry = || {
        let printed = scene.run_at(at, &["run", "--dry-run"]);
        let (_, message) = printed.split_once("==> weekly: ").unwrap();
        message.split_once(" <==\n").unwrap().1.to_owned()
    };
    let shown = dry();
    assert_eq!(shown, dry(), "it shows the same each time");
    scene.run_at(at, &["run"]);
    let names = scene.names("outbox");
    let sent = scene.read(&format!("outbox/{}", names[0]));
    let without_tokens = |message: &str| {
        let mut message = message.replace("=\r\n", "");
        let mut tokens = Vec::new();
        // In the subject, in the address, and in the Message-ID.
        for (begin, length) in [
            ("AQAAAA", 55),
            ("leave-ab", "leave-".len() + 45),
            ("<ab", 46),
        ] {
            while let Some(at) = message.find(begin) {
                tokens.push(message[at..at + length].to_owned());
                message.replace_range(at..at + length, "TOKEN");
            }
        }
        (message, tokens)
    };
    let (shown, for_show) = without_tokens(&shown);
    let (sent, valid) = without_tokens(&sent);
    assert!(
        shown.contains("Message-ID: ") && shown.contains("Feedback-ID: "),
        "{shown}"
    );
    assert_eq!(shown, sent);
    assert!(!valid.is_empty() && valid.len() == for_show.len(), "{sent}");
    assert!(valid.iter().all(|token| !for_show.contains(token)));
}

#[test]
fn where_nothing_is_new_the_newest_posts_are_shown() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    scene.run_at("2024-06-24T08:00:05+02:00", &["run"]);
    let issue = &Served::start(&scene).issue()["issue"];
    assert_eq!(issue["subject"], "Hums: One");
    assert_eq!(
        issue["note"],
        "weekly: nothing new\nThese are the newest posts."
    );
}
