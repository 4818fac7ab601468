//! Reads the data files beside an Eleventy site's posts: each holds defaults for a post, or for a folder and all below
//! it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{Dialect, Format};
use crate::file::asset::Inside;
use crate::file::read::{Unreadable, WRITTEN, read, read_text};
use crate::finding::{Finding, Rule, Severity};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, read_author};
use crate::loader::generator::script::{ConfigScript, Expression, read_script};
use crate::loader::generator::survey::{Survey, find_posts_in};
use crate::loader::ignored::gathered::{Gathered, explain_unread};
use crate::loader::ignored::glob;
use crate::loader::ignored::whole;
use crate::post::add_defaults;
use crate::post::dialect::Data;

/// The names of its config files.
pub(super) const FILES: &[&str] = &[
    ".eleventy.js",
    ".eleventy.cjs",
    "eleventy.config.js",
    "eleventy.config.mjs",
    "eleventy.config.cjs",
    "eleventy.config.ts",
];

/// Reads a site of Eleventy. Its config is a script.
pub(super) struct Eleventy;

impl GeneratorReader for Eleventy {
    fn dialect(&self) -> Dialect {
        Dialect::Eleventy
    }

    fn may_be_root(&self, _dir: &Path) -> bool {
        true
    }

    fn is_script(&self) -> bool {
        true
    }

    fn list_content(&self, _generator: &Generator) -> Vec<String> {
        CONTENT.map(str::to_owned).to_vec()
    }

    fn read_data(&self, dir: &Path, prefix: &str, paths: &[String]) -> (Data, Vec<Finding>) {
        read_data_files(dir, prefix, paths)
    }

    fn ignore(&self, gathered: &mut Gathered<'_>, dir: &Path) {
        ignore_files(gathered, dir);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let config = read_script(&generator.file);
        let script = ConfigScript::parse(&config);
        let set = script.whole();
        let folder = |name: &str| {
            set.find_text(name)
                .map(|folder| folder.trim_start_matches("./"))
        };
        let input = generator.root.join(folder("input").unwrap_or_default());
        let data = [
            input.join(folder("data").unwrap_or("_data")),
            generator.root.join("_data"),
            input.clone(),
        ];
        let mut texts = Vec::new();
        for folder in &data {
            for name in METADATA {
                texts.extend(read_text(&folder.join(name), WRITTEN));
            }
        }
        // Newer starters keep the data in the config itself.
        texts.push(config.clone());
        for text in &texts {
            survey_data(text, survey);
        }
        let exported = script.find_constant("config");
        let exported = exported
            .and_then(Expression::object)
            .or_else(|| script.find_exported());
        let prefix = exported.and_then(|config| config.text_of("pathPrefix"));
        survey.base = prefix.unwrap_or_default();
        survey.posts.clone_from(&input);
        let content = CONTENT.iter().map(|folder| generator.root.join(folder));
        for folder in std::iter::once(input).chain(content) {
            let posts = find_posts_in(&folder);
            if posts != folder {
                survey.posts = posts;
                break;
            }
        }
        survey.output = folder("output").unwrap_or("_site").into();
        if config.contains("plugin-rss") || config.contains("feedPlugin") {
            let file = set.find_text("outputPath").unwrap_or("feed/feed.xml");
            survey.feed = Some((Format::Atom, file.trim_start_matches('/').to_owned()));
            survey.switch_off =
                "take the feed plugin, or the template of the feed, out of Eleventy's config";
        }
    }
}

/// Reads what a script or a file of data says about the site.
fn survey_data(text: &str, survey: &mut Survey) {
    let script = ConfigScript::parse(text);
    let data = script.whole();
    let said = |name: &str| data.find_text(name).map(str::to_owned);
    survey.title = survey.title.take().or_else(|| said("title"));
    survey.description = survey.description.take().or_else(|| said("description"));
    if survey.url.is_none() {
        // The feed plugin calls it `base`.
        survey.take_url(&said("url").or_else(|| said("base")).unwrap_or_default());
    }
    if survey.language.is_none() {
        let language = said("language").or_else(|| said("lang"));
        survey.take_language(&language.unwrap_or_default());
    }
    if survey.author.is_none() {
        let person = data.list_objects("author").first().copied();
        let name = person.and_then(|person| person.find_text("name"));
        let name = name.or_else(|| data.find_text("author"));
        survey.author = name.and_then(|name| read_author(&name.into()));
        let email = person.unwrap_or(data).find_text("email");
        survey.take_email(email.unwrap_or_default());
    }
}

/// The usual folders of Eleventy's pages; the config that names them is a script.
const CONTENT: [&str; 5] = ["src/content", "src/site", "src", "content", "site"];

