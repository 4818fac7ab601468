//! Mail that comes back, from the relay to the box and into the ledger, by the real program.

mod bounces;
mod boxes;
mod requests;

use std::fs;
use std::time::Duration;

use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const TUESDAY: &str = "2024-06-25T12:00:00+02:00";

/// A site with VERP, whose box is the Maildir `mail`.
fn scene(readers: &[&str]) -> Scene {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("mail/new/.keep", "")
        .file("mail/cur/.keep", "")
        .file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    let config = scene
        .read("config.toml")
        .replace("to = [\"editor@hums.example\"]\n", "")
        + "return_path = \"bounces@hums.example\"\nverp = true\ninbox = \"maildir:mail\"\n";
    scene.file("config.toml", &config)
}

/// A site whose readers have got one issue, with the relay that took it.
struct Sent {
    scene: Scene,
    relay: Relay,
    store: Option<String>,
}

impl Sent {
    fn to(readers: &[&str]) -> Self {
        Self::with_store(readers, None)
    }

    fn with_store(readers: &[&str], store: Option<String>) -> Self {
        let sent = Self {
            scene: scene(readers),
            relay: Relay::start(Habits::good(true, Duration::ZERO)),
            store,
        };
        sent.at(
            MONDAY,
            &["subscriber", "import", "people.csv", "--confirmed"],
        );
        sent.at(MONDAY, &["run"]);
        assert_eq!(sent.relay.count(), readers.len());
        sent
    }

    fn ran(&self, at: &str, arguments: &[&str]) -> Ran {
        let url = self.relay.url();
        // One connection, so that the relay hears each envelope whole.
        let smtp = [
            ("TIDINGS_MAIL__SMTP", url.as_str()),
            ("TIDINGS_MAIL__CONNECTIONS", "1"),
        ];
        let store = self.store.as_deref();
        self.scene.run_in_store(at, arguments, store, &smtp)
    }

    fn at(&self, at: &str, arguments: &[&str]) -> String {
        self.ran(at, arguments).succeeds().out.clone()
    }

    /// The sender of the envelope of the last message to someone.
    fn sender(&self, reader: &str) -> String {
        let heard = self.relay.heard();
        let to = format!("RCPT TO:<{reader}>");
        let at = heard
            .iter()
            .rposition(|line| line.starts_with(&to))
            .unwrap();
        let mail = heard[..at]
            .iter()
            .rev()
            .find(|line| line.starts_with("MAIL FROM:<"));
        let rest = &mail.unwrap()["MAIL FROM:<".len()..];
        rest[..rest.find('>').unwrap()].to_owned()
    }

    /// The last message to someone.
    fn message(&self, reader: &str) -> String {
        let taken = self.relay.taken();
        let last = taken.iter().rev().find(|(to, _)| to == reader);
        last.unwrap().1.clone()
    }

    /// A field of the last message to someone.
    fn field(&self, reader: &str, name: &str) -> String {
        let message = self.message(reader);
        let begin = format!("{name}: ");
        let line = message
            .lines()
            .find(|line| line.starts_with(&begin))
            .unwrap();
        line[begin.len()..].to_owned()
    }

    /// The address to which someone writes to leave.
    fn leave(&self, reader: &str) -> String {
        let field = self.field(reader, "List-Unsubscribe");
        let begin = field.find("mailto:").unwrap() + "mailto:".len();
        field[begin..field.find('?').unwrap()].to_owned()
    }

    /// Puts a message into the box.
    fn receive(&self, name: &str, message: &str) {
        fs::write(self.scene.path(&format!("mail/new/{name}")), message).unwrap();
    }

    fn state(&self, reader: &str) -> String {
        let shown = self.at(TUESDAY, &["subscriber", "list"]);
        let line = shown.lines().find(|line| line.starts_with(reader));
        line.map_or_else(String::new, |line| {
            line.split_whitespace()
                .nth(1)
                .unwrap_or_default()
                .to_owned()
        })
    }

    fn events(&self, reader: &str) -> String {
        self.at(TUESDAY, &["subscriber", "show", reader])
    }

    fn waiting(&self) -> Vec<String> {
        let names = self.scene.names("mail/new");
        names
            .into_iter()
            .filter(|name| !name.starts_with('.'))
            .collect()
    }
}

/// A report on delivery.
fn dsn(to: &str, recipient: &str, status: &str, words: &str, returned: &str) -> String {
    format!(
        "Return-Path: <>\nTo: {to}\nFrom: MAILER-DAEMON@relay.example\nMessage-ID: <{recipient}.{status}.{}@relay.example>\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt came back.\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {recipient}\n\
         Action: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n\n--b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n",
        to.len()
    )
}
