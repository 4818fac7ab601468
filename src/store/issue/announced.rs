//! The posts that issues have carried to readers, and those that are merely known.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::ledger::{Issue, IssueId, IssueState, KeyNumber, Slot};
use crate::store::issue::row::insert_issue;
use crate::store::sql::{BOUNCED, SENDING, SENT, UNCERTAIN};
use crate::store::{Result, Store};
use crate::token::random_id;

/// Selects the issues that were cancelled before anybody can have got them: their posts count as never announced.
pub(super) fn select_void() -> String {
    format!(
        "SELECT v.id FROM issue v WHERE v.state = 'cancelled' \
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.issue = v.id AND d.state IN ({SENDING}, {SENT}, {BOUNCED}, {UNCERTAIN})) \
    AND NOT EXISTS (SELECT 1 FROM event e WHERE e.issue = v.id AND e.kind = 'uncertain')"
    )
}

impl Store {
    /// Loads the ids of the posts that the digest has announced; with `relay`, issues that went only into the outbox do
    /// not count.
    pub async fn load_announced(&self, digest: &str, relay: bool) -> Result<HashSet<String>> {
        let void = select_void();
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT a.post FROM announced a JOIN issue i ON i.id = a.issue \
             WHERE a.digest = $1 AND i.outbox <= $2 AND i.id NOT IN ({void})"
        )))
        .bind(digest.to_owned())
        .bind(i64::from(!relay))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("post")?)).collect()
    }

    /// The ids of the posts that an issue with recipients has carried; with `relay`, the outbox does not count.
    pub async fn load_carried(&self, digest: &str, relay: bool) -> Result<HashSet<String>> {
        let void = select_void();
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT a.post FROM announced a JOIN issue i ON i.id = a.issue \
             WHERE a.digest = $1 AND i.outbox <= $2 AND i.kind <> 'known' AND i.id NOT IN ({void})"
        )))
        .bind(digest.to_owned())
        .bind(i64::from(!relay))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("post")?)).collect()
    }

    /// Takes these posts as known from now on, under an issue without recipients.
    pub async fn know_posts(
        &self,
        digest: &str,
        posts: &[String],
        now: DateTime<Utc>,
    ) -> Result<()> {
        change!(self, |tx| {
            let id = random_id().into();
            know(&mut tx, digest, id, Slot::known(now, id), posts, now).await
        })
    }

    /// Whether nobody can have got a cancelled issue, so that its posts are news again.
    pub async fn is_void(&self, id: IssueId) -> Result<bool> {
        let void = select_void();
        let text = format!("SELECT COUNT(*) AS n FROM issue WHERE id = $1 AND id IN ({void})");
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(id)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get::<i64, _>("n")? > 0)
    }
}

/// Records posts as known, under an issue of this slot without recipients, unless there is one.
pub(super) async fn know(
    tx: &mut Transaction<'static, Any>,
    digest: &str,
    id: IssueId,
    slot: Slot,
    posts: &[String],
    now: DateTime<Utc>,
) -> Result<()> {
    let issue = Issue {
        id,
        digest: digest.to_owned(),
        slot,
        made_at: now,
        state: IssueState::Done,
        reason: None,
        subject: String::new(),
        outbox: false,
        key: KeyNumber::NONE,
    };
    if insert_issue(tx, &issue, "", "").await? {
        announce(tx, &issue, posts).await?;
    }
    Ok(())
}

/// Records the posts that an issue announces.
pub(super) async fn announce(
    tx: &mut Transaction<'static, Any>,
    issue: &Issue,
    posts: &[String],
) -> Result<()> {
    for posts in posts.chunks(100) {
        let rows: Vec<String> = (0..posts.len())
            .map(|row| format!("($1,${},$2)", row + 3))
            .collect();
        // A post that is merely known, went only into the outbox, or that nobody has got, may be announced again, and
        // then belongs to the later issue. A post that went to a relay stays with its issue.
        let text = format!(
            "INSERT INTO announced (digest, post, issue) VALUES {} \
             ON CONFLICT (digest, post) DO UPDATE SET issue = excluded.issue \
             WHERE announced.issue IN (SELECT o.id FROM issue o WHERE o.outbox = 1 OR o.kind = 'known') \
             OR announced.issue IN ({})",
            rows.join(","),
            select_void()
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(text))
            .bind(issue.digest.clone())
            .bind(issue.id);
        for post in posts {
            query = query.bind(post.clone());
        }
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Whether an issue with recipients has carried one of these posts; the outbox counts if this issue goes there, too.
pub(super) async fn is_carried(
    tx: &mut Transaction<'static, Any>,
    issue: &Issue,
    posts: &[String],
) -> Result<bool> {
    for posts in posts.chunks(100) {
        let places: Vec<String> = (0..posts.len())
            .map(|post| format!("${}", post + 3))
            .collect();
        let text = format!(
            "SELECT COUNT(*) AS n FROM announced a JOIN issue i ON i.id = a.issue WHERE a.digest = $1 \
             AND i.outbox <= $2 AND i.kind <> 'known' AND i.id NOT IN ({}) AND a.post IN ({})",
            select_void(),
            places.join(",")
        );
        let mut query = sqlx::query(AssertSqlSafe(text))
            .bind(issue.digest.clone())
            .bind(i64::from(issue.outbox));
        for post in posts {
            query = query.bind(post.clone());
        }
        if query.fetch_one(&mut **tx).await?.try_get::<i64, _>("n")? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
