//! `[feeds]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

/// The feeds that are published.
#[derive(Debug, Clone, Hash, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Feeds {
    /// The folder that is published as the site's root.
    pub dir: PathBuf,
    /// The formats of every feed.
    pub formats: Vec<Format>,
    /// Other file names than `atom.xml`, `rss.xml` and `feed.json`.
    pub files: BTreeMap<Format, String>,
    /// The least number of entries in a feed, where there are so many posts.
    pub limit: usize,
    /// Whether an entry carries the whole post or a summary.
    pub content: Content,
    /// What else has feeds of its own.
    pub by: Vec<By>,
    /// The span of each document of the archive (RFC 5005); without it there is none.
    pub archive: Option<Archive>,
    /// The WebSub hub that the feeds link to and that is told what changed.
    pub hub: Option<Url>,
    /// Whether the hub may have a private address.
    pub hub_private: bool,
    /// Whether `feeds.html`, the page for people, is written, and `feeds.css`, which a browser shows the feeds with.
    pub page: bool,
    /// Where readers can sign up for mail: the page links to it.
    pub sign_up: Option<Url>,
    /// Whether `feeds.opml`, the list of all feeds, is written.
    pub opml: bool,
    /// Whether each document has compressed twins beside it, `.gz` and `.br`, for servers that hand those out.
    pub precompress: bool,
}

impl Default for Feeds {
    fn default() -> Self {
        Self {
            dir: "public".into(),
            formats: vec![Format::Atom, Format::Rss, Format::Json],
            files: BTreeMap::new(),
            limit: 20,
            content: Content::Full,
            by: Vec::new(),
            archive: None,
            hub: None,
            hub_private: false,
            page: true,
            sign_up: None,
            opml: true,
            precompress: false,
        }
    }
}

impl Feeds {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        self.dir = root.join(&self.dir);
    }
}

/// A feed's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Atom (RFC 4287).
    Atom,
    /// RSS 2.0.
    Rss,
    /// JSON Feed 1.1.
    Json,
}

/// How much of a post an entry carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// All of it.
    Full,
    /// Its summary.
    Summary,
}

/// What has feeds of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Each tag.
    Tag,
    /// Each section: the first folder of the path.
    Section,
    /// Each author.
    Author,
    /// Each language.
    Language,
}

/// How much time one document of the archive spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Archive {
    /// A year.
    Year,
    /// A month.
    Month,
}
