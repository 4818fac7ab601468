//! `[store]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::config::value::from_text;

/// Where the ledger is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:FILE`, or `postgres://…` when several machines send.
    #[serde(deserialize_with = "from_text")]
    pub url: StoreUrl,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: StoreUrl::Sqlite("tidings.db".into()),
        }
    }
}

impl Store {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        if let StoreUrl::Sqlite(file) = &mut self.url {
            *file = root.join(&*file);
        }
    }
}

/// The address of the database.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server; the text may hold a password.
    Postgres(String),
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text
            .strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest))
        {
            Some(file) if file.contains('?') => {
                Err("a SQLite store takes no options\nexpected sqlite:tidings.db".to_owned())
            }
            Some(file) if !file.is_empty() => Ok(Self::Sqlite(file.into())),
            _ => Err(
                "this is no store\nexpected sqlite:tidings.db or postgres://user@host/database"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}
