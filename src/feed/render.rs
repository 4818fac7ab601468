//! Outlines → bytes. Each post is rendered once, and its entry written once for each format; a document is the entries
//! that it shows between a head and a tail.

use std::collections::HashMap;

use rayon::prelude::*;
use url::Url;

use crate::fault::guard;
use crate::feed::address::{make_path, make_url};
use crate::feed::format::look_up;
use crate::feed::model::{Entry, Feed};
use crate::feed::outline::{Document, DocumentKind, Outline};
use crate::feed::setting::Setting;
use crate::feed::{opml, page};
use crate::finding::Finding;
use crate::post::{Body, Drawing, FeedOrigin, Post};

/// How many posts are rendered before the documents that are complete then are written.
const BATCH: usize = 512;

/// Renders the body of a post.
pub trait Bodies: Sync {
    /// # Errors
    /// A finding where the post cannot be rendered.
    fn render_body(&self, post: &Post) -> Result<Body, Finding>;

    /// The feed that the post is from; none for a post of the site itself.
    fn origin(&self, _post: &Post) -> Option<&FeedOrigin> {
        None
    }
}

/// Takes the documents.
pub trait Sink: Sync {
    /// Takes a document.
    ///
    /// # Errors
    /// A finding where it cannot be kept: then no more documents follow.
    fn put(&self, outline: &Outline, document: &RenderedDocument<'_>) -> Result<(), Finding>;
}

/// A document as it is handed to a [`Sink`].
#[derive(Debug)]
pub struct RenderedDocument<'a> {
    /// The whole file, in UTF-8.
    pub bytes: &'a [u8],
    /// The drawings that it shows; one may stand there twice.
    pub drawings: Vec<&'a Drawing>,
    /// Whether it lacks no post that could not be rendered.
    pub is_complete: bool,
}

