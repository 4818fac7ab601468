//! Reads VitePress' config, as far as it needs not be run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{Dialect, Format};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::script::{ConfigScript, Expression, read_script};
use crate::loader::generator::survey::{Survey, find_posts_in, is_in_repository};
use crate::post::dialect::Habits;

/// The names of its config files.
pub(super) const FILES: &[&str] = &[
    ".vitepress/config.js",
    ".vitepress/config.ts",
    ".vitepress/config.mjs",
    ".vitepress/config.mts",
];

/// Reads a site of VitePress. Its config is a script.
pub(super) struct VitePress;

impl GeneratorReader for VitePress {
    fn dialect(&self) -> Dialect {
        Dialect::VitePress
    }

    fn may_be_root(&self, _dir: &Path) -> bool {
        true
    }

    fn is_script(&self) -> bool {
        true
    }

    fn list_content(&self, generator: &Generator) -> Vec<String> {
        vec![choose_content(generator)]
    }

    fn read_into(&self, generator: &Generator, _dir: &Path, habits: &mut Habits) {
        let text = read_script(&generator.file);
        let script = ConfigScript::parse(&text);
        if script.whole().find_switch("cleanUrls") == Some(true) {
            habits.permalink = Some("/{path}".to_owned());
        }
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let text = read_script(&generator.file);
        let script = ConfigScript::parse(&text);
        let config = script.find_exported();
        let said = |key: &str| script.text_of(key);
        let named =
            |name: &str| said(name).or_else(|| script.whole().find_text(name).map(str::to_owned));
        survey.title = named("title");
        survey.description = named("description");
        survey.take_language(&named("lang").unwrap_or_else(|| "en".to_owned()));
        let sitemap = config.and_then(|config| config.get("sitemap")?.object());
        let host = sitemap.and_then(|sitemap| sitemap.text_of("hostname"));
        let host = host.or_else(|| said("hostname").filter(|_| config.is_none()));
        survey.take_place(host.as_deref(), &said("base").unwrap_or_default());
        survey.output = said("outDir").map_or_else(|| ".vitepress/dist".into(), PathBuf::from);
        for text in list_scripts(generator) {
            survey_feed(&ConfigScript::parse(&text), survey);
        }
        survey.posts = find_posts_in(&generator.root.join(choose_content(generator)));
        survey.git_dates = is_in_repository(&generator.root);
    }
}

/// The scripts beside the config, as VitePress' own guide to a feed adds them.
fn list_scripts(generator: &Generator) -> Vec<String> {
    let folder = generator.root.join(".vitepress");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let is_script = |file: &&PathBuf| {
        let ending = file.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ["js", "ts", "mjs", "mts"].contains(&ending))
    };
    files
        .iter()
        .filter(is_script)
        .map(|file| read_script(file))
        .collect()
}

/// Reads the feed that a script writes at the end of a build: its file, and the address of the site.
fn survey_feed(script: &ConfigScript<'_>, survey: &mut Survey) {
    let Some(options) = script.find_new("Feed") else {
        return;
    };
    if survey.url.is_none() {
        let items = options.list_items();
        let options = items.first().and_then(|options| options.object());
        let link = options.and_then(|options| options.text_of("link"));
        let constant = |name: &&str| script.find_constant(name)?.text();
        let names = ["baseUrl", "hostname", "siteUrl"];
        let found = link.or_else(|| names.iter().find_map(constant));
        survey.take_url(&found.unwrap_or_default());
    }
    for (call, format) in [
        ("rss2", Format::Rss),
        ("atom1", Format::Atom),
        ("json1", Format::Json),
    ] {
        let output = survey.output.to_string_lossy().into_owned();
        let mut calls = script.list_calls(call).into_iter();
        if let Some(file) = calls.find_map(|call| find_written(script, call, format, &output)) {
            survey.feed = Some((format, file));
            survey.switch_off = "take `buildEnd`, which writes it, out of VitePress' config";
            return;
        }
    }
}

