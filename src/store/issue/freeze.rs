//! The freeze: content, recipients and slot of an issue in one transaction.

use chrono::{DateTime, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source};
use crate::ledger::{Issue, Slot};
use crate::reader::Mailbox;
use crate::store::connect::StorePlace;
use crate::store::issue::announced::{announce, is_carried, know, select_void};
use crate::store::issue::row::insert_issue;
use crate::store::mailable::{is_paused, states};
use crate::store::sql::QUEUED;
use crate::store::{Result, Store};
use crate::token::random_id;

/// Everything that is fixed when an issue is frozen.
#[derive(Debug)]
pub struct Freeze<'a> {
    /// The issue, open.
    pub issue: &'a Issue,
    /// The compiled mail.
    pub compiled: &'a str,
    /// The issue as a page.
    pub page: &'a str,
    /// The ids of the posts that it announces.
    pub posts: &'a [String],
    /// Readers without a subscription.
    pub to: &'a [Mailbox],
    /// Whether the digest's subscribers get it; else only `to`.
    pub subscribers: bool,
    /// The slot that it fills, as seconds since 1970.
    pub slot_at: Option<i64>,
    /// Whether a person wants posts once more that an issue has carried.
    pub again: bool,
}

/// The outcome of a freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frozen {
    /// It is done, for so many recipients.
    Made(u64),
    /// Another run has filled the slot, or has sent one of the posts.
    Already,
}

impl Store {
    /// The last slot that the digest has filled or passed; `None` before its first run.
    pub async fn load_last_slot(&self, digest: &str) -> Result<Option<i64>> {
        let row = sqlx::query("SELECT last_slot FROM digest WHERE name = $1")
            .bind(digest.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(row.try_get("last_slot")?)).transpose()
    }

    /// Begins a digest: these posts are known from now on, and `slot` is the last one that is past. Returns false if
    /// another run has begun it.
    pub async fn begin_digest(
        &self,
        digest: &str,
        known: &[String],
        slot: i64,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        change!(self, |tx| {
            let made =
                sqlx::query("INSERT INTO digest (name, last_slot) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
                    .bind(digest.to_owned())
                    .bind(slot)
                    .execute(&mut *tx)
                    .await?;
            if made.rows_affected() == 0 {
                return Ok(false);
            }
            let id = random_id().into();
            know(&mut tx, digest, id, Slot::first_run(), known, now).await?;
            Ok(true)
        })
    }

    /// Passes a slot for which there was nothing to send.
    pub async fn pass_slot(&self, digest: &str, slot: i64) -> Result<()> {
        change!(self, |tx| { advance(&mut tx, digest, slot).await })
    }

    /// Sets the last slot, also to an earlier one. Returns false if the digest has not begun.
    pub async fn reset_slot(&self, digest: &str, slot: i64) -> Result<bool> {
        change!(self, |tx| {
            let query = sqlx::query("UPDATE digest SET last_slot = $2 WHERE name = $1");
            let bound = query.bind(digest.to_owned()).bind(slot);
            Ok(bound.execute(&mut *tx).await?.rows_affected() > 0)
        })
    }

    /// Fixes an issue in one transaction: its content, its posts and its recipients.
    pub async fn freeze(&self, freeze: &Freeze<'_>) -> Result<Frozen> {
        let issue = freeze.issue;
        let frozen = change!(self, |tx| {
            if self.place == StorePlace::Server {
                // One freeze of a digest at a time: posts that another run has announced since the plan are visible
                // behind this lock.
                sqlx::query("SELECT name FROM digest WHERE name = $1 FOR UPDATE")
                    .bind(issue.digest.clone())
                    .fetch_optional(&mut *tx)
                    .await?;
            }
            if !freeze.again && is_carried(&mut tx, issue, freeze.posts).await? {
                return Ok(Frozen::Already);
            }
            // A slot whose issue nobody has got is free.
            let void = select_void();
            sqlx::query(AssertSqlSafe(format!(
                "UPDATE issue SET slot = slot || ' cancelled ' || CAST(id AS TEXT) \
                 WHERE digest = $1 AND slot = $2 AND id IN ({void})"
            )))
            .bind(issue.digest.clone())
            .bind(issue.slot.name.clone())
            .execute(&mut *tx)
            .await?;
            if !insert_issue(&mut tx, issue, freeze.compiled, freeze.page).await? {
                return Ok(Frozen::Already);
            }
            announce(&mut tx, issue, freeze.posts).await?;
            let due = issue.made_at.timestamp();
            if freeze.subscribers {
                sqlx::query(AssertSqlSafe(format!(
                "INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply, name, language) \
                 SELECT $1, r.id, {QUEUED}, NULL, $2, 0, NULL, r.name, r.language FROM subscription s JOIN reader r ON r.id = s.reader \
                 WHERE s.digest = $3 AND r.state IN ({}) AND NOT {}",
                states(ReaderState::gets_subscriptions), is_paused("r", "$2")
            )))
            .bind(issue.id)
            .bind(due)
            .bind(issue.digest.clone())
            .execute(&mut *tx)
            .await?;
            }
            for reader in self
                .find_receivers(
                    &mut tx,
                    freeze.to,
                    &issue.digest,
                    Source::Config,
                    issue.made_at,
                )
                .await?
            {
                statement!("INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply, name, language) \
                     SELECT $1, r.id, {QUEUED}, NULL, $3, 0, NULL, r.name, r.language FROM reader r WHERE r.id = $2 \
                     ON CONFLICT (issue, reader) DO NOTHING")
                .bind(issue.id)
                .bind(reader)
                .bind(due)
                .execute(&mut *tx)
                .await?;
            }
            if let Some(slot) = freeze.slot_at {
                advance(&mut tx, &issue.digest, slot).await?;
            }
            let row = sqlx::query("SELECT COUNT(*) AS n FROM delivery WHERE issue = $1")
                .bind(issue.id)
                .fetch_one(&mut *tx)
                .await?;
            let recipients: i64 = row.try_get("n")?;
            Ok(Frozen::Made(recipients.unsigned_abs()))
        })?;
        if matches!(frozen, Frozen::Made(_)) {
            // It only speeds claims up, so an error does not matter.
            let _ = sqlx::raw_sql("ANALYZE delivery").execute(&self.pool).await;
        }
        Ok(frozen)
    }
}

async fn advance(tx: &mut Transaction<'static, Any>, digest: &str, slot: i64) -> Result<()> {
    sqlx::query(
        "INSERT INTO digest (name, last_slot) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET last_slot = excluded.last_slot WHERE digest.last_slot < excluded.last_slot",
    )
    .bind(digest.to_owned())
    .bind(slot)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
