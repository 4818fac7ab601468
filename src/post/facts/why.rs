//! The sources of a post's date and address, for `-v`.

use std::fmt;

/// The sources of a post's date and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    /// The source of the date.
    pub date: Provenance,
    /// The source of its zone.
    pub zone: &'static str,
    /// The source of the address.
    pub address: Provenance,
}

/// The source of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// A key of the front matter.
    Key(&'static str),
    Title,
    /// The file's name.
    Name,
    /// The file's path.
    Path,
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
