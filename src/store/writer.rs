//! The ledger's one writer: commits whatever waits in one transaction, so that durability costs little.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::ledger::{IssueId, IssueState, Outcome, Owner, Settled, State};
use crate::reader::ReaderId;
use crate::store::{MOST_LISTED, Result, Store, StoreError, StorePlace, list};

/// How many jobs are committed together at most.
const MOST_JOBS: usize = 500;
/// How many deliveries one statement settles at most: PostgreSQL answers late where a statement exceeds some 15 KB.
const MOST_ROWS: usize = 50;
/// How often a commit that met a lock or a deadlock is tried.
const TRIES: u32 = 3;
/// The longest reply that is kept, in characters.
const LONGEST_REPLY: usize = 500;

/// Something to be made durable.
#[derive(Debug)]
pub(super) enum Job {
    /// These deliveries are about to be sent; answered once that is durable.
    Intend(IssueId, Vec<ReaderId>, oneshot::Sender<Result<Vec<ReaderId>>>),
    /// This came of them.
    Settle(IssueId, Vec<Settled>, DateTime<Utc>),
    /// Answered once everything before it is durable.
    Flush(oneshot::Sender<Result<()>>),
}

/// Works until nobody can give it a job any more. After a failure nothing more is written: what the ledger does not
/// hold must not be sent, and the next sender puts the rest in order.
pub(super) async fn write(store: Store, owner: Owner, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut failed: Option<String> = None;
    while let Some(first) = jobs.recv().await {
        let mut waiting = vec![first];
        while waiting.len() < MOST_JOBS {
            match jobs.try_recv() {
                Ok(job) => waiting.push(job),
                Err(_) => break,
            }
        }
        let mut refused = Refused::default();
        if failed.is_none() {
            match commit_patiently(&store, owner, &waiting).await {
                Ok(some) => refused = some,
                Err(error) => failed = Some(error.to_string()),
            }
        }
        let written = || failed.clone().map_or(Ok(()), |words| Err(StoreError::Writer(words)));
        for job in waiting {
            // Whoever asked may have gone.
            match job {
                Job::Intend(issue, _, done) if refused.stopped.contains(&issue) => {
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

/// The intents that were refused.
#[derive(Debug, Default)]
struct Refused {
    /// Issues that are not open any more.
    stopped: HashSet<IssueId>,
    /// Readers who have left, complained, bounced or been forgotten since the claim.
    gone: HashSet<(IssueId, ReaderId)>,
}

async fn commit_patiently(store: &Store, owner: Owner, jobs: &[Job]) -> Result<Refused> {
    let mut tries = 0;
    loop {
        tries += 1;
        match commit(store, owner, jobs).await {
            Err(error) if tries < TRIES && error.is_passing() => {}
            result => return result,
        }
    }
}

/// Writes down all jobs; what was stopped meanwhile, of which nothing may be sent.
async fn commit(store: &Store, owner: Owner, jobs: &[Job]) -> Result<Refused> {
    let mut intents: BTreeMap<IssueId, Vec<ReaderId>> = BTreeMap::new();
    let mut settled: BTreeMap<(IssueId, Effect), Vec<&Settled>> = BTreeMap::new();
    let mut judged = Vec::new();
    for job in jobs {
        match job {
            Job::Intend(issue, readers, _) => intents.entry(*issue).or_default().extend(readers),
            Job::Settle(issue, list, now) => {
                for one in list {
                    settled.entry((*issue, Effect::of(&one.outcome, *now))).or_default().push(one);
                    if matches!(one.outcome, Outcome::Uncertain(_) | Outcome::Bounced | Outcome::Refused) {
                        judged.push((*issue, one, *now));
                    }
                }
            }
            Job::Flush(_) => {}
        }
    }
    let mut changes: Vec<Change> =
        intents.iter().map(|(issue, readers)| Change::intend(&store.place, owner, *issue, readers)).collect();
    for ((issue, effect), list) in settled {
        changes.extend(list.chunks(MOST_ROWS).map(|some| Change::settle(&store.place, owner, issue, effect, some)));
    }
    if changes.is_empty() {
        return Ok(Refused::default());
    }
    if judged.is_empty() && store.place != StorePlace::Server {
        let mut connection = store.pool.acquire().await?;
        let counts = write_at_once(&mut connection, &changes).await?;
        return refused(&mut connection, &store.place, owner, &changes, &counts).await;
    }
    let mut tx = store.begin().await?;
    let mut counts = Vec::with_capacity(changes.len());
    for change in &changes {
        let query = sqlx::query(AssertSqlSafe(change.numbered(1)));
        counts.push(change.bind(query).execute(&mut *tx).await?.rows_affected());
    }
    let refused = refused(&mut tx, &store.place, owner, &changes, &counts).await?;
    // In one order, so that two senders never wait for each other crosswise.
    judged.sort_by_key(|(_, one, _)| one.reader);
    for (issue, one, now) in judged {
        judge(&mut tx, &store.place, issue, one, now).await?;
    }
    tx.commit().await?;
    Ok(refused)
}

/// On SQLite: all changes and their commit as one text, since each statement by itself costs two changes of thread. How
/// many rows each has changed.
async fn write_at_once(connection: &mut AnyConnection, changes: &[Change]) -> Result<Vec<u64>> {
    let mut text = String::from("BEGIN IMMEDIATE; ");
    let mut first = 1;
    for change in changes {
        text.push_str(&change.numbered(first));
        text.push_str("; SELECT changes() AS n; ");
        first += change.values.len();
    }
    text.push_str("COMMIT");
    let mut query = sqlx::query(AssertSqlSafe(text));
    for change in changes {
        query = change.bind(query);
    }
    match query.fetch_all(&mut *connection).await {
        Ok(rows) => rows.iter().map(|row| Ok(row.try_get::<i64, _>("n")?.unsigned_abs())).collect(),
        Err(error) => {
            // Where the transaction has ended by itself there is nothing to take back.
            let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
            Err(error.into())
        }
    }
}

/// The intents that did not change every row: their issue is not open any more, or the reader has gone and is suppressed
/// now. Any other row that was not there to be changed is not ours any more.
async fn refused(
    connection: &mut AnyConnection,
    place: &StorePlace,
    owner: Owner,
    changes: &[Change],
    counts: &[u64],
) -> Result<Refused> {
    let mut refused = Refused::default();
    for (change, count) in changes.iter().zip(counts).filter(|(change, count)| change.rows != **count) {
        if change.intended.is_empty() {
            return Err(StoreError::Lost);
        }
        let row =
            sqlx::query("SELECT state FROM issue WHERE id = $1").bind(change.issue).fetch_one(&mut *connection).await?;
        if row.try_get::<&str, _>("state")? != IssueState::Open.word() {
            refused.stopped.insert(change.issue);
            continue;
        }
        let text = format!(
            "UPDATE delivery SET state = 4, owner = NULL, reply = (SELECT CASE r.state WHEN 'active' THEN 'left' \
             ELSE r.state END FROM reader r WHERE r.id = delivery.reader) \
             WHERE issue = $1 AND owner = $2 AND state = 0 AND {} RETURNING reader",
            place.among("reader", "$3")
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(change.issue).bind(owner).bind(list(&change.intended));
        let gone = query.fetch_all(&mut *connection).await?;
        if count + gone.len() as u64 != change.rows {
            return Err(StoreError::Lost);
        }
        for row in gone {
            refused.gone.insert((change.issue, row.try_get("reader")?));
        }
    }
    Ok(refused)
}

/// One statement that changes so many deliveries, or fewer where they are not ours any more. `COALESCE` keeps both
/// databases from looking through all that this sender owns instead of finding each row by its key.
struct Change {
    issue: IssueId,
    /// The readers to whom something is about to be sent; none where it settles.
    intended: Vec<ReaderId>,
    rows: u64,
    /// `#` stands for the next of the values.
    text: String,
    values: Vec<Value>,
}

enum Value {
    Number(i64),
    Time(Option<i64>),
    Text(String),
}

impl Change {
    /// Marks as being sent, where the issue is open and the reader has not gone since the claim.
    fn intend(place: &StorePlace, owner: Owner, issue: IssueId, readers: &[ReaderId]) -> Self {
        let text = format!(
            "UPDATE delivery SET state = 1 WHERE issue = # AND COALESCE(owner, 0) = # AND state = 0 AND {} \
             AND EXISTS (SELECT 1 FROM issue i JOIN reader r ON r.id = delivery.reader \
             WHERE i.id = # AND i.state = 'open' AND r.state = 'active' \
             AND (EXISTS (SELECT 1 FROM subscription s WHERE s.digest = i.digest AND s.reader = r.id) OR NOT EXISTS \
             (SELECT 1 FROM event e WHERE e.reader = r.id AND e.kind = 'left' AND e.detail = i.digest)))",
            place.among("reader", "#")
        );
        let values = [Value::Number(issue), Value::Number(owner), Value::Text(list(readers)), Value::Number(issue)];
        Self { issue, intended: readers.to_vec(), rows: readers.len() as u64, text, values: values.into() }
    }

    /// Writes down what came of the attempts.
    fn settle(place: &StorePlace, owner: Owner, issue: IssueId, effect: Effect, settled: &[&Settled]) -> Self {
        let replies: serde_json::Map<_, _> = settled
            .iter()
            .map(|one| (one.reader.to_string(), one.reply.chars().take(LONGEST_REPLY).collect::<String>().into()))
            .collect();
        let text = format!(
            "UPDATE delivery SET state = #, owner = NULL, due_at = #, attempts = attempts + #, reply = paired.value, \
             first_at = COALESCE(first_at, #) FROM {} \
             WHERE issue = # AND COALESCE(owner, 0) = # AND state IN (0, 1) AND reader = CAST(paired.key AS BIGINT)",
            place.paired("#")
        );
        let values = [
            Value::Number(effect.state as i64),
            Value::Number(effect.due_at),
            Value::Number(effect.attempts.into()),
            Value::Time(effect.tried_at),
            Value::Text(serde_json::Value::Object(replies).to_string()),
            Value::Number(issue),
            Value::Number(owner),
        ];
        Self { issue, intended: Vec::new(), rows: settled.len() as u64, text, values: values.into() }
    }

    /// The text with its values numbered from `first`.
    fn numbered(&self, first: usize) -> String {
        let mut numbered = String::with_capacity(self.text.len() + 4 * self.values.len());
        for (number, part) in self.text.split('#').enumerate() {
            if number > 0 {
                numbered.push_str(&format!("${}", first + number - 1));
            }
            numbered.push_str(part);
        }
        numbered
    }

    fn bind<'q>(&self, mut query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        for value in &self.values {
            query = match value {
                Value::Number(number) => query.bind(*number),
                Value::Time(time) => query.bind(*time),
                Value::Text(text) => query.bind(text.clone()),
            };
        }
        query
    }
}

/// What an outcome does to a row: its state, when it is due, by how much the attempts grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Effect {
    state: State,
    due_at: i64,
    attempts: i16,
    /// When it was tried, where it counts as an attempt.
    tried_at: Option<i64>,
}

impl Effect {
    fn of(outcome: &Outcome, now: DateTime<Utc>) -> Self {
        let (state, due, attempts) = match outcome {
            Outcome::Sent => (State::Sent, now, 1),
            Outcome::Bounced => (State::Bounced, now, 1),
            Outcome::Refused | Outcome::GivenUp => (State::GivenUp, now, 1),
            Outcome::Deferred(due) | Outcome::Uncertain(Some(due)) => (State::Queued, *due, 1),
            Outcome::Released => (State::Queued, now, 0),
            Outcome::Uncertain(None) => (State::Uncertain, now, 1),
        };
        Self { state, due_at: due.timestamp(), attempts, tried_at: (attempts > 0).then(|| now.timestamp()) }
    }
}

/// What an outcome says about the reader: noted, and where the address is bad nothing more goes there.
async fn judge(
    tx: &mut Transaction<'static, Any>,
    place: &StorePlace,
    issue: IssueId,
    settled: &Settled,
    now: DateTime<Utc>,
) -> Result<()> {
    let reader = settled.reader;
    let kind = match settled.outcome {
        Outcome::Uncertain(_) => "uncertain",
        Outcome::Refused => "refused",
        _ => "bounced",
    };
    note(tx, place, issue, &[reader], now, (kind, &settled.reply)).await?;
    if settled.outcome == Outcome::Refused && refused_in_a_row(tx, reader).await? >= 3 {
        note(tx, place, issue, &[reader], now, ("bounced", &settled.reply)).await?;
    } else if settled.outcome != Outcome::Bounced {
        return Ok(());
    }
    sqlx::query("UPDATE reader SET state = 'bounced' WHERE id = $1 AND state IN ('active', 'pending')")
        .bind(reader)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Appends an event for each of these readers.
pub(super) async fn note(
    tx: &mut Transaction<'static, Any>,
    place: &StorePlace,
    issue: IssueId,
    readers: &[ReaderId],
    now: DateTime<Utc>,
    (kind, detail): (&'static str, &str),
) -> Result<()> {
    let text = format!(
        "INSERT INTO event (reader, issue, at, kind, detail) SELECT CAST(value AS BIGINT), $1, $2, $3, $4 FROM {}",
        place.listed("$5")
    );
    for readers in readers.chunks(MOST_LISTED) {
        sqlx::query(AssertSqlSafe(text.clone()))
            .bind(issue)
            .bind(now.timestamp())
            .bind(kind)
            .bind(detail.chars().take(LONGEST_REPLY).collect::<String>())
            .bind(list(readers))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
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
