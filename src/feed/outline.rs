//! Which documents there are, what goes into each, and their rendering.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use chrono::Datelike;
use rayon::prelude::*;
use url::Url;

use crate::config::{Archive, Feeds, Format, Site};
use crate::feed::address::{path, url};
use crate::feed::topic::{Topic, topics};
use crate::feed::{Entry, Feed, atom, json, page, rss};
use crate::finding::Finding;
use crate::lock::Lock;
use crate::post::{Body, Post, fingerprint_of};

/// How many posts are rendered before the documents that show them are written: what is in memory at once.
const BATCH: usize = 2000;

/// What all documents are made from.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The site.
    pub site: &'a Site,
    /// What is asked for.
    pub config: &'a Feeds,
    /// Who gives ids, and the ids that feeds have from elsewhere.
    pub lock: &'a Lock,
    /// The published posts, the newest first.
    pub posts: &'a [Post],
    /// The template of the page for people, and its file; none for the one that is compiled in.
    pub template: Option<(&'a Path, &'a str)>,
}

/// A document that is to be, before its posts are rendered.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Its place below the folder.
    pub path: String,
    /// What it is made from, in a few bytes: while this stays, so do its bytes.
    pub fingerprint: u64,
    /// Its address, where readers subscribe to it.
    pub subscription: Option<Url>,
    kind: Kind,
    /// Its posts, by their place in the list of all.
    posts: Vec<usize>,
}

#[derive(Debug, Clone, Hash)]
enum Kind {
    Feed {
        format: Format,
        topic: Option<String>,
        folder: String,
        /// The period of a document of the archive.
        period: Option<String>,
        older: Option<String>,
        newer: Option<String>,
    },
    Page(Vec<(Option<String>, String)>),
    List(Vec<(Option<String>, String)>),
    Style,
}

/// Every document that the config asks for, each archive before what points to it. `salt` stands for everything else
/// that makes the bytes: the program and its settings. `prints` are the fingerprints of each post's id and of the post.
///
/// # Errors
/// A finding where two documents would have one name.
pub fn outlines(
    setting: &Setting<'_>,
    salt: u64,
    prints: &[(u64, u64)],
) -> Result<Vec<Outline>, Finding> {
    let Setting {
        site,
        config,
        posts,
        ..
    } = *setting;
    // What a link to another post's file becomes depends on every path and address.
    let places = posts
        .par_iter()
        .map(|post| fingerprint_of(&(&post.path, &post.url)))
        .collect::<Vec<_>>();
    let places = fingerprint_of(&places);
    let topics = topics(posts, &config.by, site);
    let mut outlines: Vec<Outline> = topics
        .par_iter()
        .flat_map_iter(|topic| of_topic(setting, topic))
        .collect();
    let names: Vec<_> = topics
        .into_iter()
        .map(|topic| (topic.name, topic.folder))
        .collect();
    let mut add = |path: &str, kind: Kind, posts: Vec<usize>| {
        outlines.push(Outline {
            path: path.to_owned(),
            fingerprint: 0,
            subscription: None,
            kind,
            posts,
        });
    };
    if config.opml {
        add(page::LIST, Kind::List(names.clone()), Vec::new());
    }
    if config.page {
        add(page::STYLE, Kind::Style, Vec::new());
        add(
            page::PAGE,
            Kind::Page(names),
            (0..posts.len().min(config.limit)).collect(),
        );
    }
    let common = fingerprint_of(&(
        salt,
        site,
        config,
        setting.template.map(|(_, text)| text),
        setting.lock.authority(),
    ));
    for outline in &mut outlines {
        let refers = outline
            .posts
            .iter()
            .any(|number| posts[*number].text.refers);
        let feed_id = match &outline.kind {
            Kind::Feed { folder, .. } => setting.lock.feed_id(folder),
            _ => None,
        };
        let posts: Vec<u64> = outline
            .posts
            .iter()
            .map(|number| prints[*number].1)
            .collect();
        outline.fingerprint = fingerprint_of(&(
            common,
            &outline.kind,
            feed_id,
            refers.then_some(places),
            posts,
        ));
    }
    let mut names = HashSet::new();
    match outlines.iter().find(|outline| !names.insert(&outline.path)) {
        None => Ok(outlines),
        Some(twice) => Err(Finding::error(format!(
            "two documents would stand in `{}`",
            twice.path
        ))
        .way_out("give one another name with `files` under [feeds]")),
    }
}

