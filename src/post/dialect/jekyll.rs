//! Jekyll: posts in folders of their own, named by their day.

use crate::config::Dialect;
use crate::post::dialect::pattern::Colons;
use crate::post::dialect::rules::{
    BASE, DateIn, Folders, MARKDOWN, NoteForm, OwnAddress, Rules, Syntax, TagSplit, ZoneRule,
};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Jekyll,
    toml: false,
    json: false,
    header: false,
    plain: false,
    published: &["date"],
    updated: &["last_modified_at"],
    zone: ZoneRule::Timestamp,
    fold_late: true,
    roll_over: true,
    name_stands_in: true,
    date_in: &[DateIn::Name],
    address: &["permalink"],
    permalink: "/{categories}/{year}/{month}/{day}/{slug}.html",
    slugs: Slugs::Jekyll,
    slug_keys: true,
    split: TagSplit::Spaces,
    folders: Folders::AbovePosts,
    no_posts: &[
        "_site",
        "vendor",
        "node_modules",
        "_includes",
        "_layouts",
        "_data",
        "_sass",
    ],
    own_folders: true,
    dollars_are_tex: true,
    syntax: Syntax {
        tags: true,
        outputs: true,
        kramdown: true,
        markdown_in_html: true,
        definitions: true,
        ..MARKDOWN
    },
    own_address: OwnAddress::Colons,
    colons: Some(&COLONS),
    title_is_html: true,
    notes: NoteForm::BY_LABEL,
    ..BASE
};

/// Jekyll's placeholders and the patterns that have a name.
const COLONS: Colons = Colons {
    tokens: &[
        ("collection", "posts"),
        ("path", "{file_path}"),
        ("name", "{file_slug}"),
        ("title", "{slug}"),
        ("slug", "{plain_slug}"),
        ("categories", "{categories}"),
        ("slugified_categories", "{slugified_categories}"),
        ("output_ext", ".html"),
        ("year", "{year}"),
        ("month", "{month}"),
        ("day", "{day}"),
        ("hour", "{hour}"),
        ("minute", "{minute}"),
        ("second", "{second}"),
        ("i_day", "{i_day}"),
        ("i_month", "{i_month}"),
        ("short_month", "{short_month}"),
        ("long_month", "{long_month}"),
        ("short_year", "{short_year}"),
        ("w_year", "{w_year}"),
        ("week", "{week}"),
        ("w_day", "{w_day}"),
        ("short_day", "{short_day}"),
        ("long_day", "{long_day}"),
        ("y_day", "{y_day}"),
    ],
    patterns: &[
        ("date", "/:categories/:year/:month/:day/:title:output_ext"),
        ("pretty", "/:categories/:year/:month/:day/:title/"),
        ("ordinal", "/:categories/:year/:y_day/:title:output_ext"),
        (
            "weekdate",
            "/:categories/:year/W:week/:short_day/:title:output_ext",
        ),
        ("none", "/:categories/:title:output_ext"),
    ],
    is_in_word: |c| c.is_ascii_lowercase() || c == '_',
    parts_words: true,
    escapes: false,
    other: |_| None,
};

/// Whether this is the name of Jekyll's folders of posts.
pub(crate) fn is_folder_of_posts(folder: &str) -> bool {
    matches!(folder, "_posts" | "_drafts")
}
