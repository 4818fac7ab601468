//! Astro's config, as far as it needs not be run.

use crate::config::{Dialect, Format};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::script::{ConfigScript, read_script};
use crate::loader::generator::survey::{Survey, find_posts_in};

pub(super) const FILES: &[&str] = &["astro.config.mjs", "astro.config.ts", "astro.config.js"];

/// Reads a site of Astro. Its config is a script.
pub(super) struct Astro;

impl GeneratorReader for Astro {
    fn dialect(&self) -> Dialect {
        Dialect::Astro
    }

    fn list_content(&self, _generator: &Generator) -> Vec<String> {
        CONTENT.map(str::to_owned).to_vec()
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        let root = &generator.root;
        let text = read_script(&generator.file);
        let script = ConfigScript::parse(&text);
        let said = |key: &str| script.text_of(key);
        survey.take_place(said("site").as_deref(), &said("base").unwrap_or_default());
        for file in CONSTANTS {
            let text = read_script(&root.join(file));
            let script = ConfigScript::parse(&text);
            let find = |names: &[&str]| {
                let found = names.iter().find_map(|name| script.whole().find_text(name));
                found.map(str::to_owned)
            };
            if survey.title.is_none() {
                survey.title = find(&["SITE_TITLE", "title", "name"]);
            }
            if survey.description.is_none() {
                survey.description = find(&["SITE_DESCRIPTION", "description", "desc"]);
            }
        }
        survey.posts = root.join(CONTENT[0]);
        for folder in CONTENT {
            let content = root.join(folder);
            let posts = find_posts_in(&content);
            if posts != content {
                survey.posts = posts;
                break;
            }
        }
        let output = said("outDir").unwrap_or_else(|| "dist".to_owned());
        survey.output = output.trim_start_matches("./").into();
        survey.feed = Some((Format::Rss, "rss.xml".to_owned()));
        survey.switch_off = "delete `src/pages/rss.xml.js`";
    }
}

/// The files in which the starters of Astro and of its themes keep the title of the site.
const CONSTANTS: [&str; 6] = [
    "src/consts.ts",
    "src/consts.js",
    "src/config.ts",
    "src/site.config.ts",
    "src/config/site.ts",
    "src/constants.ts",
];

/// The folders with collections of posts; an address begins with the collection's name.
const CONTENT: [&str; 3] = ["src/content", "src/data", "src/pages"];
