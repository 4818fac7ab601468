//! The rounds of a resident: every few minutes, at each slot, and at once where somebody waits for a letter.

use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::ending::Ending;
use crate::round::go_round;
use crate::schedule::{next_slot, send_open};
use crate::talk::Talk;
use crate::web::Heartbeat;

/// Why the rounds have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundsEnd {
    /// Somebody asked to stop.
    Stopped,
    /// SIGHUP came.
    HungUp,
}

/// Goes round after round. What goes wrong in one is named, and the next one tries again.
pub(super) async fn go_rounds(
    app: &App,
    talk: &mut Talk<'_>,
    heartbeat: &Heartbeat,
    hangups: &mut Signal,
) -> RoundsEnd {
    while !app.is_stopped() {
        heartbeat.begin();
        talk.begin_round();
        let ended = Box::pin(go_round(app, talk)).await;
        end_round(app, talk, ended).await;
        heartbeat.end(app.config.web.rebuild.0);
        let next = Instant::now() + until_next(app);
        loop {
            tokio::select! {
                () = sleep_until(next) => break,
                () = app.stopped() => return RoundsEnd::Stopped,
                _ = hangups.recv() => return RoundsEnd::HungUp,
                () = app.letter() => {
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
    app.retire().await;
}

/// How long until the next slot or the next build.
fn until_next(app: &App) -> Duration {
    let rebuild = app.config.web.rebuild.0;
    let now = app.clock.now();
    let slot = next_slot(&app.config, now).and_then(|slot| (slot - now).to_std().ok());
    slot.map_or(rebuild, |slot| slot.min(rebuild))
}
