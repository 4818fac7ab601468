//! RSS 2.0 with the best-practices profile, through `rss`.

mod check;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rss::extension::atom::{AtomExtension, Link};
use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};
use rss::{Category, Channel, Enclosure, Guid, Image, Item, Source};

use crate::config::Author;
use crate::feed::check::report::FeedReport;
use crate::feed::format::interface::{FeedFormat, enclose};
use crate::feed::mark::GENERATOR;
use crate::feed::model::{Entry, EntryText, Feed};
use crate::feed::text;
use crate::html;
use crate::post::{FeedOrigin, Post};

const MEDIA_TYPE: &str = "application/rss+xml";
/// The end of every document.
const TAIL: &str = "\n</channel>\n</rss>";

pub(super) struct Rss;

impl FeedFormat for Rss {
    fn label(&self) -> &'static str {
        "RSS"
    }

    fn media_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn write_entry(&self, entry: &Entry<'_>) -> String {
        let document = write(&Channel {
            items: vec![make_item(entry)],
            ..Channel::default()
        });
        let start = document.find("\n<item>").unwrap_or_default();
        let end = document.rfind(TAIL).unwrap_or(document.len());
        document[start..end].to_owned()
    }

    fn write_document(&self, feed: &Feed<'_>, entries: &[&str]) -> String {
        let document = write(&make_head(feed));
        let head = document.strip_suffix(TAIL).unwrap_or(&document);
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}{}",
            feed.style_line(),
            &head[head.find("<rss").unwrap_or_default()..]
        );
        enclose(&head, entries, "", &format!("{TAIL}\n"))
    }

    fn marks(&self) -> &'static [&'static str] {
        &["<generator>tidings</generator>"]
    }

    fn entries_begin(&self) -> &'static str {
        "<item"
    }

    fn check(&self, text: &str, report: &mut FeedReport) {
        check::check(text, report);
    }
}

fn write(channel: &Channel) -> String {
    let written = channel.pretty_write_to(Vec::new(), b' ', 0);
    let written = String::from_utf8(written.unwrap_or_default()).unwrap_or_default();
    number_entities(written.trim_end())
}

/// A document without its items.
fn make_head(feed: &Feed<'_>) -> Channel {
    let site = feed.site;
    let (title, link) = (
        part_closing_tags(&feed.title()),
        text::escape_address(&site.url),
    );
    let description = Some(part_closing_tags(&text::clean_line(&site.description)))
        .filter(|text| !text.is_empty());
    let mut namespaces = BTreeMap::from([
        ("atom".to_owned(), "http://www.w3.org/2005/Atom".to_owned()),
        (
            "content".to_owned(),
            "http://purl.org/rss/1.0/modules/content/".to_owned(),
        ),
        (
            "dc".to_owned(),
            "http://purl.org/dc/elements/1.1/".to_owned(),
        ),
        (
            "media".to_owned(),
            "http://search.yahoo.com/mrss/".to_owned(),
        ),
    ]);
    let mut extensions = ExtensionMap::default();
    if feed.is_archive {
        namespaces.insert(
            "fh".to_owned(),
            "http://purl.org/syndication/history/1.0".to_owned(),
        );
        extensions.insert(
            "fh".to_owned(),
            BTreeMap::from([("archive".to_owned(), vec![make_element("fh:archive", &[])])]),
        );
    }
    Channel {
        description: description.unwrap_or_else(|| title.clone()),
        image: [&site.logo, &site.icon]
            .into_iter()
            .find_map(|one| find_picture(feed, one.as_ref()))
            .map(|url| Image {
                url,
                title: title.clone(),
                link: link.clone(),
                ..Image::default()
            }),
        title,
        link,
        language: Some(site.language.clone()),
        copyright: feed.rights().map(|rights| part_closing_tags(&rights)),
        managing_editor: site.author.as_ref().and_then(write_author),
        last_build_date: feed.posts.first().map(|_| write_time(feed.updated())),
        categories: site
            .categories
            .iter()
            .filter_map(|name| make_category(name))
            .collect(),
        generator: Some(GENERATOR.into()),
        extensions,
        atom_ext: Some(AtomExtension {
            links: feed
                .relations()
                .into_iter()
                .map(|(rel, href)| make_link(rel, href))
                .collect(),
        }),
        namespaces,
        ..Channel::default()
    }
}

