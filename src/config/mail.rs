//! `[mail]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::config::imap::is_name;
use crate::config::value::{
    ValueError, is_loopback, read_at_least_one, read_parsed, read_some_time,
};
use crate::config::{Auth, Caps, Dkim, Inbox, Secret, Span};
use crate::reader::{Email, Mailbox};

/// The settings of mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The sender that readers see.
    pub from: Option<Mailbox>,
    /// The address for replies.
    pub reply_to: Option<Mailbox>,
    /// The last lines of every mail: a postal address, where the law asks for one.
    pub footer: Option<String>,
    /// The relay: `smtps://` with TLS from the start, `smtp://` with STARTTLS required; beats `outbox`.
    #[serde(deserialize_with = "read_relay")]
    pub smtp: Option<Relay>,
    /// The user at the relay; without it there is no AUTH.
    pub user: Option<String>,
    /// The password; only from `TIDINGS_MAIL__PASSWORD`.
    pub password: Option<Secret>,
    /// How to sign in; `auto` takes PLAIN, then LOGIN, as the relay offers.
    pub auth: Auth,
    /// A PEM file of certificates to trust beside the system's: for a relay of one's own.
    pub ca: Option<PathBuf>,
    /// The signature of mail; without it the relay signs, or nobody.
    pub dkim: Option<Dkim>,
    /// The folder in which each message becomes an `.eml` file where there is no relay.
    pub outbox: Outbox,
    /// The envelope's sender, where bounces go; without it the address of `from`.
    pub return_path: Option<Email>,
    /// Whether each message has an envelope sender of its own, `bounces+TOKEN@…` for `return_path`, so that a bounce says
    /// whose it is.
    pub verp: bool,
    /// The box of returned mail, read by `run` and `inbox`: `maildir:FOLDER`, `mbox:FILE` or `imaps://user@host/INBOX`.
    pub inbox: Option<Inbox>,
    /// The password of an IMAP box; only from `TIDINGS_MAIL__INBOX_PASSWORD`.
    pub inbox_password: Option<Secret>,
    /// The IMAP mailbox to which what was about our mail is moved; it is made where it is missing.
    #[serde(deserialize_with = "read_mailbox_name")]
    pub inbox_done: String,
    /// The place of the token to unsubscribe beside the subject: in the address, or nowhere if the domain does not
    /// support plus-addresses.
    pub inbox_token: InboxToken,
    /// The name said in EHLO; without it the domain of `from`.
    #[serde(deserialize_with = "read_name")]
    pub hello: Option<String>,
    /// The most connections to the relay at once.
    #[serde(deserialize_with = "read_at_least_one")]
    pub connections: usize,
    /// The most messages over one connection.
    #[serde(deserialize_with = "read_at_least_one")]
    pub messages_per_connection: usize,
    /// The most messages a second, over all connections; without it as fast as the relay takes them.
    #[serde(deserialize_with = "read_rate")]
    pub per_second: Option<f64>,
    /// The most messages an hour of UTC; what is over waits for the next hour.
    #[serde(deserialize_with = "read_cap")]
    pub per_hour: Option<usize>,
    /// The most messages a day of UTC; what is over waits for the next day.
    #[serde(deserialize_with = "read_cap")]
    pub per_day: Option<usize>,
    /// How long one run waits for a relay in trouble; the next run goes on.
    pub patience: Span,
    /// The handling of a message that may have gone out, since the relay's reply never came.
    pub uncertain: UncertainPolicy,
    /// The first wait before a deferred recipient is tried again; it doubles each time.
    #[serde(deserialize_with = "read_some_time")]
    pub retry: Span,
    /// The longest wait between two tries.
    #[serde(deserialize_with = "read_some_time")]
    pub retry_max: Span,
    /// How long a deferred recipient is tried.
    pub give_up: Span,
    /// The limits on each step of the dialogue with the relay.
    pub timeout: Timeouts,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: None,
            reply_to: None,
            footer: None,
            smtp: None,
            user: None,
            password: None,
            auth: Auth::Auto,
            ca: None,
            outbox: Outbox {
                folder: "outbox".into(),
                is_named: false,
            },
            dkim: None,
            return_path: None,
            verp: false,
            inbox: None,
            inbox_password: None,
            inbox_done: "tidings".to_owned(),
            inbox_token: InboxToken::Address,
            hello: None,
            connections: 8,
            messages_per_connection: 1000,
            per_second: None,
            per_hour: None,
            per_day: None,
            patience: Span::seconds(60),
            uncertain: UncertainPolicy::Retry,
            retry: Span::seconds(5 * 60),
            retry_max: Span::seconds(60 * 60),
            give_up: Span::seconds(5 * 24 * 60 * 60),
            timeout: Timeouts::default(),
        }
    }
}

impl Mail {
    /// Whether mail leaves this machine; without a relay it goes into the outbox.
    pub fn has_relay(&self) -> bool {
        self.smtp.is_some()
    }

    /// How many messages may leave in an hour and a day.
    pub fn caps(&self) -> Caps {
        Caps {
            per_hour: self.per_hour,
            per_day: self.per_day,
        }
    }

