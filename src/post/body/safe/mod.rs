//! HTML that is safe to show, whose every address is absolute and that any XML parser accepts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use lol_html::{RewriteStrSettings, element};

use crate::finding::Finding;
use crate::html::{legal, tags, unescape};
use crate::post::body::links::Links;

mod embed;
mod nesting;

/// The same HTML without what runs, with absolute addresses and only characters that XML 1.0 (2.2) allows.
///
/// # Errors
/// A finding where elements nest deeper than any person writes.
pub(super) fn sanitise(html: &str, links: &Links<'_>) -> Result<String, Finding> {
    if nesting::is_too_deep(html) {
        return Err(too_deep(nesting::DEEPEST));
    }
    let readable = embed::without_scripts(html);
    // Where a page shows a picture by a script, it often says it once more for those who run none.
    let is_said_again = tags(html).any(|(name, _)| name.eq_ignore_ascii_case("noscript"));
    let safe = clean(&readable);
    let unreadable = |error| Finding::error(format!("the text cannot be read as HTML: {error}"));
    let safe = embed::with_links(&safe, links)
        .map_err(unreadable)?
        .map_or(safe, |linked| clean(&linked));
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_element_content_handler(element!(
            "img, [href], [src], [data-src], [srcset], [poster], [cite]",
            |element| {
                let is_image = element.tag_name() == "img";
                if let Some(later) = element.get_attribute("data-src") {
                    element.remove_attribute("data-src");
                    let now = element
                        .get_attribute("src")
                        .filter(|now| !now.trim().is_empty() && !now.starts_with("data:"));
                    if is_image && now.is_none() && !is_said_again {
                        element.set_attribute("src", &later)?;
                    }
                }
                for name in ["href", "src", "poster", "cite", "srcset"] {
                    let Some(value) = element.get_attribute(name).map(|value| unescape(&value))
                    else {
                        continue;
                    };
                    let absolute = match name {
                        "srcset" => Some(absolute_set(&value, links)).filter(|set| !set.is_empty()),
                        // A picture that the text holds itself.
                        "src" if is_image && value.starts_with("data:image/") => continue,
                        // Empty it would be the post's own page.
                        "src" if value.trim().is_empty() => None,
                        _ => links.absolute(&value).map(String::from),
                    };
                    match absolute {
                        Some(absolute) => {
                            element.set_attribute(name, &absolute.replace('&', "&amp;"))?;
                        }
                        None => element.remove_attribute(name),
                    }
                }
                let shows = element.has_attribute("src") || element.has_attribute("srcset");
                if is_image && (!shows || embed::is_unseen(element)) {
                    element.remove();
                }
                Ok(())
            }
        ));
    let settings = settings.append_element_content_handler(element!("bdo", |element| {
        // Few readers let it pass; what it isolates stays isolated.
        Ok(element.set_tag_name("bdi")?)
    }));
    let rewritten = lol_html::rewrite_str(&safe, settings);
    Ok(rewritten
        .map_err(unreadable)?
        .replace("<p></p>", "")
        .trim()
        .to_owned())
}

pub(super) fn too_deep(deepest: usize) -> Finding {
    Finding::error(format!("the text nests more than {deepest} deep")).way_out("flatten it")
}

/// HTML without what readers do not support.
fn clean(html: &str) -> String {
    let clean = ALLOWED.clean(html).to_string();
    let unread = without_strays(&clean);
    // Where an element is gone, what stood in it may stand where it cannot, `<p>` in `<p>`: read again, it finds a place.
    let again = unread.is_some() || tags(html).any(|(name, _)| !ELEMENTS.contains(name));
    let clean = unread.unwrap_or(clean);
    let clean = if again {
        ALLOWED.clean(&clean).to_string()
    } else {
        clean
    };
    match legal(&clean) {
        Cow::Borrowed(_) => clean,
        Cow::Owned(legal) => legal,
    }
}

/// The HTML with the words alone of each reading that does not stand in its ruby itself, and with a `div` in place of each
/// summary that does not in its details: HTML (4.5.10, 4.11.2) has no other place for them. None where each is in its own.
fn without_strays(html: &str) -> Option<String> {
    const STRAY: &str = ":not(ruby) > rt, :not(ruby) > rp, :not(details) > summary";
    if !tags(html).any(|(name, _)| matches!(name, "rt" | "rp" | "summary")) {
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
        .add_tags(&[
            "figure",
            "figcaption",
            "picture",
            "source",
            "video",
            "audio",
            "track",
            "section",
            "input",
            "main",
        ])
        // They give way to links, or to what a script would have loaded.
        .add_tags(&["iframe"])
        .add_tag_attributes("iframe", &["src", "data-src"])
        .add_tag_attributes("video", &["data-src"])
        .add_tag_attributes("audio", &["data-src"])
        .add_tag_attributes("source", &["data-src"])
        .add_tag_attributes("img", &["data-src"])
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
        .tag_attribute_values(HashMap::from([(
            "input",
            HashMap::from([("type", HashSet::from(["checkbox"]))]),
        )]))
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
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        let bare = address.trim_end_matches(',');
        let end = if bare.len() < address.len() {
            0
        } else {
            after.find(',').unwrap_or(after.len())
        };
        let (size, after) = after.split_at(end);
        rest = after;
        let size = size.trim();
        if let Some(url) = links.absolute(bare).filter(|_| is_size(size)) {
            images.push(format!("{url} {size}").trim_end().to_owned());
        }
    }
}

/// Whether this is what may stand behind an address in a `srcset`: nothing, or a width, a height or a density (HTML
/// 4.8.4.2.1). A browser leaves an image with anything else out.
fn is_size(text: &str) -> bool {
    text.split_ascii_whitespace().all(|word| {
        let number = word.strip_suffix(['w', 'h', 'x']).unwrap_or_default();
        number
            .parse::<f64>()
            .is_ok_and(|number| number.is_finite() && number > 0.0)
    })
}
