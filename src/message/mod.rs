//! Draft → [`Compiled`]: encodes an issue's MIME once, with slots for each reader's data; `fill` makes the messages. Pure.

mod body_hash;
mod check;
mod confirm;
pub(crate) mod dkim;
mod envelope;
mod fill;
mod header;
mod origin;
mod own;
mod quoted;

use std::sync::Arc;

use aws_lc_rs::digest as hash;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

pub(crate) use check::check;
pub(crate) use confirm::ConfirmBy;
pub use envelope::Envelope;
pub use origin::Origin;
use own::{Part, add_tag};

use crate::config;
use crate::digest::{ADDRESS, CONFIRM, Draft, LEAVE, MARKS, NAME, PREFERENCES, TOKEN};
use crate::finding::{Finding, Rule};
use crate::ledger::IssueId;
use crate::message::body_hash::SharedBody;
use crate::message::dkim::Signer;

/// Version of the format in which the store keeps an issue. A change that an older program cannot fill increments it.
const FORM: u32 = 6;
/// Oldest version that can still be filled.
const OLDEST_FORM: u32 = 2;

/// Bytes to escape in the local part of a `mailto:`; the others may stay (RFC 6068 2).
const MAILTO: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The mail of an issue, encoded once for all readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    form: u32,
    issue: IssueId,
    /// Sender of the envelope.
    sender: String,
    /// The `mailto:` address that unsubscribes a reader.
    leave: String,
    /// The address below which a token is the page that unsubscribes a reader.
    #[serde(default)]
    leave_page: Option<String>,
    /// The address below which a token is the page of a reader's preferences.
    #[serde(default)]
    preferences_page: Option<String>,
    /// Whether bounces go to an address of their own for each reader (VERP).
    #[serde(default)]
    verp: bool,
    /// Whether the `mailto:` address holds the token, as its subject does.
    #[serde(default)]
    tagged: bool,
    /// How a reader confirms, in a letter that asks for it.
    #[serde(default)]
    confirm: Option<ConfirmBy>,
    /// Domain of a Message-ID.
    domain: String,
    anonymous: String,
    subject: String,
    pieces: Vec<Piece>,
    /// Signs each filled message. Not stored, since the key belongs to the config.
    #[serde(skip)]
    signer: Option<Arc<Signer>>,
    /// The body as it is hashed for each signature.
    #[serde(skip)]
    shared: SharedBody,
}

/// A piece of the message: the same for all readers, or a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    Fixed(String),
    To,
    Subject,
    Date,
    MessageId,
    ListUnsubscribe,
    ReplyTo,
    Name(Part),
    Address(Part),
    Leave(Part),
    Preferences(Part),
    Confirm(Part),
    Token,
}

impl Piece {
    /// The text, where it is the same for all readers.
    fn shared(&self) -> Option<&str> {
        match self {
            Self::Fixed(text) => Some(text),
            _ => None,
        }
    }
}

/// Encodes a draft and splits it at its slots.
///
/// # Errors
/// A finding if the config names no sender.
pub fn compile(draft: &Draft, origin: &Origin<'_>, issue: IssueId) -> Result<Compiled, Finding> {
    compile_asking(draft, origin, issue, None)
}

