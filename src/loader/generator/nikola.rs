//! Reads Nikola's config.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::config::{Dialect, Format};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, author};
use crate::loader::generator::survey::{Survey, script_of, text};
use crate::post::dialect::Habits;

/// The names of its config files.
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

    fn content(&self, generator: &Generator) -> Vec<String> {
        posts(generator)
            .into_iter()
            .map(|(folder, _)| folder)
            .collect()
    }

    fn read_into(&self, generator: &Generator, dir: &Path, habits: &mut Habits) {
        let posts = posts(generator);
        let own = posts
            .iter()
            .find(|(folder, _)| dir.starts_with(generator.root.join(folder)));
        let (_, target) = own.unwrap_or(&posts[0]);
        let is_pretty = generator.keys.get("pretty_urls") != Some(&Value::Bool(false));
        let end = if is_pretty { "/" } else { ".html" };
        habits.permalink = Some(format!("/{target}/{{path}}{end}"));
        let own = generator.keys.get("blog_author").and_then(author);
        habits.authors = own.into_iter().collect();
        habits.default_language = generator.text("default_lang").map(str::to_owned);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        survey.title = text(generator, &["blog_title"]);
        survey.description = text(generator, &["blog_description"]);
        survey.author = generator.keys.get("blog_author").and_then(author);
        survey.take_email(generator.text("blog_email").unwrap_or_default());
        survey.take_url(generator.text("site_url").unwrap_or_default());
        survey.take_language(generator.text("default_lang").unwrap_or("en"));
        survey.posts = generator.root.join(&posts(generator)[0].0);
        survey.output = generator.text("output_folder").unwrap_or("output").into();
        survey.feed = Some((Format::Rss, "rss.xml".to_owned()));
        survey.switch_off = "set `GENERATE_RSS = False` in `conf.py`";
    }
}

/// One entry of `POSTS`: a pattern of files, and the folder of their pages.
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\(\s*["']([^"'*]*)[^"']*["']\s*,\s*["']([^"']*)["']"#).expect("an expression")
});

/// The folders of posts, each with the folder of its pages.
fn posts(generator: &Generator) -> Vec<(String, String)> {
    let script = script_of(&generator.file);
    let own = |line: &&str| line.starts_with("POSTS") && line.contains('=');
    let begins = script.lines().find(own).and_then(|line| script.find(line));
    let rest = &script[begins.unwrap_or(script.len())..];
    let rest = rest.split("PAGES").next().unwrap_or_default();
    let bare = |text: &str| text.trim_matches('/').to_owned();
    let found: Vec<_> = ENTRY
        .captures_iter(rest)
        .map(|entry| (bare(&entry[1]), bare(&entry[2])))
        .collect();
    match found.is_empty() {
        true => vec![("posts".to_owned(), "posts".to_owned())],
        false => found,
    }
}
