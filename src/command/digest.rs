//! `tidings digest NAME`: one digest, now; and what `run` does for each.

use std::collections::HashSet;
use std::fs;
use std::io;

use anyhow::{Context, bail};
use chrono::{DateTime, TimeZone, Utc};
use tokio::runtime::Runtime;

use crate::cli::{self, Dry};
use crate::command::send::finish;
use crate::command::{Ending, Session};
use crate::config::{Digest, Schedule};
use crate::digest::{Templates, draft, due, last_before, news};
use crate::ledger::{Issue, IssueState};
use crate::loader::{self, Loaded, load_posts};
use crate::lock::Lock;
use crate::message::{Compiled, compile};
use crate::post::Post;
use crate::publish::write_changed;
use crate::reader::{Email, Reader};
use crate::store::{Access, Freeze, Frozen, Store};
use crate::token::random_id;

/// When a digest is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// In its slot.
    Due,
    /// At once.
    Now,
}

/// Sends one digest at once, or prints its first message.
pub(super) fn digest(session: &mut Session<'_>, args: &cli::Digest, runtime: &Runtime) -> anyhow::Result<Ending> {
    let digest = session.config.digest(&args.name)?.clone();
    let loaded = load_posts(&session.config.site, &session.config.posts, session.clock.now())?;
    session.report(&loaded.findings);
    if !args.dry.dry_run {
        // What is announced is known by its id, so the id must be kept first.
        write_changed(&session.config.posts.lock, loaded.lock.to_text().as_bytes())?;
    }
    let ending = runtime.block_on(send(session, &digest, &loaded, When::Now, args.dry))?;
    Ok(Ending::of(&loaded.findings).and(ending))
}

/// Finishes what is open, then freezes and sends the issues that are due.
pub(super) async fn send(
    session: &mut Session<'_>,
    digest: &Digest,
    loaded: &Loaded,
    when: When,
    dry: Dry,
) -> anyhow::Result<Ending> {
    let now = session.clock.now();
    let access = if dry.dry_run { Access::Read } else { Access::Write };
    let store = session.store(access).await?;
    if dry.dry_run {
        return print(session, &store, digest, loaded, when, now).await;
    }
    if let Some(relay) =
        session.config.mail.smtp.as_ref().filter(|relay| session.clock.is_set() && !relay.is_loopback())
    {
        bail!("`--at` with the relay {relay} would mail people at a time that is not\n  add `--dry-run`");
    }
    let Ok(sender) = store.begin_sending(session.config.mail.uncertain, now).await? else {
        session.say("another run is sending; this one leaves the mail to it");
        return Ok(Ending::Done);
    };
    let mut ending = Ending::Done;
    for issue in store.open_issues().await?.into_iter().filter(|issue| issue.digest == digest.name) {
        ending = ending.and(finish(session, &sender, &issue).await?);
    }
    let Some(plan) = plan(session, &store, digest, loaded, when, now).await? else { return Ok(ending) };
    if plan.first {
        begin(session, &store, digest, loaded, &plan, now).await?;
    }
    let mut nothing = true;
    for posts in plan.issues(digest) {
        nothing = false;
        let issue = new_issue(&store, session, digest, &posts, &plan, now).await?;
        let (compiled, subject) = write(session, digest, &posts, issue.id, now)?;
        let issue = Issue { subject, ..issue };
        let ids: Vec<String> = posts.iter().map(|post| post.id.clone()).collect();
        let to: Vec<(Email, Option<String>)> = digest.to.iter().map(|to| (to.email.clone(), to.name.clone())).collect();
        let freeze = Freeze {
            issue: &issue,
            compiled: &compiled.to_text(),
            page: "",
            posts: &ids,
            to: &to,
            subscribers: true,
            slot_at: plan.slot,
        };
        match store.freeze(&freeze).await? {
            Frozen::Already => session.say(&format!("{}: another run has filled this slot", digest.name)),
            Frozen::Made(_) => ending = ending.and(finish(session, &sender, &issue).await?),
        }
    }
    if nothing {
        if let Some(slot) = plan.slot {
            store.pass_slot(&digest.name, slot).await?;
        }
        session.result(&format!("{}: nothing new", digest.name))?;
    }
    Ok(ending)
}

/// What a digest is about to do.
struct Plan<'a> {
    /// The posts that it has not announced.
    news: Vec<&'a Post>,
    /// The slot that it fills; none where it is sent by hand.
    slot: Option<i64>,
    /// Whether it has never run.
    first: bool,
    /// The posts that are known from the beginning.
    known: Vec<String>,
}

impl<'a> Plan<'a> {
    /// The posts of each issue: one for all, or one each.
    fn issues(&self, digest: &Digest) -> Vec<Vec<&'a Post>> {
        match digest.schedule {
            Schedule::Each => self.news.iter().rev().map(|post| vec![*post]).collect(),
            Schedule::Cron(_) if self.news.len() < digest.min_posts.max(1) => Vec::new(),
            Schedule::Cron(_) => vec![self.news.clone()],
        }
    }
}

