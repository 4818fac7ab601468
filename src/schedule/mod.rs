//! Carries out what is due: plan, hold back, compose, freeze, deliver. `run`, `digest` and a resident share it.
//!
//! A [`Turn`] is a digest with its posts at one moment. [`Turn::plan`] asks store and lock and lets
//! [`digest::plan`](crate::digest::plan) decide; [`Turn::announce`] composes each issue, freezes it, and sends it.
//! [`send_open_issues`] goes on with what earlier runs have frozen. Both end in
//! [`send_issue`], which hands a frozen issue to [`IssueDelivery`](crate::delivery::IssueDelivery).

mod after_build;
mod announce;
mod archive;
mod begin;
mod compose;
mod hub;
mod inbox;
mod incomings;
pub(crate) mod joining;
mod leaving;
mod letter;
mod live;
mod moved;
mod plan;
mod print;
mod remote;
mod request;
mod restored;
mod send;
mod slot;
mod turn;
mod welcome;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::config::{Config, Digest, Schedule};
use crate::digest::{Next, find_next_slot};
use crate::ending::Ending;
use crate::finding::count;
use crate::loader::Loaded;
use crate::talk::Talk;

use send::{Failures, send_open_issues};

pub(crate) use after_build::run_after_build;
pub(crate) use archive::{restore_archive, try_archive, unpublish};
pub(crate) use compose::Composed;
pub(crate) use hub::{tell_hub, tell_hub_when_live};
pub(crate) use inbox::{read_inbox, read_own_inbox};
pub(crate) use incomings::Incomings;
pub(crate) use live::Live;
pub(crate) use plan::slot_ahead;
pub(crate) use print::print;
pub(crate) use remote::name_fault;
pub(crate) use restored::settle_restored;
pub(crate) use send::{send_issue, send_once_more};
pub(crate) use turn::Turn;

/// Goes on with open issues, then sends every due digest. A fault of one stops no other.
///
/// # Errors
/// The first error, when the others are done.
pub(crate) async fn send_all(
    app: &App,
    talk: &mut Talk<'_>,
    loaded: &Loaded,
    live: &mut Live,
) -> anyhow::Result<Ending> {
    let mut failures = Failures::default();
    let mut ending = send_open_issues(app, talk, &mut failures).await?;
    for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
        if app.is_stopped() {
            ending = Ending::Partial;
            break;
        }
        match send_due(&Turn::due(app, digest, loaded), talk, live).await {
            Ok(sent) => ending = ending.and(sent),
            Err(error) => failures.add(app, talk, &digest.name, error),
        }
    }
    failures.end(ending)
}

/// Goes on with open issues, such as letters that people wait for.
///
/// # Errors
/// The first error, when the others are done.
pub(crate) async fn send_open(app: &App, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    let mut failures = Failures::default();
    let ending = send_open_issues(app, talk, &mut failures).await?;
    failures.end(ending)
}

/// The next slot of any digest; `None` if each is sent with its post, or by hand.
pub(crate) fn next_slot(config: &Config, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let digests = config.digests.iter().filter(|digest| digest.enabled);
    let next = |digest: &Digest| match &digest.schedule {
        Schedule::Each => None,
        Schedule::Cron(cron) => find_next_slot(cron, digest.zone(&config.site), now.timestamp()),
    };
    digests.filter_map(next).min()
}

/// Prints the first message of every digest that is due, and changes nothing.
///
/// # Errors
/// The first one, when the others are done.
pub(crate) async fn print_all(
    app: &App,
    talk: &mut Talk<'_>,
    loaded: &Loaded,
) -> anyhow::Result<Ending> {
    let mut failures = Failures::default();
    let mut ending = Ending::Done;
    for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
        match print(&Turn::due(app, digest, loaded), talk).await {
            Ok(printed) => ending = ending.and(printed),
            Err(error) => failures.add(app, talk, &digest.name, error),
        }
    }
    failures.end(ending)
}

/// Freezes and sends the issues of a digest that are due.
async fn send_due(turn: &Turn<'_>, talk: &mut Talk<'_>, live: &mut Live) -> anyhow::Result<Ending> {
    let Some(sender) = turn.app.become_sender().await? else {
        talk.say("another run is sending; this one leaves the mail to it");
        return Ok(Ending::Done);
    };
    turn.app.refuse_older_copies(None, sender.store()).await?;
    turn.rename(talk, sender.store()).await?;
    let purged = sender.store().purge_unconfirmed(turn.now).await?;
    if purged > 0 {
        talk.say(&format!(
            "{} not confirmed for 30 days: deleted",
            count(purged, "reader")
        ));
    }
    let mut plan = match turn.plan(talk, sender.store()).await? {
        Next::Wait => return Ok(Ending::Done),
        Next::Ahead(slot) => {
            talk.report(&[slot_ahead(turn.digest, slot)]);
            return Ok(Ending::Partial);
        }
        Next::Go(plan) => plan,
    };
    let pages = plan.pages(turn.digest);
    let missing = tokio::select! {
        missing = live.find_missing(turn.app, talk, &pages) => missing,
        () = turn.app.wait_until_stopped() => return Ok(Ending::Partial),
    };
    plan.hold_back(turn.digest, &missing, turn.now);
    turn.announce(talk, &sender, &plan).await
}
