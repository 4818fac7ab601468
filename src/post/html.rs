//! HTML that is safe to show, whose every address is absolute and that any XML parser accepts.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, end_tag};

use crate::finding::Finding;
use crate::post::links::Links;
use crate::post::markdown::too_deep;
use crate::post::marks::Marks;
use crate::post::nesting;

/// Puts each slot's HTML in its place; a paragraph that holds nothing else gives way to it.
pub(super) fn fill(html: &str, slots: &[String], marks: Marks) -> String {
    if slots.is_empty() {
        return html.to_owned();
    }
    let mut filled = String::with_capacity(html.len() * 2);
    let mut parts = html.split(marks.slot);
    filled.push_str(parts.next().unwrap_or_default());
    while let (Some(number), after) = (parts.next(), parts.next().unwrap_or_default()) {
        let alone = filled.ends_with("<p>") && after.starts_with("</p>");
        if alone {
            filled.truncate(filled.len() - "<p>".len());
        }
        filled.push_str(number.parse::<usize>().ok().and_then(|number| slots.get(number)).map_or("", String::as_str));
        filled.push_str(if alone { &after["</p>".len()..] } else { after });
    }
    filled
}

/// The same HTML without what runs, with absolute addresses and only characters that XML 1.0 (2.2) allows.
///
/// # Errors
/// A finding where elements nest deeper than any person writes.
pub(super) fn sanitise(html: &str, links: &Links<'_>) -> Result<String, Finding> {
    if nesting::is_too_deep(html) {
        return Err(too_deep(nesting::DEEPEST));
    }
    let safe = clean(&for_readers(html));
    let settings = RewriteStrSettings::new().append_element_content_handler(element!(
        "[href], [src], [srcset], [poster], [cite]",
        |element| {
            for name in ["href", "src", "poster", "cite", "srcset"] {
                let Some(value) = element.get_attribute(name) else { continue };
                let value = value.replace("&quot;", "\"").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
                let absolute = match name {
                    "srcset" => Some(absolute_set(&value, links)),
                    // A picture that the text holds itself.
                    "src" if element.tag_name() == "img" && value.starts_with("data:image/") => continue,
                    _ => links.absolute(&value).map(String::from),
                };
                match absolute {
                    Some(absolute) => element.set_attribute(name, &absolute.replace('&', "&amp;"))?,
                    None => element.remove_attribute(name),
                }
            }
            Ok(())
        }
    ));
    let settings = settings.append_element_content_handler(element!("bdo", |element| {
        // Few readers let it pass; what it isolates stays isolated.
        Ok(element.set_tag_name("bdi")?)
    }));
    let rewritten = lol_html::rewrite_str(&safe, settings);
    let rewritten = rewritten.map_err(|error| Finding::error(format!("the text cannot be read as HTML: {error}")))?;
    Ok(rewritten.replace("<p></p>", "").trim().to_owned())
}

/// HTML without what readers do not support.
fn clean(html: &str) -> String {
    let clean = ALLOWED.clean(html).to_string();
    // Where an element is gone, what stood in it may stand where it cannot, `<p>` in `<p>`: read again, it finds a place.
    let again = tag_names(html).any(|name| !ELEMENTS.contains(name));
    legal(&if again { ALLOWED.clean(&clean).to_string() } else { clean })
}

/// The names in the tags of an HTML text, as they are written, and what only looks like one.
fn tag_names(html: &str) -> impl Iterator<Item = &str> {
    memchr::memchr_iter(b'<', html.as_bytes()).filter_map(|at| {
        let rest = html[at + 1..].trim_start_matches('/');
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len())];
        Some(name).filter(|name| !name.is_empty())
    })
}

/// The beginning of HTML that is safe already, with what the cut left open closed.
pub(super) fn closed(html: &str) -> String {
    clean(html).replace("<p></p>", "").trim().to_owned()
}

/// What readers support.
static ALLOWED: LazyLock<Builder<'static>> = LazyLock::new(allowed);
static ELEMENTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| ALLOWED.clone_tags());

