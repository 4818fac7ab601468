//! Atom (RFC 4287), through `atom_syndication`.

use std::collections::BTreeMap;

use atom_syndication as atom;
use atom_syndication::extension::Extension;
use atom_syndication::{Category, Content, Generator, Link, Person, Text as Words, TextType, WriteConfig};
use chrono::{DateTime, Utc};

use crate::config::Author;
use crate::feed::{Entry, Feed, GENERATOR, Text, text};
use crate::post::html;

/// The head of every document.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

/// The feed's text.
pub(super) fn write(feed: &Feed<'_>) -> String {
    let site = feed.site;
    let mut links: Vec<Link> =
        feed.relations().into_iter().map(|(rel, href)| link(rel, &href, atom_type(rel))).collect();
    links.push(link("alternate", &text::address(&site.url), Some("text/html")));
    let mut namespaces = BTreeMap::new();
    if feed.is_archive {
        namespaces.insert("fh".to_owned(), "http://purl.org/syndication/history/1.0".to_owned());
    }
    if feed.entries.iter().any(|entry| entry.post.image.is_some()) {
        namespaces.insert("media".to_owned(), "http://search.yahoo.com/mrss/".to_owned());
    }
    let document = atom::Feed {
        title: plain(&feed.title(), None),
        id: feed.id.clone(),
        updated: time(feed.updated()),
        authors: vec![person(&feed.author())],
        contributors: feed.contributors().into_iter().map(person).collect(),
        categories: site.categories.iter().filter_map(|name| category(name)).collect(),
        generator: Some(Generator { value: GENERATOR.into(), ..Generator::default() }),
        icon: feed.picture(site.icon.as_ref()),
        logo: feed.picture(site.logo.as_ref()),
        links,
        rights: site.rights.as_deref().map(|rights| plain(&text::line(rights), None)),
        subtitle: Some(text::line(&site.description)).filter(|text| !text.is_empty()).map(|text| plain(&text, None)),
        lang: Some(site.language.clone()),
        namespaces,
        entries: feed.entries.iter().map(|one| entry(one, feed.authority)).collect(),
        ..atom::Feed::default()
    };
    let layout = WriteConfig { write_document_declaration: false, indent_size: Some(0) };
    let written = document.write_with_config(Vec::new(), layout).unwrap_or_default();
    let mut written = String::from_utf8(written).unwrap_or_default();
    if feed.is_archive {
        // The crate writes what it does not know behind the entries, where metadata does not belong.
        let end = written.find("\n<entry>").or_else(|| written.rfind("\n</feed>")).unwrap_or(written.len());
        written.insert_str(end, "\n<fh:archive/>");
    }
    format!("{DECLARATION}{}{written}\n", feed.style_line())
}

fn entry(entry: &Entry<'_>, authority: &str) -> atom::Entry {
    let post = entry.post;
    let language = post.language.as_deref();
    let mut links = vec![link("alternate", &text::address(&post.url), Some("text/html"))];
    links.extend(post.enclosure.as_ref().map(|enclosure| Link {
        length: enclosure.length.map(|length| length.to_string()),
        ..link("enclosure", &text::address(&enclosure.url), Some(&enclosure.media_type))
    }));
    let (content, summary) = match &entry.text {
        Text::Full { html, about } => (html.as_str(), about.as_deref().map(|about| plain(about, language))),
        Text::Summary(html) => {
            ("", Some(html.as_str()).filter(|html| !html.is_empty()).map(|html| marked(html, language)))
        }
    };
    let picture = post.image.as_ref().map(|image| Extension {
        name: "media:thumbnail".into(),
        attrs: BTreeMap::from([("url".to_owned(), text::address(image))]),
        ..Extension::default()
    });
    atom::Entry {
        title: plain(&entry.title, language),
        id: text::iri(&post.id, authority),
        updated: time(post.updated),
        published: Some(time(post.published)),
        authors: post.authors.iter().map(person).collect(),
        categories: post.tags.iter().filter_map(|tag| category(tag)).collect(),
        links,
        summary,
        // An empty element would be a fault: the link says where the rest is.
        content: Some(content).filter(|html| !html.is_empty()).map(|html| Content {
            value: Some(html.to_owned()),
            content_type: Some("html".into()),
            lang: post.language.clone(),
            ..Content::default()
        }),
        extensions: picture
            .map(|picture| {
                BTreeMap::from([("media".to_owned(), BTreeMap::from([("thumbnail".to_owned(), vec![picture])]))])
            })
            .unwrap_or_default(),
        ..atom::Entry::default()
    }
}

/// Plain text; where it would look like markup it is said as HTML, escaped once for that (RFC 4287 3.1.1.2).
fn plain(words: &str, language: Option<&str>) -> Words {
    if looks_like_markup(words) {
        return marked(&html::escape(words), language);
    }
    Words { lang: language.map(str::to_owned), ..Words::plain(words) }
}

/// Whether someone who takes a text for HTML would see another: a tag, a comment or a character by its name. `Q&A` is none,
/// and a browser that shows a feed by its stylesheet alone shows an escaped sign as it is written.
fn looks_like_markup(words: &str) -> bool {
    words.char_indices().any(|(at, c)| {
        let rest = &words[at + c.len_utf8()..];
        match c {
            '<' => rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')),
            '&' => rest.split_once(';').is_some_and(|(name, _)| {
                let name = name.strip_prefix('#').unwrap_or(name);
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }),
            _ => false,
        }
    })
}

fn marked(html: &str, language: Option<&str>) -> Words {
    Words { value: html.to_owned(), r#type: TextType::Html, lang: language.map(str::to_owned), ..Words::default() }
}

fn link(rel: &str, href: &str, media_type: Option<&str>) -> Link {
    Link { href: href.to_owned(), rel: rel.to_owned(), mime_type: media_type.map(str::to_owned), ..Link::default() }
}

/// The type of what a link leads to: the hub is no feed.
fn atom_type(rel: &str) -> Option<&'static str> {
    (rel != "hub").then_some("application/atom+xml")
}

fn category(name: &str) -> Option<Category> {
    Some(text::line(name)).filter(|term| !term.is_empty()).map(|term| Category { term, ..Category::default() })
}

fn person(author: &Author) -> Person {
    Person {
        name: text::line(&author.name),
        email: author.email.as_ref().map(ToString::to_string),
        uri: author.url.as_ref().map(text::address),
        ..Person::default()
    }
}

fn time(at: DateTime<Utc>) -> DateTime<chrono::FixedOffset> {
    at.fixed_offset()
}

#[cfg(test)]
mod tests {
    use super::looks_like_markup;

    #[test]
    fn only_what_html_would_read_otherwise_looks_like_markup() {
        for (text, expected) in [
            ("Q&A with AT&T", false),
            ("1 < 2 & 3", false),
            ("a <3 b", false),
            ("AT&amp;T", true),
            ("&#x26; and", true),
            ("a </b> b", true),
            ("<b>bold</b>", true),
            ("<!-- more -->", true),
            ("R&D; twice", true),
        ] {
            assert_eq!(looks_like_markup(text), expected, "{text}");
        }
    }
}
