//! Posts: front matter, dates, addresses, and what a body becomes.

use tidings::config::{Dialect, Site};
use tidings::inside::post::dialect::Habits;
use tidings::inside::post::{Post, Read, read};

pub(crate) mod bodies;
pub(crate) mod facts;

const DIALECTS: [Dialect; 12] = [
    Dialect::Hugo,
    Dialect::Zola,
    Dialect::Jekyll,
    Dialect::Eleventy,
    Dialect::Pelican,
    Dialect::Astro,
    Dialect::Docusaurus,
    Dialect::Nikola,
    Dialect::VitePress,
    Dialect::MdBook,
    Dialect::Obsidian,
    Dialect::Plain,
];

fn site() -> Site {
    toml::from_str(
        "title = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"Europe/Berlin\"\nauthor = { name = \"N\" }",
    )
    .expect("the site is TOML")
}

/// The post of a file, where it is one.
fn post_of(path: &str, source: &str, habits: &Habits) -> Option<Post> {
    match read(path, source, &site(), habits, None) {
        Ok(Read::Post(draft)) => Some(draft.post),
        _ => None,
    }
}
