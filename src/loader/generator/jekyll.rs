//! Jekyll's config, and its lists of authors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::{Dialect, Format};
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, author};
use crate::loader::generator::survey::{Survey, find_nested};
use crate::loader::ignored::gathered::{Gathered, texts};
use crate::loader::ignored::glob;
use crate::loader::ignored::whole;
use crate::post::dialect::Habits;
use crate::post::dialect::math;
use crate::post::front;

/// The names of its config files.
pub(super) const FILES: &[&str] = &["_config.yml", "_config.yaml", "_config.toml"];
/// The folders of posts, as an expression.
const POSTS: &str = "_(?:posts|drafts)";

/// Reads a site of Jekyll.
pub(super) struct Jekyll;

impl GeneratorReader for Jekyll {
    fn dialect(&self) -> Dialect {
        Dialect::Jekyll
    }

    fn may_be_root(&self, dir: &Path) -> bool {
        let mut own = ["_posts", "_drafts", "_layouts", "_includes"].into_iter();
        !dir.ends_with("_posts") && own.any(|folder| dir.join(folder).is_dir())
    }

    fn read_into(&self, generator: &Generator, _dir: &Path, habits: &mut Habits) {
        let defaults = generator
            .keys
            .get("defaults")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let of_posts = generator
            .keys
            .get("collections")
            .and_then(|collections| collections.get("posts"));
        let of_posts = of_posts
            .and_then(|posts| posts.get("permalink"))
            .and_then(Value::as_str);
        let mut permalink = of_posts
            .or_else(|| generator.text("permalink"))
            .map(str::to_owned);
        for default in defaults {
            let of_posts = |scope: &Value| scope.get("type").is_none_or(|kind| kind == "posts");
            let values = default
                .get("values")
                .filter(|_| default.get("scope").is_none_or(of_posts));
            let everywhere = default
                .get("scope")
                .and_then(|scope| scope.get("path"))
                .is_none_or(|path| path == "" || path == "_posts");
            if let Some(values) = values.filter(|_| everywhere) {
                let keys = values.as_object().into_iter().flatten();
                habits.math.is_on |= math::switch(keys) == Some(true);
                permalink = values
                    .get("permalink")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .or(permalink);
                if let Some(author) = values.get("author").and_then(author) {
                    habits.authors = [author].into();
                }
            }
        }
        habits.math.is_on |= math::switch(&generator.keys) == Some(true);
        let engine = generator
            .keys
            .get("kramdown")
            .and_then(|keys| keys.get("math_engine"));
        let is_off = engine.is_some_and(|engine| engine.is_null() || engine == "none");
        let is_other = |markdown: &str| !markdown.eq_ignore_ascii_case("kramdown");
        if is_off || generator.text("markdown").is_some_and(is_other) {
            habits.math.always.clear();
        }
        let colons = habits.rules.colons;
        habits.permalink =
            permalink.and_then(|pattern| colons.map(|colons| colons.convert_pattern(&pattern)));
        let plugins = ["plugins", "gems"]
            .into_iter()
            .filter_map(|key| generator.keys.get(key)?.as_array())
            .flatten();
        habits.syntax.emoji = plugins
            .into_iter()
            .any(|plugin| plugin == "jemoji" || plugin == "github-pages");
        habits.excerpt = generator.text("excerpt_separator").map(str::to_owned);
        for (key, value) in &generator.keys {
            let nested = value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(below, value)| (format!("{key}.{below}"), value));
            for (key, value) in std::iter::once((key.clone(), value)).chain(nested) {
                let text = value
                    .as_str()
                    .map(str::to_owned)
                    .or_else(|| Some(value.as_number()?.to_string()));
                habits
                    .variables
                    .extend(text.map(|text| (format!("site.{key}"), text)));
            }
        }
        let folder = generator.file.parent().unwrap_or(Path::new("."));
        let data = [
            "_data/authors.yml",
            "_data/authors.yaml",
            "_data/people.yml",
        ];
        let inside = Inside::new([folder]);
        let data = data
            .iter()
            .find_map(|file| read_text(&inside.find(&folder.join(file))?, WRITTEN).ok());
        let own = generator
            .keys
            .get("authors")
            .and_then(Value::as_object)
            .cloned();
        for people in data
            .and_then(|text| front::yaml(&text))
            .into_iter()
            .chain(own)
        {
            let people = people
                .iter()
                .filter_map(|(key, one)| Some((key.clone(), author(one)?)));
            habits.people.extend(people.collect::<HashMap<_, _>>());
        }
    }

    fn ignore(&self, gathered: &mut Gathered<'_>, _dir: &Path) {
        ignore_settings(gathered);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let root = &generator.root;
        let base = generator
            .text("baseurl")
            .unwrap_or_default()
            .trim_matches('/');
        if let Some(url) = generator.text("url") {
            survey.take_url(&format!("{}/{base}", url.trim_end_matches('/')));
        }
        let language = generator.text("lang").or_else(|| generator.text("locale"));
        survey.take_language(language.unwrap_or("en"));
        if let Some(email) = generator.text("email") {
            survey.take_email(email);
        }
        let collections = root.join(generator.text("collections_dir").unwrap_or_default());
        let source = root.join(generator.text("source").unwrap_or_default());
        let folders = [collections.join("_posts"), source.join("_posts")];
        let found = folders.iter().find(|folder| folder.is_dir());
        // Categories may have folders with posts of their own.
        survey.posts = found.cloned().unwrap_or(source);
        survey.output = generator
            .text("destination")
            .unwrap_or("_site")
            .trim_start_matches("./")
            .into();
        let plugins = ["plugins", "gems", "whitelist"].iter();
        let has_feed = plugins
            .filter_map(|key| generator.keys.get(*key)?.as_array())
            .flatten()
            .any(|plugin| plugin.as_str() == Some("jekyll-feed"));
        if has_feed {
            let path = find_nested(generator, "feed", "path").unwrap_or("feed.xml");
            survey.feed = Some((Format::Atom, path.trim_start_matches('/').to_owned()));
            survey.switch_off = "take `jekyll-feed` out of `_config.yml` and the Gemfile";
        }
    }
}

