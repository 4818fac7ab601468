//! Pictures that a script would have loaded later.

use std::borrow::Cow;
use std::collections::HashSet;

use lol_html::errors::AttributeNameError;
use lol_html::html_content::Element;

use crate::html::{find_attribute, read_words, unescape};
use crate::post::body::links::Links;

/// The attributes in which scripts keep the address of a picture, and those of its sizes.
pub(super) const LATER: [&str; 16] = [
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-lazysrc",
    "data-lazy-original",
    "data-lazy-image",
    "data-lazy-img",
    "data-lazy-url",
    "data-lazyload",
    "data-lazyload-src",
    "data-lazy",
    "data-src-lazy",
    "data-flickity-lazyload",
    "data-flickity-lazyload-src",
    "data-echo",
    "data-orig-file",
];
pub(super) const LATER_SETS: [&str; 6] = [
    "data-srcset",
    "data-lazy-srcset",
    "data-lazysrcset",
    "data-lazyload-srcset",
    "data-flickity-lazyload-srcset",
    "data-original-set",
];

/// Puts the addresses that a script would have loaded in the place of the placeholder.
pub(super) fn load(
    element: &mut Element<'_, '_>,
    links: &Links<'_>,
) -> Result<(), AttributeNameError> {
    let mut take = |names: &[&str], is_good: &dyn Fn(&str) -> bool| {
        let mut found = None;
        for name in names {
            let Some(value) = element.get_attribute(name) else {
                continue;
            };
            element.remove_attribute(name);
            found = found.or(Some(value).filter(|value| is_good(&unescape(value))));
        }
        found
    };
    let is_address = |value: &str| !is_switch(value) && links.resolve(value).is_some();
    let address = take(&LATER, &is_address);
    let set = take(&LATER_SETS, &|value| !value.trim().is_empty());
    let is_empty = |now: Option<String>| {
        now.is_none_or(|now| now.trim().is_empty() || now.starts_with("data:"))
    };
    if let Some(set) = &set {
        element.set_attribute("srcset", set)?;
    }
    // Mail programs and many readers know no sizes: one of them is the address, if there is no other.
    let set = set.or_else(|| element.get_attribute("srcset"));
    let wants_one =
        address.is_none() && element.tag_name() == "img" && is_empty(element.get_attribute("src"));
    let mut images = set.iter().flat_map(|set| list_images(set));
    if let Some((first, _)) =
        images.find(|(address, _)| wants_one && is_address(&unescape(address)))
    {
        element.set_attribute("src", first)?;
    }
    // A source of a picture has sizes alone.
    if let Some(address) = address.filter(|_| element.tag_name() == "img") {
        element.set_attribute("src", &address)?;
    }
    Ok(())
}

/// Whether the value of an attribute in `LATER` is a word alone: `data-lazy="true"`.
fn is_switch(value: &str) -> bool {
    !value.contains(['/', '.'])
}

/// The addresses in a `srcset`, each with its size, taken apart as HTML (4.8.4.2.2) does: an address may hold a comma, but
/// not end with one.
pub(super) fn list_images(set: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = set;
    let images = std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let end = rest.find(|c: char| c.is_ascii_whitespace());
        let (address, after) = rest.split_at(end.unwrap_or(rest.len()));
        let bare = address.trim_end_matches(',');
        let end = match bare.len() < address.len() {
            true => 0,
            false => after.find(',').unwrap_or(after.len()),
        };
        let (size, after) = after.split_at(end);
        rest = after;
        (!bare.is_empty()).then_some((bare, size.trim()))
    });
    images.filter(|(_, size)| is_size(size))
}

/// Whether this may follow an address in a `srcset`: nothing, or a width, a height or a density (HTML 4.8.4.2.1). A
/// browser ignores an image with anything else.
fn is_size(text: &str) -> bool {
    text.split_ascii_whitespace().all(|word| {
        let number = word.strip_suffix(['w', 'h', 'x']).unwrap_or_default();
        number
            .parse::<f64>()
            .is_ok_and(|number| number.is_finite() && number > 0.0)
    })
}

/// Finds the address that a picture's tag keeps for a script.
fn find_later_address(tag: &str) -> Option<&str> {
    let values = LATER.iter().filter_map(|name| find_attribute(tag, name));
    let address = values.map(str::trim).find(|value| !is_switch(value));
    let mut sets = LATER_SETS
        .iter()
        .filter_map(|name| find_attribute(tag, name));
    address.or_else(|| sets.find_map(|set| Some(list_images(set).next()?.0)))
}

/// Whether a picture's tag has no address of its own, and none that it keeps for a script.
fn is_placeholder(tag: &str) -> bool {
    let now = find_attribute(tag, "src");
    find_later_address(tag).is_none() && now.is_none_or(|now| now.starts_with("data:"))
}

/// Skips the tag with which a text begins.
fn skip_tag(text: &str) -> &str {
    text.split_once('>').map_or("", |(_, behind)| behind)
}

/// Whether two addresses are of one picture, perhaps in another folder, size or format: `big/a.png` and `a-300x200.webp`.
fn is_same(one: &str, other: &str) -> bool {
    read_stem(one) == read_stem(other)
}

