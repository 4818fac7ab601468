//! Reads Pelican's config.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::{Dialect, Format};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, lower, read_keys};
use crate::loader::generator::survey::{Survey, find_posts_in};
use crate::loader::ignored::gathered::{Gathered, texts};
use crate::loader::ignored::glob;
use crate::loader::ignored::whole;
use crate::post::dialect::Habits;

/// The names of its config files.
pub(super) const FILES: &[&str] = &["pelicanconf.py"];

/// The keys that set the path of a feed, the likeliest one first.
const FEEDS: [(&str, Format); 3] = [
    ("feed_all_atom", Format::Atom),
    ("feed_all_rss", Format::Rss),
    ("feed_atom", Format::Atom),
];

/// Reads a site of Pelican.
pub(super) struct Pelican;

impl GeneratorReader for Pelican {
    fn dialect(&self) -> Dialect {
        Dialect::Pelican
    }

    fn list_content(&self, generator: &Generator) -> Vec<String> {
        vec![generator.text("path").unwrap_or("content").to_owned()]
    }

    fn read_into(&self, generator: &Generator, _dir: &Path, habits: &mut Habits) {
        let pattern = |url: &str, file: &str| {
            let pattern = generator.text(url).or_else(|| generator.text(file));
            pattern.and_then(|pattern| from_python(pattern.trim_end_matches("index.html")))
        };
        habits.permalink = pattern("article_url", "article_save_as");
        let foreign = pattern("article_lang_url", "article_lang_save_as");
        habits.foreign = foreign.or_else(|| habits.rules.foreign.map(str::to_owned));
        habits.default_language = Some(generator.text("default_lang").unwrap_or("en").to_owned());
        habits.folders_count =
            generator.keys.get("use_folder_as_category") != Some(&Value::Bool(false));
        let of_files = generator.text("filename_metadata").unwrap_or_default();
        if of_files.contains("(?P<slug>") || generator.text("slugify_source") == Some("basename") {
            habits.slug_of_title = false;
        }
        let plugins = generator.list(&["plugins"]);
        habits.math.is_on = plugins.iter().any(is_of_math);
    }

    fn ignore(&self, gathered: &mut Gathered<'_>, dir: &Path) {
        ignore_settings(gathered, dir);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let public = read_keys(&generator.root.join("publishconf.py")).map(lower);
        let public = public.unwrap_or_default();
        let said = |key: &str| {
            let public = public.get(key).and_then(Value::as_str);
            public.or_else(|| generator.text(key))
        };
        survey.take_root(said("siteurl").unwrap_or_default());
        survey.take_language(said("default_lang").unwrap_or("en"));
        let content = said("path").unwrap_or("content").trim_start_matches("./");
        survey.posts = find_posts_in(&generator.root.join(content));
        let output = said("output_path").unwrap_or("output");
        survey.output = output.trim_matches('/').into();
        let mut is_silent = true;
        for (key, format) in FEEDS {
            is_silent &= !generator.keys.contains_key(key) && !public.contains_key(key);
            if survey.feed.is_none()
                && let Some(path) = said(key)
            {
                survey.feed = Some((format, path.to_owned()));
            }
        }
        // Without a word Pelican writes this one.
        if is_silent {
            survey.feed = Some((Format::Atom, "feeds/all.atom.xml".to_owned()));
        }
        survey.switch_off =
            "set `FEED_ALL_ATOM = None` and `CATEGORY_FEED_ATOM = None` in `publishconf.py`";
    }
}

fn is_of_math(plugin: &Value) -> bool {
    let name = plugin.as_str().unwrap_or_default().to_lowercase();
    name.contains("math") || name.contains("katex")
}

/// A pattern of Pelican's with our tokens: `blog/{date:%Y}/{slug}/` is `/blog/{year}/{slug}/`.
fn from_python(pattern: &str) -> Option<String> {
    let mut converted = "/".to_owned();
    let mut rest = pattern.trim_start_matches('/');
    while let Some(start) = rest.find('{') {
        converted.push_str(&rest[..start]);
        let end = start + rest[start..].find('}')?;
        let token = &rest[start + 1..end];
        match token.split_once(':').unwrap_or((token, "")) {
            ("date", format) => converted.push_str(&format!("{{date:{format}}}")),
            ("slug", _) => converted.push_str("{slug}"),
            ("category", _) => converted.push_str("{category}"),
            ("lang", _) => converted.push_str("{lang}"),
            (other, _) => converted.push_str(&format!("{{:{other}}}")),
        }
        rest = &rest[end + 1..];
    }
    converted.push_str(rest);
    Some(converted)
}

/// Names of files and folders, folders below the one of content, and folders that alone are searched.
fn ignore_settings(gathered: &mut Gathered<'_>, dir: &Path) {
    let generator = gathered.generator;
    let list = |key: &str| generator.keys.get(key).filter(|list| list.is_array());
    for pattern in texts(list("ignore_files")) {
        if pattern.contains('/') {
            continue;
        }
        if let Some(glob) = gathered.read(pattern, glob::convert_python(pattern)) {
            gathered.files.push(format!("/{glob}$"));
            gathered.folders.push(format!("/{glob}$"));
        }
    }
    let root = &generator.root;
    let folders = [
        root.join(generator.text("path").unwrap_or("content")),
        root.clone(),
    ];
    let mut folders = folders
        .iter()
        .map(|folder| folder.components().collect::<PathBuf>());
    let Some(content) = folders.find(|one| dir.starts_with(one) || one.starts_with(dir)) else {
        return;
    };
    let content = whole(&content);
    let below = |folder: &str| format!("^{}/{}", regex::escape(&content), regex::escape(folder));
    for key in ["article_excludes", "page_paths"] {
        for folder in texts(list(key)) {
            if !folder.is_empty() {
                gathered.folders.push(below(folder) + "$");
            }
        }
    }
    let Some(taken) = list("article_paths") else {
        return;
    };
    let mut only = Vec::new();
    for path in texts(Some(taken)) {
        let path = path.trim_end_matches('/');
        if path.is_empty() {
            return;
        }
        only.push(below(path) + "(?:/|$)");
    }
    gathered.only.push((content.clone() + "/", only));
}
