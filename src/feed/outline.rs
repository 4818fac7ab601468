//! Posts → outlines: which documents there are, and what goes into each.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::Datelike;
use rayon::prelude::*;
use url::Url;

use crate::config::{Archive, Feeds, Format, Site};
use crate::feed::address::{make_path, make_url};
use crate::feed::page::FeedIndex;
use crate::feed::setting::Setting;
use crate::feed::topic::{NamedTopic, Topic, find_topics, limit_topics};
use crate::feed::{opml, page};
use crate::finding::{Finding, Rule};
use crate::post::{Post, PostPrints, fingerprint_of};

/// A document that is to be, before its posts are rendered.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Its place below the folder.
    pub path: String,
    /// A fingerprint of its input: while this stays the same, so do its bytes.
    pub fingerprint: u64,
    /// Its address, where readers subscribe to it.
    pub subscription: Option<Url>,
    pub(super) kind: DocumentKind,
    /// Its posts, by their place in the list of all.
    posts: Vec<usize>,
}

#[derive(Debug, Clone, Hash)]
pub(super) enum DocumentKind {
    Feed(Document),
    Page(FeedIndex),
    List(Vec<NamedTopic>),
    Style,
}

/// A document of a feed.
#[derive(Debug, Clone, Hash)]
pub(super) struct Document {
    pub(super) format: Format,
    /// The name of its tag, section, author or language; none for the main feed.
    pub(super) topic: Option<String>,
    pub(super) folder: String,
    /// The year or month of a document of the archive.
    pub(super) period: Option<String>,
    pub(super) older: Option<String>,
    pub(super) newer: Option<String>,
}

/// The documents that the config asks for.
#[derive(Debug)]
pub struct FeedPlan {
    /// Each archive before the feed that points to it.
    pub outlines: Vec<Outline>,
    /// Feeds that are left out.
    pub findings: Vec<Finding>,
}

/// Plans every document. `salt` stands for everything else that makes the bytes: the program and its settings. `prints`
/// are those of the posts, in their order.
///
/// # Errors
/// A finding where two documents would have one name.
pub fn plan(setting: &Setting<'_>, salt: u64, prints: &[PostPrints]) -> Result<FeedPlan, Finding> {
    let Setting {
        site,
        config,
        posts,
        ..
    } = *setting;
    let mut topics = find_topics(posts, &config.by, site);
    let findings = limit_topics(&mut topics, posts, config.max_feeds)
        .into_iter()
        .collect();
    let mut outlines: Vec<Outline> = topics
        .par_iter()
        .flat_map_iter(|topic| plan_topic(setting, topic))
        .collect();
    let index = FeedIndex {
        periods: list_main_periods(&outlines),
        topics: topics
            .into_iter()
            .map(|topic| NamedTopic {
                name: topic.name,
                folder: topic.folder,
            })
            .collect(),
    };
    if config.opml {
        let list = DocumentKind::List(index.topics.clone());
        outlines.push(Outline::new(opml::FILE, list, Vec::new()));
    }
    if config.page {
        let newest = (0..posts.len().min(config.limit)).collect();
        outlines.push(Outline::new(page::STYLE, DocumentKind::Style, Vec::new()));
        outlines.push(Outline::new(page::PAGE, DocumentKind::Page(index), newest));
    }
    add_fingerprints(setting, salt, prints, &mut outlines);
    let mut names = HashSet::new();
    if let Some(twice) = outlines.iter().find(|outline| !names.insert(&outline.path)) {
        let finding = Finding::error(
            Rule::DocumentTwice,
            format!("two documents would stand in `{}`", twice.path),
        );
        return Err(finding.hint("give one another name with `files` under [feeds]"));
    }
    Ok(FeedPlan { outlines, findings })
}

/// Fingerprints everything that makes the bytes of each document.
fn add_fingerprints(
    setting: &Setting<'_>,
    salt: u64,
    prints: &[PostPrints],
    outlines: &mut [Outline],
) {
    let Setting { posts, lock, .. } = *setting;
    // A link to another post's file is resolved by all paths and addresses.
    let addresses: Vec<u64> = posts
        .par_iter()
        .map(|post| fingerprint_of(&(&post.path, &post.url)))
        .collect();
    let addresses = fingerprint_of(&addresses);
    let template = setting.template.map(|(_, text)| text);
    let first_line = lock.first_line();
    let common = fingerprint_of(&(salt, setting.site, setting.config, template, first_line));
    for outline in outlines {
        let mut numbers = outline.posts.iter();
        let refers = numbers.any(|number| posts[*number].text_fingerprint.refers);
        let feed_id = match &outline.kind {
            DocumentKind::Feed(document) => lock.given_feed_id(&document.folder),
            _ => None,
        };
        let numbers = outline.posts.iter();
        let posts: Vec<u64> = numbers.map(|number| prints[*number].content).collect();
        outline.fingerprint = fingerprint_of(&(
            common,
            &outline.kind,
            feed_id,
            refers.then_some(addresses),
            posts,
        ));
    }
}