/// Does the same as [`compile`], for a letter by whose answer the reader confirms.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_asking(
    draft: &Draft,
    origin: &Origin<'_>,
    issue: IssueId,
    confirm: Option<ConfirmBy>,
) -> Result<Compiled, Finding> {
    let Origin {
        site,
        digest,
        mail,
        web,
        authority,
        anonymous,
    } = origin;
    let no_sender =
        || Finding::error(Rule::MissingKey, "there is no sender").hint("set `from` under [mail]");
    let from = origin.sender().ok_or_else(no_sender)?;
    let leave = format!(
        "mailto:{}@{}",
        utf8_percent_encode(from.email.local(), MAILTO),
        from.email.domain()
    );
    let boundary = format!("=_{issue}");

    let mut pieces = vec![
        Piece::Fixed(header::write_mailbox(
            "From",
            from.name.as_deref(),
            from.email.as_str(),
        )),
        Piece::To,
        match draft.subject.contains(MARKS) {
            true => Piece::Subject,
            false => Piece::Fixed(header::write_text("Subject", &draft.subject)),
        },
        Piece::Date,
        Piece::MessageId,
    ];
    let mut fixed = String::new();
    let is_answered = confirm.as_ref().is_some_and(ConfirmBy::is_answered);
    if is_answered {
        pieces.push(Piece::ReplyTo);
    } else if let Some(reply_to) = digest.reply_to.as_ref().or(mail.reply_to.as_ref()) {
        fixed.push_str(&header::write_mailbox(
            "Reply-To",
            reply_to.name.as_deref(),
            reply_to.email.as_str(),
        ));
    }
    fixed.push_str("MIME-Version: 1.0\r\n");
    // Without a phrase, and made from what never changes, so that readers' mail filters keep matching.
    fixed.push_str(&format!("List-Id: <{}.{authority}>\r\n", digest.name));
    fixed.push_str(&format!("List-Archive: <{}>\r\n", site.url));
    // `bulk` and the List- fields prevent automatic replies (RFC 3834 2). So would `Auto-Submitted`, but it marks mail that
    // no person wrote (RFC 3834 5), and some help desks and mail filters drop such mail.
    fixed.push_str("Precedence: bulk\r\n");
    fixed.push_str(&format!(
        "Feedback-ID: {issue}:{}:digest:{}\r\n",
        digest.name,
        &sha256(authority.as_bytes())[..12]
    ));
    pieces.push(Piece::Fixed(fixed));
    pieces.push(Piece::ListUnsubscribe);
    pieces.push(Piece::Fixed(format!(
        "Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n"
    )));
    for (kind, body, part) in [
        ("plain", &draft.text, Part::Text),
        ("html", &draft.html, Part::Html),
    ] {
        pieces.push(Piece::Fixed(format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )));
        split_at_slots(body, part, &mut pieces);
        pieces.push(Piece::Fixed("\r\n".to_owned()));
    }
    pieces.push(Piece::Fixed(format!("--{boundary}--\r\n")));

    let has_preferences = draft.html.contains(PREFERENCES) || draft.text.contains(PREFERENCES);
    Ok(Compiled {
        form: FORM,
        issue,
        sender: mail.return_path.as_ref().unwrap_or(&from.email).to_string(),
        leave,
        leave_page: web.map(|web| format!("{web}unsubscribe/")),
        preferences_page: web
            .filter(|_| has_preferences)
            .map(|web| format!("{web}preferences/")),
        verp: mail.verp,
        tagged: mail.inbox_token == config::InboxToken::Address,
        confirm,
        domain: from.email.domain().to_owned(),
        anonymous: (*anonymous).to_owned(),
        subject: draft.subject.clone(),
        pieces: join_fixed(pieces),
        signer: None,
        shared: SharedBody::default(),
    })
}

/// Encodes a part of the body as quoted-printable and splits it at its slots.
fn split_at_slots(text: &str, part: Part, pieces: &mut Vec<Piece>) {
    let fixed = |text: &str| {
        let mut encoded = Vec::with_capacity(text.len() * 5 / 4);
        quoted::encode(text, &mut encoded);
        Piece::Fixed(String::from_utf8(encoded).unwrap_or_default())
    };
    let mut rest = text;
    while let Some(at) = rest.find(MARKS) {
        let mark = rest[at..].chars().next().unwrap_or(NAME);
        pieces.push(fixed(&rest[..at]));
        pieces.push(match mark {
            LEAVE => Piece::Leave(part),
            PREFERENCES => Piece::Preferences(part),
            CONFIRM => Piece::Confirm(part),
            TOKEN => Piece::Token,
            ADDRESS => Piece::Address(part),
            _ => Piece::Name(part),
        });
        rest = &rest[at + mark.len_utf8()..];
    }
    pieces.push(fixed(rest));
}

/// Joins adjacent fixed pieces.
fn join_fixed(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Fixed(before)), Piece::Fixed(text)) => before.push_str(&text),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Why a stored mail cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It is damaged.
    #[error("the kept mail cannot be read: {0}")]
    Unreadable(serde_json::Error),
    /// Another version of the program stored it.
    #[error(
        "the issue was frozen by another version of tidings (form {0}, this one fills {FORM})\n\
         finish it with that version, or stop it with `tidings issue cancel`"
    )]
    OtherForm(u32),
}

impl Compiled {
    /// Serialises the mail for the store.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses a stored mail.
    ///
    /// # Errors
    /// If another version of the program stored it, or it is damaged.
    pub fn from_text(text: &str) -> Result<Self, KeptError> {
        #[derive(Deserialize)]
        struct Form {
            #[serde(default)]
            form: u32,
        }
        match serde_json::from_str::<Form>(text) {
            Ok(Form {
                form: OLDEST_FORM..=FORM,
            }) => serde_json::from_str(text).map_err(KeptError::Unreadable),
            Ok(Form { form }) => Err(KeptError::OtherForm(form)),
            Err(error) => Err(KeptError::Unreadable(error)),
        }
    }

    /// Sets the signer of the filled messages.
    #[must_use]
    pub fn signed_by(self, signer: Option<Arc<Signer>>) -> Self {
        let shared = match signer {
            Some(_) => SharedBody::new(self.pieces.iter().map(Piece::shared)),
            None => SharedBody::default(),
        };
        Self {
            signer,
            shared,
            ..self
        }
    }

    /// Returns the sender of the envelope, to which bounces go.
    pub fn sender(&self) -> &str {
        &self.sender
    }
}

/// Returns the SHA-256 of these bytes, in hex.
fn sha256(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in hash::digest(&hash::SHA256, bytes).as_ref() {
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests;
