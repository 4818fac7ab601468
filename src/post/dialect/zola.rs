//! Zola: a date in a key or at the beginning of the name; all times in UTC.

use crate::config::Dialect;
use crate::post::dialect::rules::{
    BASE, Closes, DateIn, MARKDOWN, NoteForm, Rules, Syntax, TagSplit, ZoneRule,
};
use crate::post::dialect::slug::Slugs;
use crate::post::facts::date::Joint;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Zola,
    json: false,
    header: false,
    plain: false,
    published: &["date"],
    updated: &["updated"],
    zone: ZoneRule::Utc,
    date_in: &[DateIn::Name, DateIn::Address],
    address: &["path"],
    slugs: Slugs::Zola,
    slug_folders: false,
    slug_keys: true,
    joint: Joint::Sign,
    split: TagSplit::Never,
    bundles: true,
    no_posts: &[],
    has_pages: true,
    syntax: Syntax {
        zola: true,
        ..MARKDOWN
    },
    closes: Closes::Always,
    notes: NOTES,
    bottom_notes: Some(NoteForm {
        note: "fn-",
        ..NOTES
    }),
    ..BASE
};

/// A note's own id is its bare label.
const NOTES: NoteForm = NoteForm {
    note: "",
    back: "fr-",
    suffix: "-1",
    is_by_label: true,
};
