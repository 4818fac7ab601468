//! One running sender: what it owns, what it is about to send, what came of it; all durable before it returns.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::config::Uncertain;
use crate::ledger::{Claimed, IssueId, IssueState, Outcome, Owner, Settled, State};
use crate::reader::ReaderId;
use crate::store::issues::small;
use crate::store::readers::{ReaderState, reader_of};
use crate::store::{Result, Store, StoreError, StorePlace, integers};
use crate::token::random_id;

/// Another sender is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// A sender: the only one on SQLite, one of several on PostgreSQL. What it owns is released when it is gone.
#[derive(Clone, Debug)]
pub struct Sender {
    store: Store,
    owner: Owner,
    uncertain: Uncertain,
    writer: mpsc::UnboundedSender<Job>,
    _ownership: Arc<Ownership>,
}

/// What shows that a sender lives: a locked file, or a connection that holds an advisory lock.
#[derive(Debug)]
enum Ownership {
    Nobody,
    File { _file: File },
    Connection { _connection: Mutex<PoolConnection<Any>> },
}

#[derive(Debug)]
struct Job {
    issue: IssueId,
    work: Work,
    done: oneshot::Sender<Result<()>>,
}

#[derive(Debug)]
enum Work {
    Intend(Vec<ReaderId>),
    Settle(Vec<Settled>, DateTime<Utc>),
}

impl Store {
    /// Becomes a sender, and puts in order what dead senders left: what they had only claimed waits again, what they had
    /// begun to send is uncertain. `Err(Busy)` where the store takes one sender at a time and has one.
    pub async fn begin_sending(&self, uncertain: Uncertain, now: DateTime<Utc>) -> Result<Result<Sender, Busy>> {
        let owner = random_id();
        let ownership = match &self.place {
            StorePlace::Memory => Ownership::Nobody,
            StorePlace::File(database) => {
                let mut name = database.as_os_str().to_owned();
                name.push(".sender");
                let path = PathBuf::from(name);
                let failed = |error| StoreError::File(path.clone(), error);
                let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
                match file.try_lock() {
                    Ok(()) => Ownership::File { _file: file },
                    Err(TryLockError::WouldBlock) => return Ok(Err(Busy)),
                    Err(TryLockError::Error(error)) => return Err(StoreError::File(path, error)),
                }
            }
            StorePlace::Server => {
                let mut connection = self.pool.acquire().await?;
                let row = sqlx::query("SELECT pg_try_advisory_lock($1) AS held")
                    .bind(owner)
                    .fetch_one(&mut *connection)
                    .await?;
                if !row.try_get::<bool, _>("held")? {
                    return Ok(Err(Busy));
                }
                Ownership::Connection { _connection: Mutex::new(connection) }
            }
        };
        self.release_the_dead(owner, uncertain, now).await?;
        let (writer, jobs) = mpsc::unbounded_channel();
        tokio::spawn(write(self.clone(), owner, uncertain, jobs));
        Ok(Ok(Sender { store: self.clone(), owner, uncertain, writer, _ownership: Arc::new(ownership) }))
    }

    /// Whether anything was released.
    async fn release_the_dead(&self, ours: Owner, uncertain: Uncertain, now: DateTime<Utc>) -> Result<bool> {
        let mut released = false;
        let rows = sqlx::query("SELECT DISTINCT owner FROM delivery WHERE owner IS NOT NULL AND owner <> $1")
            .bind(ours)
            .fetch_all(&self.pool)
            .await?;
        for row in rows {
            let dead: Owner = row.try_get("owner")?;
            let mut tx = self.begin().await?;
            if self.place == StorePlace::Server {
                // Held to the end of this transaction; a living owner still holds it.
                let row =
                    sqlx::query("SELECT pg_try_advisory_xact_lock($1) AS dead").bind(dead).fetch_one(&mut *tx).await?;
                if !row.try_get::<bool, _>("dead")? {
                    continue;
                }
            }
            let begun = sqlx::query("SELECT issue, reader FROM delivery WHERE owner = $1 AND state = 1")
                .bind(dead)
                .fetch_all(&mut *tx)
                .await?;
            for row in begun {
                let (issue, reader) = (row.try_get("issue")?, row.try_get("reader")?);
                note_uncertain(&mut tx, issue, reader, now, "the sender died while it sent").await?;
            }
            sqlx::query("UPDATE delivery SET owner = NULL WHERE owner = $1 AND state = 0")
                .bind(dead)
                .execute(&mut *tx)
                .await?;
            sqlx::query("UPDATE delivery SET owner = NULL, state = $1, reply = 'the sender died while it sent' WHERE owner = $2 AND state = 1")
                .bind(uncertain_state(uncertain) as i16)
                .bind(dead)
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            released = true;
        }
        Ok(released)
    }
}

