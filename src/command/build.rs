//! `tidings build`: the feeds.

mod adopt;
mod documents;

use std::collections::BTreeSet;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::cli::{Build, Dry};
use crate::config::{Config, Feeds};
use crate::ending::Ending;
use crate::feed::{Outline, Plan, Setting, links, plan};
use crate::finding::{Finding, count};
use crate::loader::{Loaded, load_posts};
use crate::post::{Post, Signature, fingerprint_of};
use crate::publish::{Manifest, Posts, Publisher, Unseen, Vanished};
use crate::talk::Talk;
use crate::template::read_own;

use adopt::adopt;
use documents::{print, render_posts};

/// The result of a build, with which `run` goes on.
pub(super) struct Built {
    /// The posts.
    pub(super) loaded: Loaded,
    /// The manifest after the build.
    pub(super) manifest: Manifest,
    /// Whether something was left out.
    pub(super) ending: Ending,
}

/// How many posts readers will see as new, updated or repeated.
struct Counts {
    new: usize,
    updated: usize,
    repeated: usize,
}

/// The input of a build, read before anything is written.
struct Reading<'a> {
    config: &'a Config,
    loaded: Loaded,
    publisher: Publisher,
    /// The template of the page for people, and its file, where the site has its own.
    template: Option<(PathBuf, String)>,
    /// The fingerprints of each post's id and of the post.
    prints: Vec<(u64, u64)>,
    /// The posts that no build has published before, by the fingerprints of their ids.
    new: BTreeSet<u64>,
    /// The posts that subscribers may not have seen yet though their dates are old.
    unseen: Unseen,
    /// The same by their place among all.
    unseen_places: BTreeSet<usize>,
}

/// Writes the feeds and the lock, or prints the feeds.
pub(super) fn build(
    app: &App,
    talk: &mut Talk<'_>,
    args: &Build,
    runtime: &Runtime,
) -> anyhow::Result<Built> {
    let (mut loaded, publisher) = read(app)?;
    if let Some(feed) = &args.adopt {
        adopt(app, talk, &mut loaded, feed, runtime)?;
    }
    if args.print_links {
        let config = &app.config;
        let links = links(&config.site, &config.feeds);
        talk.out().write_all(links.as_bytes())?;
        return Ok(Built {
            loaded,
            manifest: Manifest::default(),
            ending: Ending::Done,
        });
    }
    let reading = Reading::new(app, talk, loaded, publisher)?;
    let Plan { outlines, findings } = plan(&reading.setting(), reading.salt(), &reading.prints)?;
    reading.report(talk, &findings);
    if !args.fewer {
        refuse_vanished(&reading.loaded, &reading.publisher.manifest())?;
    }
    let mut ending = Ending::of(&reading.loaded.findings).and(Ending::of(&findings));
    let (drafts, future) = reading.loaded.waiting();
    let built = if args.dry.dry_run {
        let rendered = print(
            app,
            talk,
            args,
            &reading.setting(),
            &outlines,
            &reading.loaded,
        )?;
        talk.say(&format!("feeds: {}", Counts::of(&reading)));
        ending = ending.and(report_rendered(talk, rendered));
        Built {
            loaded: reading.loaded,
            manifest: Manifest::default(),
            ending,
        }
    } else {
        write(app, talk, args, reading, &outlines, ending)?
    };
    if drafts + future > 0 {
        talk.say(&format!(
            "left out: {drafts} drafts, {future} posts of the future"
        ));
    }
    Ok(built)
}

/// Refuses to go on where so many posts are gone that a person must say that it is meant.
///
/// # Errors
/// A finding with the ways out.
pub(super) fn refuse_vanished(loaded: &Loaded, manifest: &Manifest) -> Result<(), Finding> {
    let here = loaded.posts.iter().map(|post| fingerprint_of(&post.id));
    let left_out = loaded.held.iter().map(fingerprint_of);
    let ids: HashSet<u64> = here.chain(left_out).collect();
    // Without a manifest the lock still knows that there were posts.
    let all_of_lock = || match loaded.posts.is_empty() && loaded.held.is_empty() {
        true => loaded.lock.ids().len(),
        false => 0,
    };
    let vanished = manifest.vanished(&ids).unwrap_or_else(|| {
        let known = all_of_lock();
        Vanished { known, gone: known }
    });
    vanished.refuse()
}

/// Reads the posts and the manifest.
fn read(app: &App) -> Result<(Loaded, Publisher), Finding> {
    let config = &app.config;
    let now = app.clock.now();
    let (loaded, publisher) = rayon::join(
        || load_posts(&config.site, &config.posts, now),
        || {
            let Feeds {
                dir, precompress, ..
            } = &config.feeds;
            Publisher::open(dir, &config.posts.lock, *precompress)
        },
    );
    Ok((loaded?, publisher))
}

/// Writes the lock, then what is not current, and keeps the manifest.
fn write(
    app: &App,
    talk: &mut Talk<'_>,
    args: &Build,
    reading: Reading<'_>,
    outlines: &[Outline],
    mut ending: Ending,
) -> anyhow::Result<Built> {
    let counts = Counts::of(&reading);
    let publisher = &reading.publisher;
    let mut stale: Vec<&Outline> = outlines.iter().collect();
    stale.retain(|outline| !publisher.is_current(outline));
    publisher.refuse_others(&stale)?;
    // Before the first feed that uses them.
    ending = ending.and(app.keep(talk, &reading.loaded.lock));
    let rendered = render_posts(&reading.setting(), &stale, &reading.loaded, publisher);
    let mut pruned = Ok(());
    if rendered.is_ok() {
        reading.note(app, outlines);
        if args.prune {
            pruned = prune(app, talk, &reading.loaded, publisher, outlines);
        }
    }
    // Also where something failed: what was written until then is news to the hub.
    let left = reading.publisher.finish();
    talk.report(left.unkept.as_slice());
    ending = ending.and(report_rendered(talk, rendered?));
    pruned?;
    let posts = reading.loaded.posts.len();
    let line = counts.line(posts, left.written.len(), &reading.config.feeds.dir);
    talk.conclude(&line)?;
    Ok(Built {
        loaded: reading.loaded,
        manifest: left.manifest,
        ending,
    })
}

