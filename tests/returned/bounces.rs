//! Bounces and complaints.

use std::fs;

use super::{Sent, TUESDAY, dsn};
use crate::database::Database;

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
            .replace(&id[13..id.find('@').unwrap()], &"a".repeat(45))
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
fn a_complaint_is_known_by_the_returned_message_id_however_old_the_mail_is() {
    let sent = Sent::to(&["ada@x.example"]);
    let id = sent.field("ada@x.example", "Message-ID");
    let report = format!(
        "To: abuse@hums.example\nFrom: feedback@x.example\nMessage-ID: <late@x.example>\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\
         Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Loop/1.0\n\n--b\n\
         Content-Type: text/rfc822-headers\n\nMessage-ID: {id}\n\n--b--\n"
    );
    sent.receive("1", &report);
    let out = sent.at("2025-06-25T12:00:00+02:00", &["inbox"]);
    assert!(out.contains("1 message read: 1 complained"), "{out}");
    assert_eq!(sent.state("ada@x.example"), "complained");
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
    // That bounce proves whose mail it was as well.
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
