//! The settings of Hugo's config that leave files out of the site.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::loader::generator::hugo::languages::list_language_folders;
use crate::loader::generator::keys::{Generator, lower};
use crate::loader::ignored::gathered::{Gathered, texts};
use crate::loader::ignored::glob;
use crate::loader::ignored::whole;

/// Expressions for the whole path of a file or a folder, and languages that are switched off.
pub(super) fn ignore_settings(gathered: &mut Gathered<'_>) {
    let generator = gathered.generator;
    for pattern in texts(generator.keys.get("ignorefiles")) {
        let made = gathered.read(pattern, glob::convert_go(pattern));
        gathered.files.extend(made.clone());
        gathered.folders.extend(made);
    }
    let disabled = find_disabled(generator);
    for code in &disabled {
        let file = format!("(?i)\\.{}\\.[^./]+$", regex::escape(code));
        gathered.files.push(file);
    }
    // The folder of a disabled language is ignored, unless it lies in that of another language.
    let own = list_language_folders(generator.table("languages"));
    let default = generator.text("defaultcontentlanguage").unwrap_or("en");
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    for (code, folder) in &own {
        match disabled.iter().any(|off| off.eq_ignore_ascii_case(code)) {
            true => hidden.push(folder),
            false => shown.push(folder.as_str()),
        }
    }
    if !own
        .iter()
        .any(|(code, _)| code.eq_ignore_ascii_case(default))
    {
        let main = generator.text("contentdir").unwrap_or("content");
        shown.push(main.trim_matches('/'));
    }
    for folder in hidden {
        if !shown
            .iter()
            .any(|other| Path::new(folder).starts_with(other))
        {
            let folder = whole(&generator.root.join(folder));
            let ignored = format!("^{}$", regex::escape(&folder));
            gathered.folders.push(ignored);
        }
    }
}

/// The codes of the languages that are switched off.
fn find_disabled(generator: &Generator) -> Vec<&str> {
    let mut disabled = texts(generator.keys.get("disablelanguages"));
    for (code, language) in generator.table("languages").into_iter().flatten() {
        let mut keys = language.as_object().into_iter().flatten();
        let is_on = |(key, value): (&String, &Value)| {
            key.eq_ignore_ascii_case("disabled") && *value == Value::Bool(true)
        };
        if keys.any(is_on) {
            disabled.push(code);
        }
    }
    disabled
}

/// The mounts that pages come from: the folder of each, and its keys in lower case.
fn find_mounts(generator: &Generator) -> Vec<(PathBuf, Map<String, Value>)> {
    let mut mounts = Vec::new();
    for mount in generator.list(&["module", "mounts"]) {
        let Some(mount) = mount.as_object().cloned().map(lower) else {
            continue;
        };
        let text = |key: &str| mount.get(key).and_then(Value::as_str);
        let target = text("target").unwrap_or_default().trim_start_matches('/');
        let Some(source) = text("source") else {
            continue;
        };
        if target.split('/').next() == Some("content") {
            let folder = generator.root.join(source).components().collect();
            mounts.push((folder, mount));
        }
    }
    mounts
}

/// The patterns of a mount, in their order, and whether each takes files in.
fn list_patterns(mount: &Map<String, Value>) -> Vec<(&str, bool)> {
    let mut patterns = Vec::new();
    for (key, is_taken) in [("includefiles", true), ("excludefiles", false)] {
        for pattern in texts(mount.get(key)) {
            patterns.push((pattern, is_taken));
        }
    }
    for pattern in texts(mount.get("files")) {
        patterns.push(match pattern.strip_prefix("! ") {
            Some(passed) => (passed, false),
            None => (pattern, true),
        });
    }
    patterns
}

/// Globs for the path below the folder that a mount takes its pages from. The first match decides.
pub(super) fn ignore_mounts(gathered: &mut Gathered<'_>) {
    let mounts = find_mounts(gathered.generator);
    for (folder, mount) in &mounts {
        // A file that one mount leaves out may be included by another mount of the same folder.
        let overlap = |other: &Path| other.starts_with(folder) || folder.starts_with(other);
        if mounts.iter().filter(|(other, _)| overlap(other)).count() > 1 {
            continue;
        }
        let folder = whole(folder);
        let mut only = Vec::new();
        for (pattern, is_taken) in list_patterns(mount) {
            // After an inclusion, everything else is excluded anyway.
            if !is_taken && !only.is_empty() {
                continue;
            }
            let Some(glob) = gathered.read(pattern, glob::convert_hugo(pattern)) else {
                continue;
            };
            let made = format!("^{}{glob}$", regex::escape(&folder));
            if is_taken {
                only.push(made);
            } else {
                gathered.folders.push(made.clone());
                gathered.files.push(made);
            }
        }
        if !only.is_empty() {
            gathered.only.push((folder + "/", only));
        }
    }
}
