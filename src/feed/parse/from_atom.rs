//! Atom (RFC 4287) → its entries.

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, Feed, Link, Person, Source, Text, TextType};
use chrono::{DateTime, FixedOffset, Utc};
use url::Url;

use crate::feed::parse::{
    Attached, Item, OldFeed, clean_names, read_address, read_plain, to_paragraphs,
};
use crate::feed::text;
use crate::html;
use crate::post::FeedOrigin;

impl OldFeed {
    pub(super) fn from_atom(feed: Feed) -> Self {
        let base = feed.base.as_deref();
        let base = base.and_then(|base| read_address(base, None));
        let address = find_link(&feed.links, "self", base.as_ref());
        let base = base.or_else(|| address.clone());
        let home = find_link(&feed.links, "alternate", base.as_ref());
        let base = base.or_else(|| home.clone());
        let authors = read_names(feed.authors);
        let mut items = Vec::with_capacity(feed.entries.len());
        for entry in feed.entries {
            items.push(read_entry(entry, base.as_ref(), &authors));
        }
        Self {
            items,
            id: Some(text::clean_line(&feed.id)).filter(|id| !id.is_empty()),
            address,
            title: read_text(&feed.title),
            home,
            language: feed.lang,
            rights: feed.rights.as_ref().map(read_text),
        }
    }
}

fn read_entry(entry: Entry, base: Option<&Url>, feed_authors: &[String]) -> Item {
    let mut link = find_link(&entry.links, "alternate", base);
    if link.is_none()
        && let Some(first) = entry.links.first()
    {
        link = read_address(&first.href, base);
    }
    let media = find_media(&entry.extensions);
    let content = entry.content.unwrap_or_default();
    let inner = content.base.as_deref();
    let inner = inner.and_then(|inner| read_address(inner, base.or(link.as_ref())));
    let summary = entry.summary.as_ref();
    let html = read_content(content)
        .or_else(|| summary.map(read_html))
        .or_else(|| media.description.as_deref().map(to_paragraphs));
    let updated = read_time(entry.updated);
    let (source_authors, source) = entry.source.map(read_source).unzip();
    // Those of the feed that it was copied from stand before those of this one (RFC 4287, 4.2.1).
    let mut authors = read_names(entry.authors);
    if authors.is_empty() {
        authors = source_authors.unwrap_or_default();
    }
    if authors.is_empty() {
        authors = feed_authors.to_vec();
    }
    let enclosed = entry.links.iter().find(|link| link.rel == "enclosure");
    Item {
        title: read_text(&entry.title),
        published: entry.published.and_then(read_time).or(updated),
        updated,
        authors,
        tags: clean_names(entry.categories.into_iter().map(choose_tag)),
        html: html.unwrap_or_default(),
        base: inner.or_else(|| link.clone()).or_else(|| base.cloned()),
        summary: summary.map(read_text).filter(|text| !text.is_empty()),
        image: media.thumbnail.and_then(|at| read_address(&at, base)),
        enclosure: enclosed.and_then(|link| read_enclosure(link, base)),
        id: text::clean_line(&entry.id),
        link,
        source,
    }
}

/// Reads the content of an entry as HTML; `None` if it is empty. A content without a type is plain text.
fn read_content(content: Content) -> Option<String> {
    let text = content.value.filter(|text| !text.trim().is_empty())?;
    Some(match content.content_type.as_deref() {
        Some("text") | None => to_paragraphs(&text),
        Some(_) => text,
    })
}

/// Reads a text of Atom as HTML.
fn read_html(text: &Text) -> String {
    match text.r#type {
        TextType::Text => to_paragraphs(&text.value),
        TextType::Html | TextType::Xhtml => text.value.clone(),
    }
}

/// Chooses the words of a category that are for people.
fn choose_tag(category: Category) -> String {
    let label = category.label.filter(|label| !label.trim().is_empty());
    label.unwrap_or(category.term)
}

/// Reads the authors of the feed that an entry was copied from, and that feed (RFC 4287, 4.2.11).
fn read_source(source: Source) -> (Vec<String>, FeedOrigin) {
    let feed = find_link(&source.links, "self", None);
    let home = find_link(&source.links, "alternate", None);
    let origin = FeedOrigin {
        id: text::clean_line(&source.id),
        title: read_text(&source.title),
        rights: source.rights.as_ref().map(read_text),
        feed,
        home,
    };
    (read_names(source.authors), origin)
}

/// Reads a time, unless the element was missing: the parser puts the beginning of 1970 there.
fn read_time(at: DateTime<FixedOffset>) -> Option<DateTime<Utc>> {
    (at.timestamp() != 0).then(|| at.to_utc())
}

fn find_link(links: &[Link], rel: &str, base: Option<&Url>) -> Option<Url> {
    let mut links = links.iter().filter(|link| link.rel == rel);
    links.find_map(|link| read_address(&link.href, base))
}

fn read_names(people: Vec<Person>) -> Vec<String> {
    clean_names(people.into_iter().map(|person| person.name))
}

fn read_text(text: &Text) -> String {
    match text.r#type {
        TextType::Text => text::clean_line(&text.value),
        TextType::Html | TextType::Xhtml => {
            let plain = read_plain(&text.value);
            plain.unwrap_or_else(|| text::clean_line(&html::read_words(&text.value)))
        }
    }
}

fn read_enclosure(link: &Link, base: Option<&Url>) -> Option<Attached> {
    let length = link.length.as_deref().unwrap_or_default();
    let length = length.trim().parse().ok();
    Some(Attached {
        url: read_address(&link.href, base)?,
        media_type: link.mime_type.clone()?,
        length: length.filter(|length| *length > 0),
    })
}

/// The words and the picture that a film has beside its link, as YouTube gives them (Media RSS).
#[derive(Default)]
struct Media {
    description: Option<String>,
    thumbnail: Option<String>,
}

fn find_media(extensions: &ExtensionMap) -> Media {
    let Some(media) = extensions.get("media") else {
        return Media::default();
    };
    let description = find_extension(media, "description");
    let description = description.and_then(|found| found.value.clone());
    let thumbnail = find_extension(media, "thumbnail");
    Media {
        description: description.filter(|text| !text.trim().is_empty()),
        thumbnail: thumbnail.and_then(|found| found.attrs.get("url").cloned()),
    }
}

/// Finds an element of Media RSS: in a group, else beside the groups.
fn find_extension<'a>(
    media: &'a BTreeMap<String, Vec<Extension>>,
    name: &str,
) -> Option<&'a Extension> {
    for group in media.get("group").into_iter().flatten() {
        if let Some(grouped) = group.children.get(name) {
            return grouped.first();
        }
    }
    media.get(name)?.first()
}
