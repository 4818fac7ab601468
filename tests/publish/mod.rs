//! Building and publishing feeds.

mod ownership;
mod pages;
mod writing;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::feed::{config, site};
use crate::scene::Scene;

/// Every file below a folder with its bytes and when it was written.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|(below, file)| (format!("{name}/{below}"), file)),
            );
        } else {
            found.insert(
                name,
                (
                    fs::read(&path).unwrap(),
                    fs::metadata(&path).unwrap().modified().unwrap(),
                ),
            );
        }
    }
    found
}

fn public(scene: &Scene) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    files(&scene.path("public"))
}

fn two() -> Scene {
    site(&[
        (
            "tea.md",
            "title: Tea\ndate: 2024-05-01\ntags: [hot]",
            "Hot.",
        ),
        (
            "rain.md",
            "title: Rain\ndate: 2023-04-01\ntags: [wet]",
            "Wet.",
        ),
    ])
    .file(
        "config.toml",
        &config("", "by = [\"tag\"]\narchive = \"year\"\nlimit = 1"),
    )
}
