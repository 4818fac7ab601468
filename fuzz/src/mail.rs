//! Fuzzes the mail that anybody may send to the box that bounces come to.

use arbitrary::{Result, Unstructured};
use tidings::inside::inbox::{Action, Kind, Ours, choose_report, classify};
use tidings::inside::token::{Key, Purpose};

use crate::grammar::text;

pub(crate) fn inbox(bytes: &[u8]) {
    const WORDS: &[&str] = &[
        "Return-Path: <>\n",
        "From: MAILER-DAEMON@x.example\n",
        "From: a@x.example\n",
        "To: bounces+abcdefghijklmnopqrstuvwxyz234567abcdefghijklm@x.example\n",
        "To: news+leave-",
        "@x.example\n",
        "Subject: unsubscribe\n",
        "Subject: Re: ",
        "Auto-Submitted: auto-replied\n",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n",
        "Content-Type: multipart/mixed; boundary=\"c\"\n\n",
        "Content-Type: message/delivery-status\n\n",
        "Content-Type: message/feedback-report\n\n",
        "Content-Type: message/rfc822\n\n",
        "Content-Type: text/html; charset=gb2312\n",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "--b\n",
        "--b--\n",
        "--c\n",
        "\n",
        "\r\n",
        " ",
        "Final-Recipient: rfc822; a@x.example\n",
        "Original-Recipient: utf-8; \\x{434}@x.example\n",
        "Action: failed\n",
        "Action: delayed\n",
        "Status: 5.1.1\n",
        "Status: 4.4.7\n",
        "Diagnostic-Code: smtp; 550 5.7.1 no\n",
        "Feedback-Type: abuse\n",
        "Message-ID: <a@x.example>\n",
        "Hi. This is the qmail-send program at x\n",
        "<a@x.example>:\n",
        "--- Below this line is a copy of the message.\n",
        "=?utf-8?q?=C3?=",
        "\u{1b}[31m",
        "é",
        "yes",
        "> ",
    ];
    let _ = (|| -> Result<()> {
        let text = text(&mut Unstructured::new(bytes), WORDS)?;
        let ours = Ours::new(["news@x.example".parse().expect("an address")]);
        for message in [text.as_bytes(), bytes] {
            let incoming = classify(message, &ours);
            assert_eq!(incoming, classify(message, &ours));
            let purposes = [Purpose::Leave, Purpose::Confirm, Purpose::Bounce];
            let keys = [Key::generate(100.into())];
            assert_eq!(incoming.clues.claim(&purposes, &keys), None);
            if let Kind::Bounce(reports) = &incoming.kind {
                for report in reports {
                    let said = &report.words;
                    assert!(
                        said.chars().count() <= 200 && !said.contains(char::is_control),
                        "{said:?}"
                    );
                }
                let is_failed =
                    |report: &tidings::inside::inbox::Report| report.action == Action::Failed;
                assert!(choose_report(reports, None).is_none_or(is_failed));
            }
        }
        Ok(())
    })();
}