impl Sender {
    /// The store in which it sends.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Puts in order what senders left that have died since this one began. Whether there was anything.
    pub async fn take_over(&self, now: DateTime<Utc>) -> Result<bool> {
        self.store.release_the_dead(self.owner, self.uncertain, now).await
    }

    /// How many have not got the issue and are in nobody's hands: what another living sender has begun is not among them.
    pub async fn missed(&self, issue: IssueId) -> Result<u64> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM delivery WHERE issue = $1 AND state NOT IN (2, 4) \
             AND NOT (state IN (0, 1) AND owner IS NOT NULL)",
        )
        .bind(issue)
        .fetch_one(&self.store.pool)
        .await?;
        Ok(row.try_get::<i64, _>("n")?.unsigned_abs())
    }

    /// Takes up to `limit` deliveries of an issue that are due. Who has left, complained, bounced or been forgotten since
    /// the freeze becomes suppressed and is not among them, so the list may be short: it is at its end only where
    /// [`Sender::waiting`] says so.
    pub async fn claim(&self, issue: IssueId, limit: usize, now: DateTime<Utc>) -> Result<Vec<Claimed>> {
        let mut tx = self.store.begin().await?;
        let row = sqlx::query("SELECT digest, made_at, state FROM issue WHERE id = $1")
            .bind(issue)
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<&str, _>("state")? != "open" {
            return Ok(Vec::new());
        }
        let (digest, made_at): (String, i64) = (row.try_get("digest")?, row.try_get("made_at")?);
        let skip = if self.store.place == StorePlace::Server { " FOR UPDATE SKIP LOCKED" } else { "" };
        let text = format!(
            "UPDATE delivery SET owner = $1 WHERE issue = $2 AND reader IN (SELECT reader FROM delivery \
             WHERE issue = $2 AND state = 0 AND owner IS NULL AND due_at <= $3 ORDER BY due_at, reader LIMIT $4{skip}) \
             RETURNING reader, attempts"
        );
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(self.owner)
            .bind(issue)
            .bind(now.timestamp())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *tx)
            .await?;
        let mut attempts = std::collections::HashMap::with_capacity(rows.len());
        for row in &rows {
            attempts.insert(
                row.try_get::<ReaderId, _>("reader")?,
                i16::try_from(small(row, "attempts")?).unwrap_or(i16::MAX),
            );
        }
        let mut claimed = Vec::with_capacity(rows.len());
        if !attempts.is_empty() {
            let text = format!(
                "SELECT id, address, name, language, state, (SELECT COUNT(*) FROM event e WHERE e.reader = reader.id \
                 AND e.kind = 'left' AND e.detail = $1 AND e.at >= $2) AS gone FROM reader WHERE id IN ({}) ORDER BY id",
                integers(attempts.keys().copied())
            );
            let mut suppressed = Vec::new();
            for row in sqlx::query(AssertSqlSafe(text)).bind(digest).bind(made_at).fetch_all(&mut *tx).await? {
                let id: ReaderId = row.try_get("id")?;
                let state: String = row.try_get("state")?;
                if state != ReaderState::Active.word() {
                    suppressed.push((id, state));
                } else if row.try_get::<i64, _>("gone")? > 0 {
                    suppressed.push((id, ReaderState::Left.word().to_owned()));
                } else {
                    claimed.push(Claimed { reader: reader_of(&row)?, attempts: attempts[&id] });
                }
            }
            for (reader, why) in suppressed {
                sqlx::query("UPDATE delivery SET state = 4, owner = NULL, reply = $1 WHERE issue = $2 AND reader = $3")
                    .bind(why)
                    .bind(issue)
                    .bind(reader)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// Whether a delivery of the issue is due and waits for an owner.
    pub async fn waiting(&self, issue: IssueId, now: DateTime<Utc>) -> Result<bool> {
        let row = sqlx::query(
            "SELECT reader FROM delivery WHERE issue = $1 AND state = 0 AND owner IS NULL AND due_at <= $2 LIMIT 1",
        )
        .bind(issue)
        .bind(now.timestamp())
        .fetch_optional(&self.store.pool)
        .await?;
        Ok(row.is_some())
    }

    /// Makes the intent to send durable: after this, and not before, the body may go out.
    pub async fn intend(&self, issue: IssueId, readers: Vec<ReaderId>) -> Result<()> {
        self.submit(issue, Work::Intend(readers)).await
    }

    /// Writes down what came of the attempts.
    pub async fn settle(&self, issue: IssueId, settled: Vec<Settled>, now: DateTime<Utc>) -> Result<()> {
        self.submit(issue, Work::Settle(settled, now)).await
    }

    async fn submit(&self, issue: IssueId, work: Work) -> Result<()> {
        let gone = || StoreError::Writer("it is gone".to_owned());
        let (done, result) = oneshot::channel();
        self.writer.send(Job { issue, work, done }).map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }

    /// Gives back what it has claimed of the issue and not begun to send.
    pub async fn release(&self, issue: IssueId) -> Result<()> {
        sqlx::query("UPDATE delivery SET owner = NULL WHERE issue = $1 AND owner = $2 AND state = 0")
            .bind(issue)
            .bind(self.owner)
            .execute(&self.store.pool)
            .await?;
        Ok(())
    }

    /// Closes the issue if nobody waits any more, and keeps the counts. Whether it is done.
    pub async fn finish(&self, issue: IssueId) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        // What was claimed when the issue was cancelled waits for nothing any more.
        sqlx::query(
            "UPDATE delivery SET state = 5, reply = 'cancelled' WHERE issue = $1 AND state = 0 AND owner IS NULL \
             AND EXISTS (SELECT 1 FROM issue WHERE id = $1 AND state = 'cancelled')",
        )
        .bind(issue)
        .execute(&mut *tx)
        .await?;
        let row = sqlx::query("SELECT COUNT(*) AS n FROM delivery WHERE issue = $1 AND state IN (0, 1)")
            .bind(issue)
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i64, _>("n")? > 0 {
            tx.commit().await?;
            return Ok(false);
        }
        let rows =
            sqlx::query("SELECT state, COUNT(*) AS n FROM delivery WHERE issue = $1 GROUP BY state ORDER BY state")
                .bind(issue)
                .fetch_all(&mut *tx)
                .await?;
        let mut counts = serde_json::Map::new();
        for row in &rows {
            let state = small(row, "state")?;
            if let Some(state) = State::ALL.into_iter().find(|known| *known as i64 == state) {
                counts.insert(state.word().to_owned(), row.try_get::<i64, _>("n")?.into());
            }
        }
        sqlx::query("UPDATE issue SET state = 'done', counts = $1 WHERE id = $2 AND state = 'open'")
            .bind(serde_json::Value::Object(counts).to_string())
            .bind(issue)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}

fn uncertain_state(uncertain: Uncertain) -> State {
    match uncertain {
        Uncertain::Retry => State::Queued,
        Uncertain::Hold => State::Uncertain,
    }
}

async fn note_uncertain(
    tx: &mut Transaction<'static, Any>,
    issue: IssueId,
    reader: ReaderId,
    now: DateTime<Utc>,
    detail: &str,
) -> Result<()> {
    note(tx, issue, reader, now, "uncertain", detail).await
}

async fn note(
    tx: &mut Transaction<'static, Any>,
    issue: IssueId,
    reader: ReaderId,
    now: DateTime<Utc>,
    kind: &'static str,
    detail: &str,
) -> Result<()> {
    sqlx::query("INSERT INTO event (reader, issue, at, kind, detail) VALUES ($1, $2, $3, $4, $5)")
        .bind(reader)
        .bind(issue)
        .bind(now.timestamp())
        .bind(kind)
        .bind(detail.to_owned())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The one writer: commits whatever is waiting in one transaction, so that durability costs little.
async fn write(store: Store, owner: Owner, uncertain: Uncertain, mut jobs: mpsc::UnboundedReceiver<Job>) {
    while let Some(first) = jobs.recv().await {
        let mut waiting = vec![first];
        while waiting.len() < 500 {
            match jobs.try_recv() {
                Ok(job) => waiting.push(job),
                Err(_) => break,
            }
        }
        let result = commit(&store, owner, uncertain, &waiting).await;
        // One job that lost its rows or was stopped must not fail the others: each is tried by itself.
        let by_itself = matches!(result, Err(StoreError::Lost | StoreError::Stopped));
        let words = result.err().map(|error| error.to_string());
        for job in waiting {
            let result = match &words {
                None => Ok(()),
                Some(_) if by_itself => commit(&store, owner, uncertain, std::slice::from_ref(&job)).await,
                Some(words) => Err(StoreError::Writer(words.clone())),
            };
            let _ = job.done.send(result);
        }
    }
}

async fn commit(store: &Store, owner: Owner, uncertain: Uncertain, jobs: &[Job]) -> Result<()> {
    let mut tx = store.begin().await?;
    let mut intents: Vec<(IssueId, Vec<ReaderId>)> = Vec::new();
    for job in jobs {
        if let Work::Intend(readers) = &job.work {
            match intents.iter_mut().find(|(issue, _)| *issue == job.issue) {
                Some((_, list)) => list.extend(readers),
                None => intents.push((job.issue, readers.clone())),
            }
        }
    }
    for (issue, readers) in intents {
        let row = sqlx::query("SELECT state FROM issue WHERE id = $1").bind(issue).fetch_one(&mut *tx).await?;
        if row.try_get::<&str, _>("state")? != IssueState::Open.word() {
            return Err(StoreError::Stopped);
        }
        let text = format!(
            "UPDATE delivery SET state = 1 WHERE issue = $1 AND owner = $2 AND state = 0 AND reader IN ({})",
            integers(readers.iter().copied())
        );
        let done = sqlx::query(AssertSqlSafe(text)).bind(issue).bind(owner).execute(&mut *tx).await?;
        if done.rows_affected() != readers.len() as u64 {
            return Err(StoreError::Lost);
        }
    }
    for job in jobs {
        if let Work::Settle(settled, now) = &job.work {
            settle(&mut tx, owner, uncertain, job.issue, settled, *now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// The columns that an outcome sets: state, when it is due, by how much the attempts grow.
type Effect = (State, i64, i16);

fn effect(outcome: &Outcome, uncertain: Uncertain, now: DateTime<Utc>) -> Effect {
    let now = now.timestamp();
    match outcome {
        Outcome::Sent => (State::Sent, now, 1),
        Outcome::Bounced => (State::Bounced, now, 1),
        Outcome::Refused | Outcome::GivenUp => (State::GivenUp, now, 1),
        Outcome::Deferred(due) => (State::Queued, due.timestamp(), 1),
        Outcome::Released => (State::Queued, now, 0),
        Outcome::Uncertain => (uncertain_state(uncertain), now, 1),
    }
}

async fn settle(
    tx: &mut Transaction<'static, Any>,
    owner: Owner,
    uncertain: Uncertain,
    issue: IssueId,
    settled: &[Settled],
    now: DateTime<Utc>,
) -> Result<()> {
    let mut groups: Vec<(Effect, &str, Vec<ReaderId>)> = Vec::new();
    for one in settled {
        let effect = effect(&one.outcome, uncertain, now);
        match groups.iter_mut().find(|(known, reply, _)| *known == effect && *reply == one.reply) {
            Some((_, _, readers)) => readers.push(one.reader),
            None => groups.push((effect, &one.reply, vec![one.reader])),
        }
    }
    for ((state, due, more), reply, readers) in groups {
        let text = format!(
            "UPDATE delivery SET state = $1, owner = NULL, due_at = $2, attempts = attempts + $3, reply = $4 \
             WHERE issue = $5 AND owner = $6 AND reader IN ({})",
            integers(readers.iter().copied())
        );
        let done = sqlx::query(AssertSqlSafe(text))
            .bind(state as i16)
            .bind(due)
            .bind(more)
            .bind(reply.to_owned())
            .bind(issue)
            .bind(owner)
            .execute(&mut **tx)
            .await?;
        if done.rows_affected() != readers.len() as u64 {
            return Err(StoreError::Lost);
        }
    }
    for one in settled {
        match one.outcome {
            Outcome::Uncertain => note_uncertain(tx, issue, one.reader, now, &one.reply).await?,
            Outcome::Bounced => {
                suppress(tx, issue, one.reader, now, &one.reply).await?;
            }
            Outcome::Refused => {
                note(tx, issue, one.reader, now, "refused", &one.reply).await?;
                if refused_in_a_row(tx, one.reader).await? >= 3 {
                    suppress(tx, issue, one.reader, now, &one.reply).await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The address is bad: nothing more goes there.
async fn suppress(
    tx: &mut Transaction<'static, Any>,
    issue: IssueId,
    reader: ReaderId,
    now: DateTime<Utc>,
    reply: &str,
) -> Result<()> {
    sqlx::query("UPDATE reader SET state = 'bounced' WHERE id = $1 AND state IN ('active', 'pending')")
        .bind(reader)
        .execute(&mut **tx)
        .await?;
    note(tx, issue, reader, now, "bounced", reply).await
}

/// How many of the reader's last three issues were refused, counted from the newest while they were.
async fn refused_in_a_row(tx: &mut Transaction<'static, Any>, reader: ReaderId) -> Result<usize> {
    let rows = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM event e WHERE e.reader = d.reader AND e.issue = d.issue AND e.kind = 'refused') \
         AS refused FROM delivery d JOIN issue i ON i.id = d.issue \
         WHERE d.reader = $1 AND d.state IN (2, 3, 5) ORDER BY i.made_at DESC LIMIT 3",
    )
    .bind(reader)
    .fetch_all(&mut **tx)
    .await?;
    let mut in_a_row = 0;
    for row in rows {
        if row.try_get::<i64, _>("refused")? == 0 {
            break;
        }
        in_a_row += 1;
    }
    Ok(in_a_row)
}
