//! Draft → [`Compiled`] → fill: an issue's MIME, encoded once and cut where a reader's own belongs; pure.

mod check;
pub mod dkim;
mod envelope;
mod header;
mod quoted;

use std::borrow::Cow;
use std::sync::Arc;

use aws_lc_rs::digest as hash;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

pub use check::check;
pub use envelope::Envelope;

use crate::config;
use crate::digest::{ADDRESS, Draft, LEAVE, MARKS, NAME};
use crate::finding::Finding;
use crate::html::escape;
use crate::ledger::IssueId;
use crate::message::dkim::Signer;
use crate::reader::{Reader, ReaderId};
use crate::token::{Claim, Key, Purpose};

/// The form in which an issue is kept. A change that an older program cannot fill gets the next number.
const FORM: u32 = 3;
/// The oldest form that is filled as it was then.
const OLDEST_FORM: u32 = 2;

/// What stays as it is in the local part of a `mailto:` (RFC 6068 2).
const MAILTO: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An issue's mail; a reader costs a fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    form: u32,
    issue: IssueId,
    /// The envelope's sender.
    sender: String,
    /// The `mailto:` address that takes a reader out.
    leave: String,
    /// Whether bounces go to an address of each reader's own.
    #[serde(default)]
    verp: bool,
    /// Whether the address that takes a reader out bears the token, beside the subject.
    #[serde(default)]
    tagged: bool,
    /// What follows the `@` of a Message-ID.
    domain: String,
    anonymous: String,
    subject: String,
    pieces: Vec<Piece>,
    /// Signs each message that is filled. It is not kept: a key belongs to the config.
    #[serde(skip)]
    signer: Option<Arc<Signer>>,
}

/// A part of the message: the same for all, or a reader's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    Fixed(String),
    To,
    Subject,
    Date,
    MessageId,
    ListUnsubscribe,
    Name(Part),
    Address(Part),
    Leave(Part),
}

/// Where a slot stands, and so how what fills it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Text,
    Html,
}

/// Who sends an issue.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The site.
    pub site: &'a config::Site,
    /// The digest.
    pub digest: &'a config::Digest,
    /// How mail leaves.
    pub mail: &'a config::Mail,
    /// The site's first host, which stays when the site or the sender moves.
    pub authority: &'a str,
}

/// A reader's own, as the slots of an issue show it.
struct Own {
    name: String,
    address: String,
    leave: String,
}

/// Encodes a draft and cuts it at its slots.
///
/// # Errors
/// A finding where the config names no sender.
pub fn compile(draft: &Draft, origin: &Origin<'_>, issue: IssueId) -> Result<Compiled, Finding> {
    let Origin {
        site,
        digest,
        mail,
        authority,
    } = origin;
    let no_sender = || Finding::error("there is no sender").way_out("set `from` under [mail]");
    let from = digest
        .from
        .as_ref()
        .or(mail.from.as_ref())
        .ok_or_else(no_sender)?;
    let leave = format!(
        "mailto:{}@{}",
        utf8_percent_encode(from.email.local(), MAILTO),
        from.email.domain()
    );
    let boundary = format!("=_{issue}");

    let mut pieces = vec![
        Piece::Fixed(header::mailbox(
            "From",
            from.name.as_deref(),
            from.email.as_str(),
        )),
        Piece::To,
        match draft.subject.contains(MARKS) {
            true => Piece::Subject,
            false => Piece::Fixed(header::text("Subject", &draft.subject)),
        },
        Piece::Date,
        Piece::MessageId,
    ];
    let mut fixed = String::new();
    if let Some(reply_to) = digest.reply_to.as_ref().or(mail.reply_to.as_ref()) {
        fixed.push_str(&header::mailbox(
            "Reply-To",
            reply_to.name.as_deref(),
            reply_to.email.as_str(),
        ));
    }
    fixed.push_str("MIME-Version: 1.0\r\n");
    // Bare, and from what never changes, so that the rules by which readers file their mail go on to hold.
    fixed.push_str(&format!("List-Id: <{}.{authority}>\r\n", digest.name));
    fixed.push_str(&format!("List-Archive: <{}>\r\n", site.url));
    // `bulk` keeps automatic answers away (RFC 3834 2), as the List- fields do. `Auto-Submitted` would too, but it is for
    // what no person wrote (RFC 3834 5), and there are help desks and mail rules that put such mail aside.
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
        cut(body, part, &mut pieces);
        pieces.push(Piece::Fixed("\r\n".to_owned()));
    }
    pieces.push(Piece::Fixed(format!("--{boundary}--\r\n")));

    Ok(Compiled {
        form: FORM,
        issue,
        sender: mail.return_path.as_ref().unwrap_or(&from.email).to_string(),
        leave,
        verp: mail.verp,
        tagged: mail.inbox_token == config::InboxToken::Address,
        domain: from.email.domain().to_owned(),
        anonymous: digest.anonymous.clone(),
        subject: draft.subject.clone(),
        pieces: joined(pieces),
        signer: None,
    })
}

