//! Atom (RFC 4287), through `atom_syndication`.

mod check;

use std::collections::BTreeMap;

use atom_syndication as atom;
use atom_syndication::extension::Extension;
use atom_syndication::{
    Category, Content, Generator, Link, Person, Source, Text as Words, TextType, WriteConfig,
};
use chrono::{DateTime, FixedOffset, TimeDelta, Timelike, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::config::{Author, Site};
use crate::feed::check::report::FeedReport;
use crate::feed::format::interface::{FeedFormat, enclose};
use crate::feed::mark::GENERATOR;
use crate::feed::model::{Entry, EntryText, Feed};
use crate::feed::text;
use crate::html;
use crate::post::{FeedOrigin, Post};

const MEDIA_TYPE: &str = "application/atom+xml";
/// The head of every document.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
/// The end of every document.
const TAIL: &str = "\n</feed>";

/// How documents are written: one element a line.
const LAYOUT: WriteConfig = WriteConfig {
    write_document_declaration: false,
    indent_size: Some(0),
};

pub(super) struct Atom;

impl FeedFormat for Atom {
    fn label(&self) -> &'static str {
        "Atom"
    }

    fn media_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn write_entry(&self, one: &Entry<'_>) -> String {
        let document = write(&atom::Feed {
            entries: vec![make_entry(one)],
            ..atom::Feed::default()
        });
        let start = document.find("\n<entry>").unwrap_or_default();
        let end = document.rfind(TAIL).unwrap_or(document.len());
        document[start..end].to_owned()
    }

    fn write_document(&self, feed: &Feed<'_>, entries: &[&str]) -> String {
        let document = write(&make_head(feed));
        let head = document.strip_suffix(TAIL).unwrap_or(&document);
        // The crate writes elements that it does not know behind the entries, where metadata does not belong.
        let archive = if feed.is_archive {
            "\n<fh:archive/>"
        } else {
            ""
        };
        let head = format!("{DECLARATION}{}{head}{archive}", feed.style_line());
        enclose(&head, entries, "", &format!("{TAIL}\n"))
    }

    fn marks(&self) -> &'static [&'static str] {
        &["<generator>tidings</generator>", ",2000:feed/</id>"]
    }

    fn entries_begin(&self) -> &'static str {
        "<entry"
    }

    fn check(&self, text: &str, report: &mut FeedReport) {
        check::check(text, report);
    }
}

fn write(document: &atom::Feed) -> String {
    let written = document.write_with_config(Vec::new(), LAYOUT);
    String::from_utf8(written.unwrap_or_default()).unwrap_or_default()
}

/// A document without its entries.
fn make_head(feed: &Feed<'_>) -> atom::Feed {
    let site = feed.site;
    let mut links: Vec<Link> = feed
        .relations()
        .into_iter()
        .map(|(rel, href)| make_link(rel, &href, choose_type(rel)))
        .collect();
    links.push(make_link(
        "alternate",
        &text::escape_address(&site.url),
        Some("text/html"),
    ));
    let mut namespaces = BTreeMap::new();
    if feed.is_archive {
        namespaces.insert(
            "fh".to_owned(),
            "http://purl.org/syndication/history/1.0".to_owned(),
        );
    }
    if feed.posts.iter().any(|post| post.image.is_some()) {
        namespaces.insert(
            "media".to_owned(),
            "http://search.yahoo.com/mrss/".to_owned(),
        );
    }
    atom::Feed {
        title: mark_plain(&feed.title(), None),
        id: feed.id.clone(),
        updated: make_time(
            feed.posts
                .iter()
                .map(|post| make_instant(post))
                .max()
                .unwrap_or_else(|| feed.updated()),
            site,
        ),
        authors: vec![make_person(&feed.author())],
        contributors: feed.contributors().into_iter().map(make_person).collect(),
        categories: site
            .categories
            .iter()
            .filter_map(|name| make_category(name))
            .collect(),
        generator: Some(Generator {
            value: GENERATOR.into(),
            ..Generator::default()
        }),
        icon: feed
            .picture(site.icon.as_ref())
            .as_ref()
            .map(text::escape_address),
        logo: feed
            .picture(site.logo.as_ref())
            .as_ref()
            .map(text::escape_address),
        links,
        rights: feed.rights().map(|rights| mark_plain(&rights, None)),
        subtitle: Some(text::clean_line(&site.description))
            .filter(|text| !text.is_empty())
            .map(|text| mark_plain(&text, None)),
        lang: Some(site.language.clone()),
        namespaces,
        ..atom::Feed::default()
    }
}