/// The documents of a topic: its archive, the oldest first, then what readers subscribe to.
fn of_topic(setting: &Setting<'_>, topic: &Topic) -> Vec<Outline> {
    let Setting { config, .. } = *setting;
    let periods = periods(setting, &topic.posts);
    let newest = periods.last().map_or(0, |(_, posts)| posts.len());
    let shown = topic.posts.len().min(config.limit.max(newest));
    // The newest post's own period may still grow: it is no archive.
    let archived = &periods[..periods.len().saturating_sub(1)];
    let label = |at: usize| archived.get(at).map(|(label, _)| label.clone());
    let mut outlines = Vec::new();
    let mut add = |period: Option<String>,
                   older: Option<String>,
                   newer: Option<String>,
                   posts: Vec<usize>| {
        for format in &config.formats {
            let kind = Kind::Feed {
                format: *format,
                topic: topic.name.clone(),
                folder: topic.folder.clone(),
                period: period.clone(),
                older: older.clone(),
                newer: newer.clone(),
            };
            let path = path(config, *format, &topic.folder, period.as_deref());
            let subscription = period.is_none().then(|| url(setting.site, &path));
            outlines.push(Outline {
                path,
                fingerprint: 0,
                subscription,
                kind,
                posts: posts.clone(),
            });
        }
    };
    for (number, (period, posts)) in archived.iter().enumerate() {
        let older = number.checked_sub(1).and_then(label);
        add(
            Some(period.clone()),
            older,
            label(number + 1),
            posts.clone(),
        );
    }
    add(
        None,
        archived.last().map(|(label, _)| label.clone()),
        None,
        topic.posts[..shown].to_vec(),
    );
    outlines
}

/// The posts of each period in the site's zone, the oldest first; none without an archive.
fn periods(setting: &Setting<'_>, numbers: &[usize]) -> Vec<(String, Vec<usize>)> {
    let Some(archive) = setting.config.archive else {
        return Vec::new();
    };
    let mut periods: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for number in numbers {
        let day = setting.posts[*number]
            .published
            .with_timezone(&setting.site.zone());
        let label = match archive {
            Archive::Year => format!("{:04}", day.year()),
            Archive::Month => format!("{:04}-{:02}", day.year(), day.month()),
        };
        periods.entry(label).or_default().push(*number);
    }
    periods.into_iter().collect()
}

/// The folder of the feed that has this address on some domain, in one of its formats.
pub fn folder_at(site: &Site, config: &Feeds, posts: &[Post], address: &Url) -> Option<String> {
    let is_there = |folder: &str| {
        let mut documents = config
            .formats
            .iter()
            .map(|format| path(config, *format, folder, None));
        documents.any(|document| url(site, &document).path() == address.path())
    };
    topics(posts, &config.by, site)
        .into_iter()
        .map(|topic| topic.folder)
        .find(|folder| is_there(folder))
}

/// Where the body of a post comes from.
pub type Bodies<'a> = dyn Fn(&Post) -> Result<Body, Finding> + Sync + 'a;

/// Where a document goes, with its bytes and whether it is complete.
pub type Sink<'a> = dyn Fn(&Outline, Vec<u8>, bool) -> Result<(), Finding> + Sync + 'a;

