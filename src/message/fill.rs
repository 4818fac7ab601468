//! [`Compiled`] → the message to one reader: fills the slots, and signs.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::digest::{ADDRESS, CONFIRM, Draft, LEAVE, NAME, PREFERENCES, TOKEN};
use crate::message::own::{Part, ReaderValues, add_tag, escape_for};
use crate::message::{Compiled, Piece, header, quoted, sha256};
use crate::reader::{Reader, ReaderId};
use crate::token::{Claim, Key, Purpose};

/// First version whose Message-ID is a token. A second copy of an older mail has the Message-ID of the first.
const TOKEN_FORM: u32 = 6;

impl Compiled {
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
    pub(super) fn make_message_id(&self, reader: ReaderId, key: &Key) -> String {
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
