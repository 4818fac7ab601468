//! Finds the beginnings and ends of elements in HTML that is not parsed yet.

use crate::post::body::safe::tag::is_tag;

/// Whether each element of this name is closed.
pub(super) fn is_balanced(html: &str, name: &str) -> bool {
    let (open, close) = (format!("<{name}"), format!("</{name}"));
    let mut depth = 0_usize;
    for at in memchr::memchr_iter(b'<', html.as_bytes()) {
        if is_tag(&html[at..], &open) {
            depth += 1;
        } else if is_tag(&html[at..], &close) {
            depth = depth.saturating_sub(1);
        }
    }
    depth == 0
}

/// The element of this name that a text begins with, without its end tag.
pub(super) fn before_end<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let close = format!("</{name}");
    let mut places = memchr::memchr_iter(b'<', html.as_bytes());
    let end = places.find(|at| is_tag(&html[*at..], &close))?;
    Some(&html[..end])
}
