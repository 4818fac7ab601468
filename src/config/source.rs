//! `[[source]]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

/// A feed whose entries are posts beside those of the folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFeed {
    /// Atom, RSS or JSON Feed: an address, or a file beside the config.
    pub feed: FeedPlace,
    /// Whether the feed's own host may have an address in a private network.
    #[serde(default)]
    pub private: bool,
    /// Tags that each of its posts has beside its own.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Where a feed is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedPlace {
    /// An address of the web.
    Web(Url),
    /// A file.
    File {
        /// As it is written: a name that stays where the folder moves.
        name: String,
        /// Its path.
        path: PathBuf,
    },
}

impl FeedPlace {
    /// The name that the feed has in ids and messages.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Web(url) => url.as_str(),
            Self::File { name, .. } => name,
        }
    }
}

impl<'de> Deserialize<'de> for FeedPlace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |reason: &str| {
            let expected = "expected something like https://friend.example/atom.xml or planet.xml";
            D::Error::custom(format!("`{text}` {reason}\n{expected}"))
        };
        if !text.contains("://") {
            let path = PathBuf::from(&text);
            return match path.file_name() {
                Some(_) => Ok(Self::File { name: text, path }),
                None => Err(wrong("names no file")),
            };
        }
        let url = Url::parse(&text).map_err(|error| wrong(&format!("is no address: {error}")))?;
        match url.scheme() {
            "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
                Err(wrong("holds a user or a password"))
            }
            "http" | "https" => Ok(Self::Web(url)),
            _ => Err(wrong("is no address of the web")),
        }
    }
}

impl SourceFeed {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        if let FeedPlace::File { path, .. } = &mut self.feed {
            *path = root.join(&path);
        }
    }
}
