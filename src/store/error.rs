//! The errors of the store, each with a hint.

use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sqlx::error::DatabaseError;

/// The result of everything here.
pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The reason why the store cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refuses.
    #[error("the store refuses: {}", describe(.0))]
    Sql(sqlx::Error),
    /// The file cannot be made or locked.
    #[error("the store's file cannot be used: {1}")]
    File(PathBuf, io::Error),
    /// It was written by a newer program.
    #[error(
        "the store has version {found}, this program knows up to {known}; use the newer program"
    )]
    Newer {
        /// The version that was found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// It was written by an older program, and this call may not change it.
    #[error("the store is of an older version; `tidings run` brings it up to date")]
    Older,
    /// The key that signs an issue's links is the owner's own, and not given.
    #[error(
        "the key with which an issue was frozen is not known\n  add it to TIDINGS_TOKEN_KEY, behind the others"
    )]
    NoKey,
    /// Another sender has taken over the deliveries of this one.
    #[error("another sender has taken over this one's deliveries")]
    Lost,
    /// The issue was paused or cancelled meanwhile.
    #[error("the issue was stopped")]
    Stopped,
    /// A value is invalid.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The store was moved.
    #[error("this store was moved to {0}, and nothing is kept here any more")]
    Moved(String),
    /// It is a backup, put in the place of a store by hand.
    #[error("this is a backup of {}, and no store to go on with", .0.to_rfc3339())]
    Backup(DateTime<Utc>),
    /// It was being restored or moved to, and that has not come to its end.
    #[error("this store is not whole yet: what brought it here was stopped")]
    Unfinished,
    /// There is no store.
    #[error("there is no store yet")]
    Missing,
    /// There is no backup.
    #[error("there is no such backup")]
    NoBackup(PathBuf),
    /// It is to be filled, and something is in it.
    #[error("something is kept in this store already")]
    NotEmpty,
    /// It is to be moved, and somebody is sending.
    #[error("another sender is at work in this store")]
    Sending,
    /// A backup must not take the place of a file.
    #[error("there is such a file already, and a backup overwrites nothing")]
    Exists(PathBuf),
    /// The copy of this table differs from the original.
    #[error("the copy of the table `{0}` differs from what was copied")]
    Differs(&'static str),
    /// About another store than the configured one.
    #[error("{1}")]
    At(PathBuf, Box<StoreError>),
    /// Something could not be written down, so nothing more is sent.
    #[error("the ledger cannot be written: {0}")]
    Writer(String),
}

impl StoreError {
    /// Whether a retry may succeed: another program holds a lock, or two waited for each other.
    pub(super) fn is_passing(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        // SQLite's SQLITE_BUSY, PostgreSQL's serialization_failure and deadlock_detected; and its unique_violation, if
        // another program inserted the same row since the lookup.
        let code = error.as_database_error().and_then(DatabaseError::code);
        code.is_some_and(|code| matches!(&*code, "5" | "261" | "517" | "40001" | "40P01" | "23505"))
    }

    /// The file that the error is about, unless it is the store itself.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file, _) | Self::Exists(file) | Self::NoBackup(file) => Some(file),
            Self::At(place, error) => Some(error.file().unwrap_or(place)),
            _ => None,
        }
    }

    /// The same error about the store in this place.
    pub(super) fn at(self, place: impl Into<PathBuf>) -> Self {
        Self::At(place.into(), Box::new(self))
    }

    /// A hint for a person, if there is one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Sql(error) => hint_of(error),
            Self::File(_, error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Some(NO_RIGHT)
            }
            Self::File(..) => Some("`url` under [store] names the file; its folder must be there"),
            Self::Damaged(_) => Some("bring back a copy of the store that is whole"),
            Self::Moved(_) => Some("set `url` under [store] to where it is now"),
            Self::Backup(_) => Some(
                "put it aside, and bring it back with `tidings store restore FILE`, which says what it lacks",
            ),
            Self::Unfinished => Some(
                "give the same `tidings store restore` or `tidings store move` again: it goes on from there",
            ),
            Self::Missing => Some("`url` under [store] names it; the first run makes it"),
            Self::NotEmpty => Some(
                "put that store aside first (`mv`, or another database), so that nothing in it is lost",
            ),
            Self::Sending => Some("try again when it is done, or stop it: the next run goes on"),
            Self::Exists(_) => Some("give the backup another name"),
            Self::NoBackup(_) => Some("name the file that `tidings store backup FILE` has written"),
            Self::Differs(_) => {
                Some("nothing was changed; look for what writes into either database")
            }
            Self::At(_, error) => error.hint(),
            Self::Newer { .. }
            | Self::Older
            | Self::NoKey
            | Self::Lost
            | Self::Stopped
            | Self::Writer(_) => None,
        }
    }
}

const NO_RIGHT: &str = "let the user who runs tidings write the file and its folder";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

/// The database's message, once: an error of sqlx repeats its cause.
fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) | sqlx::Error::Configuration(error) => error.to_string(),
        sqlx::Error::PoolTimedOut => "no connection became free in time".to_owned(),
        other => other.to_string(),
    }
}

/// Maps SQLite's result codes and PostgreSQL's classes of SQLSTATE to hints.
fn hint_of(error: &sqlx::Error) -> Option<&'static str> {
    let server = "look whether the server runs and `url` under [store] names it";
    let error = match error {
        sqlx::Error::Tls(_) => {
            return Some(
                "beyond this machine a connection needs TLS: switch it on at the server, or add `?sslmode=disable` to \
                 the store's `url` where nobody else reads the network",
            );
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => return Some(server),
        sqlx::Error::Database(error) => error,
        _ => return None,
    };
    let code = error.code()?;
    if let Ok(code) = code.parse::<i64>()
        && code < 10_000
    {
        // The low byte is the primary code.
        return match code & 0xff {
            5 | 6 => {
                Some("another program holds the database: end it, or try again when it is done")
            }
            8 | 14 | 23 => Some(NO_RIGHT),
            10 => Some("look whether the disk and the file system are well"),
            11 | 26 => Some("bring back a copy of the store that is whole, or name another file"),
            13 => Some("make room on the disk; the next run goes on"),
            _ => None,
        };
    }
    match &*code {
        "28000" | "28P01" => Some("set user and password in TIDINGS_STORE__URL"),
        "3D000" => {
            Some("make the database with `createdb`, or name another in `url` under [store]")
        }
        "42501" => Some("let this user of the database make and change tables in its schema"),
        "53100" => Some("make room on the server's disk; the next run goes on"),
        "53300" => Some("the server takes no more connections: end some, or let it take more"),
        "55P03" | "40P01" => Some("another program holds the rows: try again when it is done"),
        code if code.starts_with("57P") || code.starts_with("08") => Some(server),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::StoreError;

    #[test]
    fn an_error_of_the_database_is_said_once() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = StoreError::from(sqlx::Error::Io(refused));
        let whole = format!("{:#}", anyhow::Error::from(error));
        assert_eq!(whole, "the store refuses: connection refused");
        let error = StoreError::from(sqlx::Error::Tls("server does not support TLS".into()));
        assert!(error.hint().unwrap().contains("sslmode=disable"));
        let whole = format!("{:#}", anyhow::Error::from(error));
        assert_eq!(whole, "the store refuses: server does not support TLS");
    }
}
