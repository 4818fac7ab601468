//! A feed and an entry before they have a format.

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::{Author, EntryContent, Site};
use crate::feed::setting::Setting;
use crate::feed::text;
use crate::html;
use crate::post::{Body, FeedOrigin, Post};

/// One document of a feed, before it has a format.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    pub(super) site: &'a Site,
    /// The name of its tag, section, author or language; none for the main feed.
    pub(super) topic: Option<&'a str>,
    /// The feed's id, which stays when the address changes.
    pub(super) id: String,
    /// The posts that it shows, the newest first.
    pub(super) posts: Vec<&'a Post>,
    pub(super) address: Url,
    /// The address that readers subscribe to.
    pub(super) current: Url,
    /// The document of the archive before it.
    pub(super) older: Option<Url>,
    /// The document of the archive after it.
    pub(super) newer: Option<Url>,
    /// Whether it is a document of the archive.
    pub(super) is_archive: bool,
    /// The hub that tells of news.
    pub(super) hub: Option<&'a Url>,
    /// The stylesheet that a browser shows it with, as seen from its folder.
    pub(super) style: Option<String>,
}

/// A post in a feed.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) site: &'a Site,
    /// The authority that mints ids: the lock's first line.
    pub(super) authority: &'a str,
    pub(super) post: &'a Post,
    /// The title, on one line.
    pub(super) title: String,
    pub(super) text: EntryText,
    /// The feed that the post is from; none for a post of the site itself.
    pub(super) origin: Option<&'a FeedOrigin>,
}

/// The content of an entry.
#[derive(Debug)]
pub(super) enum EntryText {
    /// The whole post as HTML, and what it is about, as plain text, where that does not repeat it.
    Full { html: String, about: Option<String> },
    /// A summary as HTML, never empty.
    Summary(String),
}

impl Feed<'_> {
    /// The title that readers see.
    pub(super) fn title(&self) -> String {
        match &self.topic {
            Some(topic) => text::clean_line(&format!("{}: {topic}", self.site.title)),
            None => text::clean_line(&self.site.title),
        }
    }

    /// The copyright line, if the site has one.
    pub(super) fn rights(&self) -> Option<String> {
        self.site
            .rights
            .as_deref()
            .map(text::clean_line)
            .filter(|rights| !rights.is_empty())
    }

    /// The newest change of any entry; without entries the day of its id, since no build time may show.
    pub(super) fn updated(&self) -> DateTime<Utc> {
        let none = || DateTime::from_timestamp(946_684_800, 0).unwrap_or_default();
        self.posts
            .iter()
            .map(|post| post.updated)
            .max()
            .unwrap_or_else(none)
    }

    /// The author of entries that name none.
    pub(super) fn author(&self) -> Author {
        let unnamed = || Author {
            name: self.site.title.clone(),
            email: None,
            url: None,
        };
        self.site.author.clone().unwrap_or_else(unnamed)
    }

    /// Everyone else who wrote an entry, sorted by name.
    pub(super) fn contributors(&self) -> Vec<&Author> {
        let author = self.author();
        let mut others: Vec<&Author> = self
            .posts
            .iter()
            .flat_map(|post| post.authors.iter())
            .filter(|other| other.name != author.name)
            .collect();
        others.sort();
        others.dedup_by(|a, b| a.name == b.name);
        others
    }

    /// `rel` and address of each link beside the alternate one: the feed itself, its hub, its archive.
    pub(super) fn relations(&self) -> Vec<(&'static str, String)> {
        let mut links = vec![("self", text::escape_address(&self.address))];
        if self.is_archive {
            links.push(("current", text::escape_address(&self.current)));
        }
        links.extend(self.hub.map(|hub| ("hub", text::escape_address(hub))));
        links.extend(
            self.older
                .as_ref()
                .map(|url| ("prev-archive", text::escape_address(url))),
        );
        links.extend(
            self.newer
                .as_ref()
                .map(|url| ("next-archive", text::escape_address(url))),
        );
        links
    }

    /// A picture of the site.
    pub(super) fn picture(&self, address: Option<&String>) -> Option<Url> {
        address.and_then(|address| self.site.url.join(address).ok())
    }

    /// The line that makes a browser show the feed as a page, to be put before the document's element.
    pub(super) fn style_line(&self) -> String {
        let style = self.style.as_ref();
        style
            .map(|style| format!("<?xml-stylesheet type=\"text/css\" href=\"{style}\"?>\n"))
            .unwrap_or_default()
    }
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        setting: &Setting<'a>,
        post: &'a Post,
        body: &Body,
        origin: Option<&'a FeedOrigin>,
    ) -> Self {
        let site = setting.site;
        let title = make_title(post, body, site);
        let text = match setting.config.content {
            EntryContent::Full => {
                let html = text::clean(&body.html);
                let about = post
                    .description
                    .as_deref()
                    .map(text::clean_line)
                    .filter(|about| !about.is_empty());
                let about = about.filter(|about| !html::read_words(&html).contains(about.as_str()));
                EntryText::Full { html, about }
            }
            EntryContent::Summary => EntryText::Summary(make_summary(body, &title)),
        };
        Self {
            site,
            authority: setting.lock.authority(),
            post,
            title,
            text,
            origin,
        }
    }
}

/// Makes the summary of an entry: the post's own, else its first words, else its title.
fn make_summary(body: &Body, title: &str) -> String {
    let summary = text::clean(&body.summary);
    if !summary.is_empty() {
        return summary;
    }
    let beginning = text::cut_teaser(&text::clean(&body.html));
    format!(
        "<p>{}</p>",
        html::escape(if beginning.is_empty() {
            title
        } else {
            &beginning
        })
    )
}

/// Makes a title that says something, whatever the post's own is.
fn make_title(post: &Post, body: &Body, site: &Site) -> String {
    let beginning = || {
        let words = text::clean_visible(&html::read_words(&body.html))?;
        let beginning = words.split(' ').take(8).collect::<Vec<_>>().join(" ");
        // A script without spaces has no eighth word.
        Some(text::cut(&beginning, 80).unwrap_or(beginning))
    };
    text::clean_visible(&post.title)
        .or_else(beginning)
        .unwrap_or_else(|| write_day(post, site))
}

/// Writes the title of a post without its body: its own if it says something, else its day.
pub(super) fn write_title(post: &Post, site: &Site) -> String {
    text::clean_visible(&post.title).unwrap_or_else(|| write_day(post, site))
}

/// Writes the day that a post has on the site.
pub(super) fn write_day(post: &Post, site: &Site) -> String {
    post.published
        .with_timezone(&site.zone())
        .format("%Y-%m-%d")
        .to_string()
}
