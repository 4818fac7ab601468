//! `tidings build`: the feeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use crate::cli::{Build, Dry};
use crate::command::{Ending, Session, own_template};
use crate::config::Config;
use crate::feed::{Bodies, OldFeed, Outline, Plan, Setting, Sink, folder_at, links, plan, render};
use crate::file::read::{LISTED, read_text};
use crate::finding::Finding;
use crate::loader::{Loaded, load_posts};
use crate::post::{Body, Post, fingerprint_of};
use crate::publish::{Manifest, Publisher, Waiting};

/// How many pages the hub waits for.
const MOST_WAITING: usize = 100;

/// What `run` goes on with.
pub(super) struct Built {
    /// The posts.
    pub(super) loaded: Loaded,
    /// What is known of the files that were written.
    pub(super) manifest: Manifest,
    /// Whether something was left out.
    pub(super) ending: Ending,
}

/// What a build does to readers: the one line that is said of it.
struct Counts {
    new: usize,
    updated: usize,
    repeated: usize,
}

/// Writes the feeds and the lock, or prints the feeds.
pub(super) fn build(session: &mut Session<'_>, args: &Build) -> anyhow::Result<Built> {
    let config = session.config.clone();
    let now = session.clock.now();
    let (loaded, publisher) = rayon::join(
        || load_posts(&config.site, &config.posts, now),
        || {
            Publisher::open(
                &config.feeds.dir,
                &config.posts.lock,
                config.feeds.precompress,
            )
        },
    );
    let mut loaded = loaded?;
    if let Some(file) = &args.adopt {
        adopt(session, &mut loaded, file)?;
    }
    if args.print_links {
        session
            .out
            .write_all(links(&config.site, &config.feeds).as_bytes())?;
        return Ok(Built {
            loaded,
            manifest: Manifest::default(),
            ending: Ending::Done,
        });
    }
    let template = own_template(&config, "feeds.html")?;
    // What each post is now, by its id.
    let prints: Vec<(u64, u64)> = loaded
        .posts
        .par_iter()
        .map(|post| (fingerprint_of(&post.id), fingerprint_of(post)))
        .collect();
    let new = new_posts(&loaded, &prints, &publisher.manifest());
    let unseen = publisher
        .manifest()
        .unseen(&prints, &new, config.feeds.limit);
    let setting = Setting {
        site: &config.site,
        config: &config.feeds,
        lock: &loaded.lock,
        posts: &loaded.posts,
        unseen: &unseen.places(&prints),
        template: template.as_ref().map(|(file, text)| (&**file, &**text)),
    };
    let Plan { outlines, findings } = plan(&setting, salt(&config, &loaded), &prints)?;
    let counts = Counts::of(&loaded, &prints, &publisher.manifest(), new.len());
    let mut manifest = Manifest::default();

    session.report(&loaded.findings);
    session.report(&findings);
    session.explain(&format!(
        "{} posts in {}",
        loaded.posts.len(),
        config.posts.dir.display()
    ));
    if session.verbose {
        loaded.reasons().for_each(|reason| session.explain(&reason));
    }
    for place in setting.unseen {
        session.explain(&format!(
            "{}: its date is old, so it stays in the feeds until {} others have followed",
            loaded.posts[*place].path, config.feeds.limit
        ));
    }
    let mut ending = Ending::of(&loaded.findings).and(Ending::of(&findings));
    if args.dry.dry_run {
        let rendered = print(session, args, &setting, &outlines, &loaded)?;
        session.say(&format!("feeds: {counts}"));
        ending = ending.and(session.report_rendered(rendered));
    } else {
        let stale: Vec<&Outline> = outlines
            .iter()
            .filter(|outline| !publisher.is_current(outline))
            .collect();
        publisher.refuse_others(&stale)?;
        // Before the first feed that uses them.
        ending = ending.and(session.keep(&loaded.lock));
        let bodies = Rendered::new(&loaded);
        let rendered = render(&setting, &stale, &bodies, &publisher).map(|mut findings| {
            findings.extend(bodies.into_warnings());
            findings
        });
        let mut pruned = Ok(());
        if rendered.is_ok() {
            publisher.retire(&outlines);
            publisher.manifest().add_posts(&prints, unseen);
            if config.feeds.hub.is_some() {
                wait_for(
                    &loaded,
                    &outlines,
                    &prints,
                    &new,
                    now,
                    &mut publisher.manifest(),
                );
            }
            if args.prune {
                pruned = prune(session, &loaded, &publisher, &outlines);
            }
        }
        // Also where something failed: what was written until then is news to the hub.
        let left = publisher.finish();
        session.report(left.unkept.as_slice());
        ending = ending.and(session.report_rendered(rendered?));
        pruned?;
        session.result(&counts.told(loaded.posts.len(), left.written.len(), &config.feeds.dir))?;
        manifest = left.manifest;
    }
    let (drafts, future) = loaded.waiting();
    if drafts + future > 0 {
        session.say(&format!(
            "left out: {drafts} drafts, {future} posts of the future"
        ));
    }
    Ok(Built {
        loaded,
        manifest,
        ending,
    })
}

