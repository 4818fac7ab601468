//! Draft → [`Compiled`] → fill: an issue's MIME, encoded once and cut where a reader's own belongs; pure.

mod quoted;

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest as hash;
use chrono::{DateTime, Utc};
use lettre::message::header::{Date, From, HeaderName, HeaderValue, Headers, MessageId, ReplyTo, Subject, To};
use lettre::message::{Mailbox as Address, Mailboxes};
use serde::{Deserialize, Serialize};

use crate::config;
use crate::digest::{Draft, LEAVE, NAME};
use crate::finding::Finding;
use crate::ledger::IssueId;
use crate::reader::{Mailbox, Reader};
use crate::token::{Claim, Key, Purpose};

/// An issue's mail; a reader costs a fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    issue: IssueId,
    from: (Option<String>, String),
    reply_to: Option<(Option<String>, String)>,
    sender: String,
    list: String,
    anonymous: String,
    subject: String,
    text: Vec<Piece>,
    html: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    Fixed(String),
    Name,
    Leave,
}

/// Encodes a draft and cuts it at its slots.
///
/// # Errors
/// A finding where the config names no sender.
pub fn compile(
    draft: &Draft,
    site: &config::Site,
    digest: &config::Digest,
    mail: &config::Mail,
    issue: IssueId,
) -> Result<Compiled, Finding> {
    let no_sender = || Finding::error("there is no sender").way_out("set `from` under [mail]");
    let from = digest.from.as_ref().or(mail.from.as_ref()).ok_or_else(no_sender)?;
    let parts = |mailbox: &Mailbox| (mailbox.name.clone(), mailbox.email.to_string());
    Ok(Compiled {
        issue,
        from: parts(from),
        reply_to: digest.reply_to.as_ref().or(mail.reply_to.as_ref()).map(parts),
        sender: mail.return_path.as_ref().unwrap_or(&from.email).to_string(),
        list: format!("{}.{}", digest.name, site.url.host_str().unwrap_or("localhost")),
        anonymous: digest.anonymous.clone(),
        subject: draft.subject.clone(),
        text: cut(&draft.text),
        html: cut(&draft.html),
    })
}

/// A part of the body, quoted-printable, cut at its slots.
fn cut(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find([NAME, LEAVE]) {
        pieces.push(Piece::Fixed(quoted::encode(&rest[..at])));
        let mark = rest[at..].chars().next().unwrap_or(NAME);
        pieces.push(if mark == NAME { Piece::Name } else { Piece::Leave });
        rest = &rest[at + mark.len_utf8()..];
    }
    pieces.push(Piece::Fixed(quoted::encode(rest)));
    pieces
}

impl Compiled {
    /// The text to keep with the issue.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The mail of a kept text.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The sender of the envelope, where bounces go.
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// The subject as lists show it.
    pub fn subject(&self) -> String {
        self.subject.replace(NAME, &self.anonymous)
    }

    /// The whole message for one reader (RFC 5322), lines ended by CRLF; the same bytes whenever it is filled again.
    pub fn fill(&self, reader: &Reader, made_at: DateTime<Utc>, key: &Key) -> Vec<u8> {
        let name = reader.name.as_deref().map_or_else(|| self.anonymous.clone(), one_line);
        let claim = Claim { purpose: Purpose::Leave, reader: reader.id, issue: self.issue };
        let leave = format!("mailto:{}?subject=unsubscribe%20{}", self.from.1, key.sign(&claim));
        let seed = format!("{}:{}", self.issue, reader.id);
        let digest = hash::digest(&hash::SHA256, seed.as_bytes());
        let number = digest.as_ref()[..16].iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        let domain = self.from.1.rsplit('@').next().unwrap_or("localhost");

        let mut message = self.headers(reader, &name, made_at, &leave, &format!("{number:032x}@{domain}")).into_bytes();
        let boundary = format!("=_{number:032x}");
        let mut push = |text: &str| message.extend_from_slice(text.as_bytes());
        push(&format!("Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n"));
        for (kind, pieces, is_html) in [("plain", &self.text, false), ("html", &self.html, true)] {
            push(&format!("--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"));
            push("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
            for piece in pieces {
                match piece {
                    Piece::Fixed(text) => push(text),
                    Piece::Name => push(&quoted::slot(&shown(&name, is_html))),
                    Piece::Leave => push(&quoted::slot(&shown(&leave, is_html))),
                }
            }
            push("\r\n");
        }
        push(&format!("--{boundary}--\r\n"));
        message
    }

    fn headers(&self, reader: &Reader, name: &str, made_at: DateTime<Utc>, leave: &str, id: &str) -> String {
        let to = (reader.name.as_deref().map(one_line), reader.email.to_string());
        let seconds = Duration::from_secs(made_at.timestamp().max(0).unsigned_abs());
        let mut headers = Headers::new();
        if let Some(from) = address(&self.from) {
            headers.set(From::from(Mailboxes::from(from)));
        }
        if let Some(to) = address(&to) {
            headers.set(To::from(Mailboxes::from(to)));
        }
        if let Some(reply_to) = self.reply_to.as_ref().and_then(address) {
            headers.set(ReplyTo::from(Mailboxes::from(reply_to)));
        }
        headers.set(Subject::from(foldable(&self.subject.replace(NAME, name))));
        headers.set(Date::from(SystemTime::UNIX_EPOCH + seconds));
        headers.set(MessageId::from(format!("<{id}>")));
        let mut raw = |name: &'static str, value: String| {
            headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        };
        raw("MIME-Version", "1.0".to_owned());
        raw("List-Id", format!("<{}>", self.list));
        raw("List-Unsubscribe", format!("<{leave}>"));
        // Automatic answers are not wanted (RFC 3834 5.1).
        raw("Auto-Submitted", "auto-generated".to_owned());
        headers.to_string()
    }
}