/// Plans the documents of a topic: its archive, the oldest first, then what readers subscribe to.
fn plan_topic(setting: &Setting<'_>, topic: &Topic) -> Vec<Outline> {
    let Setting { config, .. } = *setting;
    let mut archived = split_periods(setting, topic);
    // The newest post's own period may still grow: it is no archive.
    let newest = archived.pop().map_or(0, |(_, posts)| posts.len());
    let shown = config.limit.max(newest);
    let label = |at: usize| archived.get(at).map(|(label, _)| label.clone());
    let mut outlines = Vec::new();
    for (number, (period, posts)) in archived.iter().enumerate() {
        for format in &config.formats {
            let document = Document {
                format: *format,
                topic: topic.name.clone(),
                folder: topic.folder.clone(),
                period: Some(period.clone()),
                older: number.checked_sub(1).and_then(label),
                newer: label(number + 1),
            };
            outlines.push(document.make_outline(setting, posts.clone()));
        }
    }
    let is_shown =
        |(place, number): &(usize, &usize)| *place < shown || setting.unseen.contains(number);
    let posts = topic.posts.iter().enumerate().filter(is_shown);
    let posts: Vec<usize> = posts.map(|(_, number)| *number).collect();
    for format in &config.formats {
        let document = Document {
            format: *format,
            topic: topic.name.clone(),
            folder: topic.folder.clone(),
            period: None,
            older: archived.last().map(|(label, _)| label.clone()),
            newer: None,
        };
        outlines.push(document.make_outline(setting, posts.clone()));
    }
    outlines
}

impl Document {
    /// Its outline, with these posts.
    fn make_outline(self, setting: &Setting<'_>, posts: Vec<usize>) -> Outline {
        let path = make_path(
            setting.config,
            self.format,
            &self.folder,
            self.period.as_deref(),
        );
        let subscription = self.period.is_none().then(|| make_url(setting.site, &path));
        Outline {
            subscription,
            ..Outline::new(&path, DocumentKind::Feed(self), posts)
        }
    }
}

/// Splits the posts of a topic by period in the site's zone, the oldest first; none without an archive.
fn split_periods(setting: &Setting<'_>, topic: &Topic) -> Vec<(String, Vec<usize>)> {
    let Setting { config, .. } = *setting;
    let has_archive = topic.by.is_none_or(|by| config.archive_by.contains(&by));
    let Some(archive) = config.archive.filter(|_| has_archive) else {
        return Vec::new();
    };
    let mut periods: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for number in &topic.posts {
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

/// Lists the periods of the main feed's archive, the oldest first.
fn list_main_periods(outlines: &[Outline]) -> Vec<String> {
    let mut periods = BTreeSet::new();
    for outline in outlines {
        if let DocumentKind::Feed(document) = &outline.kind
            && document.folder.is_empty()
        {
            periods.extend(document.period.clone());
        }
    }
    periods.into_iter().collect()
}

/// Finds the folder of the feed that has this address on some domain, in one of its formats.
pub(crate) fn find_folder_at(
    site: &Site,
    config: &Feeds,
    posts: &[Post],
    address: &Url,
) -> Option<String> {
    let is_there = |folder: &str| {
        let mut documents = config
            .formats
            .iter()
            .map(|format| make_path(config, *format, folder, None));
        documents.any(|document| make_url(site, &document).path() == address.path())
    };
    find_topics(posts, &config.by, site)
        .into_iter()
        .map(|topic| topic.folder)
        .find(|folder| is_there(folder))
}

impl Outline {
    fn new(path: &str, kind: DocumentKind, posts: Vec<usize>) -> Self {
        Self {
            path: path.to_owned(),
            fingerprint: 0,
            subscription: None,
            kind,
            posts,
        }
    }

    /// Its posts, by their place in the list of all.
    pub fn posts(&self) -> &[usize] {
        &self.posts
    }

    /// The posts that it shows as entries.
    pub(super) fn shown(&self) -> &[usize] {
        if matches!(self.kind, DocumentKind::Feed(_)) {
            &self.posts
        } else {
            &[]
        }
    }
}
