//! The dialects, one file each; and what one site's own config adds to its dialect.

mod astro;
mod eleventy;
mod hugo;
mod jekyll;
pub(crate) mod math;
mod obsidian;
pub(crate) mod pattern;
mod pelican;
mod plain;
mod rules;
pub(crate) mod slug;
mod zola;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::config::{Author, Dialect};
use crate::post::dialect::math::Math;
use crate::post::dialect::slug::Slugs;
use crate::post::facts::date::Zoning;

pub(crate) use rules::{
    Closes, DateIn, Folders, NoteForm, OwnAddress, Rules, Syntax, TagSplit, ZoneRule,
};

impl Rules {
    /// The rules of a dialect. A site that is undecided has those of the plain form.
    pub fn for_dialect(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Hugo => &hugo::RULES,
            Dialect::Zola => &zola::RULES,
            Dialect::Jekyll => &jekyll::RULES,
            Dialect::Eleventy => &eleventy::RULES,
            Dialect::Astro => &astro::RULES,
            Dialect::Pelican => &pelican::RULES,
            Dialect::Obsidian => &obsidian::RULES,
            Dialect::Plain | Dialect::Auto => &plain::RULES,
        }
    }
}

/// Keys that stand in for those that posts lack, by a folder or a file without its ending, below the folder of posts.
pub(crate) type Data = HashMap<String, Map<String, Value>>;

/// What one site does: its dialect's rules, and what the generator's own config says.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of what a site does and does not do"
)]
pub struct Habits {
    /// The rules of its dialect.
    pub rules: &'static Rules,
    /// The site's zone.
    pub zone: Tz,
    /// Where the folder of posts lies below the generator's folder of content, without slashes at its ends.
    pub prefix: String,
    /// The pattern of every address, where one is set.
    pub permalink: Option<String>,
    /// The pattern of posts in another language than the default one, where there is one of its own.
    pub foreign: Option<String>,
    /// The patterns of sections, by their names.
    pub permalinks: HashMap<String, String>,
    /// The folders with an `_index`, by language, where a pattern asks for sections; the default language has no name.
    pub sections: HashMap<String, HashSet<String>>,
    /// Whether a page is a file that ends in `.html`, where it would be a folder otherwise.
    pub ugly: bool,
    /// The sections whose pages are such files.
    pub ugly_sections: HashSet<String>,
    /// The languages beside the default one, in file names like `tea.de.md`.
    pub languages: Vec<String>,
    /// The default language, where there are others: its files may be named like `tea.en.md`.
    pub default_language: Option<String>,
    /// The first folders that hold the posts of one language, and which.
    pub language_folders: Vec<(String, String)>,
    /// What means something in a text beside Markdown.
    pub syntax: Syntax,
    /// Where TeX stands in a text.
    pub math: Math,
    /// How names become parts of an address.
    pub slugs: Slugs,
    /// Whether the slug is made from the title, and not from the file's name.
    pub slug_of_title: bool,
    /// Whether a date that leads a file's name stays in the address.
    pub name_keeps_date: bool,
    /// Whether folders are categories where the dialect takes them for such.
    pub folders_count: bool,
    /// Whether a date that leads a file's name counts although the dialect does not look there by default.
    pub date_in_name: bool,
    /// Whether it counts before any key.
    pub name_first: bool,
    /// Who wrote the posts that name nobody.
    pub authors: Arc<[Author]>,
    /// Authors that posts name by a key.
    pub people: HashMap<String, Author>,
    /// What ends the excerpt, where it is not `<!-- more -->`.
    pub excerpt: Option<String>,
    /// What `site.…` means in a text.
    pub variables: HashMap<String, String>,
    /// What files of data say of the posts.
    pub data: Data,
    /// Whether drafts are taken in.
    pub drafts: bool,
}

impl Habits {
    /// The same with the date of a file's name kept in the address.
    pub(crate) fn keeping_dates(&self) -> Self {
        Self {
            name_keeps_date: true,
            ..self.clone()
        }
    }

    /// A dialect without a config of its own.
    pub fn new(dialect: Dialect, zone: Tz) -> Self {
        let rules = Rules::for_dialect(dialect);
        Self {
            rules,
            zone,
            prefix: String::new(),
            permalink: None,
            foreign: rules.foreign.map(str::to_owned),
            folders_count: true,
            permalinks: HashMap::new(),
            sections: HashMap::new(),
            ugly: false,
            ugly_sections: HashSet::new(),
            languages: Vec::new(),
            default_language: None,
            language_folders: Vec::new(),
            syntax: rules.syntax,
            math: Math::for_dialect(dialect),
            slugs: rules.slugs,
            slug_of_title: rules.slug_of_title,
            name_keeps_date: rules.name_keeps_date,
            date_in_name: false,
            name_first: false,
            authors: Arc::default(),
            people: HashMap::new(),
            excerpt: None,
            variables: HashMap::new(),
            data: Data::new(),
            drafts: false,
        }
    }

    /// How the site's pages name their footnotes.
    pub fn notes(&self) -> NoteForm {
        let at_bottom = self.rules.bottom_notes.filter(|_| self.syntax.bottom_notes);
        at_bottom.unwrap_or(self.rules.notes)
    }

    /// How this site reads a time without a zone; `timestamp` where YAML sees one.
    pub fn zoning(&self, timestamp: bool) -> Zoning {
        let utc = match self.rules.zone {
            ZoneRule::Site => false,
            ZoneRule::Utc => true,
            ZoneRule::Timestamp => timestamp,
        };
        Zoning {
            zone: if utc { Tz::UTC } else { self.zone },
            as_go: self.rules.as_go,
            fold_late: self.rules.fold_late,
            roll_over: self.rules.roll_over,
        }
    }
}
