//! Obsidian's links, embeds and marks → standard Markdown.

use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

use crate::post::body::links::Links;

/// Extensions of files that are shown where they are embedded.
const PICTURES: [&str; 9] = [
    "png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "bmp", "apng",
];

/// Resolves links to posts; of one that leads to none, the text stays.
pub(super) fn resolve_links<'a>(events: Vec<Event<'a>>, links: &Links<'_>) -> Vec<Event<'a>> {
    let mut dead = 0_usize;
    let resolved = events.into_iter().filter_map(|event| match event {
        Event::Start(Tag::Link {
            link_type: LinkType::WikiLink { .. },
            dest_url,
            title,
            id,
        }) => {
            let found = find_target(&dest_url, links);
            dead += usize::from(found.is_none());
            Some(Event::Start(Tag::Link {
                link_type: LinkType::Inline,
                dest_url: found?,
                title,
                id,
            }))
        }
        Event::End(TagEnd::Link) if dead > 0 => {
            dead -= 1;
            None
        }
        event => Some(event),
    });
    resolved.collect()
}

/// Resolves embedded posts, files and pictures, and marked text.
pub(super) fn resolve<'a>(events: Vec<Event<'a>>, links: &Links<'_>) -> Vec<Event<'a>> {
    let mut resolved = Vec::with_capacity(events.len());
    let mut events = events.into_iter().peekable();
    let mut is_code = false;
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Image {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let mut inside = Vec::new();
                while let Some(event) = events.next_if(|event| *event != Event::End(TagEnd::Image))
                {
                    inside.push(event);
                }
                events.next();
                let is_embed = matches!(link_type, LinkType::WikiLink { .. });
                let words = read_words(&inside);
                if !is_embed || is_picture(&dest_url) {
                    let words = strip_size(&words, &dest_url);
                    resolved.push(Event::Start(Tag::Image {
                        link_type: LinkType::Inline,
                        dest_url,
                        title,
                        id,
                    }));
                    resolved.push(Event::Text(words.into()));
                    resolved.push(Event::End(TagEnd::Image));
                    continue;
                }
                let file = dest_url
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| name.contains('.'))
                    .then(|| dest_url.clone());
                match find_target(&dest_url, links).or(file) {
                    Some(dest_url) => {
                        resolved.push(Event::Start(Tag::Link {
                            link_type: LinkType::Inline,
                            dest_url,
                            title,
                            id,
                        }));
                        resolved.push(Event::Text(words.into()));
                        resolved.push(Event::End(TagEnd::Link));
                    }
                    None => resolved.push(Event::Text(words.into())),
                }
            }
            Event::Text(text) if !is_code => {
                let is_last = events
                    .peek()
                    .is_none_or(|next| matches!(next, Event::End(_) | Event::SoftBreak));
                push_marked(if is_last { strip_name(text) } else { text }, &mut resolved);
            }
            event => {
                match &event {
                    Event::Start(Tag::CodeBlock(_)) => is_code = true,
                    Event::End(TagEnd::CodeBlock) => is_code = false,
                    _ => {}
                }
                resolved.push(event);
            }
        }
    }
    resolved
}

/// Finds the address of a note, or of a heading in this one.
fn find_target<'a>(target: &str, links: &Links<'_>) -> Option<CowStr<'a>> {
    let here = || {
        target
            .starts_with('#')
            .then(|| links.page.join(target).ok())?
    };
    links
        .find_post(target)
        .or_else(here)
        .map(|url| url.to_string().into())
}

fn is_picture(target: &str) -> bool {
    let name = target.split(['#', '?']).next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, ending)| {
        PICTURES
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    })
}

fn read_words(events: &[Event<'_>]) -> String {
    let text = events.iter().map(|event| match event {
        Event::Text(text) | Event::Code(text) => text,
        _ => " ",
    });
    text.collect()
}

/// The description of a picture without its size: `a cup|300`, `300x200`.
fn strip_size(words: &str, target: &str) -> String {
    let (before, last) = words
        .rsplit_once('|')
        .map_or(("", words), |(before, last)| (before, last));
    let is_size = last
        .split('x')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    match (is_size, before) {
        (false, _) => words.to_owned(),
        (true, "") => target.rsplit('/').next().unwrap_or_default().to_owned(),
        (true, before) => before.to_owned(),
    }
}

/// A text without the name that a paragraph may end with: ` ^tea`.
fn strip_name(text: CowStr<'_>) -> CowStr<'_> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match text.rsplit_once(" ^") {
        Some((before, name)) if is_name(name) => before.to_owned().into(),
        _ => text,
    }
}

/// Marks `==text==`.
fn push_marked<'a>(text: CowStr<'a>, events: &mut Vec<Event<'a>>) {
    let mut rest: &str = &text;
    let mut found = false;
    while let Some((before, marked, after)) = split_at_mark(rest) {
        found = true;
        events.push(Event::Text(before.to_owned().into()));
        events.push(Event::InlineHtml("<mark>".into()));
        events.push(Event::Text(marked.to_owned().into()));
        events.push(Event::InlineHtml("</mark>".into()));
        rest = after;
    }
    let rest = if found { rest.to_owned().into() } else { text };
    events.push(Event::Text(rest));
}

/// Splits a text before, in and after the first mark.
fn split_at_mark(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("==").find_map(|(at, _)| {
        let (before, rest) = (&text[..at], &text[at + 2..]);
        let (marked, after) = rest.split_once("==")?;
        let is_mark =
            !marked.is_empty() && !marked.starts_with([' ', '=']) && !marked.ends_with(' ');
        is_mark.then_some((before, marked, after))
    })
}
