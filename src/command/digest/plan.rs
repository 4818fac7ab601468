//! Asks the store and the lock, lets [`digest::plan`](crate::digest::plan) decide, and notes how a digest begins.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::cli::Choice;
use crate::config::Digest;
use crate::digest::{self, Next, Plan, Record, Situation, Wish};
use crate::finding::count;
use crate::loader::Loaded;
use crate::store::Store;
use crate::talk::Talk;

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
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &'a Loaded,
    when: When<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<Next<'a>> {
    let relay = app.config.mail.smtp.is_some();
    let name = name_in_store(app, store, digest, loaded, when).await?;
    let record = read_record(store, name, relay).await?;
    let lock = &loaded.lock;
    // With `--locked` the lock keeps the earlier name.
    let earlier = digest.was.as_deref().and_then(|was| lock.began(was));
    let next = digest::plan(&Situation {
        digest,
        site: &app.config.site,
        posts: &loaded.posts,
        record: &record,
        began: lock.began(&digest.name).or(earlier),
        noted: app.noted(name, store),
        authority: lock.authority(),
        wish: when.wish(),
        now,
    })?;
    if let (When::Now(choice), Next::Go(plan)) = (when, &next)
        && !choice.posts.is_empty()
    {
        for post in &plan.news {
            talk.say(&format!("{}: {} “{}”", digest.name, post.path, post.title));
        }
    }
    Ok(next)
}

/// The name under which the store keeps the digest: the earlier one until it is renamed there.
pub(super) async fn name_in_store<'d>(
    app: &App,
    store: &Store,
    digest: &'d Digest,
    loaded: &Loaded,
    when: When<'_>,
) -> anyhow::Result<&'d str> {
    if let Some(site) = store.site().await? {
        digest::refuse_site(&site, loaded.lock.authority())?;
    }
    let holdings = store.holdings().await?;
    let is_new = when.wish().is_some_and(|wish| wish.new_store);
    match digest::earlier_name(digest, &app.config.digests, &holdings) {
        Ok(was) => Ok(was.unwrap_or(&digest.name)),
        // A person says that it is new, or the lock says that this store or another has begun it.
        Err(_) if is_new || loaded.lock.began(&digest.name).is_some() => Ok(&digest.name),
        Err(finding) => Err(finding.into()),
    }
}

/// Gives what the store, the lock and the manifest keep under the digest's earlier name to the new one, once.
pub(super) async fn rename(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &Loaded,
    when: When<'_>,
) -> anyhow::Result<()> {
    let was = name_in_store(app, store, digest, loaded, when).await?;
    if was == digest.name {
        return Ok(());
    }
    app.refuse_another_store(was, store).await?;
    let words = words_of_renaming(store, digest, was).await?;
    // The lock first: a run that ends between finds the earlier name in the store and goes on.
    app.keep_renamed(talk, was, &digest.name)?;
    store.rename_digest(was, &digest.name).await?;
    talk.conclude(&words)?;
    Ok(())
}

/// Says who and what comes along from the earlier name.
pub(super) async fn words_of_renaming(
    store: &Store,
    digest: &Digest,
    was: &str,
) -> anyhow::Result<String> {
    let holdings = store.holdings().await?;
    let holding = holdings.get(was).copied().unwrap_or_default();
    let readers = count(holding.readers, "reader");
    let posts = count(holding.announced, "announced post");
    Ok(format!(
        "{}: was `{was}`: {readers} and {posts} come along",
        digest.name
    ))
}

async fn read_record(store: &Store, name: &str, relay: bool) -> anyhow::Result<Record> {
    Ok(Record {
        store: store.name().to_owned(),
        site: store.site().await?,
        last_slot: store.last_slot(name).await?,
        progress: store.progress(name).await?,
        announced: store.announced(name, relay).await?,
        ever: store.announced(name, false).await?,
        carried: store.carried(name, relay).await?,
    })
}

/// Notes what is known from now on; on the first run also that the digest has begun, in the store and in the lock.
pub(super) async fn begin(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &Loaded,
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    // A lock that was lost and grew anew must know the store again, too.
    if loaded.lock.began(&digest.name) != Some(store.name()) {
        app.keep_begun(talk, &loaded.lock, &digest.name, store.name())?;
    }
    app.accept_older_copy(talk, store, &digest.name).await?;
    if plan.is_first {
        store
            .begin_digest(&digest.name, &plan.known, plan.begins_after, now)
            .await?;
    } else if !plan.known.is_empty() {
        store.know_posts(&digest.name, &plan.known, now).await?;
    }
    if let Some(words) = plan.say_known(digest) {
        talk.conclude(&words)?;
    }
    Ok(())
}