    pub(super) fn resolve_paths(&mut self, root: &Path) {
        self.outbox.folder = root.join(&self.outbox.folder);
        self.ca = self.ca.take().map(|ca| root.join(ca));
        if let Some(inbox) = &mut self.inbox {
            inbox.resolve_paths(root);
        }
        if let Some(dkim) = &mut self.dkim {
            dkim.resolve_paths(root);
        }
    }
}

/// The folder for mail where there is no relay.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "PathBuf")]
pub struct Outbox {
    folder: PathBuf,
    is_named: bool,
}

impl Outbox {
    /// Returns the folder into which messages are written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the config names it: then its owner knows that no mail leaves.
    pub fn is_named(&self) -> bool {
        self.is_named
    }
}

impl From<PathBuf> for Outbox {
    fn from(folder: PathBuf) -> Self {
        Self {
            folder,
            is_named: true,
        }
    }
}

/// The limits on each step of an SMTP dialogue; the defaults are the minima of RFC 5321 4.5.3.2.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// The TCP connection, and the TLS handshake.
    pub connect: Span,
    /// The first reply of the relay (RFC 5321 4.5.3.2.1).
    pub greeting: Span,
    /// EHLO, STARTTLS, AUTH, MAIL, RCPT, RSET.
    pub command: Span,
    /// The answer to DATA (RFC 5321 4.5.3.2.4).
    pub data: Span,
    /// Each block of the message that is written (RFC 5321 4.5.3.2.5).
    pub block: Span,
    /// The answer to the final dot (RFC 5321 4.5.3.2.6).
    pub dot: Span,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Span::seconds(30),
            greeting: Span::seconds(5 * 60),
            command: Span::seconds(5 * 60),
            data: Span::seconds(2 * 60),
            block: Span::seconds(3 * 60),
            dot: Span::seconds(10 * 60),
        }
    }
}

/// The handling of a message of which nobody knows whether the relay took it, since its reply never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UncertainPolicy {
    /// It is sent again, with the same bytes and the same Message-ID: nobody is missed, at most one copy too many.
    /// After `give_up` it is held, unless its sender died.
    Retry,
    /// It waits for `tidings issue resolve`: nobody gets two, a person decides.
    Hold,
}

/// The place of the token in a request to unsubscribe by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InboxToken {
    /// In the address and the subject: there are mail programs that send an empty subject.
    Address,
    /// In the subject alone: the domain that receives knows no plus-addresses.
    Subject,
}

/// A relay's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Its host, a name or an address.
    pub host: String,
    /// The TCP port, 465 or 587 where none is named.
    pub port: u16,
    /// When the connection is encrypted.
    pub tls: Tls,
}

/// When a connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314 3.3).
    Implicit,
    /// By STARTTLS, without which nothing is sent (RFC 3207).
    Required,
    /// Never.
    None,
}

impl Relay {
    /// Whether it is this machine, so that nothing leaves it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl FromStr for Relay {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let expected = "expected something like smtp://relay.example:587 (STARTTLS) or smtps://relay.example (TLS)";
        let fail = |reason: &str| ValueError(format!("`{text}` is no relay: {reason}\n{expected}"));
        // Before anything shows it.
        if text.contains('@') {
            let words = "the relay's address holds a user or a password\nset `user` under [mail] and TIDINGS_MAIL__PASSWORD in the environment";
            return Err(ValueError(words.to_owned()));
        }
        // `relay.example:587` would pass for an address without a host.
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        if !["smtp", "smtps"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return Err(fail("it begins neither with smtp:// nor with smtps://"));
        }
        let url = Url::parse(text).map_err(|error| fail(&error.to_string()))?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| fail("there is no host"))?
            .to_owned();
        let wish = url
            .query_pairs()
            .next()
            .map(|(key, value)| (key.into_owned(), value.into_owned()));
        let (tls, port) = match (
            url.scheme(),
            wish.as_ref()
                .map(|(key, value)| (key.as_str(), value.as_str())),
        ) {
            ("smtps", None) => (Tls::Implicit, 465),
            ("smtp", None | Some(("tls", "required"))) => (Tls::Required, 587),
            ("smtp", Some(("tls", "none"))) => (Tls::None, 25),
            _ => return Err(fail("the only option is `?tls=none`")),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            tls,
        })
    }
}

impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn read_relay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Relay>, D::Error> {
    read_parsed(deserializer).map(Some)
}

fn read_rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if rate.is_finite() && rate > 0.0 {
        return Ok(Some(rate));
    }
    Err(D::Error::custom(format!(
        "`{rate}` messages a second are none\nexpected a number above 0, like 50 or 0.5"
    )))
}

fn read_cap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    read_at_least_one(deserializer).map(Some)
}

fn read_mailbox_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    match is_name(&name) {
        true => Ok(name),
        false => Err(D::Error::custom(format!(
            "`{}` is no name of a mailbox\nexpected something like tidings",
            name.escape_debug()
        ))),
    }
}

/// A name that goes over the wire as it is: a domain or an address literal, so nothing can be slipped in behind it.
fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    if !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c))
    {
        return Ok(Some(name));
    }
    Err(D::Error::custom(format!(
        "`{}` is no name of a host\nexpected something like hums.example",
        name.escape_debug()
    )))
}
