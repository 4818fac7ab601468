//! Pictures that a script would have loaded later, and drawings within the text.

use std::borrow::Cow;
use std::collections::HashSet;

use lol_html::errors::AttributeNameError;
use lol_html::html_content::Element;

use crate::html::{attribute, escape, unescape, words};
use crate::post::body::links::Links;
use crate::post::body::safe::tag::is_tag;

/// Where scripts look for the address of a picture, and for those of its sizes.
pub(super) const LATER: [&str; 7] = [
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-lazyload",
    "data-lazy",
    "data-echo",
    "data-orig-file",
];
pub(super) const LATER_SETS: [&str; 3] = ["data-srcset", "data-lazy-srcset", "data-original-set"];

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
    let is_address = |value: &str| !value.trim().is_empty() && links.absolute(value).is_some();
    let address = take(&LATER, &is_address);
    let set = take(&LATER_SETS, &|value| !value.trim().is_empty());
    let is_empty = |now: Option<String>| {
        now.is_none_or(|now| now.trim().is_empty() || now.starts_with("data:"))
    };
    if let Some(set) = set {
        let first = set.split([' ', ',']).find(|word| !word.is_empty());
        let first = first.filter(|first| is_address(&unescape(first)));
        if let Some(first) = first.filter(|_| address.is_none() && element.tag_name() == "img")
            && is_empty(element.get_attribute("src"))
        {
            element.set_attribute("src", first)?;
        }
        element.set_attribute("srcset", &set)?;
    }
    // A source of a picture has sizes alone.
    if let Some(address) = address.filter(|_| element.tag_name() == "img") {
        element.set_attribute("src", &address)?;
    }
    Ok(())
}

/// The address that a picture's tag keeps for a script.
fn later(tag: &str) -> Option<&str> {
    let mut names = LATER.iter().chain(&LATER_SETS);
    let value = names.find_map(|name| attribute(tag, name))?;
    value.split([' ', ',']).find(|word| !word.is_empty())
}

/// Whether two addresses are of one picture, perhaps in another folder, size or format: `big/a.png` and `a-300x200.webp`.
fn is_same(one: &str, other: &str) -> bool {
    fn stem(address: &str) -> &str {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_size = |size: &str| {
            size.split_once('x').is_some_and(|(width, height)| {
                [width, height]
                    .iter()
                    .all(|side| side.parse::<u32>().is_ok())
            })
        };
        match stem.rsplit_once('-') {
            Some((bare, size)) if is_size(size) => bare,
            _ => stem,
        }
    }
    stem(one) == stem(other)
}

/// The tags of pictures in a text, each with its place.
fn pictures(html: &str) -> impl Iterator<Item = (usize, &str)> {
    memchr::memchr_iter(b'<', html.as_bytes()).filter_map(|at| {
        let rest = &html[at..];
        let is_picture = rest.get(1..4)?.eq_ignore_ascii_case("img")
            && rest[4..].starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
        is_picture.then_some((at, rest))
    })
}

/// The same HTML with each picture once that is there twice: for a script, and in a `<noscript>` for those who run none.
pub(super) fn without_twins(html: &str) -> Cow<'_, str> {
    const OPEN: &str = "<noscript";
    const CLOSE: &str = "</noscript>";
    let lower = html.to_ascii_lowercase();
    if !lower.contains(OPEN) || !lower.contains("<img") {
        return html.into();
    }
    let known: HashSet<&str> = pictures(html).filter_map(|(_, tag)| later(tag)).collect();
    let mut done = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(found) = lower[at..].find(OPEN) {
        let start = at + found;
        let Some(length) = lower[start..].find(CLOSE) else {
            break;
        };
        let end = start + length + CLOSE.len();
        let before = &html[at..start];
        let again = pictures(&html[start..end]).next();
        let again = again.and_then(|(_, tag)| attribute(tag, "src"));
        let twin = pictures(before).last().filter(|(at, _)| {
            let behind = before[*at..]
                .split_once('>')
                .map_or("", |(_, behind)| behind);
            words(behind).is_empty() && !behind.contains("<img")
        });
        match (twin, again) {
            // The real picture stands in the `<noscript>` alone.
            (Some((place, tag)), Some(_))
                if later(tag).is_none()
                    && attribute(tag, "src").is_none_or(|now| now.starts_with("data:")) =>
            {
                let behind = before[place..]
                    .split_once('>')
                    .map_or("", |(_, behind)| behind);
                done.push_str(&before[..place]);
                done.push_str(behind);
                done.push_str(&html[start..end]);
            }
            (Some((_, tag)), Some(again)) if later(tag).is_some_and(|one| is_same(one, again)) => {
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

/// The same HTML with a link to the page in the place of each drawing; those that only adorn are left out.
pub(super) fn with_drawings_linked<'a>(html: &'a str, page: &str) -> Cow<'a, str> {
    let mut done = String::new();
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
            let Some(length) = length_of_drawing(rest) else {
                break;
            };
            done.push_str(&html[from..at]);
            done.push_str(&stand_in(&rest[..length], page, is_in_link));
            from = at + length;
        }
    }
    if from == 0 {
        return html.into();
    }
    (done + &html[from..]).into()
}

