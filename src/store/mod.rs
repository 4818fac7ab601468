//! SQL: readers, issues, deliveries, in SQLite or PostgreSQL by one text.

/// Does this, and from its start once more where it met what passes. A macro, as the one below, since a future that a
/// closure gives is not known to go from thread to thread.
macro_rules! patiently {
    ($work:expr) => {{
        let mut tries = 1;
        loop {
            let done: $crate::store::Result<_> = $work.await;
            match done {
                Err(error) if tries < $crate::store::TRIES && error.is_passing() => tries += 1,
                done => break done,
            }
        }
    }};
}

/// Does this in one transaction, and in a new one where it met what passes. An error takes all of it back, and that is
/// waited for: its locks must be gone before the next try.
macro_rules! change {
    ($begin:expr, |$tx:ident| $work:block) => {
        patiently!(async {
            let mut $tx = $begin.await?;
            let done: $crate::store::Result<_> = async $work.await;
            match done {
                Ok(done) => $tx.commit().await.map(|()| done).map_err($crate::store::StoreError::from),
                Err(error) => {
                    let _ = $tx.rollback().await;
                    Err(error)
                }
            }
        })
    };
}

mod announced;
mod consent;
mod departures;
mod error;
mod issues;
mod number;
mod readers;
mod rename;
mod resend;
mod schema;
mod sender;
mod subscriptions;
mod wait;
mod writer;

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Row, Transaction};

pub use consent::{Answer, Asked};
pub use departures::Recovered;
pub use error::StoreError;
pub use issues::{Freeze, Frozen, Missed, Uncertainty};
pub use readers::Subscriber;
pub use resend::Resent;
pub use sender::{Busy, Sender};
pub use wait::Tell;
use wait::Wait;

use crate::config::{StoreUrl, with_tls};
use crate::token::{Key, random_id};

/// The numbers of the secrets that every store has.
const FINGERPRINT_KEY: i64 = 1;
const STORE_NAME: i64 = 2;
/// No secret, but of the same kind: a text that a store has once.
const SITE: i64 = 3;
const FIRST_LINK_KEY: i64 = 100;
/// How often what met a lock or a deadlock is tried.
const TRIES: u32 = 3;
/// How many numbers are bound as one list at most: PostgreSQL answers late where a statement exceeds some 15 KB.
const MOST_LISTED: usize = 500;

/// What the store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is made, upgraded and written.
    Write,
    /// Nothing is changed: dry runs, lists. Where there is no store yet, an empty one in memory stands for it.
    Read,
}

/// The result of everything here.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Where readers, issues and deliveries are kept.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    place: StorePlace,
    fingerprints: Key,
    name: String,
    wait: Wait,
}

/// Which database it is, as far as its locks differ.
#[derive(Clone, Debug, PartialEq, Eq)]
enum StorePlace {
    Memory,
    File(PathBuf),
    Server,
}

impl Store {
    /// Opens the store; with [`Access::Write`] it is made and brought up to date, with mode 0600 where it is a file.
    pub async fn open(url: &StoreUrl, access: Access, now: DateTime<Utc>) -> Result<Self> {
        Self::open_telling(url, access, now, None).await
    }

    /// The same; what it waits for, here and later, is told once it has waited long.
    pub async fn open_telling(
        url: &StoreUrl,
        access: Access,
        now: DateTime<Utc>,
        tell: Option<Tell>,
    ) -> Result<Self> {
        let what = match url {
            StoreUrl::Postgres(_) => format!("waiting for the database server of {url}"),
            StoreUrl::Sqlite(_) => format!("waiting for another program that holds {url}"),
        };
        let wait = Wait::new(what, tell);
        let store = wait.watch(Self::open_waiting(url, access, now)).await?;
        Ok(Self { wait, ..store })
    }

