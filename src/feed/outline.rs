//! Which documents there are, what goes into each, and their rendering.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use chrono::Datelike;
use rayon::prelude::*;
use url::Url;

use crate::config::{Archive, Feeds, Format, Site};
use crate::feed::address::{path, url};
use crate::feed::topic::{Named, Topic, topics};
use crate::feed::{opml, page};
use crate::finding::Finding;
use crate::lock::Lock;
use crate::post::{Post, fingerprint_of};

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
    pub(super) kind: Kind,
    /// Its posts, by their place in the list of all.
    posts: Vec<usize>,
}

/// What a document is.
#[derive(Debug, Clone, Hash)]
pub(super) enum Kind {
    Feed(Document),
    Page(Vec<Named>),
    List(Vec<Named>),
    Style,
}

/// A document of a feed.
#[derive(Debug, Clone, Hash)]
pub(super) struct Document {
    pub(super) format: Format,
    /// What it is about; nothing for the main feed.
    pub(super) topic: Option<String>,
    pub(super) folder: String,
    /// Its period, where it belongs to the archive.
    pub(super) period: Option<String>,
    pub(super) older: Option<String>,
    pub(super) newer: Option<String>,
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
        add(opml::FILE, Kind::List(names.clone()), Vec::new());
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
            Kind::Feed(document) => setting.lock.feed_id(&document.folder),
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
            let kind = Kind::Feed(Document {
                format: *format,
                topic: topic.name.clone(),
                folder: topic.folder.clone(),
                period: period.clone(),
                older: older.clone(),
                newer: newer.clone(),
            });
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

impl Outline {
    /// Its posts, by their place in the list of all.
    pub fn posts(&self) -> &[usize] {
        &self.posts
    }

    /// The posts that it shows as entries.
    pub(super) fn shown(&self) -> &[usize] {
        if matches!(self.kind, Kind::Feed(_)) {
            &self.posts
        } else {
            &[]
        }
    }
}