fn make_entry(entry: &Entry<'_>) -> atom::Entry {
    let post = entry.post;
    let language = post.language.as_deref();
    let mut links = vec![make_link(
        "alternate",
        &text::escape_address(&post.url),
        Some("text/html"),
    )];
    links.extend(post.enclosure.as_ref().map(|enclosure| Link {
        length: enclosure.length.map(|length| length.to_string()),
        ..make_link(
            "enclosure",
            &text::escape_address(&enclosure.url),
            Some(&enclosure.media_type),
        )
    }));
    let (content, summary) = match &entry.text {
        // A post without text is described by its title.
        EntryText::Full { html, about: None } if html.is_empty() => {
            ("", Some(mark_html(&html::escape(&entry.title), language)))
        }
        EntryText::Full { html, about } => (
            html.as_str(),
            about.as_deref().map(|about| mark_plain(about, language)),
        ),
        EntryText::Summary(html) => ("", Some(mark_html(html, language))),
    };
    let picture = post.image.as_ref().map(|image| Extension {
        name: "media:thumbnail".into(),
        // The crate writes an attribute of what it does not know as it is.
        attrs: BTreeMap::from([("url".to_owned(), html::escape(&text::escape_address(image)))]),
        ..Extension::default()
    });
    atom::Entry {
        title: mark_plain(&entry.title, language),
        id: text::make_iri(&post.id, entry.authority),
        updated: make_time(make_instant(post), entry.site),
        published: Some(make_time(post.published, entry.site)),
        authors: post.authors.iter().map(make_person).collect(),
        categories: post
            .tags
            .iter()
            .filter_map(|tag| make_category(tag))
            .collect(),
        links,
        source: entry.origin.map(|origin| make_source(origin, entry)),
        summary,
        // An empty element would be a fault: the link says where the rest is.
        content: Some(content)
            .filter(|html| !html.is_empty())
            .map(|html| Content {
                value: Some(html.to_owned()),
                content_type: Some("html".into()),
                lang: language.map(str::to_owned),
                ..Content::default()
            }),
        extensions: picture
            .map(|picture| {
                BTreeMap::from([(
                    "media".to_owned(),
                    BTreeMap::from([("thumbnail".to_owned(), vec![picture])]),
                )])
            })
            .unwrap_or_default(),
        ..atom::Entry::default()
    }
}

/// The feed that an entry was copied from (RFC 4287, 4.2.11). Its `updated` is that of the entry: the feed's own would
/// change the bytes of every entry with each new one.
fn make_source(origin: &FeedOrigin, entry: &Entry<'_>) -> Source {
    let feed = origin.feed.as_ref();
    let home = origin.home.as_ref();
    let own = feed.map(|url| make_link("self", &text::escape_address(url), None));
    let page =
        home.map(|url| make_link("alternate", &text::escape_address(url), Some("text/html")));
    Source {
        title: mark_plain(&text::clean_line(&origin.title), None),
        id: text::make_iri(&origin.id, entry.authority),
        updated: make_time(make_instant(entry.post), entry.site),
        links: own.into_iter().chain(page).collect(),
        rights: origin
            .rights
            .as_deref()
            .map(|rights| mark_plain(rights, None)),
        ..Source::default()
    }
}

/// Plain text; text that looks like markup is escaped and typed as HTML (RFC 4287, 3.1.1.2).
fn mark_plain(words: &str, language: Option<&str>) -> Words {
    if text::has_markup(words) {
        return mark_html(&html::escape(words), language);
    }
    Words {
        lang: language.map(str::to_owned),
        ..Words::plain(words)
    }
}

fn mark_html(html: &str, language: Option<&str>) -> Words {
    Words {
        value: html.to_owned(),
        r#type: TextType::Html,
        lang: language.map(str::to_owned),
        ..Words::default()
    }
}

fn make_link(rel: &str, href: &str, media_type: Option<&str>) -> Link {
    Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        mime_type: media_type.map(str::to_owned),
        ..Link::default()
    }
}

/// The type of what a link leads to: the hub is no feed.
fn choose_type(rel: &str) -> Option<&'static str> {
    (rel != "hub").then_some(MEDIA_TYPE)
}

fn make_category(name: &str) -> Option<Category> {
    Some(text::clean_line(name))
        .filter(|term| !term.is_empty())
        .map(|term| Category {
            term,
            ..Category::default()
        })
}

fn make_person(author: &Author) -> Person {
    Person {
        name: text::make_inert(&text::clean_line(&author.name)),
        email: text::find_mail(author).map(ToString::to_string),
        uri: author.url.as_ref().map(text::escape_address),
        ..Person::default()
    }
}

/// When a post last changed. A date is often only a day, and one commit changes many posts; so that no two entries share
/// an instant, as RFC 4287 (3.3) asks, a fraction of a second that belongs to the id fills what the date leaves open.
fn make_instant(post: &Post) -> DateTime<Utc> {
    let fraction = i64::try_from(xxh3_64(post.id.as_bytes()) % 1_000_000_000).unwrap_or_default();
    let is_open = post.updated.nanosecond() == 0;
    if is_open {
        post.updated + TimeDelta::nanoseconds(fraction)
    } else {
        post.updated
    }
}

/// The time in the site's zone: a browser shows the text of a feed, so each post appears under its own day.
fn make_time(at: DateTime<Utc>, site: &Site) -> DateTime<FixedOffset> {
    let local = at.with_timezone(&site.zone()).fixed_offset();
    // An offset has no seconds in RFC 3339; some zones had, as late as 1972.
    if local.offset().local_minus_utc() % 60 == 0 {
        local
    } else {
        at.fixed_offset()
    }
}
