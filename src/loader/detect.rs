//! Whose blog it is: from the generator's config beside or above the folder, else from what the posts look like.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{Author, Dialect, Posts, Site};
use crate::file::read::{WRITTEN, read_text};
use crate::finding::Finding;
use crate::loader::{hugo, python};
use crate::post::dialect::slug::Slugs;
use crate::post::dialect::{Habits, Rules};
use crate::post::facts::people;
use crate::post::{self, TOKENS, front, unknown_of_generator, unknown_token};

/// How many folders above the posts are searched for a generator's config.
const ABOVE: usize = 4;
/// How many posts are looked at where there is no config.
const LOOKED_AT: usize = 40;

/// What the site does, why it is believed to, and what is wrong with the generator's config.
///
/// # Errors
/// A finding where a pattern of addresses, the generator's or our own, cannot be followed.
pub(super) fn habits(
    site: &Site,
    config: &Posts,
    found: Option<Generator>,
    paths: &[String],
) -> Result<(Habits, String, Option<Finding>), Finding> {
    let (dialect, why) = match (config.dialect, &found) {
        (Dialect::Auto, Some(found)) => (found.dialect, format!("by {}", found.file.display())),
        (Dialect::Auto, None) => by_posts(config, paths),
        (set, _) => (set, "as it is set".to_owned()),
    };
    let mut habits = Habits::of(dialect, site.zone());
    if habits.foreign.is_some() {
        habits.default_language = Some(site.language.clone());
    }
    let mut broken = None;
    if let Some(found) = found {
        broken = found.is_broken.then(|| {
            let finding = Finding::warning(
                "the generator's config cannot be read: what it sets is not followed",
            );
            finding
                .in_file(&found.file)
                .way_out("mend it, or set `permalink` under [posts] and `timezone` under [site]")
        });
        let dir = config
            .dir
            .canonicalize()
            .unwrap_or_else(|_| config.dir.clone());
        habits.prefix = found.prefix(&dir);
        found.read_into(&dir, &mut habits);
        let patterns = habits.permalinks.values();
        if patterns
            .into_iter()
            .any(|pattern| pattern.contains("{sections"))
        {
            habits.sections = post::sections(paths, &habits);
        }
        if let (None, Some(token)) = (&config.permalink, unknown_of_generator(&habits)) {
            let message =
                format!("its pattern of addresses has `{token}`, which is not known here");
            return Err(Finding::error(message)
                .in_file(&found.file)
                .way_out("set `permalink` under [posts], with tokens like {year} and {slug}"));
        }
        // A zone of our own config binds.
        if site.timezone.is_some() {
            habits.zone = site.zone();
        }
    }
    if habits.authors.is_empty() {
        habits.authors = site.author.clone().into_iter().collect();
    }
    habits.permalink = config.permalink.clone().or(habits.permalink);
    if let Some(token) = config
        .permalink
        .as_deref()
        .and_then(|own| unknown_token(own, &habits))
    {
        let message = format!("`permalink` under [posts] has an unknown token `{{{token}}}`");
        return Err(Finding::error(message).way_out(TOKENS));
    }
    habits.drafts = config.drafts;
    let zone = habits.zoning(true).zone;
    let why = format!(
        "dialect: {} ({why}); a time without a zone is in {}; addresses are like {}",
        dialect.word(),
        if zone == habits.zone {
            zone.name().to_owned()
        } else {
            format!("{} or, unquoted, UTC", habits.zone.name())
        },
        habits
            .permalink
            .as_deref()
            .unwrap_or(habits.rules.permalink),
    );
    Ok((habits, why, broken))
}

/// A generator's config.
pub(super) struct Generator {
    pub(super) dialect: Dialect,
    pub(super) file: PathBuf,
    /// The folder of the whole site.
    pub(super) root: PathBuf,
    /// Its keys, in lower case at the first level.
    pub(super) keys: Map<String, Value>,
    /// Whether they cannot be read.
    is_broken: bool,
}

