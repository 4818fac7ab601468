//! The shortcodes of a site and of its themes: of their templates only one thing is read, whether they show code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value};

use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::hugo::template::shows_code;
use crate::loader::generator::keys::{Generator, lower, read_keys};

/// The folders of templates, since Hugo 0.146 and before.
const FOLDERS: [&str; 2] = ["layouts/_shortcodes", "layouts/shortcodes"];
/// The configs of a theme.
const CONFIGS: [&str; 9] = [
    "hugo.toml",
    "hugo.yaml",
    "hugo.yml",
    "hugo.json",
    "config.toml",
    "config.yaml",
    "config.yml",
    "config.json",
    "theme.toml",
];
/// How far themes that are made of others are followed, and how many are looked into.
const DEEPEST: usize = 8;
const MOST_THEMES: usize = 64;

/// The names of the shortcodes whose content is code: their templates show it so.
pub(super) fn list_code_shortcodes(generator: &Generator) -> Vec<String> {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for folder in std::iter::once(generator.root.clone()).chain(list_themes(generator)) {
        for templates in FOLDERS.map(|name| folder.join(name)) {
            for entry in fs::read_dir(templates).into_iter().flatten().flatten() {
                if let Some((name, is_code)) = read_template(&entry.path()) {
                    // The site's own template overrides that of a theme.
                    found.entry(name).or_insert(is_code);
                }
            }
        }
    }
    let code = found.into_iter().filter(|(_, is_code)| *is_code);
    code.map(|(name, _)| name).collect()
}

/// The folders of the themes that the config names, each with those that it is made of, in the order in which Hugo looks
/// into them; all that are there where it names none.
fn list_themes(generator: &Generator) -> Vec<PathBuf> {
    let folder = generator.text("themesdir").unwrap_or("themes");
    let folder = generator.root.join(folder);
    let mut themes = Vec::new();
    for name in list_names(&generator.keys) {
        add_theme(&name, &folder, 0, &mut themes);
    }
    if !themes.is_empty() {
        return themes;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    all.sort();
    all
}

/// Adds a theme, and those that its own config names; each once.
fn add_theme(name: &str, folder: &Path, depth: usize, themes: &mut Vec<PathBuf>) {
    let theme = folder.join(name);
    if themes.contains(&theme) || themes.len() == MOST_THEMES {
        return;
    }
    let configs = CONFIGS.map(|config| theme.join(config));
    themes.push(theme);
    if depth == DEEPEST {
        return;
    }
    for keys in configs.iter().filter_map(|config| read_keys(config)) {
        for part in list_names(&lower(keys)) {
            // The author of a theme is somebody else.
            if Path::new(&part)
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
            {
                add_theme(&part, folder, depth + 1, themes);
            }
        }
    }
}

/// The names of the themes in a config, in their order.
fn list_names(keys: &Map<String, Value>) -> Vec<String> {
    let themes = match keys.get("theme") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let imports = keys.get("module").and_then(|module| module.get("imports"));
    let imports = imports.and_then(Value::as_array).into_iter().flatten();
    let imports = imports.filter_map(|import| import.get("path"));
    let names = themes.iter().chain(imports).filter_map(Value::as_str);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The name of a template's shortcode, and whether its content is code.
fn read_template(file: &Path) -> Option<(String, bool)> {
    let name = file.file_name()?.to_str()?.strip_suffix(".html")?;
    let is_code = read_text(file, WRITTEN).is_ok_and(|template| shows_code(&template));
    Some((name.to_lowercase(), is_code))
}
