//! A feed that another generator wrote: what it says of its entries.

use std::fmt::Display;

use atom_syndication as atom;
use atom_syndication::TextType;
use chrono::{DateTime, Utc};
use rss::Channel;
use serde_json::Value;
use url::Url;

use crate::feed::depth::find_too_deep;
use crate::feed::text;
use crate::finding::{Finding, Rule};
use crate::html;

/// A feed that another generator wrote.
#[derive(Debug)]
pub struct OldFeed {
    /// Its own id; only Atom has one.
    pub id: Option<String>,
    /// The address that it gives as its own.
    pub address: Option<Url>,
    pub(super) items: Vec<Item>,
}

/// An entry of it.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) link: Option<Url>,
    pub(super) title: String,
    pub(super) published: Option<DateTime<Utc>>,
}

impl OldFeed {
    /// Reads Atom, RSS or JSON Feed.
    ///
    /// # Errors
    /// A finding if it is none of these.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            let feed: Value = serde_json::from_str(text).map_err(|error| no_feed(&error))?;
            return Ok(Self::from_json(&feed));
        }
        if let Some(line) = find_too_deep(text) {
            return Err(no_feed(&"its elements nest too deeply").at_line(line));
        }
        let no_atom = match atom::Feed::read_from(text.as_bytes()) {
            Ok(feed) => return Ok(Self::from_atom(feed)),
            Err(error) => error,
        };
        match Channel::read_from(text.as_bytes()) {
            Ok(channel) => Ok(Self::from_rss(channel)),
            Err(error) if text.contains("<rss") || text.contains("<channel") => {
                Err(no_feed(&error))
            }
            Err(_) => Err(no_feed(&no_atom)),
        }
    }

    fn from_atom(feed: atom::Feed) -> Self {
        let items = feed.entries.into_iter().map(|entry| {
            let link = entry
                .links
                .iter()
                .find(|link| link.rel == "alternate")
                .or(entry.links.first());
            let title = match entry.title.r#type {
                TextType::Text => entry.title.value,
                TextType::Html | TextType::Xhtml => html::read_words(&entry.title.value),
            };
            Item {
                link: link.and_then(|link| Url::parse(&link.href).ok()),
                title: text::clean_line(&title),
                published: Some(entry.published.unwrap_or(entry.updated).to_utc()),
                id: text::clean_line(&entry.id),
            }
        });
        let address = feed
            .links
            .iter()
            .find(|link| link.rel == "self")
            .and_then(|link| Url::parse(&link.href).ok());
        Self {
            items: items.collect(),
            id: Some(text::clean_line(&feed.id)).filter(|id| !id.is_empty()),
            address,
        }
    }

    fn from_rss(channel: Channel) -> Self {
        let items = channel.items.into_iter().filter_map(|item| {
            let link = item
                .link
                .as_deref()
                .and_then(|link| Url::parse(link.trim()).ok());
            let id = text::clean_line(&item.guid.map(|guid| guid.value).or(item.link)?);
            Some(Item {
                link: link.or_else(|| Url::parse(&id).ok()),
                title: text::clean_line(&item.title.unwrap_or_default()),
                published: item
                    .pub_date
                    .and_then(|at| DateTime::parse_from_rfc2822(&at).ok())
                    .map(|at| at.to_utc()),
                id,
            })
        });
        Self {
            items: items.collect(),
            id: None,
            address: None,
        }
    }

    fn from_json(feed: &Value) -> Self {
        let items = feed["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| {
                let words = |key: &str| item[key].as_str().map(str::to_owned);
                let id = match &item["id"] {
                    Value::String(id) => text::clean_line(id),
                    Value::Number(id) => id.to_string(),
                    _ => return None,
                };
                Some(Item {
                    link: words("url").and_then(|url| Url::parse(&url).ok()),
                    title: text::clean_line(&words("title").unwrap_or_default()),
                    published: words("date_published")
                        .and_then(|at| DateTime::parse_from_rfc3339(&at).ok())
                        .map(|at| at.to_utc()),
                    id,
                })
            });
        Self {
            items: items.collect(),
            id: None,
            address: None,
        }
    }
}

fn no_feed(reason: &dyn Display) -> Finding {
    Finding::error(Rule::FeedUnreadable, format!("this is no feed: {reason}"))
        .hint("expected Atom, RSS or JSON Feed")
}
