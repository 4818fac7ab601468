//! Small sites of each generator: the same posts come out as the site itself would show them.

mod addresses;
mod configs;
mod data;
mod enclosures;
mod fixtures;
mod formats;
mod git;
mod newer;
mod pages;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use tidings::config::Config;
use tidings::inside::loader::{Loaded, load_posts};

use crate::scene::Scene;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// Loads a fixture with nothing set but what its own site has no place for.
fn load(name: &str, dir: &Path, more: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let zone = "timezone = \"Europe/Paris\"";
    let text = format!(
        "[site]\ntitle = \"Site\"\nurl = \"https://{name}.example/\"\n{zone}\nauthor = {{ name = \"Ada Night\" }}\n\
         [posts]\ndir = '{}'\n{more}",
        dir.display()
    );
    fs::write(&file, text).unwrap();
    let config = Config::load(&file, std::iter::empty::<(String, String)>()).unwrap();
    let now: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
    load_posts(&config.site, &config.posts, now).unwrap()
}

/// One line a post, by path.
fn listed(loaded: &Loaded) -> String {
    let mut lines: Vec<(String, String)> = loaded
        .posts
        .iter()
        .map(|post| {
            let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            let authors: Vec<&str> = post
                .authors
                .iter()
                .map(|author| author.name.as_str())
                .collect();
            let line = format!(
                "{} | {} | {} | {} | {} | {} | {}\n",
                post.path,
                post.title,
                time(post.published),
                time(post.updated),
                post.url,
                post.tags.join(", "),
                authors.join(", ")
            );
            (post.path.to_string(), line)
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The config of a site whose posts lie in `content`, in Paris.
const BESIDE: &str = "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"Europe/Paris\"\n[posts]\ndir = \"content\"\n";

/// Paths and texts.
type Files<'a> = &'a [(&'a str, &'a str)];

fn site_beside(files: Files<'_>) -> Scene {
    files.iter().fold(
        Scene::new().file("config.toml", BESIDE),
        |scene, (path, text)| scene.file(path, text),
    )
}
