//! Atom (RFC 4287) → its entries.

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Entry, Feed, Link, Person, Source, Text, TextType};
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
        let base = feed
            .base
            .as_deref()
            .and_then(|base| read_address(base, None));
        let address = find_link(&feed.links, "self", base.as_ref());
        let base = base.or_else(|| address.clone());
        let home = find_link(&feed.links, "alternate", base.as_ref());
        let base = base.or_else(|| home.clone());
        let authors = names_of(feed.authors);
        let items = feed.entries.into_iter();
        let items = items.map(|entry| read_entry(entry, base.as_ref(), &authors));
        Self {
            items: items.collect(),
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
    let link = find_link(&entry.links, "alternate", base);
    let first = || {
        let first = entry.links.first()?;
        read_address(&first.href, base)
    };
    let link = link.or_else(first);
    let media = find_media(&entry.extensions);
    let content = entry.content.unwrap_or_default();
    let inner = content.base.as_deref().and_then(|inner| {
        let outer = base.or(link.as_ref());
        read_address(inner, outer)
    });
    let is_plain = content.content_type.as_deref() == Some("text");
    let said = content.value.filter(|text| !text.trim().is_empty());
    let summary = entry.summary.as_ref();
    let text = match said {
        Some(plain) if is_plain || content.content_type.is_none() => to_paragraphs(&plain),
        Some(html) => html,
        None => match (summary, &media.description) {
            (Some(summary), _) if summary.r#type == TextType::Text => to_paragraphs(&summary.value),
            (Some(summary), _) => summary.value.clone(),
            (None, Some(description)) => to_paragraphs(description),
            (None, None) => String::new(),
        },
    };
    let updated = dated(entry.updated);
    let (source_authors, source) = entry.source.map(read_source).unzip();
    // Those of the feed that it was copied from stand before those of this one (RFC 4287, 4.2.1).
    let mut authors = names_of(entry.authors);
    if authors.is_empty() {
        authors = source_authors.unwrap_or_default();
    }
    if authors.is_empty() {
        authors = feed_authors.to_vec();
    }
    let enclosed = entry.links.iter().find(|link| link.rel == "enclosure");
    Item {
        title: read_text(&entry.title),
        published: entry.published.and_then(dated).or(updated),
        updated,
        authors,
        tags: clean_names(entry.categories.into_iter().map(|category| {
            let label = category.label.filter(|label| !label.trim().is_empty());
            label.unwrap_or(category.term)
        })),
        html: text,
        base: inner.or_else(|| link.clone()).or_else(|| base.cloned()),
        summary: summary.map(read_text).filter(|text| !text.is_empty()),
        image: media.thumbnail.and_then(|at| read_address(&at, base)),
        enclosure: enclosed.and_then(|link| read_enclosure(link, base)),
        id: text::clean_line(&entry.id),
        link,
        source,
    }
}

/// The authors of the feed that an entry was copied from, and that feed (RFC 4287, 4.2.11).
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
    (names_of(source.authors), origin)
}

/// The time, unless the element was missing: the parser puts the beginning of 1970 there.
fn dated(at: DateTime<FixedOffset>) -> Option<DateTime<Utc>> {
    (at.timestamp() != 0).then(|| at.to_utc())
}

fn find_link(links: &[Link], rel: &str, base: Option<&Url>) -> Option<Url> {
    let mut links = links.iter().filter(|link| link.rel == rel);
    links.find_map(|link| read_address(&link.href, base))
}

fn names_of(people: Vec<Person>) -> Vec<String> {
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
    let length = link
        .length
        .as_deref()
        .and_then(|text| text.trim().parse().ok());
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
    let groups = media.get("group").into_iter().flatten();
    let groups: Vec<&Extension> = groups.collect();
    let find = |name: &str| {
        let grouped = groups.iter().find_map(|group| group.children.get(name));
        grouped.or_else(|| media.get(name))?.first()
    };
    let description = find("description").and_then(|found| found.value.clone());
    Media {
        description: description.filter(|text| !text.trim().is_empty()),
        thumbnail: find("thumbnail").and_then(|found| found.attrs.get("url").cloned()),
    }
}
