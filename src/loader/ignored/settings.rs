//! Reads from each generator's config which files are not part of the site.

use std::path::{Path, PathBuf};

use regex::bytes::RegexSet;
use serde_json::{Map, Value};

use super::glob::{self, Unread};
use super::{Ignored, whole};
use crate::config::Dialect;
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read, read_text};
use crate::finding::{Finding, Rule, Severity};
use crate::loader::generator::{Generator, eleventy, hugo, lower};

/// Reads what a generator ignores in this folder of posts, and reports the settings that cannot be read.
pub(in crate::loader) fn read_ignored(
    generator: &Generator,
    dir: &Path,
) -> (Ignored, Vec<Finding>) {
    let mut gathered = Gathered::new(generator);
    match generator.dialect {
        Dialect::Hugo => {
            gathered.hugo();
            gathered.hugo_mounts();
        }
        Dialect::Zola => gathered.zola(),
        Dialect::Jekyll => gathered.jekyll(),
        Dialect::Eleventy => gathered.eleventy(dir),
        Dialect::Pelican => gathered.pelican(dir),
        // The notes that Obsidian excludes are hidden from its search, and published as any other. The others have no such
        // setting.
        Dialect::Obsidian
        | Dialect::Astro
        | Dialect::Docusaurus
        | Dialect::Nikola
        | Dialect::VitePress
        | Dialect::MdBook
        | Dialect::Plain
        | Dialect::Auto => {}
    }
    gathered.together()
}

/// Expressions, on their way into an [`Ignored`].
struct Gathered<'a> {
    generator: &'a Generator,
    files: Vec<String>,
    folders: Vec<String>,
    kept: Vec<String>,
    /// Folders of which only the files that match these expressions are taken.
    only: Vec<(String, Vec<String>)>,
    findings: Vec<Finding>,
}