    async fn open_waiting(url: &StoreUrl, access: Access, now: DateTime<Utc>) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (place, address) = match url {
            StoreUrl::Postgres(address) => (StorePlace::Server, with_tls(address)),
            StoreUrl::Sqlite(file) if access == Access::Write || file.exists() => {
                if access == Access::Write {
                    make_private(file)?;
                }
                // By whichever way it is reached: its lock stands beside it under one name.
                let file = file
                    .canonicalize()
                    .map_err(|error| StoreError::File(file.clone(), error))?;
                let address = sqlite_address(&file);
                (StorePlace::File(file), address)
            }
            StoreUrl::Sqlite(_) => return Self::in_memory(now).await,
        };
        let mut pool = connect(&place, &address, access).await?;
        let mut found = version(&pool, &place).await;
        if let (Err(_), Access::Read, StorePlace::File(file)) = (&found, access, &place)
            && !beside(file, "-wal").exists()
        {
            // In a folder that is not ours to write, SQLite reads only what it may take as unchanging.
            pool.close().await;
            pool = connect(&place, &format!("{address}&immutable=true"), access).await?;
            found = version(&pool, &place).await;
        }
        match (access, found?) {
            (_, found) if found > schema::VERSION => {
                return Err(StoreError::Newer {
                    found,
                    known: schema::VERSION,
                });
            }
            (Access::Read, 0) => return Self::in_memory(now).await,
            (Access::Read, found) if found < schema::VERSION => return Err(StoreError::Older),
            (Access::Read, _) => {}
            (Access::Write, _) => migrate(&pool, &place, now).await?,
        }
        Self::known(pool, place).await
    }

    /// Ends all connections; the last one of a file takes the files beside it away.
    pub async fn close(self) {
        // A connection that hangs must not keep the program.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.pool.close()).await;
    }

    /// An empty store that nobody else sees and that ends with the process.
    pub async fn in_memory(now: DateTime<Utc>) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let pool = connect(&StorePlace::Memory, "sqlite::memory:", Access::Write).await?;
        migrate(&pool, &StorePlace::Memory, now).await?;
        Self::known(pool, StorePlace::Memory).await
    }

    async fn known(pool: AnyPool, place: StorePlace) -> Result<Self> {
        let secret = async |number: i64| -> Result<String> {
            let row = sqlx::query("SELECT key FROM secret WHERE number = $1")
                .bind(number)
                .fetch_one(&pool)
                .await?;
            Ok(row.try_get("key")?)
        };
        let fingerprints = Key::from_text(FINGERPRINT_KEY, &secret(FINGERPRINT_KEY).await?)
            .ok_or_else(|| StoreError::Damaged("the fingerprint key is no key".to_owned()))?;
        let name = secret(STORE_NAME).await?;
        Ok(Self {
            pool,
            place,
            fingerprints,
            name,
            wait: Wait::default(),
        })
    }

    /// The random name by which `tidings.lock` knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The site whose readers the store keeps; none before the first mail.
    pub async fn site(&self) -> Result<Option<String>> {
        let query = sqlx::query("SELECT key FROM secret WHERE number = $1").bind(SITE);
        let row = query.fetch_optional(&self.pool).await?;
        row.map(|row| Ok(row.try_get("key")?)).transpose()
    }

    /// Notes the site whose readers the store keeps, unless there is one. Returns the one that is noted.
    pub async fn claim_site(&self, site: &str, now: DateTime<Utc>) -> Result<String> {
        if let Some(known) = self.site().await? {
            return Ok(known);
        }
        sqlx::query(
            "INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, 'site', $2, $3) ON CONFLICT (number) DO NOTHING",
        )
        .bind(SITE)
        .bind(site.to_owned())
        .bind(now.timestamp())
        .execute(&self.pool)
        .await?;
        Ok(self.site().await?.unwrap_or_default())
    }

    /// The key that signs the links of new issues.
    pub async fn current_key(&self) -> Result<Key> {
        let row = sqlx::query(
            "SELECT number, key FROM secret WHERE purpose = 'link' ORDER BY number DESC LIMIT 1",
        )
        .fetch_one(&self.pool)
        .await?;
        key_of(&row)
    }

    /// The key of this number: an issue keeps the one with which it was frozen.
    pub async fn key(&self, number: i64) -> Result<Key> {
        let row =
            sqlx::query("SELECT number, key FROM secret WHERE purpose = 'link' AND number = $1")
                .bind(number)
                .fetch_one(&self.pool)
                .await?;
        key_of(&row)
    }

    async fn begin(&self) -> Result<Transaction<'static, Any>> {
        self.wait.watch(begin(&self.pool, &self.place)).await
    }
}

