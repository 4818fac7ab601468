//! The slot that an issue fills, and the number of the issue.

use anyhow::Context;
use chrono::DateTime;

use crate::config::Schedule;
use crate::digest::Plan;
use crate::ledger::{Issue, IssueId, IssueState, Slot};
use crate::post::{Post, fingerprint_of};
use crate::schedule::turn::Turn;
use crate::store::Store;
use crate::token::Key;

impl Turn<'_> {
    /// Chooses the slot of the digest that an issue with these posts fills.
    fn choose_slot(&self, posts: &[&Post], plan: &Plan<'_>) -> anyhow::Result<Slot> {
        let post = posts.first().map(|post| &*post.id).unwrap_or_default();
        Ok(match (&self.digest.schedule, plan.slot) {
            (_, None) => {
                let ids: Vec<&str> = posts.iter().map(|post| &*post.id).collect();
                Slot::by_hand(self.now, plan.earlier, fingerprint_of(&ids))
            }
            (Schedule::Each, Some(_)) => Slot::post(post, self.is_for_outbox()),
            (Schedule::Cron(_), Some(slot)) => {
                let at = DateTime::from_timestamp(slot, 0).context("the slot is no time")?;
                Slot::scheduled(at)
            }
        })
    }

    /// The slot and the number of an issue with these posts, as they are known before it is frozen.
    pub(super) fn name_issue(
        &self,
        posts: &[&Post],
        plan: &Plan<'_>,
        key: &Key,
    ) -> anyhow::Result<(Slot, IssueId)> {
        let slot = self.choose_slot(posts, plan)?;
        // A cancelled issue has left its slot to the next, but not its number.
        let id = key.issue(&self.digest.name, &slot.name, plan.earlier);
        Ok((slot, id))
    }

    /// The issue with these posts, before it has a subject.
    pub(super) async fn make_issue(
        &self,
        store: &Store,
        posts: &[&Post],
        plan: &Plan<'_>,
    ) -> anyhow::Result<Issue> {
        let key = store.load_current_key().await?;
        let (slot, id) = self.name_issue(posts, plan, &key)?;
        Ok(Issue {
            id,
            digest: self.digest.name.clone(),
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
        !self.app.config.mail.has_relay()
    }
}
