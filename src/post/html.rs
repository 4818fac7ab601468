//! Markdown → HTML that is safe to show, whose every address is absolute and that any XML parser accepts.

use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};
use url::Url;

use crate::finding::Finding;

/// How deep quotes and lists may stand in each other.
const DEEPEST: usize = 100;

/// The HTML of a Markdown text.
///
/// # Errors
/// A finding where the text nests deeper than any person writes.
pub fn from_markdown(text: &str, base: &Url) -> Result<String, Finding> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut depth = 0_usize;
    let mut events = Vec::new();
    for event in Parser::new_ext(text, options) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Finding::error(format!("the text nests more than {DEEPEST} deep")).way_out("flatten it"));
        }
        events.push(event);
    }
    name_headings(&mut events);
    let mut rendered = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut rendered, events.into_iter());
    Ok(sanitise(&rendered, base))
}

/// Gives each heading an id made from its text, as every generator does.
fn name_headings(events: &mut [Event<'_>]) {
    let mut used = HashSet::new();
    let mut start = None;
    let mut text = String::new();
    for at in 0..events.len() {
        match &events[at] {
            Event::Start(Tag::Heading { .. }) => {
                start = Some(at);
                text.clear();
            }
            Event::Text(part) | Event::Code(part) if start.is_some() => text.push_str(part),
            Event::End(TagEnd::Heading(_)) => {
                let Some(start) = start.take() else { continue };
                let Event::Start(Tag::Heading { id, .. }) = &mut events[start] else { continue };
                if id.is_none() {
                    let name = super::slug(&text);
                    let mut unique = name.clone();
                    let mut number = 1;
                    while unique.is_empty() || !used.insert(unique.clone()) {
                        unique = format!("{}-{number}", if name.is_empty() { "section" } else { &name });
                        number += 1;
                    }
                    *id = Some(CowStr::from(unique));
                }
            }
            _ => {}
        }
    }
}

/// The same HTML without what runs, with absolute addresses and only characters that XML 1.0 (2.2) allows.
pub fn sanitise(html: &str, base: &Url) -> String {
    let own = base.clone();
    let mut builder = Builder::default();
    builder
        .add_tags(&["figure", "figcaption", "picture", "source", "video", "audio", "section", "input", "main"])
        .add_generic_attributes(&["id", "dir"])
        .add_tag_attributes("code", &["class"])
        .add_tag_attributes("pre", &["class"])
        .add_tag_attributes("blockquote", &["class"])
        .add_tag_attributes("th", &["style"])
        .add_tag_attributes("td", &["style"])
        .add_tag_attributes("img", &["srcset", "sizes"])
        .add_tag_attributes("video", &["src", "poster", "controls", "width", "height"])
        .add_tag_attributes("audio", &["src", "controls"])
        .add_tag_attributes("source", &["src", "srcset", "type", "media"])
        .add_tag_attributes("input", &["checked", "disabled"])
        .tag_attribute_values(HashMap::from([("input", HashMap::from([("type", HashSet::from(["checkbox"]))]))]))
        .filter_style_properties(HashSet::from(["text-align"]))
        .link_rel(None)
        .url_relative(UrlRelative::RewriteWithBase(base.clone()))
        .attribute_filter(move |_, attribute, value| match attribute {
            "srcset" => Some(absolute_set(value, &own).into()),
            "poster" => own.join(value).ok().map(|url| url.to_string().into()),
            _ => Some(value.into()),
        });
    legal(&builder.clean(html).to_string()).trim().to_owned()
}

/// A `srcset` with absolute addresses.
fn absolute_set(set: &str, base: &Url) -> String {
    let images = set.split(", ").filter_map(|image| {
        let (address, size) = image.trim().split_once(' ').unwrap_or((image.trim(), ""));
        let url = base.join(address.trim_end_matches(',')).ok()?;
        Some(format!("{url} {}", size.trim().trim_end_matches(',')).trim_end().to_owned())
    });
    images.collect::<Vec<_>>().join(", ")
}

/// The text without the characters that XML 1.0 (2.2) forbids.
pub fn legal(text: &str) -> String {
    let allowed =
        |c: &char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().filter(allowed).collect()
}

/// A text with what means something in HTML escaped.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The words of an HTML text, with single spaces.
pub fn words(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