/// The picture of a channel: GIF, JPEG or PNG, judged by its name.
fn find_picture(feed: &Feed<'_>, address: Option<&String>) -> Option<String> {
    feed.picture(address)
        .filter(|address| {
            let name = address.path().rsplit('/').next().unwrap_or_default();
            let ending = name
                .rsplit_once('.')
                .map(|(_, ending)| ending.to_ascii_lowercase());
            ending.is_none_or(|ending| matches!(ending.as_str(), "gif" | "jpg" | "jpeg" | "png"))
        })
        .map(|mut address| {
            // Validators take the kind from the text behind the last dot, which may be a query such as `v=1.2`.
            let query = address.query().map(|query| query.replace('.', "%2E"));
            address.set_query(query.as_deref());
            address.set_fragment(None);
            text::escape_address(&address)
        })
}

fn make_item(entry: &Entry<'_>) -> Item {
    let post = entry.post;
    let (description, content) = match &entry.text {
        EntryText::Summary(html) => (html.clone(), None),
        // The profile wants a description before the content; a short text is given once, as the description.
        EntryText::Full { html, about } => {
            match about.clone().or_else(|| text::make_teaser(html)) {
                Some(about) => (html::escape(&about), Some(html.clone())),
                None => (html.clone(), None),
            }
        }
    };
    // `author` is one address of mail. Everyone else, and every name without one, is a creator.
    let author = match &post.authors[..] {
        [author] => write_author(author),
        _ => None,
    };
    let creators = match author {
        Some(_) => Vec::new(),
        None => post
            .authors
            .iter()
            .map(|author| part_closing_tags(&text::clean_line(&author.name)))
            .collect(),
    };
    Item {
        title: Some(part_closing_tags(&entry.title)),
        link: Some(text::escape_address(&post.url)),
        guid: Some(Guid {
            value: post.id.to_string(),
            permalink: false,
        }),
        pub_date: Some(write_time(post.published)),
        description: Some(description).filter(|html| !html.is_empty()),
        content,
        author,
        categories: post
            .tags
            .iter()
            .filter_map(|tag| make_category(tag))
            .collect(),
        // Podcast programs refuse a length of zero: without one it is only a `media:content`.
        enclosure: post.enclosure.as_ref().and_then(|enclosure| {
            let length = enclosure.length.filter(|length| *length > 0)?.to_string();
            Some(Enclosure {
                url: text::escape_address(&enclosure.url),
                length,
                mime_type: enclosure.media_type.clone(),
            })
        }),
        source: entry.origin.and_then(make_source),
        extensions: make_media(post),
        dublin_core_ext: (!creators.is_empty()).then(|| DublinCoreExtension {
            creators,
            ..DublinCoreExtension::default()
        }),
        ..Item::default()
    }
}

/// Makes the element of the feed that an item was copied from, where it has an address.
fn make_source(origin: &FeedOrigin) -> Option<Source> {
    Some(Source {
        url: text::escape_address(origin.feed.as_ref()?),
        title: Some(part_closing_tags(&text::clean_line(&origin.title))),
    })
}

/// Makes the elements of Media RSS: the enclosure, and the picture.
fn make_media(post: &Post) -> ExtensionMap {
    let mut media = BTreeMap::new();
    if let Some(enclosure) = &post.enclosure {
        let mut attributes = vec![
            ("url", text::escape_address(&enclosure.url)),
            ("type", enclosure.media_type.clone()),
        ];
        attributes.extend(
            enclosure
                .length
                .filter(|length| *length > 0)
                .map(|length| ("fileSize", length.to_string())),
        );
        let medium = enclosure.media_type.split('/').next().unwrap_or_default();
        if matches!(medium, "audio" | "video" | "image") {
            attributes.push(("medium", medium.to_owned()));
        }
        media.insert(
            "content".to_owned(),
            vec![make_element("media:content", &attributes)],
        );
    }
    if let Some(image) = &post.image {
        let address = text::escape_address(image);
        let picture = make_element(
            "media:content",
            &[("url", address.clone()), ("medium", "image".to_owned())],
        );
        media.entry("content".to_owned()).or_default().push(picture);
        media.insert(
            "thumbnail".to_owned(),
            vec![make_element("media:thumbnail", &[("url", address)])],
        );
    }
    if media.is_empty() {
        ExtensionMap::default()
    } else {
        BTreeMap::from([("media".to_owned(), media)])
    }
}

