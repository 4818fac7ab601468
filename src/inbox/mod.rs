//! Mail that comes back: the bytes of one message → a bounce, a complaint, a request or none of them. Pure.
//!
//! Nothing here decides whose mail it is about: the [`Clues`] tell what to ask the keys and the ledger.

mod arf;
mod automatic;
mod clues;
mod command;
mod dsn;
mod failure;
mod maildir;
mod mbox;
mod message;
mod plain;
mod quote;
mod rates;
mod words;

use aws_lc_rs::digest as hash;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;

pub(crate) use arf::Complaint;
pub use automatic::Sign;
pub(crate) use clues::Clues;
pub(crate) use command::MailCommand;
pub use command::{Ours, Verb};
pub use dsn::{Action, Report, choose_report};
pub(crate) use maildir::Maildir;
pub(crate) use mbox::Mbox;
pub use message::MOST_BYTES;
pub(crate) use rates::{RATED, find_high_rates};

use crate::reader::Email;
use arf::Feedback;
use message::{ParsedMail, split_head};

/// One message that came back, as far as its own bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The kind of message.
    pub kind: Kind,
    /// Clues about the mail that it is about.
    pub clues: Clues,
    /// The address in its `From`, which anybody can write.
    pub from: Option<Email>,
    /// The time in its `Date`.
    pub date: Option<DateTime<Utc>>,
    /// The mark that identifies it: a hash of its Message-ID and its body, in hex, without the fields that servers add
    /// on the way.
    pub mark: String,
}

/// The kind of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A server reports on delivery.
    Bounce(Vec<Report>),
    /// Somebody called our mail spam.
    Complaint(Complaint),
    /// A person requests something.
    Command(MailCommand),
    /// No person wrote it, and it changes nothing.
    Automatic(Sign),
    /// Anything else: a person reads it.
    Unknown,
}

/// Classifies a message by its first [`MOST_BYTES`].
pub fn classify(bytes: &[u8], ours: &Ours) -> Incoming {
    let mail = ParsedMail::parse(bytes);
    let mut clues = Clues::from_mail(&mail);
    for head in &mail.returned {
        clues.take_returned(head);
    }
    let kind = classify_kind(&mail, ours, &mut clues);
    let from = automatic::read_address(mail.fields.first("from").unwrap_or_default());
    let date = mail.fields.first("date").unwrap_or_default();
    let date = DateTime::parse_from_rfc2822(date).ok();
    Incoming {
        from: from.parse().ok(),
        date: date.map(|date| date.to_utc()),
        mark: compute_mark(&mail, bytes),
        kind,
        clues,
    }
}

fn classify_kind(mail: &ParsedMail, ours: &Ours, clues: &mut Clues) -> Kind {
    match arf::read(mail, clues) {
        Some(Feedback::Complaint(complaint)) => return Kind::Complaint(complaint),
        Some(Feedback::Other(_)) => return Kind::Automatic(Sign::Feedback),
        None => {}
    }
    if let Some(body) =
        mail.find_part(&["message/delivery-status", "message/global-delivery-status"])
    {
        let reports = dsn::read(body);
        if !reports.is_empty() {
            take_answered(mail, clues);
            return Kind::Bounce(reports);
        }
    }
    if let Some((reports, returned)) = plain::read(mail) {
        clues.take_returned(&returned);
        take_answered(mail, clues);
        return Kind::Bounce(reports);
    }
    let sign = automatic::find_sign(mail, |address| ours.has(address));
    match command::read_signed(mail, ours) {
        // A mail program that unsubscribes for a reader may declare itself automatic; nothing else has the token.
        Some(command) if command.verb == Verb::Leave => return Kind::Command(command),
        Some(command) if sign.is_none() && command::is_confirmation(mail) => {
            return Kind::Command(command);
        }
        _ => {}
    }
    if let Some(sign) = sign {
        take_answered(mail, clues);
        return Kind::Automatic(sign);
    }
    match command::read_plain(mail, ours) {
        Some(command) if !command.has_token => Kind::Command(command),
        _ => Kind::Unknown,
    }
}

/// Takes the message that a report answers (RFC 5322 3.6.4) if it returned none.
fn take_answered(mail: &ParsedMail, clues: &mut Clues) {
    if clues.message_ids.is_empty() {
        for name in ["in-reply-to", "references"] {
            clues.take_ids(mail.fields.first(name).unwrap_or_default());
        }
    }
}

fn compute_mark(mail: &ParsedMail, bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
    let mut context = hash::Context::new(&hash::SHA256);
    context.update(
        mail.fields
            .first("message-id")
            .unwrap_or_default()
            .as_bytes(),
    );
    context.update(b"\n");
    for line in split_head(bytes).1.split(|byte| *byte == b'\n') {
        // A mailbox may keep lines as its machine ends them.
        context.update(line.trim_ascii_end());
        context.update(b"\n");
    }
    let hash = context.finish();
    HEXLOWER.encode(hash.as_ref())
}
