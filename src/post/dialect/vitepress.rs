//! VitePress: each page has the address of its file.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, MARKDOWN, Rules, Syntax, TagSplit, ZoneRule};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::VitePress,
    toml: false,
    json: false,
    header: false,
    plain: false,
    zone: ZoneRule::Utc,
    date_in: &[],
    address: &[],
    permalink: "/{path}.html",
    slugs: Slugs::AsIs,
    slug_folders: false,
    name_keeps_date: true,
    index_is_folder: true,
    split: TagSplit::Never,
    has_pages: true,
    guards_private: true,
    syntax: Syntax {
        containers: true,
        outputs: true,
        ..MARKDOWN
    },
    ..BASE
};
