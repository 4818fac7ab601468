//! `[mail] inbox`: the box that bounces, complaints and requests come to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::config::value::from_text;

/// A box of mail on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbox {
    /// A folder with `new`, `cur` and `tmp`.
    Maildir(PathBuf),
    /// One file with a line `From …` before each message (RFC 4155).
    Mbox(PathBuf),
}

/// Why a text names no box.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {why}\nexpected something like maildir:/var/mail/news or mbox:/var/mail/news")]
pub struct InboxError {
    text: String,
    why: &'static str,
}

impl Inbox {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        let (Self::Maildir(path) | Self::Mbox(path)) = self;
        *path = root.join(&*path);
    }
}

impl FromStr for Inbox {
    type Err = InboxError;

    fn from_str(text: &str) -> Result<Self, InboxError> {
        let fail = |why| InboxError {
            text: text.to_owned(),
            why,
        };
        match text.split_once(':') {
            Some(("maildir", path)) if !path.is_empty() => Ok(Self::Maildir(path.into())),
            Some(("mbox", path)) if !path.is_empty() => Ok(Self::Mbox(path.into())),
            Some(("imap" | "imaps", _)) => Err(fail(
                "is on another machine: let a program fetch its mail into a Maildir",
            )),
            _ => Err(fail("is no box of mail")),
        }
    }
}

impl fmt::Display for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maildir(path) => write!(f, "maildir:{}", path.display()),
            Self::Mbox(path) => write!(f, "mbox:{}", path.display()),
        }
    }
}

impl<'de> Deserialize<'de> for Inbox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::Inbox;

    #[test]
    fn a_box_is_named_by_its_kind_and_its_place() {
        for text in ["maildir:/var/mail/news", "mbox:mail/news"] {
            assert_eq!(text.parse::<Inbox>().unwrap().to_string(), text);
        }
        for (text, why) in [
            ("/var/mail/news", "is no box of mail"),
            ("maildir:", "is no box of mail"),
            ("mh:/mail", "is no box of mail"),
            ("imaps://ada@x.example/INBOX", "on another machine"),
        ] {
            let error = text.parse::<Inbox>().unwrap_err().to_string();
            assert!(
                error.contains(why) && error.contains("maildir:/var"),
                "{error}"
            );
        }
    }
}
