//! Pelican: bare headers, addresses made from titles.

use crate::config::Dialect;
use crate::post::dialect::rules::{BASE, DateIn, Folders, MARKDOWN, NoteForm, Rules, Syntax};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Pelican,
    toml: false,
    json: false,
    plain: false,
    published: &["date"],
    updated: &["modified"],
    date_in: &[DateIn::Name],
    address: &["url", "save_as"],
    permalink: "/{slug}.html",
    foreign: Some("/{slug}-{lang}.html"),
    slugs: Slugs::Pelican,
    slug_of_title: true,
    folders: Folders::Parent,
    no_posts: &["pages", "images", "extra"],
    syntax: Syntax {
        tags: true,
        markdown_in_html: true,
        python: true,
        definitions: true,
        ..MARKDOWN
    },
    title_is_html: true,
    authors_at_commas: true,
    notes: NoteForm::BY_LABEL,
    ..BASE
};
