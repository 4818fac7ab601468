//! `tidings digest NAME`: one digest, now; and what `run` does for each.

mod compose;
mod plan;
mod preview;
mod show;
mod single;

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use tokio::runtime::Runtime;
use url::Url;

pub(super) use plan::When;

use crate::app::{App, COPIED};
use crate::cli::{self, Choice, Dry};
use crate::command::build::refuse_vanished;
use crate::command::live::Live;
use crate::command::send::finish;
use crate::config::{Digest, Schedule};
use crate::delivery::Mailer;
use crate::digest::{Next, Plan, last_before};
use crate::ending::Ending;
use crate::finding::Finding;
use crate::ledger::{Issue, IssueState};
use crate::loader::{Loaded, load_posts};
use crate::post::{Post, fingerprint_of};
use crate::publish::Manifest;
use crate::reader::Email;
use crate::store::{Access, Freeze, Frozen, Store};
use crate::talk::Talk;

use compose::{Composed, compose};
use plan::{begin, plan, rename};

/// Sends one digest at once, or shows it.
pub(super) fn digest(
    app: &App,
    talk: &mut Talk<'_>,
    args: &cli::Digest,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let digest = app.config.digest(&args.name)?.clone();
    if args.choice.new_store && app.locked {
        bail!("`--new-store` is noted in the lock, and `--locked` keeps it as it is");
    }
    if let (Some(issue), Some(to)) = (args.resend, &args.to) {
        return runtime.block_on(single::resend(app, talk, &digest, issue, to));
    }
    if args.reset_slot {
        return runtime.block_on(reset_slot(app, talk, &digest));
    }
    if args.show.preview {
        return preview::preview(
            app,
            talk,
            &digest,
            &args.choice,
            !args.show.no_open,
            runtime,
        );
    }
    let loaded = match args.show.is_asked_for() {
        true => show::load(app, &args.choice)?,
        false => load_posts(&app.config.site, &app.config.posts, app.clock.now())?,
    };
    talk.report(&loaded.findings);
    refuse_vanished(&loaded, &Manifest::read(&app.config.posts.lock))?;
    let ending = if args.show.is_asked_for() {
        runtime.block_on(show::show(
            app,
            talk,
            &digest,
            &loaded,
            &args.choice,
            &args.show,
        ))?
    } else {
        // What is announced is known by its id, so the id must be kept first.
        let kept = if args.dry.dry_run {
            Ending::Done
        } else {
            app.keep(talk, &loaded.lock)
        };
        let when = When::Now(&args.choice);
        let sent = runtime.block_on(send(
            app,
            talk,
            &digest,
            &loaded,
            when,
            args.dry,
            &mut Live::default(),
        ))?;
        kept.and(sent)
    };
    Ok(Ending::of(&loaded.findings).and(ending))
}

