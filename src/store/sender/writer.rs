//! The ledger's only writer: it commits all waiting jobs in one transaction, so that durability costs little.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection, Row};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::consent::ReaderState;
use crate::finding::one_line;
use crate::ledger::{DeliveryState, IssueId, Outcome, Owner, Settled};
use crate::reader::ReaderId;
use crate::store::connect::{StorePlace, begin_words};
use crate::store::mailable::{select_still_mailable, states};
use crate::store::sender::outcome::record_outcome;
use crate::store::sql::{QUEUED, SENDING, SUPPRESSED, list};
use crate::store::{LONGEST_REPLY, Result, Store, StoreError};

/// How many jobs are committed together at most.
const MOST_JOBS: usize = 500;
/// The most deliveries that one statement settles: PostgreSQL slows down on statements over some 15 KB.
const MOST_ROWS: usize = 50;
/// After so many commits in a row, others have their turn with the connection.
const MOST_COMMITS: u32 = 20;
/// How long the connection is kept for a job that may come.
const KEPT: Duration = Duration::from_millis(2);
/// The condition that the reader of a `delivery` is not forgotten: only then is a relay's reply kept, which often
/// repeats the address.
const KNOWN: &str =
    "EXISTS (SELECT 1 FROM reader r WHERE r.id = delivery.reader AND r.state <> 'forgotten')";
/// Something to be made durable.
#[derive(Debug)]
pub(super) enum Job {
    /// These deliveries are about to be sent; answered once that is durable.
    Intend(
        IssueId,
        Vec<ReaderId>,
        oneshot::Sender<Result<Vec<ReaderId>>>,
    ),
    /// Outcomes to be recorded.
    Settle(IssueId, Vec<Settled>, DateTime<Utc>),
    /// Answered once everything before it is durable.
    Flush(oneshot::Sender<Result<()>>),
}

/// Works until nobody can send it a job any more. After a failure it writes nothing more: an attempt that the ledger
/// does not hold must not be made, and the next sender settles the rest.
pub(super) async fn write(store: Store, owner: Owner, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut writer = Writer {
        store,
        owner,
        connection: None,
        commits: 0,
    };
    let mut failed: Option<String> = None;
    while let Some(first) = writer.next(&mut jobs).await {
        let mut waiting = vec![first];
        // Let every task that is ready submit its job first: the more jobs share a commit, the less each costs.
        let mut before = 0;
        while before < waiting.len() && waiting.len() < MOST_JOBS {
            before = waiting.len();
            yield_now().await;
            while waiting.len() < MOST_JOBS
                && let Ok(job) = jobs.try_recv()
            {
                waiting.push(job);
            }
        }
        let mut refused = Refused::default();
        if failed.is_none() {
            let wait = writer.store.wait.clone();
            match wait.watch(writer.commit(&waiting)).await {
                Ok(some) => refused = some,
                Err(error) => failed = Some(error.to_string()),
            }
        }
        let written = || {
            failed
                .clone()
                .map_or(Ok(()), |words| Err(StoreError::Writer(words)))
        };
        for job in waiting {
            // The task that asked may have ended.
            match job {
                Job::Intend(issue, readers, done) if refused.has_stopped(issue, &readers) => {
                    let _ = done.send(Err(StoreError::Stopped));
                }
                Job::Intend(issue, mut readers, done) => {
                    readers.retain(|reader| refused.gone.contains(&(issue, *reader)));
                    let _ = done.send(written().map(|()| readers));
                }
                Job::Flush(done) => drop(done.send(written())),
                Job::Settle(..) => {}
            }
        }
    }
}

/// The writer's connection and identity.
struct Writer {
    store: Store,
    owner: Owner,
    /// Kept from commit to commit: to give it back and take it again costs more than many a commit.
    connection: Option<PoolConnection<Any>>,
    /// How many commits it was kept for.
    commits: u32,
}

/// The intents that were refused.
#[derive(Debug, Default)]
struct Refused {
    /// Readers whose delivery waits on, since the issue was not open.
    stopped: HashSet<(IssueId, ReaderId)>,
    /// Readers who have left, complained, bounced or been forgotten since the claim.
    gone: HashSet<(IssueId, ReaderId)>,
}

impl Writer {
    /// The next job. If none is there at once, or after many, others may use the connection meanwhile: on SQLite it is
    /// the only one.
    async fn next(&mut self, jobs: &mut mpsc::UnboundedReceiver<Job>) -> Option<Job> {
        if self.connection.is_some()
            && self.commits < MOST_COMMITS
            && let Ok(job) = timeout(KEPT, jobs.recv()).await
        {
            return job;
        }
        self.connection = None;
        jobs.recv().await
    }

