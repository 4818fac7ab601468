//! The dialects, one file each, and the habits of a site: its dialect with the settings of its own config.

mod astro;
mod docusaurus;
mod eleventy;
mod hugo;
mod jekyll;
pub(crate) mod math;
mod mdbook;
mod nikola;
mod obsidian;
pub(crate) mod pattern;
mod pelican;
mod plain;
mod rules;
pub(crate) mod slug;
mod vitepress;
mod zola;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value};
use url::Url;

use crate::config::{Author, Dialect};
use crate::post::dialect::math::Math;
use crate::post::dialect::slug::Slugs;
use crate::post::facts::date::Zoning;

pub(crate) use jekyll::is_folder_of_posts;
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
            Dialect::Docusaurus => &docusaurus::RULES,
            Dialect::Nikola => &nikola::RULES,
            Dialect::VitePress => &vitepress::RULES,
            Dialect::MdBook => &mdbook::RULES,
            Dialect::Obsidian => &obsidian::RULES,
            Dialect::Plain | Dialect::Auto => &plain::RULES,
        }
    }
}

/// Default front-matter keys by folder or file stem (Eleventy data files, Hugo cascades), below the folder of posts.
pub(crate) type Data = HashMap<String, Map<String, Value>>;

/// The prefix of the variables that name the shortcodes whose content is code by the site's own templates.
pub(crate) const CODE_SHORTCODE: &str = "shortcode.code.";

/// The habits of one site: its dialect's rules, and the settings of the generator's own config.
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
    /// The path of the folder of posts below the generator's folder of content, without slashes at its ends.
    pub prefix: String,
    /// The pattern of every address, if one is set.
    pub permalink: Option<String>,
    /// The pattern of posts in other languages than the default one, if there is one.
    pub foreign: Option<String>,
    /// The patterns of sections, by their names.
    pub permalinks: HashMap<String, String>,
    /// The folders with an `_index`, by language, if a pattern asks for sections; the default language has no name.
    pub sections: HashMap<String, HashSet<String>>,
    /// Whether a page is a file that ends in `.html` instead of a folder.
    pub ugly: bool,
    /// The sections whose pages are such files.
    pub ugly_sections: HashSet<String>,
    /// The languages beside the default one, in file names like `tea.de.md`.
    pub languages: Vec<String>,
    /// The default language, if there are others: its files may be named like `tea.en.md`.
    pub default_language: Option<String>,
    /// The first folders that hold the posts of one language, with the language.
    pub language_folders: Vec<(String, String)>,
    /// The syntax of texts beside Markdown.
    pub syntax: Syntax,
    /// The use of TeX.
    pub math: Math,
    /// How names become parts of an address.
    pub slugs: Slugs,
    /// Whether the slug is made from the title, and not from the file's name.
    pub slug_of_title: bool,
    /// Whether a date that leads a file's name stays in the address.
    pub name_keeps_date: bool,
    /// Whether a page without a date is no post, and worth no more than a warning.
    pub has_pages: bool,
    /// Whether folders are categories, if the dialect takes them for such.
    pub folders_count: bool,
    /// Whether a date at the beginning of a file's name counts though the dialect ignores it by default.
    pub date_in_name: bool,
    /// Whether it counts before any key.
    pub name_first: bool,
    /// The authors of posts that name none.
    pub authors: Arc<[Author]>,
    /// Authors that posts name by a key.
    pub people: HashMap<String, Author>,
    /// The end of the excerpt, if it is not `<!-- more -->`.
    pub excerpt: Option<String>,
    /// The values of `site.…` in texts.
    pub variables: HashMap<String, String>,
    /// The defaults of data files.
    pub data: Data,
    /// The addresses of files of the site that are no posts, by the paths under which texts link to them.
    pub pages: BTreeMap<String, Url>,
    /// Whether drafts are included.
    pub drafts: bool,
}

impl Habits {
    /// A dialect without a config of its own.
    pub fn new(dialect: Dialect, zone: Tz) -> Self {
        let rules = Rules::for_dialect(dialect);
        Self {
            rules,
            zone,
            prefix: String::new(),
            permalink: None,
            foreign: rules.foreign.map(str::to_owned),
            has_pages: rules.has_pages,
            folders_count: true,
            permalinks: HashMap::new(),
            sections: HashMap::new(),
            ugly: false,
            ugly_sections: HashSet::new(),
            languages: Vec::new(),
            default_language: None,
            language_folders: Vec::new(),
            syntax: rules.syntax,
            math: Math::for_rules(rules),
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
            pages: BTreeMap::new(),
            drafts: false,
        }
    }

    /// The same habits with the date of a file's name kept in the address.
    pub(crate) fn keeping_dates(&self) -> Self {
        Self {
            name_keeps_date: true,
            ..self.clone()
        }
    }

    /// How the site's pages name their footnotes.
    pub fn notes(&self) -> NoteForm {
        let at_bottom = self.rules.bottom_notes.filter(|_| self.syntax.bottom_notes);
        at_bottom.unwrap_or(self.rules.notes)
    }

    /// How this site reads a time without a zone; `timestamp` if YAML sees one.
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
