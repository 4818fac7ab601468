//! Docusaurus: a blog of Markdown that is read as MDX, whose names begin with their dates.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, DateIn, MARKDOWN, Rules, Syntax, TagSplit, ZoneRule};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Docusaurus,
    toml: false,
    json: false,
    header: false,
    plain: false,
    published: &["date"],
    updated: &["updated"],
    zone: ZoneRule::Utc,
    date_in: &[DateIn::Name, DateIn::Path, DateIn::Parts],
    address: &["slug"],
    below_pattern: true,
    permalink: "/blog/{dated_path}",
    slugs: Slugs::AsIs,
    split: TagSplit::Never,
    guards_private: true,
    bundles: true,
    markdown_is_mdx: true,
    syntax: Syntax {
        containers: true,
        ..MARKDOWN
    },
    ..BASE
};
