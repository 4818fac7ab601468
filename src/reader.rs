//! People: a checked address, a mailbox with a name, a reader of digests.

use std::borrow::Cow;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::finding::{is_turning, one_line};

/// A reader's number in the store: random, 63 bits, ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReaderId(i64);

impl ReaderId {
    /// Comes before the number of every reader.
    pub const MIN: Self = Self(i64::MIN);
    /// The number of somebody who is in no store.
    pub const SHOWN: Self = Self(0);

    /// The number as the store and the tokens keep it.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for ReaderId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl FromStr for ReaderId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ReaderId {
    /// In decimal digits, as the columns of the store read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address that has been checked: local part as given, domain in lower-case A-labels (RFC 5321 4.1.2, RFC 5890).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email {
    text: String,
    at: usize,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no e-mail address: {reason}")]
pub struct EmailError {
    text: String,
    reason: Cow<'static, str>,
}

/// The most characters of a name.
const LONGEST_NAME: usize = 200;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// It is not one line of text.
    #[error("the name holds {0}")]
    Control(String),
    /// It has more characters than `LONGEST_NAME`.
    #[error("the name has {0} characters, at most {LONGEST_NAME} are taken")]
    Long(usize),
}

/// Whether a text may be somebody's name.
///
/// # Errors
/// Why it may not.
pub(crate) fn check_name(name: &str) -> Result<(), NameError> {
    match name.chars().find(|c| c.is_control() || is_turning(*c)) {
        Some('\t') => return Err(NameError::Control("a tab".to_owned())),
        Some('\n' | '\r') => return Err(NameError::Control("a line break".to_owned())),
        Some(c) if is_turning(c) => {
            let number = u32::from(c);
            return Err(NameError::Control(format!(
                "a character that turns or breaks the text (U+{number:04X})"
            )));
        }
        Some(c) => {
            let number = u32::from(c);
            return Err(NameError::Control(format!(
                "a control character (U+{number:04X})"
            )));
        }
        None => {}
    }
    match name.chars().count() {
        length if length > LONGEST_NAME => Err(NameError::Long(length)),
        _ => Ok(()),
    }
}

