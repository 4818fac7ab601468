//! The settings of Hugo's config that leave files out of the site.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::loader::generator::hugo::languages::content_of_languages;
use crate::loader::generator::keys::lower;
use crate::loader::ignored::gathered::{Gathered, texts};
use crate::loader::ignored::glob;
use crate::loader::ignored::whole;

/// Expressions for the whole path of a file or a folder, and languages that are switched off.
pub(super) fn ignore_settings(gathered: &mut Gathered<'_>) {
    let keys = &gathered.generator.keys;
    for pattern in texts(keys.get("ignorefiles")) {
        let made = gathered.read(pattern, glob::convert_go(pattern));
        gathered.files.extend(made.clone());
        gathered.folders.extend(made);
    }
    let languages = keys.get("languages").and_then(Value::as_object);
    let is_off = |language: &Value| {
        let mut keys = language.as_object().into_iter().flatten();
        keys.any(|(key, value)| key.eq_ignore_ascii_case("disabled") && *value == Value::Bool(true))
    };
    let off = languages
        .into_iter()
        .flatten()
        .filter(|(_, language)| is_off(language))
        .map(|(code, _)| &**code);
    let off: Vec<&str> = texts(keys.get("disablelanguages"))
        .into_iter()
        .chain(off)
        .collect();
    let is_off = |code: &str| off.iter().any(|other| other.eq_ignore_ascii_case(code));
    gathered.files.extend(
        off.iter()
            .map(|code| format!("(?i)\\.{}\\.[^./]+$", regex::escape(code))),
    );
    // The folder of a disabled language is ignored, unless it lies in that of another language.
    let own = content_of_languages(languages);
    let main = gathered
        .generator
        .text("contentdir")
        .unwrap_or("content")
        .trim_matches('/');
    let default = gathered
        .generator
        .text("defaultcontentlanguage")
        .unwrap_or("en");
    let has_own = |code: &str| {
        own.iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(code))
    };
    let on = own
        .iter()
        .filter(|(code, _)| !is_off(code))
        .map(|(_, folder)| &**folder);
    let on: Vec<&str> = on.chain((!has_own(default)).then_some(main)).collect();
    for (_, folder) in own.iter().filter(|(code, _)| is_off(code)) {
        if !on.iter().any(|other| Path::new(folder).starts_with(other)) {
            let folder = whole(&gathered.generator.root.join(folder));
            gathered
                .folders
                .push(format!("^{}$", regex::escape(&folder)));
        }
    }
}

/// Globs for the path below the folder that a mount takes its pages from. The first match decides.
pub(super) fn ignore_mounts(gathered: &mut Gathered<'_>) {
    let mounts = gathered
        .generator
        .keys
        .get("module")
        .and_then(|module| module.get("mounts"))
        .and_then(Value::as_array);
    let mounts = mounts
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|mount| lower(mount.clone()));
    let is_content = |mount: &Map<String, Value>| {
        let target = mount
            .get("target")
            .and_then(Value::as_str)
            .unwrap_or_default();
        target.trim_start_matches('/').split('/').next() == Some("content")
    };
    let mounts: Vec<_> = mounts.filter(is_content).collect();
    let source = |mount: &Map<String, Value>| {
        let source = gathered.generator.root.join(mount.get("source")?.as_str()?);
        Some(source.components().collect::<PathBuf>())
    };
    let sources: Vec<Option<PathBuf>> = mounts.iter().map(source).collect();
    for (mount, folder) in mounts.iter().zip(&sources) {
        let Some(folder) = folder else { continue };
        // A file that one mount leaves out may be included by another mount of the same folder.
        let others = sources
            .iter()
            .flatten()
            .filter(|other| other.starts_with(folder) || folder.starts_with(other));
        if others.count() > 1 {
            continue;
        }
        let [taken, passed, both] =
            ["includefiles", "excludefiles", "files"].map(|key| texts(mount.get(key)));
        let both = both
            .into_iter()
            .map(|pattern| match pattern.strip_prefix("! ") {
                Some(passed) => (passed, false),
                None => (pattern, true),
            });
        let taken = taken.into_iter().map(|pattern| (pattern, true));
        let patterns = taken
            .chain(passed.into_iter().map(|pattern| (pattern, false)))
            .chain(both);
        let folder = whole(folder);
        let mut only = Vec::new();
        for (pattern, is_taken) in patterns {
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