fn key_of(row: &AnyRow) -> Result<Key> {
    Key::from_text(row.try_get("number")?, row.try_get("key")?)
        .ok_or_else(|| StoreError::Damaged("a link key is no key".to_owned()))
}

/// A transaction that writes.
async fn begin(pool: &AnyPool, place: &StorePlace) -> Result<Transaction<'static, Any>> {
    Ok(pool.begin_with(begin_words(place)).await?)
}

/// How a transaction that writes begins: on SQLite it takes the write lock at once, so that it never fails half way for
/// want of it.
fn begin_words(place: &StorePlace) -> &'static str {
    match place {
        StorePlace::Server => "BEGIN",
        StorePlace::Memory | StorePlace::File(_) => "BEGIN IMMEDIATE",
    }
}

fn sqlite_address(file: &Path) -> String {
    let path = file
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite://{path}?mode=rw")
}

/// The file that stands beside the database's by this ending.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Creates the database file with mode 0600 before SQLite does, so that at no moment others can read it. A file that they
/// could read is closed to them, and so is each file that SQLite left beside it. None that is there is opened: to close
/// it again would drop the locks that SQLite holds on it in this process (POSIX), and two processes would write at once.
fn make_private(file: &Path) -> Result<()> {
    let failed = |error| StoreError::File(file.to_path_buf(), error);
    let mut options = OpenOptions::new();
    let made = options.create_new(true).append(true).mode(0o600).open(file);
    match made {
        Ok(_) => {}
        // A link to a file that is not there yet cannot be created anew; nobody holds locks on that file.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !file.exists() => {
            let mut options = OpenOptions::new();
            let made = options.create(true).append(true).mode(0o600).open(file);
            made.map_err(failed)?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    if file.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    // SQLite resolves links before it names the files beside.
    let real = file.canonicalize().map_err(failed)?;
    let beside = ["-wal", "-shm"].map(|ending| beside(&real, ending));
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

async fn connect(place: &StorePlace, address: &str, access: Access) -> Result<AnyPool> {
    let pragmas = match (place, access) {
        // A machine that vanished must not keep its lock for hours.
        (StorePlace::Server, Access::Write) => {
            "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
        }
        (StorePlace::Server, Access::Read) => "SET default_transaction_read_only = on",
        (_, Access::Write) => {
            "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA analysis_limit = 1000; \
             PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000"
        }
        (_, Access::Read) => "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON",
    };
    // A pool goes on trying until its time is up; the first connection says at once what is wrong.
    let mut first = AnyConnection::connect(address).await?;
    first.execute(sqlx::raw_sql(pragmas)).await?;
    first.close().await?;
    let options = AnyPoolOptions::new()
        // One writer is all that SQLite has; a store in memory lives in its one connection.
        .max_connections(if *place == StorePlace::Server { 4 } else { 1 })
        // A file does not go away as a server may.
        .test_before_acquire(*place == StorePlace::Server)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection: &mut AnyConnection, _| {
            Box::pin(async move {
                connection.execute(sqlx::raw_sql(pragmas)).await?;
                Ok(())
            })
        });
    Ok(options.connect(address).await?)
}

/// The version of the schema; 0 where there is none yet.
async fn version(pool: &AnyPool, place: &StorePlace) -> Result<i64> {
    let tables = match place {
        StorePlace::Server => {
            "SELECT COUNT(*) AS n FROM information_schema.tables \
             WHERE table_name = 'schema_version' AND table_schema = current_schema()"
        }
        StorePlace::Memory | StorePlace::File(_) => {
            "SELECT COUNT(*) AS n FROM sqlite_master WHERE name = 'schema_version'"
        }
    };
    if sqlx::query(tables)
        .fetch_one(pool)
        .await?
        .try_get::<i64, _>("n")?
        == 0
    {
        return Ok(0);
    }
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get("version")?)
}

