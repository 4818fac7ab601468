//! JSON Feed 1.1 and 1.0 → its items.

use serde_json::Value;
use url::Url;

use crate::feed::parse::{
    Attached, Item, OldFeed, clean_names, read_address, read_plain, read_time, to_paragraphs,
};
use crate::feed::text;

impl OldFeed {
    pub(super) fn from_json(feed: &Value) -> Self {
        let home = address_of(feed, "home_page_url", None);
        let authors = authors_of(feed);
        let items = feed["items"].as_array().into_iter().flatten();
        let items = items.filter_map(|item| read_item(item, home.as_ref(), &authors));
        Self {
            items: items.collect(),
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
    let link = address_of(item, "url", home);
    let link = link.or_else(|| address_of(item, "external_url", home));
    let html = match (words("content_html"), words("content_text")) {
        (Some(html), _) => html.to_owned(),
        (None, Some(plain)) => to_paragraphs(plain),
        (None, None) => String::new(),
    };
    let authors = authors_of(item);
    let image = address_of(item, "image", home);
    let tags = item["tags"].as_array().into_iter().flatten();
    let tags = tags.filter_map(Value::as_str).map(str::to_owned);
    Some(Item {
        title: text::clean_line(words("title").unwrap_or_default()),
        published: words("date_published").and_then(read_time),
        updated: words("date_modified").and_then(read_time),
        authors: match authors.is_empty() {
            true => feed_authors.to_vec(),
            false => authors,
        },
        tags: clean_names(tags),
        html,
        base: link.clone().or_else(|| home.cloned()),
        summary: words("summary").and_then(read_plain),
        image: image.or_else(|| address_of(item, "banner_image", home)),
        enclosure: read_attachment(&item["attachments"][0], home),
        source: None,
        link,
        id,
    })
}

fn address_of(value: &Value, key: &str, base: Option<&Url>) -> Option<Url> {
    read_address(value[key].as_str()?, base)
}

/// The names of `authors`, or of the one `author` of version 1.0.
fn authors_of(value: &Value) -> Vec<String> {
    let authors = value["authors"].as_array().into_iter().flatten();
    let authors = authors.chain([&value["author"]]);
    let names = authors.filter_map(|author| author["name"].as_str());
    let mut names = clean_names(names.map(str::to_owned));
    names.dedup();
    names
}

fn read_attachment(file: &Value, home: Option<&Url>) -> Option<Attached> {
    Some(Attached {
        url: address_of(file, "url", home)?,
        media_type: file["mime_type"].as_str()?.to_owned(),
        length: file["size_in_bytes"].as_u64().filter(|length| *length > 0),
    })
}