/// The nearest config of a generator, of this one if it is set.
pub(super) fn generator(dir: &Path, wanted: Dialect) -> Option<Generator> {
    let dir = dir.canonicalize().ok()?;
    let mut vault = None;
    for folder in dir.ancestors().take(ABOVE + 1) {
        let found = CANDIDATES
            .iter()
            .filter(|(_, dialect)| matches!(wanted, Dialect::Auto) || wanted == *dialect);
        let found = found
            .filter(|(_, dialect)| folder != dir || may_be_root(&dir, *dialect))
            .map(|(name, dialect)| (folder.join(name), *dialect))
            .find_map(|(file, dialect)| {
                let keys = keys_of(&file);
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                // No other program has a file of this name.
                let is_broken = keys.is_none() && file.exists() && !name.starts_with("config.");
                let mut keys = lower(if is_broken { Map::new() } else { keys? });
                // Hugo, Zola and this program all call their config `config.toml`.
                let fits = match dialect {
                    _ if is_broken => true,
                    Dialect::Zola => keys.contains_key("base_url"),
                    Dialect::Hugo if name.starts_with("config.") => [
                        "baseurl",
                        "languagecode",
                        "theme",
                        "module",
                        "params",
                        "contentdir",
                    ]
                    .iter()
                    .any(|key| keys.contains_key(*key)),
                    // Other sites of Next.js give their posts whatever address they like.
                    Dialect::Plain => PAGES
                        .iter()
                        .any(|pages| dir.starts_with(folder.join(pages))),
                    _ => true,
                };
                if fits && dialect == Dialect::Hugo {
                    hugo::add_folders(&mut keys, folder);
                }
                fits.then(|| Generator {
                    dialect,
                    file,
                    root: folder.to_path_buf(),
                    keys,
                    is_broken,
                })
            });
        match found {
            // A site may be written in Obsidian, and a config may lie among its posts: another one above says more.
            Some(found) if found.dialect == Dialect::Obsidian || is_guest(&found, &dir) => {
                _ = vault.get_or_insert(found);
            }
            Some(found) => return Some(found),
            None => {}
        }
        // A file of this name marks a submodule: the site around it goes on above.
        if folder.join(".git").is_dir() {
            break;
        }
    }
    vault
}

/// Whether a config lies in the folder of posts, where its generator keeps none as a rule.
fn is_guest(found: &Generator, dir: &Path) -> bool {
    found.root == dir && found.dialect == Dialect::Eleventy
}

/// Whether the folder of posts may be the folder of a whole site, so that a config in it is the site's: the others keep
/// their posts below it. A config that somebody puts beside posts decides nothing.
fn may_be_root(dir: &Path, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Eleventy | Dialect::Obsidian => true,
        Dialect::Jekyll => ["_posts", "_drafts", "_layouts", "_includes"]
            .iter()
            .any(|folder| dir.join(folder).is_dir()),
        _ => false,
    }
}

/// The keys of a config; none where it cannot be read.
pub(super) fn keys_of(file: &Path) -> Option<Map<String, Value>> {
    let text = || read_text(file, WRITTEN).ok();
    match file.extension().and_then(|ending| ending.to_str()) {
        _ if file.ends_with(".obsidian") => file.is_dir().then(Map::new),
        Some("toml") => toml(&text()?),
        Some("yml" | "yaml") => front::yaml(&text()?),
        Some("json") => serde_json::from_str(&text()?).ok(),
        Some("py") => Some(python::literals(&text()?)),
        _ => file.is_file().then(Map::new),
    }
}

/// Keys in lower case at the first level.
pub(super) fn lower(keys: Map<String, Value>) -> Map<String, Value> {
    keys.into_iter()
        .map(|(key, value)| (key.to_lowercase(), value))
        .collect()
}