/// Renders these documents and hands each to `write`, with no more than a batch of them in memory. `body` renders a
/// post, once for all documents of a batch. A post whose body cannot be rendered is left out and stands in the
/// findings; the documents that lack it are handed over as incomplete.
///
/// # Errors
/// The first finding of `write` or of the template.
pub fn render<'a>(
    setting: &Setting<'a>,
    outlines: &[&Outline],
    body: &Bodies<'_>,
    write: &Sink<'_>,
) -> Result<Vec<Finding>, Finding> {
    let mut findings = Vec::new();
    // The documents of one period side by side: what the site's own shows, those of its topics show as well.
    let mut sorted = outlines.to_vec();
    sorted.sort_by_key(|outline| outline.period());
    let mut rest = &sorted[..];
    while !rest.is_empty() {
        let mut wanted = BTreeSet::new();
        let mut end = 0;
        while end < rest.len() {
            let shown = rest[end].rendered();
            if wanted.len() >= BATCH && !shown.iter().all(|number| wanted.contains(number)) {
                break;
            }
            wanted.extend(shown.iter().copied());
            end += 1;
        }
        let (batch, later) = rest.split_at(end);
        rest = later;
        let rendered: Vec<(usize, Result<Body, Finding>)> = wanted
            .into_par_iter()
            .map(|number| (number, body(&setting.posts[number])))
            .collect();
        let mut entries: BTreeMap<usize, (&'a Post, Body)> = BTreeMap::new();
        for (number, result) in rendered {
            match result {
                Ok(body) => _ = entries.insert(number, (&setting.posts[number], body)),
                Err(finding) => findings.push(finding),
            }
        }
        batch.par_iter().try_for_each(|outline| {
            let complete = outline
                .rendered()
                .iter()
                .all(|post| entries.contains_key(post));
            write(outline, outline.bytes(setting, &entries)?, complete)
        })?;
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

impl Outline {
    /// Its posts, by their place in the list of all.
    pub fn posts(&self) -> &[usize] {
        &self.posts
    }

    /// The posts whose bodies it shows.
    fn rendered(&self) -> &[usize] {
        if matches!(self.kind, Kind::Feed { .. }) {
            &self.posts
        } else {
            &[]
        }
    }

    /// The period of a document of the archive.
    fn period(&self) -> Option<String> {
        match &self.kind {
            Kind::Feed { period, .. } => period.clone(),
            _ => None,
        }
    }

    fn bytes(
        &self,
        setting: &Setting<'_>,
        bodies: &BTreeMap<usize, (&Post, Body)>,
    ) -> Result<Vec<u8>, Finding> {
        let Setting {
            site,
            config,
            lock,
            posts,
            template,
        } = *setting;
        let text = match &self.kind {
            Kind::Style => page::style(site),
            Kind::List(topics) => page::list(site, config, topics),
            Kind::Page(topics) => {
                let shown: Vec<&Post> = self.posts.iter().map(|number| &posts[*number]).collect();
                page::write(site, config, topics, &shown, template)?
            }
            Kind::Feed {
                format,
                topic,
                folder,
                period,
                older,
                newer,
            } => {
                let place =
                    |period: Option<&str>| url(site, &path(config, *format, folder, period));
                let entry = |number: &usize| {
                    bodies
                        .get(number)
                        .map(|(post, body)| Entry::new(post, body, config.content, site))
                };
                let feed = Feed {
                    site,
                    topic: topic.as_deref(),
                    authority: lock.authority(),
                    id: lock
                        .feed_id(folder)
                        .map_or_else(|| feed_id(lock.authority(), folder), str::to_owned),
                    entries: self.posts.iter().filter_map(entry).collect(),
                    address: place(period.as_deref()),
                    current: place(None),
                    older: older.as_deref().map(|period| place(Some(period))),
                    // The only document of an archive has no neighbour; validators want to be led on all the same.
                    newer: match (period, older, newer) {
                        (Some(_), None, None) => Some(place(None)),
                        _ => newer.as_deref().map(|period| place(Some(period))),
                    },
                    is_archive: period.is_some(),
                    hub: config.hub.as_ref().filter(|_| period.is_none()),
                    // Relative, so that a copy of the folder elsewhere shows its own.
                    style: config.page.then(|| {
                        let up = path(config, *format, folder, None).matches('/').count();
                        format!("{}{}", "../".repeat(up), page::STYLE)
                    }),
                };
                match format {
                    Format::Atom => atom::write(&feed),
                    Format::Rss => rss::write(&feed),
                    Format::Json => json::write(&feed),
                }
            }
        };
        Ok(text.into_bytes())
    }
}

/// What a feed's id never changes from, whatever becomes of its address.
fn feed_id(authority: &str, folder: &str) -> String {
    let folder: String = url::form_urlencoded::byte_serialize(folder.as_bytes()).collect();
    format!("tag:{authority},2000:feed/{}", folder.replace("%2F", "/"))
}
