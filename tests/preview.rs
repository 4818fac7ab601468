//! The preview: what a browser is given, and that it follows every change.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::scene::{Running, Scene};

/// A preview that runs until it is dropped.
struct Served {
    _running: Running,
    address: String,
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
        let address = line
            .trim()
            .strip_prefix("http://")
            .and_then(|rest| rest.strip_suffix('/'));
        Self {
            address: address
                .unwrap_or_else(|| panic!("no address: {line}"))
                .to_owned(),
            _running: running,
        }
    }

    /// The status, and what follows the headers.
    fn get(&self, path: &str, host: &str) -> (u16, String) {
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
