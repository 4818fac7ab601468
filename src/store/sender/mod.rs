//! One running sender: the deliveries that it owns, and their release when it is gone.

mod claim;
mod doubt;
mod outcome;
mod room;
mod writer;

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex as StdMutex};

use chrono::{DateTime, Utc};
use sqlx::pool::PoolConnection;
use sqlx::{Any, Row};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::config::{Caps, UncertainPolicy};
use crate::ledger::{DeliveryState, IssueId, Owner, Settled};
use crate::reader::ReaderId;
use crate::store::connect::{StorePlace, name_beside};
use crate::store::issue::read_delivery_state;
use crate::store::sql::{GIVEN_UP, QUEUED, SENDING, SENT, SUPPRESSED};
use crate::store::{Result, Store, StoreError};
use crate::token::random_id;
pub(super) use outcome::{is_refused_too_often, note, set_state, suppress_bounced};
use writer::{Job, write};

/// The position of a delivery in the order of claims: due time, reader.
type Position = (i64, ReaderId);

/// Another sender is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// A sender: the only one on SQLite, one of several on PostgreSQL. Its deliveries are released when it is gone.
#[derive(Clone, Debug)]
pub struct Sender {
    store: Store,
    owner: Owner,
    uncertain: UncertainPolicy,
    /// How many messages may leave, by all senders together.
    caps: Caps,
    writer: mpsc::UnboundedSender<Job>,
    /// The position after which the next claim of an issue searches first.
    behind: Arc<StdMutex<HashMap<IssueId, Position>>>,
    _ownership: Arc<Ownership>,
}

