//! Notes how a digest begins, in the store, the lock and the manifest.

use crate::digest::Plan;
use crate::schedule::turn::Turn;
use crate::store::Store;
use crate::talk::Talk;

impl Turn<'_> {
    /// Records the known posts; on the first run also that the digest has begun, in the store and in the lock.
    pub(super) async fn begin(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
        plan: &Plan<'_>,
    ) -> anyhow::Result<()> {
        let (app, digest, lock) = (self.app, self.digest, &self.loaded.lock);
        let name = &digest.name;
        // A lock that was lost and grew anew must know the store again, too.
        if lock.began(name) != Some(store.name()) {
            app.keep_begun(talk, lock, name, store.name())?;
        }
        app.accept_older_copy(talk, store, name).await?;
        let known = self.loaded.add_names(plan.known.iter().map(String::as_str));
        if plan.is_first {
            store
                .begin_digest(name, &known, plan.begins_after, self.now)
                .await?;
        } else if !plan.known.is_empty() {
            store.know_posts(name, &known, self.now).await?;
        }
        if let Some(words) = plan.say_known(digest) {
            talk.conclude(&words)?;
        }
        Ok(())
    }
}
