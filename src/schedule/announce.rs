//! From the plan to the mail: each issue is composed, frozen and sent.

use anyhow::bail;

use crate::app::COPIED;
use crate::config::{Digest, Schedule};
use crate::delivery::Mailer;
use crate::digest::{IssuePage, Plan};
use crate::ending::Ending;
use crate::finding::{Finding, Rule};
use crate::ledger::{Issue, IssueState};
use crate::message::Compiled;
use crate::post::Post;
use crate::schedule::compose::Composed;
use crate::schedule::send::send_issue;
use crate::schedule::turn::Turn;
use crate::store::{Freeze, Frozen, Sender, Store};
use crate::talk::Talk;

impl Turn<'_> {
    /// Freezes and sends the issues of a plan, or explains why there are none.
    ///
    /// # Errors
    /// If the store fails, or an issue by hand cannot be sent as it is.
    pub(crate) async fn announce(
        &self,
        talk: &mut Talk<'_>,
        sender: &Sender,
        plan: &Plan<'_>,
    ) -> anyhow::Result<Ending> {
        let (digest, store) = (self.digest, sender.store());
        let issues = plan.issues(digest);
        if !issues.is_empty() {
            let mail = &self.app.config.mail;
            Mailer::from_config(mail).check(mail)?;
        }
        self.begin(talk, store, plan).await?;
        if issues.is_empty() {
            return self.pass(talk, store, plan).await;
        }
        let reader = store
            .find_first_reader(&digest.name, &digest.to, self.now)
            .await?;
        match (self.wish, &digest.schedule) {
            _ if reader.is_some() => {}
            (Some(_), _) => bail!(describe_no_readers(digest)),
            // The posts wait for the first reader; a mail for each of them would be no welcome.
            (None, Schedule::Cron(_)) => {
                talk.say(&describe_no_readers(digest));
                self.pass_slot(store, plan).await?;
                return Ok(Ending::Done);
            }
            (None, Schedule::Each) => {}
        }
        let has_page = self.prepare_page_link(talk, store).await;
        let mut ending = Ending::Done;
        for posts in &issues {
            if self.app.is_stopped() {
                return Ok(Ending::Partial);
            }
            let issue = self.make_issue(store, posts, plan).await?;
            let composed = self.compose(talk, posts, issue.id, has_page);
            let composed = composed.and_then(|composed| composed.check(talk));
            let Composed { compiled, page, .. } = match composed {
                Ok(composed) => composed,
                // The posts stay unannounced; the other issues and digests go on.
                Err(finding) if self.wish.is_none() || issues.len() > 1 => {
                    talk.report(&[finding]);
                    ending = Ending::Partial;
                    continue;
                }
                Err(finding) => return Err(finding.into()),
            };
            let issue = Issue {
                subject: compiled.subject(),
                ..issue
            };
            let mail = (&compiled, page.as_ref());
            match self.freeze(store, &issue, mail, posts, plan).await? {
                Frozen::Already => {
                    talk.say(&format!("{}: another run has sent this", digest.name));
                }
                Frozen::Made(_) => {
                    self.app.note_progress(talk, store, &digest.name).await?;
                    ending = ending.and(send_issue(self.app, talk, sender, &issue).await?);
                }
            }
        }
        Ok(ending)
    }

    async fn freeze(
        &self,
        store: &Store,
        issue: &Issue,
        (compiled, page): (&Compiled, Option<&IssuePage>),
        posts: &[&Post],
        plan: &Plan<'_>,
    ) -> anyhow::Result<Frozen> {
        let ids = self.loaded.add_names(posts.iter().map(|post| &*post.id));
        let page = page.map(IssuePage::to_text).unwrap_or_default();
        let freeze = Freeze {
            issue,
            compiled: &compiled.to_text(),
            page: &page,
            posts: &ids,
            to: &self.digest.to,
            subscribers: true,
            slot_at: plan.slot,
            again: self.wish.is_some_and(|wish| wish.again),
        };
        Ok(store.freeze(&freeze).await?)
    }

    /// Passes a slot without an issue, and explains why there is none.
    async fn pass(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
        plan: &Plan<'_>,
    ) -> anyhow::Result<Ending> {
        // An issue that waits only for its page goes at the next run, not in the next slot.
        if !plan.holds_back() {
            self.pass_slot(store, plan).await?;
        }
        talk.conclude(&plan.explain_nothing(self.digest))?;
        match self.wish {
            Some(_) => name_in_the_way(talk, store, self.digest).await,
            None => Ok(Ending::Done),
        }
    }

    async fn pass_slot(&self, store: &Store, plan: &Plan<'_>) -> anyhow::Result<()> {
        if let Some(slot) = plan.slot {
            store.pass_slot(&self.digest.name, slot).await?;
        }
        Ok(())
    }
}

/// A paused issue has taken the posts that a person expects to be new.
async fn name_in_the_way(
    talk: &mut Talk<'_>,
    store: &Store,
    digest: &Digest,
) -> anyhow::Result<Ending> {
    let mut ending = Ending::Done;
    for issue in store.load_issues().await? {
        if issue.digest != digest.name || issue.state != IssueState::Paused {
            continue;
        }
        ending = Ending::Partial;
        // An issue that was paused just now has been reported.
        if issue.reason.as_deref() != Some(COPIED) {
            let message = format!(
                "{}: “{}” is paused, and its posts wait with it",
                issue.digest, issue.subject
            );
            let hint = format!(
                "`tidings issue resume {0}` goes on with it, `tidings issue cancel {0}` ends it",
                issue.id
            );
            talk.report(&[Finding::error(Rule::IssuePaused, message).hint(hint)]);
        }
    }
    Ok(ending)
}

/// The words for an issue that nobody would get.
pub(super) fn describe_no_readers(digest: &Digest) -> String {
    format!(
        "the digest `{}` has no readers\n  set `to`, or add a subscriber",
        digest.name
    )
}