impl Email {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`, in A-labels.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// Whether the relay must offer SMTPUTF8 (RFC 6531) for it.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local().is_ascii()
    }

    /// The form under which one person has one row: all in lower case, since no provider of note tells `Ada@` from `ada@`.
    pub fn normal(&self) -> String {
        self.text.to_lowercase()
    }
}

impl EmailError {
    fn new(text: &str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: one_line(text, LONGEST_SHOWN),
            reason: reason.into(),
        }
    }
}

/// How much of a text that is no address is shown.
const LONGEST_SHOWN: usize = 100;

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let fail = |reason: &'static str| EmailError::new(text, reason);
        let (local, domain) = text
            .rsplit_once('@')
            .ok_or_else(|| fail("there is no `@`"))?;
        if local.is_empty() {
            return Err(fail("nothing stands before the `@`"));
        }
        if text.chars().any(char::is_control) {
            return Err(fail("it holds a control character"));
        }
        let Ok(url::Host::Domain(domain)) = url::Host::parse(domain) else {
            return Err(fail("what follows the `@` is no domain"));
        };
        let labels_fit = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        if !labels_fit {
            return Err(fail("what follows the `@` is no domain"));
        }
        if local.len() > 64 {
            return Err(fail("more than 64 octets stand before the `@`"));
        }
        if local.len() + 1 + domain.len() > 254 {
            return Err(fail("it is longer than 254 octets"));
        }
        lettre::Address::new(local, &domain)
            .map_err(|_| fail("what stands before the `@` is not allowed there"))?;
        Ok(Self {
            text: format!("{local}@{domain}"),
            at: local.len(),
        })
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.text)
    }
}

/// `Name <address>` or a bare address, as a header shows it (RFC 5322 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The name to show.
    pub name: Option<String>,
    /// The address.
    pub email: Email,
}

impl From<Email> for Mailbox {
    fn from(email: Email) -> Self {
        Self { name: None, email }
    }
}

impl FromStr for Mailbox {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let Some((name, address)) = text
            .strip_suffix('>')
            .and_then(|rest| rest.rsplit_once('<'))
        else {
            return Ok(Self {
                name: None,
                email: text.parse()?,
            });
        };
        let name = name.trim();
        let name = match name
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
            None => name.to_owned(),
        };
        check_name(&name).map_err(|error| EmailError::new(text, error.to_string()))?;
        Ok(Self {
            name: Some(name).filter(|name| !name.is_empty()),
            email: address.parse()?,
        })
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Mailbox {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Someone who gets a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The number in the store.
    pub id: ReaderId,
    /// The address.
    pub email: Email,
    /// How to speak to them, if they said.
    pub name: Option<String>,
    /// The language they asked for, as a BCP 47 tag.
    pub language: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{Email, Mailbox, check_name};

    #[test]
    fn an_address_is_checked_and_its_domain_normalised() {
        for (text, expected) in [
            ("ada@hums.example", "ada@hums.example"),
            (" Ada@HUMS.Example ", "Ada@hums.example"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("дарья@пример.рф", "дарья@xn--e1afmkfd.xn--p1ai"),
            ("a+b.c@x.example", "a+b.c@x.example"),
        ] {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, reason) in [
            ("ada", "there is no `@`"),
            ("@x.example", "nothing stands before"),
            ("ada@", "no domain"),
            ("ada@x..example", "no domain"),
            ("ada@-x.example", "no domain"),
            ("ada@[127.0.0.1]", "no domain"),
            ("a da@x.example", "not allowed"),
            ("a\r\nb@x.example", "control character"),
            ("a@b@x.example", "not allowed"),
        ] {
            let error = text.parse::<Email>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }

    #[test]
    fn an_address_and_a_name_have_bounds() {
        let domain = |length: usize| {
            let labels = format!("{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(62));
            format!("{labels}.{}", "d".repeat(length - labels.len() - 1))
        };
        for (address, reason) in [
            (format!("{}@x.example", "a".repeat(64)), None),
            (
                format!("{}@x.example", "a".repeat(65)),
                Some("more than 64 octets"),
            ),
            (
                format!("{}@x.example", "ü".repeat(33)),
                Some("more than 64 octets"),
            ),
            (format!("a@{}", domain(252)), None),
            (format!("a@{}", domain(253)), Some("longer than 254 octets")),
            ("x".repeat(1_000_000), Some("there is no `@`")),
        ] {
            match (address.parse::<Email>(), reason) {
                (Ok(email), None) => assert_eq!(email.as_str(), address),
                (Err(error), Some(reason)) => {
                    let error = error.to_string();
                    assert!(error.contains(reason) && error.len() < 300, "{error}");
                }
                (found, _) => panic!("{address}: {found:?}"),
            }
        }
        let mailbox = |name: &str| format!("{name} <ada@x.example>").parse::<Mailbox>();
        assert!(mailbox(&"ü".repeat(200)).is_ok());
        let long = mailbox(&"ü".repeat(201)).unwrap_err().to_string();
        assert!(long.contains("201 characters, at most 200"), "{long}");
        for (name, words) in [
            ("a\tb", "a tab"),
            ("a\u{202e}b", "U+202E"),
            ("a\u{2066}b", "U+2066"),
            ("a\u{2028}b", "U+2028"),
            ("a\u{1b}b", "U+001B"),
            ("a\nb", "a line break"),
        ] {
            let error = check_name(name).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_mailbox_has_a_name_or_none() {
        for (text, name) in [
            ("ada@x.example", None),
            ("<ada@x.example>", None),
            ("Ada Night <ada@x.example>", Some("Ada Night")),
            (
                "\"Night, \\\"Ada\\\"\" <ada@x.example>",
                Some("Night, \"Ada\""),
            ),
        ] {
            assert_eq!(
                text.parse::<Mailbox>().unwrap().name.as_deref(),
                name,
                "{text}"
            );
        }
    }
}
