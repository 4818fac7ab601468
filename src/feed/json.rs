//! JSON Feed 1.1.

use chrono::SecondsFormat;
use serde_json::{Value, json};
use url::Url;

use crate::config::Author;
use crate::feed::Feed;

fn authors(authors: &[Author]) -> Value {
    let authors = authors.iter().map(|author| match &author.url {
        Some(url) => json!({"name": author.name, "url": url.as_str()}),
        None => json!({"name": author.name}),
    });
    authors.collect()
}

/// The feed's text.
pub(super) fn write(feed: &Feed<'_>, address: &Url) -> String {
    let site = feed.site;
    let items: Vec<Value> = feed
        .entries
        .iter()
        .map(|entry| {
            let post = entry.post;
            let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            let mut item = json!({
                "id": post.id,
                "url": post.url.as_str(),
                "title": post.title,
                "content_html": entry.html,
                "date_published": time(post.published),
                "date_modified": time(post.updated),
            });
            if let Some(summary) = &entry.summary {
                item["summary"] = json!(summary);
            }
            if !post.authors.is_empty() {
                item["authors"] = authors(&post.authors);
            }
            if !post.tags.is_empty() {
                item["tags"] = json!(post.tags);
            }
            if let Some(image) = &post.image {
                item["image"] = json!(image.as_str());
            }
            if let Some(language) = &post.language {
                item["language"] = json!(language);
            }
            item
        })
        .collect();
    let mut document = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title(),
        "home_page_url": site.url.as_str(),
        "feed_url": address.as_str(),
        "language": site.language,
        "authors": authors(&[feed.author()]),
    });
    if !site.description.is_empty() {
        document["description"] = json!(site.description);
    }
    document["items"] = Value::Array(items);
    format!("{document:#}\n")
}
