//! Asks the store and the lock, lets [`digest::plan`] decide, and takes a renamed digest along.

use chrono::{DateTime, Utc};

use crate::config::Digest;
use crate::digest::{self, Next, Record, Situation};
use crate::finding::{Finding, Rule, count};
use crate::publish::Manifest;
use crate::schedule::turn::Turn;
use crate::store::Store;
use crate::talk::Talk;

impl<'a> Turn<'a> {
    /// Plans the next step of the digest.
    pub(crate) async fn plan(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
    ) -> anyhow::Result<Next<'a>> {
        let Self {
            app,
            digest,
            loaded,
            ..
        } = *self;
        let relay = app.config.mail.has_relay();
        let name = self.name_in_store(store).await?;
        // Before the store: what another run ends meanwhile must not make the store look older than the manifest.
        let manifest = Manifest::read(&app.config.posts.lock);
        let mut record = read_record(store, name, relay).await?;
        let backlog = record.recognise(&loaded.posts, &loaded.syndicated);
        let lock = &loaded.lock;
        // With `--locked` the lock keeps the earlier name.
        let names = [Some(&*digest.name), digest.was.as_deref()];
        let names = names.into_iter().flatten();
        // A lock that was lost together with the store names none: then the manifest tells that there was one.
        let began = names.clone().find_map(|name| lock.began(name));
        let began = began.or_else(|| names.clone().find_map(|name| manifest.began(name)));
        let next = digest::plan(&Situation {
            digest,
            site: &app.config.site,
            posts: &loaded.posts,
            record: &record,
            backlog: &backlog,
            began,
            noted: manifest.progress(name, store.name()),
            wish: self.wish,
            now: self.now,
        })?;
        let names_posts = self.wish.is_some_and(|wish| !wish.posts.is_empty());
        if let (true, Next::Go(plan)) = (names_posts, &next) {
            for post in &plan.news {
                talk.say(&format!("{}: {} “{}”", digest.name, post.path, post.title));
            }
        }
        Ok(next)
    }

    /// The name under which the store keeps the digest: the earlier one until it is renamed there.
    pub(super) async fn name_in_store(&self, store: &Store) -> anyhow::Result<&'a str> {
        let Self { digest, loaded, .. } = *self;
        let holdings = store.load_holdings().await?;
        let is_new = self.wish.is_some_and(|wish| wish.new_store);
        match digest::find_earlier_name(digest, &self.app.config.digests, &holdings) {
            Ok(was) => Ok(was.unwrap_or(&digest.name)),
            // The digest is new, as a person or the lock says.
            Err(_) if is_new || loaded.lock.began(&digest.name).is_some() => Ok(&digest.name),
            Err(finding) => Err(finding.into()),
        }
    }

    /// Renames the digest once in the store, the lock and the manifest.
    pub(crate) async fn rename(&self, talk: &mut Talk<'_>, store: &Store) -> anyhow::Result<()> {
        let name = &self.digest.name;
        let was = self.name_in_store(store).await?;
        if was == name {
            return Ok(());
        }
        self.app.refuse_another_store(was, store).await?;
        let words = describe_renaming(store, name, was).await?;
        // The lock first: a run that ends between finds the earlier name in the store and goes on.
        self.app.keep_renamed(talk, was, name)?;
        store.rename_digest(was, name).await?;
        talk.conclude(&words)?;
        Ok(())
    }
}

/// Reports the readers and posts that move to the new name.
pub(super) async fn describe_renaming(
    store: &Store,
    name: &str,
    was: &str,
) -> anyhow::Result<String> {
    let holdings = store.load_holdings().await?;
    let holding = holdings.get(was).copied().unwrap_or_default();
    let readers = count(holding.readers, "reader");
    let posts = count(holding.announced, "announced post");
    Ok(format!(
        "{name}: was `{was}`: {readers} and {posts} come along"
    ))
}

async fn read_record(store: &Store, name: &str, relay: bool) -> anyhow::Result<Record> {
    Ok(Record {
        store: store.name().to_owned(),
        last_slot: store.load_last_slot(name).await?,
        progress: store.load_progress(name).await?,
        announced: store.load_announced(name, relay).await?,
        ever: store.load_announced(name, false).await?,
        carried: store.load_carried(name, relay).await?,
    })
}

/// The error for a digest whose last slot is later than now.
pub(crate) fn slot_ahead(digest: &Digest, slot: DateTime<Utc>) -> Finding {
    let name = &digest.name;
    Finding::error(Rule::ClockBehind, format!(
        "{name}: the last slot is {}, which is later than now, so nothing is sent before then",
        slot.to_rfc3339()
    ))
    .hint(format!(
        "set the clock right; if it is right now, `tidings digest {name} --reset-slot` goes on from today"
    ))
}
