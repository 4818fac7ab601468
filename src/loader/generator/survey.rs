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

    /// Takes what a generator is told as the address of the site, which may be no more than its path.
    pub(super) fn take_root(&mut self, text: &str) {
        match text.trim() {
            whole if whole.starts_with("//") => self.take_url(&format!("https:{whole}")),
            path if path.starts_with('/') => path.clone_into(&mut self.base),
            whole => self.take_url(whole),
        }
    }

    /// Takes the address of a domain, and the path of the site below it, which the address may name as well.
    pub(super) fn take_place(&mut self, domain: Option<&str>, base: &str) {
        let domain = domain.and_then(|text| Url::parse(text.trim()).ok());
        // A whole address may be that of another server, which has the files beside the pages.
        let base = match (Url::parse(base), &domain) {
            (Ok(base), Some(domain)) if base.host() == domain.host() => base.path().to_owned(),
            (Ok(_), _) => String::new(),
            (Err(_), _) => base.trim_start_matches('.').to_owned(),
        };
        base.trim_matches('/').clone_into(&mut self.base);
        let Some(mut url) = domain else {
            return;
        };
        let path = url.path().trim_matches('/');
        let above = path.strip_suffix(&*self.base);
        let is_named = above.is_some_and(|above| above.is_empty() || above.ends_with('/'));
        if !is_named {
            let path = format!("{path}/{}", self.base);
            url.set_path(&path);
        }
        self.take_url(url.as_str());
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
                let base = self.base.trim_matches('/');
                self.take_url(&format!("https://{domain}/{base}"));
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

/// Whether git can know the files of this folder.
pub(super) fn is_in_repository(folder: &Path) -> bool {
    folder.ancestors().any(|above| above.join(".git").exists())
}

#[cfg(test)]
mod tests {
    use super::Survey;

    #[test]
    fn the_path_of_a_site_is_put_below_its_domain_once() {
        for (domain, base, url) in [
            ("https://hums.blog", "/blog", "https://hums.blog/blog/"),
            (
                "https://me.example/mydocs",
                "/docs",
                "https://me.example/mydocs/docs/",
            ),
            (
                "https://me.example/docs/",
                "docs",
                "https://me.example/docs/",
            ),
            (
                "https://me.example/a/docs",
                "/docs/",
                "https://me.example/a/docs/",
            ),
            ("https://me.example", "./", "https://me.example/"),
            ("https://me.example/a", "", "https://me.example/a/"),
            (
                "https://me.example",
                "https://me.example/docs/",
                "https://me.example/docs/",
            ),
            (
                "https://me.example",
                "https://cdn.example/docs/",
                "https://me.example/",
            ),
        ] {
            let mut survey = Survey::default();
            survey.take_place(Some(domain), base);
            let taken = survey.url.map(String::from);
            assert_eq!(taken.as_deref(), Some(url), "{domain} {base}");
        }
    }

    #[test]
    fn only_an_address_that_a_site_may_have_is_taken() {
        for text in [
            "https://a_b.example/",
            "https://hums.example./",
            "https://-a.example/",
            "https://a..b/",
            "https://hums/",
            "https://hums.localhost/",
            "https://1.2.3.4/",
            "https://[::1]/",
            "http://host.docker.internal:8080/",
            "http://server.local/",
            "https://user:pw@hums.example/",
            "https://user@hums.example/",
            "https://example.org/",
            "https://EXAMPLE.com/blog/",
            "https://your-site.example.net/",
            "https://hums.example/?a",
            "hums.example",
            "",
        ] {
            let mut survey = Survey::default();
            survey.take_url(text);
            assert_eq!(survey.url, None, "{text}");
        }
        for text in [
            "https://www.hums.example/",
            "https://anexample.org/",
            "https://münchen.example/",
        ] {
            let mut survey = Survey::default();
            survey.take_url(text);
            assert!(survey.url.is_some(), "{text}");
        }
    }
}
