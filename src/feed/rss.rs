//! RSS 2.0 with the best-practices profile, through `rss`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::{Category, Channel, Guid, Item};
use url::Url;

use crate::feed::{Entry, Feed};

/// The feed's text.
pub(super) fn write(feed: &Feed<'_>, address: &Url) -> String {
    let site = feed.site;
    let title = feed.title();
    let channel = Channel {
        description: if site.description.is_empty() { title.clone() } else { site.description.clone() },
        title,
        link: site.url.to_string(),
        language: Some(site.language.clone()),
        last_build_date: feed.entries.first().map(|_| time(feed.updated())),
        atom_ext: Some(AtomExtension {
            links: vec![Link {
                href: address.to_string(),
                rel: "self".into(),
                mime_type: Some("application/rss+xml".into()),
                ..Link::default()
            }],
        }),
        namespaces: BTreeMap::from([
            ("atom".to_owned(), "http://www.w3.org/2005/Atom".to_owned()),
            ("content".to_owned(), "http://purl.org/rss/1.0/modules/content/".to_owned()),
            ("dc".to_owned(), "http://purl.org/dc/elements/1.1/".to_owned()),
        ]),
        items: feed.entries.iter().map(item).collect(),
        ..Channel::default()
    };
    let mut written = channel.to_string();
    written.push('\n');
    written
}

fn item(entry: &Entry<'_>) -> Item {
    let post = entry.post;
    Item {
        title: Some(post.title.clone()),
        link: Some(post.url.to_string()),
        guid: Some(Guid { value: post.id.clone(), permalink: false }),
        pub_date: Some(time(post.published)),
        description: entry.summary.clone(),
        content: Some(entry.html.clone()),
        categories: post.tags.iter().map(|tag| Category { name: tag.clone(), domain: None }).collect(),
        dublin_core_ext: Some(DublinCoreExtension {
            creators: post.authors.iter().map(|author| author.name.clone()).collect(),
            ..DublinCoreExtension::default()
        }),
        ..Item::default()
    }
}

/// RFC 822 with four digits for the year, always in `+0000`.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc2822()
}
