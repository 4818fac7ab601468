//! Hugo's config: one file at the root, and the folders `config/…` that add to it.

mod ignored;
mod languages;
mod shortcodes;
mod template;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{Dialect, Format};
use crate::file::read::{WRITTEN, read_text};
use crate::finding::Finding;
use crate::loader::generator::hugo::languages::list_language_folders;
use crate::loader::generator::hugo::shortcodes::list_code_shortcodes;
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, lower, read_author, read_keys};
use crate::loader::generator::survey::{Survey, find_nested, find_posts_in};
use crate::loader::ignored::gathered::Gathered;
use crate::post::dialect::math::{self, Delimiters, FormulaPlace, Math};
use crate::post::dialect::{CODE_SHORTCODE, Data, Habits, Rules};
use crate::post::{add_defaults, front, texts_of};

/// The names of config files that only Hugo has.
pub(super) const FILES: &[&str] = &["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"];
/// The names of config files that other programs have too.
pub(super) const SHARED_FILES: &[&str] = &[
    "config.toml",
    "config.yaml",
    "config.yml",
    "config.json",
    "config/_default/hugo.toml",
    "config/_default/config.toml",
    "config/_default/hugo.yaml",
    "config/_default/config.yaml",
    "config/_default/hugo.yml",
    "config/_default/config.yml",
    "config/_default/hugo.json",
    "config/_default/config.json",
];
/// The keys of which one at least stands in a config that Hugo may share with other programs.
const KEYS: [&str; 6] = [
    "baseurl",
    "languagecode",
    "theme",
    "module",
    "params",
    "contentdir",
];

/// Reads a site of Hugo.
pub(super) struct Hugo;

impl GeneratorReader for Hugo {
    fn dialect(&self) -> Dialect {
        Dialect::Hugo
    }

    fn is_config(&self, file: &Path, keys: &Map<String, Value>, _dir: &Path) -> bool {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with("config.") || KEYS.iter().any(|key| keys.contains_key(*key))
    }

    fn add_keys(&self, keys: &mut Map<String, Value>, root: &Path) {
        add_folders(keys, root);
        for name in ["module", "frontmatter"] {
            if let Some(value) = keys.get_mut(name) {
                *value = lower_all(value.take());
            }
        }
    }

    fn list_more_files(&self, root: &Path) -> Vec<PathBuf> {
        list_files(root)
    }

    fn list_content(&self, generator: &Generator) -> Vec<String> {
        vec![generator.text("contentdir").unwrap_or("content").to_owned()]
    }

    fn read_into(&self, generator: &Generator, dir: &Path, habits: &mut Habits) {
        read_permalinks(generator, habits);
        match generator.keys.get("uglyurls") {
            Some(Value::Object(sections)) => {
                let mut ugly = sections.clone();
                ugly.retain(|_, is_ugly| *is_ugly == Value::Bool(true));
                habits.ugly_sections = ugly.into_iter().map(|(section, _)| section).collect();
            }
            other => habits.ugly = other == Some(&Value::Bool(true)),
        }
        habits.syntax.emoji = generator.is_on("enableemoji");
        habits.math = read_math(&generator.keys);
        read_languages(generator, dir, habits);
        if let Some(params) = generator.keys.get("params") {
            habits.variables.extend(texts_of("param", params));
        }
        for name in list_code_shortcodes(generator) {
            habits
                .variables
                .insert(format!("{CODE_SHORTCODE}{name}"), String::new());
        }
        let names = generator.list(&["frontmatter", "date"]);
        let place = names.iter().position(|name| name == ":filename");
        (habits.date_in_name, habits.name_first) = (place.is_some(), place == Some(0));
        if habits.authors.is_empty() {
            let writer = generator.find(&["params", "author"]).and_then(read_author);
            habits.authors = writer.into_iter().collect();
        }
    }

    fn read_data(&self, dir: &Path, prefix: &str, paths: &[String]) -> (Data, Vec<Finding>) {
        (read_cascades(dir, prefix, paths), Vec::new())
    }

