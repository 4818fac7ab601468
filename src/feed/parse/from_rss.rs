//! RSS 2.0, RSS 1.0 (RDF) and the older forms → their items.

use chrono::{DateTime, Utc};
use rss::{Channel, Enclosure, Source};
use url::Url;

use crate::feed::parse::{
    Attached, Item, OldFeed, clean_names, read_address, read_plain, read_time,
};
use crate::feed::text;
use crate::html;
use crate::post::FeedOrigin;

impl OldFeed {
    pub(super) fn from_rss(channel: Channel) -> Self {
        let home = read_address(&channel.link, None);
        let items = channel.items.into_iter();
        let items = items.filter_map(|item| read_item(item, home.as_ref()));
        let terms = channel.dublin_core_ext.map(|terms| terms.languages);
        let language = terms.and_then(|languages| languages.into_iter().next());
        Self {
            items: items.collect(),
            id: None,
            address: None,
            rights: channel.copyright.as_deref().and_then(read_plain),
            title: text::clean_line(&html::read_words(&channel.title)),
            home,
            language: channel.language.or(language),
        }
    }
}

fn read_item(item: rss::Item, home: Option<&Url>) -> Option<Item> {
    let enclosure = item.enclosure.as_ref();
    let file = enclosure.and_then(|file| read_enclosure(file, home));
    let id = choose_id(&item, file.as_ref())?;
    let link = item.link.as_deref();
    let link = link.and_then(|link| read_address(link, home));
    let link = link.or_else(|| read_address(&id, None));
    let source = item.source.and_then(|source| read_source(source, home));
    let said = item.content.filter(|html| !html.trim().is_empty());
    let (html, summary) = match said {
        Some(html) => (html, item.description.as_deref().and_then(read_plain)),
        None => (item.description.unwrap_or_default(), None),
    };
    let terms = item.dublin_core_ext.unwrap_or_default();
    let mut authors = clean_names(terms.creators);
    if authors.is_empty() {
        authors = clean_names(item.author.map(|author| read_name(&author)));
    }
    let mut tags: Vec<String> = Vec::new();
    tags.extend(item.categories.into_iter().map(|category| category.name));
    tags.extend(terms.subjects);
    let (image, enclosure) = match file {
        Some(file) if file.media_type.starts_with("image/") => (Some(file.url), None),
        other => (None, other),
    };
    Some(Item {
        title: text::clean_line(&item.title.unwrap_or_default()),
        published: read_date(item.pub_date.as_deref(), &terms.dates),
        updated: None,
        authors,
        tags: clean_names(tags),
        base: link.clone().or_else(|| home.cloned()),
        html,
        summary,
        image,
        enclosure,
        source,
        link,
        id,
    })
}

/// Chooses the id of an item: its `guid`, else its link, its file or its title. An item of RSS 1.0 has its id in an
/// attribute that the parser drops: its link is the same.
fn choose_id(item: &rss::Item, file: Option<&Attached>) -> Option<String> {
    let guid = item.guid.as_ref().map(|guid| guid.value.as_str());
    let guid = guid.filter(|id| !id.trim().is_empty());
    let file = file.map(|file| file.url.as_str());
    let id = guid.or(item.link.as_deref()).or(file);
    let id = id.or(item.title.as_deref())?;
    Some(text::clean_line(id))
}

/// Reads the feed that an item was copied from.
fn read_source(source: Source, home: Option<&Url>) -> Option<FeedOrigin> {
    let feed = read_address(&source.url, home)?;
    Some(FeedOrigin {
        id: feed.to_string(),
        title: text::clean_line(&source.title.unwrap_or_default()),
        feed: Some(feed),
        ..FeedOrigin::default()
    })
}

fn read_date(date: Option<&str>, dates: &[String]) -> Option<DateTime<Utc>> {
    let date = date.and_then(read_time);
    date.or_else(|| dates.iter().find_map(|date| read_time(date)))
}

/// Reads the name in `ada@x.example (Ada Night)`; the address is nobody's business.
fn read_name(author: &str) -> String {
    match author.split_once('(') {
        Some((_, name)) => name.trim_end().trim_end_matches(')').to_owned(),
        None if author.contains('@') => String::new(),
        None => author.to_owned(),
    }
}

fn read_enclosure(file: &Enclosure, home: Option<&Url>) -> Option<Attached> {
    let length = file.length.trim().parse().ok();
    Some(Attached {
        url: read_address(&file.url, home)?,
        media_type: file.mime_type.trim().to_owned(),
        length: length.filter(|length| *length > 0),
    })
}
