//! Folder → [`Post`]s, in parallel; the only opener of posts.
//!
//! [`load_posts`] finds the generator's config ([`generator`]), walks the folder ([`walk`]), decides the dialect
//! ([`detect`]), reads each file ([`reader`]) and lets the lock give each post its id ([`Identification`]). The texts are
//! read again by [`Loaded::render_body`] when a feed or a digest shows them.

mod apart;
mod assets;
mod detect;
mod generator;
mod git;
mod ignored;
mod joined;
mod passed;
mod past;
mod reader;
mod spelling;
mod stamp;
mod unread;
mod walk;

pub(crate) use generator::{Survey, find_site_below, survey};
pub(crate) use stamp::{stamp, stamp_sources};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use crate::config::{Dialect, MissingFolder, Posts, Site};
use crate::fault::guard;
use crate::file::read::{LISTED, read_text_if_any};
use crate::finding::Finding;
use crate::loader::assets::Assets;
use crate::loader::git::History;
use crate::loader::passed::{explain_all_ignored, explain_diary};
use crate::loader::past::Before;
use crate::loader::reader::{DRAFT, FUTURE, PostReader, read_post, text_of};
use crate::loader::spelling::Spelling;
use crate::loader::walk::{PostFilter, Walked};
use crate::lock::{Absence, Lock};
use crate::post::dialect::Habits;
use crate::post::{
    self, Body, Index, Post, Read, Signature, Syndication, Why, fingerprint_of, render_syndicated,
};
use crate::publish::Today;

