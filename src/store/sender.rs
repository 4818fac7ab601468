//! One running sender: what it owns, and what becomes of that when it is gone.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AssertSqlSafe, Row};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::config::Uncertain;
use crate::consent::{ReaderState, Source, Wish};
use crate::ledger::{Claimed, IssueId, Owner, Settled, State};
use crate::reader::{EmailError, Reader, ReaderId};
use crate::store::consent::{has_agreed, next_state};
use crate::store::issues::{delivery_state, reopen};
use crate::store::subscriptions::has_left;
use crate::store::writer::{Job, note, write};
use crate::store::{Result, Store, StoreError, StorePlace, list};
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
    /// Behind which delivery the next claim of an issue looks first.
    behind: Arc<StdMutex<HashMap<IssueId, Position>>>,
    _ownership: Arc<Ownership>,
}

/// Where a delivery stands in the order of claims: when it is due, whose it is.
type Position = (i64, ReaderId);

/// A delivery that is due: whose, how often it was tried, when it is due and was tried first; the address, the name and
/// the language; the reader's state, and 1 where they have left the digest and not come back.
#[derive(Deserialize)]
struct Due(
    ReaderId,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    i64,
);

impl Due {
    /// The delivery, or in which state it ends without being tried, and why.
    fn claim(self) -> Result<Claimed, (State, String)> {
        let Self(id, attempts, _, first_at, address, name, language, state, left) = self;
        if !ReaderState::named(&state).is_some_and(ReaderState::takes_mail) {
            return Err((State::Suppressed, state));
        }
        if left != 0 {
            return Err((State::Suppressed, ReaderState::Left.word().to_owned()));
        }
        // It was taken in by other rules than ours, and keeps the issue from nobody else.
        let email = address.unwrap_or_default().parse();
        Ok(Claimed {
            reader: Reader {
                id,
                email: email.map_err(|why: EmailError| (State::GivenUp, why.to_string()))?,
                name,
                language,
            },
            attempts: i16::try_from(attempts).unwrap_or(i16::MAX),
            first_at: first_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        })
    }
}

/// Before every delivery.
const START: Position = (i64::MIN, i64::MIN);

/// What shows that a sender lives: a locked file, or a connection that holds an advisory lock.
#[derive(Debug)]
enum Ownership {
    Nobody,
    File {
        _file: File,
    },
    Connection {
        _connection: Mutex<PoolConnection<Any>>,
    },
}

impl Store {
    /// Becomes a sender, and puts in order what dead senders left: what they had only claimed waits again, what they had
    /// begun to send is uncertain. `Err(Busy)` where the store takes one sender at a time and has one.
    pub async fn begin_sending(
        &self,
        uncertain: Uncertain,
        now: DateTime<Utc>,
    ) -> Result<Result<Sender, Busy>> {
        let owner = random_id();
        let ownership = match &self.place {
            StorePlace::Memory => Ownership::Nobody,
            StorePlace::File(database) => {
                let mut name = database.as_os_str().to_owned();
                name.push(".sender");
                let path = PathBuf::from(name);
                let failed = |error| StoreError::File(path.clone(), error);
                let file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .mode(0o600)
                    .open(&path)
                    .map_err(failed)?;
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
                // Back in the pool it would hold the lock on.
                connection.close_on_drop();
                Ownership::Connection {
                    _connection: Mutex::new(connection),
                }
            }
        };
        let (writer, jobs) = mpsc::unbounded_channel();
        let (store, behind, ownership) = (self.clone(), Arc::default(), Arc::new(ownership));
        let writing = write(self.clone(), owner, jobs);
        let held = ownership.clone();
        // Nobody takes over what is still to be written.
        tokio::spawn(async move {
            writing.await;
            drop(held);
        });
        let sender = Sender {
            store,
            owner,
            uncertain,
            writer,
            behind,
            _ownership: ownership,
        };
        sender.take_over(now).await?;
        Ok(Ok(sender))
    }
}

