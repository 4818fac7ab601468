//! Zola's config.

use serde_json::Value;

use crate::loader::generator::keys::Generator;
use crate::post::dialect::Habits;
use crate::post::dialect::math;
use crate::post::dialect::slug::Slugs;

/// Takes what the config says into the habits of the site.
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
