//! Whether what a site is made of has changed, found without reading it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::config::Config;
use crate::loader::walk::list_files;

/// A number that differs once a post or a template has come, gone or changed, by lengths and times.
pub(crate) fn stamp_sources(config: &Config) -> u64 {
    let mut hasher = DefaultHasher::new();
    for post in list_files(&config.posts.dir).unwrap_or_default() {
        stamp(&config.posts.dir.join(post), &mut hasher);
    }
    let templates = fs::read_dir(config.root.join("templates"));
    let mut templates: Vec<_> = templates.into_iter().flatten().flatten().collect();
    templates.sort_by_key(fs::DirEntry::file_name);
    for template in templates {
        stamp(&template.path(), &mut hasher);
    }
    hasher.finish()
}

/// Takes the name, the length and the time of a file into a hash, where it is there.
pub(crate) fn stamp(file: &Path, hasher: &mut DefaultHasher) {
    if let Ok(about) = fs::metadata(file) {
        file.hash(hasher);
        (about.len(), about.modified().ok()).hash(hasher);
    }
}
