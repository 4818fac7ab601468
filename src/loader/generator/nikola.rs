//! Reads Nikola's config.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::config::{Dialect, Format};
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read_text};
use crate::finding::Finding;
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, read_author};
use crate::loader::generator::script::read_script;
use crate::loader::generator::survey::{Survey, find_text};
use crate::post::dialect::{Data, Habits, Rules};
use crate::post::front;

pub(super) const FILES: &[&str] = &["conf.py"];

/// Reads a site of Nikola.
pub(super) struct Nikola;

impl GeneratorReader for Nikola {
    fn dialect(&self) -> Dialect {
        Dialect::Nikola
    }

    /// Sphinx calls its config `conf.py`, too.
    fn is_config(&self, _file: &Path, keys: &Map<String, Value>, _dir: &Path) -> bool {
        ["blog_title", "blog_author", "site_url"]
            .iter()
            .any(|key| keys.contains_key(*key))
    }

    fn list_content(&self, generator: &Generator) -> Vec<String> {
        let posts = list_posts(generator).into_iter();
        posts.map(|(folder, _)| folder).collect()
    }

    fn read_into(&self, generator: &Generator, dir: &Path, habits: &mut Habits) {
        let posts = list_posts(generator);
        let is_own = |(folder, _): &&(String, String)| dir.starts_with(generator.root.join(folder));
        let (_, target) = posts.iter().find(is_own).unwrap_or(&posts[0]);
        let is_pretty = generator.keys.get("pretty_urls") != Some(&Value::Bool(false));
        let end = if is_pretty { "/" } else { ".html" };
        habits.permalink = Some(format!("/{target}/{{path}}{end}"));
        let own = generator.keys.get("blog_author").and_then(read_author);
        habits.authors = own.into_iter().collect();
        habits.default_language = generator.text("default_lang").map(str::to_owned);
        let own = habits.default_language.as_deref().unwrap_or("en");
        habits.languages = read_translations(generator);
        habits.languages.retain(|language| language != own);
    }

    /// A `.meta` file has the keys of the post beside it; a translation lacks what its post says.
    fn read_data(&self, dir: &Path, _prefix: &str, paths: &[String]) -> (Data, Vec<Finding>) {
        let (mut data, mut findings) = (Data::new(), Vec::new());
        let inside = Inside::new([dir]);
        let mut read = |file: &Path| {
            let text = read_text(&inside.find(file)?, WRITTEN).ok()?;
            let keys = read_keys(&text).map_err(|finding| findings.push(finding.in_file(file)));
            keys.ok()
        };
        for path in paths {
            let bare = strip_ending(path);
            if let Some(keys) = read(&dir.join(format!("{bare}.meta"))) {
                data.insert(bare.to_owned(), keys);
            }
        }
        let known: HashSet<&str> = paths.iter().map(|path| strip_ending(path)).collect();
        for path in paths {
            let Some((original, _)) = strip_ending(path).rsplit_once('.') else {
                continue;
            };
            if !known.contains(original) {
                continue;
            }
            let ending = path.rsplit('.').next().unwrap_or_default();
            let mut keys = data.get(original).cloned().unwrap_or_default();
            let own = read(&dir.join(format!("{original}.{ending}")));
            keys.extend(own.unwrap_or_default());
            // Labels are joined, and these are in another language.
            keys.remove("tags");
            let of_translation = data.remove(strip_ending(path)).unwrap_or_default();
            keys.extend(of_translation);
            data.insert(strip_ending(path).to_owned(), keys);
        }
        (data, findings)
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        survey.title = find_text(generator, &["blog_title"]);
        survey.description = find_text(generator, &["blog_description"]);
        survey.author = generator.keys.get("blog_author").and_then(read_author);
        survey.take_email(generator.text("blog_email").unwrap_or_default());
        survey.take_root(generator.text("site_url").unwrap_or_default());
        survey.take_language(generator.text("default_lang").unwrap_or("en"));
        survey.posts = generator.root.join(&list_posts(generator)[0].0);
        survey.output = generator.text("output_folder").unwrap_or("output").into();
        survey.feed = Some((Format::Rss, "rss.xml".to_owned()));
        survey.switch_off = "set `GENERATE_RSS = False` in `conf.py`";
    }
}

/// Strips the ending off the path of a post.
fn strip_ending(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

/// Reads the keys of a post, or of a `.meta` file: lines like `.. title: Tea`, or front matter between fences.
fn read_keys(text: &str) -> Result<Map<String, Value>, Finding> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let bare = format!("<!--\n{text}\n-->\n");
    let is_bare = text.trim_start().starts_with("..");
    let text = if is_bare { &bare } else { &text };
    Ok(front::split(text, Rules::for_dialect(Dialect::Nikola))?
        .front
        .into_keys())
}

/// Reads the codes of `TRANSLATIONS`.
fn read_translations(generator: &Generator) -> Vec<String> {
    let script = read_script(&generator.file);
    let is_begin = |line: &str| match line.strip_prefix("TRANSLATIONS") {
        Some(rest) => rest.trim_start().starts_with('='),
        None => false,
    };
    let mut codes = Vec::new();
    for line in script.lines().skip_while(|line| !is_begin(line)) {
        let line = line.split('#').next().unwrap_or_default();
        for code in CODE.captures_iter(line) {
            codes.push(code[1].to_owned());
        }
        if line.contains('}') {
            break;
        }
    }
    codes
}

/// The key of an entry of `TRANSLATIONS`.
static CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"["']([A-Za-z_@-]{2,12})["']\s*:"#).expect("an expression"));

/// One entry of `POSTS`: a pattern of files, and the folder of their pages.
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\(\s*["']([^"'*]*)[^"']*["']\s*,\s*["']([^"']*)["']"#).expect("an expression")
});

/// Lists the folders of posts, each with the folder of its pages.
fn list_posts(generator: &Generator) -> Vec<(String, String)> {
    let script = read_script(&generator.file);
    let is_begin = |line: &&str| line.starts_with("POSTS") && line.contains('=');
    let begin = script.lines().find(is_begin);
    let begin = begin.and_then(|line| script.find(line));
    let rest = &script[begin.unwrap_or(script.len())..];
    let rest = rest.split("PAGES").next().unwrap_or_default();
    let bare = |text: &str| text.trim_matches('/').to_owned();
    let mut found = Vec::new();
    for entry in ENTRY.captures_iter(rest) {
        found.push((bare(&entry[1]), bare(&entry[2])));
    }
    if found.is_empty() {
        found.push(("posts".to_owned(), "posts".to_owned()));
    }
    found
}
