//! Why a post's date and address are what they are, for `-v`.

use std::fmt;

/// Why a post's date and address are what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    /// Where the date comes from.
    pub date: Provenance,
    /// How its zone was found.
    pub zone: &'static str,
    /// Where the address comes from.
    pub address: Provenance,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// A key of the front matter.
    Key(&'static str),
    /// The title.
    Title,
    /// The file's name.
    Name,
    /// The file's path.
    Path,
    /// git.
    Git,
    /// The pattern of addresses.
    Pattern,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "`{key}`"),
            Self::Title => f.write_str("the title"),
            Self::Name => f.write_str("the file's name"),
            Self::Path => f.write_str("the file's path"),
            Self::Git => f.write_str("git"),
            Self::Pattern => f.write_str("the pattern"),
        }
    }
}
