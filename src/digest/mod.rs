//! Posts → [`Draft`]: which posts are news, when a digest is due, and what it says.

mod body;
mod choose;
mod plan;
mod preflight;
mod render;
mod schedule;
mod slots;
mod text;

use chrono::{DateTime, Utc};
use url::Url;

pub use body::{Sizes, unsized_images};
pub use choose::{find, news, refuse_the_archive, shown};
pub use plan::{
    Next, PATIENCE, Plan, Record, Situation, Wish, another_store, earlier_name, older_store, plan,
    refuse_site, split,
};
pub use preflight::{Source, find_left_out, locate, preflight};
pub use render::draft;
pub use schedule::{due, first_after, last_before};

use crate::config::{self, Site};
use crate::post::{Body, Post};

/// Stands for a reader's name. The marks occur in no input, since they are taken out of each.
pub const NAME: char = '\u{e010}';
/// Stands for the address by which a reader leaves.
pub const LEAVE: char = '\u{e011}';
/// Stands for a reader's e-mail address.
pub const ADDRESS: char = '\u{e012}';
/// Everything that stands for a reader's own.
pub const MARKS: [char; 3] = [NAME, LEAVE, ADDRESS];

/// The templates of a site; the defaults stand for those that it has not.
#[derive(Debug, Default)]
pub struct Templates {
    /// Its `digest.html`.
    pub html: Option<String>,
    /// Its `digest.txt`.
    pub text: Option<String>,
}

/// What an issue is made from.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The site.
    pub site: &'a Site,
    /// The digest.
    pub digest: &'a config::Digest,
    /// The last lines.
    pub footer: Option<&'a str>,
    /// The posts that it shows, in its order.
    pub entries: &'a [(&'a Post, Body)],
    /// The sizes of images that their posts do not say.
    pub sizes: &'a Sizes,
    /// Where someone may subscribe to whom the mail was forwarded.
    pub sign_up: Option<&'a Url>,
    /// The posts of which it gives the title and the link alone, in its order.
    pub headlines: &'a [&'a Post],
    /// The day that it bears.
    pub made_at: DateTime<Utc>,
}

/// An issue as it reads, with marks where a reader's own belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The subject.
    pub subject: String,
    /// The HTML part, with its CSS inlined.
    pub html: String,
    /// The text part.
    pub text: String,
}