    /// Commits all jobs. Returns the intents that were refused.
    async fn commit(&mut self, jobs: &[Job]) -> Result<Refused> {
        let mut batches: BTreeMap<IssueId, Batch> = BTreeMap::new();
        let mut ended = Vec::new();
        for job in jobs {
            match job {
                Job::Intend(issue, readers, _) => {
                    batches.entry(*issue).or_default().intended.extend(readers);
                }
                Job::Settle(issue, list, now) => {
                    let batch = batches.entry(*issue).or_default();
                    for one in list {
                        // The task that asked for this intent has ended, and nobody waits for its answer.
                        batch.intended.remove(&one.reader);
                        batch
                            .settled
                            .entry(Effect::new(&one.outcome, *now))
                            .or_default()
                            .push(one);
                        if matches!(
                            one.outcome,
                            Outcome::Unknown(_) | Outcome::Bounced | Outcome::Refused
                        ) {
                            ended.push((*issue, one, *now));
                        }
                    }
                }
                Job::Flush(_) => {}
            }
        }
        let changes: Vec<Statement> = batches
            .into_iter()
            .flat_map(|(issue, batch)| batch.changes(issue))
            .collect();
        if changes.is_empty() {
            return Ok(Refused::default());
        }
        let Self {
            store,
            owner,
            connection: kept,
            commits,
        } = self;
        let (owner, place) = (*owner, &store.place);
        if kept.is_none() {
            *commits = 0;
        }
        let connection = match kept {
            Some(connection) => connection,
            None => kept.insert(store.pool.acquire().await?),
        };
        *commits += 1;
        if let ([change], []) = (&*changes, &*ended) {
            // One statement is a transaction by itself. Once committed it is not written again, whatever error the
            // lookup after it meets.
            let count = patiently!(change.write(connection, place, owner))?;
            if count == change.rows() {
                return Ok(Refused::default());
            }
            return change_by!(connection.begin_with(begin_words(place)), |tx| {
                let mut refused = Refused::default();
                refused
                    .look_for(change, count, &mut tx, place, owner)
                    .await?;
                Ok(refused)
            });
        }
        // In one order, so that two senders never wait for each other crosswise.
        ended.sort_by_key(|(_, one, _)| one.reader);
        change_by!(connection.begin_with(begin_words(place)), |tx| {
            let mut refused = Refused::default();
            for change in &changes {
                let count = change.write(&mut tx, place, owner).await?;
                refused
                    .look_for(change, count, &mut tx, place, owner)
                    .await?;
            }
            for (issue, one, now) in &ended {
                record_outcome(&mut tx, place, *issue, one, *now).await?;
            }
            Ok(refused)
        })
    }
}

impl Refused {
    fn has_stopped(&self, issue: IssueId, readers: &[ReaderId]) -> bool {
        readers
            .iter()
            .any(|reader| self.stopped.contains(&(issue, *reader)))
    }

    /// Finds out why a change missed some of its rows: a reader has gone and is suppressed now, or the issue was not
    /// open. Any other missing row belongs to another sender now.
    async fn look_for(
        &mut self,
        change: &Statement<'_>,
        count: usize,
        connection: &mut AnyConnection,
        place: &StorePlace,
        owner: Owner,
    ) -> Result<()> {
        let (issue, intended) = (change.issue, list(&change.intended));
        let all = change.rows();
        if count == all {
            return Ok(());
        }
        let waiting = format!(
            "issue = $1 AND owner = $2 AND state = {QUEUED} AND {}",
            place.among("reader", "$3")
        );
        let suppress = format!(
            "UPDATE delivery SET state = {SUPPRESSED}, owner = NULL, reply = (SELECT CASE WHEN r.state IN ({}) THEN 'left' \
             ELSE r.state END FROM reader r WHERE r.id = delivery.reader) \
             WHERE {waiting} AND NOT EXISTS ({}) RETURNING reader",
            states(ReaderState::takes_mail),
            select_still_mailable()
        );
        let select = format!("SELECT reader FROM delivery WHERE {waiting}");
        let mut found = count;
        for (text, refused) in [(suppress, &mut self.gone), (select, &mut self.stopped)] {
            let query = sqlx::query(AssertSqlSafe(text))
                .bind(issue)
                .bind(owner)
                .bind(intended.clone());
            for row in query.fetch_all(&mut *connection).await? {
                refused.insert((issue, row.try_get("reader")?));
                found += 1;
            }
        }
        if found == all {
            Ok(())
        } else {
            Err(StoreError::Lost)
        }
    }
}

/// The waiting changes of one issue.
#[derive(Default)]
struct Batch<'a> {
    intended: BTreeSet<ReaderId>,
    settled: BTreeMap<Effect, Vec<&'a Settled>>,
}

