//! The numbers of issues, keys and senders, each a type of its own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An issue's number: random, 63 bits, ours; shown as sixteen hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueId(i64);

/// Why a text is no number of an issue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no number of an issue\n  `status` shows them")]
pub struct IssueIdError;

impl IssueId {
    /// The number of an issue that is only shown, never frozen.
    pub const SHOWN: Self = Self(0);

    /// The number as the store and the tokens keep it.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for IssueId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for IssueId {
    type Err = IssueIdError;

    /// Leading zeros may be left out.
    fn from_str(text: &str) -> Result<Self, IssueIdError> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match i64::from_str_radix(text, 16) {
            Ok(number) if is_number => Ok(Self(number)),
            _ => Err(IssueIdError),
        }
    }
}

/// The number of a running sender: random, 63 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner(i64);

impl Owner {
    /// The number that no sender has.
    pub(crate) const NOBODY: Self = Self(0);

    /// The number as the store keeps it, and as locks of PostgreSQL name it.
    pub(crate) fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for Owner {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

/// The number of a key that signs links. Those of a store count upwards; a key of the owner's own has one from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyNumber(i64);

impl KeyNumber {
    /// The number in an issue that contains no link.
    pub(crate) const NONE: Self = Self(0);

    /// The number as the store and the tokens keep it.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for KeyNumber {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::{IssueId, IssueIdError};

    #[test]
    fn an_issue_number_is_shown_with_sixteen_digits_and_read_with_fewer() {
        for (number, shown) in [
            (0, "0000000000000000"),
            (0x00c3_40b7_ef1d_0d65, "00c340b7ef1d0d65"),
            (i64::MAX, "7fffffffffffffff"),
        ] {
            let id = IssueId::from(number);
            assert_eq!(id.to_string(), shown);
            for text in [shown, &format!("{number:x}"), &shown.to_uppercase()] {
                assert_eq!(text.parse(), Ok(id), "{text}");
            }
        }
        for text in [
            "",
            "-1",
            "+1",
            "8000000000000000",
            "12g",
            " 1",
            "0x1",
            "11111111111111111",
        ] {
            assert_eq!(text.parse::<IssueId>(), Err(IssueIdError), "{text}");
        }
    }
}
