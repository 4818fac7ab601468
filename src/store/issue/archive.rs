//! The pages of issues, as they were frozen: with their index and feeds they are the archive.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row};

use crate::ledger::IssueId;
use crate::store::issue::announced::select_void;
use crate::store::readers::read_time;
use crate::store::{Result, Store};

/// Stands for a page that its owner has removed.
const REMOVED: &str = "removed";

/// An issue that has a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchivedIssue {
    pub(crate) id: IssueId,
    pub(crate) digest: String,
    pub(crate) subject: String,
    /// The time of the freeze.
    pub(crate) made_at: DateTime<Utc>,
    /// Whether readers have got it or will: it was not cancelled before the first nor removed, nor did it go only into the outbox
    /// before there was a relay.
    pub(crate) is_published: bool,
}

impl Store {
    /// Every issue that was frozen with a page, the newest first; those of one moment by their digests, and by the post that
    /// they are about, whose id begins with its date where it was minted. `relay`: whether a relay is set.
    pub(crate) async fn load_archived_issues(&self, relay: bool) -> Result<Vec<ArchivedIssue>> {
        let void = select_void();
        let text = format!(
            "SELECT id, digest, slot, subject, made_at, CASE WHEN outbox <= $1 AND page <> '{REMOVED}' AND id NOT IN ({void}) THEN CAST(1 AS BIGINT) ELSE 0 END \
             AS published FROM issue WHERE page <> '' AND kind IN ('scheduled', 'post', 'by hand')"
        );
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(i64::from(!relay))
            .fetch_all(&self.pool)
            .await?;
        let mut issues = Vec::with_capacity(rows.len());
        for row in &rows {
            let slot: String = row.try_get("slot")?;
            let issue = ArchivedIssue {
                id: row.try_get("id")?,
                digest: row.try_get("digest")?,
                subject: row.try_get("subject")?,
                made_at: read_time(row.try_get("made_at")?)?,
                is_published: row.try_get::<i64, _>("published")? == 1,
            };
            issues.push((slot, issue));
        }
        // Each database sorts texts in its own way.
        issues.sort_by(|(slot, issue), (other_slot, other)| {
            let by_time = other.made_at.cmp(&issue.made_at);
            by_time
                .then_with(|| issue.digest.cmp(&other.digest))
                .then_with(|| other_slot.cmp(slot))
        });
        Ok(issues.into_iter().map(|(_, issue)| issue).collect())
    }

    /// Forgets the page of an issue, on every machine; false where it has none.
    pub(crate) async fn remove_page(&self, id: IssueId) -> Result<bool> {
        change!(self, |tx| {
            let query =
                sqlx::query("UPDATE issue SET page = $1 WHERE id = $2 AND page NOT IN ('', $1)");
            let changed = query.bind(REMOVED).bind(id).execute(&mut *tx).await?;
            Ok(changed.rows_affected() == 1)
        })
    }

    /// The page of an issue, as it was frozen.
    pub(crate) async fn load_page(&self, id: IssueId) -> Result<String> {
        let row = sqlx::query("SELECT page FROM issue WHERE id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("page")?)
    }
}
