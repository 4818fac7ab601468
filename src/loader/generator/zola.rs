//! Reads Zola's config.

use serde_json::Value;

use crate::config::Format;
use crate::loader::generator::keys::Generator;
use crate::loader::generator::survey::{Survey, first_of, posts_in};
use crate::post::dialect::Habits;
use crate::post::dialect::math;
use crate::post::dialect::slug::Slugs;

/// Reads the config into the habits of the site.
pub(super) fn read_into(generator: &Generator, habits: &mut Habits) {
    generator.languages(
        habits,
        generator.text("default_language").unwrap_or("en"),
        false,
    );
    if let Some(slugify) = generator.keys.get("slugify") {
        habits.slugs = match slugify.get("paths").and_then(Value::as_str) {
            Some("off") => Slugs::AsIs,
            Some("safe") => Slugs::Safe,
            _ => Slugs::Zola,
        };
        habits.name_keeps_date = slugify.get("paths_keep_dates") == Some(&Value::Bool(true));
    }
    let markdown = |key: &str| {
        let value = generator
            .keys
            .get("markdown")
            .and_then(|keys| keys.get(key));
        value == Some(&Value::Bool(true))
    };
    habits.syntax.emoji = markdown("render_emoji");
    habits.syntax.bottom_notes = markdown("bottom_footnotes");
    let extra = generator.keys.get("extra").and_then(Value::as_object);
    habits.math.is_on = extra.and_then(math::switch) == Some(true);
    let as_text = generator
        .keys
        .get("skip_content_templating")
        .and_then(Value::as_array);
    if as_text.is_some_and(|globs| globs.iter().any(|glob| glob == "**")) {
        habits.syntax.zola = false;
    }
}

/// Reads the settings of the whole site.
pub(super) fn survey(generator: &Generator, survey: &mut Survey) {
    survey.take_url(generator.text("base_url").unwrap_or_default());
    survey.take_language(generator.text("default_language").unwrap_or("en"));
    survey.posts = posts_in(&generator.root.join("content"));
    survey.output = generator.text("output_dir").unwrap_or("public").into();
    let is_on = ["generate_feeds", "generate_feed"]
        .iter()
        .any(|key| generator.keys.get(*key) == Some(&Value::Bool(true)));
    if is_on {
        let names = ["feed_filenames", "feed_filename"].iter();
        let name = names
            .filter_map(|key| generator.keys.get(*key))
            .find_map(first_of)
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
