//! The posts of the site: those of its folder, with those that its sources gave.

use crate::app::App;
use crate::config::Posts;
use crate::finding::Finding;
use crate::loader::{Loaded, load_posts};
use crate::source::{GatheredPosts, Reach, gather};

impl App {
    /// Asks the sources for what is new, or only looks at what is kept of them.
    pub(crate) async fn gather(&self, reach: Reach) -> GatheredPosts {
        gather(&self.config, self.clock.now(), reach).await
    }

    /// Reads the posts of the folder, and takes in what the sources gave.
    ///
    /// # Errors
    /// A finding if there is no folder of posts, or the lock is broken.
    pub(crate) fn load(&self, posts: &Posts, gathered: GatheredPosts) -> Result<Loaded, Finding> {
        let mut loaded = load_posts(&self.config.site, posts, self.clock.now())?;
        let GatheredPosts {
            posts,
            findings,
            is_behind,
        } = gathered;
        loaded.join(posts, findings, is_behind);
        Ok(loaded)
    }
}
