//! Posts → feeds on disk, with the lock and the manifest kept: what `build`, `run` and a resident share.
//!
//! A build goes from one value to the next:
//!
//! 1. [`read_input`] → [`BuildInput`]: the loaded posts and the manifest of the last build.
//! 2. [`PreparedBuild::new`] → [`PreparedBuild`]: the same with fingerprints, the template, and which posts are new or unseen.
//! 3. [`feed::plan`](crate::feed::plan) → [`Outline`]s: which documents there are, and the posts of each.
//! 4. [`write()`] renders the outlines whose inputs have changed through [`render_posts`] into the [`Publisher`]; [`print()`]
//!    renders into [`Documents`] for a dry run. [`TextFacts`] are what was learned of the posts on the way.
//! 5. → [`Built`]: the posts and the new manifest, with which `run` goes on.

mod documents;
mod sample;
mod written;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::app::App;
use crate::config::{Config, Feeds};
use crate::ending::Ending;
use crate::feed::{FeedPlan, Outline, Setting, plan};
use crate::finding::{Finding, Rule, count};
use crate::language::find_unusable_words;
use crate::loader::Loaded;
use crate::post::{Post, PostPrints, Signature, fingerprint_of};
use crate::publish::{BuiltPosts, Manifest, Publisher, Unseen};
use crate::source::GatheredPosts;
use crate::talk::Talk;
use crate::template::{find_unused, read_own};

pub(crate) use written::check_written;

use documents::{Documents, TextFacts, choose, render_posts};
use sample::{find_sample_address, find_sample_ids};

/// The template of the page for people.
const PAGE_TEMPLATE: &str = "feeds.html";
/// The templates of a digest and of its archive: whoever changes one looks at a build first, which is often long before
/// the next mail.
const DIGEST_TEMPLATES: [&str; 3] = ["digest.html", "digest.txt", "issues.html"];

/// The result of a build, with which `run` goes on.
pub(crate) struct Built {
    pub(crate) loaded: Loaded,
    /// The manifest after the build.
    pub(crate) manifest: Manifest,
    /// Whether something was left out.
    pub(crate) ending: Ending,
    /// The paths of all documents, below the folder.
    pub(crate) paths: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct BuildOptions {
    /// Whether the documents are printed and nothing is changed.
    pub(crate) dry_run: bool,
    /// Only this document is printed.
    pub(crate) only: Option<String>,
    /// Whether documents without a topic are removed.
    pub(crate) prune: bool,
    /// Whether it is meant that most posts are gone.
    pub(crate) fewer: bool,
}

/// The posts and the manifest, as they were read.
pub(crate) struct BuildInput {
    pub(crate) loaded: Loaded,
    publisher: Publisher,
}

/// How many posts readers will see as new, updated or repeated.
struct Summary {
    new: usize,
    updated: usize,
    repeated: usize,
}

/// The input of a build, read before anything is written.
struct PreparedBuild<'a> {
    config: &'a Config,
    loaded: Loaded,
    publisher: Publisher,
    /// The site's own template of the page for people, with its file.
    template: Option<(PathBuf, String)>,
    /// The fingerprints of each post.
    prints: Vec<PostPrints>,
    /// The posts that no build has published before, by the fingerprints of their ids.
    new: BTreeSet<u64>,
    /// The posts that subscribers may not have seen yet though their dates are old.
    unseen: Unseen,
    /// The unseen posts by their place among all.
    unseen_places: BTreeSet<usize>,
}

/// Reads the posts, with those that came by feeds, and the manifest.
///
/// # Errors
/// A finding where there is no folder of posts, or the lock is broken.
pub(crate) fn read_input(app: &App, gathered: GatheredPosts) -> Result<BuildInput, Finding> {
    let config = &app.config;
    let (loaded, publisher) = rayon::join(
        || app.load(&config.posts, gathered),
        || {
            let Feeds {
                dir, precompress, ..
            } = &config.feeds;
            Publisher::open(dir, &config.posts.lock, *precompress)
        },
    );
    Ok(BuildInput {
        loaded: loaded?,
        publisher,
    })
}

/// Writes the feeds and the lock, or prints the feeds.
///
/// # Errors
/// If nothing, or not everything, could be written.
pub(crate) fn build(
    app: &App,
    talk: &mut Talk<'_>,
    input: BuildInput,
    options: &BuildOptions,
) -> anyhow::Result<Built> {
    // Without a write no id is given.
    if !options.dry_run {
        talk.report(find_sample_address(&app.config).as_slice());
    }
    let prepared = PreparedBuild::new(app, talk, input)?;
    let FeedPlan { outlines, findings } = plan(
        &prepared.setting(),
        prepared.compute_salt(),
        &prepared.prints,
    )?;
    prepared.report(talk, &findings);
    let loaded = &prepared.loaded;
    if !options.fewer {
        let manifest = prepared.publisher.manifest();
        manifest.refuse_vanished(&loaded.today(), app.config.feeds.are_published())?;
    }
    let ending = loaded.ending().and(Ending::from_findings(&findings));
    let (drafts, future) = loaded.waiting();
    let built = match options.dry_run {
        true => print(talk, options, prepared, &outlines, ending)?,
        false => write(app, talk, options, prepared, &outlines, ending)?,
    };
    if drafts + future > 0 {
        let (drafts, future) = (count(drafts, "draft"), count(future, "post"));
        talk.say(&format!("left out: {drafts}, {future} of the future"));
    }
    Ok(built)
}

