//! Sanitises HTML: safe to show, every address absolute, and acceptable to any XML parser.

use std::borrow::Cow;

use lol_html::errors::{AttributeNameError, RewritingError};
use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element};
use memchr::memmem;

use crate::finding::{Finding, Rule};
use crate::html::{list_tags, make_legal, unescape};
use crate::post::Drawing;
use crate::post::body::links::Links;
use crate::post::body::safe::allowed::{ALLOWED, ELEMENTS};
use crate::post::body::safe::simple::Simple;

mod allowed;
mod apart;
mod drawings;
mod element;
mod embed;
mod forms;
mod formulas;
mod left_out;
mod long;
mod nesting;
mod pictures;
mod player;
mod plugin;
mod simple;
mod tag;

pub(super) use left_out::LeftOut;

use left_out::{count_left_out, count_unshown};

pub(super) use formulas::is_formula;

/// HTML that is safe to show, the drawings that it shows, and the elements with content that are not in it, by their names.
pub(super) struct Safe {
    pub(super) html: String,
    pub(super) drawings: Vec<Drawing>,
    pub(super) left_out: LeftOut,
}

/// Removes active content, makes addresses absolute, and keeps only characters that XML 1.0 (2.2) allows.
///
/// # Errors
/// A finding if elements nest too deeply.
pub(super) fn sanitise(html: &str, links: &Links<'_>) -> Result<Safe, Finding> {
    // Simple HTML contains nothing that is replaced, left out or refused below.
    if let Some(simple) = simple::write_simple(html) {
        return Ok(Safe {
            html: tidy(resolve_simple(simple, links)),
            drawings: Vec::new(),
            left_out: LeftOut::new(),
        });
    }
    sanitise_by_parser(html, links)
}

/// Sanitises any HTML.
fn sanitise_by_parser(html: &str, links: &Links<'_>) -> Result<Safe, Finding> {
    if nesting::is_too_deep(html) {
        return Err(too_deep(nesting::DEEPEST));
    }
    let mut left_out = count_left_out(html);
    let once = pictures::remove_twins(html);
    let (drawn, mut drawings) = drawings::replace_drawings(&once, links);
    let said = formulas::show_sources(&drawn);
    let readable = embed::replace_scripts(&said, links, &mut left_out);
    count_unshown(&readable, &mut left_out);
    let formless = forms::remove_forms(&readable, &mut left_out);
    let safe = clean(&apart::keep_apart(&formless));
    let unreadable = |error| {
        Finding::error(
            Rule::HtmlUnreadable,
            format!("the text cannot be read as HTML: {error}"),
        )
    };
    let safe = embed::link_embeds(&safe, links, &mut left_out)
        .map_err(unreadable)?
        .map_or(safe, |linked| clean(&linked));
    let rewritten = resolve_addresses(&safe, links).map_err(unreadable)?;
    // One in a comment is not shown.
    drawings.retain(|drawing| rewritten.contains(&drawing.path));
    Ok(Safe {
        html: tidy(rewritten),
        drawings,
        left_out,
    })
}

fn resolve_simple(simple: Simple, links: &Links<'_>) -> String {
    simple.resolve_addresses(|value| links.resolve(value).map(String::from))
}

/// HTML without empty paragraphs, and without spaces around it.
fn tidy(html: String) -> String {
    let html = remove_empty_paragraphs(&html).unwrap_or(html);
    match html.trim() {
        trimmed if trimmed.len() < html.len() => trimmed.to_owned(),
        _ => html,
    }
}

/// Removes empty paragraphs; `None` if there are none.
fn remove_empty_paragraphs(html: &str) -> Option<String> {
    const OPEN: &str = "<p>";
    let mut without = String::new();
    let mut from = 0;
    for at in memmem::find_iter(html.as_bytes(), OPEN) {
        let inside = &html[at + OPEN.len()..];
        if let Some(behind) = inside.trim_ascii_start().strip_prefix("</p>") {
            without.push_str(&html[from..at]);
            from = html.len() - behind.len();
        }
    }
    (from > 0).then(|| without + &html[from..])
}

/// HTML that is safe already, with absolute addresses, and without pictures that show nothing.
fn resolve_addresses(safe: &str, links: &Links<'_>) -> Result<String, RewritingError> {
    match simple::write_simple(safe) {
        Some(simple) => Ok(resolve_simple(simple, links)),
        None => resolve_addresses_by_parser(safe, links),
    }
}

