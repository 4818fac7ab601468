//! Posts that come by a feed: where each is from, and by which names it is known.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::Site;
use crate::html::{escape, read_words};
use crate::post::Post;

/// A post that came by a feed, with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyndicatedPost {
    /// The post; its path is the address of its page.
    pub(crate) post: Post,
    pub(crate) from: Syndication,
}

/// The origin of a post that came by a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Syndication {
    /// Its text, as HTML that nobody has looked at.
    pub(crate) html: String,
    /// The base of the relative addresses in it.
    pub(crate) base: Url,
    /// The other names by which it may be known: under its feed, and by its address. It is one post with each that has
    /// one of them.
    pub(crate) names: Vec<String>,
    /// The name that it has by this feed alone.
    pub(crate) own_name: String,
    /// Its id as the feed says it.
    pub(crate) said: String,
    pub(crate) feed: String,
    /// The feed that it is from: that of a planet's friend, not the planet.
    pub(crate) origin: FeedOrigin,
    /// When its feed had it first.
    pub(crate) came: Came,
}

/// The feed that a post is from, as it names itself.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FeedOrigin {
    /// Its id, or its address.
    pub id: String,
    /// Its title, as plain text.
    pub title: String,
    /// Its own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<Url>,
    /// The page that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Url>,
    /// The rights in its entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
}

/// When a post came by its feed: only what comes later is news to a digest that has begun before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Came {
    /// With the first copy of the feed, as far as is known: that copy may have been lost.
    First,
    /// While the feed was no source.
    Away,
    Later,
}

impl Post {
    /// Whether it came by a feed and its page belongs to another site. The path of a file has no empty part.
    pub(crate) fn is_syndicated(&self) -> bool {
        self.path.contains("://")
    }
}

impl Syndication {
    /// Its words alone, for a text that cannot be read as HTML.
    pub(super) fn to_plain(&self, post: &Post) -> String {
        const MOST: usize = 2000;
        let words = post.description.as_deref().map(str::to_owned);
        let words = words.unwrap_or_else(|| read_words(&self.html));
        let words: String = words.chars().take(MOST).collect();
        format!("<p>{}</p>", escape(&words))
    }
}

/// The site as a base for the text of another one, so that nothing in it leads to ours.
pub(super) fn home_of(page: &Url, site: &Site) -> Url {
    page.join("/").unwrap_or_else(|_| site.url.clone())
}
