//! Surveys a site through its generator's config, so that `init` can write a config for it.

use std::fs;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde_json::Value;
use url::{Host, Url};

use crate::config::{Author, Dialect, Format, is_language, parse_own_url};
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::keys::Generator;
use crate::loader::walk::list_files;
use crate::reader::Email;

/// The settings of a site that has no config of ours yet.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The generator; `None` if the folder has no generator's config.
    pub(crate) dialect: Option<Dialect>,
    /// The generator's config file.
    pub(crate) config: PathBuf,
    pub(crate) title: Option<String>,
    pub(crate) url: Option<Url>,
    /// The path below its domain at which the generator puts the site; empty if it is the root, or part of `url`.
    pub(crate) base: String,
    pub(crate) description: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) zone: Option<Tz>,
    pub(crate) author: Option<Author>,
    /// The folder of the posts, below the folder of the site.
    pub(crate) posts: PathBuf,
    /// Whether the posts have no date of their own, so that git is asked.
    pub(crate) git_dates: bool,
    /// The folder that is published, below the folder of the site.
    pub(crate) output: PathBuf,
    /// The generator's own feed: its format, and its file below the folder that is published.
    pub(crate) feed: Option<(Format, String)>,
    /// How the generator's own feed is switched off.
    pub(crate) switch_off: &'static str,
}

impl Survey {
    /// Takes the address of the site if a new site may have it.
    pub(crate) fn take_url(&mut self, text: &str) {
        if let Ok(url) = parse_own_url(text.trim()) {
            self.url = Some(url);
        }
    }

    /// Takes the domain that a host of static pages was told: the one line of the file `CNAME`.
    pub(super) fn take_domain(&mut self, root: &Path) {
        let output = root.join(&self.output);
        let folders =
            ["", "static", "public", "source", "src/public"].map(|folder| root.join(folder));
        for folder in folders.iter().chain([&output]) {
            let text = read_text(&folder.join("CNAME"), WRITTEN).unwrap_or_default();
            let domain = text.trim();
            if Host::parse(domain).is_ok() {
                let path = match self.base.trim_matches('/') {
                    "" => String::new(),
                    base => format!("{base}/"),
                };
                self.take_url(&format!("https://{domain}/{path}"));
                return;
            }
        }
    }

    pub(super) fn take_language(&mut self, text: &str) {
        let tag = text.trim().replace('_', "-");
        if is_language(&tag) {
            self.language = Some(tag);
        }
    }

    /// Takes an e-mail address for the known author, or for the author that it names itself.
    pub(super) fn take_email(&mut self, text: &str) {
        if let (Some(author), Ok(email)) = (&mut self.author, text.trim().parse::<Email>()) {
            let _ = author.email.get_or_insert(email);
        }
    }
}

/// The first of these keys that is set to a text.
pub(super) fn find_text(generator: &Generator, keys: &[&str]) -> Option<String> {
    let found = keys.iter().find_map(|key| generator.text(key))?;
    Some(found.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Reads a text within a table of the config.
pub(super) fn find_nested<'a>(generator: &'a Generator, table: &str, key: &str) -> Option<&'a str> {
    let (_, value) = generator
        .keys
        .get(table)?
        .as_object()?
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    value.as_str().filter(|text| !text.trim().is_empty())
}

/// The first text in a list of texts, or the text itself.
pub(super) fn find_first(value: &Value) -> Option<&str> {
    match value {
        Value::Array(list) => list.first()?.as_str(),
        one => one.as_str(),
    }
}

/// The usual names of folders of posts.
pub(super) const USUAL: [&str; 9] = [
    "posts",
    "post",
    "blog",
    "articles",
    "news",
    "writing",
    "notes",
    "journal",
    "changelog",
];

/// Folders of Markdown that are about a program, or that a program made.
const NOT_POSTS: [&str; 7] = [
    "docs",
    "doc",
    "node_modules",
    "target",
    "vendor",
    "public",
    "templates",
];

/// The usually named folder below this one that holds most posts, or this one if there is none.
pub(super) fn find_posts_in(content: &Path) -> PathBuf {
    find_posts_among(&USUAL, content)
}

/// The folder of one of these names below this one that holds most posts, or this one if there is none.
pub(super) fn find_posts_among(usual: &[&str], content: &Path) -> PathBuf {
    let (mut most, mut best) = (0, content.to_path_buf());
    let entries = fs::read_dir(content).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let spellings = usual.iter().flat_map(|usual| {
        // Two folders may differ by case alone; the one that is spelt so comes first.
        let exact = names.iter().filter(move |name| name == usual);
        let others = names
            .iter()
            .filter(move |name| *name != usual && name.eq_ignore_ascii_case(usual));
        exact.chain(others)
    });
    for folder in spellings.map(|name| content.join(name)) {
        let count = count_files(&folder);
        // Of two that hold as many, the first in the list wins.
        if count > most {
            (most, best) = (count, folder);
        }
    }
    best
}

/// The number of files that may be posts; none in a folder that cannot be read.
fn count_files(folder: &Path) -> usize {
    match list_files(folder) {
        Ok(files) => files.len(),
        Err(_) => 0,
    }
}

