//! Issues: their content, their state and its changes.

mod announced;
mod archive;
mod confirmation;
mod freeze;
mod letter;
mod missed;
mod moving;
mod resend;
mod row;
mod welcome;

use sqlx::{Any, AssertSqlSafe, Row, Transaction};

pub(crate) use confirmation::{Agreement, Confirmation, JoinAnswer, JoinRequest};
pub use freeze::{Freeze, Frozen};
pub(crate) use letter::Letter;
pub(crate) use missed::{Missed, UnknownOutcome};
pub use resend::Resent;
pub(super) use row::{read_delivery_state, read_small, reopen};
pub(crate) use welcome::Greeting;

use crate::finding::one_line;
use crate::ledger::{Counts, DigestProgress, Issue, IssueId, IssueState};
use crate::store::connect::StorePlace;
use crate::store::rename::read_count;
use crate::store::sql::{GIVEN_UP, QUEUED};
use crate::store::{LONGEST_REPLY, Result, Store};
use row::{COLUMNS, parse_state, read_issue};

impl Store {
    /// The progress of the digest. A reopened issue keeps the counts with which it had ended.
    pub async fn load_progress(&self, digest: &str) -> Result<DigestProgress> {
        let text = "SELECT COUNT(*) AS frozen, \
            COUNT(CASE WHEN counts IS NOT NULL OR state = 'cancelled' THEN 1 END) AS ended \
            FROM issue WHERE digest = $1 AND kind <> 'known'";
        let query = sqlx::query(text).bind(digest.to_owned());
        let row = query.fetch_one(&self.pool).await?;
        Ok(DigestProgress {
            frozen: read_count(&row, "frozen")?,
            ended: read_count(&row, "ended")?,
        })
    }

    /// All issues that had recipients, the newest first.
    pub async fn load_issues(&self) -> Result<Vec<Issue>> {
        let text =
            format!("SELECT {COLUMNS} FROM issue WHERE kind <> 'known' ORDER BY made_at DESC, id");
        sqlx::query(AssertSqlSafe(text))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(read_issue)
            .collect()
    }

    /// The issue of this number.
    pub async fn load_issue(&self, id: IssueId) -> Result<Option<Issue>> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM issue WHERE id = $1"
        )))
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(read_issue).transpose()
    }

    /// The issues with waiting deliveries, oldest first.
    pub async fn load_open_issues(&self) -> Result<Vec<Issue>> {
        let text = format!("SELECT {COLUMNS} FROM issue WHERE state = 'open' ORDER BY made_at, id");
        sqlx::query(AssertSqlSafe(text))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(read_issue)
            .collect()
    }

    /// The compiled mail of an issue, as it was frozen.
    pub async fn load_compiled(&self, id: IssueId) -> Result<String> {
        let row = sqlx::query("SELECT compiled FROM issue WHERE id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("compiled")?)
    }

    /// Moves an issue to another state. Returns false if it is not in `from`.
    pub async fn change_issue(
        &self,
        id: IssueId,
        from: &[IssueState],
        to: IssueState,
        reason: Option<&str>,
    ) -> Result<bool> {
        change!(self, |tx| {
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
                statement!("UPDATE delivery SET state = {GIVEN_UP}, reply = 'cancelled' WHERE issue = $1 AND state = {QUEUED} AND owner IS NULL")
            .bind(id)
            .execute(&mut *tx)
            .await?;
            }
            Ok(true)
        })
    }

    /// Locks an issue's row to the end of the transaction, so that nobody closes or reopens it. Returns its state.
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
        parse_state(
            sqlx::query(AssertSqlSafe(text))
                .bind(id)
                .fetch_one(&mut **tx)
                .await?
                .try_get("state")?,
        )
    }

    /// How many deliveries of an issue are in each state.
    pub async fn count_deliveries(&self, id: IssueId) -> Result<Counts> {
        let mut counts = Counts::default();
        let rows = sqlx::query(
            "SELECT state, COUNT(*) AS n FROM delivery WHERE issue = $1 GROUP BY state",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        for row in &rows {
            counts[read_delivery_state(row)?] = row.try_get::<i64, _>("n")?.unsigned_abs();
        }
        Ok(counts)
    }
}
