//! Nikola: front matter in a comment of HTML, a folder for each post.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, MARKDOWN, NoteForm, Rules, Syntax};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Nikola,
    json: false,
    header: false,
    in_comment: true,
    plain: false,
    published: &["date"],
    updated: &["updated"],
    date_in: &[],
    address: &[],
    slugs: Slugs::Pelican,
    slug_folders: false,
    name_keeps_date: true,
    authors_at_commas: true,
    index_is_folder: true,
    no_posts: &[
        "pages",
        "stories",
        "images",
        "files",
        "listings",
        "galleries",
    ],
    notes: NoteForm::BY_LABEL,
    syntax: Syntax {
        hugo: true,
        python: true,
        markdown_in_html: true,
        definitions: true,
        ..MARKDOWN
    },
    ..BASE
};
