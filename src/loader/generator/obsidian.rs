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
    let settings = [
        ".obsidian/daily-notes.json",
        ".obsidian/plugins/periodic-notes/data.json",
    ]
    .map(|file| {
        let text = read_text(&root.join(file), WRITTEN).unwrap_or_default();
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    });
    let [daily, periodic] = settings;
    let periods = periodic.as_object().cloned().unwrap_or_default();
    let periods = periods.into_iter().map(|(_, period)| period);
    std::iter::once(daily).chain(periods).filter_map(|setting| {
        if setting.get("enabled") == Some(&Value::Bool(false)) {
            return None;
        }
        let folder = setting.get("folder")?.as_str()?.trim_matches('/');
        (!folder.is_empty()).then(|| PathBuf::from(folder))
    })
}
