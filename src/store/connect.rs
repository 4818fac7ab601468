//! How the databases are reached: addresses, connections, and files that only their owner may read.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Connection, Executor, Transaction};

use crate::store::watch::label_connection;
use crate::store::{Result, StoreError};

/// The purpose for which the store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is made, upgraded and written.
    Write,
    /// It is upgraded and written, and never made: another place holds the store.
    WriteKept,
    /// Nothing is changed: dry runs, lists. Without a store, an empty one in memory takes its place; its folder must
    /// exist.
    Read,
}

impl Access {
    pub(super) fn may_write(self) -> bool {
        self != Self::Read
    }

    /// Whether there is a database in this file, or is to be one.
    pub(super) fn may_open(self, file: &Path) -> bool {
        match self {
            Self::Write => true,
            Self::WriteKept => fs::metadata(file).is_ok_and(|about| about.len() > 0),
            Self::Read => file.exists(),
        }
    }
}

/// The kind of database, as far as locks differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StorePlace {
    Memory,
    File(PathBuf),
    Server,
}

/// Begins a transaction that writes.
pub(super) async fn begin(pool: &AnyPool, place: &StorePlace) -> Result<Transaction<'static, Any>> {
    Ok(pool.begin_with(begin_words(place)).await?)
}

/// How a transaction that writes begins: on SQLite it takes the write lock at once, so that it never fails half way for
/// want of it.
pub(super) fn begin_words(place: &StorePlace) -> &'static str {
    match place {
        StorePlace::Server => "BEGIN",
        StorePlace::Memory | StorePlace::File(_) => "BEGIN IMMEDIATE",
    }
}

pub(super) fn make_address(file: &Path) -> String {
    let path = file
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite://{path}?mode=rw")
}

/// Requires the folder of a database that does not exist yet: a first run would not create it either.
pub(super) fn find_folder(file: &Path) -> Result<()> {
    let failed = |error| StoreError::File(file.to_path_buf(), error);
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder.map(fs::metadata) {
        Some(Err(error)) => Err(failed(error)),
        Some(Ok(about)) if !about.is_dir() => Err(failed(io::ErrorKind::NotADirectory.into())),
        _ => Ok(()),
    }
}

/// The file beside the database with this suffix.
pub(super) fn name_beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Refuses what is no regular file: a pipe would be waited for, and the permissions of a device are not ours to narrow.
pub(super) fn refuse_no_file(file: &Path) -> Result<()> {
    let failed = |error| Err(StoreError::File(file.to_path_buf(), error));
    match file.metadata() {
        Ok(found) if found.is_dir() => failed(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => failed(io::Error::other("it is no regular file")),
        _ => Ok(()),
    }
}

/// Creates the database file with mode 0600 before SQLite does, so that others can read it at no moment. Permissions of
/// existing files, SQLite's companions included, are narrowed. No existing file is opened: closing it again would drop
/// the locks that SQLite holds on it in this process (POSIX), and two processes would write at once.
pub(super) fn make_private(file: &Path) -> Result<()> {
    let failed = |error| StoreError::File(file.to_path_buf(), error);
    let mut options = OpenOptions::new();
    let made = options.create_new(true).append(true).mode(0o600).open(file);
    match made {
        Ok(_) => {}
        // A link to a missing file cannot be created anew; nobody holds locks on that file.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !file.exists() => {
            let mut options = OpenOptions::new();
            let made = options.create(true).append(true).mode(0o600).open(file);
            made.map_err(failed)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    // SQLite resolves links before it names the files beside.
    let real = file.canonicalize().map_err(failed)?;
    let beside = ["-wal", "-shm"].map(|ending| name_beside(&real, ending));
    for one in [&real].into_iter().chain(&beside) {
        match close_to_others(one) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(())
}

fn close_to_others(file: &Path) -> io::Result<()> {
    match fs::metadata(file)?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(file, Permissions::from_mode(0o600)),
    }
}

pub(super) async fn connect(place: &StorePlace, address: &str, access: Access) -> Result<AnyPool> {
    let pragmas = match (place, access) {
        // A machine that vanished must not keep its lock for hours.
        (StorePlace::Server, Access::Write | Access::WriteKept) => {
            "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
        }
        (StorePlace::Server, Access::Read) => "SET default_transaction_read_only = on",
        (_, Access::Write | Access::WriteKept) => {
            "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA analysis_limit = 1000; \
             PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000"
        }
        (_, Access::Read) => "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON",
    };
    let pragmas: Arc<str> = match place {
        StorePlace::Server => format!("{pragmas}; {}", label_connection()).into(),
        StorePlace::Memory | StorePlace::File(_) => pragmas.into(),
    };
    // A pool retries until its time is up; the first connection fails at once with the reason.
    let mut first = AnyConnection::connect(address).await?;
    first
        .execute(sqlx::raw_sql(AssertSqlSafe(pragmas.to_string())))
        .await?;
    first.close().await?;
    let options = AnyPoolOptions::new()
        // One writer is all that SQLite has; a store in memory lives in its one connection.
        .max_connections(if *place == StorePlace::Server { 4 } else { 1 })
        // A file does not go away as a server may.
        .test_before_acquire(*place == StorePlace::Server)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection: &mut AnyConnection, _| {
            let pragmas = Arc::clone(&pragmas);
            Box::pin(async move {
                connection
                    .execute(sqlx::raw_sql(AssertSqlSafe(pragmas.to_string())))
                    .await?;
                Ok(())
            })
        });
    Ok(options.connect(address).await?)
}
