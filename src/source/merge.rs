//! Takes what a feed shows today into its copy: pure.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::feed::{Attached, Item, OldFeed};
use crate::html::read_words;
use crate::post::{Came, FeedOrigin, fingerprint_of};
use crate::source::copy::{FeedCopy, KeptEnclosure, KeptEntry};

/// The most entries of a copy, the newest of them.
pub(super) const MOST_ENTRIES: usize = 500;
/// The longest text of an entry, in bytes; of a longer one its summary is left.
const LONGEST_TEXT: usize = 1 << 20;
/// The most bytes of all texts in a copy, without those that the feed shows.
const MOST_TEXT: usize = 16 << 20;
/// The longest title, name or summary, in characters.
const LONGEST_LINE: usize = 300;
const LONGEST_SUMMARY: usize = 2000;
/// The most names, tags and authors of an entry.
const MOST_NAMES: usize = 24;
const MOST_TAGS: usize = 10;
const MOST_AUTHORS: usize = 10;
/// The longest media type, in characters (RFC 6838, 4.2).
const LONGEST_MEDIA_TYPE: usize = 255;
/// The longest id that is taken as it is, in bytes.
const LONGEST_ID: usize = 500;

/// Takes what a feed shows into its copy: new entries come in, changed ones are mended, and those that it no longer shows
/// stay. `came` is what new ones are.
pub(super) fn merge(copy: &mut FeedCopy, feed: OldFeed, came: Came, now: DateTime<Utc>) {
    let name = copy.feed.clone();
    copy.title = cut(&feed.title, LONGEST_LINE);
    copy.language = feed.language.filter(|tag| crate::config::is_language(tag));
    copy.id = feed.id.filter(|id| id.len() <= LONGEST_ID);
    copy.home.clone_from(&feed.home);
    copy.rights = feed.rights.map(|rights| cut(&rights, LONGEST_LINE));
    let mut items = feed.items;
    for item in &mut items {
        shorten_id(&mut item.id);
    }
    items.sort_by_key(|item| std::cmp::Reverse(item.published));
    items.truncate(MOST_ENTRIES);
    let shared = find_shared_links(&items, feed.home.as_ref());
    let shown: HashSet<String> = items.iter().map(|item| item.id.clone()).collect();
    for (place, item) in items.into_iter().enumerate() {
        let is_alone = |link: &Url| !shared.contains(link);
        let context = Context {
            feed: &name,
            title: &copy.title,
            home: feed.home.as_ref(),
            came,
            // Entries without a time stay in the feed's order.
            now: now - TimeDelta::seconds(i64::try_from(place).unwrap_or(0)),
        };
        let names_link = item.link.as_ref().is_some_and(is_alone);
        let Some(new) = context.keep(item, names_link) else {
            continue;
        };
        match find(&copy.entries, &new, &shown) {
            Some(known) => mend(&mut copy.entries[known], new),
            None => copy.entries.push(give_free_id(new, &copy.entries)),
        }
    }
    trim(copy, &shown);
}

/// The facts of a feed with which its entries are read.
struct Context<'a> {
    feed: &'a str,
    title: &'a str,
    home: Option<&'a Url>,
    came: Came,
    now: DateTime<Utc>,
}