const CANDIDATES: &[(&str, Dialect)] = &[
    ("hugo.toml", Dialect::Hugo),
    ("hugo.yaml", Dialect::Hugo),
    ("hugo.yml", Dialect::Hugo),
    ("hugo.json", Dialect::Hugo),
    ("zola.toml", Dialect::Zola),
    ("config.toml", Dialect::Zola),
    ("config.toml", Dialect::Hugo),
    ("config.yaml", Dialect::Hugo),
    ("config.yml", Dialect::Hugo),
    ("config.json", Dialect::Hugo),
    ("config/_default/hugo.toml", Dialect::Hugo),
    ("config/_default/config.toml", Dialect::Hugo),
    ("config/_default/hugo.yaml", Dialect::Hugo),
    ("config/_default/config.yaml", Dialect::Hugo),
    ("config/_default/hugo.yml", Dialect::Hugo),
    ("config/_default/config.yml", Dialect::Hugo),
    ("config/_default/hugo.json", Dialect::Hugo),
    ("config/_default/config.json", Dialect::Hugo),
    ("_config.yml", Dialect::Jekyll),
    ("_config.yaml", Dialect::Jekyll),
    ("_config.toml", Dialect::Jekyll),
    (".eleventy.js", Dialect::Eleventy),
    (".eleventy.cjs", Dialect::Eleventy),
    ("eleventy.config.js", Dialect::Eleventy),
    ("eleventy.config.mjs", Dialect::Eleventy),
    ("eleventy.config.cjs", Dialect::Eleventy),
    ("eleventy.config.ts", Dialect::Eleventy),
    ("pelicanconf.py", Dialect::Pelican),
    ("next.config.js", Dialect::Plain),
    ("next.config.mjs", Dialect::Plain),
    ("next.config.ts", Dialect::Plain),
    (".obsidian", Dialect::Obsidian),
];

/// Where Eleventy's pages often are; its config would have to be run to know.
pub(super) const CONTENT_OF_ELEVENTY: [&str; 5] =
    ["src/content", "src/site", "src", "content", "site"];

/// Where Next.js takes a file's path for its address.
const PAGES: [&str; 2] = ["pages", "src/pages"];

fn toml(text: &str) -> Option<Map<String, Value>> {
    let table: toml::Table = text.parse().ok()?;
    match serde_json::to_value(table).ok()? {
        Value::Object(keys) => Some(keys),
        _ => None,
    }
}

