//! Classifies returned mail: each fixture of `tests/inbox/` is what its line says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tidings::inside::inbox::{
    Incoming, Kind, MOST_BYTES, Ours, Sign, Verb, choose_report, classify,
};
use tidings::inside::ledger::IssueId;
use tidings::inside::reader::Email;
use tidings::inside::token::{Claim, Key, Purpose};
use tidings::inside::verdict::Verdict;

const FILES: [(&str, &str); 6] = [
    ("reports", include_str!("inbox/reports.txt")),
    ("shapes", include_str!("inbox/shapes.txt")),
    ("plain", include_str!("inbox/plain.txt")),
    ("complaints", include_str!("inbox/complaints.txt")),
    ("automatic", include_str!("inbox/automatic.txt")),
    ("requests", include_str!("inbox/requests.txt")),
];

const READER: &str = "ada@x.example";

fn key(byte: u8) -> Key {
    Key::from_text(100.into(), &STANDARD.encode([byte; 32])).unwrap()
}

fn claim(purpose: Purpose) -> Claim {
    Claim {
        purpose,
        reader: 42.into(),
        issue: IssueId::from(7),
    }
}

fn ours() -> Ours {
    Ours::new(["news@hums.example".parse().unwrap()])
}

/// Returns the names that a fixture may use.
fn names() -> BTreeMap<&'static str, String> {
    let short = |purpose| key(7).sign_for_address(&claim(purpose)).unwrap();
    let bounce = format!("bounces+{}@hums.example", short(Purpose::Bounce));
    let id = format!("{}@hums.example", short(Purpose::Bounce));
    let head = format!(
        "From: Hums <news@hums.example>\nTo: Ada <{READER}>\nSubject: Hums, weekly\nMessage-ID: <{id}>\n\nbody\n"
    );
    let mut forged = short(Purpose::Bounce);
    forged.replace_range(40..44, "aaaa");
    BTreeMap::from([
        ("BOUNCE-CAPITALS", bounce.to_uppercase()),
        ("BOUNCE", bounce),
        ("LEAVE-CAPITALS", short(Purpose::Leave).to_uppercase()),
        ("LEAVE-LONG", key(7).sign(&claim(Purpose::Leave))),
        ("LEAVE", short(Purpose::Leave)),
        ("CONFIRM", short(Purpose::Confirm)),
        ("FORGED", forged),
        (
            "FOREIGN",
            key(8).sign_for_address(&claim(Purpose::Leave)).unwrap(),
        ),
        (
            "OTHERKEY",
            key(8).sign_for_address(&claim(Purpose::Bounce)).unwrap(),
        ),
        ("ID", id),
        ("HEAD64", STANDARD.encode(&head)),
        ("HEAD", head),
        (
            "RECEIVED60",
            "Received: from a by b; Mon, 1 Jan 2024 08:00:00 +0000\n"
                .repeat(60)
                .trim_end()
                .to_owned(),
        ),
        ("BINARY", "\u{0}\u{1}\u{fffd}\u{7f}:\u{0}\n\u{0}".repeat(50)),
    ])
}

/// The message of a fixture, its shorthand written out.
fn message_of(text: &str) -> String {
    let mut message = String::new();
    let mut ending = "";
    for line in text.lines() {
        let Some(order) = line.strip_prefix('@') else {
            message.push_str(line);
            message.push('\n');
            continue;
        };
        let (word, rest) = order.split_once(' ').unwrap_or((order, ""));
        let report = |to: &str, status: &str| {
            format!(
                "Return-Path: <>\nFrom: Mail Delivery System <{rest}>\nTo: {to}\nSubject: Undelivered Mail Returned to Sender\n\
                 Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type={status};\n boundary=\"b\"\n\n\
                 --b\nContent-Type: text/plain\n\nYour message came back.\n\n--b\nContent-Type: message/{status}\n\n"
            )
        };
        match word {
            "dsn" => {
                message += &report("{BOUNCE}", "delivery-status");
                ending = "\n--b--\n";
            }
            "dsn-global" => {
                message += &report("{BOUNCE}", "global-delivery-status");
                ending = "\n--b\nContent-Type: message/global-headers\n\nFrom: Hums <news@hums.example>\n\n--b--\n";
            }
            "dsn-id" => {
                message += &report("news@hums.example", "delivery-status");
                ending = "\n--b\nContent-Type: message/rfc822\n\n{HEAD}\n--b--\n";
            }
            "arf" => {
                message += "From: <feedback@x.example>\nTo: abuse@hums.example\nSubject: FW: Hums, weekly\nMIME-Version: 1.0\n\
                    Content-Type: multipart/report; report-type=feedback-report;\n boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n\
                    This is an email abuse report.\n--b\nContent-Type: message/feedback-report\n\n";
                let _ = writeln!(message, "Feedback-Type: {rest}");
                ending = "\n--b--\n";
            }
            "head" => message += "\n--b\nContent-Type: message/rfc822\n\n{HEAD}",
            "headers-only" => message += "\n--b\nContent-Type: text/rfc822-headers\n\n{HEAD}",
            "returned" => message += "\n--b\nContent-Type: message/rfc822\n\n",
            "plain" | "plain-id" => {
                let (from, subject) = rest.split_once(" | ").unwrap();
                let to = if word == "plain" {
                    "{BOUNCE}"
                } else {
                    "news@hums.example"
                };
                let _ = write!(
                    message,
                    "Return-Path: <>\nFrom: {from}\nTo: {to}\nSubject: {subject}\n\n"
                );
            }
            "answer" => {
                let _ = writeln!(
                    message,
                    "From: Ada <{READER}>\nTo: news+confirm-{{CONFIRM}}@hums.example\nSubject: {rest}"
                );
            }
            other => panic!("@{other}"),
        }
    }
    message += ending;
    for (name, value) in names() {
        message = message.replace(&format!("{{{name}}}"), &value);
    }
    message
}

