//! The archive: issues as pages, an index and feeds of the issues, without anything of a reader's.

mod order;
mod page;

use std::time::Duration;

use mail_parser::MessageParser;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const NEXT_MONDAY: &str = "2024-07-01T08:00:05+02:00";
const READERS: [(&str, &str); 2] = [
    ("ada@x.example", "Ada Lovelace-Night"),
    ("bob@y.example", "Bobby Tables"),
];

/// A site with two readers, its relay, and a store.
struct Site {
    scene: Scene,
    relay: Relay,
    store: Option<String>,
}

impl Site {
    /// With these lines under `[[digest]]`, and these at the end.
    fn new(digest: &str, rest: &str, store: Option<String>) -> Self {
        let scene = Scene::new().post("one.md", "One & only", "2024-06-01");
        let config = scene
            .read("config.toml")
            .replace("to = [\"editor@hums.example\"]\n", digest);
        let site = Self {
            scene: scene.file("config.toml", &format!("{config}{rest}")),
            relay: Relay::start(Habits::good(true, Duration::ZERO)),
            store,
        };
        for (address, name) in READERS {
            site.at(MONDAY, &["subscriber", "add", address, "--name", name]);
        }
        site
    }

    fn ran(&self, at: &str, arguments: &[&str]) -> Ran {
        let url = self.relay.url();
        let smtp = [("TIDINGS_MAIL__SMTP", url.as_str())];
        let store = self.store.as_deref();
        self.scene.run_in_store(at, arguments, store, &smtp)
    }

    fn at(&self, at: &str, arguments: &[&str]) -> String {
        self.ran(at, arguments).succeeds().out.clone()
    }

    /// The files of the archive with their bytes.
    fn files(&self) -> Vec<(String, String)> {
        files(&self.scene)
    }

    /// The names of the pages of issues.
    fn pages(&self) -> Vec<String> {
        pages(&self.scene)
    }

    /// The text and the HTML of the last mail to someone.
    fn mail(&self, reader: &str) -> (String, String) {
        let taken = self.relay.taken();
        let (_, message) = taken.iter().rev().find(|(to, _)| to == reader).unwrap();
        let parsed = MessageParser::default().parse(message).unwrap();
        let text = parsed.body_text(0).unwrap().into_owned();
        (text, parsed.body_html(0).unwrap().into_owned())
    }

    fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for (_, message) in self.relay.taken() {
            for word in message
                .replace("=\r\n", "")
                .split(|c: char| !is_of_token(c))
            {
                if word.len() >= 40 {
                    tokens.push(word.to_owned());
                }
            }
        }
        tokens
    }
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn files(scene: &Scene) -> Vec<(String, String)> {
    let names = scene.names("public/issues");
    let read = |name: String| {
        let text = scene.read(&format!("public/issues/{name}"));
        (name, text)
    };
    names.into_iter().map(read).collect()
}

fn pages(scene: &Scene) -> Vec<String> {
    let mut names = scene.names("public/issues");
    names.retain(|name| name.len() == "0123456789abcdef.html".len());
    names
}

fn both(name: &str, test: impl Fn(Option<String>)) {
    test(None);
    if let Some(database) = Database::fresh(name) {
        test(Some(database.url()));
    }
}
