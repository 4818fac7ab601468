//! Counts the elements that are left out of a text.

use std::collections::BTreeMap;

/// How many elements of each name were left out.
pub(in crate::post::body) type LeftOut = BTreeMap<&'static str, usize>;

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
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}