impl Sender {
    /// The store in which it sends.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Puts in order what dead senders left, also such as died since this one began. Whether there was anything.
    pub async fn take_over(&self, now: DateTime<Utc>) -> Result<bool> {
        let rows = sqlx::query(
            "SELECT DISTINCT owner FROM delivery WHERE owner IS NOT NULL AND owner <> $1",
        )
        .bind(self.owner)
        .fetch_all(&self.store.pool)
        .await?;
        let mut released = false;
        for row in rows {
            released |= self.take_over_from(row.try_get("owner")?, now).await?;
        }
        // Nobody sends an issue that was cancelled while its sender died.
        patiently!(async {
            sqlx::query(
                "UPDATE delivery SET state = 5, reply = 'cancelled' WHERE state = 0 AND owner IS NULL \
                 AND issue IN (SELECT id FROM issue WHERE state = 'cancelled')",
            )
            .execute(&self.store.pool)
            .await?;
            Ok(released)
        })
    }

    /// Releases what this owner has, if it is dead.
    async fn take_over_from(&self, owner: Owner, now: DateTime<Utc>) -> Result<bool> {
        change!(self.store.begin(), |tx| {
            if self.store.place == StorePlace::Server {
                // Held to the end of this transaction; a living owner still holds it.
                let row = sqlx::query("SELECT pg_try_advisory_xact_lock($1) AS dead")
                    .bind(owner)
                    .fetch_one(&mut *tx)
                    .await?;
                if !row.try_get::<bool, _>("dead")? {
                    return Ok(false);
                }
            }
            let words = "the sender died while it sent";
            // A file can be written again: the same name, the same bytes.
            sqlx::query(
                "UPDATE delivery SET owner = NULL, state = 0 WHERE owner = $1 AND state = 1 \
                 AND issue IN (SELECT id FROM issue WHERE outbox = 1)",
            )
            .bind(owner)
            .execute(&mut *tx)
            .await?;
            let state = match self.uncertain {
                Uncertain::Retry => State::Queued,
                Uncertain::Hold => State::Uncertain,
            };
            // Just those are noted whom this finds: an intent of the dead may be committed even now.
            let rows = sqlx::query(
                "UPDATE delivery SET owner = NULL, state = $1, attempts = attempts + 1, reply = $2, \
                 first_at = COALESCE(first_at, $4) WHERE owner = $3 AND state = 1 RETURNING issue, reader",
            )
            .bind(state as i16)
            .bind(words)
            .bind(owner)
            .bind(now.timestamp())
            .fetch_all(&mut *tx)
            .await?;
            let mut begun: BTreeMap<IssueId, Vec<ReaderId>> = BTreeMap::new();
            for row in rows {
                begun
                    .entry(row.try_get("issue")?)
                    .or_default()
                    .push(row.try_get("reader")?);
            }
            for (issue, readers) in begun {
                note(
                    &mut tx,
                    &self.store.place,
                    issue,
                    &readers,
                    now,
                    ("uncertain", words),
                )
                .await?;
            }
            sqlx::query("UPDATE delivery SET owner = NULL WHERE owner = $1 AND state = 0")
                .bind(owner)
                .execute(&mut *tx)
                .await?;
            Ok(true)
        })
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

    /// Takes up to `limit` deliveries of an issue that are due; none where nobody is due or the issue is not open. Who
    /// has left, complained, bounced or been forgotten since the freeze becomes suppressed and is not among them.
    pub async fn claim(
        &self,
        issue: IssueId,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Claimed>> {
        loop {
            // PostgreSQL keeps what was claimed in the index until it is cleaned up: a claim that began at the start would
            // step over all of it. What waits again before that place is found when nothing is left behind it.
            let behind = self.behind().get(&issue).copied().unwrap_or(START);
            let (claimed, last) = self.claim_behind(behind, issue, limit, now).await?;
            self.behind().insert(issue, last.unwrap_or(START));
            if !claimed.is_empty() || (last.is_none() && behind == START) {
                return Ok(claimed);
            }
        }
    }

    fn behind(&self) -> MutexGuard<'_, HashMap<IssueId, Position>> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claimed, and the last that was looked at.
    async fn claim_behind(
        &self,
        behind: Position,
        issue: IssueId,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Claimed>, Option<Position>)> {
        change!(self.store.begin(), |tx| {
            let row = sqlx::query("SELECT digest, state FROM issue WHERE id = $1")
                .bind(issue)
                .fetch_one(&mut *tx)
                .await?;
            if row.try_get::<&str, _>("state")? != "open" {
                return Ok((Vec::new(), None));
            }
            let digest: String = row.try_get("digest")?;
            let skip = if self.store.place == StorePlace::Server {
                " FOR UPDATE SKIP LOCKED"
            } else {
                ""
            };
            let columns = format!(
                "d.reader, d.attempts, d.due_at, d.first_at, r.address, d.name, d.language, r.state, \
                 CASE WHEN {} THEN 1 ELSE 0 END",
                has_left("r.id", "$1")
            );
            let text = format!(
                "SELECT {} AS due FROM (SELECT reader, attempts, due_at, first_at, name, language FROM delivery \
                 WHERE issue = $2 AND state = 0 AND owner IS NULL AND due_at <= $3 AND (due_at, reader) > ($5, $6) \
                 ORDER BY due_at, reader LIMIT $4{skip}) AS d CROSS JOIN reader r WHERE r.id = d.reader",
                self.store.place.as_one(&columns)
            );
            let row = sqlx::query(AssertSqlSafe(text))
                .bind(digest)
                .bind(issue)
                .bind(now.timestamp())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .bind(behind.0)
                .bind(behind.1)
                .fetch_one(&mut *tx)
                .await?;
            let due: Vec<Due> = serde_json::from_str(row.try_get("due")?).map_err(|error| {
                StoreError::Damaged(format!("a delivery cannot be read: {error}"))
            })?;
            let mut last = None;
            let mut claimed = Vec::with_capacity(due.len());
            let mut ended: BTreeMap<(State, String), Vec<ReaderId>> = BTreeMap::new();
            for one in due {
                let id = one.0;
                last = last.max(Some((one.2, id)));
                match one.claim() {
                    Ok(claim) => claimed.push(claim),
                    Err(end) => ended.entry(end).or_default().push(id),
                }
            }
            for ((state, why), readers) in ended {
                let among = self.store.place.among("reader", "$4");
                // A freeze that ran beside a forget has kept the name.
                let text = format!(
                    "UPDATE delivery SET state = $1, reply = $2, name = CASE WHEN $2 = 'forgotten' THEN NULL ELSE name END \
                     WHERE issue = $3 AND {among}"
                );
                let query = sqlx::query(AssertSqlSafe(text))
                    .bind(state as i16)
                    .bind(why)
                    .bind(issue);
                query.bind(list(&readers)).execute(&mut *tx).await?;
            }
            if !claimed.is_empty() {
                let readers: Vec<ReaderId> = claimed.iter().map(|claim| claim.reader.id).collect();
                let among = self.store.place.among("reader", "$3");
                let text = format!("UPDATE delivery SET owner = $1 WHERE issue = $2 AND {among}");
                let query = sqlx::query(AssertSqlSafe(text))
                    .bind(self.owner)
                    .bind(issue)
                    .bind(list(&readers));
                query.execute(&mut *tx).await?;
            }
            Ok((claimed, last))
        })
    }

    /// Makes the intent to send durable: after this, and not before, the body may go out. Returns those of them who have
    /// gone since the claim: they are suppressed, and nothing may go to them.
    pub async fn intend(&self, issue: IssueId, readers: Vec<ReaderId>) -> Result<Vec<ReaderId>> {
        let (done, result) = oneshot::channel();
        self.submit(Job::Intend(issue, readers, done))?;
        result.await.map_err(|_| gone())?
    }

    /// Writes down what came of the attempts, soon; a failure shows at the next intent or flush.
    pub fn settle(&self, issue: IssueId, settled: Vec<Settled>, now: DateTime<Utc>) -> Result<()> {
        self.submit(Job::Settle(issue, settled, now))
    }

    /// Waits until everything that was settled is durable.
    pub async fn flush(&self) -> Result<()> {
        let (done, result) = oneshot::channel();
        self.submit(Job::Flush(done))?;
        result.await.map_err(|_| gone())?
    }

    fn submit(&self, job: Job) -> Result<()> {
        self.writer.send(job).map_err(|_| gone())
    }

    /// Takes refusals of an issue back, where a series of them says that it was not the readers: they wait again, and whom
    /// the series has suppressed is active. At most once per reader and issue; a second refusal stands.
    pub async fn doubt_refusals(
        &self,
        issue: IssueId,
        readers: &[ReaderId],
        now: DateTime<Utc>,
    ) -> Result<()> {
        change!(self.store.begin(), |tx| {
            self.store.hold_issue(&mut tx, issue).await?;
            let text = format!(
                "SELECT d.reader FROM delivery d WHERE d.issue = $1 AND d.state IN (3, 5) AND {} AND NOT EXISTS \
                 (SELECT 1 FROM event e WHERE e.reader = d.reader AND e.issue = $1 AND e.kind = 'doubted') \
                 ORDER BY d.reader",
                self.store.place.among("d.reader", "$2")
            );
            let rows = sqlx::query(AssertSqlSafe(text))
                .bind(issue)
                .bind(list(readers))
                .fetch_all(&mut *tx)
                .await?;
            let readers: Vec<ReaderId> = rows
                .iter()
                .map(|row| row.try_get("reader"))
                .collect::<Result<_, _>>()?;
            if readers.is_empty() {
                return Ok(());
            }
            let recovered = format!(
                "CASE WHEN {} THEN {} ELSE {} END",
                has_agreed("reader.id"),
                next_state(Wish::Recover { had_agreed: true }, Source::Relay),
                next_state(Wish::Recover { had_agreed: false }, Source::Relay)
            );
            let among = self.store.place.among("id", "$1");
            let text = format!(
                "UPDATE reader SET state = {recovered} WHERE {among} AND EXISTS \
                 (SELECT 1 FROM event e WHERE e.reader = reader.id AND e.issue = $2 AND e.kind = 'bounced')"
            );
            sqlx::query(AssertSqlSafe(text))
                .bind(list(&readers))
                .bind(issue)
                .execute(&mut *tx)
                .await?;
            let among = self.store.place.among("reader", "$3");
            let text =
                format!("UPDATE delivery SET state = 0, due_at = $1 WHERE issue = $2 AND {among}");
            let query = sqlx::query(AssertSqlSafe(text))
                .bind(now.timestamp())
                .bind(issue)
                .bind(list(&readers));
            query.execute(&mut *tx).await?;
            // Another sender, to whom nobody seemed to wait, may have closed it.
            reopen(&mut tx, issue).await?;
            let why = "a series of refusals says that it was not the reader";
            note(
                &mut tx,
                &self.store.place,
                issue,
                &readers,
                now,
                ("doubted", why),
            )
            .await
        })
    }

    /// Gives back what it has claimed of the issue and not begun to send.
    pub async fn release(&self, issue: IssueId) -> Result<()> {
        patiently!(async {
            sqlx::query(
                "UPDATE delivery SET owner = NULL WHERE issue = $1 AND owner = $2 AND state = 0",
            )
            .bind(issue)
            .bind(self.owner)
            .execute(&self.store.pool)
            .await?;
            Ok(())
        })
    }

    /// Closes the issue if nobody waits any more, and keeps the counts. Whether it is done.
    pub async fn finish(&self, issue: IssueId) -> Result<bool> {
        change!(self.store.begin(), |tx| {
            self.store.hold_issue(&mut tx, issue).await?;
            // What was claimed when the issue was cancelled waits for nothing any more.
            sqlx::query(
                "UPDATE delivery SET state = 5, reply = 'cancelled' WHERE issue = $1 AND state = 0 AND owner IS NULL \
                 AND EXISTS (SELECT 1 FROM issue WHERE id = $1 AND state = 'cancelled')",
            )
            .bind(issue)
            .execute(&mut *tx)
            .await?;
            let rows =
                sqlx::query("SELECT state, COUNT(*) AS n FROM delivery WHERE issue = $1 GROUP BY state ORDER BY state")
                    .bind(issue)
                    .fetch_all(&mut *tx)
                    .await?;
            let mut counts = serde_json::Map::new();
            let mut waiting = 0;
            for row in &rows {
                let n: i64 = row.try_get("n")?;
                match delivery_state(row)? {
                    State::Queued | State::Sending => waiting += n,
                    state => drop(counts.insert(state.word().to_owned(), n.into())),
                }
            }
            if waiting == 0 {
                sqlx::query(
                    "UPDATE issue SET state = 'done', counts = $1 WHERE id = $2 AND state = 'open'",
                )
                .bind(serde_json::Value::Object(counts).to_string())
                .bind(issue)
                .execute(&mut *tx)
                .await?;
            }
            Ok(waiting == 0)
        })
    }
}

fn gone() -> StoreError {
    StoreError::Writer("it is gone".to_owned())
}
