//! `[posts]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error};

/// Where the posts are and how they are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Posts {
    /// The folder that is walked.
    pub dir: PathBuf,
    /// Whose habits the posts follow.
    pub dialect: Dialect,
    /// The pattern of a post's address; without it the dialect's own.
    #[serde(deserialize_with = "permalink")]
    pub permalink: Option<String>,
    /// Whether drafts are taken in.
    pub drafts: bool,
    /// Whether posts dated after now are taken in.
    pub future: bool,
    /// Whether git's first and last commit of a file date a post that does not say.
    pub git_dates: bool,
    /// The file that keeps every post's id.
    #[serde(deserialize_with = "lock")]
    pub lock: PathBuf,
    /// The config's folder.
    #[serde(skip)]
    pub(crate) root: PathBuf,
    /// The folder of the feeds: what is written there is no post.
    #[serde(skip)]
    pub(crate) feeds: PathBuf,
}

impl Default for Posts {
    fn default() -> Self {
        Self {
            dir: "post".into(),
            dialect: Dialect::Auto,
            permalink: None,
            drafts: false,
            future: false,
            git_dates: false,
            lock: "tidings.lock".into(),
            root: PathBuf::new(),
            feeds: PathBuf::new(),
        }
    }
}

/// A file whose name leaves room for the manifest beside it.
fn lock<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    let lock = PathBuf::deserialize(deserializer)?;
    let named = |text: String| Err(D::Error::custom(text));
    if lock.file_name().is_none() {
        return named(format!(
            "`{}` names no file\nexpected something like tidings.lock",
            lock.display()
        ));
    }
    let is_manifest = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("manifest");
    if lock.extension().is_some_and(is_manifest) {
        return named(format!(
            "`{}` is where the manifest goes, which lies beside the lock\nexpected something like {}",
            lock.display(),
            lock.with_extension("lock").display()
        ));
    }
    Ok(lock)
}

impl Posts {
    pub(super) fn resolve_paths(&mut self, root: &Path) {
        self.dir = root.join(&self.dir);
        self.lock = root.join(&self.lock);
        root.clone_into(&mut self.root);
    }
}

/// A pattern of addresses in our form: that of Jekyll and Hugo would be taken as text.
fn permalink<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let pattern = String::deserialize(deserializer)?;
    match with_braces(&pattern) {
        Some(ours) => Err(D::Error::custom(format!(
            "`{}` is written as Jekyll and Hugo do\nexpected tokens in braces, like {ours}",
            pattern.escape_debug()
        ))),
        None => Ok(Some(pattern)),
    }
}

/// A pattern with `:year` and its like in our form; none where there is nothing of that form in it.
fn with_braces(pattern: &str) -> Option<String> {
    /// The tokens of Jekyll and Hugo, and ours of the same meaning.
    const TOKENS: [(&str, &str); 16] = [
        ("year", "year"),
        ("month", "month"),
        ("day", "day"),
        ("i_month", "month"),
        ("i_day", "day"),
        ("title", "title"),
        ("slug", "slug"),
        ("name", "slug"),
        ("slugorfilename", "slug"),
        ("slugorcontentbasename", "slug"),
        ("filename", "filename"),
        ("contentbasename", "filename"),
        ("section", "section"),
        ("sections", "section"),
        ("categories", "category"),
        ("path", "path"),
    ];
    let mut ours = String::new();
    let mut is_theirs = false;
    let mut rest = pattern;
    while let Some(at) = rest.find([':', '{']) {
        ours.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_word = |c: char| c.is_ascii_alphabetic() || c == '_';
        let end = match rest.strip_prefix(':') {
            Some(after) => after.find(|c| !is_word(c)).unwrap_or(after.len()) + 1,
            // A colon in braces gives the form of a date.
            None => rest.find('}').map_or(rest.len(), |end| end + 1),
        };
        let token = rest[1..end].to_ascii_lowercase();
        let known = TOKENS.iter().find(|(theirs, _)| *theirs == token);
        match known.filter(|_| rest.starts_with(':')) {
            Some((_, token)) => {
                is_theirs = true;
                ours.push_str(&format!("{{{token}}}"));
            }
            None => ours.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    ours.push_str(rest);
    is_theirs.then_some(ours)
}

/// The generator whose habits the posts follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Decided from what stands in and beside the folder.
    Auto,
    /// Hugo.
    Hugo,
    /// Zola.
    Zola,
    /// Jekyll.
    Jekyll,
    /// Eleventy.
    Eleventy,
    /// Pelican.
    Pelican,
    /// Obsidian.
    Obsidian,
    /// No front matter: a verse, a title that leads with its date, a paragraph a line.
    Plain,
}

impl Dialect {
    /// The word for it in a config.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Hugo => "hugo",
            Self::Zola => "zola",
            Self::Jekyll => "jekyll",
            Self::Eleventy => "eleventy",
            Self::Pelican => "pelican",
            Self::Obsidian => "obsidian",
            Self::Plain => "plain",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_braces;

    #[test]
    fn the_form_of_jekyll_and_hugo_is_known_and_said_in_ours() {
        for (pattern, expected) in [
            ("/:year/:month/:title/", Some("/{year}/{month}/{title}/")),
            (":year-:i_month-:i_day", Some("{year}-{month}-{day}")),
            ("/:categories/:name.html", Some("/{category}/{slug}.html")),
            ("/:Year/{slug}", Some("/{year}/{slug}")),
            ("/{year}/:slug", Some("/{year}/{slug}")),
            ("/:year/:unknown/", Some("/{year}/:unknown/")),
            ("/{year}/{slug}/", None),
            ("/{date:%Y}/{slug}/", None),
            ("/{:year", None),
            ("/a:b/{slug}", None),
            ("https://x.example:8080/{slug}", None),
            ("/:", None),
            ("", None),
        ] {
            assert_eq!(with_braces(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
