//! Counts the elements that are left out of a text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::html::list_tags;

/// How many elements of each name were left out.
pub(in crate::post::body) type LeftOut = BTreeMap<Cow<'static, str>, usize>;

/// How many elements of scripts are told apart by their names; a name has so many bytes at most.
const MOST_NAMED: (usize, usize) = (8, 40);
/// How many bytes of a tag are looked at: many that never end must not take all day.
const LONGEST_TAG: usize = 2000;
/// The name for all others of them.
const OTHERS: &str = "…";
/// Elements whose content no feed can show.
const UNSHOWN: [&str; 3] = ["canvas", "applet", "frame"];

/// Counts the elements that no feed can show.
pub(super) fn count_left_out(html: &str) -> LeftOut {
    let mut counts = LeftOut::new();
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        let rest = &html.as_bytes()[at + 1..];
        let name = UNSHOWN.iter().find(|name| {
            let after = rest.get(name.len());
            let is_whole =
                after.is_some_and(|c| c.is_ascii_whitespace() || matches!(c, b'>' | b'/'));
            is_whole && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        });
        if let Some(name) = name {
            *counts.entry((*name).into()).or_default() += 1;
        }
    }
    counts
}

/// Counts what shows nothing without a script or a map, though it names something to show: an empty element of a script,
/// such as `<model-viewer src="a.glb">`, a formula in a script, a link in a map.
pub(super) fn count_unshown(html: &str, counts: &mut LeftOut) {
    let mut named = 0;
    for (name, rest) in list_tags(html) {
        if !name.contains('-') && !matches!(name, "area" | "script") {
            continue;
        }
        let tag = &rest[..rest.floor_char_boundary(LONGEST_TAG)];
        let Some((attributes, inside)) = tag.split_once('>') else {
            continue;
        };
        let has = |key: &str| {
            let mut words = attributes.split_ascii_whitespace();
            words.any(|word| {
                word.split('=')
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case(key))
            })
        };
        let is_empty = attributes.ends_with('/') || inside.trim_start().starts_with("</");
        let is_unshown = match name {
            "area" => has("href"),
            "script" => attributes.contains("math/"),
            _ => {
                name.contains('-')
                    && is_empty
                    && ["src", "data-src", "href", "alt"].into_iter().any(has)
            }
        };
        if !is_unshown {
            continue;
        }
        let is_known = counts.contains_key(name);
        let can_be_named = named < MOST_NAMED.0 && name.len() <= MOST_NAMED.1;
        named += usize::from(!is_known && can_be_named);
        let name: Cow<'static, str> = match is_known || can_be_named {
            true => name.to_owned().into(),
            false => OTHERS.into(),
        };
        *counts.entry(name).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, OTHERS, count_unshown};

    #[test]
    fn what_needs_a_script_or_a_map_is_counted_if_it_names_something() {
        for (html, counted) in [
            (
                "<model-viewer src=\"/m.glb\" alt=\"A chair\"></model-viewer>",
                &["model-viewer"][..],
            ),
            (
                "<x-y data-src='/a' /> <x-y\nsrc=\"/b\">\n</x-y>",
                &["x-y", "x-y"],
            ),
            (
                "<map name=\"m\"><area href=\"/x\" alt=\"X\"><area nohref></map>",
                &["area"],
            ),
            (
                "<script type=\"math/tex\">x^2</script><script>y</script>",
                &["script"],
            ),
            (
                "<sl-icon name=\"star\"></sl-icon> <my-box src=\"/a\">text</my-box>",
                &[],
            ),
            ("a - b <b-c", &[]),
        ] {
            let mut counts = LeftOut::new();
            count_unshown(html, &mut counts);
            let mut expected = LeftOut::new();
            for name in counted {
                *expected.entry((*name).into()).or_default() += 1;
            }
            assert_eq!(counts, expected, "{html}");
        }
        let names = (0..100).map(|n| format!("<x-{n} src=\"a\"></x-{n}>"));
        let many = names.collect::<Vec<_>>().concat();
        let mut counts = LeftOut::new();
        count_unshown(&many, &mut counts);
        assert_eq!((counts.len(), counts[OTHERS]), (9, 92));
    }
}
