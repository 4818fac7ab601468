//! The ledger's one writer: commits whatever waits in one transaction, so that durability costs little.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};
use tokio::sync::{mpsc, oneshot};

use crate::ledger::{IssueId, IssueState, Outcome, Owner, Settled, State};
use crate::reader::ReaderId;
use crate::store::{Result, Store, StoreError, integers};

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
    Intend(IssueId, Vec<ReaderId>, oneshot::Sender<Result<()>>),
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
        let mut stopped = HashSet::new();
        if failed.is_none() {
            match commit_patiently(&store, owner, &waiting).await {
                Ok(issues) => stopped = issues,
                Err(error) => failed = Some(error.to_string()),
            }
        }
        for job in waiting {
            let (issue, done) = match job {
                Job::Intend(issue, _, done) => (Some(issue), done),
                Job::Flush(done) => (None, done),
                Job::Settle(..) => continue,
            };
            // Whoever asked may have gone.
            let _ = done.send(match &failed {
                Some(words) => Err(StoreError::Writer(words.clone())),
                None if issue.is_some_and(|issue| stopped.contains(&issue)) => Err(StoreError::Stopped),
                None => Ok(()),
            });
        }
    }
}

async fn commit_patiently(store: &Store, owner: Owner, jobs: &[Job]) -> Result<HashSet<IssueId>> {
    let mut tries = 0;
    loop {
        tries += 1;
        match commit(store, owner, jobs).await {
            Err(error) if tries < TRIES && error.is_passing() => {}
            result => return result,
        }
    }
}

/// Writes down all jobs; the issues that were stopped meanwhile, of which nothing may be sent.
async fn commit(store: &Store, owner: Owner, jobs: &[Job]) -> Result<HashSet<IssueId>> {
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
    let mut stopped = HashSet::new();
    if intents.is_empty() && settled.is_empty() {
        return Ok(stopped);
    }
    let mut tx = store.begin().await?;
    for (issue, readers) in intents {
        if !intend(&mut tx, owner, issue, &readers).await? {
            stopped.insert(issue);
        }
    }
    for ((issue, effect), list) in settled {
        for some in list.chunks(MOST_ROWS) {
            settle(&mut tx, owner, issue, effect, some).await?;
        }
    }
    // In one order, so that two senders never wait for each other crosswise.
    judged.sort_by_key(|(_, one, _)| one.reader);
    for (issue, one, now) in judged {
        judge(&mut tx, issue, one, now).await?;
    }
    tx.commit().await?;
    Ok(stopped)
}

/// Marks as being sent; false where the issue is not open any more.
async fn intend(
    tx: &mut Transaction<'static, Any>,
    owner: Owner,
    issue: IssueId,
    readers: &[ReaderId],
) -> Result<bool> {
    let text = format!(
        "UPDATE delivery SET state = 1 WHERE issue = $1 AND owner = $2 AND state = 0 AND reader IN ({}) \
         AND EXISTS (SELECT 1 FROM issue WHERE id = $1 AND state = 'open')",
        integers(readers.iter().copied())
    );
    let done = sqlx::query(AssertSqlSafe(text)).persistent(false).bind(issue).bind(owner).execute(&mut **tx).await?;
    if done.rows_affected() == readers.len() as u64 {
        return Ok(true);
    }
    let row = sqlx::query("SELECT state FROM issue WHERE id = $1").bind(issue).fetch_one(&mut **tx).await?;
    if row.try_get::<&str, _>("state")? == IssueState::Open.word() { Err(StoreError::Lost) } else { Ok(false) }
}

/// What an outcome does to a row: its state, when it is due, by how much the attempts grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Effect {
    state: State,
    due_at: i64,
    attempts: i16,
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
        Self { state, due_at: due.timestamp(), attempts }
    }
}

async fn settle(
    tx: &mut Transaction<'static, Any>,
    owner: Owner,
    issue: IssueId,
    effect: Effect,
    settled: &[&Settled],
) -> Result<()> {
    let rows: Vec<String> =
        settled.iter().enumerate().map(|(number, one)| format!("({},${})", one.reader, number + 6)).collect();
    let text = format!(
        "UPDATE delivery SET state = $1, owner = NULL, due_at = $2, attempts = attempts + $3, reply = v.column2 \
         FROM (VALUES {}) AS v WHERE issue = $4 AND owner = $5 AND state IN (0, 1) AND reader = v.column1",
        rows.join(",")
    );
    let mut query = sqlx::query(AssertSqlSafe(text))
        .persistent(false)
        .bind(effect.state as i16)
        .bind(effect.due_at)
        .bind(effect.attempts)
        .bind(issue)
        .bind(owner);
    for one in settled {
        query = query.bind(one.reply.chars().take(LONGEST_REPLY).collect::<String>());
    }
    let done = query.execute(&mut **tx).await?;
    if done.rows_affected() == settled.len() as u64 { Ok(()) } else { Err(StoreError::Lost) }
}

/// What an outcome says about the reader: noted, and where the address is bad nothing more goes there.
async fn judge(
    tx: &mut Transaction<'static, Any>,
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
    note(tx, issue, &[reader], now, kind, &settled.reply).await?;
    if settled.outcome == Outcome::Refused && refused_in_a_row(tx, reader).await? >= 3 {
        note(tx, issue, &[reader], now, "bounced", &settled.reply).await?;
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
    issue: IssueId,
    readers: &[ReaderId],
    now: DateTime<Utc>,
    kind: &'static str,
    detail: &str,
) -> Result<()> {
    for readers in readers.chunks(MOST_ROWS) {
        let rows: Vec<String> = readers.iter().map(|reader| format!("({reader},$1,$2,$3,$4)")).collect();
        let text = format!("INSERT INTO event (reader, issue, at, kind, detail) VALUES {}", rows.join(","));
        sqlx::query(AssertSqlSafe(text))
            .persistent(false)
            .bind(issue)
            .bind(now.timestamp())
            .bind(kind)
            .bind(detail.chars().take(LONGEST_REPLY).collect::<String>())
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
