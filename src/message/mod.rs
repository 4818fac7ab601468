//! Draft → [`Compiled`] → message: encodes an issue's MIME once, with slots for each reader's data; pure.

mod body_hash;
mod check;
mod confirm;
pub(crate) mod dkim;
mod envelope;
mod header;
mod origin;
mod own;
mod quoted;

use std::borrow::Cow;
use std::sync::Arc;

use aws_lc_rs::digest as hash;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

pub(crate) use check::check;
pub(crate) use confirm::ConfirmBy;
pub use envelope::Envelope;
pub use origin::Origin;
use own::{Part, ReaderValues, add_tag, escape_for};

use crate::config;
use crate::digest::{ADDRESS, CONFIRM, Draft, LEAVE, MARKS, NAME, PREFERENCES, TOKEN};
use crate::finding::{Finding, Rule};
use crate::ledger::IssueId;
use crate::message::body_hash::SharedBody;
use crate::message::dkim::Signer;
use crate::reader::{Reader, ReaderId};
use crate::token::{Claim, Key, Purpose};

/// Version of the format in which the store keeps an issue. A change that an older program cannot fill increments it.
const FORM: u32 = 6;
/// Oldest version that can still be filled.
const OLDEST_FORM: u32 = 2;
/// First version whose Message-ID is a token. A second copy of an older mail has the Message-ID of the first.
const TOKEN_FORM: u32 = 6;

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

    /// Returns the sender of one reader's envelope. With VERP it is an address of their own, so that a bounce names the
    /// reader even if it quotes nothing of the message. It proves that the mail was sent, and grants no action.
    pub fn sender_for(&self, reader: ReaderId, key: &Key) -> Cow<'_, str> {
        let claim = self.claim_bounce(reader);
        let tagged = self
            .verp
            .then(|| add_tag(&self.sender, "", &key.sign_for_address(&claim)?))
            .flatten();
        tagged.map_or(Cow::Borrowed(&*self.sender), Cow::Owned)
    }

    fn claim_bounce(&self, reader: ReaderId) -> Claim {
        Claim {
            purpose: Purpose::Bounce,
            reader,
            issue: self.issue,
        }
    }

    /// Returns the left side of the Message-ID of the mail to a reader: the same token as in the envelope, so that a
    /// returned mail is known without a search of the ledger.
    fn make_message_id(&self, reader: ReaderId, key: &Key) -> String {
        if self.form < TOKEN_FORM {
            let mut hash = sha256(format!("{}:{reader}", self.issue.number()).as_bytes());
            hash.truncate(32);
            return hash;
        }
        let claim = self.claim_bounce(reader);
        key.sign_for_address(&claim)
            .unwrap_or_else(|| key.sign(&claim))
    }

    /// Returns the subject as plain text.
    pub fn subject(&self) -> String {
        self.subject
            .replace([NAME, ADDRESS], &self.anonymous)
            .replace([LEAVE, PREFERENCES, CONFIRM, TOKEN], "")
    }

    /// Fills a draft of this mail for one reader.
    pub fn read_by(&self, draft: &Draft, reader: &Reader, key: &Key) -> Draft {
        let own = self.fill_own(reader, key);
        Draft {
            subject: header::join_lines(&own.put_into(&self.subject, Part::Text)),
            html: own.put_into(&draft.html, Part::Html),
            text: own.put_into(&draft.text, Part::Text),
        }
    }

    fn fill_own(&self, reader: &Reader, key: &Key) -> ReaderValues {
        let name = reader
            .name
            .as_deref()
            .map(header::join_lines)
            .filter(|name| !name.is_empty());
        let claim = Claim {
            purpose: Purpose::Leave,
            reader: reader.id,
            issue: self.issue,
        };
        let token = key.sign(&claim);
        // The address has it too, since some mail programs drop the subject.
        let tagged = self
            .tagged
            .then(|| add_tag(&self.leave, "leave-", &key.sign_for_address(&claim)?))
            .flatten();
        let address = tagged.as_deref().unwrap_or(&self.leave);
        let by_mail = format!("{address}?subject=unsubscribe%20{token}");
        let page = self
            .leave_page
            .as_ref()
            .map(|page| format!("{page}{token}"));
        let preferences = self.preferences_page.as_ref().map(|page| {
            let purpose = Purpose::Preferences;
            format!("{page}{}", key.sign(&Claim { purpose, ..claim }))
        });
        let confirm = self.confirm.as_ref();
        let asked = confirm.map(|by| (by, by.make_token(reader.id, self.issue, key)));
        ReaderValues {
            name: name.unwrap_or_else(|| self.anonymous.clone()),
            address: reader.email.to_string(),
            leave_links: match &page {
                Some(page) => format!("<{page}>, <{by_mail}>"),
                None => format!("<{by_mail}>"),
            },
            preferences: preferences
                .or(page.clone())
                .unwrap_or_else(|| by_mail.clone()),
            leave: page.unwrap_or(by_mail),
            confirm: asked
                .as_ref()
                .map_or_else(String::new, |(by, token)| by.link(token)),
            reply_to: asked.as_ref().and_then(|(by, token)| by.address(token)),
            token: asked.map(|(_, token)| token).unwrap_or_default(),
        }
    }

    /// Fills the message for one reader (RFC 5322, with CRLF). Filling it again yields the same bytes.
    pub fn fill(&self, reader: &Reader, made_at: DateTime<Utc>, key: &Key) -> Vec<u8> {
        let own = self.fill_own(reader, key);
        // Both parts hold it; it has no character that HTML escapes.
        let mut leave = Vec::with_capacity(256);
        quoted::encode_slot(&escape_for(&own.leave, Part::Html), &mut leave);
        let length = |piece: &Piece| piece.shared().map_or(200, str::len);
        let room = self.signer.as_ref().map_or(0, |signer| signer.room());
        let mut message = Vec::with_capacity(self.pieces.iter().map(length).sum::<usize>() + room);
        let mut starts = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            starts.push(message.len());
            let line = match piece {
                Piece::Fixed(text) => {
                    message.extend_from_slice(text.as_bytes());
                    continue;
                }
                Piece::Name(part) => {
                    quoted::encode_slot(&escape_for(&own.name, *part), &mut message);
                    continue;
                }
                Piece::Address(part) => {
                    quoted::encode_slot(&escape_for(&own.address, *part), &mut message);
                    continue;
                }
                Piece::Leave(_) => {
                    message.extend_from_slice(&leave);
                    continue;
                }
                Piece::Preferences(part) => {
                    quoted::encode_slot(&escape_for(&own.preferences, *part), &mut message);
                    continue;
                }
                Piece::Confirm(part) => {
                    quoted::encode_slot(&escape_for(&own.confirm, *part), &mut message);
                    continue;
                }
                Piece::Token => {
                    quoted::encode_slot(&own.token, &mut message);
                    continue;
                }
                Piece::ReplyTo => {
                    let address = own.reply_to.as_deref().unwrap_or(&self.sender);
                    header::write_mailbox("Reply-To", None, address)
                }
                Piece::To => header::write_mailbox("To", reader.name.as_deref(), &own.address),
                Piece::Subject => {
                    header::write_text("Subject", &own.put_into(&self.subject, Part::Text))
                }
                Piece::Date => format!("Date: {}\r\n", made_at.to_rfc2822()),
                Piece::MessageId => {
                    let id = self.make_message_id(reader.id, key);
                    format!("Message-ID: <{id}@{}>\r\n", self.domain)
                }
                // Not folded, since some relays refold it and so break the signature.
                Piece::ListUnsubscribe => {
                    let one_click = match self.leave_page {
                        // RFC 8058 3.1.
                        Some(_) => "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                        None => "",
                    };
                    format!("List-Unsubscribe: {}\r\n{one_click}", own.leave_links)
                }
            };
            message.extend_from_slice(line.as_bytes());
        }
        if let Some(signer) = &self.signer {
            let hash = self.shared.hash(&message, &starts);
            signer.sign_hashed(&mut message, made_at, hash);
        }
        message
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