async fn migrate(pool: &AnyPool, place: &StorePlace, now: DateTime<Utc>) -> Result<()> {
    let found = version(pool, place).await?;
    if found == schema::VERSION {
        return Ok(());
    }
    let mut tx = begin(pool, place).await?;
    if *place == StorePlace::Server {
        sqlx::query("SELECT pg_advisory_xact_lock(7489210331)")
            .execute(&mut *tx)
            .await?;
    }
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *tx)
        .await?;
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_version")
        .fetch_one(&mut *tx)
        .await?;
    let found: i64 = row.try_get("version")?;
    let missing = schema::MIGRATIONS
        .iter()
        .skip(usize::try_from(found).unwrap_or(usize::MAX));
    for migration in missing {
        sqlx::raw_sql(*migration).execute(&mut *tx).await?;
    }
    if found == 0 {
        let secrets = [
            (
                FINGERPRINT_KEY,
                "fingerprint",
                Key::generate(FINGERPRINT_KEY).to_text(),
            ),
            (STORE_NAME, "store", format!("{:016x}", random_id())),
            (
                FIRST_LINK_KEY,
                "link",
                Key::generate(FIRST_LINK_KEY).to_text(),
            ),
        ];
        for (number, purpose, key) in secrets {
            sqlx::query(
                "INSERT INTO secret (number, purpose, key, made_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(number)
            .bind(purpose)
            .bind(key)
            .bind(now.timestamp())
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query("INSERT INTO schema_version (version) VALUES (0)")
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("UPDATE schema_version SET version = $1")
        .bind(schema::VERSION)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

impl StorePlace {
    /// The condition that `column` is among the numbers bound as this parameter.
    fn among(&self, column: &str, parameter: &str) -> String {
        let listed = self.listed(parameter);
        match self {
            // As an array it is looked up in an index, whatever the planner thinks of the list's length.
            Self::Server => {
                format!("{column} = ANY (ARRAY(SELECT CAST(value AS BIGINT) FROM {listed}))")
            }
            Self::Memory | Self::File(_) => format!("{column} IN (SELECT value FROM {listed})"),
        }
    }

    /// A table of one `value`, from the [`list`] bound as this parameter: one text, prepared once, serves lists of any
    /// length.
    fn listed(&self, parameter: &str) -> String {
        match self {
            Self::Server => {
                format!("jsonb_array_elements_text(CAST({parameter} AS jsonb)) AS listed(value)")
            }
            Self::Memory | Self::File(_) => format!("json_each({parameter}) AS listed"),
        }
    }

    /// All rows as one text, a JSON array of one array a row: row by row they cost ten times as much.
    fn as_one(&self, columns: &str) -> String {
        match self {
            Self::Server => {
                format!("CAST(COALESCE(json_agg(json_build_array({columns})), '[]') AS TEXT)")
            }
            Self::Memory | Self::File(_) => format!("json_group_array(json_array({columns}))"),
        }
    }

    /// A table of `key` and `value`, from the JSON object bound as this parameter.
    fn paired(&self, parameter: &str) -> String {
        match self {
            Self::Server => format!("jsonb_each_text(CAST({parameter} AS jsonb)) AS paired"),
            Self::Memory | Self::File(_) => format!("json_each({parameter}) AS paired"),
        }
    }
}

/// Numbers as one value to bind: a JSON array.
fn list(numbers: &[i64]) -> String {
    serde_json::json!(numbers).to_string()
}
