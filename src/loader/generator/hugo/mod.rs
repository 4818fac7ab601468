//! Hugo's config: one file at the root, and the folders `config/…` that add to it.

mod ignored;
mod languages;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{Dialect, Format};
use crate::file::read::{WRITTEN, read_text};
use crate::finding::Finding;
use crate::loader::generator::hugo::languages::content_of_languages;
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, author, keys_of, lower};
use crate::loader::generator::survey::{Survey, find_nested, posts_in};
use crate::loader::ignored::gathered::Gathered;
use crate::post::dialect::math::{self, Delimiters, FormulaPlace, Math};
use crate::post::dialect::{Data, Habits, Rules};
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
    }

    fn more_files(&self, root: &Path) -> Vec<PathBuf> {
        files(root)
    }

    fn content(&self, generator: &Generator) -> Vec<String> {
        vec![generator.text("contentdir").unwrap_or("content").to_owned()]
    }

    fn read_into(&self, generator: &Generator, dir: &Path, habits: &mut Habits) {
        let table = |key: &str| generator.keys.get(key).and_then(Value::as_object);
        if let (Some(permalinks), Some(colons)) = (table("permalinks"), habits.rules.colons) {
            let of_pages = permalinks.get("page").and_then(Value::as_object);
            for (section, pattern) in of_pages.unwrap_or(permalinks) {
                if let Some(pattern) = pattern.as_str() {
                    let mut pattern = colons.convert_pattern(pattern);
                    if !pattern.ends_with('/')
                        && !pattern
                            .rsplit('/')
                            .next()
                            .is_some_and(|last| last.contains('.'))
                    {
                        pattern.push('/');
                    }
                    habits.permalinks.insert(section.clone(), pattern);
                }
            }
        }
        match generator.keys.get("uglyurls") {
            Some(Value::Object(sections)) => {
                let ugly = sections
                    .iter()
                    .filter(|(_, is_ugly)| **is_ugly == Value::Bool(true));
                habits.ugly_sections = ugly.map(|(section, _)| section.clone()).collect();
            }
            other => habits.ugly = other == Some(&Value::Bool(true)),
        }
        habits.syntax.emoji = generator.keys.get("enableemoji") == Some(&Value::Bool(true));
        let default = generator.text("defaultcontentlanguage").unwrap_or("en");
        let in_folder =
            generator.keys.get("defaultcontentlanguageinsubdir") == Some(&Value::Bool(true));
        habits.math = math_of(&generator.keys);
        generator.languages(habits, default, in_folder);
        habits.language_folders = habits
            .languages
            .iter()
            .map(|code| (code.clone(), code.clone()))
            .collect();
        let mut folders = content_of_languages(table("languages"));
        let root = generator.text("contentdir").filter(|_| {
            !folders
                .iter()
                .any(|(code, _)| code.eq_ignore_ascii_case(default))
        });
        folders
            .extend(root.map(|folder| (default.to_owned(), folder.trim_matches('/').to_owned())));
        for (code, folder) in folders {
            let folder = generator.root.join(folder);
            if let Ok(below) = dir.strip_prefix(&folder) {
                habits.prefix = Path::new(&code).join(below).to_string_lossy().into_owned();
                habits.language_folders.push((code.clone(), code));
            } else if let Ok(below) = folder.strip_prefix(dir) {
                // The folder of posts holds the folders of the languages.
                habits.prefix.clear();
                habits
                    .language_folders
                    .push((below.to_string_lossy().into_owned(), code));
            }
        }
        let params = generator
            .keys
            .get("params")
            .map(|params| texts_of("param", params));
        habits.variables.extend(params.into_iter().flatten());
        let names = table("frontmatter")
            .and_then(|keys| keys.get("date"))
            .and_then(Value::as_array);
        let place = names.and_then(|names| names.iter().position(|name| name == ":filename"));
        (habits.date_in_name, habits.name_first) = (place.is_some(), place == Some(0));
        if habits.authors.is_empty() {
            let writer = table("params")
                .and_then(|params| params.get("author"))
                .and_then(author);
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
        survey.take_url(generator.text("baseurl").unwrap_or_default());
        let default = generator.text("defaultcontentlanguage").unwrap_or("en");
        let languages = generator.keys.get("languages").and_then(Value::as_object);
        let own = languages.and_then(|languages| {
            let mut found = languages
                .iter()
                .filter(|(code, _)| code.eq_ignore_ascii_case(default));
            found.next()?.1.as_object().cloned().map(lower)
        });
        let own = own.unwrap_or_default();
        let said = |key: &str| {
            let own = own.get(key).and_then(Value::as_str);
            own.or_else(|| generator.text(key)).map(str::to_owned)
        };
        survey.title = said("title").or(survey.title.take());
        survey.take_language(
            &said("languagecode")
                .or_else(|| said("locale"))
                .unwrap_or_else(|| default.to_owned()),
        );
        let described = find_nested(generator, "params", "description").map(str::to_owned);
        survey.description = survey.description.take().or(described);
        let params = generator.keys.get("params").and_then(Value::as_object);
        let named = |name: &str| {
            let mut found = params?
                .iter()
                .filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value)
        };
        survey.author = survey
            .author
            .take()
            .or_else(|| named("author").and_then(author));
        if let Some(email) = find_nested(generator, "params", "email") {
            survey.take_email(email);
        }
        let content = said("contentdir").unwrap_or_else(|| "content".to_owned());
        let content = generator.root.join(content.trim_matches('/'));
        // With several main sections, the posts are those of the whole folder.
        let main = named("mainsections").and_then(|sections| match sections {
            Value::Array(list) if list.len() == 1 => list[0].as_str(),
            one => one.as_str(),
        });
        let main = main.map(|section| content.join(section));
        survey.posts = match main.filter(|folder| folder.is_dir()) {
            Some(folder) => folder,
            None => posts_in(&content),
        };
        survey.output = said("publishdir")
            .unwrap_or_else(|| "public".to_owned())
            .into();
        survey.feed = Some((Format::Rss, "index.xml".to_owned()));
        survey.switch_off = "set `disableKinds = [\"rss\"]` in Hugo's config";
    }
}

