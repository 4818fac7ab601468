//! Complaints: feedback reports (RFC 5965, with the types of RFC 6430 and 6591), and the reports of Microsoft's
//! programme.

use super::clues::Clues;
use super::message::{Fields, ParsedMail};
use crate::verdict::one_line;

/// Someone called our mail spam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The words to keep: the type, and the program that reported it.
    pub words: String,
}

/// The meaning of a feedback report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feedback {
    Complaint(Complaint),
    /// No complaint: `not-spam` (RFC 6430), a failed signature (RFC 6591), a virus.
    Other(String),
}

/// The types that are no complaints.
const HARMLESS: &[&str] = &[
    "not-spam",
    "auth-failure",
    "dkim",
    "virus",
    "miscategorized",
];

/// The longest words that are kept, in characters.
const LONGEST: usize = 100;

/// Reads a feedback report; its clues go to the others.
pub(super) fn read(mail: &ParsedMail, clues: &mut Clues) -> Option<Feedback> {
    let Some(body) = mail.find_part(&["message/feedback-report"]) else {
        return read_microsoft(mail);
    };
    let fields = Fields::parse(body.as_bytes());
    // The envelope of the reported message, unless it was redacted (RFC 5965 3.2).
    for name in [
        "original-mail-from",
        "original-envelope-id",
        "removal-recipient",
    ] {
        for value in fields.all(name) {
            clues.take_addresses(value);
        }
    }
    let kind = fields
        .first("feedback-type")
        .unwrap_or("abuse")
        .trim()
        .to_lowercase();
    if HARMLESS.contains(&kind.as_str()) {
        return Some(Feedback::Other(one_line(&kind, LONGEST)));
    }
    let agent = fields.first("user-agent").unwrap_or_default();
    let words = match agent {
        "" => kind,
        agent => format!("{kind}, reported by {agent}"),
    };
    Some(Feedback::Complaint(Complaint {
        words: one_line(&words, LONGEST),
    }))
}

/// Microsoft's junk mail programme returns the message itself, with the recipient in a field of its own.
fn read_microsoft(mail: &ParsedMail) -> Option<Feedback> {
    let subject = mail.subject().to_lowercase();
    let is_one = subject.starts_with("complaint about message from")
        && mail
            .returned
            .iter()
            .any(|head| head.has("x-hmxmroriginalrecipient"));
    is_one.then(|| {
        Feedback::Complaint(Complaint {
            words: "abuse, reported by Microsoft".to_owned(),
        })
    })
}