/// Finishes what is open, then freezes and sends the issues that are due.
pub(super) async fn send(
    app: &App,
    talk: &mut Talk<'_>,
    digest: &Digest,
    loaded: &Loaded,
    when: When<'_>,
    dry: Dry,
    live: &mut Live,
) -> anyhow::Result<Ending> {
    let now = app.clock.now();
    if dry.dry_run {
        return show::print(app, talk, digest, loaded, when, now).await;
    }
    let Some(sender) = app.sender().await? else {
        if matches!(when, When::Now(_)) {
            bail!(
                "another run is sending, and this issue is not among what it sends\n  try again when it is done"
            );
        }
        talk.say("another run is sending; this one leaves the mail to it");
        return Ok(Ending::Done);
    };
    let store = sender.store().clone();
    let goes_on = matches!(when, When::Now(choice) if choice.new_store);
    app.refuse_older_copies(goes_on.then_some(&*digest.name), &store)
        .await?;
    rename(app, talk, &store, digest, loaded, when).await?;
    let mut ending = Ending::Done;
    // A store that takes another's place finishes what it holds at the next run.
    if matches!(when, When::Now(_)) && !goes_on {
        for issue in store
            .open_issues()
            .await?
            .into_iter()
            .filter(|issue| issue.digest == digest.name)
        {
            ending = ending.and(finish(app, talk, &sender, &issue).await?);
        }
    }
    if app.is_stopped() {
        return Ok(Ending::Partial);
    }
    let mut plan = match plan(app, talk, &store, digest, loaded, when, now).await? {
        Next::Wait => return Ok(ending),
        Next::Ahead(slot) => {
            talk.report(&[slot_ahead(digest, slot)]);
            return Ok(Ending::Partial);
        }
        Next::Go(plan) => plan,
    };
    if let When::Now(choice) = when
        && choice.again
        && !may_repeat(digest, &plan, choice)?
    {
        talk.say("nothing was sent");
        return Ok(ending);
    }
    if matches!(when, When::Due) {
        let pages: Vec<Url> = plan
            .issues(digest)
            .concat()
            .iter()
            .map(|post| post.url.to_url())
            .collect();
        let missing = tokio::select! {
            missing = live.missing(app, talk, &pages) => missing,
            () = app.stopped() => return Ok(Ending::Partial),
        };
        plan.hold_back(digest, &missing, now);
    }
    if !plan.issues(digest).is_empty() {
        let mail = &app.config.mail;
        Mailer::configured(mail).check(mail)?;
    }
    begin(app, talk, &store, digest, loaded, &plan, now).await?;
    let issues = plan.issues(digest);
    if !issues.is_empty()
        && store
            .first_reader(&digest.name, &digest.to)
            .await?
            .is_none()
    {
        match (when, &digest.schedule) {
            (When::Now(_), _) => bail!(show::no_readers(digest)),
            // The posts wait for the first reader; a mail for each of them would be no welcome.
            (When::Due, Schedule::Cron(_)) => {
                talk.say(&show::no_readers(digest));
                pass(&store, digest, &plan).await?;
                return Ok(ending);
            }
            (When::Due, Schedule::Each) => {}
        }
    }
    for posts in &issues {
        if app.is_stopped() {
            return Ok(Ending::Partial);
        }
        let issue = new_issue(&store, app, digest, posts, &plan, now).await?;
        let composed = compose(app, talk, digest, posts, loaded, issue.id, now);
        let Composed { compiled, .. } = match composed.and_then(|composed| composed.checked(talk)) {
            Ok(composed) => composed,
            // The posts stay unannounced; the other issues and digests go on.
            Err(finding) if matches!(when, When::Due) || issues.len() > 1 => {
                talk.report(&[finding]);
                ending = Ending::Partial;
                continue;
            }
            Err(finding) => return Err(finding.into()),
        };
        let issue = Issue {
            subject: compiled.subject(),
            ..issue
        };
        let ids: Vec<String> = posts.iter().map(|post| post.id.to_string()).collect();
        let to: Vec<(Email, Option<String>)> = digest
            .to
            .iter()
            .map(|to| (to.email.clone(), to.name.clone()))
            .collect();
        let freeze = Freeze {
            issue: &issue,
            compiled: &compiled.to_text(),
            page: "",
            posts: &ids,
            to: &to,
            subscribers: true,
            slot_at: plan.slot,
            again: matches!(when, When::Now(choice) if choice.again),
        };
        match store.freeze(&freeze).await? {
            Frozen::Already => talk.say(&format!("{}: another run has sent this", digest.name)),
            Frozen::Made(_) => {
                app.note_progress(talk, &store, &digest.name).await?;
                ending = ending.and(finish(app, talk, &sender, &issue).await?);
            }
        }
    }
    if issues.is_empty() {
        // What waits only for its page goes at the next run, not in the next slot.
        if !plan.holds_back() {
            pass(&store, digest, &plan).await?;
        }
        talk.conclude(&plan.why_nothing(digest))?;
        if matches!(when, When::Now(_)) {
            ending = ending.and(name_in_the_way(talk, &store, digest).await?);
        }
    }
    Ok(ending)
}

