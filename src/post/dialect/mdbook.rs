//! mdBook: chapters without front matter, whose dates only git knows.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, MARKDOWN, NoteForm, Rules, Syntax, TagSplit};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::MdBook,
    toml: false,
    json: false,
    header: false,
    plain: false,
    date_in: &[],
    address: &[],
    permalink: "/{path}.html",
    slugs: Slugs::AsIs,
    slug_folders: false,
    name_keeps_date: true,
    split: TagSplit::Never,
    has_pages: true,
    no_posts: &["SUMMARY.md"],
    notes: NoteForm {
        note: "footnote-",
        back: "fr-",
        suffix: "-1",
        is_by_label: true,
    },
    syntax: Syntax {
        outputs: true,
        ..MARKDOWN
    },
    ..BASE
};