/// Removes the documents of what is gone. A post that only cannot be read today is not.
fn prune(
    session: &Session<'_>,
    loaded: &Loaded,
    publisher: &Publisher,
    outlines: &[Outline],
) -> Result<(), Finding> {
    if Ending::of(&loaded.findings) == Ending::Partial {
        session.report(&[Finding::warning(
            "nothing is pruned while a post is left out by an error",
        )]);
        return Ok(());
    }
    for path in publisher.prune(&session.config.site, outlines)? {
        session.say(&format!(
            "removed {}",
            session.config.feeds.dir.join(path).display()
        ));
    }
    Ok(())
}

/// Prints the documents that are asked for. Returns what is wrong.
fn print(
    session: &mut Session<'_>,
    args: &Build,
    setting: &Setting<'_>,
    outlines: &[Outline],
    loaded: &Loaded,
) -> anyhow::Result<Vec<Finding>> {
    let wanted: Vec<&Outline> = outlines
        .iter()
        .filter(|outline| args.only.as_ref().is_none_or(|only| *only == outline.path))
        .collect();
    if let (Some(only), true) = (&args.only, wanted.is_empty()) {
        anyhow::bail!("there is no document `{only}`\n  `tidings build --dry-run` prints them all");
    }
    let documents = Documents::default();
    let bodies = Rendered::new(loaded);
    let mut findings = render(setting, &wanted, &bodies, &documents)?;
    findings.extend(bodies.into_warnings());
    let documents = documents.into_inner();
    for outline in wanted {
        if args.only.is_none() {
            writeln!(
                session.out,
                "==> {} <==",
                session.config.feeds.dir.join(&outline.path).display()
            )?;
        }
        session
            .out
            .write_all(documents.get(&outline.path).map_or(&[], Vec::as_slice))?;
    }
    Ok(findings)
}

/// The bodies of the posts, and what is wrong with those that were rendered.
struct Rendered<'a> {
    loaded: &'a Loaded,
    warnings: Mutex<Vec<Finding>>,
}

impl<'a> Rendered<'a> {
    fn new(loaded: &'a Loaded) -> Self {
        Self {
            loaded,
            warnings: Mutex::default(),
        }
    }

    fn into_warnings(self) -> Vec<Finding> {
        let warnings = self.warnings.into_inner();
        warnings.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bodies for Rendered<'_> {
    fn body(&self, post: &Post) -> Result<Body, Finding> {
        let body = self.loaded.body(post)?;
        let warnings = self.warnings.lock();
        let mut warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        warnings.extend(body.warnings.iter().cloned());
        Ok(body)
    }
}

/// Documents that are printed, by path.
#[derive(Default)]
struct Documents(Mutex<BTreeMap<String, Vec<u8>>>);

impl Documents {
    fn into_inner(self) -> BTreeMap<String, Vec<u8>> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Documents {
    fn put(&self, outline: &Outline, bytes: &[u8], _complete: bool) -> Result<(), Finding> {
        let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        documents.insert(outline.path.clone(), bytes.to_owned());
        Ok(())
    }
}

impl Session<'_> {
    /// Names what is wrong with posts that were rendered.
    fn report_rendered(&self, mut findings: Vec<Finding>) -> Ending {
        findings.sort();
        self.report(&findings);
        Ending::of(&findings)
    }
}

impl Counts {
    fn of(loaded: &Loaded, prints: &[(u64, u64)], manifest: &Manifest, new: usize) -> Self {
        let updated = prints
            .iter()
            .filter(|(id, now)| manifest.is_updated(*id, *now))
            .count();
        Self {
            new,
            updated,
            repeated: loaded.lock.changes().repeated.len(),
        }
    }

    /// The line of the result.
    fn told(&self, posts: usize, written: usize, dir: &Path) -> String {
        match written {
            0 if self.new + self.updated + self.repeated == 0 => {
                format!("feeds: nothing new: {self} ({posts} posts)")
            }
            0 => format!("feeds: {self} ({posts} posts, every document stays as it is)"),
            _ => format!(
                "feeds: {self} ({posts} posts, {written} files written into {})",
                dir.display()
            ),
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} new, {} updated, {} repeated",
            self.new, self.updated, self.repeated
        )
    }
}

