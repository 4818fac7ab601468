//! The parts of a file's path: the folder, the name that stands for the post, the language.

use std::collections::{HashMap, HashSet};

use crate::post::Markup;
use crate::post::dialect::Habits;

/// The parts of a post's path that addresses, titles and dates are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// The folders from the generator's folder of content down to the folder of posts.
    prefix: &'a str,
    /// The folders from there down to the post, without a bundle's own.
    folder: &'a str,
    /// The file's name without its ending and language; a bundle's is its folder's.
    pub(super) stem: &'a str,
    pub(super) markup: Option<Markup>,
    /// Whether it is the `index.md` of its folder.
    pub(super) is_index: bool,
    /// The language of `tea.de.md` or of the first folder, unless it is the default.
    pub(super) language: Option<&'a str>,
}

impl<'a> Name<'a> {
    pub(super) fn new(path: &'a str, habits: &'a Habits) -> Self {
        let mut prefix = habits.prefix.as_str();
        let (mut folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let mut stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let is_default = |code: &str| {
            habits
                .default_language
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(code))
        };
        let is_other = |code: &str| {
            habits
                .languages
                .iter()
                .any(|language| language.eq_ignore_ascii_case(code))
        };
        let mut language = None;
        if let Some((rest, code)) = stem
            .rsplit_once('.')
            .filter(|(_, code)| is_default(code) || is_other(code))
        {
            (stem, language) = (rest, Some(code));
        } else {
            let path = if prefix.is_empty() {
                &mut folder
            } else {
                &mut prefix
            };
            let found = habits.language_folders.iter().find_map(|(first, code)| {
                let rest = path
                    .strip_prefix(first.as_str())
                    .filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
                Some((rest.trim_start_matches('/'), code.as_str()))
            });
            if let Some((rest, code)) = found {
                (*path, language) = (rest, Some(code));
            }
        }
        let is_index = stem == "index" && !folder.is_empty();
        if is_index {
            (folder, stem) = folder.rsplit_once('/').unwrap_or(("", folder));
        }
        Self {
            prefix,
            folder,
            stem,
            is_index,
            markup: Markup::from_path(file),
            language: language.filter(|code| is_other(code)),
        }
    }

    /// The folders above the post.
    pub(super) fn folders(&self) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
        self.prefix
            .split('/')
            .chain(self.folder.split('/'))
            .filter(|part| !part.is_empty())
    }

    /// The first folder that is not one of the generator's own, like `_posts`.
    pub(super) fn section(&self) -> Option<&'a str> {
        self.folders().find(|part| !part.starts_with('_'))
    }
}

/// The folders with an `_index` among these files, by language; the default language has no name.
pub(crate) fn find_sections(paths: &[String], habits: &Habits) -> HashMap<String, HashSet<String>> {
    let mut sections: HashMap<String, HashSet<String>> = HashMap::new();
    for path in paths {
        let file = path.rsplit('/').next().unwrap_or_default();
        if !file.starts_with("_index.") {
            continue;
        }
        let name = Name::new(path, habits);
        let folder = name.folders().collect::<Vec<_>>().join("/");
        let language = name.language.unwrap_or_default().to_owned();
        sections.entry(language).or_default().insert(folder);
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::Name;
    use crate::config::Dialect;
    use crate::post::dialect::Habits;

    #[test]
    fn a_path_says_folder_name_and_language() {
        let mut habits = Habits::new(Dialect::Hugo, chrono_tz::UTC);
        habits.languages = vec!["de".to_owned()];
        habits.language_folders = vec![("de".to_owned(), "de".to_owned())];
        for (path, folder, stem, language, section) in [
            ("tea.md", "", "tea", None, None),
            ("posts/tea.md", "posts", "tea", None, Some("posts")),
            ("posts/tea/index.md", "posts", "tea", None, Some("posts")),
            ("tea/index.md", "", "tea", None, None),
            ("index.md", "", "index", None, None),
            ("posts/tea.de.md", "posts", "tea", Some("de"), Some("posts")),
            (
                "posts/tea/index.de.md",
                "posts",
                "tea",
                Some("de"),
                Some("posts"),
            ),
            ("de/posts/tea.md", "posts", "tea", Some("de"), Some("posts")),
            ("den/tea.md", "den", "tea", None, Some("den")),
            ("posts/v1.2.md", "posts", "v1.2", None, Some("posts")),
            (
                "life/_posts/2024-05-01-tea.md",
                "life/_posts",
                "2024-05-01-tea",
                None,
                Some("life"),
            ),
            (
                "_posts/2024-05-01-tea.md",
                "_posts",
                "2024-05-01-tea",
                None,
                None,
            ),
        ] {
            let name = Name::new(path, &habits);
            let folders = name.folders().collect::<Vec<_>>().join("/");
            assert_eq!(
                (folders.as_str(), name.stem, name.language, name.section()),
                (folder, stem, language, section),
                "{path}"
            );
        }
    }
    #[test]
    fn the_folder_of_posts_may_lie_below_the_folder_of_content() {
        let mut habits = Habits::new(Dialect::Hugo, chrono_tz::UTC);
        habits.language_folders = vec![("en".to_owned(), "en".to_owned())];
        habits.prefix = "en/blog".to_owned();
        let name = Name::new("_posts/tea.md", &habits);
        assert_eq!(
            (name.folders().collect::<Vec<_>>(), name.section()),
            (vec!["blog", "_posts"], Some("blog"))
        );
    }
}