impl Context<'_> {
    /// Keeps an entry; `None` if there is nothing to link to.
    fn keep(&self, item: Item, names_link: bool) -> Option<KeptEntry> {
        let url = self.choose_address(&item)?;
        let said = item.published.filter(|at| is_credible(*at, self.now));
        let published = said.unwrap_or(self.now);
        let updated = item.updated.filter(|at| is_credible(*at, self.now));
        let summary = item.summary.map(|text| cut(&text, LONGEST_SUMMARY));
        let html = match item.html.len() <= LONGEST_TEXT {
            true => item.html,
            false => String::new(),
        };
        let title = match item.title.is_empty() {
            true => self.make_title(summary.as_deref(), &html),
            false => cut(&item.title, LONGEST_LINE),
        };
        let own_name = format!(
            "urn:tidings:feed:{:016x}",
            fingerprint_of(&(self.feed, &item.id))
        );
        let mut names = vec![own_name.clone()];
        if names_link && let Some(link) = &item.link {
            names.extend(make_names(link, &title, item.published));
        }
        Some(KeptEntry {
            id: match is_iri(&item.id) {
                true => item.id.clone(),
                false => own_name.clone(),
            },
            said: item.id,
            names,
            own_name,
            base: item.base.unwrap_or_else(|| url.clone()),
            url,
            title,
            published,
            updated: updated.unwrap_or(published).max(published),
            authors: limit_names(item.authors, MOST_AUTHORS),
            tags: limit_names(item.tags, MOST_TAGS),
            html,
            summary,
            image: item.image,
            enclosure: item.enclosure.map(keep_file),
            source: item.source.and_then(keep_origin),
            came: self.came,
        })
    }

    /// Chooses the address of an entry: its link, else its file, the page of the feed, or the feed.
    fn choose_address(&self, item: &Item) -> Option<Url> {
        let file = item.enclosure.as_ref().map(|file| &file.url);
        match item.link.as_ref().or(file).or(self.home) {
            Some(url) => Some(url.clone()),
            None => Url::parse(self.feed).ok(),
        }
    }

    /// Makes a title of the first words of an entry that has none.
    fn make_title(&self, summary: Option<&str>, html: &str) -> String {
        const WORDS: usize = 80;
        let words = match summary {
            Some(summary) => summary.to_owned(),
            None => read_words(html),
        };
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        match (words.chars().count(), words.is_empty()) {
            (_, true) if self.title.is_empty() => self.feed.to_owned(),
            (_, true) => self.title.to_owned(),
            (count, _) if count <= WORDS => words,
            _ => format!("{}…", cut(&words, WORDS).trim_end()),
        }
    }
}

/// Finds the links that several items of a feed have, and that to its home: they say nothing of which entry one is.
fn find_shared_links(items: &[Item], home: Option<&Url>) -> HashSet<Url> {
    let mut counts: HashMap<&Url, usize> = HashMap::new();
    for item in items {
        if let Some(link) = &item.link {
            *counts.entry(link).or_default() += 1;
        }
    }
    let mut shared: HashSet<Url> = home.cloned().into_iter().collect();
    for (link, count) in counts {
        if count > 1 {
            shared.insert(link.clone());
        }
    }
    shared
}

/// Makes the names that a post has by its address: with its title, and with its time. Either may be mended.
fn make_names(link: &Url, title: &str, published: Option<DateTime<Utc>>) -> Vec<String> {
    let link = strip_address(link);
    let name = |print: u64| format!("urn:tidings:link:{print:016x}");
    let mut names = vec![name(fingerprint_of(&(&link, title)))];
    names.extend(published.map(|at| name(fingerprint_of(&(&link, at.timestamp())))));
    names
}

/// Removes from an address what differs between two feeds that lead to one page.
fn strip_address(link: &Url) -> String {
    let mut link = link.clone();
    let is_counter = |key: &str| key.starts_with("utm_") || matches!(key, "ref" | "source");
    let pairs: Vec<(String, String)> = link.query_pairs().into_owned().collect();
    let kept: Vec<&(String, String)> = pairs.iter().filter(|(key, _)| !is_counter(key)).collect();
    match kept.is_empty() {
        true => link.set_query(None),
        false if kept.len() == pairs.len() => {}
        false => {
            link.query_pairs_mut().clear().extend_pairs(kept);
        }
    }
    let text = link.as_str();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.strip_prefix("www.").unwrap_or(text);
    text.trim_end_matches('/').to_owned()
}

/// Whether a time can be one of publishing: a later one than now would stay above all others.
fn is_credible(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at.timestamp() >= 0 && at <= now
}

/// Whether an id can stand in a feed as it is: one that names a thing in the world, not only in its feed.
fn is_iri(id: &str) -> bool {
    let is_clean = !id.contains(|c: char| c.is_whitespace() || "<>\"{}|\\^`".contains(c));
    let is_global = match Url::parse(id) {
        Ok(url) => match url.scheme() {
            "http" | "https" => {
                url.host_str().is_some() && (url.path() != "/" || url.query().is_some())
            }
            "tag" => id.contains(','),
            // Names of ours tell which entries are one: no feed may say them.
            "urn" => id.len() > "urn:uuid:".len() && !url.path().starts_with("tidings:"),
            _ => false,
        },
        Err(_) => false,
    };
    is_clean && is_global && id.len() <= LONGEST_ID
}

