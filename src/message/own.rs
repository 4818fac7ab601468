//! A reader's own values in a mail: the name, the address and the links that bear a token.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::digest::{ADDRESS, CONFIRM, LEAVE, NAME, PREFERENCES, TOKEN};
use crate::html::escape;

/// The part of the message that holds a slot, which decides the encoding of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    Text,
    Html,
}

/// The values of one reader for the slots of an issue.
pub(super) struct ReaderValues {
    pub(super) name: String,
    pub(super) address: String,
    /// The link in the text: the page where there is one, else the mail.
    pub(super) leave: String,
    /// The links of the header (RFC 2369 3.2), the preferred one first.
    pub(super) leave_links: String,
    /// The page of their preferences; without one as `leave`.
    pub(super) preferences: String,
    pub(super) confirm: String,
    pub(super) token: String,
    pub(super) reply_to: Option<String>,
}

impl ReaderValues {
    /// Replaces each mark in a text by its value.
    pub(super) fn put_into(&self, text: &str, part: Part) -> String {
        text.replace(NAME, &escape_for(&self.name, part))
            .replace(ADDRESS, &escape_for(&self.address, part))
            .replace(LEAVE, &escape_for(&self.leave, part))
            .replace(PREFERENCES, &escape_for(&self.preferences, part))
            .replace(CONFIRM, &escape_for(&self.confirm, part))
            .replace(TOKEN, &self.token)
    }
}

/// Adds a tag after a plus to the local part; `None` if that would exceed 64 octets (RFC 5321 4.5.3.1.1).
pub(super) fn add_tag(address: &str, word: &str, token: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let length = local.trim_start_matches("mailto:").len() + 1 + word.len() + token.len();
    (length <= 64).then(|| format!("{local}+{word}{token}@{domain}"))
}

/// Escapes a reader's value for a part of the mail.
pub(super) fn escape_for(text: &str, part: Part) -> Cow<'_, str> {
    match part {
        Part::Html if text.contains(['&', '<', '>', '"']) => Cow::Owned(escape(text)),
        Part::Html | Part::Text => Cow::Borrowed(text),
    }
}
