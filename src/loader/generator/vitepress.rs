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
        survey.base = named("base").unwrap_or_default();
        if let Some(host) = named("hostname") {
            let base = survey.base.trim_start_matches('/');
            survey.take_url(&format!("{}/{base}", host.trim_end_matches('/')));
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
    let Some(options) = find_arguments(script, "new Feed(") else {
        return;
    };
    if survey.url.is_none() {
        let names = ["baseUrl", "hostname", "siteUrl"];
        let alone = names.iter().find_map(|name| find_assigned(script, name));
        // Elsewhere, a link is one of the navigation.
        let found = alone.or_else(|| find_assigned(options, "link"));
        survey.take_url(found.unwrap_or_default());
    }
    let formats = [
        (".rss2()", Format::Rss),
        (".atom1()", Format::Atom),
        (".json1()", Format::Json),
    ];
    let mut called = formats.into_iter();
    let called = called.find_map(|(call, format)| Some((script.find(call)?, format)));
    let Some((call, format)) = called else {
        return;
    };
    if let Some(file) = find_written(script, call, format) {
        survey.feed = Some((format, file.to_owned()));
        survey.switch_off = "take `buildEnd`, which writes it, out of VitePress' config";
    }
}

/// What stands between the parentheses of this call of a function.
fn find_arguments<'a>(script: &'a str, call: &str) -> Option<&'a str> {
    let (_, behind) = script.split_once(call)?;
    Some(&behind[..find_end(behind).unwrap_or(behind.len())])
}

/// The place of the parenthesis that ends a list of arguments.
fn find_end(arguments: &str) -> Option<usize> {
    let mut depth = 1;
    arguments.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    })
}

/// The file that a script writes a feed to: it is named in the call around the one that makes its text, at `call`, or in
/// the next one that writes.
fn find_written(script: &str, call: usize, format: Format) -> Option<&str> {
    let endings: &[&str] = match format {
        Format::Json => &[".json"],
        Format::Rss | Format::Atom => &[".rss", ".xml", ".atom"],
    };
    let is_file = |text: &&str| endings.iter().any(|end| text.ends_with(end));
    let (before, after) = script.split_at(call);
    let around = list_writes(before).last();
    let around = around.filter(|arguments| find_end(arguments).is_none());
    let file = if let Some(arguments) = around {
        arguments.split(QUOTES).rfind(is_file)
    } else {
        let arguments = list_writes(after).next()?;
        let end = find_end(arguments).unwrap_or(arguments.len());
        arguments[..end].split(QUOTES).find(is_file)
    }?;
    // A folder that is named by a variable is that of the output.
    let file = file.rsplit('}').next()?.trim_start_matches(['.', '/']);
    (!file.is_empty()).then_some(file)
}

/// What stands behind the opening parenthesis of each call that writes a file, to the end of this part.
fn list_writes(part: &str) -> impl Iterator<Item = &str> {
    part.match_indices("writeFile").filter_map(|(at, _)| {
        let call = part[at..].trim_start_matches(char::is_alphanumeric);
        call.strip_prefix('(')
    })
}

/// What a text of a script stands between.
const QUOTES: [char; 3] = ['\'', '"', '`'];

/// The folder of the pages.
fn choose_content(generator: &Generator) -> String {
    let script = read_script(&generator.file);
    let folder = find_assigned(&script, "srcDir").unwrap_or_default();
    folder.trim_start_matches("./").trim_matches('/').to_owned()
}
