//! `[mail] inbox`: the box that bounces, complaints and requests come to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::config::ImapAccount;
use crate::config::value::{ValueError, read_parsed};

/// A box of mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbox {
    /// A folder with `new`, `cur` and `tmp`.
    Maildir(PathBuf),
    /// One file with a line `From …` before each message (RFC 4155).
    Mbox(PathBuf),
    /// A mailbox on a server.
    Imap(ImapAccount),
}

impl Inbox {
    /// Its path, where it is on this machine.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Maildir(path) | Self::Mbox(path) => Some(path),
            Self::Imap(_) => None,
        }
    }

    pub(super) fn resolve_paths(&mut self, root: &Path) {
        match self {
            Self::Maildir(path) | Self::Mbox(path) => *path = root.join(&*path),
            Self::Imap(_) => {}
        }
    }
}

impl FromStr for Inbox {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.split_once(':') {
            Some(("maildir", path)) if !path.is_empty() => Ok(Self::Maildir(path.into())),
            Some(("mbox", path)) if !path.is_empty() => Ok(Self::Mbox(path.into())),
            Some(("imap" | "imaps", _)) => text.parse().map(Self::Imap),
            _ => Err(ValueError(format!(
                "`{text}` is no box of mail
expected something like maildir:/var/mail/news, mbox:/var/mail/news or imaps://news@imap.example/INBOX"
            ))),
        }
    }
}

impl fmt::Display for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maildir(path) => write!(f, "maildir:{}", path.display()),
            Self::Mbox(path) => write!(f, "mbox:{}", path.display()),
            Self::Imap(account) => account.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Inbox {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::Inbox;

    #[test]
    fn a_box_is_named_by_its_kind_and_its_place() {
        for text in [
            "maildir:/var/mail/news",
            "mbox:mail/news",
            "imaps://ada@x.example/INBOX",
        ] {
            assert_eq!(text.parse::<Inbox>().unwrap().to_string(), text);
        }
        for text in ["/var/mail/news", "maildir:", "mh:/mail", ""] {
            let error = text.parse::<Inbox>().unwrap_err().to_string();
            assert!(
                error.contains("is no box of mail") && error.contains("maildir:/var"),
                "{error}"
            );
        }
    }
}
