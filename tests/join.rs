//! Joining by mail: asked by anybody, confirmed by whoever reads the address, by the real program, a relay and a Maildir.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use mail_parser::MessageParser;

use crate::database::Database;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const TUESDAY: &str = "2024-06-25T12:00:00+02:00";
const EVENING: &str = "2024-06-25T20:00:00+02:00";
const WEDNESDAY: &str = "2024-06-26T12:00:00+02:00";
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
        let mut set = vec![("TIDINGS_MAIL__SMTP", url.as_str())];
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

/// The local part's tag with its token: `confirm-…`.
fn tag(address: &str) -> &str {
    let (local, _) = address.split_once('@').unwrap();
    local.split_once('+').unwrap().1
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

#[test]
fn somebody_joins_confirms_reads_and_leaves_by_mail_alone() {
    both("join_all", |store| {
        let site = Site::with("footer = \"Hums, 1 Night Street\"", store);
        site.ask("1", "Ada Night <Ada@x.example>");
        let told = site.at(TUESDAY, &["run"]);
        assert!(told.contains("1 to be asked to confirm"), "{told}");
        assert_eq!(site.state("Ada@x.example"), "Ada@x.example  pending");
        let letter = site.message("Ada@x.example");
        let parsed = MessageParser::default().parse(&letter).unwrap();
        let (to, subject) = site.question("Ada@x.example");
        assert!(tag(&to).starts_with("confirm-"), "{to}");
        assert!(
            subject.starts_with("Please confirm: Hums, weekly – confirm "),
            "{subject}"
        );
        let text = parsed.body_text(0).unwrap();
        for words in [
            "“Hums, weekly”",
            "answer this mail",
            "valid for three days",
            "Hums, 1 Night Street",
            &to,
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        // Nothing that advertises: no picture, no post, one link.
        let html = parsed.body_html(0).unwrap();
        assert_eq!(html.matches("href=").count(), 1, "{html}");
        for words in ["<img", "One", "Welcome", "style"] {
            assert!(!html.contains(words), "{words}: {html}");
        }
        // The next run has nothing to send.
        site.at(EVENING, &["run"]);
        assert_eq!(site.relay.count(), 1);

        let quoted = "On Tue, Hums <news@hums.example> wrote:\n> Somebody, probably you";
        site.receive("2", &answer(&to, &format!("Re: {subject}"), quoted));
        let told = site.at(EVENING, &["inbox"]);
        assert!(told.contains("1 confirmed"), "{told}");
        assert_eq!(site.state("Ada@x.example"), "Ada@x.example  active  weekly");
        let shown = site.at(EVENING, &["subscriber", "show", "ada@x.example"]);
        for words in [
            "asked",
            "weekly; by mail",
            "confirmed",
            "asked at 2024-06-25T10:00:00Z",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        let scene = &site.scene;
        fs::write(
            scene.path("post/two.md"),
            "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
        )
        .unwrap();
        site.at(NEXT_MONDAY, &["run"]);
        let digest = site.message("Ada@x.example");
        assert!(
            digest.contains("Two") && site.relay.count() == 2,
            "{digest}"
        );
        let begin = digest.find("mailto:news+leave-").unwrap() + "mailto:".len();
        let leave = digest[begin..].split('?').next().unwrap();
        site.receive("3", &answer(leave, "", "bye"));
        assert!(site.at(NEXT_MONDAY, &["inbox"]).contains("1 left"));
        assert!(site.waiting().is_empty());
    });
}

#[test]
fn an_answer_confirms_by_its_address_or_by_its_subject() {
    for (keys, how) in [
        ("", "the address"),
        ("", "the subject"),
        ("inbox_token = \"subject\"", "the subject"),
    ] {
        let site = Site::with(keys, None);
        site.ask("1", "ada@x.example");
        site.at(TUESDAY, &["run"]);
        let (to, subject) = site.question("ada@x.example");
        assert_eq!(to.contains('+'), keys.is_empty(), "{to}");
        let message = match how {
            "the address" => answer(&to, "", ""),
            _ => answer("news@hums.example", &format!("AW: {subject}"), "Ja!"),
        };
        site.receive("2", &message);
        site.at(EVENING, &["inbox"]);
        assert!(
            site.state("ada@x.example").contains("active"),
            "{keys} {how}"
        );
    }
}

#[test]
fn no_program_confirms_for_a_person() {
    let site = Site::new();
    site.ask("1", "ada@x.example");
    site.at(TUESDAY, &["run"]);
    let (to, subject) = site.question("ada@x.example");
    let re = format!("Re: {subject}");
    let quoted = site.message("ada@x.example");
    for (number, message) in [
        format!("Auto-Submitted: auto-replied\n{}", answer(&to, &re, "")),
        format!("X-Autoreply: yes\n{}", answer(&to, &re, &quoted)),
        answer(
            &to,
            &format!("Out of office: {subject}"),
            "I am away until Monday.",
        ),
        format!("Precedence: bulk\n{}", answer(&to, &re, "yes")),
        answer(
            &to,
            &re,
            "Thank you for your message. We will look into it.",
        ),
        answer(
            &to,
            "Undeliverable",
            &format!("Your message was not delivered.\n\n{quoted}"),
        ),
        format!("Return-Path: <>\n{}", answer(&to, &re, "")),
        answer(
            &to,
            &format!("[Ticket 17] {subject}"),
            "Your ticket was opened.\n",
        ),
    ]
    .iter()
    .enumerate()
    {
        site.receive(&format!("r{number}"), message);
        site.at(EVENING, &["inbox"]);
        assert_eq!(
            site.state("ada@x.example"),
            "ada@x.example  pending",
            "{message}"
        );
    }
    site.receive("last", &answer(&to, &re, "yes"));
    site.at(EVENING, &["inbox"]);
    assert!(site.state("ada@x.example").contains("active"));
}

#[test]
fn a_thousand_requests_for_one_address_are_one_mail_a_day() {
    both("join_thousand", |store| {
        let site = Site::with("", store);
        for number in 0..1000 {
            let from = [
                "victim@x.example",
                "Victim <VICTIM@X.example>",
                "\"a, b\" <victim@x.example>",
            ][number % 3];
            site.ask(&number.to_string(), from);
        }
        site.at(TUESDAY, &["run"]);
        assert!(site.waiting().is_empty());
        assert_eq!(site.relay.count(), 1);
        // Who is named in a From that somebody forged has agreed to nothing.
        let scene = &site.scene;
        fs::write(
            scene.path("post/two.md"),
            "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
        )
        .unwrap();
        site.at(NEXT_MONDAY, &["run"]);
        assert_eq!(site.relay.count(), 1);
        site.ask("next", "victim@x.example");
        site.at("2024-07-02T12:00:00+02:00", &["run"]);
        assert_eq!(site.relay.count(), 2);
    });
}

#[test]
fn who_left_may_come_back_and_who_complained_or_was_forgotten_is_not_asked() {
    both("join_back", |store| {
        let site = Site::with("", store);
        let list = "email,status\nleft@x.example,unsubscribed\nbounced@x.example,bounced\nangry@x.example,complained\n\
            here@x.example,active\ngone@x.example,active\n";
        let site = Site {
            scene: site.scene.file("people.csv", list),
            ..site
        };
        site.at(
            MONDAY,
            &["subscriber", "import", "people.csv", "--confirmed"],
        );
        site.at(MONDAY, &["subscriber", "forget", "gone@x.example"]);
        let people =
            ["left", "bounced", "angry", "here", "gone"].map(|name| format!("{name}@x.example"));
        for (number, address) in people.iter().enumerate() {
            site.ask(&number.to_string(), address);
        }
        let before = site.at(TUESDAY, &["subscriber", "list"]);
        let told = site.at(TUESDAY, &["run"]);
        assert!(
            told.contains("2 to be asked"),
            "{told}{}",
            site.at(TUESDAY, &["status"])
        );
        let mut to: Vec<String> = site.relay.taken().into_iter().map(|(to, _)| to).collect();
        to.sort();
        let told = format!("{told}{}", site.at(TUESDAY, &["status"]));
        assert_eq!(to, ["bounced@x.example", "left@x.example"], "{told}");
        assert_eq!(
            site.at(TUESDAY, &["subscriber", "list"]),
            before,
            "asking changes nobody"
        );
        assert!(site.waiting().is_empty());
        for address in to {
            let (reply_to, subject) = site.question(&address);
            site.receive(&address, &answer(&reply_to, &subject, ""));
            site.at(EVENING, &["inbox"]);
            assert_eq!(
                site.state(&address).split_whitespace().collect::<Vec<_>>()[1..],
                ["active", "weekly"]
            );
        }
    });
}

#[test]
fn a_token_confirms_once_for_three_days_and_nothing_but_its_purpose() {
    let site = Site::new();
    site.ask("1", "ada@x.example");
    site.at(TUESDAY, &["run"]);
    let (to, subject) = site.question("ada@x.example");
    let leave = site.message("ada@x.example");
    let begin = leave.find("mailto:news+leave-").unwrap() + "mailto:".len();
    let leave = leave[begin..].split('?').next().unwrap().to_owned();
    let token = tag(&to).strip_prefix("confirm-").unwrap().to_owned();
    let other = if token.ends_with('a') { 'b' } else { 'a' };
    let forged = format!("{}{other}", &token[..token.len() - 1]);
    for (number, to) in [
        format!(
            "news+confirm-{}@hums.example",
            tag(&leave).strip_prefix("leave-").unwrap()
        ),
        format!("news+confirm-{forged}@hums.example"),
        format!("news+confirm-{}@hums.example", "a".repeat(45)),
    ]
    .iter()
    .enumerate()
    {
        site.receive(&format!("f{number}"), &answer(to, "", ""));
        site.at(EVENING, &["inbox"]);
        assert_eq!(
            site.state("ada@x.example"),
            "ada@x.example  pending",
            "{to}"
        );
    }
    // Whoever leaves once more is not brought back by an answer that was used.
    site.receive("yes", &answer(&to, &subject, ""));
    site.at(EVENING, &["inbox"]);
    site.at(EVENING, &["subscriber", "remove", "ada@x.example"]);
    site.receive("again", &answer(&to, &subject, "yes"));
    site.at(WEDNESDAY, &["inbox"]);
    assert!(site.state("ada@x.example").contains("left"));

    site.ask("2", "bob@x.example");
    site.at(WEDNESDAY, &["run"]);
    let (to, _) = site.question("bob@x.example");
    site.receive("late", &answer(&to, "", ""));
    site.at("2024-06-29T12:00:01+02:00", &["inbox"]);
    assert_eq!(site.state("bob@x.example"), "bob@x.example  pending");
    site.at("2024-06-29T12:00:00+02:00", &["inbox"]);
    assert!(
        site.state("bob@x.example").contains("active"),
        "it waits in the box"
    );
}

#[test]
fn a_digest_is_named_in_the_address_or_the_subject() {
    let site = Site::new();
    let monthly = "[[digest]]\nname = \"monthly\"\nlanguage = \"de\"\ntitle = \"Hums im Monat\"\nschedule = \"0 8 1 * *\"\n[mail]";
    let config = site.scene.read("config.toml").replace("[mail]", monthly);
    let site = Site {
        scene: site.scene.file("config.toml", &config),
        ..site
    };
    let mail = |to: &str, from: &str, subject: &str| {
        format!("To: {to}\nFrom: {from}\nMessage-ID: <{from}>\nSubject: {subject}\n\n")
    };
    site.receive(
        "1",
        &mail("news+join-monthly@hums.example", "ada@x.example", ""),
    );
    site.receive(
        "2",
        &mail("news@hums.example", "bob@x.example", "Subscribe monthly"),
    );
    site.receive("3", &mail("news+join@hums.example", "eve@x.example", ""));
    site.receive(
        "4",
        &mail("news+join-daily@hums.example", "kim@x.example", ""),
    );
    site.at(TUESDAY, &["run"]);
    assert_eq!(site.waiting(), ["4"]);
    for (address, title) in [
        ("ada@x.example", "Bitte bestätigen: Hums im Monat"),
        ("bob@x.example", "Bitte bestätigen: Hums im Monat"),
        ("eve@x.example", "Please confirm: Hums, weekly"),
    ] {
        let (to, subject) = site.question(address);
        assert!(subject.starts_with(title), "{subject}");
        site.receive(address, &answer(&to, &subject, ""));
    }
    site.at(EVENING, &["inbox"]);
    assert!(site.state("ada@x.example").ends_with("active  monthly"));
    assert!(site.state("eve@x.example").ends_with("active  weekly"));
}

#[test]
fn what_is_over_the_hours_share_waits_in_the_box_for_the_next_hour() {
    let site = Site::new();
    let config = site.scene.read("config.toml") + "[join]\nper_hour = 5\nper_domain = 3\n";
    let site = Site {
        scene: site.scene.file("config.toml", &config),
        ..site
    };
    for number in 0..10 {
        site.ask(
            &format!("m{number}"),
            &format!("r{number}@d{}.example", number % 2),
        );
    }
    site.at(TUESDAY, &["run"]);
    assert_eq!((site.relay.count(), site.waiting().len()), (5, 5));
    site.at("2024-06-25T12:30:00+02:00", &["run"]);
    assert_eq!(site.relay.count(), 5);
    site.at("2024-06-25T13:00:00+02:00", &["run"]);
    assert_eq!((site.relay.count(), site.waiting().len()), (10, 0));
}

#[test]
fn who_never_answers_is_deleted_with_the_letter_to_them() {
    both("join_purge", |store| {
        let site = Site::with("", store);
        site.ask("1", "ada@x.example");
        site.at(TUESDAY, &["run"]);
        site.at("2024-07-24T12:00:00+02:00", &["run"]);
        assert_eq!(site.state("ada@x.example"), "ada@x.example  pending");
        let ran = site.ran("2024-07-26T12:00:00+02:00", &["run"]);
        assert!(
            ran.talk
                .contains("1 reader not confirmed for 30 days: deleted"),
            "{}",
            ran.talk
        );
        assert_eq!(site.state("ada@x.example"), "-");
        site.at(TUESDAY, &["store", "check"]);
    });
}

#[test]
fn programs_that_are_asked_at_once_send_one_mail() {
    both("join_at_once", |store| {
        let site = Site::with("", store);
        let url = site.relay.url();
        let mut set = vec![("TIDINGS_MAIL__SMTP", url.as_str())];
        if let Some(store) = &site.store {
            set.push(("TIDINGS_STORE__URL", store));
        }
        let mut running = Vec::new();
        for number in 0..6 {
            let message = format!(
                "To: news@hums.example\nFrom: ada@x.example\nMessage-ID: <{number}@x>\nSubject: subscribe\n\n"
            );
            let mut command = site.scene.command(&["--at", TUESDAY, "inbox", "--stdin"]);
            let mut child = command
                .envs(set.iter().copied())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(message.as_bytes())
                .unwrap();
            running.push(child);
        }
        let mut told = String::new();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            told += &String::from_utf8_lossy(&output.stdout);
        }
        assert_eq!(
            told.matches("1 to be asked to confirm").count(),
            1,
            "{told}"
        );
        site.at(TUESDAY, &["run"]);
        assert_eq!(site.relay.count(), 1);
    });
}

/// A report that the last letter to an address has bounced.
fn report(site: &Site, address: &str) -> String {
    let letter = site.message(address);
    let id = letter
        .lines()
        .find(|line| line.starts_with("Message-ID: "))
        .unwrap();
    format!(
        "Return-Path: <>\nTo: news@hums.example\nFrom: MAILER-DAEMON@relay.example\n{}\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt came back.\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {address}\n\
         Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b\n\
         Content-Type: text/rfc822-headers\n\n{id}\n\n--b--\n",
        id.replace("Message-ID: <", "Message-ID: <report.")
    )
}

#[test]
fn an_address_whose_letter_bounces_is_neither_asked_daily_nor_suppressed() {
    both("join_unreachable", |store| {
        let site = Site::with("", store);
        let day = |number: u32| match number {
            1..=30 => format!("2024-06-{number}T12:00:00+02:00"),
            _ => format!("2024-07-{:02}T12:00:00+02:00", number - 30),
        };
        // One is refused by the relay, one comes back later.
        let addresses = ["bad@x.example", "ada@y.example"];
        let letters = || {
            let heard = site.relay.heard();
            addresses.map(|address| {
                let to = format!("RCPT TO:<{address}>");
                heard.iter().filter(|line| line.starts_with(&to)).count()
            })
        };
        let mut asked = Vec::new();
        for number in [25, 26, 28, 33, 34] {
            for address in addresses {
                site.ask(&format!("{number}-{address}"), address);
            }
            site.ran(&day(number), &["run"]);
            asked.push(letters());
            if number == 25 {
                site.receive("report", &report(&site, "ada@y.example"));
                assert!(site.at(&day(number), &["inbox"]).contains("1 came back"));
            }
            assert!(site.state("bad@x.example").ends_with("pending"));
            assert!(site.state("ada@y.example").ends_with("pending"));
        }
        // After a week once more; the second letter to the second has not come back.
        assert_eq!(asked, [[1, 1], [1, 1], [1, 1], [2, 2], [2, 3]]);
        let status = site.at(&day(34), &["status"]);
        assert!(
            status.contains("ada@y.example: sent, then bounced: 550 5.1.1"),
            "{status}"
        );
        // The owner's word subscribes them, and what bounces then suppresses.
        site.at(&day(35), &["subscriber", "add", "bad@x.example"]);
        assert!(site.state("bad@x.example").contains("active"));
        // Whoever never confirmed is gone in the end.
        let late = "2024-08-20T12:00:00+02:00";
        let post = "---\ntitle: Two\ndate: 2024-08-18\n---\ntext\n";
        fs::write(site.scene.path("post/two.md"), post).unwrap();
        site.ran(late, &["run"]);
        assert_eq!(site.state("ada@y.example"), "-");
        assert!(
            site.state("bad@x.example").contains("bounced"),
            "{}",
            site.state("bad@x.example")
        );
    });
}