/// Prints the documents, and writes nothing.
fn print(
    talk: &mut Talk<'_>,
    options: &BuildOptions,
    prepared: PreparedBuild<'_>,
    outlines: &[Outline],
    ending: Ending,
) -> anyhow::Result<Built> {
    let wanted = choose(outlines, options.only.as_deref())?;
    let documents = Documents::default();
    let rendered = render_posts(&prepared.setting(), &wanted, &prepared.loaded, &documents)?;
    let is_alone = options.only.is_some();
    documents.print(&wanted, &prepared.config.feeds.dir, is_alone, talk.out())?;
    talk.say(&format!("feeds: {}", Summary::new(&prepared)));
    let mut ending = ending.and(report_rendered(talk, rendered.findings));
    // A run stops at the first of them; whoever looks ahead is told all.
    let (mut ours, mut in_the_way) = (Vec::new(), Vec::new());
    for outline in outlines {
        match prepared.publisher.refuse_other(outline) {
            Ok(()) => ours.push(outline.path.clone()),
            Err(finding) => in_the_way.push(finding),
        }
    }
    if !in_the_way.is_empty() {
        ending = ending.and(Ending::Partial);
    }
    talk.report(&in_the_way);
    Ok(Built {
        ending,
        loaded: prepared.loaded,
        manifest: Manifest::default(),
        paths: ours,
    })
}

/// Writes the lock, then what is not current, and keeps the manifest.
fn write(
    app: &App,
    talk: &mut Talk<'_>,
    options: &BuildOptions,
    prepared: PreparedBuild<'_>,
    outlines: &[Outline],
    mut ending: Ending,
) -> anyhow::Result<Built> {
    let counts = Summary::new(&prepared);
    let publisher = &prepared.publisher;
    let mut stale: Vec<&Outline> = outlines.iter().collect();
    stale.retain(|outline| !publisher.is_current(outline));
    publisher.refuse_others(&stale)?;
    // The ids are kept before the first feed that uses them.
    ending = ending.and(app.keep(talk, &prepared.loaded.lock, &mut publisher.manifest()));
    let rendered = render_posts(&prepared.setting(), &stale, &prepared.loaded, publisher);
    let mut pruned = Ok(());
    if let Ok(facts) = &rendered {
        prepared.note_published(app, outlines, facts);
        if options.prune {
            pruned = prune(app, talk, &prepared.loaded, publisher, outlines);
        }
    }
    // Also after a failure: the hub must learn of the documents that were written until then.
    let finished = prepared.publisher.finish();
    talk.report(finished.unkept.as_slice());
    ending = ending.and(report_rendered(talk, rendered?.findings));
    pruned?;
    let posts = prepared.loaded.posts.len();
    let line = counts.line(posts, finished.written.len(), &prepared.config.feeds.dir);
    let Summary {
        new,
        updated,
        repeated,
    } = counts;
    let written = finished.written.len();
    talk.conclude_event(&line, || {
        tracing::info!(event = "build", posts, new, updated, repeated, written);
    })?;
    Ok(Built {
        loaded: prepared.loaded,
        manifest: finished.manifest,
        ending,
        paths: list_paths(outlines),
    })
}

fn list_paths(outlines: &[Outline]) -> Vec<String> {
    let paths = outlines.iter().map(|outline| outline.path.clone());
    paths.collect()
}

