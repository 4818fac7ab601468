//! What comes back by mail, from the relay to the box and into the ledger, by the real program.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Ran, Scene};

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
        let mut set = vec![
            ("TIDINGS_MAIL__SMTP", url.as_str()),
            ("TIDINGS_MAIL__CONNECTIONS", "1"),
        ];
        if let Some(store) = &self.store {
            set.push(("TIDINGS_STORE__URL", store));
        }
        self.scene
            .run_with(&[&["--at", at], arguments].concat(), &set)
    }

    fn at(&self, at: &str, arguments: &[&str]) -> String {
        let ran = self.ran(at, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran.out
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

fn bounces_once(sent: &Sent) {
    let report = dsn(
        &sent.sender("ada@x.example"),
        "ada@x.example",
        "5.1.1",
        "550 5.1.1 no such user",
        "",
    );
    sent.receive("1", &report);
    let ran = sent.ran(TUESDAY, &["inbox"]);
    ran.succeeds().prints("1 message read: 1 bounced");
    assert!(
        ran.talk
            .contains("ada@x.example: bounced: 550 5.1.1 no such user"),
        "{}",
        ran.talk
    );
    assert_eq!(sent.state("ada@x.example"), "bounced");
    assert_eq!(sent.state("bob@y.example"), "active");
    // Both facts stay.
    let status = sent.ran(TUESDAY, &["status"]);
    status.prints("2 sent");
    assert!(
        status
            .out
            .contains("ada@x.example: sent, then bounced: 550 5.1.1"),
        "{}",
        status.out
    );
    assert!(
        status
            .talk
            .contains("x.example: 100 % bounced in 30 days (1 of 1), above 2 %"),
        "{}",
        status.talk
    );
    assert!(!status.talk.contains("y.example"), "{}", status.talk);
    let json: serde_json::Value =
        serde_json::from_str(&sent.at(TUESDAY, &["status", "--json"])).unwrap();
    assert_eq!(json["issues"][0]["came_back"][0]["kind"], "bounced");
    // Moved, not deleted; and a second copy by another way changes nothing.
    assert!(sent.waiting().is_empty());
    assert_eq!(sent.scene.names("mail/.tidings-done/cur"), ["1:2,S"]);
    sent.receive(
        "2",
        &format!("Received: from a by b; Mon, 24 Jun 2024 08:00:00 +0000\n{report}"),
    );
    let events = sent.events("ada@x.example");
    let out = sent.at(TUESDAY, &["inbox"]);
    assert!(out.contains("1 message read: 1 known"), "{out}");
    assert_eq!(events, sent.events("ada@x.example"));
    assert_eq!(sent.at(TUESDAY, &["inbox"]), "");
}

#[test]
fn a_bounce_that_the_envelope_identifies_suppresses_and_both_facts_stay() {
    bounces_once(&Sent::to(&["ada@x.example", "bob@y.example"]));
}

#[test]
fn a_bounce_is_carried_out_on_postgresql_as_well() {
    let Some(database) = Database::fresh("returned") else {
        return;
    };
    bounces_once(&Sent::with_store(
        &["ada@x.example", "bob@y.example"],
        Some(database.url()),
    ));
}

#[test]
fn a_bounce_without_a_token_is_known_by_the_returned_message_id() {
    let sent = Sent::to(&["ada@x.example", "bob@y.example"]);
    let id = format!("Message-ID: {}", sent.field("ada@x.example", "Message-ID"));
    // To whom it says to be changes nothing: the Message-ID tells.
    let report = dsn(
        "news@hums.example",
        "forwarded@z.example",
        "5.1.1",
        "550 5.1.1 no",
        &id,
    );
    sent.receive("1", &report);
    sent.receive(
        "2",
        &report
            .replace(&id[13..45], &"0".repeat(32))
            .replace("@relay.example>", "@other.example>"),
    );
    let out = sent.at(TUESDAY, &["inbox"]);
    assert!(
        out.contains("2 messages read: 1 bounced, 1 about mail that is not ours"),
        "{out}"
    );
    assert_eq!(sent.state("ada@x.example"), "bounced");
    assert_eq!(sent.state("bob@y.example"), "active");
    assert_eq!(sent.waiting(), ["2"]);
}

#[test]
fn what_is_about_us_or_not_decided_suppresses_nobody() {
    let sent = Sent::to(&["ada@x.example"]);
    let to = sent.sender("ada@x.example");
    for (number, (status, words)) in [
        ("5.7.26", "550 5.7.26 unauthenticated"),
        ("5.7.1", "550 5.7.1 relaying denied"),
        ("5.1.8", "550 5.1.8 sender address rejected"),
        ("5.1.1", "550 5.1.1 blocked by our blocklist"),
        ("5.6.0", "554 5.6.0 no"),
        ("5.2.2", "552 5.2.2 full"),
        ("4.4.7", "expired"),
    ]
    .into_iter()
    .enumerate()
    {
        sent.receive(
            &number.to_string(),
            &dsn(&to, "ada@x.example", status, words, ""),
        );
    }
    let delayed = dsn(&to, "ada@x.example", "4.4.1", "later", "")
        .replace("Action: failed", "Action: delayed");
    sent.receive("delayed", &delayed);
    let out = sent.at(TUESDAY, &["inbox"]);
    assert!(
        out.contains("8 messages read: 7 came back, 1 automatic"),
        "{out}"
    );
    assert_eq!(sent.state("ada@x.example"), "active");
    assert!(sent.waiting().is_empty());
    let status = sent.at(TUESDAY, &["status"]);
    assert!(
        status.contains("ada@x.example: sent, then came back: 5"),
        "{status}"
    );
}

#[test]
fn what_comes_back_in_three_issues_in_a_row_suppresses() {
    let sent = Sent::to(&["ada@x.example"]);
    for week in 0..3 {
        let (name, monday) = (
            format!("n{week}"),
            format!("2024-07-{:02}T08:00:05+02:00", 1 + 7 * week),
        );
        if week > 0 {
            let post = format!("---\ntitle: {name}\ndate: 2024-06-2{week}\n---\ntext\n");
            fs::write(sent.scene.path(&format!("post/{name}.md")), post).unwrap();
            sent.at(&monday, &["run"]);
            assert_eq!(sent.relay.count(), week + 1);
        }
        assert_eq!(sent.state("ada@x.example"), "active", "{week}");
        let to = sent.sender("ada@x.example");
        sent.receive(&name, &dsn(&to, "ada@x.example", "4.4.1", "no answer", ""));
        sent.at(&monday, &["inbox"]);
    }
    assert_eq!(sent.state("ada@x.example"), "bounced");
}

#[test]
fn forged_foreign_and_late_bounces_do_nothing() {
    let sent = Sent::to(&["ada@x.example"]);
    let other = Sent::to(&["ada@x.example"]);
    let to = sent.sender("ada@x.example");
    let forged = to.replace(
        &to[40..44],
        if &to[40..44] == "aaaa" {
            "bbbb"
        } else {
            "aaaa"
        },
    );
    for (name, to) in [
        ("forged", forged.as_str()),
        ("foreign", &other.sender("ada@x.example")),
        ("bare", "bounces@hums.example"),
        // A token to leave in the place of one for bounces.
        (
            "purpose",
            &sent
                .leave("ada@x.example")
                .replace("news+leave-", "bounces+")
                .replace("hums", "other"),
        ),
    ] {
        let report = dsn(to, "ada@x.example", "5.1.1", "550 5.1.1 no", "");
        sent.receive(name, &report);
    }
    sent.at(TUESDAY, &["inbox"]);
    // That one proves whose mail it was as well.
    assert!(!sent.waiting().contains(&"purpose".to_owned()));
    for name in sent.waiting() {
        fs::remove_file(sent.scene.path(&format!("mail/new/{name}"))).unwrap();
    }
    let sent = Sent::to(&["ada@x.example"]);
    let late = dsn(
        &sent.sender("ada@x.example"),
        "ada@x.example",
        "5.1.1",
        "550 5.1.1 no",
        "",
    );
    sent.receive("late", &late);
    let out = sent.at("2024-08-24T08:00:00Z", &["inbox"]);
    assert!(out.contains("1 about mail that is not ours"), "{out}");
    assert_eq!(sent.state("ada@x.example"), "active");
    assert_eq!(sent.waiting(), ["late"]);
}

#[test]
fn a_complaint_suppresses_at_once() {
    let sent = Sent::to(&["ada@x.example", "bob@y.example"]);
    let message = sent.message("ada@x.example");
    let report = format!(
        "To: abuse@hums.example\nFrom: feedback@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1.0\n\n--b\nContent-Type: message/rfc822\n\n\
         {message}\n--b--\n"
    );
    sent.receive("1", &report);
    let ran = sent.ran(TUESDAY, &["inbox"]);
    ran.prints("1 complained");
    assert_eq!(sent.state("ada@x.example"), "complained");
    let status = sent.ran(TUESDAY, &["status"]);
    assert!(
        status
            .out
            .contains("ada@x.example: sent, then called spam: abuse, reported by Loop/1.0"),
        "{}",
        status.out
    );
    assert!(
        status
            .talk
            .contains("x.example: 100 % complained in 30 days (1 of 1), above 0.1 %"),
        "{}",
        status.talk
    );
}

#[test]
fn whoever_writes_to_the_address_of_their_mail_has_left() {
    for subject in ["Subject: unsubscribe\n", "Subject:\n", ""] {
        let sent = Sent::to(&["ada@x.example", "bob@y.example"]);
        let to = sent.leave("ada@x.example");
        assert!(
            to.starts_with("news+leave-") && to.rfind('@').unwrap() <= 64,
            "{to}"
        );
        sent.receive(
            "1",
            &format!("To: {to}\nFrom: Somebody <else@z.example>\n{subject}\n"),
        );
        let ran = sent.ran(TUESDAY, &["run"]);
        ran.succeeds()
            .prints("1 message read: 1 left")
            .says("ada@x.example: has left `weekly`");
        fs::write(
            sent.scene.path("post/two.md"),
            "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
        )
        .unwrap();
        sent.at("2024-07-01T08:00:05+02:00", &["run"]);
        let to: Vec<String> = sent
            .relay
            .taken()
            .into_iter()
            .skip(2)
            .map(|(to, _)| to)
            .collect();
        assert_eq!(to, ["bob@y.example"]);
    }
}

#[test]
fn the_token_stands_in_the_subject_alone_where_the_domain_knows_no_plus() {
    let scene = scene(&["ada@x.example"]);
    let config = scene.read("config.toml") + "inbox_token = \"subject\"\n";
    let sent = Sent {
        scene: scene.file("config.toml", &config),
        relay: Relay::start(Habits::good(true, Duration::ZERO)),
        store: None,
    };
    sent.at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    sent.at(MONDAY, &["run"]);
    assert_eq!(sent.leave("ada@x.example"), "news@hums.example");
    let field = sent.field("ada@x.example", "List-Unsubscribe");
    let subject = field
        .split("subject=")
        .nth(1)
        .unwrap()
        .trim_end_matches('>')
        .replace("%20", " ");
    sent.receive(
        "1",
        &format!("To: news@hums.example\nFrom: x@z.example\nSubject: {subject}\n\n"),
    );
    let out = sent.at(TUESDAY, &["inbox"]);
    assert!(out.contains("1 left"), "{out}");
}

#[test]
fn a_person_is_left_to_a_person() {
    let sent = Sent::to(&["ada@x.example"]);
    sent.receive(
        "letter",
        "To: news@hums.example\nFrom: ada@x.example\nSubject: Hello\n\nI liked it.\n",
    );
    sent.receive("away", "To: news@hums.example\nFrom: ada@x.example\nSubject: Out of office\nAuto-Submitted: auto-replied\n\n");
    sent.receive(
        "asked",
        "To: news@hums.example\nFrom: ada@x.example\nSubject: unsubscribe\n\n",
    );
    let id = sent.field("ada@x.example", "Message-ID");
    sent.receive("answer", &format!("To: news@hums.example\nFrom: ada@x.example\nIn-Reply-To: {id}\nAuto-Submitted: auto-replied\n\n"));
    let out = sent.at(TUESDAY, &["inbox"]);
    assert!(
        out.contains(
            "4 messages read: 1 to be answered with the link to leave, 2 automatic, 1 not understood"
        ),
        "{out}"
    );
    assert_eq!(sent.waiting(), ["away", "letter"]);
    assert_eq!(sent.state("ada@x.example"), "active");
}

#[test]
fn an_mbox_and_a_pipe_are_read_and_stay() {
    let sent = Sent::to(&["ada@x.example", "bob@y.example"]);
    let bounce = |reader: &str| dsn(&sent.sender(reader), reader, "5.1.1", "550 5.1.1 no", "");
    let text = format!(
        "From a Mon\n{}\nFrom b Mon\nSubject: Hello\n\nx\n",
        bounce("ada@x.example")
    );
    fs::write(sent.scene.path("box"), &text).unwrap();
    let out = sent.at(TUESDAY, &["inbox", "--mbox", "box"]);
    assert!(
        out.contains("2 messages read: 1 bounced, 1 not understood"),
        "{out}"
    );
    let out = sent.at(TUESDAY, &["inbox", "--mbox", "box"]);
    assert!(
        out.contains("2 messages read: 1 known, 1 not understood"),
        "{out}"
    );
    assert_eq!(sent.scene.read("box"), text);

    let mut child = sent
        .scene
        .command(&["--at", TUESDAY, "inbox", "--stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut message = bounce("bob@y.example").into_bytes();
    message.resize(12 << 20, b'a');
    child.stdin.take().unwrap().write_all(&message).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(sent.state("bob@y.example"), "bounced");
}

#[test]
fn a_message_that_is_handed_over_in_vain_is_to_be_handed_over_again() {
    let scene = Scene::new()
        .file("broken.toml", "[site\n")
        .file("box", "")
        .file(
            "boxed.toml",
            &CONFIG.replace("[mail]", "[mail]\ninbox = \"mbox:box\""),
        );
    let lost = [("TIDINGS_STORE__URL", "sqlite:nowhere/tidings.db")];
    for (arguments, set, code) in [
        (&["inbox", "--stdin"][..], &[][..], 0),
        (&["inbox"], &[], 0),
        (&["inbox", "--stdin"], &lost, 75),
        (&["inbox"], &lost, 75),
        (&["--config", "broken.toml", "inbox", "--stdin"], &[], 75),
        (&["--config", "none.toml", "inbox", "--stdin"], &[], 75),
        (&["--config", "boxed.toml", "inbox", "--stdin"], &lost, 75),
        // The box stays as it is, and whoever starts the program reads what is wrong.
        (&["--config", "boxed.toml", "inbox"], &lost, 2),
        (&["inbox", "--mbox", "box"], &lost, 2),
        (
            &["--config", "broken.toml", "inbox", "--mbox", "box"],
            &[],
            2,
        ),
        (&["status"], &lost, 2),
    ] {
        let ran = scene.run_with(arguments, set);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.talk);
        assert_eq!(code == 0, !ran.talk.contains("error:"), "{}", ran.talk);
    }
}

#[test]
fn a_box_that_cannot_be_read_is_named_and_stops_no_mail() {
    let scene = scene(&["ada@x.example"]);
    let config = scene
        .read("config.toml")
        .replace("maildir:mail", "maildir:nowhere");
    let sent = Sent {
        scene: scene.file("config.toml", &config),
        relay: Relay::start(Habits::good(true, Duration::ZERO)),
        store: None,
    };
    sent.at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    let ran = sent.ran(MONDAY, &["run"]);
    ran.fails_with(1).says("nowhere: this is no Maildir");
    assert_eq!(sent.relay.count(), 1);
    let ran = sent.ran(MONDAY, &["inbox"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_box_that_is_read_half_and_read_again_comes_to_the_same() {
    let readers: Vec<String> = (0..300)
        .map(|n| format!("r{n}@d{}.example", n % 30))
        .collect();
    let names: Vec<&str> = readers.iter().map(String::as_str).collect();
    let sent = Sent::to(&names);
    for (number, reader) in readers.iter().enumerate() {
        let to = sent.sender(reader);
        let status = if number % 3 == 0 { "5.7.1" } else { "5.1.1" };
        let report = dsn(&to, reader, status, &format!("550 {status} no"), "");
        for copy in 0..4 {
            let way = format!("Received: from {copy} by b; Mon, 24 Jun 2024 08:00:00 +0000\n");
            sent.receive(&format!("{number}-{copy}"), &format!("{way}{report}"));
        }
    }
    for after in [30, 80, 150] {
        let url = sent.relay.url();
        let mut child = sent
            .scene
            .spawn(&["--at", TUESDAY, "inbox"], &[("TIDINGS_MAIL__SMTP", &url)]);
        std::thread::sleep(Duration::from_millis(after));
        child.kill();
    }
    sent.at(TUESDAY, &["inbox"]);
    assert!(sent.waiting().is_empty());
    assert_eq!(sent.scene.names("mail/.tidings-done/cur").len(), 1200);
    let list = sent.at(TUESDAY, &["subscriber", "list"]);
    assert_eq!(list.matches("  bounced").count(), 200, "{list}");
    assert_eq!(list.matches("  active").count(), 100);
    for reader in ["r0@d0.example", "r1@d1.example"] {
        let events = sent.events(reader);
        let came = events.matches("550 5.").count();
        assert_eq!(came, 1, "{events}");
    }
}

#[test]
fn whoever_asks_to_leave_without_a_token_gets_the_link_that_does_it() {
    let sent = Sent::to(&["ada@x.example", "bob@y.example"]);
    let ask = |from: &str, id: u8| {
        format!(
            "To: news@hums.example\nFrom: {from}\nMessage-ID: <{id}@x>\nSubject: Re: Hums\n\nBitte abmelden!\n"
        )
    };
    sent.receive("1", &ask("Ada <Ada@x.example>", 1));
    // Another of that day, and one of nobody's.
    sent.receive("2", &ask("ada@x.example", 2));
    sent.receive("3", &ask("eve@z.example", 3));
    let ran = sent.ran(TUESDAY, &["run"]);
    ran.succeeds();
    assert!(
        ran.out
            .contains("2 to be answered with the link to leave, 1 asked without a valid token"),
        "{}",
        ran.out
    );
    assert_eq!(sent.waiting(), ["3"]);
    assert_eq!(
        sent.state("ada@x.example"),
        "active",
        "a From can be forged"
    );
    assert!(!sent.at(TUESDAY, &["subscriber", "list"]).contains("eve@"));
    // One letter, by the ledger, to the one who asked.
    let taken = sent.relay.taken();
    assert_eq!(taken.len(), 3);
    assert_eq!(taken[2].0, "ada@x.example");
    assert!(
        taken[2].1.contains("Subject: Leaving Hums"),
        "{}",
        taken[2].1
    );
    assert!(sent.at(TUESDAY, &["status"]).contains("Leaving Hums"));
    let to = sent.leave("ada@x.example");
    sent.receive("4", &format!("To: {to}\nFrom: ada@x.example\nSubject:\n\n"));
    assert!(sent.at(TUESDAY, &["inbox"]).contains("1 left"));
    fs::write(
        sent.scene.path("post/two.md"),
        "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
    )
    .unwrap();
    sent.at("2024-07-01T08:00:05+02:00", &["run"]);
    let to: Vec<String> = sent
        .relay
        .taken()
        .into_iter()
        .skip(3)
        .map(|(to, _)| to)
        .collect();
    assert_eq!(to, ["bob@y.example"]);
}
