//! Reads VitePress' config, as far as it needs not be run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{Dialect, Format};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::survey::{
    Survey, find_assigned, find_posts_in, find_switch, is_in_repository, read_script,
};
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
        if find_switch(&read_script(&generator.file), "cleanUrls") == Some(true) {
            habits.permalink = Some("/{path}".to_owned());
        }
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let script = read_script(&generator.file);
        let named = |name: &str| find_assigned(&script, name).map(str::to_owned);
        survey.title = named("title");
        survey.description = named("description");
        survey.take_language(&named("lang").unwrap_or_else(|| "en".to_owned()));
        if let Some(host) = named("hostname") {
            let base = named("base").unwrap_or_default();
            survey.take_url(&format!(
                "{}/{}",
                host.trim_end_matches('/'),
                base.trim_start_matches('/')
            ));
        }
        for script in list_scripts(generator) {
            survey_feed(&script, survey);
        }
        survey.posts = find_posts_in(&generator.root.join(choose_content(generator)));
        let output = named("outDir").map_or_else(|| ".vitepress/dist".into(), PathBuf::from);
        survey.output = output;
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
fn survey_feed(script: &str, survey: &mut Survey) {
    if !script.contains("new Feed(") {
        return;
    }
    if survey.url.is_none() {
        let names = ["baseUrl", "hostname", "siteUrl", "link"];
        let found = names.iter().find_map(|name| find_assigned(script, name));
        survey.take_url(found.unwrap_or_default());
    }
    let formats = [
        (".rss2()", Format::Rss),
        (".atom1()", Format::Atom),
        (".json1()", Format::Json),
    ];
    let is_called = |(call, _): &(&str, Format)| script.contains(call);
    let Some((_, format)) = formats.into_iter().find(is_called) else {
        return;
    };
    let is_file = |text: &&str| {
        [".rss", ".xml", ".atom", ".json"]
            .iter()
            .any(|end| text.ends_with(end))
    };
    let written = script.find("writeFile").map_or("", |at| &script[at..]);
    if let Some(file) = written.split(['\'', '"', '`']).find(is_file) {
        let file = file.trim_start_matches(['.', '/']);
        survey.feed = Some((format, file.to_owned()));
        survey.switch_off = "take `buildEnd`, which writes it, out of VitePress' config";
    }
}

/// The folder of the pages.
fn choose_content(generator: &Generator) -> String {
    let script = read_script(&generator.file);
    let folder = find_assigned(&script, "srcDir").unwrap_or_default();
    folder.trim_start_matches("./").trim_matches('/').to_owned()
}
