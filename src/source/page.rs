//! A page in place of a feed: it often names the feed that was meant.

use url::Url;

use crate::feed::list_media_types;
use crate::html::{find_attribute, list_tags, unescape};

/// The hint for a document that is no feed.
pub(super) fn hint_at_feed(text: &str, name: &str) -> String {
    if !is_page(text) {
        return "the next run asks again; if it stays so, tell whoever writes the feed".to_owned();
    }
    match find_feed(text, name) {
        Some(feed) => format!("this is a page, which names its feed: write feed = \"{feed}\""),
        None => "name the feed itself, not the page that links to it".to_owned(),
    }
}

/// Whether a text is a page; its `<html>` tag may be left out.
fn is_page(text: &str) -> bool {
    const DOCTYPE: &str = "<!doctype html";
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let start = start.get(..DOCTYPE.len()).unwrap_or_default();
    let mut tags = list_tags(text).take(20);
    start.eq_ignore_ascii_case(DOCTYPE) || tags.any(|(tag, _)| tag.eq_ignore_ascii_case("html"))
}

/// The first feed that a page names in its head, as browsers look for it. A site that answers every address with one page
/// names the feed that was asked for: that is no news.
fn find_feed(page: &str, name: &str) -> Option<Url> {
    let base = Url::parse(name).ok()?;
    let links = list_tags(page).filter(|(tag, _)| tag.eq_ignore_ascii_case("link"));
    links
        .filter_map(|(_, rest)| read_link(rest.split('>').next()?))
        .filter_map(|address| base.join(&address).ok())
        .find(|found| *found != base)
}

/// The address in these attributes of a `link`, if it leads to a feed.
fn read_link(attributes: &str) -> Option<String> {
    let tag = format!("<link{attributes}>");
    let mut relations = find_attribute(&tag, "rel")?.split_ascii_whitespace();
    let media_type = find_attribute(&tag, "type")?.trim();
    let is_feed = relations.any(|word| word.eq_ignore_ascii_case("alternate"))
        && list_media_types().contains(&media_type.to_ascii_lowercase())
        && !media_type.is_empty();
    let address = unescape(find_attribute(&tag, "href")?);
    is_feed.then_some(address)
}
