//! Obsidian, whose config does not say how a vault is published.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::Dialect;
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::survey::{Survey, USUAL, find_posts_among};
use crate::loader::ignored::gathered::Gathered;
use crate::loader::ignored::whole;

/// The folder of its config.
pub(super) const FILES: &[&str] = &[".obsidian"];

/// Reads a vault of Obsidian. The notes that it excludes are hidden from its search, and published as any other.
pub(super) struct Obsidian;

impl GeneratorReader for Obsidian {
    fn dialect(&self) -> Dialect {
        Dialect::Obsidian
    }

    fn may_be_root(&self, _dir: &Path) -> bool {
        true
    }

    fn is_vault(&self) -> bool {
        true
    }

    /// A diary is no blog, unless its folder is named as that of the posts.
    fn ignore(&self, gathered: &mut Gathered<'_>, dir: &Path) {
        let root = &gathered.generator.root;
        let diaries = list_diaries(root).map(|folder| root.join(folder));
        let diaries: Vec<PathBuf> = diaries.filter(|folder| !dir.starts_with(folder)).collect();
        for folder in diaries {
            let folder = regex::escape(&whole(&folder));
            gathered.folders.push(format!("^{folder}$"));
        }
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        // Notes of every kind are called so in a vault.
        let is_blog = |name: &&str| !["notes", "journal"].contains(name);
        let blogs: Vec<&str> = USUAL.into_iter().filter(is_blog).collect();
        survey.posts = find_posts_among(&blogs, &generator.root);
    }
}

/// The folders of daily, weekly and other periodic notes, by the settings of the plugins that write them.
fn list_diaries(root: &Path) -> impl Iterator<Item = PathBuf> {
    let daily = match is_switched_off(root, "core-plugins.json", "daily-notes") {
        true => Value::Null,
        false => read_setting(root, "daily-notes.json"),
    };
    let periods = match is_switched_off(root, "community-plugins.json", "periodic-notes") {
        true => Value::Null,
        false => read_setting(root, "plugins/periodic-notes/data.json"),
    };
    let periods = periods.as_object().cloned().unwrap_or_default();
    let periods = periods.into_iter().map(|(_, period)| period);
    std::iter::once(daily).chain(periods).filter_map(|setting| {
        if setting.get("enabled") == Some(&Value::Bool(false)) {
            return None;
        }
        let folder = setting.get("folder")?.as_str()?.trim_matches('/');
        (!folder.is_empty()).then(|| PathBuf::from(folder))
    })
}

/// Whether the list of the plugins that are on, or the table that says of each whether it is, leaves this one off: its
/// settings stay behind.
fn is_switched_off(root: &Path, list: &str, plugin: &str) -> bool {
    match read_setting(root, list) {
        Value::Array(on) => !on.iter().any(|name| name == plugin),
        Value::Object(all) => all.get(plugin) == Some(&Value::Bool(false)),
        _ => false,
    }
}

/// A file of the vault's settings; null if there is none that can be read.
fn read_setting(root: &Path, file: &str) -> Value {
    let text = read_text(&root.join(".obsidian").join(file), WRITTEN).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}
