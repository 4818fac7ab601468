//! Astro: collections of Markdown and MDX, whose names become addresses as on GitHub.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, MARKDOWN, Rules, TagSplit, ZoneRule};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Astro,
    json: false,
    header: false,
    plain: false,
    published: &[
        "pubdate",
        "pubdatetime",
        "publishdate",
        "publisheddate",
        "publishedat",
        "date",
        "published",
    ],
    updated: &[
        "updateddate",
        "moddatetime",
        "updatedat",
        "lastmod",
        "updated",
    ],
    zone: ZoneRule::Utc,
    date_in: &[],
    address: &[],
    slugs: Slugs::Github,
    name_keeps_date: true,
    split: TagSplit::Never,
    no_posts: &[],
    guards_private: true,
    has_pages: true,
    bundles: true,
    syntax: MARKDOWN,
    ..BASE
};
