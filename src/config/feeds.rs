//! `[feeds]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The feeds that are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