/// A part of the body, quoted-printable, cut at its slots.
fn cut(text: &str, part: Part, pieces: &mut Vec<Piece>) {
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
            ADDRESS => Piece::Address(part),
            _ => Piece::Name(part),
        });
        rest = &rest[at + mark.len_utf8()..];
    }
    pieces.push(fixed(rest));
}

/// The same pieces, with what is fixed in as few as can be.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Fixed(before)), Piece::Fixed(text)) => before.push_str(&text),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// Why a kept mail cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It is damaged.
    #[error("the kept mail cannot be read: {0}")]
    Unreadable(serde_json::Error),
    /// Another version of the program kept it.
    #[error(
        "the issue was frozen by another version of tidings (form {0}, this one fills {FORM})\n\
         finish it with that version, or stop it with `tidings issue cancel`"
    )]
    OtherForm(u32),
}

impl Compiled {
    /// The text to keep with the issue.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The mail of a kept text.
    ///
    /// # Errors
    /// Where another version of the program kept it, or it is damaged.
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

    /// The same mail, signed as it is filled.
    #[must_use]
    pub fn signed_by(self, signer: Option<Arc<Signer>>) -> Self {
        Self { signer, ..self }
    }

    /// The sender of the envelope, where bounces go.
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// The sender of one reader's envelope: with VERP an address of their own, so that a bounce says whose it is, whatever
    /// is left of the message. It proves that the mail was sent, and permits nothing.
    pub fn sender_for(&self, reader: ReaderId, key: &Key) -> Cow<'_, str> {
        let claim = Claim {
            purpose: Purpose::Bounce,
            reader,
            issue: self.issue,
        };
        let tagged = self
            .verp
            .then(|| tag(&self.sender, "", &key.sign_for_address(&claim)?))
            .flatten();
        tagged.map_or(Cow::Borrowed(&*self.sender), Cow::Owned)
    }

    /// The subject as lists show it.
    pub fn subject(&self) -> String {
        self.subject
            .replace([NAME, ADDRESS], &self.anonymous)
            .replace(LEAVE, "")
    }

    /// The draft of this mail as one reader sees it.
    pub fn read_by(&self, draft: &Draft, reader: &Reader, key: &Key) -> Draft {
        let own = self.own(reader, key);
        Draft {
            subject: header::one_line(&own.put_into(&self.subject, Part::Text)),
            html: own.put_into(&draft.html, Part::Html),
            text: own.put_into(&draft.text, Part::Text),
        }
    }

    fn own(&self, reader: &Reader, key: &Key) -> Own {
        let name = reader
            .name
            .as_deref()
            .map(header::one_line)
            .filter(|name| !name.is_empty());
        let claim = Claim {
            purpose: Purpose::Leave,
            reader: reader.id,
            issue: self.issue,
        };
        let token = key.sign(&claim);
        // In the address too: there are mail programs that leave the subject out.
        let tagged = self
            .tagged
            .then(|| tag(&self.leave, "leave-", &key.sign_for_address(&claim)?))
            .flatten();
        let address = tagged.as_deref().unwrap_or(&self.leave);
        Own {
            name: name.unwrap_or_else(|| self.anonymous.clone()),
            address: reader.email.to_string(),
            leave: format!("{address}?subject=unsubscribe%20{token}"),
        }
    }

    /// The whole message for one reader (RFC 5322), lines ended by CRLF; the same bytes whenever it is filled again.
    pub fn fill(&self, reader: &Reader, made_at: DateTime<Utc>, key: &Key) -> Vec<u8> {
        let own = self.own(reader, key);
        // It stands in both parts and has nothing that HTML would escape.
        let mut leave = Vec::with_capacity(256);
        quoted::encode_slot(&written(&own.leave, Part::Html), &mut leave);
        let fixed = |piece: &Piece| {
            if let Piece::Fixed(text) = piece {
                text.len()
            } else {
                200
            }
        };
        let mut message = Vec::with_capacity(self.pieces.iter().map(fixed).sum());
        for piece in &self.pieces {
            let line = match piece {
                Piece::Fixed(text) => {
                    message.extend_from_slice(text.as_bytes());
                    continue;
                }
                Piece::Name(part) => {
                    quoted::encode_slot(&written(&own.name, *part), &mut message);
                    continue;
                }
                Piece::Address(part) => {
                    quoted::encode_slot(&written(&own.address, *part), &mut message);
                    continue;
                }
                Piece::Leave(_) => {
                    message.extend_from_slice(&leave);
                    continue;
                }
                Piece::To => header::mailbox("To", reader.name.as_deref(), &own.address),
                Piece::Subject => header::text("Subject", &own.put_into(&self.subject, Part::Text)),
                Piece::Date => format!("Date: {}\r\n", made_at.to_rfc2822()),
                Piece::MessageId => {
                    let id = message_id(self.issue, reader.id);
                    format!("Message-ID: <{id}@{}>\r\n", self.domain)
                }
                // In one line: there are relays that break the signature of a folded one.
                Piece::ListUnsubscribe => format!("List-Unsubscribe: <{}>\r\n", own.leave),
            };
            message.extend_from_slice(line.as_bytes());
        }
        if let Some(signer) = &self.signer {
            signer.sign(&mut message, made_at);
        }
        message
    }
}

