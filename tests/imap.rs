//! Reads returned mail from an IMAP server by the real program.

use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::imap_server::{ImapServer, Manners, PASSWORD, Slip};
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};

const TUESDAY: &str = "2024-06-25T12:00:00+02:00";

/// A site with VERP whose box is on a server, and one reader who got an issue.
struct Site {
    scene: Scene,
    relay: Relay,
    server: ImapServer,
}

impl Site {
    fn new(manners: Manners) -> Self {
        let server = ImapServer::start(manners);
        let scene = Scene::new()
            .post("one.md", "One", "2024-06-01")
            .file("imap.pem", &server.certificate)
            .file("people.csv", "email\nada@x.example\nbob@y.example\n");
        let config = scene
            .read("config.toml")
            .replace("to = [\"editor@hums.example\"]\n", "")
            + &format!(
                "return_path = \"bounces@hums.example\"\nverp = true\nca = \"imap.pem\"\ninbox = \"{}\"\n",
                server.url()
            );
        let site = Self {
            scene: scene.file("config.toml", &config),
            relay: Relay::start(Habits::good(true, Duration::ZERO)),
            server,
        };
        site.at(
            MONDAY,
            &["subscriber", "import", "people.csv", "--confirmed"],
        );
        site.at(MONDAY, &["run"]);
        assert_eq!(site.relay.count(), 2);
        site
    }

    fn ran_with(&self, at: &str, arguments: &[&str], password: &str) -> Ran {
        let url = self.relay.url();
        let set = [
            ("TIDINGS_MAIL__SMTP", url.as_str()),
            ("TIDINGS_MAIL__CONNECTIONS", "1"),
            ("TIDINGS_MAIL__INBOX_PASSWORD", password),
            ("TIDINGS_MAIL__TIMEOUT__COMMAND", "2s"),
        ];
        self.scene
            .run_with(&[&["--at", at], arguments].concat(), &set)
    }

    fn ran(&self, at: &str, arguments: &[&str]) -> Ran {
        let ran = self.ran_with(at, arguments, PASSWORD);
        assert!(!ran.talk.contains("hunter2"), "{}", ran.talk);
        ran
    }