/// Finds the posts of a site without a generator: in a folder with a usual name, else in the whole folder if it has
/// any, else in the folder below it that has most; else in our default folder.
pub(super) fn find_plain_posts(root: &Path) -> PathBuf {
    let below = |folder: &Path| folder.strip_prefix(root).unwrap_or(folder).to_path_buf();
    let usual = find_posts_in(root);
    if usual != root {
        return below(&usual);
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let entries: Vec<_> = entries
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().to_lowercase(),
                entry.path(),
            )
        })
        .filter(|(name, _)| !name.starts_with(['.', '_']))
        .collect();
    let is_post = |name: &str| {
        let stem = name.strip_suffix(".md");
        stem.is_some_and(|stem| !matches!(stem, "readme" | "changelog" | "contributing"))
    };
    if entries.iter().any(|(name, _)| is_post(name)) {
        return ".".into();
    }
    let others = entries
        .iter()
        .filter(|(name, path)| path.is_dir() && !NOT_POSTS.contains(&&**name))
        .map(|(_, path)| (count_files(path), path));
    match others.max_by_key(|(count, _)| *count) {
        Some((1.., folder)) => below(folder),
        _ => "post".into(),
    }
}

/// A text that a JavaScript file assigns to a name: `title: "…"`, `SITE_TITLE = '…'`.
pub(super) fn find_assigned<'a>(script: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in script.match_indices(name) {
        let is_apart = !script[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.$".contains(c));
        let after = script[at + name.len()..]
            .trim_start_matches(['"', '\''])
            .trim_start();
        let Some(value) = after.strip_prefix([':', '=']) else {
            continue;
        };
        let value = value.trim_start();
        let quote = value
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'));
        if let (true, Some(quote)) = (is_apart, quote) {
            let text = value[1..].split(quote).next()?;
            let is_plain = !text.contains(['\\', '\n']) && !text.contains("${");
            return is_plain
                .then_some(text)
                .filter(|text| !text.trim().is_empty());
        }
    }
    None
}

/// The text between the braces of a JavaScript object that stands behind a name: `blog: { … }`.
pub(super) fn find_object<'a>(script: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in script.match_indices(name) {
        let is_apart =
            !script[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.$/".contains(c));
        let after = script[at + name.len()..].trim_start_matches(['"', '\'']);
        let object = after
            .trim_start()
            .strip_prefix(':')
            .and_then(|value| value.trim_start().strip_prefix('{'));
        if let (true, Some(object)) = (is_apart, object) {
            let mut depth = 1;
            let end = object.find(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth == 0
            });
            return Some(&object[..end?]);
        }
    }
    None
}

/// A switch that a JavaScript file sets: `cleanUrls: true`.
pub(super) fn find_switch(script: &str, name: &str) -> Option<bool> {
    script.match_indices(name).find_map(|(at, _)| {
        let is_apart = !script[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.$".contains(c));
        let after = script[at + name.len()..].trim_start_matches(['"', '\'']);
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        match (
            is_apart,
            value.starts_with("true"),
            value.starts_with("false"),
        ) {
            (true, true, _) => Some(true),
            (true, _, true) => Some(false),
            _ => None,
        }
    })
}

/// Whether git can know the files of this folder.
pub(super) fn is_in_repository(folder: &Path) -> bool {
    folder.ancestors().any(|above| above.join(".git").exists())
}

/// The text of a script that is not run; empty if it cannot be read.
pub(super) fn read_script(file: &Path) -> String {
    read_text(file, WRITTEN).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{find_assigned, find_object, find_switch};

    #[test]
    fn an_object_and_a_switch_of_a_script_are_read() {
        let script = "{ noblog: { a: 'x' }, blog: { path: 'news', o: { b: 'y' }, showTime: true }, cleanUrls: false }";
        let blog = find_object(script, "blog").unwrap();
        assert_eq!(find_assigned(blog, "path"), Some("news"));
        assert!(blog.ends_with("showTime: true "));
        assert_eq!(find_switch(script, "cleanUrls"), Some(false));
        assert_eq!(find_switch(script, "showTime"), Some(true));
        for script in ["blog: false", "blog: { a", "blog", "'/blog': { a: 1 }"] {
            assert_eq!(find_object(script, "blog"), None, "{script}");
            assert_eq!(
                find_switch(script, "blog"),
                Some(false).filter(|_| script == "blog: false")
            );
        }
    }

    #[test]
    fn a_text_that_a_script_assigns_is_read() {
        for (script, name, expected) in [
            (
                "export const SITE_TITLE = 'Hums';",
                "SITE_TITLE",
                Some("Hums"),
            ),
            (
                "{ site: \"https://x.example\", }",
                "site",
                Some("https://x.example"),
            ),
            ("{ \"title\": `Hums` }", "title", Some("Hums")),
            ("{ subtitle: 'a', title: 'b' }", "title", Some("b")),
            ("{ title: name, x: 'b' }", "title", None),
            ("{ title: `a ${b}` }", "title", None),
            ("{ title: 'it\\'s' }", "title", None),
            ("{ title: '' }", "title", None),
            ("title", "title", None),
        ] {
            assert_eq!(find_assigned(script, name), expected, "{script}");
        }
    }
}
