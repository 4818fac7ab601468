//! `[feeds]`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::config::value::{read_at_least_one, read_some_web_address};
use crate::finding::{Finding, Rule};

/// The feeds that are published.
#[derive(Debug, Clone, Hash, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Feeds {
    /// The folder that is published as the site's root.
    pub dir: PathBuf,
    /// The formats of every feed.
    #[serde(deserialize_with = "read_formats")]
    pub formats: Vec<Format>,
    /// Other file names than `atom.xml`, `rss.xml` and `feed.json`.
    #[serde(deserialize_with = "read_files")]
    pub files: BTreeMap<Format, String>,
    /// The least number of entries in a feed, where there are so many posts.
    #[serde(deserialize_with = "read_at_least_one")]
    pub limit: usize,
    /// Whether an entry carries the whole post or a summary.
    pub content: EntryContent,
    /// The taxonomies that have feeds of their own.
    #[serde(deserialize_with = "read_distinct")]
    pub by: Vec<By>,
    /// At most this many feeds beside the main one; those with the fewest posts are left out.
    #[serde(deserialize_with = "read_at_least_one")]
    pub max_feeds: usize,
    /// The span of each document of the main feed's archive (RFC 5005); without it there is none.
    pub archive: Option<Archive>,
    /// The feeds in `by` that have an archive too.
    #[serde(deserialize_with = "read_distinct")]
    pub archive_by: Vec<By>,
    /// The WebSub hub that the feeds link to and that is told what changed.
    #[serde(deserialize_with = "read_some_web_address")]
    pub hub: Option<Url>,
    /// Whether the hub may have an address in a private network.
    pub hub_private: bool,
    /// Whether `feeds.html`, the page for people, is written, and `feeds.css`, which a browser shows the feeds with.
    pub page: bool,
    /// The page on which readers can subscribe by mail; the feeds page links to it.
    #[serde(deserialize_with = "read_some_web_address")]
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
            formats: Format::ALL.to_vec(),
            files: BTreeMap::new(),
            limit: 20,
            content: EntryContent::Full,
            by: Vec::new(),
            max_feeds: 1000,
            archive: None,
            archive_by: Vec::new(),
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
    /// The key under `[feeds]` that contradicts another one, and what is wrong with it.
    pub(super) fn contradiction(&self) -> Option<(&'static str, Finding)> {
        let by = self.archive_by.iter().find(|by| !self.by.contains(by));
        let finding = match (by, self.archive) {
            (Some(by), _) => {
                let name = by.name();
                Finding::error(
                    Rule::ConfigValue,
                    format!("`archive_by` names `{name}`, which has no feeds"),
                )
                .hint(format!(
                    "add \"{name}\" to `by`, or take it out of `archive_by`"
                ))
            }
            (None, None) if !self.archive_by.is_empty() => {
                Finding::error(Rule::ConfigValue, "there is `archive_by`, but no `archive`")
                    .hint("add archive = \"year\" or \"month\"")
            }
            _ => return None,
        };
        Some(("archive_by", finding))
    }

    /// Whether a main feed stands in the folder.
    pub fn are_published(&self) -> bool {
        self.formats.iter().any(|format| {
            let main = self.files.get(format).map(String::as_str);
            let file = main.unwrap_or(format.default_file());
            self.dir.join(file).exists()
        })
    }

    /// Whether the path below the folder is that of a document that tidings may write.
    pub(super) fn may_write(&self, path: &str) -> bool {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        self.format_at(path).is_some() || PAGES.contains(&name)
    }

    /// The format of the feed at this path below the folder; `None` if it is no feed.
    pub fn format_at(&self, path: &str) -> Option<Format> {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let is_at = |format: &&Format| {
            let main = self.files.get(format).map(String::as_str);
            // Only the main feed has other names.
            let default = format.default_file();
            is_of(path, main.unwrap_or(default)) || (path != name && is_of(name, default))
        };
        self.formats.iter().find(is_at).copied()
    }

    pub(super) fn resolve_paths(&mut self, root: &Path) {
        self.dir = root.join(&self.dir);
    }
}

