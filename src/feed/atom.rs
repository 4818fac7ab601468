//! Atom (RFC 4287), through `atom_syndication`.

use atom_syndication as atom;
use atom_syndication::{Category, Content, Link, Person, Text, TextType};
use chrono::{DateTime, Utc};
use url::Url;

use crate::config::Author;
use crate::feed::{Entry, Feed};
use crate::post::html;

/// The feed's text.
pub(super) fn write(feed: &Feed<'_>, address: &Url) -> String {
    let site = feed.site;
    let document = atom::Feed {
        title: text(&feed.title()),
        id: feed.id(),
        updated: time(feed.updated()),
        authors: vec![person(&feed.author())],
        links: vec![
            Link {
                href: address.to_string(),
                rel: "self".into(),
                mime_type: Some("application/atom+xml".into()),
                ..Link::default()
            },
            Link {
                href: site.url.to_string(),
                rel: "alternate".into(),
                mime_type: Some("text/html".into()),
                ..Link::default()
            },
        ],
        subtitle: Some(site.description.as_str()).filter(|text| !text.is_empty()).map(text),
        lang: Some(site.language.clone()),
        entries: feed.entries.iter().map(entry).collect(),
        ..atom::Feed::default()
    };
    let mut written = document.to_string();
    written.push('\n');
    written
}

fn entry(entry: &Entry<'_>) -> atom::Entry {
    let post = entry.post;
    atom::Entry {
        title: text(&post.title),
        id: post.id.clone(),
        updated: time(post.updated),
        published: Some(time(post.published)),
        authors: post.authors.iter().map(person).collect(),
        categories: post.tags.iter().map(|tag| Category { term: tag.clone(), ..Category::default() }).collect(),
        links: vec![Link {
            href: post.url.to_string(),
            rel: "alternate".into(),
            mime_type: Some("text/html".into()),
            ..Link::default()
        }],
        summary: entry.summary.as_deref().map(text),
        content: Some(Content {
            value: Some(entry.html.clone()),
            content_type: Some("html".into()),
            lang: post.language.clone(),
            ..Content::default()
        }),
        ..atom::Entry::default()
    }
}

/// Plain text; where it would look like markup it is said as HTML, escaped once for that (RFC 4287 3.1.1.2).
fn text(plain: &str) -> Text {
    if plain.contains(['<', '&']) {
        return Text { value: html::escape(plain), r#type: TextType::Html, ..Text::default() };
    }
    Text::plain(plain)
}

fn person(author: &Author) -> Person {
    Person {
        name: author.name.clone(),
        email: author.email.as_ref().map(ToString::to_string),
        uri: author.url.as_ref().map(ToString::to_string),
        ..Person::default()
    }
}

fn time(at: DateTime<Utc>) -> DateTime<chrono::FixedOffset> {
    at.fixed_offset()
}
