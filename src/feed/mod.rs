//! Posts → [`Feed`] → bytes: which feeds there are, and one writer for each format.

mod atom;
mod json;
mod rss;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::{Author, By, Content, Feeds, Format, Site};
use crate::finding::Finding;
use crate::post::{Body, Post, html, slug};

/// One feed, before it has a format.
#[derive(Debug)]
pub struct Feed<'a> {
    /// The site that it belongs to.
    pub site: &'a Site,
    /// The authority of its `tag:` URI: the lock's.
    pub authority: &'a str,
    /// What it is about: nothing for the main feed, else a tag, a section, an author or a language.
    pub topic: Option<String>,
    /// Where its documents lie below the folder, with a slash at its end, or empty.
    pub folder: String,
    /// Its posts with their bodies, the newest first.
    pub entries: Vec<Entry<'a>>,
}

/// A post in a feed.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The post.
    pub post: &'a Post,
    /// What the entry carries, as HTML.
    pub html: String,
    /// What it is about, as plain text, where that does not repeat `html`.
    pub summary: Option<String>,
}

/// A document to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its place below the folder.
    pub path: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

impl Feed<'_> {
    /// The title that readers see.
    pub fn title(&self) -> String {
        match &self.topic {
            Some(topic) => format!("{}: {topic}", self.site.title),
            None => self.site.title.clone(),
        }
    }

    /// The newest change of any entry; without entries the beginning of 1970, since no build time may show.
    pub fn updated(&self) -> DateTime<Utc> {
        self.entries.iter().map(|entry| entry.post.updated).max().unwrap_or_default()
    }

    /// What never changes, whatever becomes of the address.
    fn id(&self) -> String {
        let topic: String = url::form_urlencoded::byte_serialize(self.folder.as_bytes()).collect();
        format!("tag:{},2000:feed/{}", self.authority, topic.replace("%2F", "/"))
    }

    fn url(&self, file: &str) -> Url {
        let mut url = self.site.url.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(self.folder.split('/').filter(|part| !part.is_empty())).push(file);
        }
        url
    }

    /// Who wrote it where an entry does not say.
    fn author(&self) -> Author {
        let unnamed = || Author { name: self.site.title.clone(), email: None, url: None };
        self.site.author.clone().unwrap_or_else(unnamed)
    }
}

/// Every document that the config asks for. `body` renders a post; each is rendered once, and only where it is shown.
/// A post whose body cannot be rendered is left out and stands in the findings.
pub fn documents(
    site: &Site,
    config: &Feeds,
    authority: &str,
    posts: &[Post],
    body: &(dyn Fn(&Post) -> Result<Body, Finding> + Sync),
) -> (Vec<Document>, Vec<Finding>) {
    use rayon::prelude::*;

    let mut groups: Vec<(Option<String>, String, Vec<&Post>)> = vec![(None, String::new(), posts.iter().collect())];
    for by in &config.by {
        let mut topics: BTreeMap<String, Vec<&Post>> = BTreeMap::new();
        for post in posts {
            for topic in topics_of(post, *by, site) {
                topics.entry(topic).or_default().push(post);
            }
        }
        let word = match by {
            By::Tag => "tag",
            By::Section => "section",
            By::Author => "author",
            By::Language => "language",
        };
        groups.extend(
            topics.into_iter().map(|(topic, posts)| (Some(topic.clone()), format!("{word}/{}/", place(&topic)), posts)),
        );
    }
    let mut shown: Vec<&Post> =
        groups.iter().flat_map(|(_, _, posts)| posts.iter().take(config.limit).copied()).collect();
    shown.sort_by(|a, b| a.path.cmp(&b.path));
    shown.dedup_by(|a, b| a.path == b.path);
    let rendered: Vec<(&str, Result<Body, Finding>)> =
        shown.par_iter().map(|post| (post.path.as_str(), body(post))).collect();
    let mut bodies: BTreeMap<&str, Body> = BTreeMap::new();
    let mut findings = Vec::new();
    for (path, result) in rendered {
        match result {
            Ok(body) => _ = bodies.insert(path, body),
            Err(finding) => findings.push(finding),
        }
    }
    let documents = groups
        .par_iter()
        .flat_map_iter(|(topic, folder, posts)| {
            let entries = posts.iter().take(config.limit).filter_map(|post| {
                let body = bodies.get(post.path.as_str())?;
                Some(entry(post, body, config.content))
            });
            let feed =
                Feed { site, authority, topic: topic.clone(), folder: folder.clone(), entries: entries.collect() };
            config.formats.iter().map(move |format| feed.document(*format, config)).collect::<Vec<_>>()
        })
        .collect();
    (documents, findings)
}

fn entry<'a>(post: &'a Post, body: &Body, content: Content) -> Entry<'a> {
    let html = match content {
        Content::Full => &body.html,
        Content::Summary => &body.summary,
    };
    let summary = post.description.clone().filter(|text| html::words(html) != *text);
    Entry { post, html: html.clone(), summary }
}

fn topics_of(post: &Post, by: By, site: &Site) -> Vec<String> {
    match by {
        By::Tag => post.tags.clone(),
        By::Section => post.section.clone().into_iter().collect(),
        By::Author => post.authors.iter().map(|author| author.name.clone()).collect(),
        By::Language => vec![post.language.clone().unwrap_or_else(|| site.language.clone())],
    }
}

/// A topic's folder: its slug where that says it all, else the slug and a mark, so that `c`, `c++` and `c#` stay apart.
fn place(topic: &str) -> String {
    let slug = slug(topic);
    let plain: String = topic.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
    if slug == plain {
        return slug;
    }
    let mut mark: u32 = 0x811c_9dc5;
    for byte in topic.to_lowercase().bytes() {
        mark = (mark ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    let separator = if slug.is_empty() { "" } else { "-" };
    format!("{slug}{separator}{mark:08x}")
}

impl Feed<'_> {
    fn document(&self, format: Format, config: &Feeds) -> Document {
        let default = format.default_file();
        let own = config.files.get(&format).filter(|_| self.topic.is_none());
        let file = own.map_or(default, String::as_str);
        let address = self.url(file);
        let text = match format {
            Format::Atom => atom::write(self, &address),
            Format::Rss => rss::write(self, &address),
            Format::Json => json::write(self, &address),
        };
        Document { path: format!("{}{file}", self.folder), bytes: text.into_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn tags_that_differ_in_signs_only_have_feeds_of_their_own() {
        let places = ["c", "c++", "c#", "日本語", "on call"].map(place);
        assert_eq!(places[0], "c");
        assert_eq!(places[3], "日本語");
        assert_eq!(places[4], "on-call");
        assert_ne!(places[1], places[2]);
    }
}
