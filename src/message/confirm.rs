//! The ways by which the reader of a letter confirms: a page, or an answer.

use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ledger::IssueId;
use crate::message::{MAILTO, add_tag};
use crate::reader::{Email, ReaderId};
use crate::token::{Claim, Key, Purpose};

/// Like [`MAILTO`], but the plus before a tag stays as readers know it.
const TAGGED: &AsciiSet = &MAILTO.remove(b'+');

/// The way by which a reader confirms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ConfirmBy {
    /// On the page of this address with a token behind it.
    Page(String),
    /// By an answer to this address.
    Answer {
        address: String,
        /// Whether it holds the token, as the subject does.
        tagged: bool,
    },
    Either {
        /// The address of the page, with a token behind it.
        page: String,
        address: String,
        /// Whether it holds the token, as the subject does.
        tagged: bool,
    },
}

impl ConfirmBy {
    /// By a button on the page `TOKEN` below this one.
    pub(crate) fn page(below: &Url) -> Self {
        let below = below.as_str().trim_end_matches('/');
        Self::Page(format!("{below}/"))
    }

    /// Lets an answer to this address confirm as well.
    pub(crate) fn or_answer(self, to: &Email, tagged: bool) -> Self {
        let address = to.to_string();
        match self {
            Self::Page(page) | Self::Either { page, .. } => Self::Either {
                page,
                address,
                tagged,
            },
            Self::Answer { .. } => Self::Answer { address, tagged },
        }
    }

    /// Whether an answer confirms.
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self, Self::Page(_))
    }

    /// By an answer to this address; `tagged` if its domain supports plus-addresses.
    pub(crate) fn answer(to: &Email, tagged: bool) -> Self {
        Self::Answer {
            address: to.to_string(),
            tagged,
        }
    }

    /// The token of one reader: where it has to pass through mail programs, the form of one case.
    pub(super) fn make_token(&self, reader: ReaderId, issue: IssueId, key: &Key) -> String {
        let claim = Claim {
            purpose: Purpose::Confirm,
            reader,
            issue,
        };
        let short = match self {
            Self::Page(_) => None,
            Self::Answer { .. } | Self::Either { .. } => key.sign_for_address(&claim),
        };
        short.unwrap_or_else(|| key.sign(&claim))
    }

    /// The link that confirms.
    pub(super) fn link(&self, token: &str) -> String {
        match self {
            Self::Page(below) | Self::Either { page: below, .. } => format!("{below}{token}"),
            Self::Answer { .. } => {
                let address = self.address(token).unwrap_or_default();
                let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
                let local = utf8_percent_encode(local, TAGGED);
                format!("mailto:{local}@{domain}?subject=confirm%20{token}")
            }
        }
    }

    /// The address of the answer; `None` if a page confirms.
    pub(super) fn address(&self, token: &str) -> Option<String> {
        match self {
            Self::Page(_) => None,
            Self::Answer { address, tagged }
            | Self::Either {
                address, tagged, ..
            } => {
                let own = tagged
                    .then(|| add_tag(address, "confirm-", token))
                    .flatten();
                Some(own.unwrap_or_else(|| address.clone()))
            }
        }
    }
}
