//! Reads Docusaurus' config and its file of authors, as far as they need not be run.

use std::path::Path;

use crate::config::{Dialect, Format};
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, read_author};
use crate::loader::generator::survey::{
    Survey, find_assigned, find_object, find_switch, read_script,
};
use crate::post::dialect::Habits;
use crate::post::front;

/// The names of its config files.
pub(super) const FILES: &[&str] = &[
    "docusaurus.config.js",
    "docusaurus.config.ts",
    "docusaurus.config.mjs",
    "docusaurus.config.cjs",
];

/// Reads a site of Docusaurus.
pub(super) struct Docusaurus;

impl GeneratorReader for Docusaurus {
    fn dialect(&self) -> Dialect {
        Dialect::Docusaurus
    }

    fn list_content(&self, generator: &Generator) -> Vec<String> {
        vec![choose_content(generator)]
    }

    fn read_into(&self, generator: &Generator, dir: &Path, habits: &mut Habits) {
        let script = read_script(&generator.file);
        let end = match find_switch(&script, "trailingSlash") {
            Some(true) => "/",
            _ => "",
        };
        habits.permalink = Some(format!("{}{{dated_path}}{end}", route(&script)));
        let blog = find_object(&script, "blog").unwrap_or_default();
        let map = find_assigned(blog, "authorsMapPath").unwrap_or("authors.yml");
        let inside = Inside::new([&*generator.root, dir]);
        let found = [dir, &generator.root].into_iter().find_map(|folder| {
            let file = inside.find(&folder.join(map))?;
            front::parse_yaml(&read_text(&file, WRITTEN).ok()?)
        });
        let people = found.unwrap_or_default();
        let people = people
            .iter()
            .filter_map(|(key, one)| Some((key.clone(), read_author(one)?)));
        habits.people.extend(people);
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let script = read_script(&generator.file);
        let named = |name: &str| find_assigned(&script, name).map(str::to_owned);
        survey.title = named("title");
        survey.description = named("tagline");
        survey.base = named("baseUrl").unwrap_or_default();
        if let Some(url) = named("url") {
            let base = survey.base.trim_start_matches('/');
            survey.take_url(&format!("{}/{base}", url.trim_end_matches('/')));
        }
        survey.take_language(&named("defaultLocale").unwrap_or_else(|| "en".to_owned()));
        survey.posts = generator.root.join(choose_content(generator));
        survey.output = "build".into();
        let file = format!("{}atom.xml", route(&script));
        survey.feed = Some((Format::Atom, file.trim_start_matches('/').to_owned()));
        survey.switch_off = "set `feedOptions: { type: null }` for the blog in its config";
    }
}

/// The folder of the blog.
fn choose_content(generator: &Generator) -> String {
    let script = read_script(&generator.file);
    let blog = find_object(&script, "blog").unwrap_or_default();
    let path = find_assigned(blog, "path").unwrap_or("blog");
    path.trim_start_matches("./").trim_matches('/').to_owned()
}

/// The path of the blog on the site, with slashes at both ends.
fn route(script: &str) -> String {
    let blog = find_object(script, "blog").unwrap_or_default();
    let route = find_assigned(blog, "routeBasePath").unwrap_or("blog");
    match route.trim_matches('/') {
        "" => "/".to_owned(),
        route => format!("/{route}/"),
    }
}
