//! JSON Feed 1.1.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde_json::Value;

use crate::feed::check::address::check_address;
use crate::feed::check::content::check_html;
use crate::feed::check::date::check_exact;
use crate::feed::check::enclosure::check_enclosure;
use crate::feed::check::report::{FeedReport, show};
use crate::finding::Rule;

const VERSIONS: [&str; 2] = [
    "https://jsonfeed.org/version/1.1",
    "https://jsonfeed.org/version/1",
];

pub(super) fn check(text: &str, report: &mut FeedReport) {
    let feed: Value = match serde_json::from_str(text) {
        Ok(feed) => feed,
        Err(error) => return report.break_off(error.line().max(1), &error.to_string()),
    };
    let Some(items) = feed["items"].as_array() else {
        return report.break_off(1, "it has no list `items`");
    };
    let version = feed["version"].as_str().unwrap_or_default();
    if !VERSIONS.contains(&version) {
        let message = format!("the version `{}` is none of JSON Feed", show(version));
        report.refuse(1, Rule::FeedElement, message);
    }
    check_texts(
        1,
        &feed,
        &["title", "description", "language", "user_comment"],
        report,
    );
    if feed["title"].is_null() || feed["title"] == "" {
        report.refuse(1, Rule::FeedElement, "the feed has no `title`".to_owned());
    }
    for key in ["home_page_url", "feed_url", "next_url", "icon", "favicon"] {
        check_url(1, &feed, key, report);
    }
    if feed["next_url"].is_string() && feed["next_url"] == feed["feed_url"] {
        let message = "`next_url` is the feed itself: readers would ask for ever".to_owned();
        report.refuse(1, Rule::FeedArchive, message);
    }
    check_authors(1, &feed, report);
    for hub in feed["hubs"].as_array().into_iter().flatten() {
        check_url(1, hub, "url", report);
        if !hub["type"].is_string() || !hub["url"].is_string() {
            let message = "a hub has no `type` or no `url`".to_owned();
            report.refuse(1, Rule::FeedElement, message);
        }
    }
    let mut ids = HashSet::new();
    let mut lines = ItemLines::new(text);
    for item in items {
        let id = item["id"].as_str().unwrap_or_default();
        let line = lines.find(id);
        if id.is_empty() {
            let message = "an item has no `id`, or one that is no text".to_owned();
            report.refuse(line, Rule::FeedId, message);
        } else if !ids.insert(id) {
            let message = format!("two items have the id `{}`", show(id));
            report.refuse(line, Rule::FeedId, message);
        }
        check_item(line, item, report);
    }
}

/// The lines of the items, which follow one another.
struct ItemLines<'a> {
    text: &'a str,
    read: usize,
    line: usize,
}

impl<'a> ItemLines<'a> {
    fn new(text: &'a str) -> Self {
        let read = text.find("\"items\"").unwrap_or_default();
        let line = text[..read].matches('\n').count() + 1;
        Self { text, read, line }
    }

    /// The line on which the next item says this id; the last one where it cannot be found.
    fn find(&mut self, id: &str) -> usize {
        let wanted = Value::from(id).to_string();
        if let Some(at) = self.text[self.read..].find(&wanted) {
            let next = self.read + at;
            self.line += self.text[self.read..next].matches('\n').count();
            self.read = next + wanted.len();
        }
        self.line
    }
}

/// Keys that hold a text, if anything.
fn check_texts(line: usize, object: &Value, keys: &[&str], report: &mut FeedReport) {
    for key in keys {
        if !object[key].is_null() && !object[key].is_string() {
            let message = format!("`{key}` is no text");
            report.refuse(line, Rule::FeedElement, message);
        }
    }
}

fn check_url(line: usize, object: &Value, key: &str, report: &mut FeedReport) {
    match &object[key] {
        Value::Null => {}
        Value::String(address) => check_address(line, &format!("`{key}`"), address, report),
        _ => {
            let message = format!("`{key}` is no text");
            report.refuse(line, Rule::FeedAddress, message);
        }
    }
}

fn check_authors(line: usize, object: &Value, report: &mut FeedReport) {
    if !object["author"].is_null() {
        let message = "`author` is of version 1.0: 1.1 has a list `authors`".to_owned();
        report.warn(line, Rule::FeedAuthor, message);
    }
    match &object["authors"] {
        Value::Null => {}
        Value::Array(authors) => {
            for author in authors {
                let keys = ["name", "url", "avatar"];
                if keys.iter().all(|key| !author[key].is_string()) {
                    let message = "an author has neither `name` nor `url` nor `avatar`".to_owned();
                    report.refuse(line, Rule::FeedAuthor, message);
                }
                check_url(line, author, "url", report);
            }
        }
        _ => {
            let message = "`authors` is no list".to_owned();
            report.refuse(line, Rule::FeedAuthor, message);
        }
    }
}

fn check_item(line: usize, item: &Value, report: &mut FeedReport) {
    let texts = [
        "title",
        "content_html",
        "content_text",
        "summary",
        "language",
    ];
    check_texts(line, item, &texts, report);
    let title = item["title"].as_str().unwrap_or_default();
    let html = item["content_html"].as_str();
    if item["content_html"].is_null() && item["content_text"].is_null() {
        let message = format!(
            "“{}” has neither `content_html` nor `content_text`",
            show(title)
        );
        report.refuse(line, Rule::FeedElement, message);
    }
    if let Some(html) = html {
        check_html(line, title, html, report);
    }
    for key in ["url", "external_url", "image", "banner_image"] {
        check_url(line, item, key, report);
    }
    for key in ["date_published", "date_modified"] {
        match &item[key] {
            Value::Null => {}
            Value::String(date) => {
                check_exact(line, &format!("`{key}`"), date, report);
            }
            _ => {
                let message = format!("`{key}` is no text");
                report.refuse(line, Rule::FeedDate, message);
            }
        }
    }
    check_authors(line, item, report);
    let tags = item["tags"].as_array().into_iter().flatten();
    if !item["tags"].is_null() && (!item["tags"].is_array() || { tags }.any(|tag| !tag.is_string()))
    {
        let message = format!("the tags of “{}” are no list of texts", show(title));
        report.refuse(line, Rule::FeedElement, message);
    }
    for attachment in item["attachments"].as_array().into_iter().flatten() {
        check_attachment(line, attachment, report);
    }
}

fn check_attachment(line: usize, attachment: &Value, report: &mut FeedReport) {
    if !attachment["url"].is_string() || !attachment["mime_type"].is_string() {
        let message = "an attachment has no `url` or no `mime_type`".to_owned();
        report.refuse(line, Rule::FeedEnclosure, message);
    }
    check_url(line, attachment, "url", report);
    let length = match &attachment["size_in_bytes"] {
        Value::Null => None,
        size => Some(size.to_string()),
    };
    let media_type = attachment["mime_type"].as_str().unwrap_or("unknown/none");
    check_enclosure(line, length.as_deref(), media_type, report);
}
