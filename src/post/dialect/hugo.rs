//! Hugo: dates in keys alone, two of them; addresses as Go makes them.

use crate::config::Dialect;
use crate::post::dialect::pattern::Colons;
use crate::post::dialect::rules::{
    BASE, Closes, MARKDOWN, NoteForm, OwnAddress, Rules, Syntax, TagSplit,
};
use crate::post::dialect::slug::Slugs;

pub(super) static RULES: Rules = Rules {
    dialect: Dialect::Hugo,
    header: false,
    plain: false,
    published: &["publishdate", "pubdate", "published", "date"],
    dated: &[
        "date",
        "publishdate",
        "pubdate",
        "published",
        "lastmod",
        "modified",
    ],
    updated: &["lastmod", "modified", "date"],
    git_first: true,
    as_go: true,
    own_offset: true,
    expires: &["expirydate", "unpublishdate"],
    expires_binds: true,
    date_in: &[],
    address: &["url"],
    slugs: Slugs::Hugo,
    lower_languages: true,
    slug_keys: true,
    name_keeps_date: true,
    split: TagSplit::Never,
    bundles: true,
    no_posts: &[],
    has_pages: true,
    syntax: Syntax {
        hugo: true,
        definitions: true,
        ..MARKDOWN
    },
    own_address: OwnAddress::Colons,
    closes: Closes::WithoutDot,
    below_language: true,
    colons: Some(&COLONS),
    slug_words: true,
    index_sections: true,
    notes: NoteForm {
        is_by_label: false,
        ..NoteForm::BY_LABEL
    },
    ..BASE
};

/// Hugo's placeholders, beside parts of a date in Go's layout; those for a section's title are not supported.
const COLONS: Colons = Colons {
    tokens: &[
        ("year", "{year}"),
        ("month", "{month}"),
        ("monthname", "{long_month}"),
        ("day", "{day}"),
        ("weekday", "{weekday}"),
        ("weekdayname", "{long_day}"),
        ("yearday", "{i_y_day}"),
        ("section", "{section}"),
        ("sections", "{sections}"),
        ("title", "{title}"),
        ("slug", "{slug_or_title}"),
        ("slugorfilename", "{slug}"),
        ("filename", "{filename}"),
        ("contentbasename", "{filename}"),
        ("slugorcontentbasename", "{slug}"),
    ],
    patterns: &[],
    is_in_word: |c| c.is_alphanumeric() || c == '_',
    parts_words: false,
    escapes: true,
    other: date_of_go,
};

/// Go's names for the parts of a date, the longer ones first.
const GO: &[(&str, &str)] = &[
    ("January", "%B"),
    ("Monday", "%A"),
    ("2006", "%Y"),
    ("Jan", "%b"),
    ("Mon", "%a"),
    ("002", "%j"),
    ("01", "%m"),
    ("02", "%d"),
    ("04", "%M"),
    ("05", "%S"),
    ("06", "%y"),
    ("15", "%H"),
    ("1", "%-m"),
    ("2", "%-d"),
];

/// A part of a date in Go's words: `2006`, `01`, `Jan`.
fn date_of_go(word: &str) -> Option<String> {
    let mut format = String::new();
    let (mut rest, mut found) = (word, false);
    while let Some(c) = rest.chars().next() {
        if let Some((name, part)) = GO.iter().find(|(name, _)| rest.starts_with(name)) {
            found = true;
            format.push_str(part);
            rest = &rest[name.len()..];
        } else {
            format.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    found.then(|| format!("{{date:{format}}}"))
}
