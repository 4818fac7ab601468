//! Letters: mails of the ledger to one reader each, which announce no posts. They tell how to leave, ask to confirm,
//! welcome, or say that another address has taken the place of this one. All letters of one kind, digest and day are
//! deliveries of one issue.

use chrono::{DateTime, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::ReaderState;
use crate::ledger::{Issue, IssueId};
use crate::reader::ReaderId;
use crate::store::issue::reopen;
use crate::store::issue::row::insert_issue;
use crate::store::mailable::states;
use crate::store::sql::QUEUED;
use crate::store::{Result, Store};

/// A letter that answers a message.
#[derive(Debug)]
pub struct Letter<'a> {
    /// The issue of its slot, open: one for all letters of this kind in that time.
    pub issue: &'a Issue,
    /// The compiled mail.
    pub compiled: &'a str,
    /// The recipient.
    pub reader: ReaderId,
    /// The mark of the message that it answers.
    pub mark: &'a str,
}

impl Store {
    /// Queues a letter: at most one for a reader and slot, and one for a message. Returns false if the message was
    /// answered before.
    pub async fn queue_letter(&self, letter: &Letter<'_>, now: DateTime<Utc>) -> Result<bool> {
        let Letter { issue, reader, .. } = letter;
        change!(self, |tx| {
            let new = sqlx::query(
                "INSERT INTO received (mark, at, kind) VALUES ($1, $2, 'answered') ON CONFLICT (mark) DO NOTHING",
            )
            .bind(format!("{}:answered", letter.mark))
            .bind(now.timestamp())
            .execute(&mut *tx)
            .await?;
            if new.rows_affected() == 0 {
                return Ok(false);
            }
            let may_get = states(ReaderState::takes_mail);
            let mail = (*issue, letter.compiled);
            queue(&mut tx, mail, *reader, &may_get, now).await?;
            Ok(true)
        })
    }
}

/// Queues a letter for a reader, once in its slot, if they are in one of these states. The number of the slot's issue.
pub(super) async fn queue(
    tx: &mut Transaction<'static, Any>,
    (issue, compiled): (&Issue, &str),
    reader: ReaderId,
    may_get: &str,
    now: DateTime<Utc>,
) -> Result<IssueId> {
    insert_issue(tx, issue, compiled, "").await?;
    // The slot's letter may have been written under another key.
    let row = sqlx::query("SELECT id FROM issue WHERE digest = $1 AND slot = $2")
        .bind(issue.digest.clone())
        .bind(issue.slot.name.clone())
        .fetch_one(&mut **tx)
        .await?;
    let id: IssueId = row.try_get("id")?;
    let text = format!(
        "INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply, name, language) \
         SELECT $1, r.id, {QUEUED}, NULL, $3, 0, NULL, r.name, r.language FROM reader r WHERE r.id = $2 \
         AND r.state IN ({may_get}) ON CONFLICT (issue, reader) DO NOTHING"
    );
    let queued = sqlx::query(AssertSqlSafe(text))
        .bind(id)
        .bind(reader)
        .bind(now.timestamp())
        .execute(&mut **tx)
        .await?;
    if queued.rows_affected() > 0 {
        reopen(tx, id).await?;
    }
    Ok(id)
}
