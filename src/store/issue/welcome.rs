//! Welcomes a reader who has confirmed: by a letter, and the last issue behind it, once for a digest.

use chrono::{DateTime, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::ReaderState;
use crate::ledger::{Issue, IssueId};
use crate::reader::ReaderId;
use crate::store::issue::announced::select_void;
use crate::store::issue::letter::queue;
use crate::store::issue::reopen;
use crate::store::mailable::states;
use crate::store::sql::QUEUED;
use crate::store::{Result, Store};

/// The greeting of whoever gets a digest from now on.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    /// The letter of the day, open; its digest is theirs.
    pub(crate) issue: Issue,
    /// Its mail, compiled.
    pub(crate) compiled: String,
    /// Whether the last issue of the digest comes behind it.
    pub(crate) last_issue: bool,
}

impl Store {
    /// Queues the welcome, once for a reader and digest.
    pub(super) async fn welcome(
        &self,
        tx: &mut Transaction<'static, Any>,
        reader: ReaderId,
        greeting: &Greeting,
        relay: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let digest = &greeting.issue.digest;
        let new = sqlx::query(
            "INSERT INTO received (mark, at, kind) VALUES ($1, $2, 'welcomed') ON CONFLICT (mark) DO NOTHING",
        )
        .bind(format!("welcome:{digest}:{reader}"))
        .bind(now.timestamp())
        .execute(&mut **tx)
        .await?;
        if new.rows_affected() == 0 {
            return Ok(());
        }
        let may_get = states(ReaderState::takes_mail);
        let letter = (&greeting.issue, &*greeting.compiled);
        queue(tx, letter, reader, &may_get, now).await?;
        if greeting.last_issue {
            queue_last(tx, digest, reader, relay, now).await?;
        }
        Ok(())
    }
}

/// Queues the last issue of a digest for a reader, unless they have had it.
async fn queue_last(
    tx: &mut Transaction<'static, Any>,
    digest: &str,
    reader: ReaderId,
    relay: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let void = select_void();
    let text = format!(
        "SELECT id FROM issue WHERE digest = $1 AND kind IN ('scheduled', 'post', 'by hand') AND state IN ('open', 'done') \
         AND outbox <= $2 AND id NOT IN ({void}) ORDER BY made_at DESC, slot DESC LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(digest.to_owned())
        .bind(i64::from(!relay))
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let id: IssueId = row.try_get("id")?;
    let queued = statement!("INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply, name, language) \
         SELECT $1, r.id, {QUEUED}, NULL, $3, 0, NULL, r.name, r.language FROM reader r WHERE r.id = $2 \
         ON CONFLICT (issue, reader) DO NOTHING")
    .bind(id)
    .bind(reader)
    .bind(now.timestamp())
    .execute(&mut **tx)
    .await?;
    if queued.rows_affected() > 0 {
        reopen(tx, id).await?;
    }
    Ok(())
}
