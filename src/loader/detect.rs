//! Detects the dialect: from the generator's config beside or above the folder, else from what the posts look like.

use std::path::Path;

use crate::config::{Author, Dialect, Posts, Site};
use crate::finding::{Finding, Rule};
use crate::loader::generator::{self, Generator};
use crate::loader::reader::text_of;
use crate::post::dialect::{Habits, Rules, is_folder_of_posts};
use crate::post::{self, find_unknown_token, front};

/// How many posts are examined without a config.
const LOOKED_AT: usize = 40;

/// Decides the habits of the site. Returns them with the reason, and with the faults of the generator's config.
///
/// # Errors
/// A finding if a pattern of addresses, the generator's or our own, is invalid.
pub(super) fn choose_habits(
    site: &Site,
    config: &Posts,
    found: Option<&Generator>,
    paths: &[String],
) -> Result<(Habits, String, Option<Finding>), Finding> {
    let (dialect, why) = match (config.dialect, found) {
        (Dialect::Auto, Some(found)) => (found.dialect, format!("by {}", found.file.display())),
        (Dialect::Auto, None) => choose_by_posts(config, paths),
        (set, _) => (set, "as it is set".to_owned()),
    };
    let mut habits = Habits::new(dialect, site.zone());
    if habits.foreign.is_some() {
        habits.default_language = Some(site.language.clone());
    }
    let mut broken = None;
    if let Some(found) = found {
        broken = found.is_broken.then(|| {
            let finding = Finding::warning(
                Rule::GeneratorConfigUnread,
                "the generator's config cannot be read: what it sets is not followed",
            );
            finding
                .in_file(&found.file)
                .hint("mend it, or set `permalink` under [posts] and `timezone` under [site]")
        });
        let dir = config
            .dir
            .canonicalize()
            .unwrap_or_else(|_| config.dir.clone());
        habits.prefix = generator::find_prefix(found, &dir);
        generator::read_into(found, &dir, &mut habits);
        let patterns = habits.permalinks.values();
        if patterns
            .into_iter()
            .any(|pattern| pattern.contains("{sections"))
        {
            habits.sections = post::find_sections(paths, &habits);
        }
        if let (None, Some(token)) = (&config.permalink, find_unknown_token(&habits)) {
            let message =
                format!("its pattern of addresses has `{token}`, which is not known here");
            return Err(Finding::error(Rule::PermalinkUnread, message)
                .in_file(&found.file)
                .hint("set `permalink` under [posts], with tokens like {year} and {slug}"));
        }
        // A zone of our own config binds.
        if site.timezone.is_some() {
            habits.zone = site.zone();
        }
    }
    if habits.authors.is_empty() {
        let with_one_form = |author: Author| Author {
            name: post::compose(&author.name).into_owned(),
            ..author
        };
        let author = site.author.clone().map(with_one_form);
        habits.authors = author.into_iter().collect();
    }
    habits.permalink = config.permalink.clone().or(habits.permalink);
    habits.drafts = config.drafts;
    let zone = habits.zoning(true).zone;
    let why = format!(
        "dialect: {} ({why}); a time without a zone is in {}; addresses are like {}",
        dialect.word(),
        if zone == habits.zone {
            zone.name().to_owned()
        } else {
            format!("{} or, unquoted, UTC", habits.zone.name())
        },
        habits
            .permalink
            .as_deref()
            .unwrap_or(habits.rules.permalink),
    );
    Ok((habits, why, broken))
}

/// Chooses the dialect by what the posts look like.
fn choose_by_posts(config: &Posts, paths: &[String]) -> (Dialect, String) {
    let is_posts = config
        .dir
        .file_name()
        .is_some_and(|name| is_folder_of_posts(&name.to_string_lossy()));
    let of_jekyll_paths = paths
        .iter()
        .filter(|path| path.split('/').any(is_folder_of_posts))
        .count();
    if is_posts || of_jekyll_paths * 2 > paths.len() {
        return (Dialect::Jekyll, "by the folder `_posts`".to_owned());
    }
    let step = paths.len().div_ceil(LOOKED_AT).max(1);
    let looked: Vec<&String> = paths.iter().step_by(step).collect();
    let votes: Vec<Dialect> = looked
        .iter()
        .filter_map(|path| guess_dialect(&config.dir.join(path), path))
        .collect();
    let winner = [
        Dialect::Zola,
        Dialect::Hugo,
        Dialect::Jekyll,
        Dialect::Pelican,
        Dialect::Obsidian,
    ]
    .into_iter()
    .map(|dialect| {
        (
            votes.iter().filter(|vote| **vote == dialect).count(),
            dialect,
        )
    })
    .max_by_key(|(count, _)| *count);
    match winner {
        Some((count, dialect)) if count * 2 > looked.len() => {
            (dialect, "by what most posts look like".to_owned())
        }
        _ => (
            Dialect::Plain,
            "no generator's config was found, and the posts speak for none".to_owned(),
        ),
    }
}

/// Guesses the generator from front matter; `None` unless exactly one could have written it.
fn guess_dialect(file: &Path, path: &str) -> Option<Dialect> {
    let mut buffer = Vec::new();
    let text = text_of(file, &mut buffer).ok()?;
    let head = &text[..text
        .char_indices()
        .nth(4000)
        .map_or(text.len(), |(at, _)| at)];
    let has = |start: &str| {
        head.lines()
            .skip(1)
            .take(40)
            .any(|line| line.starts_with(start))
    };
    let first = head.lines().next()?.trim_end();
    match first {
        "+++" if has("[taxonomies") || has("[extra") || has("path =") || has("template =") => {
            Some(Dialect::Zola)
        }
        "+++" => Some(Dialect::Hugo),
        _ if first.starts_with("{{") => None,
        "{" => Some(Dialect::Hugo),
        "---" => {
            let file = path.rsplit('/').next().unwrap_or_default();
            let is_dated = file.len() > 11
                && file.as_bytes()[..10]
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || *byte == b'-');
            (is_dated && has("layout:") && !has("date:")).then_some(Dialect::Jekyll)
        }
        _ => front::split(&text, Rules::for_dialect(Dialect::Plain))
            .ok()
            .filter(|split| split.fenced)
            .map(|_| Dialect::Pelican),
    }
}
