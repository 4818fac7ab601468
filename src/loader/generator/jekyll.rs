//! Jekyll's config, and its lists of authors.

mod pages;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::{Dialect, Format};
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, read_author};
use crate::loader::generator::survey::{Survey, find_nested, find_text};
use crate::loader::ignored::gathered::{Gathered, texts};
use crate::loader::ignored::glob;
use crate::loader::ignored::whole;
use crate::post::dialect::Habits;
use crate::post::dialect::math;
use crate::post::front;

pub(super) const FILES: &[&str] = &["_config.yml", "_config.yaml", "_config.toml"];
/// The folders of posts, as an expression.
const POSTS: &str = "_(?:posts|drafts)";
/// The files of data that list authors; the first one counts.
const PEOPLE: [&str; 3] = [
    "_data/authors.yml",
    "_data/authors.yaml",
    "_data/people.yml",
];

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
        let permalink = read_defaults(generator, habits);
        let colons = habits.rules.colons;
        habits.permalink = permalink.and_then(|pattern| Some(colons?.convert_pattern(&pattern)));
        habits.math.is_on |= math::switch(&generator.keys) == Some(true);
        if !has_kramdown_math(generator) {
            habits.math.always.clear();
        }
        let is_emoji = |plugin: &Value| plugin == "jemoji" || plugin == "github-pages";
        let mut plugins = ["plugins", "gems"].into_iter();
        habits.syntax.emoji = plugins.any(|key| generator.list(&[key]).iter().any(is_emoji));
        habits.excerpt = generator.text("excerpt_separator").map(str::to_owned);
        read_variables(generator, habits);
        read_people(generator, habits);
    }

    fn find_page(&self, generator: &Generator, file: &str) -> Option<String> {
        pages::find_page(generator, file)
    }

    fn ignore(&self, gathered: &mut Gathered<'_>, _dir: &Path) {
        ignore_settings(gathered);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let root = &generator.root;
        let base = generator.text("baseurl").unwrap_or_default();
        survey.take_place(generator.text("url"), base);
        // Themes show the name where there is no title.
        if survey.title.is_none() {
            survey.title = find_text(generator, &["name"]);
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
        let is_feed = |plugin: &Value| plugin == "jekyll-feed";
        let mut plugins = ["plugins", "gems", "whitelist"].into_iter();
        if plugins.any(|key| generator.list(&[key]).iter().any(is_feed)) {
            let path = find_nested(generator, "feed", "path").unwrap_or("feed.xml");
            survey.feed = Some((Format::Atom, path.trim_start_matches('/').to_owned()));
            survey.switch_off = "take `jekyll-feed` out of `_config.yml` and the Gemfile";
        }
    }
}

/// Reads the defaults for all posts. Returns the pattern of their addresses.
fn read_defaults(generator: &Generator, habits: &mut Habits) -> Option<String> {
    let of_posts = generator.find(&["collections", "posts", "permalink"]);
    let permalink = of_posts.and_then(Value::as_str);
    let mut permalink = permalink.or_else(|| generator.text("permalink"));
    for default in generator.list(&["defaults"]) {
        if !is_for_all_posts(default.get("scope")) {
            continue;
        }
        let Some(Value::Object(values)) = default.get("values") else {
            continue;
        };
        habits.math.is_on |= math::switch(values) == Some(true);
        if let Some(Value::String(pattern)) = values.get("permalink") {
            permalink = Some(pattern);
        }
        if let Some(author) = values.get("author").and_then(read_author) {
            habits.authors = [author].into();
        }
    }
    permalink.map(str::to_owned)
}

/// Whether defaults of this scope hold for every post.
fn is_for_all_posts(scope: Option<&Value>) -> bool {
    let Some(scope) = scope else { return true };
    let is_everywhere = |path: &Value| path == "" || path == "_posts";
    scope.get("type").is_none_or(|kind| kind == "posts")
        && scope.get("path").is_none_or(is_everywhere)
}

/// Whether the Markdown is kramdown's, with its own formulas.
fn has_kramdown_math(generator: &Generator) -> bool {
    let engine = generator.find(&["kramdown", "math_engine"]);
    let is_off = engine.is_some_and(|engine| engine.is_null() || engine == "none");
    let markdown = generator.text("markdown").unwrap_or("kramdown");
    !is_off && markdown.eq_ignore_ascii_case("kramdown")
}

/// Reads the variables `site.KEY` and `site.TABLE.KEY`.
fn read_variables(generator: &Generator, habits: &mut Habits) {
    for (key, value) in &generator.keys {
        add_variable(habits, key, value);
        let Value::Object(table) = value else {
            continue;
        };
        for (below, value) in table {
            add_variable(habits, &format!("{key}.{below}"), value);
        }
    }
}

fn add_variable(habits: &mut Habits, key: &str, value: &Value) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    habits.variables.insert(format!("site.{key}"), text);
}

/// Reads the lists of authors: that of a file of data, and that of the config, which overrides it.
fn read_people(generator: &Generator, habits: &mut Habits) {
    let folder = generator.file.parent().unwrap_or(Path::new("."));
    let inside = Inside::new([folder]);
    let read = |file: &&str| read_text(&inside.find(&folder.join(file))?, WRITTEN).ok();
    let data = PEOPLE.iter().find_map(read);
    let data = data.and_then(|text| front::parse_yaml(&text));
    let own = generator.table("authors").cloned();
    for (key, one) in [data, own].into_iter().flatten().flatten() {
        if let Some(author) = read_author(&one) {
            habits.people.insert(key, author);
        }
    }
}

/// Prefixes of the path below the source, or globs for all of it; included files stay.
fn ignore_settings(gathered: &mut Gathered<'_>) {
    let generator = gathered.generator;
    let source = generator
        .root
        .join(generator.text("source").unwrap_or_default());
    let source = regex::escape(&whole(&source.components().collect::<PathBuf>()));
    let included = texts(generator.keys.get("include"));
    for pattern in texts(generator.keys.get("exclude")) {
        if included.contains(&pattern) {
            continue;
        }
        let below = pattern.trim_start_matches('/');
        let begins = format!("^{source}/{}", regex::escape(below));
        // Something in the folder may be included.
        if included.is_empty() {
            gathered.folders.push(begins.clone());
        }
        gathered.files.push(begins);
        let glob = gathered.read(pattern, glob::convert_ruby(below));
        if let Some(glob) = glob.filter(|_| has_wildcard(below)) {
            gathered.files.push(format!("^{source}/{glob}$"));
            // A folder that matches is not entered: a `_posts` in it is not found. In `_posts` only files are asked.
            let entered = format!("^{source}/{glob}/(?:.*/)?{POSTS}/");
            gathered.files.push(entered);
        }
    }
    // Folders like `_posts/_later` are not part of the site.
    gathered.folders.push(format!("/{POSTS}/[_#~][^/]*$"));
    for pattern in included {
        let made = glob::convert_ruby(pattern.trim_start_matches('/'));
        if let Some(glob) = gathered.read(pattern, made) {
            let kept = format!("/{POSTS}/(?:.*/)?{glob}[^/]*$");
            gathered.kept.push(kept);
        }
    }
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '\\'])
}
