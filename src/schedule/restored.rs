//! After a backup was brought back: posts that may have been mailed since it was made are no news.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::{Digest, Schedule};
use crate::digest::find_due_slot;
use crate::finding::count;
use crate::loader::Loaded;
use crate::store::Store;
use crate::talk::Talk;

/// Takes the posts as known of each digest that may have announced some since the backup, and records the progress of
/// each.
///
/// # Errors
/// If the store cannot be written.
pub(crate) async fn settle_restored(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    loaded: &Loaded,
    made_at: Option<DateTime<Utc>>,
) -> anyhow::Result<()> {
    let relay = app.config.mail.has_relay();
    for digest in &app.config.digests {
        let name = &digest.name;
        if store.load_last_slot(name).await?.is_none() {
            continue;
        }
        let noted = app.find_progress(name, store);
        let progress = store.load_progress(name).await?;
        let may_have_announced = match noted {
            Some(noted) => progress.frozen < noted.frozen,
            None => may_have_had_slot(app, digest, made_at),
        };
        if may_have_announced {
            let announced = store.load_announced(name, relay).await?;
            let posts = loaded.posts.iter().map(|post| post.id.to_string());
            let unknown: Vec<String> = posts.filter(|id| !announced.contains(id)).collect();
            store.know_posts(name, &unknown, app.clock.now()).await?;
            talk.conclude(&format!(
                "{name}: {} may have been mailed since and will not be mailed again; any of them with \
                 `tidings digest {name} --posts POSTS`",
                count(unknown.len(), "post")
            ))?;
        }
        app.set_progress(talk, store, name, progress);
    }
    Ok(())
}

/// Whether the schedule may have sent something since this moment.
fn may_have_had_slot(app: &App, digest: &Digest, since: Option<DateTime<Utc>>) -> bool {
    let (Schedule::Cron(cron), Some(since)) = (&digest.schedule, since) else {
        return true;
    };
    let zone = digest.zone(&app.config.site);
    find_due_slot(cron, zone, since.timestamp(), app.clock.now()).is_some()
}
