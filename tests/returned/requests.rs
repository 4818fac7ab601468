//! Requests by mail.

use std::fs;
use std::time::Duration;

use super::{Sent, TUESDAY, scene};
use crate::relay::{Habits, Relay};
use crate::scene::MONDAY;

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

#[test]
fn whom_the_config_names_gets_the_link_as_well() {
    let scene = scene(&["ada@x.example"]);
    let config = scene
        .read("config.toml")
        .replace("[mail]\n", "to = [\"Bob <Bob@y.example>\"]\n[mail]\n");
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
    assert_eq!(sent.relay.count(), 2);
    sent.receive(
        "1",
        "To: news@hums.example\nFrom: bob@y.example\nSubject: unsubscribe\n\n",
    );
    sent.at(TUESDAY, &["run"]);
    assert_eq!(sent.relay.count(), 3);
    let to = sent.leave("Bob@y.example");
    sent.receive("2", &format!("To: {to}\nFrom: bob@y.example\n\n"));
    assert!(sent.at(TUESDAY, &["inbox"]).contains("1 left"));
    assert_eq!(sent.state("Bob@y.example"), "active");
    assert!(sent.events("Bob@y.example").contains("left  weekly"));
}
