//! The site of a store: every command that opens a store checks it, and the first one that writes records it.

use crate::app::App;
use crate::digest::{SiteName, refuse_by_posts, refuse_site};
use crate::finding::Finding;
use crate::lock::Lock;
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

    fn authority_in(&self, lock: Option<&Lock>) -> String {
        match lock {
            Some(lock) => lock.authority().to_owned(),
            None => self.config.site.authority(),
        }
    }

    /// The name of this site for a store that has noted `theirs`, and whether it has sent by that store: then it may have
    /// moved within its host. A store that has noted no place is known by the posts that it has announced, too.
    ///
    /// # Errors
    /// If the lock is broken, or a store without a place has announced the posts of another site.
    async fn name_for(&self, store: &Store, theirs: &SiteName) -> anyhow::Result<(SiteName, bool)> {
        let lock = self.load_kept_lock()?;
        let name = SiteName::new(&self.authority_in(lock.as_ref()), &self.config.site);
        let lock = lock.unwrap_or_default();
        let is_vouched = lock.names_store(store.name())
            || Manifest::read(&self.config.posts.lock).names_store(store.name());
        if is_vouched || theirs.has_place() {
            return Ok((name, is_vouched));
        }
        let ids = lock.ids();
        let (announced, known) = store.count_announced(|id| ids.contains(id)).await?;
        if known * 2 < announced {
            return Err(refuse_by_posts(theirs, &name).into());
        }
        Ok((name, announced > 0))
    }

    /// Refuses a store that keeps the readers of another site.
    pub(crate) async fn refuse_another_site(&self, store: &Store) -> anyhow::Result<()> {
        let Some(theirs) = store.site().await? else {
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
