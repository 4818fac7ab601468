//! JSON Feed 1.1.

mod check;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::config::Author;
use crate::feed::check::report::FeedReport;
use crate::feed::format::interface::{FeedFormat, enclose};
use crate::feed::mark::GENERATOR;
use crate::feed::model::{Entry, EntryText, Feed};
use crate::feed::text;
use crate::html;

/// The end of a document behind its items.
const TAIL: &str = "]\n}";

/// Writes JSON Feed.
pub(super) struct Json;

impl FeedFormat for Json {
    fn label(&self) -> &'static str {
        "JSON"
    }

    fn media_type(&self) -> &'static str {
        "application/feed+json"
    }

    fn write_entry(&self, entry: &Entry<'_>) -> String {
        // A string holds no line break: each one begins a line of the layout.
        let item = serde_json::to_string_pretty(&make_item(entry)).unwrap_or_default();
        format!("\n{item}").replace('\n', "\n    ")
    }

    fn write_document(&self, feed: &Feed<'_>, entries: &[&str]) -> String {
        let document = format!("{:#}", make_head(feed));
        let head = document.strip_suffix(TAIL).unwrap_or(&document);
        let indent = if entries.is_empty() { "" } else { "\n  " };
        enclose(head, entries, ",", &format!("{indent}{TAIL}\n"))
    }

    fn marks(&self) -> &'static [&'static str] {
        &["\"_generator\": {\n    \"name\": \"tidings\""]
    }

    fn entries_begin(&self) -> &'static str {
        "\"items\""
    }

    fn check(&self, text: &str, report: &mut FeedReport) {
        check::check(text, report);
    }
}

/// A document whose list of items, its last member, is empty.
fn make_head(feed: &Feed<'_>) -> Value {
    let site = feed.site;
    let mut document = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title(),
        "home_page_url": text::escape_address(&site.url),
        "feed_url": text::escape_address(&feed.current),
        "_generator": {"name": GENERATOR},
        "language": site.language,
        "authors": make_authors(&[feed.author()]),
    });
    let description = text::clean_line(&site.description);
    if !description.is_empty() {
        document["description"] = json!(description);
    }
    // Its icon is the large picture and its favicon the small one.
    if let Some(logo) = feed.picture(site.logo.as_ref()) {
        document["icon"] = json!(text::escape_address(&logo));
    }
    if let Some(icon) = feed.picture(site.icon.as_ref()) {
        document["favicon"] = json!(text::escape_address(&icon));
    }
    if let Some(older) = &feed.older {
        document["next_url"] = json!(text::escape_address(older));
    }
    if let Some(hub) = feed.hub {
        document["hubs"] = json!([{"type": "WebSub", "url": text::escape_address(hub)}]);
    }
    document["items"] = json!([]);
    document
}

fn make_item(entry: &Entry<'_>) -> Value {
    let post = entry.post;
    let mut item = json!({
        "id": post.id,
        "url": text::escape_address(&post.url),
        "title": entry.title,
    });
    match &entry.text {
        EntryText::Full { html, about } => {
            if html.is_empty() {
                item["content_text"] = json!(entry.title);
            } else {
                item["content_html"] = json!(html);
            }
            if let Some(about) = about {
                item["summary"] = json!(about);
            }
        }
        // An item must have a content; a summary beside it would say the same again.
        EntryText::Summary(html) => {
            let words = html::read_words(html);
            item["content_text"] = json!(if words.is_empty() {
                &entry.title
            } else {
                &words
            });
        }
    }
    item["date_published"] = json!(write_time(post.published));
    item["date_modified"] = json!(write_time(post.updated));
    if !post.authors.is_empty() {
        item["authors"] = make_authors(&post.authors);
    }
    let tags: Vec<String> = post
        .tags
        .iter()
        .map(|tag| text::clean_line(tag))
        .filter(|tag| !tag.is_empty())
        .collect();
    if !tags.is_empty() {
        item["tags"] = json!(tags);
    }
    if let Some(image) = &post.image {
        item["image"] = json!(text::escape_address(image));
    }
    if let Some(language) = &post.language {
        item["language"] = json!(language);
    }
    if let Some(enclosure) = &post.enclosure {
        let mut attachment =
            json!({"url": text::escape_address(&enclosure.url), "mime_type": enclosure.media_type});
        if let Some(length) = enclosure.length.filter(|length| *length > 0) {
            attachment["size_in_bytes"] = json!(length);
        }
        item["attachments"] = json!([attachment]);
    }
    item
}

fn make_authors(authors: &[Author]) -> Value {
    let authors = authors.iter().map(|author| match &author.url {
        Some(url) => {
            json!({"name": text::clean_line(&author.name), "url": text::escape_address(url)})
        }
        None => json!({"name": text::clean_line(&author.name)}),
    });
    authors.collect()
}

fn write_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
