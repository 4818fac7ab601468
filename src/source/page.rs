//! A page in place of a feed: it often names the feed that was meant.

use url::Url;

use crate::feed::list_media_types;
use crate::html::{find_attribute, list_tags, unescape};

/// The hint for a document that is no feed.
pub(super) fn hint_at_feed(text: &str, name: &str) -> String {
    let is_page = list_tags(text)
        .take(20)
        .any(|(tag, _)| tag.eq_ignore_ascii_case("html"));
    if !is_page {
        return "the next run asks again; if it stays so, tell whoever writes the feed".to_owned();
    }
    match find_feed(text, name) {
        Some(feed) => format!("this is a page, which names its feed: write feed = \"{feed}\""),
        None => "name the feed itself, not the page that links to it".to_owned(),
    }
}

/// The first feed that a page names in its head, as browsers look for it.
fn find_feed(page: &str, name: &str) -> Option<Url> {
    let base = Url::parse(name).ok()?;
    let links = list_tags(page).filter(|(tag, _)| tag.eq_ignore_ascii_case("link"));
    links
        .filter_map(|(_, rest)| read_link(rest.split('>').next()?))
        .find_map(|address| base.join(&address).ok())
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
