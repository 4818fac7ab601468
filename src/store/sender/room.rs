//! Room under the caps, counted from the ledger, so that restarts and several senders keep them.

use chrono::{DateTime, Utc};
use sqlx::{AnyConnection, Row};

use crate::config::Window;
use crate::ledger::{IssueId, Owner};
use crate::store::connect::StorePlace;
use crate::store::sender::Sender;
use crate::store::sql::{BOUNCED, QUEUED, SENT, UNCERTAIN};
use crate::store::{Result, Store};

/// The number of the advisory lock under which a server's senders claim one after the other if there are caps.
const CAPS_LOCK: i64 = 7_489_210_332;

impl Store {
    /// How many messages all senders have given a relay since then: accepted, held as uncertain, and refused as unknown.
    pub async fn count_sent_since(&self, since: DateTime<Utc>) -> Result<usize> {
        count_sent_since(&mut *self.pool.acquire().await?, since).await
    }
}

impl Sender {
    /// How many may be claimed now, at most `limit`. Deliveries in flight count as sent. An outbox takes any number.
    pub(super) async fn measure_room(
        &self,
        connection: &mut AnyConnection,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let windows = self.caps.windows(now);
        if windows.is_empty() {
            return Ok(limit);
        }
        if self.store.place == StorePlace::Server {
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(CAPS_LOCK)
                .execute(&mut *connection)
                .await?;
        }
        let in_hand = count_in_hand(connection, None).await?;
        let mut room = limit;
        for window in windows {
            let gone = in_hand + count_sent_since(connection, window.since).await?;
            room = room.min(window.most.saturating_sub(gone));
        }
        Ok(room)
    }

    /// The cap that holds an issue back: deliveries are due, and none may be claimed before this window ends. `None` if
    /// no cap does.
    pub async fn find_full_window(
        &self,
        issue: IssueId,
        now: DateTime<Utc>,
    ) -> Result<Option<Window>> {
        let mut full: Option<Window> = None;
        for window in self.caps.windows(now) {
            let mut connection = self.store.pool.acquire().await?;
            let others = count_in_hand(&mut connection, Some(self.owner)).await?;
            let gone = others + count_sent_since(&mut connection, window.since).await?;
            if gone >= window.most {
                full = full.into_iter().chain([window]).max_by_key(|one| one.until);
            }
        }
        if full.is_none() {
            return Ok(None);
        }
        let row = statement!("SELECT COUNT(*) AS n FROM delivery d JOIN issue i ON i.id = d.issue WHERE d.issue = $1 AND d.state = {QUEUED} \
             AND d.owner IS NULL AND d.due_at <= $2 AND i.state = 'open' AND i.outbox = 0")
        .bind(issue)
        .bind(now.timestamp())
        .fetch_one(&self.store.pool)
        .await?;
        let due: i64 = row.try_get("n")?;
        Ok(full.filter(|_| due > 0))
    }
}

/// How many messages for a relay are claimed and not settled, without those of one sender.
async fn count_in_hand(connection: &mut AnyConnection, but: Option<Owner>) -> Result<usize> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n FROM delivery WHERE owner IS NOT NULL AND owner <> $1 \
         AND issue NOT IN (SELECT id FROM issue WHERE outbox = 1)",
    )
    .bind(but.unwrap_or(Owner::NOBODY))
    .fetch_one(connection)
    .await?;
    Ok(count_of(row.try_get("n")?))
}

async fn count_sent_since(connection: &mut AnyConnection, since: DateTime<Utc>) -> Result<usize> {
    // A settled delivery keeps its time in `due_at`.
    let row = statement!("SELECT COUNT(*) AS n FROM delivery WHERE state IN ({SENT}, {BOUNCED}, {UNCERTAIN}) AND due_at >= $1 \
         AND issue NOT IN (SELECT id FROM issue WHERE outbox = 1)")
    .bind(since.timestamp())
    .fetch_one(connection)
    .await?;
    Ok(count_of(row.try_get("n")?))
}

fn count_of(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