/// Prefixes of the path below the source, or globs for all of it; included files stay.
fn ignore_settings(gathered: &mut Gathered<'_>) {
    let keys = &gathered.generator.keys;
    let source = gathered
        .generator
        .root
        .join(gathered.generator.text("source").unwrap_or_default());
    let source = regex::escape(&whole(&source.components().collect::<PathBuf>()));
    let included = texts(keys.get("include"));
    for pattern in texts(keys.get("exclude"))
        .into_iter()
        .filter(|pattern| !included.contains(pattern))
    {
        let below = pattern.trim_start_matches('/');
        let begins = format!("^{source}/{}", regex::escape(below));
        // Something in the folder may be included.
        gathered
            .folders
            .extend(included.is_empty().then(|| begins.clone()));
        gathered.files.push(begins);
        if let Some(glob) = gathered
            .read(pattern, glob::convert_ruby(below))
            .filter(|_| has_wildcard(below))
        {
            gathered.files.push(format!("^{source}/{glob}$"));
            // A folder that matches is not entered: a `_posts` in it is not found. In `_posts` only files are asked.
            gathered
                .files
                .push(format!("^{source}/{glob}/(?:.*/)?{POSTS}/"));
        }
    }
    // Folders like `_posts/_later` are not part of the site.
    gathered.folders.push(format!("/{POSTS}/[_#~][^/]*$"));
    for pattern in included {
        let made = gathered.read(pattern, glob::convert_ruby(pattern.trim_start_matches('/')));
        gathered
            .kept
            .extend(made.map(|glob| format!("/{POSTS}/(?:.*/)?{glob}[^/]*$")));
    }
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '\\'])
}
