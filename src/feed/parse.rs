//! A feed that another program wrote: what it says of its entries.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use url::Url;

use atom_syndication as atom;
use rss::Channel;

use crate::feed::excess::{MOST, find_excess, has_many_objects};
use crate::feed::text;
use crate::finding::{Finding, Rule};
use crate::html;
use crate::post::FeedOrigin;

mod from_atom;
mod from_json;
mod from_rss;

/// A feed that another program wrote.
#[derive(Debug)]
pub struct OldFeed {
    /// Its own id; only Atom has one.
    pub id: Option<String>,
    /// The address that it gives as its own.
    pub address: Option<Url>,
    /// Its title, as plain text.
    pub(crate) title: String,
    /// The page that it belongs to.
    pub(crate) home: Option<Url>,
    /// Its language as a BCP 47 tag.
    pub(crate) language: Option<String>,
    /// Who has which rights in its entries, as plain text.
    pub(crate) rights: Option<String>,
    /// Its entries, in its order.
    pub(crate) items: Vec<Item>,
}

/// An entry of it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) link: Option<Url>,
    /// The title, as plain text.
    pub(crate) title: String,
    /// When it was published; else when it was changed.
    pub(crate) published: Option<DateTime<Utc>>,
    /// The last change.
    pub(crate) updated: Option<DateTime<Utc>>,
    /// The names of its authors; those of the feed if it has none.
    pub(crate) authors: Vec<String>,
    pub(crate) tags: Vec<String>,
    /// Its text, as HTML that nobody has looked at.
    pub(crate) html: String,
    /// The base of the relative addresses in it.
    pub(crate) base: Option<Url>,
    /// Its beginning, as plain text, where that is said apart from the text.
    pub(crate) summary: Option<String>,
    pub(crate) image: Option<Url>,
    pub(crate) enclosure: Option<Attached>,
    /// The feed that it was copied from.
    pub(crate) source: Option<FeedOrigin>,
}

/// A file that belongs to an entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attached {
    pub(crate) url: Url,
    pub(crate) media_type: String,
    /// In bytes.
    pub(crate) length: Option<u64>,
}

impl OldFeed {
    /// Reads Atom, RSS (2.0, and 1.0 with its older forms) or JSON Feed.
    ///
    /// # Errors
    /// A finding if it is none of these.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            if has_many_objects(text) {
                return Err(explain_no_feed(&"it has too many objects"));
            }
            let feed: Value =
                serde_json::from_str(text).map_err(|error| explain_no_feed(&error))?;
            return Ok(Self::from_json(&feed));
        }
        if let Some((excess, line)) = find_excess(text, MOST) {
            return Err(explain_no_feed(&excess).at_line(line));
        }
        let no_atom = match atom::Feed::read_from(text.as_bytes()) {
            Ok(feed) => return Ok(Self::from_atom(feed)),
            Err(error) => error,
        };
        match Channel::read_from(text.as_bytes()) {
            Ok(channel) => Ok(Self::from_rss(channel)),
            Err(error) if text.contains("<rss") || text.contains("<channel") => {
                Err(explain_no_feed(&error))
            }
            Err(_) => Err(explain_no_feed(&no_atom)),
        }
    }
}

/// The longest address that is taken, in bytes: mail programs and servers of pages stop there as well.
const LONGEST_ADDRESS: usize = 2048;

/// An address of the web; a relative one by its base. `None` for one that is too long.
fn read_address(text: &str, base: Option<&Url>) -> Option<Url> {
    let text = text.trim();
    let url = match (Url::parse(text), base) {
        (Ok(url), _) => url,
        (Err(_), Some(base)) => base.join(text).ok()?,
        (Err(_), None) => return None,
    };
    let is_web = matches!(url.scheme(), "http" | "https");
    (is_web && url.as_str().len() <= LONGEST_ADDRESS).then_some(url)
}

/// A time as feeds write it: by RFC 2822, RFC 3339, or a day alone, which begins at midnight UTC.
fn read_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let day = |text| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(day.and_time(NaiveTime::MIN).and_utc())
    };
    DateTime::parse_from_rfc2822(text)
        .or_else(|_| DateTime::parse_from_rfc3339(text))
        .map(|at| at.to_utc())
        .ok()
        .or_else(|| day(text))
}

/// Plain text of one line from HTML; `None` if nothing is left.
fn read_plain(html: &str) -> Option<String> {
    text::clean_visible(&html::read_words(html))
}

/// Names without blanks around them, without empty ones.
fn clean_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let names = names.into_iter().map(|name| text::clean_line(&name));
    names.filter(|name| !name.is_empty()).collect()
}

/// Plain text as HTML: a paragraph for each, with its line breaks.
fn to_paragraphs(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut html = String::new();
    for paragraph in text.split("\n\n").map(str::trim) {
        if !paragraph.is_empty() {
            let lines = html::escape(paragraph).replace('\n', "<br>");
            html.push_str(&format!("<p>{lines}</p>"));
        }
    }
    html
}

fn explain_no_feed(reason: &dyn Display) -> Finding {
    Finding::error(Rule::FeedUnreadable, format!("this is no feed: {reason}"))
        .hint("expected Atom, RSS or JSON Feed")
}

#[cfg(test)]
mod tests;
