//! The shortcodes of a site and of its themes: of their templates only one thing is read, whether they show code.

use std::fs;
use std::path::Path;

use crate::file::read::{WRITTEN, read_text};

/// The folders of templates, since Hugo 0.146 and before.
const FOLDERS: [&str; 2] = ["layouts/_shortcodes", "layouts/shortcodes"];

/// The names of the shortcodes whose content is code: their templates highlight it, or set it into `pre`.
pub(super) fn list_code_shortcodes(root: &Path) -> Vec<String> {
    let themes = fs::read_dir(root.join("themes")).into_iter().flatten();
    let themes = themes.flatten().map(|entry| entry.path());
    let mut names = Vec::new();
    for folder in std::iter::once(root.to_path_buf()).chain(themes) {
        for templates in FOLDERS.map(|name| folder.join(name)) {
            let entries = fs::read_dir(templates).into_iter().flatten().flatten();
            let files = entries.map(|entry| entry.path());
            names.extend(files.filter_map(|file| name_if_code(&file)));
        }
    }
    names
}

fn name_if_code(file: &Path) -> Option<String> {
    let name = file.file_name()?.to_str()?.strip_suffix(".html")?;
    let template = read_text(file, WRITTEN).ok()?;
    let shows_code = ["highlight ", "transform.Highlight ", "<pre"]
        .iter()
        .any(|words| template.contains(words));
    let is_markdown = ["markdownify", "RenderString"]
        .iter()
        .any(|words| template.contains(words));
    (shows_code && !is_markdown && template.contains(".Inner")).then(|| name.to_lowercase())
}