fn address((name, email): &(Option<String>, String)) -> Option<Address> {
    Some(Address::new(name.clone(), email.parse().ok()?))
}

/// A name from which nothing can be injected: no line ends, no control characters.
fn one_line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// A subject that can be folded: no word is longer than a line of a header may be (RFC 5322 2.1.1).
fn foldable(subject: &str) -> String {
    let words = subject.split_whitespace().map(|word| match word.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn shown(text: &str, is_html: bool) -> String {
    if !is_html {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::Compiled;
    use crate::digest::{LEAVE, NAME};
    use crate::reader::Reader;
    use crate::token::Key;

    fn compiled(subject: &str) -> Compiled {
        Compiled {
            issue: 7,
            from: (Some("Grüße".to_owned()), "news@hums.example".to_owned()),
            reply_to: None,
            sender: "news@hums.example".to_owned(),
            list: "weekly.hums.example".to_owned(),
            anonymous: "there".to_owned(),
            subject: subject.to_owned(),
            text: super::cut(&format!("Hello {NAME},\n.hidden\n{LEAVE}\n")),
            html: super::cut(&format!("<p>Hello {NAME} = {}</p>", "é".repeat(300))),
        }
    }

    fn fill(subject: &str, name: Option<&str>) -> String {
        let email = "ada@x.example".parse().unwrap();
        let reader = Reader { id: 42, email, name: name.map(str::to_owned), language: None };
        let key = Key::from_text(1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        String::from_utf8(compiled(subject).fill(&reader, chrono::DateTime::UNIX_EPOCH, &key)).unwrap()
    }

    #[test]
    fn a_message_reads_back_as_it_was_meant() {
        let long = "x".repeat(1200);
        for subject in ["Tea", "夜番の茶 と とても長い題名がここに続いていくのである、まだまだ", "مرحبا بالعالم", &long]
        {
            for name in [None, Some("Ada"), Some("O'Neil, \"Ada\"\r\nBcc: x@y.example 🍵")] {
                let message = fill(subject, name);
                assert!(message.lines().all(|line| line.len() <= 998 && !line.starts_with('.')), "{message}");
                assert!(!message.replace("\r\n", "").contains(['\r', '\n']));
                assert!(!message.to_lowercase().contains("\r\nbcc:"));
                let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
                if subject.len() < 1000 {
                    assert_eq!(parsed.subject(), Some(subject));
                }
                let text = parsed.body_text(0).unwrap();
                assert!(text.contains(".hidden"), "{text}");
                assert!(text.starts_with(&format!(
                    "Hello {}",
                    if name.is_none() {
                        "there"
                    } else if name == Some("Ada") {
                        "Ada"
                    } else {
                        "O'Neil"
                    }
                )));
                assert!(parsed.body_html(0).unwrap().contains(&"é".repeat(300)));
                assert!(parsed.parts[1].content_type().unwrap().subtype() == Some("plain"));
                assert!(parsed.message_id().unwrap().ends_with("@hums.example"));
            }
        }
    }

    #[test]
    fn a_kept_message_fills_to_the_same_bytes() {
        let one = compiled("Tea");
        assert_eq!(Compiled::from_text(&one.to_text()), Some(one));
        assert_eq!(fill("Tea", None), fill("Tea", None));
    }
}