/// What is due; none where it is not yet time.
async fn plan<'a>(
    session: &Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &'a Loaded,
    when: When,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Plan<'a>>> {
    let config = &session.config;
    let zone = digest.timezone.unwrap_or(config.site.timezone).0;
    let last_slot = store.last_slot(&digest.name).await?;
    let first = last_slot.is_none();
    refuse_another_store(&loaded.lock, digest, store, first)?;
    let mut announced: HashSet<String> = store.announced(&digest.name, config.mail.smtp.is_some()).await?;
    let since = digest.since.and_then(|day| zone.from_local_datetime(&day.0.and_hms_opt(0, 0, 0)?).earliest());
    let is_known = |post: &&Post| since.is_none_or(|since| post.published < since);
    let known: Vec<String> = match first {
        true => loaded.posts.iter().filter(is_known).map(|post| post.id.clone()).collect(),
        false => Vec::new(),
    };
    announced.extend(known.iter().cloned());
    let slot = match (&digest.schedule, when) {
        (_, When::Now) => None,
        (Schedule::Each, When::Due) => Some(now.timestamp()),
        (Schedule::Cron(cron), When::Due) => {
            let last = last_slot.unwrap_or(if since.is_some() { i64::MIN } else { now.timestamp() });
            match due(cron, zone, last, now) {
                Some(slot) => Some(slot),
                // The first run without `since` has to note that it began, though nothing is due.
                None if first => last_before(cron, zone, now).or(Some(now.timestamp())),
                None => return Ok(None),
            }
        }
    };
    Ok(Some(Plan { news: news(digest, &loaded.posts, &announced), slot, first, known }))
}

/// A lost store must not mail the archive again: the lock says which store began the digest.
fn refuse_another_store(lock: &Lock, digest: &Digest, store: &Store, first: bool) -> anyhow::Result<()> {
    match lock.began(&digest.name) {
        Some(began) if first && began != store.name() => bail!(
            "the digest `{}` was begun by another store ({began}), and this one is empty\n  \
             bring the old store back, or take the line `#digest` out of the lock to begin anew",
            digest.name
        ),
        _ => Ok(()),
    }
}

/// Notes that the digest has begun, in the store and in the lock.
async fn begin(
    session: &Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &Loaded,
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut lock = match fs::read_to_string(&session.config.posts.lock) {
        Ok(text) => Lock::parse(&text)?,
        Err(_) => loaded.lock.clone(),
    };
    lock.begin(&digest.name, store.name());
    write_changed(&session.config.posts.lock, lock.to_text().as_bytes())?;
    // The slot itself is filled by the freeze that follows, or passed.
    store.begin_digest(&digest.name, &plan.known, i64::MIN, now).await?;
    if !plan.known.is_empty() {
        session.say(&format!(
            "{}: first run, {} posts are known from now on and {} are news (`since` says how far back)",
            digest.name,
            plan.known.len(),
            plan.news.len()
        ));
    }
    Ok(())
}

async fn new_issue(
    store: &Store,
    session: &Session<'_>,
    digest: &Digest,
    posts: &[&Post],
    plan: &Plan<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<Issue> {
    let slot = match (&digest.schedule, plan.slot) {
        (Schedule::Each, _) => posts.first().map(|post| post.id.clone()).unwrap_or_default(),
        (Schedule::Cron(_), Some(slot)) => {
            DateTime::from_timestamp(slot, 0).context("the slot is no time")?.to_rfc3339()
        }
        (Schedule::Cron(_), None) => format!("by hand {}", now.to_rfc3339()),
    };
    Ok(Issue {
        id: random_id(),
        digest: digest.name.clone(),
        slot,
        made_at: now,
        state: IssueState::Open,
        reason: None,
        subject: String::new(),
        outbox: session.config.mail.smtp.is_none(),
        key: store.current_key().await?.number(),
    })
}

/// The mail of an issue, and its subject.
fn write(
    session: &Session<'_>,
    digest: &Digest,
    posts: &[&Post],
    id: i64,
    now: DateTime<Utc>,
) -> anyhow::Result<(Compiled, String)> {
    let config = &session.config;
    let template = |name: &str| match fs::read_to_string(config.root.join("templates").join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("templates/{name}")),
    };
    let templates = Templates { html: template("digest.html")?, text: template("digest.txt")? };
    let mut entries = Vec::new();
    for post in posts.iter().take(digest.limit) {
        entries.push((*post, loader::body(&config.posts, post)?));
    }
    let more = posts.len() - entries.len();
    let draft = draft(&config.site, digest, &config.mail, &templates, &entries, more, now)?;
    let compiled = compile(&draft, &config.site, digest, &config.mail, id)?;
    let subject = compiled.subject();
    Ok((compiled, subject))
}

/// The first message of the digest, and nothing else.
async fn print(
    session: &mut Session<'_>,
    store: &Store,
    digest: &Digest,
    loaded: &Loaded,
    when: When,
    now: DateTime<Utc>,
) -> anyhow::Result<Ending> {
    let Some(plan) = plan(session, store, digest, loaded, when, now).await? else { return Ok(Ending::Done) };
    let issues = plan.issues(digest);
    let Some(posts) = issues.first() else {
        session.say(&format!("{}: nothing new", digest.name));
        return Ok(Ending::Done);
    };
    let (compiled, subject) = write(session, digest, posts, 0, now)?;
    let subscriber = store.subscribers().await?.into_iter().find(|one| one.digests.contains(&digest.name));
    let reader = match (subscriber, digest.to.first()) {
        (Some(one), _) => one.reader,
        (None, Some(to)) => Reader { id: 0, email: to.email.clone(), name: to.name.clone(), language: None },
        (None, None) => bail!("the digest `{}` has no readers\n  set `to`, or add a subscriber", digest.name),
    };
    if when == When::Due {
        writeln!(session.out, "==> {}: {subject} <==", digest.name)?;
    }
    let key = store.current_key().await?;
    session.out.write_all(&compiled.fill(&reader, now, &key))?;
    session.say(&format!("{}: {} posts in {} issues", digest.name, plan.news.len(), issues.len()));
    Ok(Ending::Done)
}
