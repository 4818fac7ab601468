//! Which slot of a digest an issue fills, and its number.

use anyhow::Context;
use chrono::DateTime;

use crate::config::Schedule;
use crate::digest::Plan;
use crate::ledger::{Issue, IssueState};
use crate::post::{Post, fingerprint_of};
use crate::schedule::turn::Turn;
use crate::store::Store;

impl Turn<'_> {
    /// Which slot of the digest an issue with these posts fills.
    pub(super) fn slot(&self, posts: &[&Post], plan: &Plan<'_>) -> anyhow::Result<String> {
        let now = self.now.to_rfc3339();
        let post = posts.first().map(|post| &*post.id).unwrap_or_default();
        Ok(match (&self.digest.schedule, plan.slot) {
            // What went only into the outbox must not keep the same post from the relay.
            (Schedule::Each, Some(_)) if self.is_for_outbox() => {
                format!("post to the outbox {post}")
            }
            (Schedule::Each, Some(_)) => format!("post {post}"),
            (Schedule::Each, None) => format!("by hand {now} {post}"),
            (Schedule::Cron(_), Some(slot)) => DateTime::from_timestamp(slot, 0)
                .context("the slot is no time")?
                .to_rfc3339(),
            // Two issues by hand within a second differ by their posts.
            (Schedule::Cron(_), None) => {
                let ids: Vec<&str> = posts.iter().map(|post| &*post.id).collect();
                format!("by hand {now} {:016x}", fingerprint_of(&ids))
            }
        })
    }

    /// The issue with these posts, before it has a subject.
    pub(super) async fn issue(
        &self,
        store: &Store,
        posts: &[&Post],
        plan: &Plan<'_>,
    ) -> anyhow::Result<Issue> {
        let slot = self.slot(posts, plan)?;
        let key = store.current_key().await?;
        let digest = self.digest.name.clone();
        Ok(Issue {
            id: key.issue(&digest, &slot),
            digest,
            slot,
            made_at: self.now,
            state: IssueState::Open,
            reason: None,
            subject: String::new(),
            outbox: self.is_for_outbox(),
            key: key.number(),
        })
    }

    fn is_for_outbox(&self) -> bool {
        self.app.config.mail.smtp.is_none()
    }
}
