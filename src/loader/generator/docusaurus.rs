//! Reads Docusaurus' config and its file of authors, as far as they need not be run.

use std::path::Path;

use crate::config::{Dialect, Format};
use crate::file::asset::Inside;
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::{Generator, read_author};
use crate::loader::generator::script::{ConfigScript, read_script};
use crate::loader::generator::survey::Survey;
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
        let text = read_script(&generator.file);
        let script = ConfigScript::parse(&text);
        let end = match script.whole().find_switch("trailingSlash") {
            Some(true) => "/",
            _ => "",
        };
        habits.permalink = Some(format!("{}{{dated_path}}{end}", route(&script)));
        let map = find_of_blog(&script, "authorsMapPath").unwrap_or("authors.yml");
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
        let text = read_script(&generator.file);
        let script = ConfigScript::parse(&text);
        let said = |key: &str| script.text_of(key);
        let named =
            |name: &str| said(name).or_else(|| script.whole().find_text(name).map(str::to_owned));
        survey.title = named("title");
        survey.description = named("tagline");
        survey.take_place(said("url").as_deref(), &said("baseUrl").unwrap_or_default());
        survey.take_language(&named("defaultLocale").unwrap_or_else(|| "en".to_owned()));
        survey.posts = generator.root.join(choose_content(generator));
        survey.output = "build".into();
        let file = format!("{}atom.xml", route(&script));
        survey.feed = Some((Format::Atom, file.trim_start_matches('/').to_owned()));
        survey.switch_off = "set `feedOptions: { type: null }` for the blog in its config";
    }
}

/// The text of a key of the blog.
fn find_of_blog<'a>(script: &'a ConfigScript<'a>, key: &str) -> Option<&'a str> {
    // The theme has a `blog`, too.
    let blogs = script.whole().list_objects("blog");
    blogs.into_iter().find_map(|blog| blog.find_text(key))
}

/// The folder of the blog.
fn choose_content(generator: &Generator) -> String {
    let text = read_script(&generator.file);
    let script = ConfigScript::parse(&text);
    let path = find_of_blog(&script, "path").unwrap_or("blog");
    path.trim_start_matches("./").trim_matches('/').to_owned()
}

/// The path of the blog on the site, with slashes at both ends.
fn route(script: &ConfigScript<'_>) -> String {
    let route = find_of_blog(script, "routeBasePath").unwrap_or("blog");
    match route.trim_matches('/') {
        "" => "/".to_owned(),
        route => format!("/{route}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::{find_of_blog, route};
    use crate::loader::generator::script::ConfigScript;

    #[test]
    fn the_blog_of_the_theme_hides_no_key_of_that_of_the_preset() {
        let text = "module.exports = {
            presets: [['classic', { blog: { routeBasePath: '/', authorsMapPath: 'people.yml' } }]],
            themeConfig: { blog: { sidebar: { groupByYear: true } } },
        };";
        let script = ConfigScript::parse(text);
        assert_eq!(route(&script), "/");
        assert_eq!(find_of_blog(&script, "authorsMapPath"), Some("people.yml"));
    }
}