impl Generator {
    /// Where the folder of posts lies below the generator's own folder of content: a part of every address.
    fn prefix(&self, dir: &Path) -> String {
        // A vault says nothing of how it is published.
        if self.dialect == Dialect::Obsidian {
            return String::new();
        }
        let content = match self.dialect {
            Dialect::Hugo => vec![self.text("contentdir").unwrap_or("content")],
            Dialect::Zola => vec!["content"],
            Dialect::Pelican => vec![self.text("path").unwrap_or("content")],
            Dialect::Eleventy => CONTENT_OF_ELEVENTY.to_vec(),
            Dialect::Plain => PAGES.to_vec(),
            _ => Vec::new(),
        };
        let mut roots = content
            .iter()
            .map(|folder| self.root.join(folder))
            .chain([self.root.clone()]);
        let below = roots.find_map(|root| dir.strip_prefix(&root).ok().map(Path::to_path_buf));
        let parts = below.unwrap_or_default();
        let parts: Vec<_> = parts
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        parts.join("/")
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.keys.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// What the config says, into the habits of the site.
    fn read_into(&self, dir: &Path, habits: &mut Habits) {
        if let Some(zone) = self.text("timezone").and_then(|zone| zone.parse().ok()) {
            habits.zone = zone;
        }
        habits.authors = self
            .keys
            .get("author")
            .and_then(author)
            .into_iter()
            .collect();
        match self.dialect {
            Dialect::Hugo => hugo::read_into(self, dir, habits),
            Dialect::Zola => self.zola(habits),
            Dialect::Jekyll => self.jekyll(habits),
            Dialect::Pelican => self.pelican(habits),
            Dialect::Plain => {
                habits.slugs = Slugs::AsIs;
                habits.permalink = Some("/{sections}/{filename}".to_owned());
            }
            _ => {}
        }
    }

    fn zola(&self, habits: &mut Habits) {
        self.languages(habits, self.text("default_language").unwrap_or("en"), false);
        if let Some(slugify) = self.keys.get("slugify") {
            habits.slugs = match slugify.get("paths").and_then(Value::as_str) {
                Some("off") => Slugs::AsIs,
                Some("safe") => Slugs::Safe,
                _ => Slugs::Zola,
            };
            habits.name_keeps_date = slugify.get("paths_keep_dates") == Some(&Value::Bool(true));
        }
        let markdown = |key: &str| {
            let value = self.keys.get("markdown").and_then(|keys| keys.get(key));
            value == Some(&Value::Bool(true))
        };
        habits.syntax.emoji = markdown("render_emoji");
        habits.syntax.bottom_notes = markdown("bottom_footnotes");
        let as_text = self
            .keys
            .get("skip_content_templating")
            .and_then(Value::as_array);
        if as_text.is_some_and(|globs| globs.iter().any(|glob| glob == "**")) {
            habits.syntax.zola = false;
        }
    }

    /// The languages beside the default one.
    pub(super) fn languages(&self, habits: &mut Habits, default: &str, in_folder: bool) {
        let Some(languages) = self.keys.get("languages").and_then(Value::as_object) else {
            return;
        };
        let others = languages
            .keys()
            .filter(|code| in_folder || !code.eq_ignore_ascii_case(default));
        habits.languages = others.cloned().collect();
        habits.default_language = Some(default.to_owned());
    }

    fn jekyll(&self, habits: &mut Habits) {
        let defaults = self
            .keys
            .get("defaults")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let of_posts = self
            .keys
            .get("collections")
            .and_then(|collections| collections.get("posts"));
        let of_posts = of_posts
            .and_then(|posts| posts.get("permalink"))
            .and_then(Value::as_str);
        let mut permalink = of_posts
            .or_else(|| self.text("permalink"))
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
        let colons = habits.rules.colons;
        habits.permalink =
            permalink.and_then(|pattern| colons.map(|colons| colons.convert_pattern(&pattern)));
        let plugins = ["plugins", "gems"]
            .into_iter()
            .filter_map(|key| self.keys.get(key)?.as_array())
            .flatten();
        habits.syntax.emoji = plugins
            .into_iter()
            .any(|plugin| plugin == "jemoji" || plugin == "github-pages");
        habits.excerpt = self.text("excerpt_separator").map(str::to_owned);
        for (key, value) in &self.keys {
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
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let data = [
            "_data/authors.yml",
            "_data/authors.yaml",
            "_data/people.yml",
        ];
        let data = data
            .iter()
            .find_map(|file| read_text(&folder.join(file), WRITTEN).ok());
        let own = self.keys.get("authors").and_then(Value::as_object).cloned();
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

    fn pelican(&self, habits: &mut Habits) {
        let pattern = |url: &str, file: &str| {
            let pattern = self.text(url).or_else(|| self.text(file));
            pattern.and_then(|pattern| from_python(pattern.trim_end_matches("index.html")))
        };
        habits.permalink = pattern("article_url", "article_save_as");
        let foreign = pattern("article_lang_url", "article_lang_save_as");
        habits.foreign = foreign.or_else(|| habits.rules.foreign.map(str::to_owned));
        habits.default_language = Some(self.text("default_lang").unwrap_or("en").to_owned());
        habits.folders_count = self.keys.get("use_folder_as_category") != Some(&Value::Bool(false));
        if self
            .text("filename_metadata")
            .is_some_and(|pattern| pattern.contains("(?P<slug>"))
        {
            habits.slug_of_title = false;
        }
        if self.text("slugify_source") == Some("basename") {
            habits.slug_of_title = false;
        }
    }
}

pub(super) fn author(value: &Value) -> Option<Author> {
    match value {
        Value::String(name) => Some(Author {
            name: name.clone(),
            email: None,
            url: None,
        }),
        Value::Object(map) => people::from_map(map),
        _ => None,
    }
}

/// A pattern of Pelican's with our tokens: `blog/{date:%Y}/{slug}/` is `/blog/{year}/{slug}/`.
fn from_python(pattern: &str) -> Option<String> {
    let mut converted = "/".to_owned();
    let mut rest = pattern.trim_start_matches('/');
    while let Some(start) = rest.find('{') {
        converted.push_str(&rest[..start]);
        let end = start + rest[start..].find('}')?;
        match rest[start + 1..end]
            .split_once(':')
            .unwrap_or((&rest[start + 1..end], ""))
        {
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

/// The dialect that the posts themselves speak.
fn by_posts(config: &Posts, paths: &[String]) -> (Dialect, String) {
    let of_jekyll = |part: &str| matches!(part, "_posts" | "_drafts");
    let is_posts = config
        .dir
        .file_name()
        .is_some_and(|name| of_jekyll(&name.to_string_lossy()));
    let of_jekyll_paths = paths
        .iter()
        .filter(|path| path.split('/').any(of_jekyll))
        .count();
    if is_posts || of_jekyll_paths * 2 > paths.len() {
        return (Dialect::Jekyll, "by the folder `_posts`".to_owned());
    }
    let step = paths.len().div_ceil(LOOKED_AT).max(1);
    let looked: Vec<&String> = paths.iter().step_by(step).collect();
    let votes: Vec<Dialect> = looked
        .iter()
        .filter_map(|path| vote(&config.dir.join(path), path))
        .collect();
    let winner = [
        Dialect::Zola,
        Dialect::Hugo,
        Dialect::Jekyll,
        Dialect::Pelican,
        Dialect::Obsidian,
    ]
    .into_iter()
    .map(|dialect| {
        (
            votes.iter().filter(|vote| **vote == dialect).count(),
            dialect,
        )
    })
    .max_by_key(|(count, _)| *count);
    match winner {
        Some((count, dialect)) if count * 2 > looked.len() => {
            (dialect, "by what most posts look like".to_owned())
        }
        _ => (
            Dialect::Plain,
            "no generator's config was found, and the posts speak for none".to_owned(),
        ),
    }
}

/// Whose front matter a file has, where only one generator's can look so.
fn vote(file: &Path, path: &str) -> Option<Dialect> {
    let mut buffer = Vec::new();
    let text = super::text_of(file, &mut buffer).ok()?;
    let head = &text[..text
        .char_indices()
        .nth(4000)
        .map_or(text.len(), |(at, _)| at)];
    let has = |start: &str| {
        head.lines()
            .skip(1)
            .take(40)
            .any(|line| line.starts_with(start))
    };
    let first = head.lines().next()?.trim_end();
    match first {
        "+++" if has("[taxonomies") || has("[extra") || has("path =") || has("template =") => {
            Some(Dialect::Zola)
        }
        "+++" => Some(Dialect::Hugo),
        _ if first.starts_with("{{") => None,
        "{" => Some(Dialect::Hugo),
        "---" => {
            let file = path.rsplit('/').next().unwrap_or_default();
            let is_dated = file.len() > 11
                && file.as_bytes()[..10]
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || *byte == b'-');
            (is_dated && has("layout:") && !has("date:")).then_some(Dialect::Jekyll)
        }
        _ => front::split(&text, Rules::of(Dialect::Plain))
            .ok()
            .filter(|split| split.fenced)
            .map(|_| Dialect::Pelican),
    }
}
