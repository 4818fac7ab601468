//! Joining by mail: one question a day, and the answer that subscribes.

mod answers;
mod limits;

use std::fs;
use std::time::Duration;

use mail_parser::MessageParser;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const TUESDAY: &str = "2024-06-25T12:00:00+02:00";

const EVENING: &str = "2024-06-25T20:00:00+02:00";

const NEXT_MONDAY: &str = "2024-07-01T08:00:05+02:00";

/// A site that is written to at `news@hums.example`, whose box is the Maildir `mail`, and its relay.
struct Site {
    scene: Scene,
    relay: Relay,
    store: Option<String>,
}

impl Site {
    fn new() -> Self {
        Self::with("", None)
    }

    /// With these keys under `[mail]`, and this store.
    fn with(keys: &str, store: Option<String>) -> Self {
        let scene = Scene::new()
            .post("one.md", "One", "2024-06-01")
            .file("mail/new/.keep", "")
            .file("mail/cur/.keep", "");
        let config = scene.read("config.toml").replace(
            "to = [\"editor@hums.example\"]\n",
            "title = \"Hums, weekly\"\n",
        );
        let config = format!("{config}inbox = \"maildir:mail\"\n{keys}\n");
        let site = Self {
            scene: scene.file("config.toml", &config),
            relay: Relay::start(Habits::good(true, Duration::ZERO)),
            store,
        };
        site.at(MONDAY, &["run"]);
        assert_eq!(site.relay.count(), 0);
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

    fn receive(&self, name: &str, message: &str) {
        fs::write(self.scene.path(&format!("mail/new/{name}")), message).unwrap();
    }

    /// Asks to join by a mail of this name.
    fn ask(&self, name: &str, from: &str) {
        self.receive(
            name,
            &format!("To: news@hums.example\nFrom: {from}\nMessage-ID: <{name}@x>\nSubject: subscribe\n\n"),
        );
    }

    /// The last message to someone.
    fn message(&self, reader: &str) -> String {
        let taken = self.relay.taken();
        let last = taken.iter().rev().find(|(to, _)| to == reader);
        last.unwrap_or_else(|| panic!("no mail to {reader}"))
            .1
            .clone()
    }

    /// The address that the last message to someone asks to answer, and its subject.
    fn question(&self, reader: &str) -> (String, String) {
        let message = self.message(reader);
        let parsed = MessageParser::default().parse(&message).unwrap();
        let reply_to = parsed
            .reply_to()
            .unwrap()
            .first()
            .unwrap()
            .address()
            .unwrap();
        (reply_to.to_owned(), parsed.subject().unwrap().to_owned())
    }

    fn state(&self, reader: &str) -> String {
        let list = self.at(TUESDAY, &["subscriber", "list"]);
        let line = list.lines().find(|line| line.starts_with(reader));
        line.unwrap_or("-").trim_end().to_owned()
    }

    fn waiting(&self) -> Vec<String> {
        let mut names = self.scene.names("mail/new");
        names.retain(|name| name != ".keep");
        names
    }
}

fn answer(to: &str, subject: &str, body: &str) -> String {
    format!(
        "To: {to}\nFrom: ada@x.example\nMessage-ID: <a{}@x>\nSubject: {subject}\n\n{body}\n",
        body.len()
    )
}

fn both(name: &str, test: impl Fn(Option<String>)) {
    test(None);
    if let Some(database) = Database::fresh(name) {
        test(Some(database.url()));
    }
}