fn allowed() -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .add_tags(&["figure", "figcaption", "picture", "source", "video", "audio", "track", "section", "input", "main"])
        .rm_tags(&["rtc"])
        .add_generic_attributes(&["id", "dir"])
        .add_tag_attributes("code", &["class"])
        .add_tag_attributes("pre", &["class"])
        .add_tag_attributes("blockquote", &["class"])
        .add_tag_attributes("th", &["style"])
        .add_tag_attributes("td", &["style"])
        .add_tag_attributes("img", &["srcset", "sizes"])
        .add_tag_attributes("video", &["src", "poster", "width", "height"])
        .add_tag_attributes("audio", &["src"])
        .add_tag_attributes("source", &["src", "srcset", "type", "media"])
        .add_tag_attributes("track", &["src", "kind", "srclang", "label"])
        .add_tag_attributes("details", &["open"])
        .add_tag_attributes("input", &["checked", "disabled"])
        .tag_attribute_values(HashMap::from([("input", HashMap::from([("type", HashSet::from(["checkbox"]))]))]))
        .filter_style_properties(HashSet::from(["text-align"]))
        // An address of this kind stays only where it is a picture.
        .add_url_schemes(&["data"])
        .link_rel(None)
        .url_relative(UrlRelative::PassThrough);
    builder
}

/// A `srcset` with absolute addresses, taken apart as HTML (4.8.4.2.2) does: an address may hold a comma, but not end
/// with one.
fn absolute_set(set: &str, links: &Links<'_>) -> String {
    let mut images = Vec::new();
    let mut rest = set;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            break images.join(", ");
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        let bare = address.trim_end_matches(',');
        let end = if bare.len() < address.len() { 0 } else { after.find(',').unwrap_or(after.len()) };
        let (size, after) = after.split_at(end);
        rest = after;
        if let Some(url) = links.absolute(bare) {
            images.push(format!("{url} {}", size.trim()).trim_end().to_owned());
        }
    }
}

/// The same HTML for readers that run no scripts, play no films and set no formulas: with a link for each page that it
/// embeds and behind each film and sound, with what stands in `<noscript>`, and with the words of a formula.
fn for_readers(html: &str) -> Cow<'_, str> {
    const MEANT: [&str; 5] = ["iframe", "noscript", "math", "audio", "video"];
    if !tag_names(html).any(|name| MEANT.iter().any(|meant| name.eq_ignore_ascii_case(meant))) {
        return html.into();
    }
    let quoted = |element: &Element<'_, '_>, name: &str| {
        element.get_attribute(name).map(|value| value.replace('"', "&quot;").replace('<', "&lt;"))
    };
    let to_link = |frame: &mut Element<'_, '_>| {
        let source = quoted(frame, "src").unwrap_or_default();
        let words = quoted(frame, "title").filter(|title| !title.trim().is_empty());
        let link = format!("<a href=\"{source}\">{}</a>", words.as_ref().unwrap_or(&source));
        frame.replace(&link, ContentType::Html);
        Ok(())
    };
    // The film or sound that is open, until its link is written behind it.
    let playing = Rc::new(RefCell::new(None));
    let found = Rc::clone(&playing);
    let with_link = move |player: &mut Element<'_, '_>| {
        *playing.borrow_mut() = quoted(player, "src");
        let playing = Rc::clone(&playing);
        if let Some(handlers) = player.end_tag_handlers() {
            handlers.push(end_tag!(move |end| {
                let Some(source) = playing.borrow_mut().take() else { return Ok(()) };
                let path = source.split(['?', '#']).next().unwrap_or_default();
                let name = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
                end.after(&format!(" <a href=\"{source}\">{name}</a>"), ContentType::Html);
                Ok(())
            }));
        }
        Ok(())
    };
    let source = move |one: &mut Element<'_, '_>| {
        let mut source = found.borrow_mut();
        *source = source.take().or_else(|| quoted(one, "src"));
        Ok(())
    };
    let bare = |element: &mut Element<'_, '_>| {
        match element.tag_name().as_str() {
            // The formula once more, in another notation.
            "annotation" | "annotation-xml" => element.remove(),
            _ => element.remove_and_keep_content(),
        }
        Ok(())
    };
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("iframe[src]", to_link))
        .append_element_content_handler(element!("audio, video", with_link))
        .append_element_content_handler(element!("audio source[src], video source[src]", source))
        .append_element_content_handler(element!("noscript, math, math *", bare));
    // What cannot be rewritten is left out below.
    lol_html::rewrite_str(html, settings).map_or(html.into(), Cow::Owned)
}

/// The text without the characters that XML 1.0 (2.2) forbids.
pub fn legal(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
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