fn make_element(name: &str, attributes: &[(&str, String)]) -> Extension {
    Extension {
        name: name.to_owned(),
        attrs: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        ..Extension::default()
    }
}

fn make_link(rel: &str, href: String) -> Link {
    let mime_type = (rel != "hub").then(|| MEDIA_TYPE.to_owned());
    Link {
        href,
        rel: rel.to_owned(),
        mime_type,
        ..Link::default()
    }
}

fn make_category(name: &str) -> Option<Category> {
    Some(text::clean_line(name))
        .filter(|name| !name.is_empty())
        .map(|name| Category { name, domain: None })
}

/// `ada@x.example (Ada)`; none without an address that RSS permits.
fn write_author(author: &Author) -> Option<String> {
    let name = part_closing_tags(&text::clean_line(&author.name))
        .replace('(', "[")
        .replace(')', "]");
    text::find_mail(author).map(|email| format!("{email} ({name})"))
}

/// RFC 822 with four digits for the year, always in `+0000`.
fn write_time(at: DateTime<Utc>) -> String {
    at.to_rfc2822()
}

/// Puts a zero-width space into closing tags of a plain text: many readers would take them for HTML and drop them.
fn part_closing_tags(text: &str) -> String {
    let mut parts = text.split("</");
    let mut apart = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        apart.push_str(if part.starts_with(|c: char| c.is_ascii_alphabetic()) {
            "<\u{200b}/"
        } else {
            "</"
        });
        apart.push_str(part);
    }
    apart
}

/// The document with numbers in place of named entities outside CDATA, as the profile says: the crate writes names.
fn number_entities(xml: &str) -> String {
    let mut written = String::with_capacity(xml.len());
    for (number, part) in xml.split("<![CDATA[").enumerate() {
        let (cdata, rest) = match (number, part.split_once("]]>")) {
            (0, _) | (_, None) => ("", part),
            (_, Some((cdata, rest))) => (cdata, rest),
        };
        if number > 0 {
            written.push_str("<![CDATA[");
            written.push_str(cdata);
            written.push_str("]]>");
        }
        let rest = [
            ("&amp;", "&#x26;"),
            ("&lt;", "&#x3C;"),
            ("&gt;", "&#x3E;"),
            ("&quot;", "&#x22;"),
            ("&apos;", "&#x27;"),
        ]
        .iter()
        .fold(rest.to_owned(), |rest, (name, number)| {
            if rest.contains(name) {
                rest.replace(name, number)
            } else {
                rest
            }
        });
        written.push_str(&rest);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{number_entities, part_closing_tags};

    #[test]
    fn entities_have_numbers_outside_cdata_only() {
        let xml =
            "<t>A&amp;B &lt;/x&gt;</t><d><![CDATA[A&amp;B ]]]]><![CDATA[> <p>]]></d><t>&quot;</t>";
        let expected = "<t>A&#x26;B &#x3C;/x&#x3E;</t><d><![CDATA[A&amp;B ]]]]><![CDATA[> <p>]]></d><t>&#x22;</t>";
        assert_eq!(number_entities(xml), expected);
    }

    #[test]
    fn only_a_closing_tag_is_held_apart() {
        for (text, expected) in [
            ("a </b> </", "a <\u{200b}/b> </"),
            ("</3 a</ b>", "</3 a</ b>"),
            ("</I></i>", "<\u{200b}/I><\u{200b}/i>"),
        ] {
            assert_eq!(part_closing_tags(text), expected);
        }
    }
}
