//! Reads Pelican's config.

use serde_json::Value;

use crate::config::Format;
use crate::loader::generator::keys::{Generator, keys_of, lower};
use crate::loader::generator::survey::{Survey, posts_in};
use crate::post::dialect::Habits;

/// Reads the config into the habits of the site.
pub(super) fn read_into(generator: &Generator, habits: &mut Habits) {
    let pattern = |url: &str, file: &str| {
        let pattern = generator.text(url).or_else(|| generator.text(file));
        pattern.and_then(|pattern| from_python(pattern.trim_end_matches("index.html")))
    };
    habits.permalink = pattern("article_url", "article_save_as");
    let foreign = pattern("article_lang_url", "article_lang_save_as");
    habits.foreign = foreign.or_else(|| habits.rules.foreign.map(str::to_owned));
    habits.default_language = Some(generator.text("default_lang").unwrap_or("en").to_owned());
    habits.folders_count =
        generator.keys.get("use_folder_as_category") != Some(&Value::Bool(false));
    if generator
        .text("filename_metadata")
        .is_some_and(|pattern| pattern.contains("(?P<slug>"))
    {
        habits.slug_of_title = false;
    }
    let plugins = generator.keys.get("plugins").and_then(Value::as_array);
    habits.math.is_on = plugins.into_iter().flatten().any(|plugin| {
        let name = plugin.as_str().unwrap_or_default().to_lowercase();
        ["math", "katex"].iter().any(|word| name.contains(word))
    });
    if generator.text("slugify_source") == Some("basename") {
        habits.slug_of_title = false;
    }
}

/// A pattern of Pelican's with our tokens: `blog/{date:%Y}/{slug}/` is `/blog/{year}/{slug}/`.
fn from_python(pattern: &str) -> Option<String> {
    let mut converted = "/".to_owned();
    let mut rest = pattern.trim_start_matches('/');
    while let Some(start) = rest.find('{') {
        converted.push_str(&rest[..start]);
        let end = start + rest[start..].find('}')?;
        match rest[start + 1..end]
            .split_once(':')
            .unwrap_or((&rest[start + 1..end], ""))
        {
            ("date", format) => converted.push_str(&format!("{{date:{format}}}")),
            ("slug", _) => converted.push_str("{slug}"),
            ("category", _) => converted.push_str("{category}"),
            ("lang", _) => converted.push_str("{lang}"),
            (other, _) => converted.push_str(&format!("{{:{other}}}")),
        }
        rest = &rest[end + 1..];
    }
    converted.push_str(rest);
    Some(converted)
}

/// Reads the settings of the whole site. Settings for publication only are in `publishconf.py`.
pub(super) fn survey(generator: &Generator, survey: &mut Survey) {
    let public = keys_of(&generator.root.join("publishconf.py")).map(lower);
    let public = public.unwrap_or_default();
    let said = |key: &str| {
        let public = public.get(key).and_then(Value::as_str);
        public.or_else(|| generator.text(key))
    };
    survey.take_url(said("siteurl").unwrap_or_default());
    survey.take_language(said("default_lang").unwrap_or("en"));
    let content = said("path").unwrap_or("content").trim_start_matches("./");
    survey.posts = posts_in(&generator.root.join(content));
    survey.output = said("output_path")
        .unwrap_or("output")
        .trim_matches('/')
        .into();
    let feeds = [
        ("feed_all_atom", Format::Atom),
        ("feed_all_rss", Format::Rss),
        ("feed_atom", Format::Atom),
    ];
    let found = feeds
        .iter()
        .find_map(|(key, format)| Some((*format, said(key)?.to_owned())));
    // Without a word Pelican writes this one.
    let is_silent = feeds
        .iter()
        .all(|(key, _)| !generator.keys.contains_key(*key) && !public.contains_key(*key));
    let usual = || is_silent.then(|| (Format::Atom, "feeds/all.atom.xml".to_owned()));
    survey.feed = found.or_else(usual);
    survey.switch_off =
        "set `FEED_ALL_ATOM = None` and `CATEGORY_FEED_ATOM = None` in `publishconf.py`";
}
