//! A page in place of a feed: it often names the feed that was meant.

use url::Url;

use crate::feed::list_media_types;
use crate::html::{find_attribute, list_tags, unescape};

/// The hint for a document that is no feed.
pub(super) fn hint_at_feed(text: &str, name: &str) -> String {
    if !is_page(text) {
        return "the next run asks again; if it stays so, tell whoever writes the feed".to_owned();
    }
    let feeds = find_feeds(text, name);
    match feeds.first() {
        // A site that answers every address with one page would answer another feed's with it too.
        Some(_) if feeds.iter().any(|feed| feed.as_str() == name) => {
            "the site answers with a page, which calls this address its feed: tell whoever writes it".to_owned()
        }
        Some(feed) => format!("this is a page, which names its feed: write feed = \"{feed}\""),
        None => "name the feed itself, not the page that links to it".to_owned(),
    }
}

/// Whether a text is a page; its `<html>` tag may be left out.
fn is_page(text: &str) -> bool {
    const DOCTYPE: &str = "<!doctype html";
    let mut start = text.trim_start_matches('\u{feff}').trim_start();
    while let Some((_, rest)) = start
        .strip_prefix("<!--")
        .and_then(|comment| comment.split_once("-->"))
    {
        start = rest.trim_start();
    }
    let start = start.get(..DOCTYPE.len()).unwrap_or_default();
    let mut tags = list_tags(text).take(20);
    start.eq_ignore_ascii_case(DOCTYPE) || tags.any(|(tag, _)| tag.eq_ignore_ascii_case("html"))
}

/// The feeds that a page names in its head, as browsers look for them.
fn find_feeds(page: &str, name: &str) -> Vec<Url> {
    let Ok(url) = Url::parse(name) else {
        return Vec::new();
    };
    let list = |wanted: &'static str| {
        let tags = list_tags(page).filter(move |(tag, _)| tag.eq_ignore_ascii_case(wanted));
        tags.filter_map(|(_, rest)| Some(format!("<x{}>", rest.split('>').next()?)))
    };
    let base = list("base").find_map(|tag| url.join(&unescape(find_attribute(&tag, "href")?)).ok());
    let base = base.unwrap_or(url);
    let links = list("link").filter_map(|tag| read_link(&tag));
    links.filter_map(|link| base.join(&link).ok()).collect()
}

/// The address of this `link`, if it leads to a feed.
fn read_link(tag: &str) -> Option<String> {
    let mut relations = find_attribute(tag, "rel")?.split_ascii_whitespace();
    let media_type = find_attribute(tag, "type")?.trim();
    let is_feed = relations.any(|word| word.eq_ignore_ascii_case("alternate"))
        && list_media_types().contains(&media_type.to_ascii_lowercase())
        && !media_type.is_empty();
    let address = unescape(find_attribute(tag, "href")?);
    is_feed.then_some(address)
}
