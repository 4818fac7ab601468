//! `tidings digest NAME`: one digest, now, or how it will look.

mod preview;
mod show;
mod single;

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::bail;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::cli::{self, Choice};
use crate::config::{Digest, Schedule};
use crate::digest::{Next, Plan, find_last_slot};
use crate::ending::Ending;
use crate::publish::Manifest;
use crate::schedule::{Turn, print, send_issue, slot_ahead};
use crate::source::Reach;
use crate::store::Access;
use crate::talk::Talk;

/// Sends one digest at once, or shows it.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    args: &cli::DigestArgs,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let digest = app.config.digest(&args.name)?;
    let choice = &args.choice;
    if choice.new_store && app.locked {
        bail!("`--new-store` is noted in the lock, and `--locked` keeps it as it is");
    }
    if let (Some(issue), Some(to)) = (args.resend, &args.to) {
        return runtime.block_on(single::resend(app, talk, digest, issue, to));
    }
    if args.reset_slot {
        return runtime.block_on(reset_slot(app, talk, digest));
    }
    if args.show.preview {
        return preview::preview(app, talk, digest, choice, !args.show.no_open, runtime);
    }
    let is_shown = args.show.is_asked_for();
    let reach = Reach::for_run(is_shown || args.dry.dry_run);
    let gathered = runtime.block_on(app.gather(reach));
    let loaded = match is_shown {
        true => show::load(app, choice, gathered)?,
        false => app.load(&app.config.posts, gathered)?,
    };
    talk.report(&loaded.findings);
    let manifest = Manifest::read(&app.config.posts.lock);
    manifest.refuse_vanished(&loaded.today(), app.config.feeds.are_published())?;
    let mut ending = loaded.ending();
    let turn = Turn::by_hand(app, digest, &loaded, choice.into());
    if is_shown {
        let shown = runtime.block_on(show::show(&turn, talk, &args.show))?;
        return Ok(ending.and(shown));
    }
    if args.dry.dry_run {
        return Ok(ending.and(runtime.block_on(print(&turn, talk))?));
    }
    // Announced posts are identified by their ids, so the ids must be kept first.
    ending = ending.and(app.keep_unbuilt(talk, &loaded.lock));
    let sent = runtime.block_on(send(&turn, talk, choice))?;
    Ok(ending.and(sent))
}

/// Finishes what is open of the digest, then freezes and sends the next issue.
async fn send(turn: &Turn<'_>, talk: &mut Talk<'_>, choice: &Choice) -> anyhow::Result<Ending> {
    let Turn { app, digest, .. } = *turn;
    let sender = app.wait_to_become_sender().await?;
    let store = sender.store();
    let goes_on = choice.new_store.then_some(&*digest.name);
    app.refuse_older_copies(goes_on, store).await?;
    turn.rename(talk, store).await?;
    let mut ending = Ending::Done;
    // A store that takes another's place finishes what it holds at the next run.
    if !choice.new_store {
        for issue in store.load_open_issues().await? {
            if issue.digest == digest.name {
                ending = ending.and(send_issue(app, talk, &sender, &issue).await?);
            }
        }
    }
    if app.is_stopped() {
        return Ok(Ending::Partial);
    }
    let plan = match turn.plan(talk, store).await? {
        Next::Wait => return Ok(ending),
        Next::Ahead(slot) => {
            talk.report(&[slot_ahead(digest, slot)]);
            return Ok(Ending::Partial);
        }
        Next::Go(plan) => plan,
    };
    if choice.again && !may_repeat(digest, &plan, choice)? {
        talk.say("nothing was sent");
        return Ok(ending);
    }
    Ok(ending.and(turn.announce(talk, &sender, &plan).await?))
}

/// Asks before readers get a post twice.
fn may_repeat(digest: &Digest, plan: &Plan<'_>, choice: &Choice) -> anyhow::Result<bool> {
    if choice.yes || !plan.repeats {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        bail!("readers would get a post again, and there is no terminal to ask\n  add `--yes`");
    }
    eprint!(
        "{}: an issue has carried this before. Send it again to every reader? [y/N] ",
        digest.name
    );
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Takes the last slot that is past as the last that was filled, after a run whose clock was ahead.
async fn reset_slot(app: &App, talk: &mut Talk<'_>, digest: &Digest) -> anyhow::Result<Ending> {
    let Schedule::Cron(cron) = &digest.schedule else {
        bail!("the digest `{}` has no slots", digest.name);
    };
    let now = app.clock.now();
    let zone = digest.zone(&app.config.site);
    let past = find_last_slot(cron, zone, now).unwrap_or(now.timestamp());
    let store = app.open_store(Access::Write).await?;
    if !store.reset_slot(&digest.name, past).await? {
        bail!("the digest `{}` has not begun in this store", digest.name);
    }
    talk.conclude(&format!("{}: the next slot is the next issue", digest.name))?;
    Ok(Ending::Done)
}
