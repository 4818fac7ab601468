//! The site of a store: every command that opens a store checks it, and the first one that writes records it.

use crate::app::App;
use crate::digest::{SiteName, refuse_site, refuse_unplaced};
use crate::finding::Finding;
use crate::lock::{Lock, mint_feed_id};
use crate::publish::Manifest;
use crate::store::Store;

impl App {
    /// The authority of the site's ids, which outlives a change of domain.
    ///
    /// # Errors
    /// If the lock that stands there is broken.
    pub(crate) fn authority(&self) -> Result<String, Finding> {
        Ok(self.authority_in(self.load_kept_lock()?.as_ref()))
    }

    /// The id of the feed in this folder.
    ///
    /// # Errors
    /// If the lock that stands there is broken.
    pub(crate) fn feed_id(&self, folder: &str) -> Result<String, Finding> {
        Ok(match self.load_kept_lock()? {
            Some(lock) => lock.feed_id(folder),
            None => mint_feed_id(&self.config.site.first_line(), folder),
        })
    }

    fn authority_in(&self, lock: Option<&Lock>) -> String {
        match lock {
            Some(lock) => lock.authority().to_owned(),
            None => self.config.site.authority(),
        }
    }

    /// The name of this site for a store that has noted `theirs`, and whether the store is known as its own: then it may
    /// have moved within its host. Of a store that has noted no place, the lock or the manifest must say that it is this
    /// site's: sites of one host may have equal ids.
    ///
    /// # Errors
    /// If the lock is broken, or nothing says whose a store without a place is.
    async fn name_for(&self, store: &Store, theirs: &SiteName) -> anyhow::Result<(SiteName, bool)> {
        let lock = self.load_kept_lock()?;
        let ours = SiteName::new(&self.authority_in(lock.as_ref()), &self.config.site);
        let names = |lock: &Lock| lock.names_store(store.name());
        let is_vouched = lock.as_ref().is_some_and(names)
            || Manifest::read(&self.config.posts.lock).names_store(store.name());
        if is_vouched || theirs.has_place() || !theirs.has_authority_of(&ours) {
            return Ok((ours, is_vouched));
        }
        if store.is_in_use().await? {
            let digests = &self.config.digests;
            let digest = digests.first().map_or("weekly", |digest| &*digest.name);
            let line = Lock::line_of_digest(digest, store.name());
            return Err(refuse_unplaced(theirs, &ours, &line).into());
        }
        Ok((ours, true))
    }

    /// Refuses a store that keeps the readers of another site.
    pub(crate) async fn refuse_another_site(&self, store: &Store) -> anyhow::Result<()> {
        let Some(theirs) = store.load_site().await? else {
            return Ok(());
        };
        let theirs = SiteName::parse(&theirs);
        let (ours, is_vouched) = self.name_for(store, &theirs).await?;
        Ok(refuse_site(&theirs, &ours, is_vouched)?)
    }

    /// Notes the site in its store: when it is first written, and where the site has moved within its host since.
    pub(super) async fn claim_site(&self, store: &Store) -> anyhow::Result<()> {
        let name = SiteName::new(&self.authority()?, &self.config.site).to_string();
        let theirs = store.claim_site(&name, self.clock.now()).await?;
        let noted = SiteName::parse(&theirs);
        let (ours, is_vouched) = self.name_for(store, &noted).await?;
        refuse_site(&noted, &ours, is_vouched)?;
        if is_vouched && theirs != name {
            store.move_site(&name).await?;
        }
        Ok(())
    }
}
