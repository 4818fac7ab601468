//! Text → [`Post`], pure: front matter, dialects, dates, addresses, Markdown → HTML.
//!
//! A text is read twice. [`read`] takes its front matter for the facts of the post, by the rules of its
//! [`dialect`]; the loader does that for every file. [`render_body`] renders the rest, once a feed or a digest shows the post.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::Author;
use crate::finding::Finding;

/// A published post without its text: the body is rendered only when a feed or a digest shows it. There may be a
/// hundred thousand of them in memory, so fields have no spare capacity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Post {
    /// The id, which never changes: an absolute IRI, compared character by character.
    pub id: Box<str>,
    /// The file below the folder of posts, with `/` between its parts.
    pub path: Box<str>,
    /// The address of its page.
    pub url: Address,
    /// The title, as plain text.
    pub title: Box<str>,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// The last significant change; `published` if the post does not say.
    pub updated: DateTime<Utc>,
    /// The authors; the site's author if the post names none.
    pub authors: Arc<[Author]>,
    /// Its tags and categories, as written, without repeats.
    pub tags: Box<[Box<str>]>,
    /// The section: the first folder of its path.
    pub section: Option<Box<str>>,
    /// The language as a BCP 47 tag, if it is not the site's.
    pub language: Option<Box<str>>,
    /// The description in the front matter, as plain text.
    pub description: Option<Box<str>>,
    /// A picture of it.
    pub image: Option<Address>,
    /// A sound or a film that belongs to it.
    pub enclosure: Option<Box<Enclosure>>,
    /// Tells whether the text of its file has changed.
    pub text_fingerprint: Fingerprint,
}

/// An absolute address, kept as its text: few are ever taken apart, and a `Url` is as large as most of a post.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address(Box<str>);

impl Address {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its path, which begins with a slash.
    pub fn path(&self) -> &str {
        let host = self.0.find("://").map_or(0, |at| at + "://".len());
        let start = self.0[host..]
            .find('/')
            .map_or(self.0.len(), |at| host + at);
        self.0[start..].split(['?', '#']).next().unwrap_or_default()
    }

    /// Parses it back into a `Url`.
    ///
    /// # Panics
    /// Never, since it was built from one.
    pub fn to_url(&self) -> Url {
        self.0.parse().expect("it was an address")
    }
}

impl From<Url> for Address {
    fn from(url: Url) -> Self {
        Self(String::from(url).into())
    }
}

impl AsRef<str> for Address {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A sound or a film that belongs to a post.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Enclosure {
    /// The address.
    pub url: Url,
    /// The media type (RFC 2046), such as `audio/mpeg`.
    pub media_type: String,
    /// The length in bytes, if known.
    pub length: Option<u64>,
}

/// A post's rendered text: safe HTML with absolute addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The whole post.
    pub html: String,
    /// Its beginning, as HTML: up to `<!-- more -->`, else the description, else the first paragraph.
    pub summary: String,
    /// The drawings that it shows by their addresses.
    pub drawings: Vec<Drawing>,
    /// The parts that were left out of it, with their line but not their file.
    pub warnings: Vec<Finding>,
    /// The signature of its source.
    pub signature: Signature,
}

mod body;
mod composed;
pub(crate) mod dialect;
mod drawing;
pub(crate) mod facts;
mod fingerprint;
pub(crate) mod front;
mod markup;
mod plain;
mod signature;
mod syndicated;

pub use body::links::Index;
pub use body::render_body;
pub(crate) use body::render_syndicated;
pub(crate) use composed::compose;
pub(crate) use dialect::slug::make_slug;
pub use drawing::Drawing;
pub(crate) use drawing::{DRAWINGS, PROGRAM};
pub(crate) use facts::{Commits, LEADS_ON, ParsedPost, Why, find_sections, find_unknown_token};
pub use facts::{Read, read};
pub(crate) use fingerprint::Fingerprint;
pub use fingerprint::{PostPrints, fingerprint_of};
pub(crate) use front::{add_defaults, texts_of};
pub(crate) use markup::Markup;
pub(crate) use signature::Likeness;
pub use signature::Signature;
pub use syndicated::FeedOrigin;
pub(crate) use syndicated::{Came, SyndicatedPost, Syndication};
