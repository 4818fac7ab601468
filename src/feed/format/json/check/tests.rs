//! A sound document of JSON Feed, and each of its faults.

use crate::config::Format;
use crate::feed::format::check_document;
use crate::feed::format::tests::{Fault, find_each};

const SOUND: &str = r#"{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "Hums",
  "home_page_url": "https://hums.example/",
  "feed_url": "https://hums.example/feed.json",
  "authors": [{"name": "Ada"}],
  "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
  "items": [
    {
      "id": "tag:hums.example,2024:tea",
      "url": "https://hums.example/tea/",
      "title": "Tea",
      "content_html": "<p>Tea</p>",
      "date_published": "2024-05-01T08:00:00Z",
      "tags": ["tea"],
      "attachments": [{"url": "https://hums.example/tea.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 4096}]
    },
    {
      "id": "b",
      "content_text": "B"
    }
  ]
}
"#;

#[test]
fn a_sound_document_is_left_alone() {
    let checked = check_document(Format::Json, SOUND);
    assert_eq!(checked.findings, []);
}

#[test]
fn each_fault_of_json_feed_is_found() {
    let faults: &[Fault] = &[
        (
            "\"title\": \"Hums\",",
            "\"title\": \"Hums\"",
            4,
            "feed-ill-formed",
            "",
        ),
        ("\"items\"", "\"entries\"", 1, "feed-ill-formed", "`items`"),
        ("version/1.1", "version/2", 1, "feed-element", "the version"),
        (
            "\"title\": \"Hums\"",
            "\"name\": \"Hums\"",
            1,
            "feed-element",
            "no `title`",
        ),
        (
            "\"home_page_url\": \"https://hums.example/\"",
            "\"home_page_url\": \"/\"",
            1,
            "feed-address",
            "`home_page_url` `/` is relative",
        ),
        (
            "\"authors\": [{\"name\": \"Ada\"}]",
            "\"author\": {\"name\": \"Ada\"}",
            1,
            "feed-author",
            "version 1.0",
        ),
        (
            "[{\"name\": \"Ada\"}]",
            "[{}]",
            1,
            "feed-author",
            "neither `name`",
        ),
        ("\"type\": \"WebSub\", ", "", 1, "feed-element", "a hub"),
        (
            "\"id\": \"tag:hums.example,2024:tea\"",
            "\"id\": 7",
            8,
            "feed-id",
            "no `id`",
        ),
        (
            "\"id\": \"b\"",
            "\"id\": \"tag:hums.example,2024:tea\"",
            19,
            "feed-id",
            "two items",
        ),
        (
            "\"url\": \"https://hums.example/tea/\"",
            "\"url\": \"/tea/\"",
            10,
            "feed-address",
            "is relative",
        ),
        (
            "\"content_text\": \"B\"",
            "\"summary\": \"B\"",
            19,
            "feed-element",
            "neither `content_html`",
        ),
        (
            "<p>Tea</p>",
            "<img src='a.png'>",
            10,
            "feed-relative-address",
            "`a.png`",
        ),
        (
            "2024-05-01T08:00:00Z",
            "2024-05-01",
            10,
            "feed-date",
            "no date",
        ),
        (
            "2024-05-01T08:00:00Z",
            "0001-01-01T00:00:00Z",
            10,
            "feed-date",
            "year 1",
        ),
        (
            "[\"tea\"]",
            "\"tea\"",
            10,
            "feed-element",
            "no list of texts",
        ),
        (
            ", \"size_in_bytes\": 4096",
            ", \"size_in_bytes\": 0",
            10,
            "feed-enclosure",
            "length 0",
        ),
        (
            "\"mime_type\": \"audio/mpeg\", ",
            "",
            10,
            "feed-enclosure",
            "no `mime_type`",
        ),
        (
            "\"home_page_url\"",
            "\"next_url\": \"https://hums.example/feed.json\", \"home_page_url\"",
            1,
            "feed-archive",
            "for ever",
        ),
    ];
    find_each(Format::Json, SOUND, faults);
}
