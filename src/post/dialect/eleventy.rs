//! Eleventy: pages of any kind, which templates give their addresses.

use crate::config::Dialect;
use crate::post::dialect::rules::{
    BASE, DateIn, MARKDOWN, NoteForm, OwnAddress, Rules, Syntax, TagSplit, ZoneRule,
};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Eleventy,
    toml: false,
    json: false,
    header: false,
    plain: false,
    published: &["date"],
    updated: &["updated", "lastmod", "modified"],
    zone: ZoneRule::Utc,
    date_in: &[DateIn::Path],
    address: &["permalink"],
    slugs: Slugs::AsIs,
    name_keeps_date: true,
    split: TagSplit::Never,
    no_posts: &["_includes", "_data", "_site", "node_modules"],
    templates: true,
    has_pages: true,
    syntax: Syntax {
        tags: true,
        outputs: true,
        containers: true,
        ..MARKDOWN
    },
    own_address: OwnAddress::Template,
    drops_doubled: true,
    bare_variables: true,
    // The form of markdown-it-footnote.
    notes: NoteForm {
        note: "fn",
        back: "fnref",
        suffix: "",
        is_by_label: false,
    },
    ..BASE
};
