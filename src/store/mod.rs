//! SQL: readers, issues, deliveries, in SQLite or PostgreSQL by one text.

/// Runs a transaction, and runs it again from its start after an error that passes (a deadlock, a serialisation failure).
/// A macro, as the one below, since the future that a closure returns is not known to be `Send`.
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

/// Runs the work in one transaction of the store, and reports a long wait.
macro_rules! change {
    ($store:expr, |$tx:ident| $work:block) => {
        $store
            .watch_work(async { change_by!($store.begin(), |$tx| $work) })
            .await
    };
}

/// Runs the work in one transaction, and retries in a new one after a passing error. Every error rolls back, and that is
/// awaited: its locks must be gone before the next try.
macro_rules! change_by {
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

/// A query whose text names constants, such as the state numbers of [`sql`]: `state = {QUEUED}`. Values are bound,
/// never written into the text. The numbers are not bound, since a partial index is used only if the condition repeats
/// its `WHERE`.
macro_rules! statement {
    ($text:literal) => {
        sqlx::query(sqlx::AssertSqlSafe(format!($text)))
    };
}

mod backup;
mod check;
mod connect;
mod consent;
mod departures;
mod error;
mod figures;
mod growth;
mod identity;
mod issue;
mod link;
mod mailable;
mod mark;
mod number;
mod preferences;
mod progress;
mod purge;
mod quota;
mod readers;
mod rename;
mod request;
mod returned;
mod schema;
mod secret;
mod sender;
mod sql;
mod subscriptions;
mod wait;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyPool, Transaction};

pub(crate) use backup::Backup;
pub use connect::Access;
pub(crate) use departures::Recovered;
pub(crate) use error::Result;
pub use error::StoreError;
pub(crate) use figures::Figures;
pub(crate) use growth::Moves;
pub(crate) use issue::{
    Agreement, Confirmation, Greeting, JoinAnswer, JoinRequest, Letter, Missed, UnknownOutcome,
};
pub use issue::{Freeze, Frozen, Resent};
pub(crate) use link::Linked;
pub(crate) use preferences::{Preferences, ReaderChoice};
pub(crate) use progress::BoxProgress;
pub(crate) use readers::Subscriber;
pub(crate) use request::Answer;
pub use request::{ConsentRequest, Foreseen};
pub(crate) use returned::{
    Domain, ListedReturn, REQUEST_AGE, ReturnMeaning, ReturnOutcome, ReturnedMail,
};
pub use sender::{Busy, Sender};
pub(crate) use wait::Tell;

use crate::config::{StoreUrl, with_tls};
use crate::token::{Ids, Key};
use connect::{
    StorePlace, begin, connect, find_folder, make_address, make_private, name_beside,
    refuse_no_file,
};
use mark::Mark;
use schema::{load_version, migrate};
use secret::{FINGERPRINT_KEY, STORE_NAME, load_once};
use wait::Wait;
use watch::watch_locks;

/// The number of tries after a lock or a deadlock.
const TRIES: u32 = 3;
/// The longest reply that is kept, in characters.
const LONGEST_REPLY: usize = 200;

/// The database of readers, issues and deliveries.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    place: StorePlace,
    fingerprints: Key,
    name: String,
    /// The owner's own keys for links, which beat those of the store.
    own_keys: Arc<[Key]>,
    /// The source of the ids of new readers.
    ids: Arc<Mutex<Ids>>,
    wait: Wait,
}

impl Store {
    /// Opens the store. [`Access::Write`] creates it and migrates it; a file gets mode 0600.
    pub async fn open(url: &StoreUrl, access: Access, now: DateTime<Utc>) -> Result<Self> {
        Self::open_telling(url, access, now, None).await
    }