    fn ignore(&self, gathered: &mut Gathered<'_>, _dir: &Path) {
        ignored::ignore_settings(gathered);
        ignored::ignore_mounts(gathered);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        survey.take_root(generator.text("baseurl").unwrap_or_default());
        let default = generator.text("defaultcontentlanguage").unwrap_or("en");
        let mut languages = generator.table("languages").into_iter().flatten();
        let own = languages.find(|(code, _)| code.eq_ignore_ascii_case(default));
        let own = own.and_then(|(_, language)| language.as_object());
        let own = own.cloned().map(lower).unwrap_or_default();
        let said = |key: &str| {
            let own = own.get(key).and_then(Value::as_str);
            own.or_else(|| generator.text(key)).map(str::to_owned)
        };
        survey.title = said("title").or(survey.title.take());
        let language = said("languagecode").or_else(|| said("locale"));
        survey.take_language(language.as_deref().unwrap_or(default));
        let described = find_nested(generator, "params", "description").map(str::to_owned);
        survey.description = survey.description.take().or(described);
        let params = generator.table("params");
        let named = |name: &str| find_ignoring_case(params?, name);
        if survey.author.is_none() {
            survey.author = named("author").and_then(read_author);
        }
        if let Some(email) = find_nested(generator, "params", "email") {
            survey.take_email(email);
        }
        let content = said("contentdir").unwrap_or_else(|| "content".to_owned());
        let content = generator.root.join(content.trim_matches('/'));
        survey.posts = choose_posts_folder(named("mainsections"), &content);
        survey.output = said("publishdir")
            .unwrap_or_else(|| "public".to_owned())
            .into();
        survey.feed = Some((Format::Rss, "index.xml".to_owned()));
        survey.switch_off = "set `disableKinds = [\"rss\"]` in Hugo's config";
    }
}

/// The folder of the main section if there is only one: the posts of several are those of the whole folder.
fn choose_posts_folder(sections: Option<&Value>, content: &Path) -> PathBuf {
    let main = match sections {
        Some(Value::Array(list)) if list.len() == 1 => list[0].as_str(),
        Some(one) => one.as_str(),
        None => None,
    };
    match main.map(|section| content.join(section)) {
        Some(folder) if folder.is_dir() => folder,
        _ => find_posts_in(content),
    }
}

/// Reads the patterns of addresses by section.
fn read_permalinks(generator: &Generator, habits: &mut Habits) {
    let (Some(permalinks), Some(colons)) = (generator.table("permalinks"), habits.rules.colons)
    else {
        return;
    };
    let of_pages = permalinks.get("page").and_then(Value::as_object);
    for (section, pattern) in of_pages.unwrap_or(permalinks) {
        let Some(pattern) = pattern.as_str() else {
            continue;
        };
        let mut pattern = colons.convert_pattern(pattern);
        let last = pattern.rsplit('/').next().unwrap_or_default();
        if !pattern.ends_with('/') && !last.contains('.') {
            pattern.push('/');
        }
        habits.permalinks.insert(section.clone(), pattern);
    }
}

/// Reads the languages beside the default one, and the folders that hold their posts.
fn read_languages(generator: &Generator, dir: &Path, habits: &mut Habits) {
    let default = generator.text("defaultcontentlanguage").unwrap_or("en");
    let in_folder = generator.is_on("defaultcontentlanguageinsubdir");
    generator.read_languages(habits, default, in_folder);
    let languages = habits.languages.iter();
    habits.language_folders = languages.map(|code| (code.clone(), code.clone())).collect();
    let mut folders = list_language_folders(generator.table("languages"));
    let is_default = |(code, _): &(String, String)| code.eq_ignore_ascii_case(default);
    if let Some(root) = generator.text("contentdir")
        && !folders.iter().any(is_default)
    {
        folders.push((default.to_owned(), root.trim_matches('/').to_owned()));
    }
    for (code, folder) in folders {
        let folder = generator.root.join(folder);
        if let Ok(below) = dir.strip_prefix(&folder) {
            habits.prefix = Path::new(&code).join(below).to_string_lossy().into_owned();
            habits.language_folders.push((code.clone(), code));
        } else if let Ok(below) = folder.strip_prefix(dir) {
            // The folder of posts holds the folders of the languages.
            habits.prefix.clear();
            let below = below.to_string_lossy().into_owned();
            habits.language_folders.push((below, code));
        }
    }
}

fn find_ignoring_case<'a>(keys: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let mut keys = keys.iter();
    let found = keys.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// The config folders that a build reads; each overrides those before it and the file at the root.
const FOLDERS: [&str; 2] = ["config/_default", "config/production"];

/// The files in the config folders, in the order in which they are read.
fn list_files(root: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| {
            let extension = file.extension().and_then(OsStr::to_str);
            matches!(extension, Some("toml" | "yaml" | "yml" | "json"))
        });
        files.sort();
        all.append(&mut files);
    }
    all
}

/// Adds the keys of the config folders.
fn add_folders(keys: &mut Map<String, Value>, root: &Path) {
    for file in list_files(root) {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let Some(found) = read_keys(&file) else {
            continue;
        };
        let added = match (name.as_str(), name.split_once('.')) {
            ("hugo" | "config", _) => lower(found),
            // `languages.de.toml` is one language; nothing else that belongs to one is needed here.
            (_, Some(("languages", code))) => {
                let language = Map::from_iter([(code.to_owned(), Value::Object(found))]);
                Map::from_iter([("languages".to_owned(), Value::Object(language))])
            }
            (_, Some(_)) => continue,
            _ => Map::from_iter([(name, Value::Object(found))]),
        };
        add(keys, added);
    }
}

