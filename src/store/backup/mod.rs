//! Backups, and moving to another database. A backup is a SQLite file, whichever database it was made of.

mod file;
mod relocate;
mod rows;

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::{Any, Executor, Row, Transaction};

use crate::config::StoreUrl;
use crate::ledger::IssueState::{Open, Paused};
use crate::store::connect::StorePlace;
use crate::store::mark::Mark;
use crate::store::{Access, Result, Store, StoreError};
use file::NewFile;
use rows::{Side, clear_rows, copy_rows};

impl Store {
    /// Writes a copy of everything that is committed now into a new file with mode 0600, while others go on writing.
    ///
    /// # Errors
    /// If there is such a file already, or no store.
    pub async fn back_up(&self, file: &Path, now: DateTime<Utc>) -> Result<()> {
        if self.place == StorePlace::Memory {
            return Err(StoreError::Missing);
        }
        let new = NewFile::make(file)?;
        let url = StoreUrl::Sqlite(new.path().to_owned());
        if let StorePlace::File(_) = self.place {
            self.vacuum_into(new.path()).await?;
        }
        let copy = Self::open_any(&url, Access::Write, now).await?;
        let written = self.fill(&copy, now).await;
        copy.close().await;
        written?;
        new.finish()
    }

    /// Copies by SQLite's own backup.
    async fn vacuum_into(&self, file: &Path) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        // It writes into the new file alone, and is refused by a connection that may only read.
        connection.execute("PRAGMA query_only = OFF").await?;
        let copied = sqlx::query("VACUUM INTO $1")
            .bind(file.to_string_lossy().into_owned())
            .execute(&mut *connection)
            .await;
        connection.close_on_drop();
        copied?;
        Ok(())
    }

    /// Adds to the copy the rows of a server and the mark of a backup.
    async fn fill(&self, copy: &Self, now: DateTime<Utc>) -> Result<()> {
        if self.place == StorePlace::Server {
            let snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            let mut from = self.pool.begin_with(snapshot).await?;
            let mut to = copy.begin().await?;
            copy_rows(side(&mut from, self), side(&mut to, copy)).await?;
            to.commit().await?;
        }
        copy.set_mark(&Mark::Backup(now)).await?;
        // The backup is one file, also for a reader without write access.
        copy.pool.execute("PRAGMA journal_mode = DELETE").await?;
        Ok(())
    }

    /// Takes everything out of the store, and keeps others from it to the end of the transaction.
    async fn begin_cleared(&self) -> Result<Transaction<'static, Any>> {
        let mut tx = self.begin_locked().await?;
        clear_rows(&mut tx).await?;
        Ok(tx)
    }

    async fn begin_locked(&self) -> Result<Transaction<'static, Any>> {
        let mut tx = self.begin().await?;
        if self.place == StorePlace::Server {
            tx.execute("LOCK TABLE secret, reader, digest, issue IN EXCLUSIVE MODE")
                .await?;
        }
        Ok(tx)
    }

    /// Refuses a store that is not empty, and locks it to the end of the transaction.
    async fn begin_empty(&self) -> Result<Transaction<'static, Any>> {
        let mut tx = self.begin_locked().await?;
        let text = "SELECT (SELECT COUNT(*) FROM reader) + (SELECT COUNT(*) FROM digest) \
            + (SELECT COUNT(*) FROM issue) AS n";
        let row = sqlx::query(text).fetch_one(&mut *tx).await?;
        match row.try_get::<i64, _>("n")? {
            0 => Ok(tx),
            _ => Err(StoreError::NotEmpty),
        }
    }
}

fn side<'a>(tx: &'a mut Transaction<'static, Any>, store: &'a Store) -> Side<'a> {
    Side {
        connection: tx,
        place: &store.place,
    }
}

/// A backup that is to be brought back.
#[derive(Debug)]
pub(crate) struct Backup {
    store: Store,
    /// A copy that was brought up to date, since the backup is of an older version.
    upgraded: Option<NewFile>,
}

impl Backup {
    /// Opens the file and checks that it is whole. It is only read.
    pub(crate) async fn open(file: &Path, now: DateTime<Utc>) -> Result<Self> {
        if !file.is_file() {
            return Err(StoreError::NoBackup(file.to_owned()));
        }
        let opened = Self::open_whole(file, now).await;
        opened.map_err(|error| error.at(file))
    }

    async fn open_whole(file: &Path, now: DateTime<Utc>) -> Result<Self> {
        let url = StoreUrl::Sqlite(file.to_owned());
        let mut upgraded = None;
        let store = match Store::open_any(&url, Access::Read, now).await {
            Err(StoreError::Older) => {
                // It never gets a name of its own, so that it ends with this program.
                let copy = NewFile::make(&file.with_extension("upgraded"))?;
                let failed = |error| StoreError::File(copy.path().to_owned(), error);
                let bytes = fs::copy(file, copy.path()).map_err(failed)?;
                debug_assert!(bytes > 0);
                let url = StoreUrl::Sqlite(copy.path().to_owned());
                upgraded = Some(copy);
                Store::open_any(&url, Access::Write, now).await?
            }
            opened => opened?,
        };
        let backup = Self { store, upgraded };
        if backup.store.place == StorePlace::Memory {
            return Err(StoreError::Missing);
        }
        match backup.store.check_integrity().await?.first() {
            None => Ok(backup),
            Some(fault) => Err(StoreError::Damaged(fault.clone())),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The time at which it was made: it lacks everything later. `None` for a plain copy of a store without any mail.
    pub(crate) async fn load_made_at(&self) -> Result<Option<DateTime<Utc>>> {
        match self.store.mark().await? {
            Some(Mark::Backup(at)) => Ok(Some(at)),
            _ => self.store.find_last_mail().await,
        }
    }

    /// Restores everything into an empty store, which is created if there is none. Open issues are paused, with the
    /// restore as the reason. Nobody can use the store before [`Store::finish_filling`]. A store that was filled before
    /// but not finished stays as it is, since deliveries that were settled in it are not in the backup.
    ///
    /// # Errors
    /// If the store is not empty.
    pub(crate) async fn restore(
        &self,
        url: &StoreUrl,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let store = Store::open_to_fill(url, now).await?;
        let restored = self.restore_into(&store, reason).await;
        store.close().await;
        restored
    }

    async fn restore_into(&self, store: &Store, reason: &str) -> Result<()> {
        let begun = Mark::Unfinished(self.load_identity().await?);
        if store.mark().await?.as_ref() == Some(&begun) {
            return Ok(());
        }
        let mut from = self.store.pool.begin_with("BEGIN").await?;
        let mut to = store.begin_empty().await?;
        copy_rows(side(&mut from, &self.store), side(&mut to, store)).await?;
        begun.put(&mut to).await?;
        sqlx::query("UPDATE issue SET state = $1, reason = $2 WHERE state = $3")
            .bind(Paused.word())
            .bind(reason.to_owned())
            .bind(Open.word())
            .execute(&mut *to)
            .await?;
        to.commit().await?;
        let _ = store.pool.execute("ANALYZE").await;
        Ok(())
    }

    /// The backup and the store that it is of.
    async fn load_identity(&self) -> Result<String> {
        let at = match self.load_made_at().await? {
            Some(at) => at.to_rfc3339(),
            None => String::new(),
        };
        Ok(format!("backup {} {at}", self.store.name()))
    }

    pub(crate) async fn close(self) {
        self.store.close().await;
        drop(self.upgraded);
    }
}