/// A fixture: where it stands, what it is, its message.
struct Fixture {
    name: String,
    expected: &'static str,
    message: String,
}

fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for (file, text) in FILES {
        for one in text.split("\n### ").skip(1) {
            let (head, body) = one.split_once('\n').unwrap_or((one, ""));
            let (name, expected) = head.split_once(" | ").unwrap();
            fixtures.push(Fixture {
                name: format!("{file}: {name}"),
                expected,
                message: message_of(body),
            });
        }
    }
    fixtures
}

/// Describes a message and whose it is, in a few words.
fn told(incoming: &Incoming) -> String {
    let keys = [key(7)];
    let whose = |purposes: &[Purpose]| {
        let Some(found) = incoming.clues.claim(purposes, &keys) else {
            return "by nobody";
        };
        assert_eq!((found.reader, found.issue), (42.into(), IssueId::from(7)));
        let mut clues = incoming.clues.clone();
        clues.message_ids.clear();
        match clues.claim(purposes, &keys) {
            Some(_) => "by token",
            None => "by id",
        }
    };
    let of_mail = [Purpose::Bounce, Purpose::Leave];
    match &incoming.kind {
        Kind::Bounce(reports) => {
            let reader: Email = READER.parse().unwrap();
            let what = match choose_report(reports, Some(&reader)).map(|report| report.verdict) {
                None => "nothing",
                Some(Verdict::Bounced) => "bounced",
                Some(Verdict::Refused) => "refused",
                Some(Verdict::Policy) => "policy",
                Some(Verdict::AboutUs) => "about us",
                Some(Verdict::GivenUp) => "given up",
                Some(other) => panic!("{other:?}"),
            };
            format!("{what} {}", whose(&of_mail))
        }
        Kind::Complaint(_) => format!("complaint {}", whose(&of_mail)),
        Kind::Command(command) => {
            let (verb, purpose) = match command.verb {
                Verb::Leave => ("leave", Purpose::Leave),
                Verb::Join => ("join", Purpose::Confirm),
                Verb::Confirm => ("confirm", Purpose::Confirm),
            };
            match (&command.digest, command.has_token, command.verb) {
                (Some(digest), ..) => format!("{verb} {digest}"),
                (None, true, _) => format!("{verb} {}", whose(&[purpose])),
                (None, false, Verb::Join) => verb.to_owned(),
                (None, false, _) => format!("{verb} asked"),
            }
        }
        Kind::Automatic(Sign::Declared) => "automatic declared".to_owned(),
        Kind::Automatic(sign) => format!("automatic {}", sign.word()),
        Kind::Unknown => "unknown".to_owned(),
    }
}

#[test]
fn every_fixture_is_what_its_line_says() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 120, "{}", fixtures.len());
    let mut wrong = String::new();
    for Fixture {
        name,
        expected,
        message,
    } in &fixtures
    {
        for (ends, message) in [
            ("LF", message.clone()),
            ("CRLF", message.replace('\n', "\r\n")),
        ] {
            let found = told(&classify(message.as_bytes(), &ours()));
            if found != *expected {
                let _ = writeln!(wrong, "{name} ({ends}): {found}, not {expected}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_second_copy_is_known_by_its_mark_whatever_the_way_added() {
    let mark = |message: &str| classify(message.as_bytes(), &ours()).mark;
    for Fixture { name, message, .. } in fixtures() {
        let way = "Received: from a by b; Mon, 1 Jan 2024 08:00:00 +0000\nX-Spam: no\n";
        if message.contains("\n\n") {
            assert_eq!(mark(&message), mark(&format!("{way}{message}")), "{name}");
            assert_eq!(
                mark(&message),
                mark(&message.replace('\n', "\r\n")),
                "{name}"
            );
        }
    }
    let one = "Message-ID: <a@x>\n\nbody\n";
    assert_ne!(mark(one), mark(&one.replace("<a@x>", "<b@x>")));
    assert_ne!(mark(one), mark(&one.replace("body", "ydob")));
}

#[test]
fn ten_megabytes_that_come_back_change_nothing() {
    let reports = fixtures()
        .into_iter()
        .filter(|one| one.name.starts_with("reports"));
    for Fixture {
        name,
        expected,
        message,
    } in reports.step_by(5)
    {
        let attachment = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n".repeat(300_000);
        let large = message + &attachment;
        assert!(large.len() > 10 << 20 && large.len() > MOST_BYTES);
        assert_eq!(
            told(&classify(large.as_bytes(), &ours())),
            expected,
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_something(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let incoming = classify(&bytes, &ours());
        prop_assert_eq!(incoming.clues.claim(&[Purpose::Bounce, Purpose::Leave, Purpose::Confirm], &[key(7)]), None);
        prop_assert_eq!(incoming.mark.len(), 64);
    }

    #[test]
    fn a_fixture_cut_off_or_bent_anywhere_is_something(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
        cut in any::<bool>(),
    ) {
        let fixtures = fixtures();
        let mut message = which.get(&fixtures).message.clone().into_bytes();
        message.push(b'\n');
        let at = at.index(message.len());
        if cut {
            message.truncate(at);
        }
        let end = (at + bytes.len()).min(message.len());
        message.splice(at.min(message.len())..end, bytes);
        // No bend makes a token of another person's.
        let incoming = classify(&message, &ours());
        if let Some(claim) = incoming.clues.claim(&[Purpose::Bounce, Purpose::Leave, Purpose::Confirm], &[key(7)]) {
            prop_assert_eq!((claim.reader, claim.issue), (42.into(), IssueId::from(7)));
        }
    }
}