impl Own {
    /// The text with each mark filled.
    fn put_into(&self, text: &str, part: Part) -> String {
        text.replace(NAME, &written(&self.name, part))
            .replace(ADDRESS, &written(&self.address, part))
            .replace(LEAVE, &written(&self.leave, part))
    }
}

/// The address with a tag behind a plus; none where a local part has no room for it (RFC 5321 4.5.3.1.1).
fn tag(address: &str, word: &str, token: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let length = local.trim_start_matches("mailto:").len() + 1 + word.len() + token.len();
    (length <= 64).then(|| format!("{local}+{word}{token}@{domain}"))
}

/// A reader's own as a part of the mail writes it.
fn written(text: &str, part: Part) -> Cow<'_, str> {
    match part {
        Part::Html if text.contains(['&', '<', '>', '"']) => Cow::Owned(escape(text)),
        Part::Html | Part::Text => Cow::Borrowed(text),
    }
}

/// What stands before the `@` of the Message-ID of an issue's mail to a reader: 32 hexadecimal digits.
pub fn message_id(issue: IssueId, reader: ReaderId) -> String {
    let mut hash = sha256(format!("{}:{reader}", issue.number()).as_bytes());
    hash.truncate(32);
    hash
}

/// The hash of these bytes, in hex.
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
