//! Issues: what was announced, the freeze, and who was missed.

use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source};
use crate::finding::one_line;
use crate::ledger::{Issue, IssueId, IssueState, Progress, State};
use crate::reader::{Email, ReaderId};
use crate::store::announced::{VOID, announce, is_carried, know};
use crate::store::consent::states;
use crate::store::readers::time_of;
use crate::store::rename::counted;
use crate::store::writer::LONGEST_REPLY;
use crate::store::{Result, Store, StoreError, StorePlace, list};

/// Everything that is fixed when an issue is frozen.
#[derive(Debug)]
pub struct Freeze<'a> {
    /// The issue, open.
    pub issue: &'a Issue,
    /// The issue's mail, compiled.
    pub compiled: &'a str,
    /// The issue as a page.
    pub page: &'a str,
    /// The ids of the posts that it announces.
    pub posts: &'a [String],
    /// Readers without a subscription.
    pub to: &'a [(Email, Option<String>)],
    /// Whether the digest's subscribers get it; else only `to`.
    pub subscribers: bool,
    /// The slot that it fills, as seconds since 1970.
    pub slot_at: Option<i64>,
    /// Whether a person wants posts once more that an issue has carried.
    pub again: bool,
}

/// What became of a freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frozen {
    /// It is done, for so many recipients.
    Made(u64),
    /// Another run has filled the slot, or has sent one of the posts.
    Already,
}

/// A recipient who has not got an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Who.
    pub reader: ReaderId,
    /// The address; none where it is erased.
    pub address: Option<String>,
    /// Their name, if they said.
    pub name: Option<String>,
    /// Where the delivery stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is due again, where it waits.
    pub due_at: DateTime<Utc>,
    /// The relay's words.
    pub reply: Option<String>,
}

/// A moment in which a message may have been taken unseen, so that a second copy may exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertainty {
    /// Who.
    pub reader: ReaderId,
    /// The address; none where it is erased.
    pub address: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Where the delivery stands now.
    pub state: State,
    /// What happened.
    pub detail: Option<String>,
}

const COLUMNS: &str = "id, digest, slot, made_at, state, reason, subject, outbox, key";