/// How many bytes a drawing takes, with those in it.
fn length_of_drawing(html: &str) -> Option<usize> {
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

fn stand_in(drawing: &str, page: &str, is_in_link: bool) -> String {
    let says = |name: &str, wanted: &[&str]| {
        attribute(drawing, name).is_some_and(|value| wanted.contains(&value.trim()))
    };
    let is_small = |name: &str| {
        let length = attribute(drawing, name).map(|value| value.trim().trim_end_matches("px"));
        let length = length.and_then(|length| match length.strip_suffix("em") {
            Some(ems) => ems.parse::<f32>().ok().map(|ems| ems * 16.0),
            None => length.parse::<f32>().ok(),
        });
        length.is_some_and(|length| length <= 48.0)
    };
    let style: String = attribute(drawing, "style")
        .unwrap_or_default()
        .split(' ')
        .collect();
    let title = drawing.split_once("<title").and_then(|(_, rest)| {
        let (_, rest) = rest.split_once('>')?;
        rest.split_once("</title>").map(|(title, _)| words(title))
    });
    let title = title.or_else(|| attribute(drawing, "aria-label").map(unescape));
    let title = title.filter(|title| !title.trim().is_empty());
    let is_hidden = says("aria-hidden", &["true"])
        || says("role", &["presentation", "none"])
        || style.contains("display:none");
    if is_hidden || is_small("width") && is_small("height") && title.is_none() {
        return String::new();
    }
    match title {
        Some(title) if is_in_link => escape(&title),
        None if is_in_link => String::new(),
        title => {
            let words = title.unwrap_or_else(|| "see the post".to_owned());
            format!(
                "<a href=\"{}\">Figure: {}</a>",
                escape(page),
                escape(&words)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{with_drawings_linked, without_twins};

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
                format!("{lazy}<noscript>never closed"),
                format!("{lazy}<noscript>never closed"),
            ),
        ] {
            assert_eq!(without_twins(&html), expected, "{html}");
        }
    }

    #[test]
    fn a_drawing_is_a_link_to_the_page_unless_it_only_adorns() {
        let link = |words: &str| format!("<a href=\"https://x.example/\">Figure: {words}</a>");
        for (html, expected) in [
            (
                "a <svg><path d=''/></svg> b",
                format!("a {} b", link("see the post")),
            ),
            (
                "<SVG viewBox='0'><title>Tea &amp; cake</title></SVG>",
                link("Tea &amp; cake"),
            ),
            ("<svg aria-label=\"Tea\"/>", link("Tea")),
            (
                "<svg><svg></svg><g/></svg>b",
                format!("{}b", link("see the post")),
            ),
            ("<svg aria-hidden=\"true\"><path/></svg>", String::new()),
            ("<svg width=16 height=\"1em\"><path/></svg>", String::new()),
            ("<svg style='display: none'><symbol/></svg>", String::new()),
            (
                "<a href=x><svg><path/></svg> b</a>",
                "<a href=x> b</a>".to_owned(),
            ),
            (
                "<a href=x><svg><title>c</title></svg></a>",
                "<a href=x>c</a>".to_owned(),
            ),
            ("<svg>a", "<svg>a".to_owned()),
            ("a < b", "a < b".to_owned()),
        ] {
            assert_eq!(
                with_drawings_linked(html, "https://x.example/"),
                expected,
                "{html}"
            );
        }
    }
}
