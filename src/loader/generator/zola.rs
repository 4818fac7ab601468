//! Reads Zola's config.

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::{Dialect, Format};
use crate::file::read::{WRITTEN, read_text};
use crate::loader::generator::interface::GeneratorReader;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::survey::{Survey, find_first, find_posts_in};
use crate::loader::ignored::gathered::{Gathered, texts};
use crate::loader::ignored::glob;
use crate::post::dialect::math;
use crate::post::dialect::slug::Slugs;
use crate::post::dialect::{Habits, Rules};
use crate::post::front;

pub(super) const FILES: &[&str] = &["zola.toml", "config.toml"];

/// Reads a site of Zola.
pub(super) struct Zola;

impl GeneratorReader for Zola {
    fn dialect(&self) -> Dialect {
        Dialect::Zola
    }

    fn is_config(&self, _file: &Path, keys: &Map<String, Value>, _dir: &Path) -> bool {
        keys.contains_key("base_url")
    }

    fn list_content(&self, _generator: &Generator) -> Vec<String> {
        vec!["content".to_owned()]
    }

    fn read_into(&self, generator: &Generator, _dir: &Path, habits: &mut Habits) {
        let default = generator.text("default_language").unwrap_or("en");
        generator.read_languages(habits, default, false);
        if let Some(slugify) = generator.keys.get("slugify") {
            habits.slugs = match slugify.get("paths").and_then(Value::as_str) {
                Some("off") => Slugs::AsIs,
                Some("safe") => Slugs::Safe,
                _ => Slugs::Zola,
            };
            habits.name_keeps_date = slugify.get("paths_keep_dates") == Some(&Value::Bool(true));
        }
        let markdown = |key: &str| generator.find(&["markdown", key]) == Some(&Value::Bool(true));
        habits.syntax.emoji = markdown("render_emoji");
        habits.syntax.bottom_notes = markdown("bottom_footnotes");
        let extra = generator.table("extra");
        habits.math.is_on = extra.and_then(math::switch) == Some(true);
        let as_text = generator.list(&["skip_content_templating"]);
        if as_text.iter().any(|glob| glob == "**") {
            habits.syntax.zola = false;
        }
    }

    /// Globs for the whole path of a file; a folder that matches is still entered.
    fn ignore(&self, gathered: &mut Gathered<'_>, _dir: &Path) {
        for pattern in texts(gathered.generator.keys.get("ignored_content")) {
            let made = gathered.read(pattern, glob::convert_zola(pattern));
            gathered.files.extend(made);
        }
    }

    fn survey(&self, generator: &Generator, survey: &mut Survey) {
        survey.take_root(generator.text("base_url").unwrap_or_default());
        survey.take_language(generator.text("default_language").unwrap_or("en"));
        let content = generator.root.join("content");
        survey.title = survey.title.take().or_else(|| read_first_title(&content));
        survey.posts = find_posts_in(&content);
        survey.output = generator.text("output_dir").unwrap_or("public").into();
        let is_on = ["generate_feeds", "generate_feed"]
            .iter()
            .any(|key| generator.keys.get(*key) == Some(&Value::Bool(true)));
        if is_on {
            let names = ["feed_filenames", "feed_filename"].iter();
            let name = names
                .filter_map(|key| generator.keys.get(*key))
                .find_map(find_first)
                .unwrap_or("atom.xml");
            let format = if name.contains("rss") {
                Format::Rss
            } else {
                Format::Atom
            };
            survey.feed = Some((format, name.to_owned()));
            survey.switch_off = "set `generate_feeds = false` in Zola's config";
        }
    }
}

/// The title of the first page, which a site has where its config gives none.
fn read_first_title(content: &Path) -> Option<String> {
    let text = read_text(&content.join("_index.md"), WRITTEN).ok()?;
    let parts = front::split(&text, Rules::for_dialect(Dialect::Zola)).ok()?;
    parts.front.text(&["title"])
}