impl Store {
    /// The last slot that the digest has filled or passed; none before its first run.
    pub async fn last_slot(&self, digest: &str) -> Result<Option<i64>> {
        let row = sqlx::query("SELECT last_slot FROM digest WHERE name = $1")
            .bind(digest.to_owned())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok(row.try_get("last_slot")?)).transpose()
    }

    /// How far the digest has come. An issue that was opened again keeps the counts with which it had ended.
    pub async fn progress(&self, digest: &str) -> Result<Progress> {
        let text = "SELECT COUNT(*) AS frozen, \
            COUNT(CASE WHEN counts IS NOT NULL OR state = 'cancelled' THEN 1 END) AS ended \
            FROM issue WHERE digest = $1 AND slot NOT LIKE 'begin%'";
        let query = sqlx::query(text).bind(digest.to_owned());
        let row = query.fetch_one(&self.pool).await?;
        Ok(Progress {
            frozen: counted(&row, "frozen")?,
            ended: counted(&row, "ended")?,
        })
    }

    /// The digest's first run: these posts are known from now on, and `slot` is the last that is past.
    /// False where another run has begun it.
    pub async fn begin_digest(
        &self,
        digest: &str,
        known: &[String],
        slot: i64,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        change!(self.begin(), |tx| {
            let made =
                sqlx::query("INSERT INTO digest (name, last_slot) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
                    .bind(digest.to_owned())
                    .bind(slot)
                    .execute(&mut *tx)
                    .await?;
            if made.rows_affected() == 0 {
                return Ok(false);
            }
            know(&mut tx, digest, "begin".to_owned(), known, now).await?;
            Ok(true)
        })
    }

    /// Marks a slot as past in which there was nothing to send.
    pub async fn pass_slot(&self, digest: &str, slot: i64) -> Result<()> {
        change!(self.begin(), |tx| { advance(&mut tx, digest, slot).await })
    }

    /// Sets the last slot also to an earlier one; false where the digest has not begun.
    pub async fn reset_slot(&self, digest: &str, slot: i64) -> Result<bool> {
        let query = sqlx::query("UPDATE digest SET last_slot = $2 WHERE name = $1");
        let bound = query.bind(digest.to_owned()).bind(slot);
        Ok(bound.execute(&self.pool).await?.rows_affected() > 0)
    }

    /// Fixes an issue: its content, what it announces and who gets it, in one transaction.
    pub async fn freeze(&self, freeze: &Freeze<'_>) -> Result<Frozen> {
        let issue = freeze.issue;
        let frozen = change!(self.begin(), |tx| {
            if self.place == StorePlace::Server {
                // One freeze of a digest at a time: what another has announced since the plan shows behind this lock.
                sqlx::query("SELECT name FROM digest WHERE name = $1 FOR UPDATE")
                    .bind(issue.digest.clone())
                    .fetch_optional(&mut *tx)
                    .await?;
            }
            if !freeze.again && is_carried(&mut tx, issue, freeze.posts).await? {
                return Ok(Frozen::Already);
            }
            // A slot that nobody has got anything in is free.
            sqlx::query(AssertSqlSafe(format!(
                "UPDATE issue SET slot = slot || ' cancelled ' || CAST(id AS TEXT) \
                 WHERE digest = $1 AND slot = $2 AND id IN ({VOID})"
            )))
            .bind(issue.digest.clone())
            .bind(issue.slot.clone())
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
                 SELECT $1, r.id, 0, NULL, $2, 0, NULL, r.name, r.language FROM subscription s JOIN reader r ON r.id = s.reader \
                 WHERE s.digest = $3 AND r.state IN ({})", states(ReaderState::gets_subscriptions)
            )))
            .bind(issue.id)
            .bind(due)
            .bind(issue.digest.clone())
            .execute(&mut *tx)
            .await?;
            }
            for reader in self
                .receivers(
                    &mut tx,
                    freeze.to,
                    &issue.digest,
                    Source::Config,
                    issue.made_at,
                )
                .await?
            {
                sqlx::query(
                    "INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply, name, language) \
                     SELECT $1, r.id, 0, NULL, $3, 0, NULL, r.name, r.language FROM reader r WHERE r.id = $2 \
                     ON CONFLICT (issue, reader) DO NOTHING",
                )
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
            // It speeds claims up; where it meets an error, the issue is frozen all the same.
            let _ = sqlx::raw_sql("ANALYZE delivery").execute(&self.pool).await;
        }
        Ok(frozen)
    }

    /// All issues that had recipients, the newest first.
    pub async fn issues(&self) -> Result<Vec<Issue>> {
        let text = format!(
            "SELECT {COLUMNS} FROM issue WHERE slot NOT LIKE 'begin%' ORDER BY made_at DESC, id"
        );
        sqlx::query(AssertSqlSafe(text))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(issue_of)
            .collect()
    }

    /// The issue of this number.
    pub async fn issue(&self, id: IssueId) -> Result<Option<Issue>> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM issue WHERE id = $1"
        )))
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(issue_of).transpose()
    }

    /// The issues in which someone still waits, the oldest first.
    pub async fn open_issues(&self) -> Result<Vec<Issue>> {
        let text = format!("SELECT {COLUMNS} FROM issue WHERE state = 'open' ORDER BY made_at, id");
        sqlx::query(AssertSqlSafe(text))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(issue_of)
            .collect()
    }

    /// The compiled mail of an issue, as it was frozen.
    pub async fn compiled(&self, id: IssueId) -> Result<String> {
        let row = sqlx::query("SELECT compiled FROM issue WHERE id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("compiled")?)
    }

    /// Moves an issue to another state; false where it is not in `from`.
    pub async fn change_issue(
        &self,
        id: IssueId,
        from: &[IssueState],
        to: IssueState,
        reason: Option<&str>,
    ) -> Result<bool> {
        change!(self.begin(), |tx| {
            let from: Vec<String> = from
                .iter()
                .map(|state| format!("'{}'", state.word()))
                .collect();
            let text = format!(
                "UPDATE issue SET state = $1, reason = $2 WHERE id = $3 AND state IN ({})",
                from.join(",")
            );
            let changed = sqlx::query(AssertSqlSafe(text))
                .bind(to.word())
                .bind(reason.map(|reason| one_line(reason, LONGEST_REPLY)))
                .bind(id)
                .execute(&mut *tx)
                .await?;
            if changed.rows_affected() == 0 {
                return Ok(false);
            }
            if to == IssueState::Cancelled {
                sqlx::query(
                "UPDATE delivery SET state = 5, reply = 'cancelled' WHERE issue = $1 AND state = 0 AND owner IS NULL",
            )
            .bind(id)
            .execute(&mut *tx)
            .await?;
            }
            Ok(true)
        })
    }

    /// Keeps an issue's row to the end of the transaction: nobody closes it, or opens it, meanwhile. Its state.
    pub(super) async fn hold_issue(
        &self,
        tx: &mut Transaction<'static, Any>,
        id: IssueId,
    ) -> Result<IssueState> {
        let hold = if self.place == StorePlace::Server {
            " FOR UPDATE"
        } else {
            ""
        };
        let text = format!("SELECT state FROM issue WHERE id = $1{hold}");
        state_of(
            sqlx::query(AssertSqlSafe(text))
                .bind(id)
                .fetch_one(&mut **tx)
                .await?
                .try_get("state")?,
        )
    }

    /// Decides uncertain deliveries: they are sent again, or given up. Readers, or all where none is named. Of a
    /// cancelled issue nothing is sent again.
    pub async fn resolve(
        &self,
        id: IssueId,
        readers: &[ReaderId],
        resend: bool,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        change!(self.begin(), |tx| {
            if self.hold_issue(&mut tx, id).await? == IssueState::Cancelled && resend {
                return Err(StoreError::Stopped);
            }
            let to = if resend {
                State::Queued
            } else {
                State::GivenUp
            };
            let text = format!(
                "UPDATE delivery SET state = $1, owner = NULL, due_at = $2, first_at = NULL WHERE issue = $3 AND state = 6 \
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

    /// How many deliveries of an issue are in each state, in the order of [`State::ALL`].
    pub async fn counts(&self, id: IssueId) -> Result<[u64; 7]> {
        let mut counts = [0; 7];
        let rows = sqlx::query(
            "SELECT state, COUNT(*) AS n FROM delivery WHERE issue = $1 GROUP BY state",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        for row in &rows {
            counts[delivery_state(row)? as usize] = row.try_get::<i64, _>("n")?.unsigned_abs();
        }
        Ok(counts)
    }

    /// Up to `limit` who have not got an issue, and why; by number, those after `after`.
    pub async fn missed(&self, id: IssueId, after: ReaderId, limit: usize) -> Result<Vec<Missed>> {
        let rows = sqlx::query(
            "SELECT d.reader, r.address, r.name, d.state, d.attempts, d.due_at, d.reply FROM delivery d \
             JOIN reader r ON r.id = d.reader WHERE d.issue = $1 AND d.state <> 2 AND d.reader > $2 \
             ORDER BY d.reader LIMIT $3",
        )
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
                    state: delivery_state(row)?,
                    attempts: small(row, "attempts")?,
                    due_at: time_of(row.try_get("due_at")?)?,
                    reply: row.try_get("reply")?,
                })
            })
            .collect()
    }

    /// Each moment of an issue in which the relay may have taken a message unseen, the oldest first.
    pub async fn uncertainties(&self, id: IssueId) -> Result<Vec<Uncertainty>> {
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
                Ok(Uncertainty {
                    reader: row.try_get("reader")?,
                    address: row.try_get("address")?,
                    at: time_of(row.try_get("at")?)?,
                    state: delivery_state(row)?,
                    detail: row.try_get("detail")?,
                })
            })
            .collect()
    }
}

