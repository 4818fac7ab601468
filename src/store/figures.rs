//! Numbers for a monitor.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Row;

use crate::ledger::Counts;
use crate::store::issue::read_delivery_state;
use crate::store::sql::QUEUED;
use crate::store::{Result, Store};

/// How old an issue may be whose deliveries are counted: all of a long ledger would take a while.
const COUNTED: TimeDelta = TimeDelta::days(30);

/// Numbers for a monitor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The deliveries of the issues of the last 30 days.
    pub deliveries: Counts,
    /// Readers by the word for their state.
    pub readers: Vec<(String, usize)>,
    /// For how long the delivery has been due that has waited longest, in seconds; 0 where none waits.
    pub queue_age: i64,
}

impl Store {
    /// Counts what a monitor asks for.
    pub async fn load_figures(&self, now: DateTime<Utc>) -> Result<Figures> {
        let mut deliveries = Counts::default();
        let rows = sqlx::query(
            "SELECT d.state, COUNT(*) AS n FROM delivery d JOIN issue i ON i.id = d.issue WHERE i.made_at >= $1 \
             GROUP BY d.state",
        )
        .bind((now - COUNTED).timestamp())
        .fetch_all(&self.pool)
        .await?;
        for row in &rows {
            let count: i64 = row.try_get("n")?;
            deliveries[read_delivery_state(row)?] = count.unsigned_abs();
        }
        let row = statement!(
            "SELECT MIN(d.due_at) AS oldest FROM delivery d JOIN issue i ON i.id = d.issue \
             WHERE i.state = 'open' AND d.state = {QUEUED} AND d.owner IS NULL AND d.due_at <= $1"
        )
        .bind(now.timestamp())
        .fetch_one(&self.pool)
        .await?;
        let oldest: Option<i64> = row.try_get("oldest")?;
        Ok(Figures {
            deliveries,
            readers: self.count_contents().await?.readers,
            queue_age: oldest.map_or(0, |oldest| (now.timestamp() - oldest).max(0)),
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use crate::ledger::DeliveryState;
    use crate::store::Store;

    #[tokio::test]
    async fn what_waits_and_what_was_sent_of_late_is_counted() {
        let now: DateTime<Utc> = "2024-06-25T12:00:00Z".parse().unwrap();
        let store = Store::open_in_memory(now).await.unwrap();
        assert_eq!(store.load_figures(now).await.unwrap().queue_age, 0);
        // An issue by its state and its age in days, and a delivery by its state and for how long it has been due.
        for (number, (issue, days, state, due)) in [
            ("open", 0, 0, 90),
            ("open", 0, 0, -600),
            ("open", 0, 2, 500),
            ("done", 40, 2, 500),
            ("paused", 1, 0, 5000),
            ("done", 1, 3, 500),
        ]
        .into_iter()
        .enumerate()
        {
            let id = i64::try_from(number).unwrap() + 1;
            let made_at = now - TimeDelta::days(days);
            for text in [
                format!(
                    "INSERT INTO issue (id, digest, slot, made_at, state, subject, page, compiled, outbox, key) \
                     VALUES ({id}, 'd', '{id}', {}, '{issue}', '', '', '', 0, 1)",
                    made_at.timestamp()
                ),
                format!(
                    "INSERT INTO reader (id, fingerprint, address, state) VALUES ({id}, '{id}', 'a', 'active')"
                ),
                format!(
                    "INSERT INTO delivery (issue, reader, state, due_at, attempts) VALUES ({id}, {id}, {state}, {}, 0)",
                    now.timestamp() - due
                ),
            ] {
                let query = sqlx::query(sqlx::AssertSqlSafe(text));
                query.execute(&store.pool).await.unwrap();
            }
        }
        let figures = store.load_figures(now).await.unwrap();
        assert_eq!(figures.queue_age, 90);
        assert_eq!(figures.readers, [("active".to_owned(), 6)]);
        let deliveries = figures.deliveries;
        assert_eq!(deliveries[DeliveryState::Queued], 3);
        assert_eq!(deliveries[DeliveryState::Sent], 1);
        assert_eq!(deliveries[DeliveryState::Bounced], 1);
    }
}