/// Everything that a folder holds.
#[derive(Debug)]
pub struct Loaded {
    /// The published posts, newest first; those of one instant by path.
    pub posts: Vec<Post>,
    /// The lock with a line for each of them.
    pub lock: Lock,
    /// The findings, by path; an error left its post out.
    pub findings: Vec<Finding>,
    /// The dialect of the posts, with the reason for it.
    pub dialect: String,
    /// The ids of posts that are not here today, and that may come back under another path.
    pub held: Vec<String>,
    /// The ids of posts that vanished while another post was left out by an error: that may be one of them, which shows
    /// only once the error is mended.
    pub vanished: Vec<String>,
    /// The ids of posts whose addresses include their dates, since other posts have the shorter ones.
    pub dated: Vec<String>,
    /// Files that are no posts, or none today, each with the reason.
    skipped: Vec<(String, &'static str)>,
    /// The paths of the files that the manifest notes as left out by their authors: without those that may be a post which
    /// moved, as far as that is known.
    pub noted_left_out: Vec<String>,
    site: Site,
    habits: Habits,
    history: History,
    assets: Assets,
    index: Index,
    /// Where the posts are from that came by feeds, by path.
    pub(crate) syndicated: HashMap<Box<str>, Syndication>,
    /// Whether a source could not be read.
    is_behind: bool,
}

/// Reads every post of the folder.
///
/// # Errors
/// A finding if there is no folder, or the lock is broken.
pub fn load_posts(site: &Site, config: &Posts, now: DateTime<Utc>) -> Result<Loaded, Finding> {
    let generator = generator::find(&config.dir, config.dialect);
    let real = config.dir.canonicalize();
    let real = real.unwrap_or_else(|_| config.dir.clone());
    let ignored = generator
        .as_ref()
        .map(|found| generator::read_ignored(found, &real));
    let (ignored, ignore_findings) = ignored.unwrap_or_default();
    let (lock, walked) = rayon::join(
        || read_lock(&config.lock),
        || match config.missing {
            MissingFolder::Empty if !config.dir.exists() => Ok(Walked::default()),
            _ => walk::walk(&config.dir, &ignored, Some(&config.feed_dir)),
        },
    );
    let mut lock = lock?;
    let Walked {
        mut paths,
        ignored,
        mut findings,
        unreached,
    } = walked?;
    findings.extend(ignore_findings);
    if let (Some(found), true, false) = (&generator, paths.is_empty(), ignored.is_empty()) {
        findings.push(explain_all_ignored(&config.dir, &found.file));
    }
    let mut assets = Assets::new(config, generator.as_ref().map(|found| &*found.root));
    let others = unread::take_others(&mut paths);
    let (mut habits, dialect, broken) =
        detect::choose_habits(site, config, generator.as_ref(), &paths)?;
    findings.extend(broken);
    let (data, warnings) = generator::read_data(&config.dir, &habits, &paths);
    habits.data = data;
    findings.extend(warnings.into_iter().filter(|_| config.permalink.is_none()));
    let history = git::read_history(config)?;
    let choice = PostFilter::from_paths(paths.iter().chain(&others), &config.dir, &habits);
    let templates = habits.rules.templates;
    let known = unread::find_earlier_posts(&others, &config.dir, &lock);
    findings.extend(unread::warn(others, &config.dir, &choice, templates, &lock));
    let taken = paths.into_par_iter().filter(|path| choice.is_post(path));
    let mut paths: Vec<String> = taken.collect();
    let (spelling, twice) = Spelling::compose(&mut paths);
    assets.spelling = spelling;
    let twice = twice.into_iter();
    findings.extend(twice.map(|finding| finding.in_file(&config.dir)));
    let reader = PostReader {
        site,
        config,
        habits: &habits,
        history: &history,
        lock: &lock,
        assets: &assets,
        now,
        aside: Mutex::default(),
    };
    let (mut posts, aside) = reader.read_all(paths);
    findings.extend(aside.findings);
    let (mut skipped, mut absent, unreadable) = (aside.left_out, aside.absent, aside.unreadable);
    habits.pages = generator::find_pages(generator.as_ref(), &aside.linked, site);
    let unreached: HashSet<&str> = unreached.iter().map(String::as_str).collect();
    for path in lock.paths_at(&unreached).into_iter().chain(known) {
        absent.entry(path).or_insert(Absence::Broken);
    }
    let step = Identification {
        site,
        config,
        habits: &habits,
        history: &history,
        assets: &assets,
        absent: &absent,
        unreadable: &unreadable,
        ignored: &ignored,
    };
    let Identified {
        held,
        vanished,
        dated,
        noted_left_out,
    } = step.give_ids(&mut posts, &mut lock, &mut findings);
    findings.sort();
    skipped.extend(ignored.into_iter().map(|path| (path, IGNORED)));
    skipped.sort();
    Ok(Loaded {
        posts,
        lock,
        findings,
        dialect,
        held,
        vanished,
        dated,
        skipped,
        noted_left_out,
        site: site.clone(),
        habits,
        history,
        assets,
        index: Index::default(),
        syndicated: HashMap::new(),
        is_behind: false,
    })
}

/// The step that gives posts their ids.
struct Identification<'a> {
    site: &'a Site,
    config: &'a Posts,
    habits: &'a Habits,
    history: &'a History,
    assets: &'a Assets,
    /// The files that are no posts today.
    absent: &'a HashMap<String, Absence>,
    /// The ones among them that an error leaves out.
    unreadable: &'a [String],
    /// The files and folders that the generator leaves out.
    ignored: &'a [String],
}

/// The ids that need attention afterwards, as in [`Loaded`].
struct Identified {
    held: Vec<String>,
    vanished: Vec<String>,
    dated: Vec<String>,
    noted_left_out: Vec<String>,
}

