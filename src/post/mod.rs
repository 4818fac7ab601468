//! Text → [`Post`], pure: front matter, dialects, dates, addresses, Markdown → HTML.

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::Author;
use crate::finding::Finding;

/// A published post, without its text: the body is rendered only where a feed or a digest shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Post {
    /// What never changes: an absolute IRI, compared character by character.
    pub id: String,
    /// The file below the folder of posts, with `/` between its parts.
    pub path: String,
    /// The address of its page.
    pub url: Url,
    /// The title, as plain text.
    pub title: String,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// When it last changed in earnest; `published` where the post does not say.
    pub updated: DateTime<Utc>,
    /// Who wrote it; the site's author where it names nobody.
    pub authors: Vec<Author>,
    /// Its tags and categories, as written, without repeats.
    pub tags: Vec<String>,
    /// The section: the first folder of its path.
    pub section: Option<String>,
    /// The language, where it is not the site's, as a BCP 47 tag.
    pub language: Option<String>,
    /// What the front matter says it is about, as plain text.
    pub description: Option<String>,
    /// A picture of it.
    pub image: Option<Url>,
    /// A sound or a film that belongs to it.
    pub enclosure: Option<Enclosure>,
    /// What its text was when it was read.
    pub text: Fingerprint,
}

/// A sound or a film that belongs to a post.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Enclosure {
    /// Its address.
    pub url: Url,
    /// Its media type.
    pub media_type: String,
    /// Its length in bytes, where it is known.
    pub length: Option<u64>,
}

/// A post's text, rendered: HTML whose every address is absolute and that is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The whole post.
    pub html: String,
    /// Its beginning, as HTML: up to `<!-- more -->`, else the description, else the first paragraph.
    pub summary: String,
    /// What of it was left out, with its line; the file is not named yet.
    pub warnings: Vec<Finding>,
}

mod address;
pub mod body;
pub mod date;
pub mod dialect;
mod fingerprint;
pub mod front;
pub mod html;
mod links;
mod markdown;
mod marks;
mod mdx;
mod media;
mod name;
mod nesting;
mod pattern;
pub mod people;
mod plain;
mod read;
mod shortcode;
pub mod slug;
mod title;

pub use body::body;
pub use fingerprint::{Fingerprint, fingerprint_of};
pub use front::with_defaults;
pub use links::Index;
pub use pattern::from_colons;
pub use read::{Commits, Draft, From, Read, Why, read};
pub use slug::slug;