/// How many uses of a text, and brackets around each, are looked at for the file that it is written to.
const USES: usize = 20;

/// The file that the text of a feed is written to, below the folder of the output: it is named beside the text, or beside
/// the constant that the text is.
fn find_written(
    script: &ConfigScript<'_>,
    made: Expression<'_>,
    format: Format,
    output: &str,
) -> Option<String> {
    let mut texts = vec![made];
    if let Some(name) = made.find_constant() {
        texts.extend(made.list_uses(name).into_iter().take(USES));
    }
    let endings: &[&str] = match format {
        Format::Json => &[".json"],
        Format::Rss | Format::Atom => &[".rss", ".xml", ".atom"],
    };
    for text in texts {
        let mut list = text.find_list();
        for _ in 0..USES {
            let Some((function, items)) = list else {
                break;
            };
            // What a function of the script does with a name, or a loop over a list, is to write into the output.
            let is_own = match function.last_name() {
                Some(name) => script.defines(name),
                None => true,
            };
            for item in items {
                let file = read_place(item, output, is_own);
                if let Some(file) =
                    file.filter(|file| endings.iter().any(|end| file.ends_with(end)))
                {
                    return Some(file);
                }
            }
            list = function.find_list();
        }
    }
    None
}

/// The path of a file below the folder of the output, if this expression names one. A path alone is below it where
/// `is_below`.
fn read_place(place: Expression<'_>, output: &str, is_below: bool) -> Option<String> {
    let place = place.resolve();
    let (path, is_below) = if let Some(text) = place.text() {
        (text, is_below)
    } else if let Some(made) = place.as_made() {
        let (folder, path) = made.strip_prefix("${")?.split_once("}/")?;
        let folder = folder.rsplit('.').next().unwrap_or_default();
        (
            Some(path.to_owned()).filter(|path| !path.contains("${"))?,
            names_output(folder),
        )
    } else if let Some((function, folders)) = place.as_call() {
        if !matches!(function.last_name(), Some("join" | "resolve")) {
            return None;
        }
        let mut parts = Vec::new();
        let mut is_below = false;
        for folder in folders {
            if let Some(text) = folder.text() {
                parts.push(text);
                continue;
            }
            // A folder that only a run knows is mostly that of the output.
            parts.clear();
            let function = folder.as_call().map(|(function, _)| function);
            let name = function.unwrap_or(folder).last_name();
            is_below = !matches!(name, Some("__dirname" | "dirname" | "cwd"));
        }
        (parts.join("/"), is_below)
    } else {
        // A folder that only a run knows, and a path: `config.outDir + '/feed.xml'`.
        (place.last_text()?.to_owned(), true)
    };
    let output = output.trim_start_matches("./").trim_end_matches('/');
    let last = output.rsplit('/').next().unwrap_or_default();
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let (path, is_below) = match path.split_once(&format!("{output}/")) {
        Some((_, below)) => (below, true),
        None => match path.strip_prefix(&format!("{last}/")) {
            Some(below) => (below, true),
            None => (path, is_below),
        },
    };
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let is_plain = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    (is_below && is_plain).then(|| path.to_owned())
}

/// Whether a name is one that scripts give the folder of the output.
fn names_output(name: &str) -> bool {
    let name = name.to_lowercase();
    ["out", "dist", "dest", "build"]
        .iter()
        .any(|begin| name.starts_with(begin))
}

/// The folder of the pages.
fn choose_content(generator: &Generator) -> String {
    let text = read_script(&generator.file);
    let script = ConfigScript::parse(&text);
    let exported = script.find_exported();
    let folder = exported.and_then(|config| config.text_of("srcDir"));
    // Without it all addresses would change.
    let folder = folder.or_else(|| script.whole().find_text("srcDir").map(str::to_owned));
    let folder = folder.unwrap_or_default();
    folder.trim_start_matches("./").trim_matches('/').to_owned()
}
