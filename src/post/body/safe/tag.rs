//! Names of tags in text.

/// Whether a text begins with a tag of this name, which stands behind its `<` or `</`.
pub(super) fn is_tag(text: &str, tag: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(tag.len()) else {
        return false;
    };
    start.eq_ignore_ascii_case(tag)
        && rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
}
