//! A file's path, taken apart: the folder, the name that stands for the post, the language.

use crate::post::dialect::Habits;

/// The parts of a post's path that addresses, titles and dates are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// The folders above the post, joined by `/`; a bundle's own folder is not among them.
    pub(super) folder: &'a str,
    /// The file's name without its ending and language; a bundle's is its folder's.
    pub(super) stem: &'a str,
    /// The file's ending.
    pub(super) ending: &'a str,
    /// The language of `tea.de.md` or of a first folder `de`, where the site has that language.
    pub(super) language: Option<&'a str>,
}

impl<'a> Name<'a> {
    pub(super) fn of(path: &'a str, habits: &Habits) -> Self {
        let (mut folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let (mut stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let is_default =
            |code: &str| habits.default_language.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(code));
        let is_other = |code: &str| habits.languages.iter().any(|language| language.eq_ignore_ascii_case(code));
        let known = |code: &&str| is_default(code) || is_other(code);
        let mut language = None;
        if let Some((rest, code)) = stem.rsplit_once('.').filter(|(_, code)| known(code)) {
            (stem, language) = (rest, Some(code));
        } else if let Some(code) = folder.split('/').next().filter(known) {
            (folder, language) = (folder[code.len()..].trim_start_matches('/'), Some(code));
        }
        let language = language.filter(|code| is_other(code));
        if stem == "index" && !folder.is_empty() {
            (folder, stem) = folder.rsplit_once('/').unwrap_or(("", folder));
        }
        Self { folder, stem, ending, language }
    }

    /// The first folder that is not one of the generator's own, like `_posts`.
    pub(super) fn section(&self) -> Option<&'a str> {
        self.folder.split('/').find(|part| !part.is_empty() && !part.starts_with('_'))
    }
}

#[cfg(test)]
mod tests {
    use super::Name;
    use crate::config::Dialect;
    use crate::post::dialect::Habits;

    #[test]
    fn a_path_says_folder_name_and_language() {
        let mut habits = Habits::of(Dialect::Hugo, chrono_tz::UTC);
        habits.languages = vec!["de".to_owned()];
        for (path, folder, stem, language, section) in [
            ("tea.md", "", "tea", None, None),
            ("posts/tea.md", "posts", "tea", None, Some("posts")),
            ("posts/tea/index.md", "posts", "tea", None, Some("posts")),
            ("tea/index.md", "", "tea", None, None),
            ("index.md", "", "index", None, None),
            ("posts/tea.de.md", "posts", "tea", Some("de"), Some("posts")),
            ("posts/tea/index.de.md", "posts", "tea", Some("de"), Some("posts")),
            ("de/posts/tea.md", "posts", "tea", Some("de"), Some("posts")),
            ("posts/v1.2.md", "posts", "v1.2", None, Some("posts")),
            ("life/_posts/2024-05-01-tea.md", "life/_posts", "2024-05-01-tea", None, Some("life")),
            ("_posts/2024-05-01-tea.md", "_posts", "2024-05-01-tea", None, None),
        ] {
            let name = Name::of(path, &habits);
            assert_eq!(
                (name.folder, name.stem, name.language, name.section()),
                (folder, stem, language, section),
                "{path}"
            );
        }
    }
}
