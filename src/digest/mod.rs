//! Posts → [`Draft`]: chooses the news, decides when a digest is due, and renders an issue.

mod body;
mod bound;
mod choose;
mod page;
mod plan;
mod preflight;
mod recognise;
mod render;
mod schedule;
mod site;
mod slots;
mod text;

use chrono::{DateTime, Utc};
use url::Url;

pub use body::Sizes;
pub(crate) use body::find_unsized_images;
pub(crate) use bound::{refuse_long, refuse_many, shorten_syndicated};
pub use choose::{choose_news, split_at_limit};
pub(crate) use choose::{find, refuse_the_archive};
pub use page::IssuePlace;
pub(crate) use page::{IssuePage, render_issue_page};
pub(crate) use plan::{
    ManualOptions, Misplaced, Next, PATIENCE, Plan, Record, Situation, explain_another_store,
    explain_older_store, find_earlier_name, plan, split,
};
pub(crate) use preflight::{Fault, SourceFile, find_left_out, is_of_others, locate, preflight};
pub use render::render_draft;
pub(crate) use schedule::{find_due_slot, find_last_slot, find_next_slot};
pub(crate) use site::{SiteName, refuse_site, refuse_unplaced};

use crate::config::{self, Site};
use crate::language::FixedWords;
use crate::post::{Body, Post};

/// Placeholder for a reader's name. All placeholders are removed from the input.
pub const NAME: char = '\u{e010}';
/// Placeholder for a reader's address to unsubscribe.
pub const LEAVE: char = '\u{e011}';
/// Placeholder for a reader's e-mail address.
pub const ADDRESS: char = '\u{e012}';
/// Placeholder for a reader's address to confirm.
pub(crate) const CONFIRM: char = '\u{e013}';
/// Placeholder for the token by which a reader confirms.
pub(crate) const TOKEN: char = '\u{e014}';
/// Placeholder for the address of a reader's preferences.
pub(crate) const PREFERENCES: char = '\u{e015}';
/// All placeholders.
pub(crate) const MARKS: [char; 6] = [NAME, LEAVE, ADDRESS, CONFIRM, TOKEN, PREFERENCES];

/// The site's own templates. A default replaces each that is missing.
#[derive(Debug, Default)]
pub struct Templates {
    /// Its `digest.html`.
    pub html: Option<String>,
    /// Its `digest.txt`.
    pub text: Option<String>,
}

/// The content of an issue before rendering.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The site whose title, address and zone it shows.
    pub site: &'a Site,
    /// The digest whose keys decide how it looks.
    pub digest: &'a config::Digest,
    /// The text at the end of the issue.
    pub footer: Option<&'a str>,
    /// The posts that it shows, in its order.
    pub entries: &'a [(&'a Post, Body)],
    /// The sizes of images that their posts do not say.
    pub sizes: &'a Sizes,
    /// The page on which someone who got a forwarded mail can subscribe.
    pub sign_up: Option<&'a Url>,
    /// The posts that are listed by title and link only, in its order.
    pub headlines: &'a [&'a Post],
    /// The fixed words in the digest's language.
    pub words: &'a FixedWords,
    /// The time of the issue, whose day it shows.
    pub made_at: DateTime<Utc>,
    /// The address of its page, if it has one.
    pub place: Option<&'a IssuePlace>,
    /// Whether readers have a page of preferences.
    pub preferences: bool,
}

/// A rendered issue, with placeholders for a reader's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The subject, decoded, on one line.
    pub subject: String,
    /// The HTML part, with its CSS inlined.
    pub html: String,
    /// The text part.
    pub text: String,
}