    /// Does the same as [`Store::open`]; long waits, here and later, are reported by `tell`.
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
        let store = wait.watch(Self::open_any(url, access, now)).await?;
        match store.mark().await? {
            Some(Mark::Moved(to)) => return Err(StoreError::Moved(to)),
            Some(Mark::Backup(at)) if access.may_write() => {
                return Err(StoreError::Backup(at));
            }
            Some(Mark::Unfinished(_)) => return Err(StoreError::Unfinished),
            _ => {}
        }
        if let (StoreUrl::Postgres(address), true) = (url, wait.is_heard()) {
            tokio::spawn(watch_locks(
                store.pool.clone(),
                with_tls(address),
                wait.clone(),
            ));
        }
        Ok(Self { wait, ..store })
    }

    /// The same with keys for links of the owner's own: the first signs.
    #[must_use]
    pub(crate) fn with_keys(self, keys: &[Key]) -> Self {
        let own_keys = keys.into();
        Self { own_keys, ..self }
    }

    /// Opens a store to be filled from another one, also if that was begun and not finished.
    pub(crate) async fn open_to_fill(url: &StoreUrl, now: DateTime<Utc>) -> Result<Self> {
        let store = Self::open_any(url, Access::Write, now).await?;
        match store.mark().await? {
            Some(Mark::Moved(to)) => Err(StoreError::Moved(to)),
            Some(Mark::Backup(at)) => Err(StoreError::Backup(at)),
            Some(Mark::Unfinished(_)) | None => Ok(store),
        }
    }

    /// Opens a store even if it is marked as unusable.
    async fn open_any(url: &StoreUrl, access: Access, now: DateTime<Utc>) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (place, address) = match url {
            StoreUrl::Postgres(address) => (StorePlace::Server, with_tls(address)),
            StoreUrl::Sqlite(file) if access.may_open(file) => {
                refuse_no_file(file)?;
                if access.may_write() {
                    make_private(file)?;
                }
                // The real path, so that its lock stands beside it under one name whatever way it is reached.
                let file = file
                    .canonicalize()
                    .map_err(|error| StoreError::File(file.clone(), error))?;
                let address = make_address(&file);
                (StorePlace::File(file), address)
            }
            StoreUrl::Sqlite(file) => {
                find_folder(file)?;
                if access.may_write() {
                    return Err(StoreError::Missing);
                }
                return Self::open_in_memory(now).await;
            }
        };
        let mut pool = connect(&place, &address, access).await?;
        let mut found = load_version(&pool, &place).await;
        if let (Err(_), Access::Read, StorePlace::File(file)) = (&found, access, &place)
            && !name_beside(file, "-wal").exists()
        {
            // In a folder without write permission SQLite reads only a file that it may take as immutable.
            pool.close().await;
            pool = connect(&place, &format!("{address}&immutable=true"), access).await?;
            found = load_version(&pool, &place).await;
        }
        match (access, found?) {
            (_, found) if found > schema::VERSION => {
                return Err(StoreError::Newer {
                    found,
                    known: schema::VERSION,
                });
            }
            (Access::Read, 0) => return Self::open_in_memory(now).await,
            (Access::Read, found) if found < schema::VERSION => return Err(StoreError::Older),
            (Access::Read, _) => {}
            (Access::WriteKept, 0) => return Err(StoreError::Missing),
            (Access::Write | Access::WriteKept, _) => migrate(&pool, &place, now).await?,
        }
        Self::load(pool, place).await
    }

    /// Whether it outlives the process: not so where an empty one stands for one that nobody has made yet.
    pub(crate) fn is_kept(&self) -> bool {
        self.place != StorePlace::Memory
    }

    /// Pings the database.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Ends all connections; the last one of a file takes the files beside it away.
    pub async fn close(self) {
        // A connection that hangs must not keep the program.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.pool.close()).await;
    }

    /// An empty store in memory, which ends with the process.
    pub async fn open_in_memory(now: DateTime<Utc>) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let pool = connect(&StorePlace::Memory, "sqlite::memory:", Access::Write).await?;
        migrate(&pool, &StorePlace::Memory, now).await?;
        Self::load(pool, StorePlace::Memory).await
    }

    async fn load(pool: AnyPool, place: StorePlace) -> Result<Self> {
        let fingerprints = Key::from_text(
            FINGERPRINT_KEY.into(),
            &load_once(&pool, FINGERPRINT_KEY).await?,
        )
        .ok_or_else(|| StoreError::Damaged("the fingerprint key is no key".to_owned()))?;
        let name = load_once(&pool, STORE_NAME).await?;
        Ok(Self {
            pool,
            place,
            fingerprints,
            name,
            own_keys: [].into(),
            ids: Arc::new(Mutex::new(Ids::new())),
            wait: Wait::default(),
        })
    }

    /// Runs the work, and reports when a server keeps it waiting long. On SQLite a transaction waits only at its beginning,
    /// and is long only by its own work.
    fn watch_work<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        let work = Box::pin(work);
        async move {
            match self.place {
                StorePlace::Server => self.wait.watch(work).await,
                StorePlace::Memory | StorePlace::File(_) => work.await,
            }
        }
    }

    /// Begins a transaction that writes, unless the store was moved meanwhile.
    async fn begin(&self) -> Result<Transaction<'static, Any>> {
        let mut tx = self.wait.watch(begin(&self.pool, &self.place)).await?;
        match Mark::find(&mut *tx).await? {
            Some(Mark::Moved(to)) => Err(StoreError::Moved(to)),
            _ => Ok(tx),
        }
    }
}
