//! Maildirs, mboxes and pipes.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use super::{Sent, TUESDAY, dsn, scene};
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Scene};

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
fn an_mbox_that_is_read_for_years_draws_each_letter_once() {
    let sent = Sent::to(&["ada@x.example"]);
    let request = |subject: &str, from: &str| {
        format!(
            "From a Mon\nTo: news@hums.example\nFrom: {from}\nDate: Tue, 25 Jun 2024 11:00:00 +0200\n\
             Message-ID: <{from}>\nSubject: {subject}\n\n\n"
        )
    };
    let leave = request("unsubscribe", "ada@x.example");
    let join = request("subscribe", "bob@y.example");
    fs::write(sent.scene.path("box"), leave + &join).unwrap();
    for (at, words) in [
        (
            TUESDAY,
            "1 to be answered with the link to leave, 1 to be asked to confirm",
        ),
        ("2024-06-26T12:00:00+02:00", "2 known"),
        ("2025-06-25T10:00:00+02:00", "2 known"),
        ("2025-06-26T12:00:00+02:00", "2 asked without a valid token"),
        ("2027-01-01T12:00:00+02:00", "2 asked without a valid token"),
    ] {
        let out = sent.at(at, &["inbox", "--mbox", "box"]);
        assert!(
            out.contains(&format!("2 messages read: {words}")),
            "{at}: {out}"
        );
        // Sends what waits, and forgets what is over.
        sent.at(at, &["run"]);
    }
    assert_eq!(sent.relay.count(), 3);
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
