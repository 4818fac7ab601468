//! A generator's config file and its keys.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{Author, Dialect};
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::python;
use crate::post::compose;
use crate::post::dialect::Habits;
use crate::post::facts::people;
use crate::post::front;

pub(in crate::loader) struct Generator {
    pub(in crate::loader) dialect: Dialect,
    pub(in crate::loader) file: PathBuf,
    /// The folder of the whole site.
    pub(in crate::loader) root: PathBuf,
    /// Its keys, in lower case at the first level.
    pub(in crate::loader) keys: Map<String, Value>,
    /// Whether the file cannot be parsed.
    pub(in crate::loader) is_broken: bool,
}

impl Generator {
    pub(in crate::loader) fn text(&self, key: &str) -> Option<&str> {
        self.keys.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// Whether a key is `true`.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.keys.get(key) == Some(&Value::Bool(true))
    }

    pub(super) fn table(&self, key: &str) -> Option<&Map<String, Value>> {
        self.keys.get(key)?.as_object()
    }

    /// Finds the value at the end of a path of keys, through tables within tables.
    pub(super) fn find(&self, path: &[&str]) -> Option<&Value> {
        let (last, tables) = path.split_last()?;
        let mut keys = &self.keys;
        for table in tables {
            keys = keys.get(*table)?.as_object()?;
        }
        keys.get(*last)
    }

    /// The list at the end of a path of keys, empty where there is none.
    pub(super) fn list(&self, path: &[&str]) -> &[Value] {
        match self.find(path) {
            Some(Value::Array(list)) => list,
            _ => &[],
        }
    }

    /// Reads the languages beside the default one.
    pub(super) fn read_languages(&self, habits: &mut Habits, default: &str, in_folder: bool) {
        let Some(languages) = self.table("languages") else {
            return;
        };
        let others = languages
            .keys()
            .filter(|code| in_folder || !code.eq_ignore_ascii_case(default));
        habits.languages = others.cloned().collect();
        habits.default_language = Some(default.to_owned());
    }
}

/// Reads the keys of a config; `None` if it cannot be parsed.
pub(super) fn read_keys(file: &Path) -> Option<Map<String, Value>> {
    let text = || read_text(file, WRITTEN).ok();
    match file.extension().and_then(|ending| ending.to_str()) {
        _ if file.ends_with(".obsidian") => file.is_dir().then(Map::new),
        Some("toml") => toml(&text()?),
        Some("yml" | "yaml") => front::parse_yaml(&text()?),
        Some("json") => serde_json::from_str(&text()?).ok(),
        Some("py") => Some(python::read_literals(&text()?)),
        _ => file.is_file().then(Map::new),
    }
}

/// Keys in lower case at the first level.
pub(in crate::loader) fn lower(keys: Map<String, Value>) -> Map<String, Value> {
    keys.into_iter()
        .map(|(key, value)| (key.to_lowercase(), value))
        .collect()
}

fn toml(text: &str) -> Option<Map<String, Value>> {
    let table: toml::Table = text.parse().ok()?;
    match serde_json::to_value(table).ok()? {
        Value::Object(keys) => Some(keys),
        _ => None,
    }
}

pub(super) fn read_author(value: &Value) -> Option<Author> {
    match value {
        Value::String(name) => Some(Author {
            name: compose(name).into_owned(),
            email: None,
            url: None,
        }),
        Value::Object(map) => people::from_map(map),
        _ => None,
    }
}
