//! When the next mail of a digest is due.

use chrono::DateTime;
use chrono_tz::Tz;

use crate::app::App;
use crate::config::{Digest, Schedule};
use crate::digest::{find_due_slot, find_last_slot, find_next_slot};
use crate::store::Store;

/// The time of a digest's next mail.
pub(super) enum NextMail {
    /// Each run mails the posts that are new.
    WithPost,
    /// A slot has come, and no run since.
    Due,
    At(DateTime<Tz>),
    Never,
}

impl NextMail {
    /// Finds it from the last slot that the store knows, as a run does.
    pub(super) async fn find(app: &App, store: &Store, digest: &Digest) -> anyhow::Result<Self> {
        let (now, zone) = (app.clock.now(), digest.zone(&app.config.site));
        let Schedule::Cron(cron) = &digest.schedule else {
            return Ok(Self::WithPost);
        };
        let mut last = store.load_last_slot(&digest.name).await?;
        if let (None, Some(was)) = (last, &digest.was) {
            last = store.load_last_slot(was).await?;
        }
        // The first run takes the past slot as filled, unless it is to announce the posts since a day.
        let last = match (last, digest.since) {
            (Some(last), _) => last,
            (None, Some(_)) => i64::MIN,
            (None, None) => find_last_slot(cron, zone, now).unwrap_or(now.timestamp()),
        };
        if find_due_slot(cron, zone, last, now).is_some() {
            return Ok(Self::Due);
        }
        // Of a last slot that lies ahead, none is filled before.
        let next = find_next_slot(cron, zone, last.max(now.timestamp()));
        Ok(next.map_or(Self::Never, |at| Self::At(at.with_timezone(&zone))))
    }
}
