//! Copies of feeds → posts, each once: pure.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use url::Url;

use crate::config::{Author, Config};
use crate::post::{Enclosure, Fingerprint, Post, SyndicatedPost, Syndication};
use crate::source::copy::{FeedCopy, KeptEntry};

/// The posts of these copies, each with the number of its source. One that several feeds have is taken from the feed on its
/// own host, else from the first of them, and is known by all its names.
pub(super) fn unite(copies: &[(usize, FeedCopy)], config: &Config) -> Vec<SyndicatedPost> {
    let mut posts: Vec<SyndicatedPost> = Vec::new();
    // The place of the post that has a name.
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut paths: HashSet<Box<str>> = HashSet::new();
    let at_home = copies.iter().map(|copy| (true, copy));
    let elsewhere = copies.iter().map(|copy| (false, copy));
    for (is_home, (number, copy)) in at_home.chain(elsewhere) {
        let mut taken = Vec::new();
        let entries = copy.entries.iter();
        for entry in entries.filter(|entry| is_at_home(copy, entry) == is_home) {
            let mut names = entry.names.iter().chain([&entry.id]);
            let known = names.find_map(|name| places.get(name).copied());
            // Feeds of two sites that have an entry of one id, each on its own: neither may speak for the other.
            let is_other = |place: usize| {
                is_home && !are_of_one_site(posts[place].post.url.as_str(), entry.url.as_str())
            };
            match known {
                Some(place) if !is_other(place) => add_names(&mut posts[place], entry),
                known => {
                    let mut post = to_post(entry, copy, *number, config, &mut paths);
                    if known.is_some() {
                        post.post.id = entry.own_name.as_str().into();
                    }
                    taken.push((posts.len(), entry));
                    posts.push(post);
                }
            }
        }
        // After the whole copy: two entries of one feed are two posts.
        for (place, entry) in taken {
            for name in entry.names.iter().chain([&entry.id]) {
                places.entry(name.clone()).or_insert(place);
            }
        }
    }
    posts
}

/// Whether an entry leads to the site of its feed: that of another one can only repeat it.
fn is_at_home(copy: &FeedCopy, entry: &KeptEntry) -> bool {
    are_of_one_site(&copy.feed, entry.url.as_str())
}

/// Whether two addresses have one host, or one below that of the other.
fn are_of_one_site(a: &str, b: &str) -> bool {
    let host = |address: &str| Some(Url::parse(address).ok()?.host_str()?.to_owned());
    let (Some(a), Some(b)) = (host(a), host(b)) else {
        return false;
    };
    let (a, b) = (a.trim_start_matches("www."), b.trim_start_matches("www."));
    let is_below = |host: &str, above: &str| {
        let before = host.strip_suffix(above);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    is_below(a, b) || is_below(b, a)
}

fn add_names(post: &mut SyndicatedPost, entry: &KeptEntry) {
    for name in entry.names.iter().chain([&entry.id]) {
        if !post.from.names.contains(name) && *name != *post.post.id {
            post.from.names.push(name.clone());
        }
    }
}

fn to_post(
    entry: &KeptEntry,
    copy: &FeedCopy,
    number: usize,
    config: &Config,
    paths: &mut HashSet<Box<str>>,
) -> SyndicatedPost {
    let site = &config.site;
    let mut path: Box<str> = entry.url.as_str().into();
    if !paths.insert(path.clone()) {
        // A page that several entries stand on.
        path = format!("{path}#{}", entry.own_name).into();
        paths.insert(path.clone());
    }
    let mut tags = entry.tags.clone();
    let own = &config.sources[number].tags;
    tags.extend(own.iter().filter(|tag| !entry.tags.contains(tag)).cloned());
    let authors = entry.authors.iter().map(String::as_str);
    let mut authors: Vec<Author> = authors.map(make_author).collect();
    if authors.is_empty() && !copy.title.is_empty() {
        authors.push(make_author(&copy.title));
    }
    let language = copy.language.as_deref().filter(|tag| *tag != site.language);
    let post = Post {
        id: entry.id.as_str().into(),
        path,
        url: entry.url.clone().into(),
        title: entry.title.as_str().into(),
        published: entry.published,
        updated: entry.updated,
        authors: Arc::from(authors),
        tags: tags.into_iter().map(Box::from).collect(),
        section: None,
        language: language.map(Box::from),
        description: entry.summary.as_deref().map(Box::from),
        image: entry.image.clone().map(Into::into),
        enclosure: entry.enclosure.as_ref().map(|file| {
            Box::new(Enclosure {
                url: file.0.clone(),
                media_type: file.1.clone(),
                length: file.2,
            })
        }),
        text_fingerprint: Fingerprint::from_text(&entry.html),
    };
    SyndicatedPost {
        post,
        from: Syndication {
            html: entry.html.clone(),
            base: entry.base.clone(),
            names: entry.names.clone(),
            own_name: entry.own_name.clone(),
            said: entry.said.clone(),
            feed: copy.feed.clone(),
            origin: entry.source.clone().unwrap_or_else(|| copy.origin()),
            came: entry.came,
        },
    }
}

fn make_author(name: &str) -> Author {
    Author {
        name: name.to_owned(),
        email: None,
        url: None,
    }
}
