//! Deletes readers who never confirmed, and what is kept for a time only.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Row};

use crate::reader::ReaderId;
use crate::store::connect::StorePlace;
use crate::store::quota::forget_earlier;
use crate::store::returned::forget_received;
use crate::store::sql::{MOST_LISTED, QUEUED, SENDING, UNCERTAIN, list};
use crate::store::{Result, Store};

/// How long a confirmation is waited for.
const UNCONFIRMED: TimeDelta = TimeDelta::days(30);

impl Store {
    /// Deletes readers who have been pending for 30 days without an event, to whom only confirmation requests were
    /// addressed, and who have left no digest. Returns how many. Counts of requests in earlier hours and marks of returned
    /// messages that can change nothing any more are deleted as well.
    pub async fn purge_unconfirmed(&self, now: DateTime<Utc>) -> Result<usize> {
        change!(self, |tx| {
            forget_earlier(&mut tx, now).await?;
            forget_received(&mut tx, now).await
        })?;
        let mut purged = 0;
        loop {
            let some = self.purge_some(now).await?;
            purged += some;
            if some < MOST_LISTED {
                return Ok(purged);
            }
        }
    }

    async fn purge_some(&self, now: DateTime<Utc>) -> Result<usize> {
        let hold = match self.place {
            StorePlace::Server => " FOR UPDATE",
            StorePlace::Memory | StorePlace::File(_) => "",
        };
        // A pending reader who has left a digest is kept, so that this is remembered.
        let select = format!(
            "SELECT id FROM reader WHERE state = 'pending' \
             AND EXISTS (SELECT 1 FROM event e WHERE e.reader = reader.id) \
             AND NOT EXISTS (SELECT 1 FROM event e WHERE e.reader = reader.id AND (e.at > $1 OR e.kind = 'left')) \
             AND NOT EXISTS (SELECT 1 FROM delivery d JOIN issue i ON i.id = d.issue WHERE d.reader = reader.id \
             AND (i.kind <> 'confirmation' OR d.state IN ({QUEUED}, {SENDING}, {UNCERTAIN}))) ORDER BY id LIMIT $2{hold}"
        );
        change!(self, |tx| {
            let rows = sqlx::query(AssertSqlSafe(select.clone()))
                .bind((now - UNCONFIRMED).timestamp())
                .bind(i64::try_from(MOST_LISTED).unwrap_or(i64::MAX))
                .fetch_all(&mut *tx)
                .await?;
            let mut ids: Vec<ReaderId> = Vec::new();
            for row in &rows {
                ids.push(row.try_get("id")?);
            }
            for (table, column) in [
                ("delivery", "reader"),
                ("subscription", "reader"),
                ("event", "reader"),
                ("reader", "id"),
            ] {
                let among = self.place.among(column, "$1");
                let text = format!("DELETE FROM {table} WHERE {among}");
                let query = sqlx::query(AssertSqlSafe(text)).bind(list(&ids));
                query.execute(&mut *tx).await?;
            }
            Ok(ids.len())
        })
    }
}