impl<'a> Batch<'a> {
    /// Groups the changes into as few statements as possible: intents go together with outcomes.
    fn changes(self, issue: IssueId) -> Vec<Statement<'a>> {
        let mut changes = Vec::new();
        for (effect, list) in self.settled {
            changes.extend(list.chunks(MOST_ROWS).map(|some| Statement {
                issue,
                intended: Vec::new(),
                effect,
                settled: some.to_vec(),
            }));
        }
        let intended: Vec<ReaderId> = self.intended.into_iter().collect();
        match changes.first_mut() {
            _ if intended.is_empty() => {}
            Some(change) => change.intended = intended,
            None => changes.push(Statement {
                issue,
                intended,
                effect: Effect::NONE,
                settled: Vec::new(),
            }),
        }
        changes
    }
}

/// One statement about deliveries of one issue.
struct Statement<'a> {
    issue: IssueId,
    /// The readers to whom a message is about to be sent.
    intended: Vec<ReaderId>,
    /// The outcomes, all with one effect.
    effect: Effect,
    settled: Vec<&'a Settled>,
}

impl Statement<'_> {
    /// The number of rows that it is about.
    fn rows(&self) -> usize {
        self.intended.len() + self.settled.len()
    }

    /// Executes the statement and returns how many rows it changed: an intent only while the issue is open and the
    /// reader has not gone since the freeze; and no row of another sender. `COALESCE` keeps both databases from scanning
    /// everything that the sender owns instead of finding each row by its key.
    async fn write(
        &self,
        connection: &mut AnyConnection,
        place: &StorePlace,
        owner: Owner,
    ) -> Result<usize> {
        let text = format!(
            "UPDATE delivery SET state = CASE WHEN paired.value IS NULL THEN {SENDING} ELSE $1 END, \
             owner = CASE WHEN paired.value IS NULL THEN owner END, \
             due_at = CASE WHEN paired.value IS NULL THEN due_at ELSE $2 END, \
             attempts = CASE WHEN paired.value IS NULL THEN attempts ELSE attempts + $3 END, \
             reply = CASE WHEN paired.value IS NULL THEN reply WHEN {KNOWN} THEN paired.value END, \
             first_at = CASE WHEN paired.value IS NULL THEN first_at ELSE COALESCE(first_at, $4) END FROM {} \
             WHERE issue = $5 AND COALESCE(owner, 0) = $6 AND reader = CAST(paired.key AS BIGINT) \
             AND CASE WHEN paired.value IS NOT NULL THEN state IN ({QUEUED}, {SENDING}) ELSE state = {QUEUED} \
             AND EXISTS ({} AND i.state = 'open') END",
            place.pair_table("$7"),
            select_still_mailable()
        );
        let reply = |one: &Settled| one_line(&one.reply, LONGEST_REPLY).into();
        let settled = self
            .settled
            .iter()
            .map(|one| (one.reader.to_string(), reply(one)));
        // Without a reply it is an intent.
        let intended = self
            .intended
            .iter()
            .map(|reader| (reader.to_string(), Value::Null));
        let rows: serde_json::Map<String, Value> = settled.chain(intended).collect();
        let Effect {
            state,
            due_at,
            attempts,
            tried_at,
        } = self.effect;
        let done = sqlx::query(AssertSqlSafe(text))
            .bind(state as i64)
            .bind(due_at)
            .bind(i64::from(attempts))
            .bind(tried_at)
            .bind(self.issue)
            .bind(owner)
            .bind(Value::Object(rows).to_string())
            .execute(connection)
            .await?;
        Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
    }
}

/// The effect of an outcome on a row: its state, when it is due, the increase of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Effect {
    state: DeliveryState,
    due_at: i64,
    attempts: i16,
    /// The time of the attempt, if it counts.
    tried_at: Option<i64>,
}

impl Effect {
    /// The effect without an outcome.
    const NONE: Self = Self {
        state: DeliveryState::Sending,
        due_at: 0,
        attempts: 0,
        tried_at: None,
    };

    fn new(outcome: &Outcome, now: DateTime<Utc>) -> Self {
        let (state, due, attempts) = match outcome {
            Outcome::Sent => (DeliveryState::Sent, now, 1),
            Outcome::Bounced => (DeliveryState::Bounced, now, 1),
            Outcome::Refused | Outcome::GivenUp => (DeliveryState::GivenUp, now, 1),
            Outcome::Deferred(due) | Outcome::Unknown(Some(due)) => {
                (DeliveryState::Queued, *due, 1)
            }
            Outcome::Postponed(due) => (DeliveryState::Queued, *due, 0),
            Outcome::Released | Outcome::HungUp => (DeliveryState::Queued, now, 0),
            Outcome::Unknown(None) => (DeliveryState::Uncertain, now, 1),
        };
        let tried_at = (*outcome != Outcome::Released).then(|| now.timestamp());
        Self {
            state,
            due_at: due.timestamp(),
            attempts,
            tried_at,
        }
    }
}