/// A paused issue has taken the posts that a person expects to be new.
async fn name_in_the_way(
    talk: &mut Talk<'_>,
    store: &Store,
    digest: &Digest,
) -> anyhow::Result<Ending> {
    let mut ending = Ending::Done;
    for issue in store.issues().await? {
        if issue.digest != digest.name || issue.state != IssueState::Paused {
            continue;
        }
        ending = Ending::Partial;
        // What was paused just now has been named.
        if issue.reason.as_deref() != Some(COPIED) {
            let message = format!(
                "{}: “{}” is paused, and its posts wait with it",
                issue.digest, issue.subject
            );
            let hint = format!(
                "`tidings issue resume {0}` goes on with it, `tidings issue cancel {0}` ends it",
                issue.id
            );
            talk.report(&[Finding::error(message).way_out(hint)]);
        }
    }
    Ok(ending)
}

fn slot_ahead(digest: &Digest, slot: DateTime<Utc>) -> Finding {
    let name = &digest.name;
    Finding::error(format!(
        "{name}: the last slot is {}, which is later than now, so nothing is sent before then",
        slot.to_rfc3339()
    ))
    .way_out(format!(
        "set the clock right; if it is right now, `tidings digest {name} --reset-slot` goes on from today"
    ))
}

/// Takes the last slot that is past as the last that was filled, after a run whose clock was ahead.
async fn reset_slot(app: &App, talk: &mut Talk<'_>, digest: &Digest) -> anyhow::Result<Ending> {
    let Schedule::Cron(cron) = &digest.schedule else {
        bail!("the digest `{}` has no slots", digest.name);
    };
    let now = app.clock.now();
    let zone = digest.zone(&app.config.site);
    let past = last_before(cron, zone, now).unwrap_or(now.timestamp());
    let store = app.store(Access::Write).await?;
    if !store.reset_slot(&digest.name, past).await? {
        bail!("the digest `{}` has not begun in this store", digest.name);
    }
    talk.conclude(&format!("{}: the next slot is the next issue", digest.name))?;
    Ok(Ending::Done)
}

/// The slot goes by without an issue.
async fn pass(store: &Store, digest: &Digest, plan: &Plan<'_>) -> anyhow::Result<()> {
    match plan.slot {
        Some(slot) => Ok(store.pass_slot(&digest.name, slot).await?),
        None => Ok(()),
    }
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

/// Which slot of a digest an issue fills.
fn slot_of(
    app: &App,
    digest: &Digest,
    posts: &[&Post],
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<String> {
    let outbox = app.config.mail.smtp.is_none();
    let post = posts.first().map(|post| &*post.id).unwrap_or_default();
    Ok(match (&digest.schedule, plan.slot) {
        // What went only into the outbox must not keep the same post from the relay.
        (Schedule::Each, Some(_)) => {
            format!("post{} {post}", if outbox { " to the outbox" } else { "" })
        }
        (Schedule::Each, None) => format!("by hand {} {post}", now.to_rfc3339()),
        (Schedule::Cron(_), Some(slot)) => DateTime::from_timestamp(slot, 0)
            .context("the slot is no time")?
            .to_rfc3339(),
        // Two issues by hand within a second differ by their posts.
        (Schedule::Cron(_), None) => {
            let ids: Vec<&str> = posts.iter().map(|post| &*post.id).collect();
            format!("by hand {} {:016x}", now.to_rfc3339(), fingerprint_of(&ids))
        }
    })
}

async fn new_issue(
    store: &Store,
    app: &App,
    digest: &Digest,
    posts: &[&Post],
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<Issue> {
    let slot = slot_of(app, digest, posts, plan, now)?;
    let key = store.current_key().await?;
    Ok(Issue {
        id: key.issue(&digest.name, &slot),
        digest: digest.name.clone(),
        slot,
        made_at: now,
        state: IssueState::Open,
        reason: None,
        subject: String::new(),
        outbox: app.config.mail.smtp.is_none(),
        key: key.number(),
    })
}
