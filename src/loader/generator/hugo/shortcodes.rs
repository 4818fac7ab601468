//! The shortcodes of a site and of its themes: of their templates only one thing is read, whether they show code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::hugo::template::shows_code;
use crate::loader::generator::keys::Generator;

/// The folders of templates, since Hugo 0.146 and before.
const FOLDERS: [&str; 2] = ["layouts/_shortcodes", "layouts/shortcodes"];

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

/// The folders of the themes that the config names, in their order; all that are there where it names none.
fn list_themes(generator: &Generator) -> Vec<PathBuf> {
    let folder = generator.text("themesdir").unwrap_or("themes");
    let folder = generator.root.join(folder);
    let themes = match generator.keys.get("theme") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let imports = generator.list(&["module", "imports"]).iter();
    let imports = imports.filter_map(|import| import.get("path"));
    let names = themes.iter().chain(imports).filter_map(Value::as_str);
    let names = names.filter(|name| !name.is_empty());
    let chosen: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
    if !chosen.is_empty() {
        return chosen;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    all.sort();
    all
}

/// The name of a template's shortcode, and whether its content is code.
fn read_template(file: &Path) -> Option<(String, bool)> {
    let name = file.file_name()?.to_str()?.strip_suffix(".html")?;
    let is_code = read_text(file, WRITTEN).is_ok_and(|template| shows_code(&template));
    Some((name.to_lowercase(), is_code))
}