/// The proof that a sender lives: a locked file, or a connection that holds an advisory lock.
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
    /// Becomes a sender, and settles what dead senders left: claimed deliveries wait again; deliveries in flight are
    /// recorded as uncertain, and wait again or for a person, as `uncertain` says. `Err(Busy)` if the store allows one
    /// sender at a time and has one.
    pub async fn begin_sending(
        &self,
        uncertain: UncertainPolicy,
        now: DateTime<Utc>,
    ) -> Result<Result<Sender, Busy>> {
        let owner = Owner::from(random_id());
        let ownership = match &self.place {
            StorePlace::Memory => Ownership::Nobody,
            StorePlace::File(database) => {
                let path = name_beside(database, ".sender");
                let failed = |error| StoreError::File(path.clone(), error);
                // Opening a pipe would wait for its other end.
                if path.metadata().is_ok_and(|found| !found.is_file()) {
                    return Err(failed(io::Error::other("it is no regular file")));
                }
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
        // Nobody takes over deliveries whose outcome is still to be written.
        tokio::spawn(async move {
            writing.await;
            drop(held);
        });
        let sender = Sender {
            store,
            owner,
            uncertain,
            caps: Caps::default(),
            writer,
            behind,
            _ownership: ownership,
        };
        sender.take_over(now).await?;
        Ok(Ok(sender))
    }
}

impl Sender {
    /// The same sender, limited by these caps.
    #[must_use]
    pub fn with_caps(self, caps: Caps) -> Self {
        Self { caps, ..self }
    }

    /// The store of its deliveries.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Settles what dead senders left, also those that died since this one began. Returns whether there was anything.
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
        let cancel = async {
            patiently!(async {
                statement!("UPDATE delivery SET state = {GIVEN_UP}, reply = 'cancelled' WHERE state = {QUEUED} AND owner IS NULL \
                 AND issue IN (SELECT id FROM issue WHERE state = 'cancelled')")
            .execute(&self.store.pool)
            .await?;
                Ok(released)
            })
        };
        self.store.wait.watch(cancel).await
    }

    /// Releases the deliveries of this owner if it is dead.
    async fn take_over_from(&self, owner: Owner, now: DateTime<Utc>) -> Result<bool> {
        change!(self.store, |tx| {
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
            statement!("UPDATE delivery SET owner = NULL, state = {QUEUED} WHERE owner = $1 AND state = {SENDING} \
                 AND issue IN (SELECT id FROM issue WHERE outbox = 1)")
            .bind(owner)
            .execute(&mut *tx)
            .await?;
            // Unlike after a lost reply, the next attempt need not wait: the time since the death is wait enough.
            let state = match self.uncertain {
                UncertainPolicy::Retry => DeliveryState::Queued,
                UncertainPolicy::Hold => DeliveryState::Uncertain,
            };
            // Events are written for the rows that this update finds, and no others: the dead sender's last commit may
            // still arrive.
            let rows = statement!("UPDATE delivery SET owner = NULL, state = $1, attempts = attempts + 1, reply = $2, \
                 first_at = COALESCE(first_at, $4) WHERE owner = $3 AND state = {SENDING} RETURNING issue, reader")
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
            statement!("UPDATE delivery SET owner = NULL WHERE owner = $1 AND state = {QUEUED}")
                .bind(owner)
                .execute(&mut *tx)
                .await?;
            Ok(true)
        })
    }

    /// How many have not got the issue, without those that another living sender has begun.
    pub async fn count_unsent(&self, issue: IssueId) -> Result<u64> {
        let row = statement!("SELECT COUNT(*) AS n FROM delivery WHERE issue = $1 AND state NOT IN ({SENT}, {SUPPRESSED}) \
             AND NOT (state IN ({QUEUED}, {SENDING}) AND owner IS NOT NULL)")
        .bind(issue)
        .fetch_one(&self.store.pool)
        .await?;
        Ok(row.try_get::<i64, _>("n")?.unsigned_abs())
    }

    /// Makes the intent to send durable: the body may go out only after this. Returns the readers who have gone since
    /// the claim: they are suppressed, and nothing may go to them.
    pub async fn intend(&self, issue: IssueId, readers: Vec<ReaderId>) -> Result<Vec<ReaderId>> {
        let (done, result) = oneshot::channel();
        self.submit(Job::Intend(issue, readers, done))?;
        result.await.map_err(|_| report_dead_writer())?
    }

    /// Records the outcomes of attempts, soon; a failure shows at the next intent or flush.
    pub fn settle(&self, issue: IssueId, settled: Vec<Settled>, now: DateTime<Utc>) -> Result<()> {
        self.submit(Job::Settle(issue, settled, now))
    }

    /// Waits until everything that was settled is durable.
    pub async fn flush(&self) -> Result<()> {
        let (done, result) = oneshot::channel();
        self.submit(Job::Flush(done))?;
        result.await.map_err(|_| report_dead_writer())?
    }

    fn submit(&self, job: Job) -> Result<()> {
        self.writer.send(job).map_err(|_| report_dead_writer())
    }

    /// Releases its claims of the issue that are not begun.
    pub async fn release(&self, issue: IssueId) -> Result<()> {
        let release = async {
            patiently!(async {
                statement!("UPDATE delivery SET owner = NULL WHERE issue = $1 AND owner = $2 AND state = {QUEUED}")
            .bind(issue)
            .bind(self.owner)
            .execute(&self.store.pool)
            .await?;
                Ok(())
            })
        };
        self.store.wait.watch(release).await
    }

    /// Closes the issue if nothing waits any more, and keeps the counts. Returns whether it is done.
    pub async fn finish(&self, issue: IssueId) -> Result<bool> {
        change!(self.store, |tx| {
            self.store.hold_issue(&mut tx, issue).await?;
            // Deliveries that were claimed when the issue was cancelled are given up now.
            statement!("UPDATE delivery SET state = {GIVEN_UP}, reply = 'cancelled' WHERE issue = $1 AND state = {QUEUED} AND owner IS NULL \
                 AND EXISTS (SELECT 1 FROM issue WHERE id = $1 AND state = 'cancelled')")
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
                match read_delivery_state(row)? {
                    DeliveryState::Queued | DeliveryState::Sending => waiting += n,
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

fn report_dead_writer() -> StoreError {
    StoreError::Writer("it is gone".to_owned())
}