impl<'a> Reading<'a> {
    fn new(
        app: &'a App,
        talk: &mut Talk<'_>,
        loaded: Loaded,
        publisher: Publisher,
    ) -> Result<Self, Finding> {
        let config = &app.config;
        let mut misnamed = Vec::new();
        let template = read_own(&config.root, "feeds.html", &mut misnamed)?;
        talk.report(&misnamed);
        let prints: Vec<(u64, u64)> = loaded
            .posts
            .par_iter()
            .map(|post| (fingerprint_of(&post.id), fingerprint_of(post)))
            .collect();
        let new = new_posts(&loaded, &prints, &publisher.manifest());
        let limit = config.feeds.limit;
        let unseen = publisher.manifest().unseen(&prints, &new, limit);
        Ok(Self {
            config,
            loaded,
            publisher,
            template,
            unseen_places: unseen.places(&prints),
            unseen,
            prints,
            new,
        })
    }

    /// The input of the documents.
    fn setting(&self) -> Setting<'_> {
        let template = self.template.as_ref();
        Setting {
            site: &self.config.site,
            config: &self.config.feeds,
            lock: &self.loaded.lock,
            posts: &self.loaded.posts,
            unseen: &self.unseen_places,
            template: template.map(|(file, text)| (&**file, &**text)),
        }
    }

    /// A fingerprint of all other input: this program, and how posts are read.
    fn salt(&self) -> u64 {
        let program = std::env::current_exe().and_then(fs::metadata).ok();
        let program = program.map(|file| (file.len(), file.modified().ok()));
        fingerprint_of(&(
            env!("CARGO_PKG_VERSION"),
            program,
            format!("{:?}", self.config.posts),
            self.loaded.fingerprint(),
        ))
    }

    /// Names what is wrong, and with `-v` why things are as they are.
    fn report(&self, talk: &mut Talk<'_>, findings: &[Finding]) {
        let posts = &self.loaded.posts;
        talk.report(&self.loaded.findings);
        talk.report(findings);
        let dir = self.config.posts.dir.display();
        talk.explain(&format!("{} in {dir}", count(posts.len(), "post")));
        if talk.is_verbose() {
            let reasons = self.loaded.reasons();
            reasons.for_each(|reason| talk.explain(&reason));
        }
        for place in &self.unseen_places {
            talk.explain(&format!(
                "{}: its date is old, so it stays in the feeds until {} others have followed",
                posts[*place].path, self.config.feeds.limit
            ));
        }
    }

    /// What the posts' texts say, each in a few bytes; only what changed is read again.
    fn texts(&self, manifest: &Manifest) -> Vec<Signature> {
        let posts = self.loaded.posts.par_iter().zip(&self.prints);
        let text = |(post, (id, print)): (&Post, &(u64, u64))| {
            let known = manifest.text_of(*id);
            let known = known.filter(|_| manifest.is_as_published(*id, *print));
            known.unwrap_or_else(|| self.loaded.signature(post))
        };
        posts.map(text).collect()
    }

    /// Notes in the manifest that all documents are written.
    fn note(&self, app: &App, outlines: &[Outline]) {
        self.publisher.retire(outlines);
        let mut manifest = self.publisher.manifest();
        let texts = self.texts(&manifest);
        let held: Vec<u64> = self.loaded.held.iter().map(fingerprint_of).collect();
        manifest.add_posts(&self.prints, &texts, &held, self.unseen.clone());
        if self.config.feeds.hub.is_some() {
            let posts = Posts {
                all: &self.loaded.posts,
                prints: &self.prints,
                new: &self.new,
            };
            manifest.wait_for(&posts, outlines, app.clock.now());
        }
    }
}

/// Removes the documents of what is gone. A post that only cannot be read today is not.
fn prune(
    app: &App,
    talk: &mut Talk<'_>,
    loaded: &Loaded,
    publisher: &Publisher,
    outlines: &[Outline],
) -> Result<(), Finding> {
    if Ending::of(&loaded.findings) == Ending::Partial {
        talk.report(&[Finding::warning(
            "nothing is pruned while a post is left out by an error",
        )]);
        return Ok(());
    }
    for path in publisher.prune(&app.config.site, outlines)? {
        talk.say(&format!(
            "removed {}",
            app.config.feeds.dir.join(path).display()
        ));
    }
    Ok(())
}

/// Names what is wrong with posts that were rendered.
fn report_rendered(talk: &mut Talk<'_>, mut findings: Vec<Finding>) -> Ending {
    findings.sort();
    talk.report(&findings);
    Ending::of(&findings)
}

impl Counts {
    fn of(reading: &Reading<'_>) -> Self {
        let manifest = reading.publisher.manifest();
        let prints = reading.prints.iter();
        let updated = prints.filter(|(id, now)| manifest.is_updated(*id, *now));
        Self {
            new: reading.new.len(),
            updated: updated.count(),
            repeated: reading.loaded.lock.changes().repeated.len(),
        }
    }

    /// The line of the result.
    fn line(&self, posts: usize, written: usize, dir: &Path) -> String {
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

impl From<Dry> for Build {
    fn from(dry: Dry) -> Self {
        Self {
            dry,
            only: None,
            adopt: None,
            prune: false,
            fewer: false,
            print_links: false,
        }
    }
}
