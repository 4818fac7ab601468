//! Reads VitePress' config, as far as it needs not be run.

use std::path::{Path, PathBuf};

use crate::config::Dialect;
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
        survey.posts = find_posts_in(&generator.root.join(choose_content(generator)));
        let output = named("outDir").map_or_else(|| ".vitepress/dist".into(), PathBuf::from);
        survey.output = output;
        survey.git_dates = is_in_repository(&generator.root);
    }
}

/// The folder of the pages.
fn choose_content(generator: &Generator) -> String {
    let script = read_script(&generator.file);
    let folder = find_assigned(&script, "srcDir").unwrap_or_default();
    folder.trim_start_matches("./").trim_matches('/').to_owned()
}
