//! Moves a store to another database while nobody sends.

use chrono::{DateTime, Utc};
use sqlx::{Any, Executor, Row, Transaction};

use crate::config::StoreUrl;
use crate::store::backup::rows::copy_rows;
use crate::store::backup::side;
use crate::store::connect::StorePlace;
use crate::store::mark::Mark;
use crate::store::{Access, Result, Sender, Store, StoreError};

impl Sender {
    /// Copies the store into an empty one, compares every row, and closes this one for good: opening it fails with the
    /// new place. Until then nobody can use the copy; a move that was stopped starts anew.
    ///
    /// # Errors
    /// If another sender is at work, or the other store is not empty. Then nothing has changed.
    pub async fn move_store(&self, url: &StoreUrl, now: DateTime<Utc>) -> Result<()> {
        let there = url.to_string();
        let store = Store::open_to_fill(url, now).await;
        let store = store.map_err(|error| error.at(&there))?;
        let moved = self.move_into(&store, &there).await;
        store.close().await;
        moved
    }

    async fn move_into(&self, store: &Store, there: &str) -> Result<()> {
        let begun = Mark::Unfinished(describe_move(self.store()));
        let to = match store.mark().await? == Some(begun.clone()) {
            // Nobody can have used the unfinished copy of a stopped move, and this store may have changed since.
            true => store.begin_cleared().await,
            false => store.begin_empty().await,
        };
        let mut to = to.map_err(|error| error.at(there))?;
        let mut from = self.store().begin_alone().await?;
        copy_rows(side(&mut from, self.store()), side(&mut to, store)).await?;
        begun.put(&mut to).await?;
        to.commit()
            .await
            .map_err(|error| StoreError::from(error).at(there))?;
        let _ = store.pool.execute("ANALYZE").await;
        // From here on there are two stores, of which one is usable: this one until it has the mark, then the other.
        Mark::Moved(there.to_owned()).put(&mut from).await?;
        from.commit().await?;
        store.finish_filling().await
    }
}

/// Names the copy while a store is being moved.
fn describe_move(store: &Store) -> String {
    format!("move {}", store.name())
}

impl Store {
    /// Finishes a move that was stopped at its last step, after the first store was closed. Returns the second store in
    /// that case.
    ///
    /// # Errors
    /// If either cannot be read or written.
    pub(crate) async fn finish_move(
        from: &StoreUrl,
        to: &StoreUrl,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>> {
        let there = to.to_string();
        let from = Self::open_any(from, Access::Read, now).await?;
        let (mark, begun) = (from.mark().await, Mark::Unfinished(describe_move(&from)));
        from.close().await;
        if mark? != Some(Mark::Moved(there.clone())) {
            return Ok(None);
        }
        let store = Self::open_to_fill(to, now).await;
        let store = store.map_err(|error| error.at(&there))?;
        if store.mark().await?.as_ref() != Some(&begun) {
            return Ok(None);
        }
        store.finish_filling().await?;
        Ok(Some(store))
    }

    /// Begins a transaction that excludes all other writers, in a store in which nobody is sending.
    async fn begin_alone(&self) -> Result<Transaction<'static, Any>> {
        let begin = match self.place {
            StorePlace::Server => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            StorePlace::Memory | StorePlace::File(_) => "BEGIN IMMEDIATE",
        };
        let mut tx = self.pool.begin_with(begin).await?;
        if self.place == StorePlace::Server {
            // Every transaction that writes has looked for the mark before, and holds `secret` to its end.
            for text in [
                "SET LOCAL lock_timeout = '10s'",
                "LOCK TABLE secret IN ACCESS EXCLUSIVE MODE",
                "LOCK TABLE reader, subscription, event, digest, issue, announced, delivery IN EXCLUSIVE MODE",
            ] {
                tx.execute(text).await?;
            }
        }
        let text = "SELECT COUNT(*) AS n FROM delivery WHERE owner IS NOT NULL";
        let row = sqlx::query(text).fetch_one(&mut *tx).await?;
        match row.try_get::<i64, _>("n")? {
            0 => Ok(tx),
            _ => Err(StoreError::Sending),
        }
    }
}
