//! Asks the store and the lock, lets [`digest::plan`](crate::digest::plan) decide, and notes how a digest begins.

use chrono::{DateTime, Utc};

use crate::cli::Choice;
use crate::command::Session;
use crate::config::Digest;
use crate::digest::{self, Next, Plan, Record, Situation, Wish};
use crate::finding::Finding;
use crate::ledger::IssueState::{Open, Paused};
use crate::loader::Loaded;
use crate::store::Store;

/// When a digest is sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) enum When<'a> {
    /// In its slot.
    Due,
    /// At once, with the posts that a person chose or the news.
    Now(&'a Choice),
}

impl<'a> When<'a> {
    fn wish(self) -> Option<Wish<'a>> {
        let Self::Now(choice) = self else {
            return None;
        };
        Some(Wish {
            posts: &choice.posts,
            since: choice.since,
            again: choice.again,
            new_store: choice.new_store,
        })
    }
}

/// What the digest does next.
pub(super) async fn plan<'a>(
    session: &Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &'a Loaded,
    when: When<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<Next<'a>> {
    let relay = session.config.mail.smtp.is_some();
    let record = read_record(store, digest, relay).await?;
    let next = digest::plan(&Situation {
        digest,
        site: &session.config.site,
        posts: &loaded.posts,
        record: &record,
        began: loaded.lock.began(&digest.name),
        noted: session.noted(&digest.name, store),
        authority: loaded.lock.authority(),
        wish: when.wish(),
        now,
    })?;
    if let (When::Now(choice), Next::Go(plan)) = (when, &next)
        && !choice.posts.is_empty()
    {
        for post in &plan.news {
            session.say(&format!("{}: {} “{}”", digest.name, post.path, post.title));
        }
    }
    Ok(next)
}

async fn read_record(store: &Store, digest: &Digest, relay: bool) -> anyhow::Result<Record> {
    let name = &digest.name;
    Ok(Record {
        store: store.name().to_owned(),
        site: store.site().await?,
        last_slot: store.last_slot(name).await?,
        frozen: store.frozen(name).await?,
        announced: store.announced(name, relay).await?,
        ever: store.announced(name, false).await?,
        carried: store.carried(name, relay).await?,
    })
}

/// Notes what is known from now on; on the first run also that the digest has begun, in the store and in the lock.
pub(super) async fn begin(
    session: &mut Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &Loaded,
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    // A lock that was lost and grew anew must know the store again, too.
    if loaded.lock.began(&digest.name) != Some(store.name()) {
        session.keep_begun(&loaded.lock, &digest.name, store.name())?;
    }
    let frozen = store.frozen(&digest.name).await?;
    if session
        .noted(&digest.name, store)
        .is_some_and(|noted| frozen < noted)
    {
        pause_copied(session, store, digest).await?;
    }
    session.note_frozen(store, &digest.name).await?;
    if plan.is_first {
        store
            .begin_digest(&digest.name, &plan.known, plan.begins_after, now)
            .await?;
    } else if !plan.known.is_empty() {
        store.know_posts(&digest.name, &plan.known, now).await?;
    }
    if let Some(words) = plan.say_known(digest) {
        session.result(&words)?;
    }
    Ok(())
}

/// What is open in an older copy of the store may have been sent since: a person decides.
async fn pause_copied(session: &Session<'_>, store: &Store, digest: &Digest) -> anyhow::Result<()> {
    for issue in store.open_issues().await? {
        if issue.digest != digest.name {
            continue;
        }
        let reason = "it stood open in an older copy of the store, and may have been sent since";
        store
            .change_issue(issue.id, &[Open], Paused, Some(reason))
            .await?;
        session.report(&[Finding::error(format!(
            "{}: “{}” is paused: {reason}",
            issue.digest, issue.subject
        ))
        .way_out(format!("`tidings issue cancel {}` ends it", issue.id))]);
    }
    Ok(())
}