/// Reads the name of a picture's file without its ending and its size.
fn read_stem(address: &str) -> &str {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match stem.rsplit_once('-') {
        Some((bare, size)) if is_size_of_file(size) => bare,
        _ => stem,
    }
}

/// Whether this is a size in a file's name, such as `300x200`.
fn is_size_of_file(text: &str) -> bool {
    let is_number = |side: &str| side.parse::<u32>().is_ok();
    text.split_once('x')
        .is_some_and(|(width, height)| is_number(width) && is_number(height))
}

/// Finds the tags of pictures in a text, each with its place and everything behind it.
fn find_pictures(html: &str) -> impl Iterator<Item = (usize, &str)> {
    memchr::memchr_iter(b'<', html.as_bytes()).filter_map(|at| {
        let rest = &html[at..];
        let is_picture = rest.get(1..4)?.eq_ignore_ascii_case("img")
            && rest[4..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
        is_picture.then_some((at, rest))
    })
}

/// Removes one of each picture that is there twice: for a script, and in a `<noscript>`.
pub(super) fn remove_twins(html: &str) -> Cow<'_, str> {
    const OPEN: &str = "<noscript";
    const CLOSE: &str = "</noscript>";
    let lower = html.to_ascii_lowercase();
    if !lower.contains(OPEN) || !lower.contains("<img") {
        return html.into();
    }
    let known: HashSet<&str> = find_pictures(html)
        .filter_map(|(_, tag)| find_later_address(tag))
        .collect();
    let mut done = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(found) = lower[at..].find(OPEN) {
        let start = at + found;
        let Some(length) = lower[start..].find(CLOSE) else {
            break;
        };
        let end = start + length + CLOSE.len();
        let before = &html[at..start];
        let again = find_pictures(&html[start..end]).next();
        let again = again.and_then(|(_, tag)| find_attribute(tag, "src"));
        let last = find_pictures(before).last();
        let twin = last.filter(|(_, tag)| {
            let behind = skip_tag(tag);
            read_words(behind).is_empty() && !behind.contains("<img")
        });
        match (twin, again) {
            // Only the `<noscript>` has the real picture.
            (Some((place, tag)), Some(_)) if is_placeholder(tag) => {
                done.push_str(&before[..place]);
                done.push_str(skip_tag(tag));
                done.push_str(&html[start..end]);
            }
            (Some((_, tag)), Some(again))
                if find_later_address(tag).is_some_and(|one| is_same(one, again)) =>
            {
                done.push_str(before);
            }
            (_, Some(again)) if known.contains(again) => done.push_str(before),
            _ => done.push_str(&html[at..end]),
        }
        at = end;
    }
    done.push_str(&html[at..]);
    done.into()
}

#[cfg(test)]
mod tests {
    use super::remove_twins;

    #[test]
    fn a_picture_that_is_there_twice_is_kept_once() {
        let lazy = "<img src=\"data:x\" data-src=\"a.png\">";
        for (html, expected) in [
            (
                format!("{lazy}<noscript><img src=\"a.png\"></noscript> b"),
                format!("{lazy} b"),
            ),
            (
                format!("{lazy}\n</p><NOSCRIPT><img src='big/a.png'></NOSCRIPT>"),
                format!("{lazy}\n</p>"),
            ),
            (
                format!("<noscript><img src=\"a.png\"></noscript>{lazy}"),
                lazy.to_owned(),
            ),
            (
                "<img src=\"data:x\" class=lazy><noscript><img src=\"a.png\"></noscript>"
                    .to_owned(),
                "<noscript><img src=\"a.png\"></noscript>".to_owned(),
            ),
            (
                format!("{lazy} Words. <noscript><img src=\"b.png\"></noscript>"),
                format!("{lazy} Words. <noscript><img src=\"b.png\"></noscript>"),
            ),
            (
                "<img src=\"a.png\"><noscript><img src=\"b.png\"></noscript>".to_owned(),
                "<img src=\"a.png\"><noscript><img src=\"b.png\"></noscript>".to_owned(),
            ),
            (
                format!("{lazy}\n\n<noscript><img src=\"b.png\"></noscript>"),
                format!("{lazy}\n\n<noscript><img src=\"b.png\"></noscript>"),
            ),
            (
                format!("{lazy}<noscript><img src=\"/w/a-300x200.jpg?v=1\"></noscript>"),
                lazy.to_owned(),
            ),
            (
                "<img data-src=\"/w_4,h_3/a.jpg\"><noscript><img src=\"/w_4,h_3/a.jpg\"></noscript>"
                    .to_owned(),
                "<img data-src=\"/w_4,h_3/a.jpg\">".to_owned(),
            ),
            (
                "<img data-lazy=true data-srcset=\"a.png 1x\"><noscript><img src=\"a.png\"></noscript>"
                    .to_owned(),
                "<img data-lazy=true data-srcset=\"a.png 1x\">".to_owned(),
            ),
            (
                format!("{lazy}<noscript>never closed"),
                format!("{lazy}<noscript>never closed"),
            ),
        ] {
            assert_eq!(remove_twins(&html), expected, "{html}");
        }
    }
}
