//! JSON Feed 1.1 and 1.0 → its items.

use serde_json::Value;
use url::Url;

use crate::feed::parse::{
    Attached, Item, OldFeed, clean_names, read_address, read_plain, read_time, to_paragraphs,
};
use crate::feed::text;

impl OldFeed {
    pub(super) fn from_json(feed: &Value) -> Self {
        let home = find_address(feed, "home_page_url", None);
        let authors = read_authors(feed);
        let mut items = Vec::new();
        for item in list_values(feed, "items") {
            items.extend(read_item(item, home.as_ref(), &authors));
        }
        Self {
            items,
            id: None,
            address: None,
            rights: None,
            title: text::clean_line(feed["title"].as_str().unwrap_or_default()),
            language: feed["language"].as_str().map(str::to_owned),
            home,
        }
    }
}

fn read_item(item: &Value, home: Option<&Url>, feed_authors: &[String]) -> Option<Item> {
    let words = |key: &str| item[key].as_str().filter(|text| !text.trim().is_empty());
    let id = match &item["id"] {
        Value::String(id) => text::clean_line(id),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let link = find_address(item, "url", home);
    let link = link.or_else(|| find_address(item, "external_url", home));
    let html = match (words("content_html"), words("content_text")) {
        (Some(html), _) => html.to_owned(),
        (None, Some(plain)) => to_paragraphs(plain),
        (None, None) => String::new(),
    };
    let mut authors = read_authors(item);
    if authors.is_empty() {
        authors = feed_authors.to_vec();
    }
    let image = find_address(item, "image", home);
    let image = image.or_else(|| find_address(item, "banner_image", home));
    let tags = list_values(item, "tags").filter_map(Value::as_str);
    Some(Item {
        title: text::clean_line(words("title").unwrap_or_default()),
        published: words("date_published").and_then(read_time),
        updated: words("date_modified").and_then(read_time),
        authors,
        tags: clean_names(tags.map(str::to_owned)),
        html,
        base: link.clone().or_else(|| home.cloned()),
        summary: words("summary").and_then(read_plain),
        image,
        enclosure: read_attachment(&item["attachments"][0], home),
        source: None,
        link,
        id,
    })
}

/// Lists the values of an array; none if there is no array under this key.
fn list_values<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value[key].as_array().into_iter().flatten()
}

fn find_address(value: &Value, key: &str, base: Option<&Url>) -> Option<Url> {
    read_address(value[key].as_str()?, base)
}

/// Reads the names of `authors`, or of the one `author` of version 1.0.
fn read_authors(value: &Value) -> Vec<String> {
    let authors = list_values(value, "authors").chain([&value["author"]]);
    let names = authors.filter_map(|author| author["name"].as_str());
    let mut names = clean_names(names.map(str::to_owned));
    names.dedup();
    names
}

fn read_attachment(file: &Value, home: Option<&Url>) -> Option<Attached> {
    Some(Attached {
        url: find_address(file, "url", home)?,
        media_type: file["mime_type"].as_str()?.to_owned(),
        length: file["size_in_bytes"].as_u64().filter(|length| *length > 0),
    })
}
