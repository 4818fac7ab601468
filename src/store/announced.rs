//! What an issue has carried to readers, and what is merely known.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row};

use crate::ledger::{Issue, IssueState};
use crate::store::issues::{VOID, announce, insert_issue};
use crate::store::{Result, Store};
use crate::token::random_id;

impl Store {
    /// The ids of the posts that an issue with recipients has carried; with `relay`, the outbox does not count.
    pub async fn carried(&self, digest: &str, relay: bool) -> Result<HashSet<String>> {
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT a.post FROM announced a JOIN issue i ON i.id = a.issue \
             WHERE a.digest = $1 AND i.outbox <= $2 AND i.slot NOT LIKE 'begin%' AND i.id NOT IN ({VOID})"
        )))
        .bind(digest.to_owned())
        .bind(i64::from(!relay))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("post")?)).collect()
    }

    /// Takes these posts as known from now on, under an issue without recipients.
    pub async fn know_posts(&self, digest: &str, posts: &[String], now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        let issue = Issue {
            id: random_id(),
            digest: digest.to_owned(),
            slot: format!("begin {}", now.to_rfc3339()),
            made_at: now,
            state: IssueState::Done,
            reason: None,
            subject: String::new(),
            outbox: false,
            key: 0,
        };
        if insert_issue(&mut tx, &issue, "", "").await? {
            announce(&mut tx, &issue, posts).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
