//! Recipients who missed an issue or may have got it unseen, and what a person decides about them.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row};

use crate::ledger::{DeliveryState, IssueId, IssueState};
use crate::reader::ReaderId;
use crate::store::issue::row::{read_delivery_state, read_small, reopen};
use crate::store::readers::read_time;
use crate::store::sql::{SENT, UNCERTAIN, list};
use crate::store::{Result, Store, StoreError};

/// A recipient who has not got an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The recipient.
    pub reader: ReaderId,
    /// The address; `None` if it is erased.
    pub address: Option<String>,
    /// The name, if known.
    pub name: Option<String>,
    /// Why it has not arrived.
    pub state: DeliveryState,
    /// The number of attempts.
    pub attempts: i64,
    /// When it is due again, if it waits.
    pub due_at: DateTime<Utc>,
    /// The relay's reply.
    pub reply: Option<String>,
}

/// What became of one mail to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PastDelivery {
    pub(crate) issue: IssueId,
    pub(crate) digest: String,
    /// When the issue was frozen.
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) subject: String,
    pub(crate) state: DeliveryState,
    /// The relay's reply.
    pub(crate) reply: Option<String>,
}

/// A moment in which a relay may have accepted a message unseen, so that a second copy may exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownOutcome {
    /// The recipient.
    pub reader: ReaderId,
    /// The address; `None` if it is erased.
    pub address: Option<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The present state of the delivery.
    pub state: DeliveryState,
    /// The event in words.
    pub detail: Option<String>,
}

impl Store {
    /// Decides uncertain deliveries of these readers, or of all if none is named: they are sent again or given up.
    /// Deliveries of a cancelled issue are never sent again.
    pub async fn resolve(
        &self,
        id: IssueId,
        readers: &[ReaderId],
        resend: bool,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        change!(self, |tx| {
            if self.hold_issue(&mut tx, id).await? == IssueState::Cancelled && resend {
                return Err(StoreError::Stopped);
            }
            let to = if resend {
                DeliveryState::Queued
            } else {
                DeliveryState::GivenUp
            };
            let text = format!(
                "UPDATE delivery SET state = $1, owner = NULL, due_at = $2, first_at = NULL WHERE issue = $3 AND state = {UNCERTAIN} \
                 AND ($4 = '[]' OR {})",
                self.place.among("reader", "$4")
            );
            let done = sqlx::query(AssertSqlSafe(text))
                .bind(to as i16)
                .bind(now.timestamp())
                .bind(id)
                .bind(list(readers))
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if resend && done > 0 {
                reopen(&mut tx, id).await?;
            }
            Ok(done)
        })
    }

    /// Loads up to `limit` recipients who have not got an issue, with the reasons; by number, those after `after`.
    pub async fn load_missed(
        &self,
        id: IssueId,
        after: ReaderId,
        limit: usize,
    ) -> Result<Vec<Missed>> {
        let rows = statement!("SELECT d.reader, r.address, r.name, d.state, d.attempts, d.due_at, d.reply FROM delivery d \
             JOIN reader r ON r.id = d.reader WHERE d.issue = $1 AND d.state <> {SENT} AND d.reader > $2 \
             ORDER BY d.reader LIMIT $3")
        .bind(id)
        .bind(after)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Missed {
                    reader: row.try_get("reader")?,
                    address: row.try_get("address")?,
                    name: row.try_get("name")?,
                    state: read_delivery_state(row)?,
                    attempts: read_small(row, "attempts")?,
                    due_at: read_time(row.try_get("due_at")?)?,
                    reply: row.try_get("reply")?,
                })
            })
            .collect()
    }

    /// Loads what became of the newest `limit` mails to a reader, the newest first.
    pub(crate) async fn load_past_deliveries(
        &self,
        reader: ReaderId,
        limit: usize,
    ) -> Result<Vec<PastDelivery>> {
        let rows = sqlx::query(
            "SELECT i.id, i.digest, i.made_at, i.subject, d.state, d.reply FROM delivery d JOIN issue i ON i.id = d.issue \
             WHERE d.reader = $1 ORDER BY i.made_at DESC, i.id LIMIT $2",
        )
        .bind(reader)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(PastDelivery {
                    issue: row.try_get("id")?,
                    digest: row.try_get("digest")?,
                    made_at: read_time(row.try_get("made_at")?)?,
                    subject: row.try_get("subject")?,
                    state: read_delivery_state(row)?,
                    reply: row.try_get("reply")?,
                })
            })
            .collect()
    }

    /// Loads each moment in which the relay may have accepted a message of an issue unseen, oldest first.
    pub async fn load_unknown_outcomes(&self, id: IssueId) -> Result<Vec<UnknownOutcome>> {
        let rows = sqlx::query(
            "SELECT e.reader, r.address, e.at, e.detail, d.state FROM event e JOIN reader r ON r.id = e.reader \
             JOIN delivery d ON d.issue = e.issue AND d.reader = e.reader \
             WHERE e.issue = $1 AND e.kind = 'uncertain' ORDER BY e.at, r.address",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(UnknownOutcome {
                    reader: row.try_get("reader")?,
                    address: row.try_get("address")?,
                    at: read_time(row.try_get("at")?)?,
                    state: read_delivery_state(row)?,
                    detail: row.try_get("detail")?,
                })
            })
            .collect()
    }
}
