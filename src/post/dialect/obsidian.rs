//! Obsidian: notes, linked by their names.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, DateIn, MARKDOWN, Rules, Syntax, TagSplit};

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Obsidian,
    toml: false,
    json: false,
    header: false,
    plain: false,
    published: &["date", "published", "created"],
    updated: &["updated", "modified", "lastmod"],
    date_in: &[DateIn::Name],
    address: &["permalink"],
    dashes: false,
    split: TagSplit::Hashes,
    no_posts: &[".obsidian", ".trash"],
    has_pages: true,
    // No generator has shown the notes to anybody before.
    guards_private: true,
    is_vault: true,
    syntax: Syntax {
        wiki: true,
        ..MARKDOWN
    },
    ..BASE
};