impl<'a> Gathered<'a> {
    fn new(generator: &'a Generator) -> Self {
        let [files, folders, kept] = [Vec::new(), Vec::new(), Vec::new()];
        Self {
            generator,
            files,
            folders,
            kept,
            only: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Expressions for the whole path of a file or a folder, and languages that are switched off.
    fn hugo(&mut self) {
        let keys = &self.generator.keys;
        for pattern in texts(keys.get("ignorefiles")) {
            let made = self.read(pattern, glob::convert_go(pattern));
            self.files.extend(made.clone());
            self.folders.extend(made);
        }
        let languages = keys.get("languages").and_then(Value::as_object);
        let is_off = |language: &Value| {
            let mut keys = language.as_object().into_iter().flatten();
            keys.any(|(key, value)| {
                key.eq_ignore_ascii_case("disabled") && *value == Value::Bool(true)
            })
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
        self.files.extend(
            off.iter()
                .map(|code| format!("(?i)\\.{}\\.[^./]+$", regex::escape(code))),
        );
        // The folder of a disabled language is ignored, unless it lies in that of another language.
        let own = hugo::content_of_languages(languages);
        let main = self
            .generator
            .text("contentdir")
            .unwrap_or("content")
            .trim_matches('/');
        let default = self
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
                let folder = whole(&self.generator.root.join(folder));
                self.folders.push(format!("^{}$", regex::escape(&folder)));
            }
        }
    }

    /// Globs for the path below the folder that a mount takes its pages from. The first match decides.
    fn hugo_mounts(&mut self) {
        let mounts = self
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
            let source = self.generator.root.join(mount.get("source")?.as_str()?);
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
                let Some(glob) = self.read(pattern, glob::convert_hugo(pattern)) else {
                    continue;
                };
                let made = format!("^{}{glob}$", regex::escape(&folder));
                if is_taken {
                    only.push(made);
                } else {
                    self.folders.push(made.clone());
                    self.files.push(made);
                }
            }
            if !only.is_empty() {
                self.only.push((folder + "/", only));
            }
        }
    }

    /// Globs for the whole path of a file; a folder that matches is still entered.
    fn zola(&mut self) {
        for pattern in texts(self.generator.keys.get("ignored_content")) {
            let made = self.read(pattern, glob::convert_zola(pattern));
            self.files.extend(made);
        }
    }

    /// Prefixes of the path below the source, or globs for all of it; included files stay.
    fn jekyll(&mut self) {
        let keys = &self.generator.keys;
        let source = self
            .generator
            .root
            .join(self.generator.text("source").unwrap_or_default());
        let source = regex::escape(&whole(&source.components().collect::<PathBuf>()));
        let included = texts(keys.get("include"));
        for pattern in texts(keys.get("exclude"))
            .into_iter()
            .filter(|pattern| !included.contains(pattern))
        {
            let below = pattern.trim_start_matches('/');
            let begins = format!("^{source}/{}", regex::escape(below));
            // Something in the folder may be included.
            self.folders
                .extend(included.is_empty().then(|| begins.clone()));
            self.files.push(begins);
            if let Some(glob) = self
                .read(pattern, glob::convert_ruby(below))
                .filter(|_| has_wildcard(below))
            {
                self.files.push(format!("^{source}/{glob}$"));
                // A folder that matches is not entered: a `_posts` in it is not found. In `_posts` only files are asked.
                self.files
                    .push(format!("^{source}/{glob}/(?:.*/)?{POSTS_OF_JEKYLL}/"));
            }
        }
        // Folders like `_posts/_later` are not part of the site.
        self.folders.push(format!("/{POSTS_OF_JEKYLL}/[_#~][^/]*$"));
        for pattern in included {
            let made = self.read(pattern, glob::convert_ruby(pattern.trim_start_matches('/')));
            self.kept
                .extend(made.map(|glob| format!("/{POSTS_OF_JEKYLL}/(?:.*/)?{glob}[^/]*$")));
        }
    }

    /// Globs in files beside the config, one a line. One of them is git's, but Eleventy reads them in its own way:
    /// relative to the file's folder, and without negation.
    fn eleventy(&mut self, dir: &Path) {
        let Generator { root, file, .. } = self.generator;
        let config = read_text(file, WRITTEN).unwrap_or_default();
        let is_without_git = config
            .split_whitespace()
            .collect::<String>()
            .contains("setUseGitIgnore(false)");
        let mut files: Vec<PathBuf> =
            Vec::from_iter((!is_without_git).then(|| root.join(".gitignore")));
        // A script sets the folder of content: it is one of the folders that have such a file.
        let above = dir
            .ancestors()
            .take_while(|folder| folder.starts_with(root))
            .map(Path::to_path_buf);
        let mut folders: Vec<PathBuf> = above
            .chain(eleventy::CONTENT.map(|folder| root.join(folder)))
            .collect();
        folders.sort();
        folders.dedup();
        files.extend(folders.iter().map(|folder| folder.join(".eleventyignore")));
        let inside = Inside::new([root.as_path()]);
        for file in files {
            let folder = regex::escape(&whole(file.parent().unwrap_or(root)));
            // An invalid line is shown, so a link to a file elsewhere must not be read.
            let real = inside.find(&file).unwrap_or_default();
            let text = match read(&real, WRITTEN) {
                Ok(text) => text,
                Err(error) if error.is_missing() => continue,
                Err(error) => {
                    let finding = Finding {
                        severity: Severity::Warning,
                        ..error.in_file(&file)
                    };
                    let hint = "mend that: what it leaves out of the site is taken in here";
                    self.findings.push(finding.hint(hint));
                    continue;
                }
            };
            for (number, line) in String::from_utf8_lossy(&text)
                .lines()
                .map(str::trim)
                .enumerate()
            {
                if line.is_empty() || line.starts_with(['#', '!']) {
                    continue;
                }
                match glob::convert_eleventy(line.trim_start_matches("./").trim_matches('/')) {
                    Ok(glob) => {
                        self.files.push(format!("^{folder}/{glob}$"));
                        self.folders.push(format!("^{folder}/{glob}$"));
                    }
                    Err(error) => self.findings.push(
                        describe_unread(line, &error)
                            .in_file(&file)
                            .at_line(number + 1),
                    ),
                }
            }
        }
    }

    /// Names of files and folders, folders below the one of content, and folders that alone are searched.
    fn pelican(&mut self, dir: &Path) {
        let list = |key: &str| self.generator.keys.get(key).filter(|list| list.is_array());
        for pattern in texts(list("ignore_files"))
            .into_iter()
            .filter(|pattern| !pattern.contains('/'))
        {
            if let Some(glob) = self.read(pattern, glob::convert_python(pattern)) {
                self.files.push(format!("/{glob}$"));
                self.folders.push(format!("/{glob}$"));
            }
        }
        let root = &self.generator.root;
        let contents = [
            root.join(self.generator.text("path").unwrap_or("content")),
            root.clone(),
        ];
        let content = contents
            .iter()
            .map(|folder| folder.components().collect::<PathBuf>());
        let Some(content) = content
            .into_iter()
            .find(|content| dir.starts_with(content) || content.starts_with(dir))
        else {
            return;
        };
        let content = whole(&content);
        let below =
            |folder: &str| format!("^{}/{}", regex::escape(&content), regex::escape(folder));
        let [excluded, pages] = ["article_excludes", "page_paths"].map(|key| texts(list(key)));
        for folder in excluded
            .into_iter()
            .chain(pages)
            .filter(|folder| !folder.is_empty())
        {
            self.folders.push(below(folder) + "$");
        }
        if let Some(list) = list("article_paths") {
            let taken: Vec<&str> = texts(Some(list))
                .into_iter()
                .map(|path| path.trim_end_matches('/'))
                .collect();
            if !taken.contains(&"") {
                let taken = taken
                    .into_iter()
                    .map(|path| below(path) + "(?:/|$)")
                    .collect();
                self.only.push((content.clone() + "/", taken));
            }
        }
    }

    /// Adds an expression made from a setting; reports one that cannot be read.
    fn read(&mut self, pattern: &str, made: Result<String, Unread>) -> Option<String> {
        made.inspect_err(|error| {
            let (file, line) = self.place(pattern);
            let finding = describe_unread(pattern, error).in_file(file);
            self.findings.push(match line {
                Some(line) => finding.at_line(line),
                None => finding,
            });
        })
        .ok()
    }

    /// The file and the line of the config that hold this text.
    fn place(&self, pattern: &str) -> (PathBuf, Option<usize>) {
        // Between double quotes a backslash is written twice.
        let spellings = [pattern.to_owned(), pattern.replace('\\', "\\\\")];
        let says = |line: &str| spellings.iter().any(|spelling| line.contains(spelling));
        let more =
            (self.generator.dialect == Dialect::Hugo).then(|| hugo::files(&self.generator.root));
        let mut files =
            std::iter::once(self.generator.file.clone()).chain(more.into_iter().flatten());
        let found = files.find_map(|file| {
            let line = read_text(&file, WRITTEN).ok()?.lines().position(says)?;
            Some((file, Some(line + 1)))
        });
        found.unwrap_or_else(|| (self.generator.file.clone(), None))
    }

    fn together(mut self) -> (Ignored, Vec<Finding>) {
        let lists = [&mut self.files, &mut self.folders, &mut self.kept].map(std::mem::take);
        let only = std::mem::take(&mut self.only);
        let mut set = |list: Vec<String>| {
            RegexSet::new(list).unwrap_or_else(|_| {
                let finding = Finding::warning(
                    Rule::IgnoreUnread,
                    "it leaves out more than can be followed",
                );
                self.findings.push(
                    finding
                        .in_file(&self.generator.file)
                        .hint("leave out by folder, not by file"),
                );
                RegexSet::empty()
            })
        };
        let [files, folders, kept] = lists.map(&mut set);
        let only = only
            .into_iter()
            .map(|(folder, taken)| (folder, set(taken)))
            .collect();
        (
            Ignored {
                files,
                folders,
                kept,
                only,
            },
            self.findings,
        )
    }
}

fn describe_unread(pattern: &str, error: &Unread) -> Finding {
    let finding = Finding::warning(
        Rule::IgnoreUnread,
        format!("`{pattern}` cannot be read: {error}"),
    );
    finding.hint("write it in another way: what it leaves out of the site is taken in here")
}

/// Jekyll's folders of posts.
const POSTS_OF_JEKYLL: &str = "_(?:posts|drafts)";

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '\\'])
}

/// The texts of a setting: those of a list, or a single one.
fn texts(setting: Option<&Value>) -> Vec<&str> {
    match setting {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}
