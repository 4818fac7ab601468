//! `[feeds]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

use crate::config::value::at_least_one;

/// The feeds that are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Feeds {
    /// The folder that is published as the site's root.
    pub dir: PathBuf,
    /// The formats of every feed.
    #[serde(deserialize_with = "formats")]
    pub formats: Vec<Format>,
    /// Other file names than `atom.xml`, `rss.xml` and `feed.json`.
    #[serde(deserialize_with = "files")]
    pub files: BTreeMap<Format, String>,
    /// The least number of entries in a feed, where there are so many posts.
    #[serde(deserialize_with = "at_least_one")]
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

impl Format {
    /// The name of its file where the config gives none.
    pub fn default_file(self) -> &'static str {
        match self {
            Self::Atom => "atom.xml",
            Self::Rss => "rss.xml",
            Self::Json => "feed.json",
        }
    }
}

fn formats<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Format>, D::Error> {
    let formats = Vec::deserialize(deserializer)?;
    match formats.is_empty() {
        true => Err(D::Error::custom("there is no format\nexpected one of `atom`, `rss`, `json` at least")),
        false => Ok(formats),
    }
}

/// Names that stay in the folder, one for each format.
fn files<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Format, String>, D::Error> {
    let files = BTreeMap::<Format, String>::deserialize(deserializer)?;
    if let Some(name) = files.values().find(|name| {
        name.split('/').any(|part| part.is_empty() || part.starts_with('.')) || name.contains(['\\', '?', '#', '%'])
    }) {
        return Err(D::Error::custom(format!(
            "`{}` is no name below the folder of feeds\nexpected something like index.xml or feed/index.xml",
            name.escape_debug()
        )));
    }
    let mut names: Vec<&str> = [Format::Atom, Format::Rss, Format::Json]
        .into_iter()
        .map(|format| files.get(&format).map_or_else(|| format.default_file(), String::as_str))
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            Err(D::Error::custom(format!("two formats would stand in `{}`\ngive each a name of its own", pair[0])))
        }
        None => Ok(files),
    }
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