fn resolve_addresses_by_parser(safe: &str, links: &Links<'_>) -> Result<String, RewritingError> {
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!("img, source", |element| {
            Ok(pictures::load(element, links)?)
        }))
        .append_element_content_handler(element!(
            "img, source, [href], [src], [srcset], [poster], [cite]",
            |element| Ok(make_absolute(element, links)?)
        ))
        .append_element_content_handler(element!("[style]", |element| {
            let style = element.get_attribute("style").unwrap_or_default();
            let align = style.split_once(':').map_or("", |(_, value)| value.trim());
            if !ALIGNMENTS.contains(&align) {
                element.remove_attribute("style");
            }
            Ok(())
        }))
        .append_element_content_handler(element!("bdo", |element| {
            // Few readers accept `bdo`; its content stays isolated.
            Ok(element.set_tag_name("bdi")?)
        }));
    lol_html::rewrite_str(safe, settings)
}

/// The values of `text-align` that a table's cell may have.
const ALIGNMENTS: [&str; 6] = ["left", "right", "center", "justify", "start", "end"];

fn make_absolute(
    element: &mut Element<'_, '_>,
    links: &Links<'_>,
) -> Result<(), AttributeNameError> {
    let is_image = element.tag_name() == "img";
    for name in ["href", "src", "poster", "cite", "srcset"] {
        let Some(value) = element.get_attribute(name).map(|value| unescape(&value)) else {
            continue;
        };
        let absolute = match name {
            "srcset" => Some(resolve_set(&value, links)).filter(|set| !set.is_empty()),
            // A picture that the text holds itself.
            "src" if is_image && value.starts_with("data:image/") => continue,
            // Empty it would be the post's own page.
            "src" if value.trim().is_empty() => None,
            _ => links.resolve(&value).map(String::from),
        };
        match absolute {
            Some(absolute) => element.set_attribute(name, &absolute.replace('&', "&amp;"))?,
            None => element.remove_attribute(name),
        }
    }
    let shows = element.has_attribute("src") || element.has_attribute("srcset");
    if is_image && (!shows || embed::is_unseen(element)) {
        element.remove();
    }
    Ok(())
}

pub(super) fn too_deep(deepest: usize) -> Finding {
    Finding::error(
        Rule::TextTooDeep,
        format!("the text nests more than {deepest} deep"),
    )
    .hint("flatten it")
}

/// Removes the elements and attributes that readers do not support.
fn clean(html: &str) -> String {
    let clean = ALLOWED.clean(&long::split_long_texts(html)).to_string();
    let unread = remove_strays(&clean);
    // After an element is removed, its content may be misplaced, `<p>` in `<p>`: parsing again moves it.
    let again = unread.is_some() || list_tags(html).any(|(name, _)| !ELEMENTS.contains(name));
    let clean = unread.unwrap_or(clean);
    let clean = if again {
        ALLOWED.clean(&long::split_long_texts(&clean)).to_string()
    } else {
        clean
    };
    match make_legal(&clean) {
        Cow::Borrowed(_) => clean,
        Cow::Owned(legal) => legal,
    }
}

/// Replaces each reading outside of its ruby with its words, and each summary outside of its details with a `div`: HTML
/// (4.5.10, 4.11.2) has no other place for them. `None` if each is in its place.
fn remove_strays(html: &str) -> Option<String> {
    const STRAY: &str = ":not(ruby) > rt, :not(ruby) > rp, :not(details) > summary";
    if !list_tags(html).any(|(name, _)| matches!(name, "rt" | "rp" | "summary")) {
        return None;
    }
    let mut is_stray = false;
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!(STRAY, |element| {
            is_stray = true;
            if element.tag_name() == "summary" {
                return Ok(element.set_tag_name("div")?);
            }
            element.remove_and_keep_content();
            Ok(())
        }));
    lol_html::rewrite_str(html, settings)
        .ok()
        .filter(|_| is_stray)
}

/// Closes the elements that a cut left open in sanitised HTML.
pub(super) fn close_tags(html: &str) -> String {
    let simple = simple::write_simple(html).map(|simple| simple.html);
    tidy(simple.unwrap_or_else(|| clean(html)))
}

/// A `srcset` with absolute addresses.
fn resolve_set(set: &str, links: &Links<'_>) -> String {
    let images = pictures::list_images(set).filter_map(|(address, size)| {
        let url = links.resolve(address)?;
        Some(format!("{url} {size}").trim_end().to_owned())
    });
    images.collect::<Vec<String>>().join(", ")
}

#[cfg(test)]
mod tests;
