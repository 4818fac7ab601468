//! The ids of a feed that another generator wrote: which of our posts each belongs to.

use std::collections::HashMap;

use atom_syndication as atom;
use chrono::{DateTime, TimeDelta, Utc};
use rss::Channel;
use serde_json::Value;
use url::Url;

use crate::feed::text;
use crate::finding::Finding;
use crate::post::Post;

/// A feed that another generator wrote.
#[derive(Debug)]
pub struct OldFeed {
    /// Its own id; only Atom has one.
    pub id: Option<String>,
    items: Vec<Item>,
}

#[derive(Debug, PartialEq)]
struct Item {
    id: String,
    link: Option<Url>,
    title: String,
    published: Option<DateTime<Utc>>,
}

/// Which of our posts has which old id.
#[derive(Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The path of each post and the id that it had.
    pub ids: Vec<(String, String)>,
    /// How many of them the feed does not list: they got theirs by the rule that all the others follow.
    pub by_rule: usize,
    /// The titles of items that are none of our posts.
    pub unknown: Vec<String>,
}

impl OldFeed {
    /// Reads Atom, RSS or JSON Feed.
    ///
    /// # Errors
    /// A finding where it is none of them.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let fault = |reason: String| {
            Finding::error(format!("this is no feed: {reason}")).way_out("expected Atom, RSS or JSON Feed")
        };
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            return serde_json::from_str(text)
                .map(|feed: Value| Self::of_json(&feed))
                .map_err(|e| fault(e.to_string()));
        }
        match atom::Feed::read_from(text.as_bytes()) {
            Ok(feed) => Ok(Self::of_atom(feed)),
            Err(first) => match Channel::read_from(text.as_bytes()) {
                Ok(channel) => Ok(Self::of_rss(channel)),
                Err(second) => {
                    let is_rss = text.contains("<rss") || text.contains("<channel");
                    Err(fault(if is_rss { second.to_string() } else { first.to_string() }))
                }
            },
        }
    }

    fn of_atom(feed: atom::Feed) -> Self {
        let items = feed.entries.into_iter().map(|entry| {
            let link = entry.links.iter().find(|link| link.rel == "alternate").or(entry.links.first());
            Item {
                link: link.and_then(|link| Url::parse(&link.href).ok()),
                title: text::line(&entry.title.value),
                published: Some(entry.published.unwrap_or(entry.updated).to_utc()),
                id: entry.id,
            }
        });
        Self { items: items.collect(), id: Some(feed.id).filter(|id| !id.is_empty()) }
    }

    fn of_rss(channel: Channel) -> Self {
        let items = channel.items.into_iter().filter_map(|item| {
            let link = item.link.as_deref().and_then(|link| Url::parse(link.trim()).ok());
            let id = item.guid.map(|guid| guid.value).or(item.link)?;
            Some(Item {
                link: link.or_else(|| Url::parse(&id).ok()),
                title: text::line(&item.title.unwrap_or_default()),
                published: item.pub_date.and_then(|at| DateTime::parse_from_rfc2822(&at).ok()).map(|at| at.to_utc()),
                id,
            })
        });
        Self { items: items.collect(), id: None }
    }

    fn of_json(feed: &Value) -> Self {
        let items = feed["items"].as_array().into_iter().flatten().filter_map(|item| {
            let words = |key: &str| item[key].as_str().map(str::to_owned);
            let id = match &item["id"] {
                Value::String(id) => id.clone(),
                Value::Number(id) => id.to_string(),
                _ => return None,
            };
            Some(Item {
                link: words("url").and_then(|url| Url::parse(&url).ok()),
                title: text::line(&words("title").unwrap_or_default()),
                published: words("date_published")
                    .and_then(|at| DateTime::parse_from_rfc3339(&at).ok())
                    .map(|at| at.to_utc()),
                id,
            })
        });
        Self { items: items.collect(), id: None }
    }

    /// Finds the posts of its items: by the path of the link, since the domain may be new, else by title and date,
    /// which must be unlike all others. Where every old id is the post's address, said in one way, the posts that the
    /// feed no longer lists have theirs by the same rule.
    pub fn adopt(&self, posts: &[Post]) -> Adoption {
        let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_title: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, post) in posts.iter().enumerate() {
            by_path.entry(path(&post.url)).or_default().push(number);
            by_title.entry(text::line(&post.title)).or_default().push(number);
        }
        let mut ids: Vec<Option<&str>> = vec![None; posts.len()];
        let mut unknown = Vec::new();
        let mut pairs = Vec::new();
        for item in &self.items {
            let by_link = item.link.as_ref().and_then(|link| by_path.get(&path(link)));
            let same_day = |number: &&usize| {
                item.published.is_none_or(|at| (posts[**number].published - at).abs() < TimeDelta::days(1))
            };
            let found = if let Some([number]) = by_link.map(Vec::as_slice) {
                Some(*number)
            } else {
                let mut same = by_title.get(&item.title).into_iter().flatten().filter(same_day);
                same.next().copied().filter(|_| same.next().is_none() && !item.title.is_empty())
            };
            match found.filter(|number| ids[*number].is_none()) {
                Some(number) => {
                    ids[number] = Some(&item.id);
                    pairs.push((item.id.as_str(), &posts[number]));
                }
                None => unknown.push(item.title.clone()),
            }
        }
        let rule = rule(&pairs);
        let mut adopted = Vec::new();
        let mut by_rule = 0;
        for (post, id) in posts.iter().zip(ids) {
            let id = match (id, rule) {
                (Some(id), _) => Some(id.to_owned()),
                (None, Some((origin, said))) => said(origin, post).inspect(|_| by_rule += 1),
                (None, None) => None,
            };
            adopted.extend(id.map(|id| (post.path.clone(), id)));
        }
        Adoption { ids: adopted, by_rule, unknown }
    }
}

/// An address as an id: what came before the path, and the post.
type Said = fn(&str, &Post) -> Option<String>;

/// The ways in which generators say an address as an id.
const WAYS: [Said; 4] = [
    |origin, post| Some(format!("{origin}{}", post.url.path())),
    |origin, post| Some(format!("{origin}{}", post.url.path().strip_suffix('/')?)),
    |origin, post| Some(format!("{origin}{}/", post.url.path().trim_end_matches('/'))),
    |origin, post| Some(format!("{origin}{}", post.url.path().strip_suffix(".html")?)),
];

/// The way in which every one of these ids is its post's address, and what stands before the path.
fn rule<'a>(pairs: &[(&'a str, &Post)]) -> Option<(&'a str, Said)> {
    let (first, _) = pairs.first()?;
    let origin = &first[..first.find("://").map(|at| at + 3).and_then(|at| Some(at + first[at..].find('/')?))?];
    let way = WAYS.into_iter().find(|way| pairs.iter().all(|(id, post)| way(origin, post).as_deref() == Some(id)))?;
    Some((origin, way))
}

/// The path of an address, however its end is written.
fn path(url: &Url) -> String {
    let path = url.path().trim_end_matches("index.html").trim_end_matches(".html").trim_end_matches('/');
    format!("{path}?{}", url.query().unwrap_or_default())
}