/// The config folders that a build reads; each overrides those before it and the file at the root.
const FOLDERS: [&str; 2] = ["config/_default", "config/production"];

/// The files in the config folders, in the order in which they are read.
fn files(root: &Path) -> Vec<PathBuf> {
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
    for file in files(root) {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let Some(found) = keys_of(&file) else {
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

/// Tables grow together; of two other values the later one counts.
fn add(keys: &mut Map<String, Value>, added: Map<String, Value>) {
    for (key, value) in added {
        match (keys.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => add(known, more),
            (_, value) => _ = keys.insert(key, value),
        }
    }
}

/// The keys that a section's page cascades to all pages, without those for some pages only.
fn handed_down(file: &Path) -> Option<Map<String, Value>> {
    let text = read_text(file, WRITTEN)
        .ok()
        .filter(|text| text.contains("cascade"))?;
    let front = front::split(&text, Rules::for_dialect(Dialect::Hugo))
        .ok()?
        .front;
    let (_, cascade) = front.get(&["cascade"])?;
    let one = |keys: &Value| keys.as_object().cloned().map(lower);
    let all = match cascade {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        keys => Vec::from_iter(one(keys)),
    };
    let for_all = all
        .into_iter()
        .filter(|keys| !keys.contains_key("target") && !keys.contains_key("_target"));
    // Lists of two pages do not grow together.
    let keys = for_all
        .flatten()
        .filter(|(key, _)| !matches!(key.as_str(), "tags" | "categories"));
    Some(keys.collect()).filter(|keys: &Map<String, Value>| !keys.is_empty())
}

/// The delimiters that the passthrough extension is given, and the theme's switch for math.
fn math_of(keys: &Map<String, Value>) -> Math {
    let path = ["markup", "goldmark", "extensions", "passthrough"];
    let passthrough = path.iter().try_fold(keys, |keys, name| {
        let mut found = keys
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.find_map(|(_, value)| value.as_object())
    });
    let passthrough = passthrough.filter(|keys| {
        keys.get("enable")
            .is_some_and(|on| on == &Value::Bool(true))
    });
    let mut math = Math {
        is_whole: passthrough.is_some(),
        is_on: keys
            .get("params")
            .and_then(Value::as_object)
            .and_then(math::switch)
            == Some(true),
        always: Vec::new(),
    };
    let Some(passthrough) = passthrough else {
        return math;
    };
    let said = |name: &str| passthrough.get("delimiters")?.get(name)?.as_array();
    for (name, place, usual) in [
        (
            "block",
            FormulaPlace::Block,
            &[("\\[", "\\]"), ("$$", "$$")][..],
        ),
        ("inline", FormulaPlace::Line, &[("\\(", "\\)")]),
    ] {
        let pair = |pair: &Value| {
            let text = |at: usize| pair.get(at)?.as_str().filter(|text| !text.is_empty());
            Some(Delimiters::new(text(0)?, text(1)?, place))
        };
        if let Some(pairs) = said(name) {
            math.always.extend(pairs.iter().filter_map(pair));
            continue;
        }
        let usual = usual.iter();
        math.always
            .extend(usual.map(|(open, close)| Delimiters::new(open, close, place)));
    }
    math
}

/// Reads the front matter that section pages cascade to the pages below them, by folder.
fn read_cascades(dir: &Path, prefix: &str, paths: &[String]) -> Data {
    let mut data = Data::new();
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let depth = prefix.split('/').filter(|part| !part.is_empty()).count();
    let mut above: Vec<&Path> = real.ancestors().skip(1).take(depth).collect();
    above.reverse();
    for keys in above
        .iter()
        .filter_map(|folder| handed_down(&folder.join("_index.md")))
    {
        let known = data.remove("").unwrap_or_default();
        data.insert(String::new(), add_defaults(keys, &known));
    }
    for path in paths {
        let folder = path
            .strip_suffix("_index.md")
            .filter(|folder| folder.is_empty() || folder.ends_with('/'));
        if let Some((folder, keys)) =
            folder.and_then(|folder| Some((folder, handed_down(&dir.join(path))?)))
        {
            let folder = folder.trim_end_matches('/').to_owned();
            let known = if folder.is_empty() {
                data.remove("").unwrap_or_default()
            } else {
                Map::new()
            };
            data.insert(folder, add_defaults(keys, &known));
        }
    }
    data
}
