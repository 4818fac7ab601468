//! Drawings within the text: feeds show them as images of files beside the feeds, since readers drop inline SVG.

use std::borrow::Cow;

use crate::html::{escape, find_attribute, read_words, render_figure, unescape};
use crate::post::Drawing;
use crate::post::body::links::Links;
use crate::post::body::safe::tag::is_tag;

mod alone;
mod references;

use alone::{read_side, read_title, stand_alone};

/// How many drawings of one post become files.
const MOST: usize = 100;
/// The longest side of an icon, in pixels.
const ICON: f32 = 48.0;

/// Replaces each drawing with an image. Returns the HTML and the files of those images. A drawing that cannot stand
/// alone becomes a link to the page; decorative ones are left out.
pub(super) fn replace_drawings<'a>(
    html: &'a str,
    links: &Links<'_>,
) -> (Cow<'a, str>, Vec<Drawing>) {
    let mut done = String::new();
    let mut drawings = Vec::new();
    let (mut from, mut is_in_link) = (0, false);
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let rest = &html[at..];
        if at < from {
            continue;
        }
        if is_tag(rest, "<a") {
            is_in_link = true;
        } else if is_tag(rest, "</a") {
            is_in_link = false;
        } else if is_tag(rest, "<svg") {
            let Some(length) = measure_drawing(rest) else {
                break;
            };
            done.push_str(&html[from..at]);
            done.push_str(&write_stand_in(
                &rest[..length],
                links,
                is_in_link,
                &mut drawings,
            ));
            from = at + length;
        }
    }
    if from == 0 {
        return (html.into(), drawings);
    }
    ((done + &html[from..]).into(), drawings)
}

/// The length of a drawing in bytes, including nested ones.
fn measure_drawing(html: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let rest = &html[at..];
        let (opens, closes) = (is_tag(rest, "<svg"), is_tag(rest, "</svg"));
        if !opens && !closes {
            continue;
        }
        let end = at + rest.find('>')? + 1;
        let is_alone = html[..end].ends_with("/>");
        if closes {
            depth -= 1;
        } else if !is_alone {
            depth += 1;
        }
        if depth == 0 {
            return Some(end);
        }
    }
    None
}

/// The HTML that takes the place of a drawing.
fn write_stand_in(
    drawing: &str,
    links: &Links<'_>,
    is_in_link: bool,
    drawings: &mut Vec<Drawing>,
) -> String {
    let sides = [read_side(drawing, "width"), read_side(drawing, "height")];
    let is_icon = sides
        .iter()
        .all(|side| side.is_some_and(|side| side <= ICON));
    let title = read_title(drawing).map(read_words);
    let title = title.or_else(|| find_attribute(drawing, "aria-label").map(unescape));
    let title = title.filter(|title| !title.trim().is_empty());
    if is_hidden(drawing) || is_icon && title.is_none() {
        return String::new();
    }
    // Without a size of its own it is as large as the link's text: an icon, which the text explains.
    let is_large = sides[0].is_some_and(|width| width > ICON);
    if is_in_link && !is_large {
        return title.as_deref().map(escape).unwrap_or_default();
    }
    let has_room = drawings.len() < MOST;
    match has_room.then(|| stand_alone(drawing)).flatten() {
        Some(svg) => {
            let file = Drawing::new(links.home, &svg);
            let alt = title.as_deref().map(escape).unwrap_or_default();
            let image = format!("<img src=\"{}\" alt=\"{alt}\">", escape(&file.address));
            if !drawings.contains(&file) {
                drawings.push(file);
            }
            image
        }
        None if is_in_link => title.as_deref().map(escape).unwrap_or_default(),
        None => render_figure(links.page.as_str(), title.as_deref()),
    }
}

/// Whether a drawing is hidden from readers and from screen readers.
fn is_hidden(drawing: &str) -> bool {
    let says = |name: &str, wanted: &[&str]| {
        find_attribute(drawing, name).is_some_and(|value| wanted.contains(&value.trim()))
    };
    let style: String = find_attribute(drawing, "style")
        .unwrap_or_default()
        .split(' ')
        .collect();
    says("aria-hidden", &["true"])
        || says("role", &["presentation", "none"])
        || style.contains("display:none")
}

#[cfg(test)]
mod tests;
