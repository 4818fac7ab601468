//! How much an issue may hold, so that no relay refuses it and no mail takes all memory.

use std::cmp::Reverse;

use crate::config::Layout;
use crate::digest::{Content, Draft};
use crate::finding::{Finding, Rule, count};
use crate::post::{Body, Post};

/// Most bytes of the posts' HTML in an issue. As a mail it has up to twice as many, and relays take 10 MB or more.
const MOST_OF_POSTS: usize = 4 << 20;
/// Most bytes of an issue's HTML and text.
const MOST: usize = 8 << 20;
/// Most bytes of the HTML of posts of other feeds in an issue.
const MOST_OF_SYNDICATED: usize = 1 << 20;
/// The longest summary that stands for such a post, in bytes.
const LONGEST_SUMMARY: usize = 4 << 10;
/// The number of posts that a finding names.
const NAMED: usize = 3;

/// Largest HTML of one post in an issue, in bytes. Gmail shows less than half of it; relays refuse a mail of many megabytes,
/// and so all its posts.
const LONGEST_POST: usize = 256 << 10;

/// Chooses the HTML that an issue shows of a post. A post that is too long gets its summary, or nothing below its title.
pub(super) fn choose_html(layout: Layout, body: &Body) -> &str {
    let parts: &[&str] = match layout {
        Layout::Headlines => &[],
        Layout::Summaries => &[&body.summary],
        Layout::Full => &[&body.html, &body.summary],
    };
    let mut parts = parts.iter();
    parts.find(|part| part.len() <= LONGEST_POST).unwrap_or(&"")
}

/// Shortens the longest posts of other feeds to their summaries, or to nothing, until all of these together are short
/// enough: no other site can make an issue that is refused.
pub(crate) fn shorten_syndicated(layout: Layout, entries: &mut [(&Post, Body)]) {
    let mut foreign: Vec<&mut Body> = entries
        .iter_mut()
        .filter_map(|(post, body)| post.is_syndicated().then_some(body))
        .collect();
    foreign.sort_by_key(|body| Reverse(choose_html(layout, body).len()));
    let lengths = foreign.iter().map(|body| choose_html(layout, body).len());
    let mut bytes: usize = lengths.sum();
    for body in foreign {
        if bytes <= MOST_OF_SYNDICATED {
            return;
        }
        bytes -= choose_html(layout, body).len();
        if body.summary.len() > LONGEST_SUMMARY || layout != Layout::Full {
            body.summary.clear();
        }
        body.html.clone_from(&body.summary);
        bytes += body.summary.len();
    }
}

/// Refuses posts that are too much for one issue, before they are rendered.
///
/// # Errors
/// A finding that names the longest posts.
pub(crate) fn refuse_many(content: &Content<'_>) -> Result<(), Finding> {
    let lengths = content.entries.iter();
    let bytes = lengths.map(|(_, body)| choose_html(content.digest.layout, body).len());
    refuse(bytes.sum(), MOST_OF_POSTS, content)
}

/// Refuses an issue that is too long as its templates made it.
///
/// # Errors
/// A finding that names the longest posts.
pub(crate) fn refuse_long(draft: &Draft, content: &Content<'_>) -> Result<(), Finding> {
    refuse(draft.html.len() + draft.text.len(), MOST, content)
}

fn refuse(bytes: usize, most: usize, content: &Content<'_>) -> Result<(), Finding> {
    if bytes <= most {
        return Ok(());
    }
    let length = |body| choose_html(content.digest.layout, body).len();
    let entries = content.entries.iter();
    let mut posts: Vec<(usize, &str)> = entries
        .map(|(post, body)| (length(body), &*post.path))
        .collect();
    posts.sort_by(|a, b| b.cmp(a));
    let named = posts.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|(bytes, path)| format!("`{path}` with {} KB", bytes >> 10))
        .collect();
    let mut message = format!(
        "the issue of {} has {} KB, more than {}, and many relays would refuse it",
        count(posts.len() + content.headlines.len(), "post"),
        bytes >> 10,
        most >> 10,
    );
    if !named.is_empty() {
        message.push_str(&format!("; the longest: {}", named.join(", ")));
    }
    Err(Finding::error(Rule::IssueTooLarge, message)
        .hint("show less: `limit`, or `layout = \"summaries\"`"))
}
