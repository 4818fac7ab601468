//! The rounds of a resident: every few minutes, at each slot, and at once where somebody waits for a letter.

use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, sleep_until};

use crate::app::App;
use crate::ending::Ending;
use crate::loader::stamp_sources;
use crate::round::{build_round, send_round};
use crate::schedule::{next_slot, send_open};
use crate::talk::Talk;
use crate::web::Heartbeat;

/// How often a resident asks a source at most: each saved post begins a round, and none of them is news of a friend's.
const SOURCE_INTERVAL: Duration = Duration::from_mins(15);
/// How often a resident looks whether a post has changed.
const LOOK: Duration = Duration::from_secs(2);
/// The looks take this part of the time at most: one in a hundred.
const LOOK_SHARE: u32 = 100;

/// If so many consecutive builds end with other posts than they began with, the builds change the posts themselves.
const MOST_CHANGED: u32 = 3;

/// Why the rounds have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundsEnd {
    /// Somebody asked to stop.
    Stopped,
    /// SIGHUP came.
    HungUp,
}

/// Goes round after round. A fault of one is reported, and the next one tries again.
pub(super) async fn go_rounds(
    app: &App,
    talk: &mut Talk<'_>,
    heartbeat: &Heartbeat,
    hangups: &mut Signal,
) -> RoundsEnd {
    // How many rounds in a row have found another state after the build than before it.
    let mut changed = 0;
    while !app.is_stopped() {
        heartbeat.begin();
        talk.begin_round();
        let before = stamp_sources(&app.config);
        let built = build_round(app, talk, SOURCE_INTERVAL).await;
        let after = stamp_sources(&app.config);
        changed = if before == after { 0 } else { changed + 1 };
        // A change during the round is built next, unless the build or the command after it makes such a change each
        // time.
        let stamp = if changed < MOST_CHANGED {
            before
        } else {
            after
        };
        let ended = match built {
            Ok(built) => Box::pin(send_round(app, talk, built)).await,
            Err(error) => Err(error),
        };
        end_round(app, talk, ended).await;
        heartbeat.end(app.config.web.rebuild.0);
        let next = Instant::now() + find_wait(app);
        loop {
            tokio::select! {
                () = sleep_until(next) => break,
                () = wait_for_change(app, stamp) => break,
                () = app.wait_until_stopped() => return RoundsEnd::Stopped,
                _ = hangups.recv() => return RoundsEnd::HungUp,
                () = app.wait_for_letter() => {
                    let ended = send_open(app, talk).await;
                    end_round(app, talk, ended).await;
                }
            }
        }
    }
    RoundsEnd::Stopped
}

/// Names what went wrong, notes who has left, and lets others send.
async fn end_round(app: &App, talk: &mut Talk<'_>, ended: anyhow::Result<Ending>) {
    if let Err(error) = ended {
        talk.report(&[app.explain(&error)]);
    }
    app.note_departures(talk).await;
    app.stop_being_sender().await;
}

/// Waits until a post or a template has changed since it was built, and is the same at two looks: a file that is being
/// written, or a checkout that is being updated, is not built half.
async fn wait_for_change(app: &App, built: u64) {
    let (mut wait, mut last) = (LOOK, built);
    loop {
        sleep(wait).await;
        let began = Instant::now();
        let found = block_in_place(|| stamp_sources(&app.config));
        wait = LOOK.max(began.elapsed() * LOOK_SHARE);
        if found != built && found == last {
            return;
        }
        last = found;
    }
}

/// How long until the next slot or the next build.
fn find_wait(app: &App) -> Duration {
    let rebuild = app.config.web.rebuild.0;
    let now = app.clock.now();
    let slot = next_slot(&app.config, now).and_then(|slot| (slot - now).to_std().ok());
    slot.map_or(rebuild, |slot| slot.min(rebuild))
}
