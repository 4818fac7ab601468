//! One round: build, publish, tell the hub, read the inbox, send what is due. `run` makes one, a resident many.

use std::time::Duration;

use tokio::task::block_in_place;

use crate::app::App;
use crate::build::{BuildOptions, Built, build, read_input};
use crate::ending::Ending;
use crate::finding::{Finding, Severity};
use crate::schedule::{
    Live, read_own_inbox, restore_archive, run_after_build, send_all, tell_hub_when_live,
};
use crate::source::Reach;
use crate::talk::Talk;

/// Builds, publishes, runs `after_build`, tells the hub, and sends what is due.
///
/// # Errors
/// If nothing could be built or `after_build` fails; else the first error of a digest, when the others are done.
pub(crate) async fn go_round(app: &App, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    let built = build_round(app, talk, Duration::ZERO).await?;
    Box::pin(send_round(app, talk, built)).await
}

/// The first half of a round: builds, publishes, runs `after_build`. A source is asked once in `interval` at most.
///
/// # Errors
/// If nothing could be built or `after_build` fails.
pub(crate) async fn build_round(
    app: &App,
    talk: &mut Talk<'_>,
    interval: Duration,
) -> anyhow::Result<Built> {
    let gathered = app.gather(Reach::Round(interval)).await;
    let built = block_in_place(|| {
        build(
            app,
            talk,
            read_input(app, gathered)?,
            &BuildOptions::default(),
        )
    })?;
    restore_archive(app, talk).await;
    block_in_place(|| run_after_build(app, talk))?;
    Ok(built)
}

/// The second half of a round: tells the hub, reads the inbox, and sends what is due.
///
/// # Errors
/// The first error of a digest, when the others are done.
pub(crate) async fn send_round(
    app: &App,
    talk: &mut Talk<'_>,
    built: Built,
) -> anyhow::Result<Ending> {
    let Built {
        loaded,
        mut manifest,
        ending,
        ..
    } = built;
    // The owner decides whether a published folder may hold private files; `check` counts it as an error.
    if !app.config.digests.is_empty()
        && let Err(finding) = app.config.refuse_published_secrets()
    {
        talk.report(&[Finding {
            severity: Severity::Warning,
            ..finding
        }]);
    }
    let mut live = Live::default();
    tell_hub_when_live(app, talk, &mut manifest, &mut live).await?;
    // The inbox comes first, so that readers who unsubscribed or bounced get nothing more.
    let read = read_own_inbox(app, talk).await;
    let sent = send_all(app, talk, &loaded, &mut live).await?;
    Ok(ending.and(read).and(sent))
}