impl Identification<'_> {
    /// Gives each post its id. Posts with one address are set apart first; a post without an id is left out.
    fn give_ids(
        &self,
        posts: &mut Vec<Post>,
        lock: &mut Lock,
        findings: &mut Vec<Finding>,
    ) -> Identified {
        let first_line = self.site.first_line();
        let before = Before::new(
            &self.config.lock,
            self.habits,
            self.assets,
            self.absent,
            self.unreadable,
        );
        let mut held: Vec<String> = Vec::new();
        let mut dated = HashSet::new();
        if self.habits.rules.dates_apart && self.config.permalink.is_none() {
            let keeping = self.habits.keeping_dates();
            dated = apart::add_dates(posts, lock, &first_line, &before, |post| {
                address_of(post, &self.assets.file(&post.path), self.site, &keeping)
            });
        }
        for loser in apart::take_out(posts, lock, &first_line, &before) {
            findings.push(loser.finding);
            held.extend(loser.id);
        }
        let asked = apart::ask_for_ids(posts);
        let assigned = lock.assign(&first_line, &asked, &before.beside(posts));
        held.extend(assigned.held);
        // After the assignment, since the lock also learns of ids that it could not be given.
        let waiting = lock.ids_at(self.absent.keys().map(String::as_str));
        held.extend(waiting.into_iter().map(str::to_owned));
        let noted_left_out = before.list_noted_left_out(!assigned.refused.is_empty());
        for (number, finding) in assigned.refused {
            findings.push(finding.in_file(before.file(&posts[number].path)));
        }
        set_ids(posts, assigned.ids);
        findings.extend(self.find_left_diary(posts, lock, &before));
        let mut vanished = Vec::new();
        if findings.iter().any(Finding::is_error) {
            let ids = posts.iter().map(|post| &*post.id).collect();
            vanished = lock.find_vanished(&ids, &before.beside(posts));
        }
        let dated = posts.iter().filter(|post| dated.contains(&*post.path));
        Identified {
            held,
            vanished,
            dated: dated.map(|post| post.id.to_string()).collect(),
            noted_left_out,
        }
    }

    /// Names the posts that leave the feeds since their folder is that of a vault's diary: not those that moved out of it,
    /// nor those that their authors leave out or have deleted.
    fn find_left_diary(&self, posts: &[Post], lock: &Lock, before: &Before<'_>) -> Option<Finding> {
        let Self {
            site,
            config,
            habits,
            ..
        } = self;
        if habits.rules.dialect != Dialect::Obsidian || self.ignored.is_empty() {
            return None;
        }
        let ids: HashSet<&str> = posts.iter().map(|post| &*post.id).collect();
        let leaves = |path: &str, id: &str| {
            // Without the last build, feeds that are there may show it.
            let was_there = match before.knows_posts() {
                true => before.has_built(id),
                false => config.feed_dir.exists(),
            };
            let read = || {
                let commits = self.history.find_commits(path, lock);
                let file = self.assets.file(path);
                read_post(path, &file, site, habits, commits, &mut Vec::new())
            };
            was_there && !ids.contains(id) && matches!(read(), Ok(Read::Post(_)))
        };
        explain_diary(self.ignored, &config.dir, lock, leaves)
    }
}

/// Sets the ids, and leaves out a post without one.
fn set_ids(posts: &mut Vec<Post>, ids: Vec<Option<String>>) {
    let mut ids = ids.into_iter();
    posts.retain_mut(|post| match ids.next().flatten() {
        Some(id) => {
            post.id = id.into();
            true
        }
        None => false,
    });
}

fn read_lock(file: &Path) -> Result<Lock, Finding> {
    match read_text_if_any(file, LISTED)? {
        Some(text) => Lock::parse(&text).map_err(|finding| finding.in_file(file)),
        None => Ok(Lock::default()),
    }
}