    fn at(&self, at: &str, arguments: &[&str]) -> String {
        let ran = self.ran(at, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran.out
    }

    fn read(&self) -> String {
        self.at(TUESDAY, &["inbox"])
    }

    fn state(&self, reader: &str) -> String {
        let shown = self.at(TUESDAY, &["subscriber", "list"]);
        let line = shown.lines().find(|line| line.starts_with(reader));
        line.and_then(|line| line.split_whitespace().nth(1))
            .unwrap_or_default()
            .to_owned()
    }

    fn message(&self, reader: &str) -> String {
        let taken = self.relay.taken();
        let last = taken.iter().rev().find(|(to, _)| to == reader);
        last.unwrap().1.clone()
    }

    /// The sender of the envelope of the message to someone.
    fn sender(&self, reader: &str) -> String {
        let heard = self.relay.heard();
        let to = format!("RCPT TO:<{reader}>");
        let at = heard.iter().position(|line| line.starts_with(&to)).unwrap();
        let mail = heard[..at].iter().rev();
        let mail = mail.filter_map(|line| line.strip_prefix("MAIL FROM:<"));
        let rest = mail.take(1).next().unwrap();
        rest[..rest.find('>').unwrap()].to_owned()
    }

    /// A report that mail to someone has bounced.
    fn bounce(&self, reader: &str, id: &str) -> String {
        format!(
            "Return-Path: <>\nTo: {}\nFrom: MAILER-DAEMON@relay.example\nMessage-ID: <{id}>\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt came back.\n--b\n\
             Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {reader}\n\
             Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--\n",
            self.sender(reader)
        )
    }
}

fn private(number: usize) -> String {
    format!(
        "From: eve@z.example\nTo: news@hums.example\nMessage-ID: <p{number}@z>\nSubject: Private {number}\n\n\
         How are you? I am in the garden.\n"
    )
}

#[test]
fn somebody_joins_confirms_and_leaves_and_mail_bounces_by_a_box_over_tls() {
    let site = Site::new(Manners {
        is_encrypted: true,
        ..Manners::default()
    });
    let server = &site.server;
    server.receive(&private(1));
    server.receive(&site.bounce("ada@x.example", "b1@relay"));
    server.receive(
        "To: news@hums.example\nFrom: cy@w.example\nMessage-ID: <j@w>\nSubject: subscribe\n\n",
    );
    let told = site.at(TUESDAY, &["run"]);
    assert!(
        told.contains("3 messages read: 1 bounced, 1 to be asked to confirm, 1 not understood"),
        "{told}"
    );
    assert_eq!(site.state("ada@x.example"), "bounced");
    assert_eq!(site.state("cy@w.example"), "pending");
    assert_eq!(server.names("INBOX").unwrap(), ["Private 1"]);
    assert_eq!(
        server.names("tidings").unwrap(),
        ["<b1@relay>", "subscribe"]
    );

    let letter = site.message("cy@w.example");
    let letter = MessageParser::default().parse(&letter).unwrap();
    let to = letter.reply_to().unwrap().first().unwrap();
    server.receive(&format!(
        "To: {}\nFrom: cy@w.example\nMessage-ID: <c@w>\nSubject: Re: {}\n\n\n",
        to.address().unwrap(),
        letter.subject().unwrap()
    ));
    let message = site.message("bob@y.example");
    let begin = message.find("mailto:").unwrap() + "mailto:".len();
    let leave = &message[begin..begin + message[begin..].find('?').unwrap()];
    let leave = leave.replace("\r\n ", "");
    server.receive(&format!(
        "To: {leave}\nFrom: bob@y.example\nMessage-ID: <l@y>\nSubject:\n\n\n"
    ));
    let told = site.read();
    assert!(
        told.contains("2 messages read: 1 left, 1 confirmed"),
        "{told}"
    );
    assert_eq!(site.state("cy@w.example"), "active");
    let events = site.at(TUESDAY, &["subscriber", "show", "bob@y.example"]);
    assert!(events.contains("left"), "{events}");
    assert_eq!(server.names("INBOX").unwrap(), ["Private 1"]);
    assert_eq!(server.names("tidings").unwrap().len(), 4);
    // Nothing was said before TLS, and nothing was marked as read.
    assert!(!server.heard().iter().any(|line| line.contains("\\Seen")));
}

#[test]
fn what_is_left_is_not_fetched_again_unless_it_is_asked_for() {
    let site = Site::new(Manners::default());
    let server = &site.server;
    for number in 0..3 {
        server.receive(&private(number));
    }
    let bounce = site.bounce("ada@x.example", "b1@relay");
    server.receive(&bounce);
    assert!(
        site.read()
            .contains("4 messages read: 1 bounced, 3 not understood")
    );
    assert_eq!(server.fetched(), 4);
    assert_eq!(site.read(), "");
    site.at(TUESDAY, &["run"]);
    assert_eq!(server.fetched(), 4);
    // A second copy counts once.
    server.receive(&format!(
        "Received: from a by b; Mon, 24 Jun 2024 08:00:00 +0000\n{bounce}"
    ));
    assert!(site.read().contains("1 message read: 1 known"));
    assert_eq!(server.fetched(), 5);
    assert_eq!(server.names("tidings").unwrap().len(), 2);
    // All of it, at a person's word, and where the server counts anew.
    let told = site.at(TUESDAY, &["inbox", "--all"]);
    assert!(told.contains("3 messages read: 3 not understood"), "{told}");
    server.renumber();
    assert!(site.read().contains("3 messages read: 3 not understood"));
    assert_eq!(site.read(), "");
    // Also by the option, where the config names none.
    let config = site.scene.read("config.toml");
    let without: Vec<&str> = config
        .lines()
        .filter(|line| !line.starts_with("inbox"))
        .collect();
    let site = Site {
        scene: site.scene.file("config.toml", &(without.join("\n") + "\n")),
        ..site
    };
    let url = site.server.url();
    site.server.receive(&private(9));
    let told = site.at(TUESDAY, &["inbox", "--imap", &url]);
    assert!(told.contains("1 message read: 1 not understood"), "{told}");
}

#[test]
fn what_is_done_is_moved_as_each_server_knows_it() {
    for (offers, below_inbox, done, verbs, left) in [
        (
            "AUTH=PLAIN MOVE",
            false,
            "tidings",
            &["UID MOVE"][..],
            &[][..],
        ),
        (
            "SASL-IR AUTH=PLAIN MOVE",
            true,
            "INBOX.tidings",
            &["UID MOVE"],
            &[],
        ),
        (
            "UIDPLUS",
            false,
            "tidings",
            &["LOGIN", "UID COPY", "UID STORE", "UID EXPUNGE"],
            &[],
        ),
        // Without UIDPLUS an EXPUNGE would take what others have marked as well.
        (
            "",
            false,
            "tidings",
            &["UID COPY", "UID STORE"],
            &["<b1@relay> (deleted)"],
        ),
    ] {
        let site = Site::new(Manners {
            offers,
            below_inbox,
            ..Manners::default()
        });
        let server = &site.server;
        server.receive(&site.bounce("ada@x.example", "b1@relay"));
        assert!(site.read().contains("1 bounced"), "{offers}");
        assert_eq!(server.names(done).unwrap(), ["<b1@relay>"], "{offers}");
        assert_eq!(server.names("INBOX").unwrap(), left, "{offers}");
        let heard = server.heard();
        for verb in verbs {
            assert!(
                heard.iter().any(|line| line.starts_with(verb)),
                "{offers}: {heard:?}"
            );
        }
        assert!(heard.iter().any(|line| line.starts_with("SUBSCRIBE")));
        // It is there the next time.
        server.receive(&site.bounce("bob@y.example", "b2@relay"));
        assert!(
            site.read().contains("1 message read: 1 bounced"),
            "{offers}"
        );
        let made = server.heard();
        let made = made.iter().filter(|line| line.starts_with("CREATE"));
        assert_eq!(made.count(), usize::from(below_inbox) + 1, "{offers}");
        assert_eq!(server.names(done).unwrap().len(), 2, "{offers}");
    }
}

#[test]
fn messages_of_any_size_are_read_whatever_the_pieces() {
    for chunk in [1, 7, 16_384, usize::MAX] {
        let site = Site::new(Manners {
            is_encrypted: chunk != 1,
            chunk,
            ..Manners::default()
        });
        let bounce = site.bounce("ada@x.example", "b1@relay");
        let length = bounce.replace('\n', "\r\n").len();
        let sizes: &[usize] = match chunk {
            1 | 7 => &[0, 1, 2, 16_383],
            _ => &[
                0,
                1,
                16_383,
                16_384,
                16_385,
                524_287,
                524_288,
                524_289,
                3 << 20,
            ],
        };
        let mut read = 0;
        for size in sizes {
            let padding = size.saturating_sub(length);
            site.server
                .receive(&format!("{bounce}{}", "x".repeat(padding)));
            read += 1;
        }
        site.server.receive("");
        let told = site.read();
        assert!(
            told.contains(&format!("{} messages read: 1 bounced", read + 1)),
            "{chunk}: {told}"
        );
        assert_eq!(site.state("ada@x.example"), "bounced");
        assert_eq!(
            site.server.names("INBOX").unwrap().len(),
            1,
            "{chunk}: {told}"
        );
    }
}

#[test]
fn a_box_that_fails_is_named_and_stops_no_mail() {
    let site = Site::new(Manners::default());
    site.server
        .receive(&site.bounce("ada@x.example", "b1@relay"));
    let ran = site.ran_with(TUESDAY, &["inbox"], "hunter2 wrong");
    ran.fails_with(2)
        .says("imap://news%40hums.example@127.0.0.1")
        .says("the server refuses the user or the password (AUTHENTICATIONFAILED)")
        .says("TIDINGS_MAIL__INBOX_PASSWORD");
    assert!(!ran.talk.contains("hunter2"), "{}", ran.talk);
    let ran = site.ran_with(TUESDAY, &["check"], "hunter2 wrong");
    ran.fails_with(2)
        .prints("the server refuses the user or the password");
    let ran = site.ran_with(TUESDAY, &["check", "--offline"], "hunter2 wrong");
    assert!(!ran.out.contains("refuses"), "{}", ran.out);
    let ran = site.ran(TUESDAY, &["check"]);
    assert!(!ran.out.contains("imap://"), "{}", ran.out);
    // Without a password, or with one in the address, nobody is asked.
    let heard = site.server.heard().len();
    let ran = site
        .scene
        .run_with(&["inbox"], &[("TIDINGS_MAIL__SMTP", &site.relay.url())]);
    ran.fails_with(2).says("set TIDINGS_MAIL__INBOX_PASSWORD");
    for (address, why) in [
        ("imaps://ada:hunter2@imap.example/", "holds a password"),
        ("imap://ada@imap.example/", "begin it with imaps://"),
    ] {
        let ran = site
            .scene
            .run_with(&["inbox"], &[("TIDINGS_MAIL__INBOX", address)]);
        assert_eq!(ran.code, 2, "{}", ran.talk);
        assert!(!ran.talk.contains("hunter2"), "{}", ran.talk);
        let config = site.scene.read("config.toml");
        let (before, rest) = config.split_once("inbox = \"").unwrap();
        let after = rest.split_once('"').unwrap().1;
        let config = format!("{before}inbox = \"{address}\"{after}");
        std::fs::write(site.scene.path("other.toml"), config).unwrap();
        let ran = site.scene.run(&["--config", "other.toml", "inbox"]);
        ran.fails_with(2).says(why);
        assert!(!ran.talk.contains("hunter2"), "{}", ran.talk);
    }
    assert_eq!(site.server.heard().len(), heard);
    // Mail goes out all the same.
    let config = site.scene.read("config.toml");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let (before, rest) = config.split_once("127.0.0.1:").unwrap();
    let after = rest.split_once('/').unwrap().1;
    let config = format!("{before}127.0.0.1:{port}/{after}");
    let site = Site {
        scene: site
            .scene
            .file("config.toml", &config)
            .post("two.md", "Two", "2024-06-25"),
        ..site
    };
    let ran = site.ran("2024-07-01T08:00:05+02:00", &["run"]);
    ran.fails_with(1).says("Connection refused");
    assert_eq!(site.relay.count(), 4);
}

#[test]
fn a_connection_that_is_cut_anywhere_loses_nothing() {
    for slip in [
        ("greeting", 0, Slip::Drop),
        ("CAPABILITY", 1, Slip::Half),
        ("SELECT", 0, Slip::Half),
        ("UID SEARCH", 0, Slip::Drop),
        ("UID FETCH", 0, Slip::Half),
        ("UID FETCH", 1, Slip::Half),
        ("UID FETCH", 1, Slip::Hang),
        ("UID FETCH", 1, Slip::Says("* BYE shutting down\r\n")),
        ("UID FETCH", 1, Slip::Says("TAG NO [SERVERBUG] broken\r\n")),
        ("LIST", 0, Slip::Half),
        ("CREATE", 0, Slip::Says("TAG NO [OVERQUOTA] full\r\n")),
        ("UID MOVE", 0, Slip::Drop),
        ("UID MOVE", 0, Slip::Half),
        ("UID MOVE", 0, Slip::Says("TAG NO [OVERQUOTA] full\r\n")),
    ] {
        let site = Site::new(Manners::default());
        let server = &site.server;
        server.receive(&private(1));
        server.receive(&site.bounce("ada@x.example", "b1@relay"));
        server.slip(Some(slip));
        let begin = Instant::now();
        let ran = site.ran(TUESDAY, &["inbox"]);
        assert!(
            matches!(ran.code, 1 | 2),
            "{slip:?}: {}{}",
            ran.out,
            ran.talk
        );
        assert!(ran.talk.contains("imap://"), "{slip:?}: {}", ran.talk);
        assert!(begin.elapsed() < Duration::from_secs(15), "{slip:?}");
        server.slip(None);
        site.read();
        assert_eq!(server.names("INBOX").unwrap(), ["Private 1"], "{slip:?}");
        assert_eq!(server.names("tidings").unwrap(), ["<b1@relay>"], "{slip:?}");
        let events = site.at(TUESDAY, &["subscriber", "show", "ada@x.example"]);
        assert_eq!(
            events.matches("no such user").count(),
            1,
            "{slip:?}: {events}"
        );
        assert_eq!(site.read(), "", "{slip:?}");
    }
}

#[test]
fn a_program_that_is_killed_before_the_move_counts_once() {
    for offers in ["AUTH=PLAIN MOVE", "AUTH=PLAIN UIDPLUS"] {
        let site = Site::new(Manners {
            offers,
            ..Manners::default()
        });
        let server = &site.server;
        server.receive(&site.bounce("ada@x.example", "b1@relay"));
        let verb = if offers.contains("MOVE") {
            "UID MOVE"
        } else {
            "UID STORE"
        };
        server.slip(Some((verb, 0, Slip::Hang)));
        let url = site.relay.url();
        let mut child = site.scene.spawn(
            &["--at", TUESDAY, "inbox"],
            &[
                ("TIDINGS_MAIL__SMTP", &url),
                ("TIDINGS_MAIL__INBOX_PASSWORD", PASSWORD),
            ],
        );
        let begin = Instant::now();
        while !server.heard().iter().any(|line| line.starts_with(verb)) {
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill();
        server.slip(None);
        assert_eq!(server.names("INBOX").unwrap().len(), 1);
        let told = site.read();
        assert!(told.contains("1 message read: 1 known"), "{told}");
        assert!(server.names("INBOX").unwrap().is_empty());
        let events = site.at(TUESDAY, &["subscriber", "show", "ada@x.example"]);
        assert_eq!(events.matches("no such user").count(), 1, "{events}");
    }
}