/// A file of data that cannot be read leaves no post out.
fn describe_unread(error: Unreadable, file: &Path) -> Finding {
    let finding = Finding {
        severity: Severity::Warning,
        ..error.in_file(file)
    };
    finding.hint("mend it: what it sets for the posts is not followed")
}

/// Reads the data files in a folder, by the post or folder that they are about.
fn read_files(
    folder: &Path,
    inside: &Inside,
    findings: &mut Vec<Finding>,
) -> HashMap<String, Map<String, Value>> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    // `tea.11tydata.json` counts more than `tea.json`.
    names.sort_by_key(|name| name.contains(".11tydata."));
    let mut found: HashMap<String, Map<String, Value>> = HashMap::new();
    for name in names {
        let file = folder.join(&name);
        let data = name.strip_suffix(".json");
        if data.is_none() && !name.contains(".11tydata.") {
            continue;
        }
        if inside.find(&file).is_none() {
            let finding = Finding::warning(
                Rule::LinkNotFollowed,
                "this link is not followed: it leads to no file in the folder",
            );
            findings.push(
                finding
                    .in_file(file)
                    .hint("put the file itself here, or take the link away"),
            );
            continue;
        }
        if let Some(stem) = data {
            let stem = stem.strip_suffix(".11tydata").unwrap_or(stem);
            let text = read_text(&file, WRITTEN).map_err(|error| describe_unread(error, &file));
            let text = text.map_err(|finding| findings.push(finding));
            if let Some(keys) = text.ok().and_then(|text| serde_json::from_str(&text).ok()) {
                let known = found.remove(stem).unwrap_or_default();
                found.insert(stem.to_owned(), add_defaults(keys, &known));
            }
        } else if read_text(&file, WRITTEN).is_ok_and(|text| text.contains("permalink")) {
            let finding = Finding::warning(
                Rule::PermalinkUnread,
                "its `permalink` is not known here, since JavaScript is not run",
            );
            findings.push(
                finding
                    .in_file(file)
                    .hint("write the file as JSON, or set `permalink` under [posts]"),
            );
        }
    }
    found
}

/// The files in which sites keep data about themselves.
const METADATA: [&str; 8] = [
    "metadata.json",
    "metadata.js",
    "metadata.mjs",
    "metadata.cjs",
    "site.json",
    "site.js",
    "site.mjs",
    "meta.json",
];

/// Reads the data files for the folders of these posts, and reports those that are scripts.
fn read_data_files(dir: &Path, prefix: &str, paths: &[String]) -> (Data, Vec<Finding>) {
    let (mut data, mut findings) = (Data::new(), Vec::new());
    // The folders above count from the generator's folder of content on, whose own name counts as well.
    let depth = if prefix.is_empty() {
        1
    } else {
        prefix.split('/').count() + 1
    };
    let real = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let mut above: Vec<&Path> = real.ancestors().take(depth).collect();
    above.reverse();
    // A data file may be a link: it must not show files from elsewhere.
    let own = Inside::new([&*real]);
    for folder in above {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let inside = match folder == real {
            true => &own,
            false => &Inside::new([folder]),
        };
        if let Some(own) = read_files(folder, inside, &mut findings).remove(name.as_ref()) {
            let keys = std::mem::take(data.entry(String::new()).or_default());
            data.insert(String::new(), add_defaults(own, &keys));
        }
    }
    let mut seen = String::new();
    for folder in paths
        .iter()
        .map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder))
    {
        if folder == seen && !data.is_empty() {
            continue;
        }
        folder.clone_into(&mut seen);
        let name = folder.rsplit('/').next().unwrap_or_default();
        for (file, keys) in read_files(&dir.join(folder), &own, &mut findings) {
            let place = match folder {
                "" => file,
                _ if file == name => folder.to_owned(),
                _ => format!("{folder}/{file}"),
            };
            data.insert(place, keys);
        }
    }
    (data, findings)
}

/// Globs in files beside the config, one a line. One of them is git's, but Eleventy reads them in its own way:
/// relative to the file's folder, and without negation.
fn ignore_files(gathered: &mut Gathered<'_>, dir: &Path) {
    let Generator { root, file, .. } = gathered.generator;
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
        .chain(CONTENT.map(|folder| root.join(folder)))
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
                gathered.findings.push(finding.hint(hint));
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
                    gathered.files.push(format!("^{folder}/{glob}$"));
                    gathered.folders.push(format!("^{folder}/{glob}$"));
                }
                Err(error) => gathered.findings.push(
                    explain_unread(line, &error)
                        .in_file(&file)
                        .at_line(number + 1),
                ),
            }
        }
    }
}