pub(super) async fn insert_issue(
    tx: &mut Transaction<'static, Any>,
    issue: &Issue,
    compiled: &str,
    page: &str,
) -> Result<bool> {
    let made = sqlx::query(
        "INSERT INTO issue (id, digest, slot, made_at, state, reason, counts, subject, page, compiled, outbox, key) \
         VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
    )
    .bind(issue.id)
    .bind(issue.digest.clone())
    .bind(issue.slot.clone())
    .bind(issue.made_at.timestamp())
    .bind(issue.state.word())
    .bind(issue.subject.clone())
    .bind(page.to_owned())
    .bind(compiled.to_owned())
    .bind(i16::from(issue.outbox))
    .bind(issue.key)
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected() == 1)
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

/// Opens an issue that is done: someone waits again.
pub(super) async fn reopen(tx: &mut Transaction<'static, Any>, id: IssueId) -> Result<()> {
    sqlx::query("UPDATE issue SET state = 'open' WHERE id = $1 AND state = 'done'")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A small integer, of whichever width the database gives it.
fn small(row: &AnyRow, column: &str) -> Result<i64> {
    Ok(row
        .try_get::<i64, _>(column)
        .or_else(|_| row.try_get::<i16, _>(column).map(i64::from))?)
}

pub(super) fn delivery_state(row: &AnyRow) -> Result<State> {
    let number = small(row, "state")?;
    let state = State::ALL.into_iter().find(|known| *known as i64 == number);
    state.ok_or_else(|| StoreError::Damaged(format!("{number} is no state")))
}

fn state_of(word: &str) -> Result<IssueState> {
    [
        IssueState::Open,
        IssueState::Paused,
        IssueState::Done,
        IssueState::Cancelled,
    ]
    .into_iter()
    .find(|state| state.word() == word)
    .ok_or_else(|| StoreError::Damaged(format!("`{word}` is no issue's state")))
}

fn issue_of(row: &AnyRow) -> Result<Issue> {
    Ok(Issue {
        id: row.try_get("id")?,
        digest: row.try_get("digest")?,
        slot: row.try_get("slot")?,
        made_at: time_of(row.try_get("made_at")?)?,
        state: state_of(row.try_get("state")?)?,
        reason: row.try_get("reason")?,
        subject: row.try_get("subject")?,
        outbox: small(row, "outbox")? != 0,
        key: row.try_get("key")?,
    })
}
