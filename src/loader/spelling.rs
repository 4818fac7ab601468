//! Paths in one form, and as the file system writes them: a folder from another system may hold accents taken apart.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::finding::{Finding, Rule};
use crate::post::compose;

/// The names on disk of paths whose composed form differs.
#[derive(Debug, Clone, Default)]
pub(super) struct Spelling(BTreeMap<String, String>);

impl Spelling {
    /// The path of a file below the folder of posts.
    pub(super) fn on_disk<'a>(&'a self, path: &'a str) -> &'a str {
        self.0.get(path).map_or(path, String::as_str)
    }

    /// Composes paths. Returns their names on disk, and the findings about files that are left out: one name in two
    /// forms would be one post twice.
    pub(super) fn compose(paths: &mut Vec<String>) -> (Self, Vec<Finding>) {
        let mut spelling = Self::default();
        let mut findings = Vec::new();
        let is_apart = |path: &String| matches!(compose(path), Cow::Owned(_));
        if !paths.iter().any(is_apart) {
            return (spelling, findings);
        }
        let plain: HashSet<String> = paths
            .iter()
            .filter(|path| !is_apart(path))
            .cloned()
            .collect();
        let mut kept = Vec::with_capacity(paths.len());
        for path in paths.drain(..) {
            let Cow::Owned(one) = compose(&path) else {
                kept.push(path);
                continue;
            };
            if plain.contains(&one) || spelling.0.contains_key(&one) {
                let message = format!("`{one}` stands here twice, with its accents in two forms");
                findings.push(
                    Finding::error(Rule::SameSpelling, message)
                        .hint("remove or rename one of the files"),
                );
                continue;
            }
            kept.push(one.clone());
            spelling.0.insert(one, path);
        }
        kept.sort_unstable();
        *paths = kept;
        (spelling, findings)
    }
}

#[cfg(test)]
mod tests {
    use super::Spelling;

    #[test]
    fn each_path_has_one_form_and_leads_to_its_file() {
        let mut paths = ["a.md", "caf\u{e9}.md", "cafe\u{301}.md", "te\u{301}.md"]
            .map(str::to_owned)
            .to_vec();
        let (spelling, findings) = Spelling::compose(&mut paths);
        assert_eq!(paths, ["a.md", "caf\u{e9}.md", "t\u{e9}.md"]);
        assert_eq!(spelling.on_disk("t\u{e9}.md"), "te\u{301}.md");
        assert_eq!(spelling.on_disk("caf\u{e9}.md"), "caf\u{e9}.md");
        assert_eq!(findings.len(), 1);
    }
}