/// A value with the keys of all its tables in lower case: to Hugo they are the same.
fn lower_all(value: Value) -> Value {
    match value {
        Value::Object(table) => {
            let table = lower(table).into_iter();
            Value::Object(table.map(|(key, value)| (key, lower_all(value))).collect())
        }
        Value::Array(list) => list.into_iter().map(lower_all).collect(),
        value => value,
    }
}

/// Tables grow together; of two other values the later one counts.
fn add(keys: &mut Map<String, Value>, added: Map<String, Value>) {
    for (key, value) in added {
        match (keys.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => add(known, more),
            (_, value) => _ = keys.insert(key, value),
        }
    }
}

/// Reads the keys that a section's page cascades to all pages, without those for some pages only.
fn read_cascade(file: &Path) -> Option<Map<String, Value>> {
    let text = read_text(file, WRITTEN).ok()?;
    if !text.contains("cascade") {
        return None;
    }
    let parts = front::split(&text, Rules::for_dialect(Dialect::Hugo)).ok()?;
    let (_, cascade) = parts.front.get(&["cascade"])?;
    let tables = match cascade {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut cascaded = Map::new();
    for table in tables {
        let Some(keys) = table.as_object().cloned().map(lower) else {
            continue;
        };
        if !keys.contains_key("target") && !keys.contains_key("_target") {
            cascaded.extend(keys);
        }
    }
    // Lists of two pages do not grow together.
    cascaded.retain(|key, _| !matches!(key.as_str(), "tags" | "categories"));
    (!cascaded.is_empty()).then_some(cascaded)
}

/// Reads the delimiters that the passthrough extension is given, and the theme's switch for math.
fn read_math(keys: &Map<String, Value>) -> Math {
    let passthrough = find_passthrough(keys);
    let params = keys.get("params").and_then(Value::as_object);
    let mut math = Math {
        is_whole: passthrough.is_some(),
        is_on: params.and_then(math::switch) == Some(true),
        always: Vec::new(),
        ..Math::default()
    };
    let Some(passthrough) = passthrough else {
        return math;
    };
    let set = |name: &str| passthrough.get("delimiters")?.get(name)?.as_array();
    for (name, place, usual) in [
        (
            "block",
            FormulaPlace::Block,
            &[("\\[", "\\]"), ("$$", "$$")][..],
        ),
        ("inline", FormulaPlace::Line, &[("\\(", "\\)")]),
    ] {
        let Some(pairs) = set(name) else {
            for (open, close) in usual {
                math.always.push(Delimiters::new(open, close, place));
            }
            continue;
        };
        for pair in pairs {
            let text = |at: usize| pair.get(at)?.as_str().filter(|text| !text.is_empty());
            if let (Some(open), Some(close)) = (text(0), text(1)) {
                math.always.push(Delimiters::new(open, close, place));
            }
        }
    }
    math
}

/// The keys of the passthrough extension, where it is switched on.
fn find_passthrough(keys: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let mut table = keys;
    for name in ["markup", "goldmark", "extensions", "passthrough"] {
        let named = |key: &String| key.eq_ignore_ascii_case(name);
        let mut found = table.iter().filter(|(key, _)| named(key));
        table = found.find_map(|(_, value)| value.as_object())?;
    }
    (table.get("enable") == Some(&Value::Bool(true))).then_some(table)
}

/// Reads the front matter that section pages cascade to the pages below them, by folder.
fn read_cascades(dir: &Path, prefix: &str, paths: &[String]) -> Data {
    let mut data = Data::new();
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let depth = prefix.split('/').filter(|part| !part.is_empty()).count();
    let mut above: Vec<&Path> = real.ancestors().skip(1).take(depth).collect();
    above.reverse();
    for folder in above {
        if let Some(keys) = read_cascade(&folder.join("_index.md")) {
            let known = data.remove("").unwrap_or_default();
            data.insert(String::new(), add_defaults(keys, &known));
        }
    }
    for path in paths {
        let Some(folder) = path.strip_suffix("_index.md") else {
            continue;
        };
        if !folder.is_empty() && !folder.ends_with('/') {
            continue;
        }
        let Some(keys) = read_cascade(&dir.join(path)) else {
            continue;
        };
        let folder = folder.trim_end_matches('/').to_owned();
        let known = match folder.is_empty() {
            true => data.remove("").unwrap_or_default(),
            false => Map::new(),
        };
        data.insert(folder, add_defaults(keys, &known));
    }
    data
}
