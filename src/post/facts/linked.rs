//! The files of a site that a text links to by a tag of Jekyll's: `{% link about.md %}`.

use crate::config::Dialect;
use crate::post::dialect::Rules;

/// The most files that are looked up for one text.
const MOST: usize = 1000;

/// The paths in the tags `link`, as written.
pub(super) fn list_linked(text: &str, rules: &Rules) -> Vec<String> {
    if rules.dialect != Dialect::Jekyll {
        return Vec::new();
    }
    let tags = text.split("{%").skip(1);
    tags.filter_map(read_link).take(MOST).collect()
}

/// The path that a tag names, if it is a `link`.
fn read_link(tag: &str) -> Option<String> {
    let (inner, _) = tag.split_once("%}")?;
    let file = inner.trim_matches('-').trim().strip_prefix("link")?;
    file.starts_with(char::is_whitespace)
        .then(|| file.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::list_linked;
    use crate::config::Dialect;
    use crate::post::dialect::Rules;

    #[test]
    fn the_files_of_links_are_listed_in_jekyll_alone() {
        let text =
            "{% link _docs/a.md %} {%- link a b.pdf -%} {% linked x %} {% post_url y %} {% link z";
        let jekyll = Rules::for_dialect(Dialect::Jekyll);
        assert_eq!(list_linked(text, jekyll), ["_docs/a.md", "a b.pdf"]);
        assert!(list_linked(text, Rules::for_dialect(Dialect::Hugo)).is_empty());
    }
}
