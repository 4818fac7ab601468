//! Names of tags in text.

/// Whether a tag of this name follows a `<` or `</`.
pub(super) fn is_tag(text: &str, tag: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(tag.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(tag)
        && rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
}