/// Defines the formats: the name of each in a config, and that of its file where the config gives none.
macro_rules! formats {
    ($($(#[$doc:meta])+ $format:ident $word:literal $file:literal,)+) => {
        /// A feed's format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        pub enum Format {
            $($(#[$doc])+ #[serde(rename = $word)] $format,)+
        }

        impl Format {
            /// Every format. A config that names none gets all.
            pub(crate) const ALL: [Self; [$($word),+].len()] = [$(Self::$format),+];

            /// The name of its file where the config gives none.
            pub fn default_file(self) -> &'static str {
                match self {
                    $(Self::$format => $file,)+
                }
            }

            /// The word for it in a config.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$format => $word,)+
                }
            }
        }
    };
}

formats! {
    /// Atom (RFC 4287).
    Atom "atom" "atom.xml",
    /// RSS 2.0.
    Rss "rss" "rss.xml",
    /// JSON Feed 1.1.
    Json "json" "feed.json",
}

fn read_formats<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Format>, D::Error> {
    let formats = read_distinct(deserializer)?;
    match formats.is_empty() {
        true => {
            let words = Format::ALL.map(|format| format!("`{}`", format.word()));
            Err(D::Error::custom(format!(
                "there is no format\nexpected one of {} at least",
                words.join(", ")
            )))
        }
        false => Ok(formats),
    }
}

/// Reads a list without repeats.
fn read_distinct<'de, D: Deserializer<'de>, T: Deserialize<'de> + Ord + Copy>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::<T>::deserialize(deserializer)?;
    match list.iter().collect::<BTreeSet<_>>().len() == list.len() {
        true => Ok(list),
        false => Err(D::Error::custom(
            "something stands twice in this list\nname each once",
        )),
    }
}

/// Names that stay in the folder, and that no other document has.
fn read_files<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Format, String>, D::Error> {
    let files = BTreeMap::<Format, String>::deserialize(deserializer)?;
    if let Some(name) = files.values().find(|name| {
        name.split('/')
            .any(|part| part.is_empty() || part.starts_with('.'))
            || name.contains(['\\', '?', '#', '%'])
    }) {
        return Err(D::Error::custom(format!(
            "`{}` is no name below the folder of feeds\nexpected something like index.xml or feed/index.xml",
            name.escape_debug()
        )));
    }
    let names = Format::ALL.map(|format| {
        let named = files.get(&format);
        named.map_or(format.default_file(), String::as_str)
    });
    let taken = |number: usize, name: &str| {
        PAGES.contains(&name)
            || names
                .iter()
                .enumerate()
                .any(|(other, taken)| other != number && is_of(name, taken))
    };
    match names
        .iter()
        .enumerate()
        .find(|(number, name)| taken(*number, name))
    {
        Some((_, name)) => Err(D::Error::custom(format!(
            "two documents would stand in `{name}`\ngive each a name of its own"
        ))),
        None => Ok(files),
    }
}

/// The files that are written beside the feeds.
const PAGES: [&str; 3] = ["feeds.html", "feeds.css", "feeds.opml"];

/// Whether a name is that of a document or of a year or month of its archive.
fn is_of(name: &str, document: &str) -> bool {
    let (stem, ending) = document.rsplit_once('.').unwrap_or((document, ""));
    let period = name
        .strip_prefix(stem)
        .and_then(|rest| rest.strip_suffix(ending))
        .unwrap_or("none");
    name == document
        || period
            .trim_end_matches('.')
            .chars()
            .all(|c| c.is_ascii_digit() || c == '-')
}

/// How much of a post an entry carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryContent {
    /// All of it.
    Full,
    /// Its summary.
    Summary,
}

/// A taxonomy that has feeds of its own.
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

impl By {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tag, Self::Section, Self::Author, Self::Language];

    /// Its name in the config, and of the folder of its feeds.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Section => "section",
            Self::Author => "author",
            Self::Language => "language",
        }
    }
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