/// Renders these documents and hands each to `sink`, the archive of a feed before the feed that points to it. Posts are
/// rendered from the oldest to the newest, and an entry is dropped when no document waits for it, so that memory holds two
/// batches of posts and the entries of unfinished documents. A post that cannot be rendered is left out and stands in the
/// findings; the documents that lack it are handed over as incomplete.
///
/// # Errors
/// The first finding of `sink` or of the template.
pub fn render(
    setting: &Setting<'_>,
    outlines: &[&Outline],
    bodies: &dyn Bodies,
    sink: &dyn Sink,
) -> Result<Vec<Finding>, Finding> {
    let mut entries = Entries::new(setting, outlines);
    let mut findings = Vec::new();
    let mut waiting = outlines.to_vec();
    waiting.sort_by_key(|outline| find_newest(outline));
    // Posts have numbers from the newest to the oldest.
    let mut unrendered: Vec<usize> = entries.uses.keys().copied().collect();
    unrendered.sort_unstable();
    loop {
        let oldest = unrendered.last().copied();
        let still_waits =
            |outline: &&Outline| oldest.is_some_and(|oldest| find_newest(outline) <= oldest);
        let ready = waiting.split_off(waiting.partition_point(still_waits));
        let batch = unrendered.split_off(unrendered.len().saturating_sub(BATCH));
        // A few large documents alone would leave cores idle.
        let (faults, rendered) = rayon::join(
            || entries.put_all(&ready, sink),
            || entries.render(&batch, bodies),
        );
        findings.extend(faults?);
        entries.release(&ready);
        findings.extend(entries.keep(rendered));
        if batch.is_empty() {
            break;
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// The number of the newest post that a document shows; without any it waits for none.
fn find_newest(outline: &Outline) -> usize {
    outline.shown().first().copied().unwrap_or(usize::MAX)
}

/// The entry of a post.
struct RenderedEntry {
    /// Its bytes in each format of the config.
    formats: Vec<String>,
    /// The drawings that it shows.
    drawings: Vec<Drawing>,
}

/// The number of a post, and its entry.
type NumberedEntry = (usize, Result<RenderedEntry, Finding>);

/// The entries that unfinished documents wait for.
struct Entries<'a> {
    setting: Setting<'a>,
    /// How many unfinished documents show a post, by its number.
    uses: HashMap<usize, usize>,
    /// The entry of a post, by its number.
    written: HashMap<usize, RenderedEntry>,
}

impl<'a> Entries<'a> {
    fn new(setting: &Setting<'a>, outlines: &[&Outline]) -> Self {
        let mut uses: HashMap<usize, usize> = HashMap::new();
        for number in outlines.iter().flat_map(|outline| outline.shown()) {
            *uses.entry(*number).or_default() += 1;
        }
        Self {
            setting: *setting,
            uses,
            written: HashMap::new(),
        }
    }

    /// Renders these posts.
    fn render(&self, batch: &[usize], bodies: &dyn Bodies) -> Vec<NumberedEntry> {
        let posts = batch.par_iter();
        posts
            .map(|number| (*number, self.write(*number, bodies)))
            .collect()
    }

    /// Keeps the entries of these posts. Returns what is wrong with those that cannot be rendered.
    fn keep(&mut self, rendered: Vec<NumberedEntry>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (number, result) in rendered {
            match result {
                Ok(entry) => _ = self.written.insert(number, entry),
                Err(finding) => findings.push(finding),
            }
        }
        findings
    }

    /// The entry of one post.
    fn write(&self, number: usize, bodies: &dyn Bodies) -> Result<RenderedEntry, Finding> {
        let post = &self.setting.posts[number];
        let mut body = bodies.render_body(post)?;
        let formats: Result<Vec<String>, Finding> = guard(|| {
            let entry = Entry::new(&self.setting, post, &body, bodies.origin(post));
            let formats = self.setting.config.formats.iter();
            Ok(formats
                .map(|format| look_up(*format).write_entry(&entry))
                .collect())
        });
        let formats = formats.map_err(|fault| fault.in_file(&*post.path))?;
        // A summary shows few of them.
        body.drawings
            .retain(|drawing| formats.iter().any(|entry| entry.contains(&drawing.path)));
        Ok(RenderedEntry {
            formats,
            drawings: body.drawings,
        })
    }

    /// Forgets the entries that no unfinished document shows.
    fn release(&mut self, finished: &[&Outline]) {
        for number in finished.iter().flat_map(|outline| outline.shown()) {
            let Some(uses) = self.uses.get_mut(number) else {
                continue;
            };
            *uses -= 1;
            if *uses == 0 {
                self.written.remove(number);
            }
        }
    }

    /// Hands these documents over, the feeds that readers subscribe to last. Returns the faults of the program.
    fn put_all(&self, documents: &[&Outline], sink: &dyn Sink) -> Result<Vec<Finding>, Finding> {
        let (feeds, others): (Vec<&Outline>, Vec<&Outline>) = documents
            .iter()
            .partition(|outline| outline.subscription.is_some());
        let mut findings = Vec::new();
        for documents in [others, feeds] {
            let faults: Vec<Option<Finding>> = documents
                .par_iter()
                .map(|outline| self.put(outline, sink))
                .collect::<Result<_, Finding>>()?;
            findings.extend(faults.into_iter().flatten());
        }
        Ok(findings)
    }

    /// Hands one document over. Returns the fault of the program, if one left it out.
    fn put(&self, outline: &Outline, sink: &dyn Sink) -> Result<Option<Finding>, Finding> {
        let text = match guard(|| Ok(self.write_text(outline))) {
            Ok(text) => text?,
            Err(fault) => {
                let file = self.setting.config.dir.join(&outline.path);
                return Ok(Some(fault.in_file(file)));
            }
        };
        let shown = outline.shown();
        let written = shown.iter().filter_map(|number| self.written.get(number));
        let document = RenderedDocument {
            bytes: text.as_bytes(),
            is_complete: written.clone().count() == shown.len(),
            drawings: written.flat_map(|entry| &entry.drawings).collect(),
        };
        sink.put(outline, &document)?;
        Ok(None)
    }

    /// The text of a document.
    fn write_text(&self, outline: &Outline) -> Result<String, Finding> {
        let Setting {
            site,
            config,
            posts,
            template,
            ..
        } = self.setting;
        Ok(match &outline.kind {
            DocumentKind::Style => page::make_style(site),
            DocumentKind::List(topics) => opml::write(site, config, topics),
            DocumentKind::Page(index) => {
                let shown: Vec<&Post> = outline
                    .posts()
                    .iter()
                    .map(|number| &posts[*number])
                    .collect();
                page::write(site, config, index, &shown, template)?
            }
            DocumentKind::Feed(document) => self.write_feed(outline, document),
        })
    }

    fn write_feed(&self, outline: &Outline, document: &Document) -> String {
        let formats = &self.setting.config.formats;
        let format = formats.iter().position(|format| *format == document.format);
        let mut posts = Vec::new();
        let mut entries = Vec::new();
        for number in outline.shown() {
            if let (Some(format), Some(entry)) = (format, self.written.get(number)) {
                posts.push(&self.setting.posts[*number]);
                entries.push(entry.formats[format].as_str());
            }
        }
        let feed = make_model(&self.setting, document, posts);
        look_up(document.format).write_document(&feed, &entries)
    }
}

/// A document with these posts, before it has a format.
fn make_model<'a>(setting: &Setting<'a>, document: &'a Document, posts: Vec<&'a Post>) -> Feed<'a> {
    let Setting {
        site, config, lock, ..
    } = *setting;
    let Document {
        format,
        topic,
        folder,
        period,
        older,
        newer,
    } = document;
    let make_address = |period: Option<&str>| -> Url {
        make_url(site, &make_path(config, *format, folder, period))
    };
    Feed {
        site,
        topic: topic.as_deref(),
        id: lock.feed_id(folder),
        posts,
        address: make_address(period.as_deref()),
        current: make_address(None),
        older: older.as_deref().map(|period| make_address(Some(period))),
        // The only document of an archive has no neighbour; validators want to be led on all the same.
        newer: match (period, older, newer) {
            (Some(_), None, None) => Some(make_address(None)),
            _ => newer.as_deref().map(|period| make_address(Some(period))),
        },
        is_archive: period.is_some(),
        hub: config.hub.as_ref().filter(|_| period.is_none()),
        // Relative, so that a copy of the folder elsewhere shows its own.
        style: config.page.then(|| {
            let up = make_path(config, *format, folder, None)
                .matches('/')
                .count();
            format!("{}{}", "../".repeat(up), page::STYLE)
        }),
    }
}