impl Loaded {
    /// The body of a post, read again from its file.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn render_body(&self, post: &Post) -> Result<Body, Finding> {
        if let Some(from) = self.syndicated.get(&post.path) {
            return guard(|| Ok(render_syndicated(post, from, &self.site)));
        }
        let file = self.file(post);
        let mut buffer = Vec::new();
        let text = text_of(&file, &mut buffer);
        let render = |text: Cow<'_, str>| {
            #[cfg(test)]
            tests::panic_if_asked(&text, "render");
            post::render_body(
                post,
                &text,
                &self.site,
                &self.habits,
                &self.posts,
                &self.index,
            )
        };
        let body = text.and_then(|text| guard(|| render(text)));
        match body {
            Ok(mut body) => {
                body.warnings = body
                    .warnings
                    .into_iter()
                    .map(|warning| warning.in_file(&file))
                    .collect();
                Ok(body)
            }
            Err(finding) => Err(finding.in_file(file)),
        }
    }

    /// A post's file, as the file system writes its name.
    pub fn file(&self, post: &Post) -> PathBuf {
        self.assets.file(&post.path)
    }

    /// The signature of a post's text.
    pub fn signature(&self, post: &Post) -> Signature {
        if let Some(from) = self.syndicated.get(&post.path) {
            return Signature::from_text(&from.html);
        }
        let signature = past::signature(&self.file(post), &self.habits);
        signature.unwrap_or_else(|| Signature::from_text(""))
    }

    /// Reads the text of a post's file, to show the place of a fault in it.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn source(&self, post: &Post) -> Result<String, Finding> {
        let file = self.file(post);
        let mut buffer = Vec::new();
        text_of(&file, &mut buffer)
            .map(Cow::into_owned)
            .map_err(|finding| finding.in_file(file))
    }

    /// The files that an address in a post may name, the likeliest first. All of them lie in the folders of the site or
    /// of its feeds, whatever the address or a link says.
    pub fn files_of(&self, post: &Post, address: &str, feeds: &Path) -> Vec<PathBuf> {
        if post.is_syndicated() {
            return Vec::new();
        }
        self.assets.find(&self.site, post, address, Some(feeds))
    }

    /// A fingerprint of all input of entries beside the posts themselves: the dialect, the generator's own config, the
    /// data files, the pages that posts link to by their files, and the feeds that posts are from.
    pub fn fingerprint(&self) -> u64 {
        let Habits {
            zone,
            syntax,
            math,
            excerpt,
            variables,
            data,
            pages,
            ..
        } = &self.habits;
        // A map of the standard library has another order in each run.
        let variables: BTreeMap<_, _> = variables.iter().collect();
        let data: BTreeMap<_, _> = data.iter().collect();
        let dialect = &self.dialect;
        let origins: BTreeSet<_> = self.syndicated.values().map(|from| &from.origin).collect();
        fingerprint_of(&(
            dialect, zone, syntax, math, excerpt, variables, data, pages, origins,
        ))
    }

    /// The posts that are published today, and the reasons why others are not.
    pub fn today(&self) -> Today {
        let broken = self.held.iter().map(|id| (fingerprint_of(id), BROKEN));
        let mut left_out: HashMap<u64, &'static str> = broken.collect();
        for (path, why) in &self.skipped {
            let ids = self.lock.ids_at([&**path]);
            left_out.extend(ids.into_iter().map(|id| (fingerprint_of(&id), *why)));
        }
        Today {
            published: self
                .posts
                .iter()
                .filter(|post| !post.is_syndicated())
                .map(|post| fingerprint_of(&post.id))
                .collect(),
            left_out,
            in_lock: self.lock.ids().iter().map(fingerprint_of).collect(),
        }
    }

    /// How many drafts, and how many posts of the future, were left out.
    pub fn waiting(&self) -> (usize, usize) {
        let count = |reason| {
            self.skipped
                .iter()
                .filter(|(_, why)| *why == reason)
                .count()
        };
        (count(DRAFT), count(FUTURE))
    }

    /// Explains the dialect, each post's date and address, and each file that is no post. It reads the posts again.
    pub fn reasons(&self) -> impl Iterator<Item = String> {
        let posts = self.posts.iter().filter_map(|post| {
            let commits = self.history.find_commits(&post.path, &self.lock);
            let read = read_post(
                &post.path,
                &self.file(post),
                &self.site,
                &self.habits,
                commits,
                &mut Vec::new(),
            );
            let Ok(Read::Post(draft)) = read else {
                return None;
            };
            let Why {
                date,
                zone,
                address,
            } = draft.why;
            let (path, published, url) = (&post.path, draft.post.published, &post.url);
            Some(format!(
                "{path}: {} from {date}, read {zone}; {url} from {address}",
                published.to_rfc3339()
            ))
        });
        let skipped = self
            .skipped
            .iter()
            .map(|(path, why)| format!("{path}: left out: {why}"));
        std::iter::once(self.dialect.clone())
            .chain(posts)
            .chain(skipped)
    }
}

/// Why a post is held that is not left out by its author.
const BROKEN: &str = "something is wrong with it";
const IGNORED: &str = "the generator leaves it out";

/// The address that other habits give a post, read again.
fn address_of(post: &Post, file: &Path, site: &Site, habits: &Habits) -> Option<post::Address> {
    match read_post(&post.path, file, site, habits, None, &mut Vec::new()) {
        Ok(Read::Post(draft)) => Some(draft.post.url),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
