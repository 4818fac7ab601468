//! The last good copy of a feed: every entry that it has shown, in a file beside the lock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::file::read::{LISTED, read_text};
use crate::file::{Care, unwritable, write_changed};
use crate::finding::Finding;
use crate::post::{Came, FeedOrigin, fingerprint_of};

/// A feed as it was last read, with what it has shown before.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct FeedCopy {
    /// The feed, as the config names it.
    pub(super) feed: String,
    /// Its own id; only Atom has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    pub(super) title: String,
    /// The page that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) home: Option<Url>,
    /// The rights in its entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rights: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    /// The validators of the next request, so that only a change is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<String>,
    /// The address to which it has moved for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved: Option<String>,
    /// Whether the config has not named it at the last run.
    #[serde(default)]
    pub(super) is_away: bool,
    pub(super) entries: Vec<KeptEntry>,
}

/// An entry that a feed has shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptEntry {
    /// Its id as the feed says it.
    pub(super) said: String,
    /// The id of its post, which stays.
    pub(super) id: String,
    /// The other names by which it may be known.
    pub(super) names: Vec<String>,
    /// The name that it has by its feed alone.
    pub(super) own_name: String,
    pub(super) url: Url,
    pub(super) title: String,
    #[serde(with = "time")]
    pub(super) published: DateTime<Utc>,
    #[serde(with = "time")]
    pub(super) updated: DateTime<Utc>,
    pub(super) authors: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) html: String,
    pub(super) base: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) enclosure: Option<KeptEnclosure>,
    /// The feed that this one has it from, as a planet does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<FeedOrigin>,
    pub(super) came: Came,
}

impl FeedCopy {
    /// The feed as it names itself.
    pub(super) fn origin(&self) -> FeedOrigin {
        let feed = Url::parse(&self.feed).ok().filter(Url::has_host);
        let address = feed.as_ref().or(self.home.as_ref()).map(Url::to_string);
        let name = || format!("urn:tidings:feed:{:016x}", fingerprint_of(&self.feed));
        FeedOrigin {
            id: self.id.clone().or(address).unwrap_or_else(name),
            title: self.title.clone(),
            home: self.home.clone(),
            rights: self.rights.clone(),
            feed,
        }
    }
}

/// A file that belongs to an entry: its address, its media type, its length in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptEnclosure(pub(super) Url, pub(super) String, pub(super) Option<u64>);

/// The folder of the copies, and those that are there.
pub(super) struct Shelf {
    folder: PathBuf,
    copies: BTreeMap<String, FeedCopy>,
}

impl Shelf {
    /// Reads the copies beside this lock. One that cannot be read is a lost one: the feed is read anew.
    pub(super) fn open(lock: &Path) -> Self {
        let folder = lock.with_extension("sources");
        let files = fs::read_dir(&folder).into_iter().flatten().flatten();
        let copies = files.filter_map(|file| {
            let text = read_text(&file.path(), LISTED).ok()?;
            let copy: FeedCopy = serde_json::from_str(&text).ok()?;
            (file.file_name() == *name_of(&copy.feed)).then(|| (copy.feed.clone(), copy))
        });
        Self {
            copies: copies.collect(),
            folder,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The copy of a feed; else that of one which has moved to this address and is no source any more.
    pub(super) fn find(&self, feed: &str, sources: &[&str]) -> Option<FeedCopy> {
        if let Some(copy) = self.copies.get(feed) {
            return Some(copy.clone());
        }
        let mut others = self.copies.values();
        let moved = others.find(|copy| {
            copy.moved.as_deref() == Some(feed) && !sources.contains(&copy.feed.as_str())
        })?;
        Some(FeedCopy {
            feed: feed.to_owned(),
            moved: None,
            is_away: false,
            // The new address may have other validators.
            etag: None,
            modified: None,
            ..moved.clone()
        })
    }

    /// Writes these copies where they changed, and marks those of feeds that are no sources now.
    ///
    /// # Errors
    /// A finding for each file that cannot be written.
    pub(super) fn keep(&self, copies: &[FeedCopy]) -> Vec<Finding> {
        let is_kept = |feed: &String| copies.iter().any(|copy| copy.feed == *feed);
        let away = self.copies.iter().filter(|(feed, _)| !is_kept(feed));
        let away = away.map(|(_, copy)| FeedCopy {
            is_away: true,
            ..copy.clone()
        });
        let mut findings = Vec::new();
        for copy in copies.iter().cloned().chain(away) {
            if self.copies.get(&copy.feed) == Some(&copy) {
                continue;
            }
            let file = self.folder.join(name_of(&copy.feed));
            let written = match serde_json::to_string_pretty(&copy) {
                Ok(text) => write_changed(&file, text.as_bytes(), Care::Durable).map(|_| ()),
                Err(error) => Err(unwritable(&file, &error.into())),
            };
            findings.extend(written.err());
        }
        findings
    }
}

/// The name of a copy's file: the host for people, a fingerprint for the program.
fn name_of(feed: &str) -> String {
    let host = Url::parse(feed).ok();
    let host = host.as_ref().and_then(Url::host_str).unwrap_or("file");
    let host: String = host
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .take(60)
        .collect();
    format!("{host}-{:016x}.json", fingerprint_of(&feed))
}

/// A time as text (RFC 3339).
mod time {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&at.to_rfc3339())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}