/// Replaces a very long id by a print of it, since the copy keeps each.
fn shorten_id(id: &mut String) {
    if id.len() > LONGEST_ID {
        *id = format!("{:016x}", fingerprint_of(&*id));
    }
}

/// Finds the entry of a copy that a new one is: by its id, else by a name, else by title and time; the feed must not show
/// the known one beside it.
fn find(entries: &[KeptEntry], new: &KeptEntry, shown: &HashSet<String>) -> Option<usize> {
    if let Some(same) = entries.iter().position(|known| known.said == new.said) {
        return Some(same);
    }
    let find_free = |is_it: &dyn Fn(&KeptEntry) -> bool| {
        let mut entries = entries.iter();
        entries.position(|known| !shown.contains(&known.said) && is_it(known))
    };
    let has_name = |known: &KeptEntry| {
        known.id == new.id || known.names.iter().any(|name| new.names.contains(name))
    };
    let has_title_and_time =
        |known: &KeptEntry| known.title == new.title && known.published == new.published;
    find_free(&has_name).or_else(|| find_free(&has_title_and_time))
}

/// Gives an entry an id that no other has: one that another entry took over may come back beside it.
fn give_free_id(mut entry: KeptEntry, entries: &[KeptEntry]) -> KeptEntry {
    let whole = entry.id.clone();
    let mut copies = 1;
    while entries.iter().any(|known| known.id == entry.id) {
        copies += 1;
        entry.id = format!("{whole}-{copies}");
    }
    entry
}

/// Takes over what changed. The id, the first time and the moment of coming stay.
fn mend(known: &mut KeptEntry, new: KeptEntry) {
    let mut names = std::mem::take(&mut known.names);
    for name in new.names.iter().chain([&new.id]) {
        if !names.contains(name) && *name != known.id {
            names.push(name.clone());
        }
    }
    if names.len() > MOST_NAMES {
        // The first ones are those by which it was announced; the others change.
        names.drain(MOST_NAMES / 2..names.len() - MOST_NAMES / 2);
    }
    let is_changed = known.html != new.html || known.title != new.title;
    let updated = match is_changed {
        true => new.updated.max(known.updated),
        false => known.updated,
    };
    *known = KeptEntry {
        id: std::mem::take(&mut known.id),
        own_name: std::mem::take(&mut known.own_name),
        names,
        published: known.published,
        updated,
        came: known.came,
        ..new
    };
}

/// Keeps the newest entries, within limits; those that the feed shows stay.
fn trim(copy: &mut FeedCopy, shown: &HashSet<String>) {
    copy.entries
        .sort_by(|a, b| (b.published, &a.said).cmp(&(a.published, &b.said)));
    let (mut count, mut bytes) = (0, 0);
    let room = MOST_ENTRIES.saturating_sub(shown.len());
    copy.entries.retain(|entry| {
        if shown.contains(&entry.said) {
            return true;
        }
        count += 1;
        bytes += entry.html.len();
        count <= room && bytes <= MOST_TEXT
    });
}

/// Keeps the feed that an entry was copied from, if it has a name.
fn keep_origin(origin: FeedOrigin) -> Option<FeedOrigin> {
    let is_named = !origin.id.is_empty() && origin.id.len() <= LONGEST_ID;
    is_named.then(|| FeedOrigin {
        title: cut(&origin.title, LONGEST_LINE),
        rights: origin.rights.map(|rights| cut(&rights, LONGEST_LINE)),
        ..origin
    })
}

fn keep_file(file: Attached) -> KeptEnclosure {
    KeptEnclosure(
        file.url,
        cut(&file.media_type, LONGEST_MEDIA_TYPE),
        file.length,
    )
}

fn limit_names(mut names: Vec<String>, most: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.truncate(most);
    names.iter().map(|name| cut(name, LONGEST_LINE)).collect()
}

/// Cuts a text after so many characters, and removes marks that turn the direction of the text behind it.
fn cut(text: &str, most: usize) -> String {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|c| !turns(c)).take(most).collect()
}

#[cfg(test)]
mod tests;
