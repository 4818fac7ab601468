//! Limits: one mail a day, shares of an hour, and letters that are never answered.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use super::{EVENING, NEXT_MONDAY, Site, TUESDAY, answer, both};
use crate::scene::MONDAY;

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
        // A person who is named in a From that somebody forged has agreed to nothing.
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
