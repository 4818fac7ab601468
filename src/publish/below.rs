//! Whether a path below a folder stays below it.

use std::path::{Component, Path};

/// Whether a path below a folder stays below it.
pub(super) fn is_below(path: &str) -> bool {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    !path.is_empty() && !path.contains(['\\', '\0']) && Path::new(path).components().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_known() {
        for path in [
            "atom.xml",
            "tag/c++/atom.xml",
            "tag/..x/rss.xml.gz",
            "夜/feed.json",
        ] {
            assert!(is_below(path), "{path}");
        }
        for path in [
            "",
            "/",
            "..",
            "../x",
            "/etc/passwd",
            "tag/../../x",
            "tag/..",
            "./../x",
            ".",
            "a\\..\\x",
            "a\0b",
        ] {
            assert!(!is_below(path), "{path:?}");
        }
    }
}
