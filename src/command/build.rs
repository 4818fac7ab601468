//! `tidings build`: the feeds.

use std::sync::{Mutex, PoisonError};

use crate::cli::{Build, Dry};
use crate::command::Session;
use crate::feed::documents;
use crate::finding::Finding;
use crate::loader::{Loaded, load_posts};
use crate::publish::{publish, write_changed};

/// What `run` goes on with.
pub(super) struct Built {
    /// The posts.
    pub(super) loaded: Loaded,
    /// Everything that is wrong.
    pub(super) findings: Vec<Finding>,
}

/// Writes the feeds and the lock, or prints the feeds.
pub(super) fn build(session: &mut Session<'_>, args: &Build) -> anyhow::Result<Built> {
    let config = session.config.clone();
    let loaded = load_posts(&config.site, &config.posts, session.clock.now())?;
    let dropped = Mutex::new(Vec::new());
    let body = |post: &_| {
        let body = loaded.body(post)?;
        dropped.lock().unwrap_or_else(PoisonError::into_inner).extend(body.warnings.iter().cloned());
        Ok(body)
    };
    let authority = loaded.lock.authority();
    let (documents, unrendered) = documents(&config.site, &config.feeds, authority, &loaded.posts, &body);
    let mut findings = loaded.findings.clone();
    findings.extend(unrendered);
    findings.extend(dropped.into_inner().unwrap_or_else(PoisonError::into_inner));
    findings.sort();
    session.report(&findings);
    session.explain(&format!("{} posts in {}", loaded.posts.len(), config.posts.dir.display()));
    if session.verbose {
        loaded.reasons().for_each(|reason| session.explain(&reason));
    }
    if args.dry.dry_run {
        let wanted = |path: &str| args.only.as_deref().is_none_or(|only| only == path);
        for document in documents.iter().filter(|document| wanted(&document.path)) {
            if args.only.is_none() {
                writeln!(session.out, "==> {} <==", config.feeds.dir.join(&document.path).display())?;
            }
            session.out.write_all(&document.bytes)?;
        }
        if let Some(only) = args.only.as_ref().filter(|only| !documents.iter().any(|document| document.path == **only))
        {
            anyhow::bail!("there is no document `{only}`");
        }
    } else {
        // Before the first feed that uses them: an id that was published and not kept would be minted anew one day.
        write_changed(&config.posts.lock, loaded.lock.to_text().as_bytes())?;
        let written = publish(&documents, &config.feeds.dir)?;
        let total = loaded.posts.len();
        session.result(&match written.len() {
            0 => format!("feeds: nothing new ({total} posts)"),
            some => format!("feeds: {total} posts, {some} documents written into {}", config.feeds.dir.display()),
        })?;
    }
    if loaded.drafts + loaded.future > 0 {
        session.say(&format!("left out: {} drafts, {} posts of the future", loaded.drafts, loaded.future));
    }
    Ok(Built { loaded, findings })
}

impl From<Dry> for Build {
    fn from(dry: Dry) -> Self {
        Self { dry, only: None }
    }
}
