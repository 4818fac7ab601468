//! Reads and writes the rows of issues and deliveries.

use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

use crate::ledger::{DeliveryState, Issue, IssueId, IssueState, Slot, SlotKind};
use crate::store::readers::read_time;
use crate::store::{Result, StoreError};

/// The columns that [`read_issue`] reads.
pub(super) const COLUMNS: &str =
    "id, digest, slot, kind, made_at, state, reason, subject, outbox, key";

pub(super) async fn insert_issue(
    tx: &mut Transaction<'static, Any>,
    issue: &Issue,
    compiled: &str,
    page: &str,
) -> Result<bool> {
    let made = sqlx::query(
        "INSERT INTO issue (id, digest, slot, kind, made_at, state, reason, counts, subject, page, compiled, outbox, key) \
         VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
    )
    .bind(issue.id)
    .bind(issue.digest.clone())
    .bind(issue.slot.name.clone())
    .bind(issue.slot.kind.word())
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

/// Opens an issue that is done: someone waits again.
pub(in crate::store) async fn reopen(
    tx: &mut Transaction<'static, Any>,
    id: IssueId,
) -> Result<()> {
    sqlx::query("UPDATE issue SET state = 'open' WHERE id = $1 AND state = 'done'")
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A small integer, of whichever width the database gives it.
pub(in crate::store) fn read_small(row: &AnyRow, column: &str) -> Result<i64> {
    Ok(row
        .try_get::<i64, _>(column)
        .or_else(|_| row.try_get::<i16, _>(column).map(i64::from))?)
}

pub(in crate::store) fn read_delivery_state(row: &AnyRow) -> Result<DeliveryState> {
    let number = read_small(row, "state")?;
    let state = DeliveryState::ALL
        .into_iter()
        .find(|known| *known as i64 == number);
    state.ok_or_else(|| StoreError::Damaged(format!("{number} is no state")))
}

pub(super) fn parse_state(word: &str) -> Result<IssueState> {
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

fn parse_slot_kind(word: &str) -> Result<SlotKind> {
    let kind = SlotKind::ALL.into_iter().find(|kind| kind.word() == word);
    kind.ok_or_else(|| StoreError::Damaged(format!("`{word}` is no kind of slot")))
}

pub(super) fn read_issue(row: &AnyRow) -> Result<Issue> {
    Ok(Issue {
        id: row.try_get("id")?,
        digest: row.try_get("digest")?,
        slot: Slot {
            kind: parse_slot_kind(row.try_get("kind")?)?,
            name: row.try_get("slot")?,
        },
        made_at: read_time(row.try_get("made_at")?)?,
        state: parse_state(row.try_get("state")?)?,
        reason: row.try_get("reason")?,
        subject: row.try_get("subject")?,
        outbox: read_small(row, "outbox")? != 0,
        key: row.try_get("key")?,
    })
}