impl<'a> PreparedBuild<'a> {
    fn new(app: &'a App, talk: &mut Talk<'_>, input: BuildInput) -> Result<Self, Finding> {
        let BuildInput { loaded, publisher } = input;
        let config = &app.config;
        let template = read_own(&config.root, PAGE_TEMPLATE)?;
        talk.report(&find_unused(&config.root, &list_templates(config)));
        talk.report(find_sample_ids(config, &loaded.lock).as_slice());
        if !config.digests.is_empty() {
            talk.report(&find_unusable_words(&config.root));
        }
        let prints: Vec<PostPrints> = loaded
            .posts
            .par_iter()
            .map(|post| PostPrints {
                id: fingerprint_of(&post.id),
                content: fingerprint_of(post),
            })
            .collect();
        let new = find_new_posts(&loaded, &prints, &publisher.manifest());
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
    fn compute_salt(&self) -> u64 {
        let program = std::env::current_exe().and_then(fs::metadata).ok();
        let program = program.map(|file| (file.len(), file.modified().ok()));
        fingerprint_of(&(
            env!("CARGO_PKG_VERSION"),
            program,
            format!("{:?}", self.config.posts),
            self.loaded.fingerprint(),
        ))
    }

    /// Reports the findings, and with `-v` the reasons.
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

    /// The signatures of the posts' texts; only a post that changed and was not rendered is read again.
    fn sign_texts(&self, manifest: &Manifest, facts: &TextFacts) -> Vec<Signature> {
        let text = |(post, prints): (&Post, &PostPrints)| {
            if manifest.is_as_published(prints.id, prints.content)
                && let Some(text) = manifest.text_of(prints.id)
            {
                return text;
            }
            match facts.texts.get(&post.path) {
                Some(text) => *text,
                None => self.loaded.signature(post),
            }
        };
        let posts = self.loaded.posts.par_iter().zip(&self.prints);
        posts.map(text).collect()
    }

    /// Notes in the manifest that all documents are written.
    fn note_published(&self, app: &App, outlines: &[Outline], facts: &TextFacts) {
        self.publisher.forget_unwanted_news(outlines);
        let mut manifest = self.publisher.manifest();
        let texts = self.sign_texts(&manifest, facts);
        let held = self.loaded.held.iter().chain(&self.loaded.vanished);
        let held: Vec<u64> = held.map(fingerprint_of).collect();
        manifest.add_posts(&self.prints, &texts, &held, self.unseen.clone());
        manifest.add_syndicated(self.loaded.syndicated_ids());
        manifest.set_left_out(self.loaded.noted_left_out.iter().map(fingerprint_of));
        manifest.set_dated(self.loaded.dated.iter().map(fingerprint_of));
        if self.config.feeds.hub.is_some() {
            let posts = BuiltPosts {
                all: &self.loaded.posts,
                prints: &self.prints,
                new: &self.new,
            };
            manifest.wait_for(&posts, outlines, app.clock.now());
        }
    }
}

/// The templates that this site can have.
fn list_templates(config: &Config) -> Vec<&'static str> {
    let of_digests = DIGEST_TEMPLATES.iter().copied();
    let of_digests = of_digests.filter(|_| !config.digests.is_empty());
    [PAGE_TEMPLATE].into_iter().chain(of_digests).collect()
}

/// Removes feeds whose topic no longer exists; not while a post failed to parse, since that may be all that is wrong.
fn prune(
    app: &App,
    talk: &mut Talk<'_>,
    loaded: &Loaded,
    publisher: &Publisher,
    outlines: &[Outline],
) -> Result<(), Finding> {
    if Ending::from_findings(&loaded.findings) == Ending::Partial {
        talk.report(&[Finding::warning(
            Rule::PruneWaits,
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

/// Reports the findings about rendered posts.
fn report_rendered(talk: &mut Talk<'_>, mut findings: Vec<Finding>) -> Ending {
    findings.sort();
    talk.report(&findings);
    Ending::from_findings(&findings)
}

impl Summary {
    fn new(prepared: &PreparedBuild<'_>) -> Self {
        let manifest = prepared.publisher.manifest();
        let prints = prepared.prints.iter();
        let updated = prints.filter(|post| manifest.is_updated(post.id, post.content));
        Self {
            new: prepared.new.len(),
            updated: updated.count(),
            repeated: prepared.loaded.lock.changes().repeated.len(),
        }
    }

    /// The line of the result.
    fn line(&self, posts: usize, written: usize, dir: &Path) -> String {
        let posts = count(posts, "post");
        match written {
            0 if self.new + self.updated + self.repeated == 0 => {
                format!("feeds: nothing new: {self} ({posts})")
            }
            0 => format!("feeds: {self} ({posts}, every document stays as it is)"),
            _ => format!(
                "feeds: {self} ({posts}, {} written into {})",
                count(written, "file"),
                dir.display()
            ),
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} new, {} updated, {} repeated",
            self.new, self.updated, self.repeated
        )
    }
}

/// The posts that no feed has carried, by the fingerprints of their ids. The manifest decides, since a run may fail after it
/// kept the lock, or keep none; without a manifest, a post is new if it is new in the lock.
fn find_new_posts(loaded: &Loaded, prints: &[PostPrints], manifest: &Manifest) -> BTreeSet<u64> {
    let changes = loaded.lock.changes();
    let mut new = BTreeSet::new();
    for (post, PostPrints { id, .. }) in loaded.posts.iter().zip(prints) {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Summary;

    #[test]
    fn one_of_something_has_no_plural() {
        let summary = Summary {
            new: 1,
            updated: 0,
            repeated: 0,
        };
        for (posts, written, expected) in [
            (1, 1, "(1 post, 1 file written into public)"),
            (1, 4, "(1 post, 4 files written into public)"),
            (2, 0, "(2 posts, every document stays as it is)"),
        ] {
            let line = summary.line(posts, written, Path::new("public"));
            assert!(line.ends_with(expected), "{line}");
        }
    }
}