/// The posts that no feed has carried, by the fingerprints of their ids: the manifest knows it, since a lock may be kept by
/// a run that fails afterwards, or not at all. Without one, those that are new in the lock.
fn new_posts(loaded: &Loaded, prints: &[(u64, u64)], manifest: &Manifest) -> BTreeSet<u64> {
    let changes = loaded.lock.changes();
    let mut new = BTreeSet::new();
    for (post, (id, _)) in loaded.posts.iter().zip(prints) {
        let is_new = manifest
            .is_new(*id)
            .unwrap_or_else(|| changes.new.contains(&*post.id));
        let keeps_readers =
            changes.repeated.contains(&*post.path) || changes.adopted.contains(&*post.path);
        if is_new && !keeps_readers {
            new.insert(*id);
        }
    }
    new
}

/// What else makes the bytes, beside the posts and the settings of the feeds: this very program, and how posts are read.
fn salt(config: &Config, loaded: &Loaded) -> u64 {
    let program = std::env::current_exe().and_then(fs::metadata).ok();
    let program = program.map(|file| (file.len(), file.modified().ok()));
    let posts = format!("{:?}", config.posts);
    fingerprint_of(&(
        env!("CARGO_PKG_VERSION"),
        program,
        posts,
        loaded.fingerprint(),
    ))
}

/// Gives the posts the ids of an old feed.
fn adopt(session: &Session<'_>, loaded: &mut Loaded, file: &Path) -> anyhow::Result<()> {
    let text = read_text(file, LISTED).map_err(|error| error.in_file(file))?;
    let old = OldFeed::parse(&text).map_err(|finding| finding.in_file(file))?;
    let adoption = old
        .adopt(&loaded.posts)
        .map_err(|finding| finding.in_file(file))?;
    let ids: BTreeMap<&str, &str> = adoption
        .ids
        .iter()
        .map(|(path, id)| (path.as_str(), id.as_str()))
        .collect();
    let mut changed = 0;
    for post in &mut loaded.posts {
        if let Some(id) = ids
            .get(&*post.path)
            .filter(|id| loaded.lock.adopt(&post.path, id))
        {
            post.id = (*id).into();
            changed += 1;
        }
    }
    let mut warnings = adoption.warnings;
    if let Some(id) = &old.id {
        let config = &session.config;
        let folder = old
            .address
            .and_then(|address| folder_at(&config.site, &config.feeds, &loaded.posts, &address));
        let folder = folder.unwrap_or_default();
        match loaded.lock.feed_id(&folder) {
            Some(known) if known != id => {
                warnings.push(Finding::warning(format!(
                    "the feed /{folder} keeps its id `{known}`"
                )));
            }
            _ => loaded.lock.adopt_feed(&folder, id),
        }
    }
    let by_rule = match adoption.by_rule {
        0 => String::new(),
        some => format!(", {some} of them older than the feed, by the rule that its ids follow"),
    };
    session.say(&format!("adopted {changed} ids{by_rule}"));
    session.report(
        &warnings
            .into_iter()
            .map(|warning| warning.in_file(file))
            .collect::<Vec<_>>(),
    );
    Ok(())
}

/// Notes the new posts that the feeds show of which the hub is to be told: their pages must answer before it is. A post
/// that is gone keeps nobody waiting; of a whole site that comes at once the newest stand for all.
fn wait_for(
    loaded: &Loaded,
    outlines: &[Outline],
    prints: &[(u64, u64)],
    new: &BTreeSet<u64>,
    now: DateTime<Utc>,
    manifest: &mut Manifest,
) {
    let untold: BTreeSet<String> = manifest.untold().into_iter().collect();
    let told_soon = outlines
        .iter()
        .filter(|outline| untold.contains(&outline.path));
    let shown: BTreeSet<usize> = told_soon
        .flat_map(|outline| outline.posts().iter().copied())
        .collect();
    let wait = |(number, post): (usize, &Post)| {
        let id = prints[number].0;
        let is_news = || shown.contains(&number) && new.contains(&id);
        let since = manifest
            .waits_since(id, post.url.as_str())
            .or_else(|| is_news().then_some(now))?;
        Some((
            id,
            Waiting {
                page: post.url.to_string(),
                since: since.min(now),
            },
        ))
    };
    let waiting = loaded
        .posts
        .iter()
        .enumerate()
        .filter_map(wait)
        .take(MOST_WAITING)
        .collect();
    *manifest.waiting_mut() = waiting;
}

impl From<Dry> for Build {
    fn from(dry: Dry) -> Self {
        Self {
            dry,
            only: None,
            adopt: None,
            prune: false,
            print_links: false,
        }
    }
}
