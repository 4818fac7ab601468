//! What each dialect does, as a table of rules; and what one site's own config adds to it.

mod eleventy;
mod hugo;
mod jekyll;
mod obsidian;
pub mod pattern;
mod pelican;
mod plain;
pub mod slug;
mod zola;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::config::{Author, Dialect};
use crate::post::dialect::pattern::Colons;
use crate::post::dialect::slug::Slugs;
use crate::post::facts::date::{Joint, Zoning};

/// What a time without a zone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneRule {
    /// It is local to the site.
    Site,
    /// It is UTC.
    Utc,
    /// It is UTC where YAML sees a timestamp (unquoted, with seconds), else local to the site.
    Timestamp,
}

/// Where a date may come from when no key has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateIn {
    /// The beginning of the title, which it then leaves.
    Title,
    /// The beginning of the file's name.
    Name,
    /// Anywhere in the file's path.
    Path,
    /// The beginning of a part of the path, or two parts, in a form that no generator knows.
    Parts,
    /// The key that sets the address.
    Address,
}

/// How one text becomes several tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// It is one.
    Never,
    /// At spaces.
    Spaces,
    /// At semicolons where there is one, else at commas.
    Commas,
    /// At commas and spaces; a leading `#` is dropped.
    Hashes,
}

/// What the value of a key that sets an address may hold beside text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAddress {
    /// Nothing.
    Text,
    /// Words behind colons, as patterns have them.
    Colons,
    /// Expressions of a template.
    Template,
    /// The same, or tokens of this program.
    TemplateOrTokens,
}

/// When an address that a key sets gets a slash at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closes {
    /// Never.
    Never,
    /// Always.
    Always,
    /// Where its last part has no dot.
    WithoutDot,
    /// Where this key sets it.
    Key(&'static str),
}

/// How a page names a note and the place that refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteForm {
    /// Begins the id of the note.
    pub note: &'static str,
    /// Begins the id of the place that refers to it.
    pub back: &'static str,
    /// Ends that id.
    pub suffix: &'static str,
    /// Whether the writer's own label follows, and not the number.
    pub is_by_label: bool,
}

impl NoteForm {
    /// kramdown and Python-Markdown.
    pub const BY_LABEL: Self = Self {
        note: "fn:",
        back: "fnref:",
        suffix: "",
        is_by_label: true,
    };
    /// Within the entry, where the page is not known.
    pub const IN_ENTRY: Self = Self {
        note: "fn-",
        back: "fnref-",
        suffix: "",
        is_by_label: false,
    };
}

/// Which folders are categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// None.
    None,
    /// Those above `_posts`.
    AbovePosts,
    /// The one that the file is in, where the post names no category.
    Parent,
}

/// What means something in a text beside Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of what a dialect does and does not do"
)]
pub struct Syntax {
    /// `{{< figure >}}` and `{{% note %}}`.
    pub hugo: bool,
    /// `{{ youtube(id="x") }}` and `{% quote() %}…{% end %}`.
    pub zola: bool,
    /// `{% include x %}`.
    pub tags: bool,
    /// `{{ page.title }}`.
    pub outputs: bool,
    /// Whether no generator is known: what could as well be text stays.
    pub doubt: bool,
    /// `{:.note}`.
    pub kramdown: bool,
    /// `<div markdown="1">`.
    pub markdown_in_html: bool,
    /// `:::tip Title`, up to `:::`.
    pub containers: bool,
    /// `!!! note "Title"`, and code set in below a line `:::python`.
    pub python: bool,
    /// `[[A note]]` and `%%a comment%%`.
    pub wiki: bool,
    /// `:tada:`, where the generator's config says so.
    pub emoji: bool,
    /// A term, and under it `: what it means`.
    pub definitions: bool,
    /// Whether Zola gathers footnotes at the end, and so gives them other addresses.
    pub bottom_notes: bool,
}

const MARKDOWN: Syntax = Syntax {
    hugo: false,
    zola: false,
    tags: false,
    outputs: false,
    doubt: false,
    kramdown: false,
    markdown_in_html: false,
    containers: false,
    python: false,
    wiki: false,
    emoji: false,
    definitions: false,
    bottom_notes: false,
};

/// One dialect.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of what a dialect does and does not do"
)]
pub struct Rules {
    /// Whose rules these are.
    pub dialect: Dialect,
    /// Whether front matter may be TOML between `+++`.
    pub toml: bool,
    /// Whether front matter may be a JSON object without fences.
    pub json: bool,
    /// Whether front matter may be bare `Key: value` lines, also between `---`.
    pub header: bool,
    /// Whether a text without front matter may be in the plain form.
    pub plain: bool,
    /// The keys of the day of publication; the first that is there counts.
    pub published: &'static [&'static str],
    /// The keys of the day in an address, where that may not be the day of publication; it is that, too, where no other
    /// key says one.
    pub dated: &'static [&'static str],
    /// The keys of the last change.
    pub updated: &'static [&'static str],
    /// Whether git's last commit, when it is asked for, beats the keys of the last change.
    pub git_first: bool,
    /// What a time without a zone means.
    pub zone: ZoneRule,
    /// Whether a time that occurs twice or never is read as Go reads it.
    pub as_go: bool,
    /// Whether a time that happens twice is the second.
    pub fold_late: bool,
    /// Whether a day that the month lacks rolls over.
    pub roll_over: bool,
    /// Whether an address has the day by the offset that the date itself names, and not by the site's zone.
    pub own_offset: bool,
    /// Whether the date of the file's name counts where a key says one that cannot be read.
    pub name_stands_in: bool,
    /// The keys of the day on which a post is to disappear.
    pub expires: &'static [&'static str],
    /// Whether the generator reads them itself.
    pub expires_binds: bool,
    /// Where a date may come from otherwise, in this order.
    pub date_in: &'static [DateIn],
    /// The keys that set the whole address.
    pub address: &'static [&'static str],
    /// What the value of those keys may hold beside text.
    pub own_address: OwnAddress,
    /// When an address of such a key gets a slash at its end.
    pub closes: Closes,
    /// Whether such an address without a slash at its beginning is below the folder of its language.
    pub below_language: bool,
    /// How patterns of addresses with colons are written, where there are such.
    pub colons: Option<&'static Colons>,
    /// The pattern of an address by default.
    pub permalink: &'static str,
    /// How names become parts of it.
    pub slugs: Slugs,
    /// Whether the code of a language is in lower case in an address.
    pub lower_languages: bool,
    /// Whether the folders above a post are slugs in its address, and not as they are.
    pub slug_folders: bool,
    /// Whether a `slug` key is made a slug as well, and not taken as it is.
    pub slug_keys: bool,
    /// Whether the slug is made from the title, and not from the file's name.
    pub slug_of_title: bool,
    /// Whether a date that leads a file's name stays in the address.
    pub name_keeps_date: bool,
    /// What joins the date that leads a file's name to the rest of it.
    pub joint: Joint,
    /// Whether a title that is made from a file's name has spaces for dashes.
    pub dashes: bool,
    /// How one text becomes several tags.
    pub split: Split,
    /// Which folders are categories.
    pub folders: Folders,
    /// Whether words in a pattern are slugs also where they come from the file's name, and a plus in them is a space.
    pub slug_words: bool,
    /// Whether a folder of the post's own name counts once.
    pub drops_doubled: bool,
    /// Whether a folder is a section only with an `_index`.
    pub index_sections: bool,
    /// Whether a title may hold references of HTML.
    pub title_is_html: bool,
    /// Whether a text names keys of the front matter without `page.`.
    pub bare_variables: bool,
    /// Whether one text names several authors, parted by commas.
    pub authors_at_commas: bool,
    /// How a page names its footnotes.
    pub notes: NoteForm,
    /// The same where they stand together at the end, if that differs.
    pub bottom_notes: Option<NoteForm>,
    /// The pattern of the address of a post in another language than the default one.
    pub foreign: Option<&'static str>,
    /// Whether a folder with an `index.md` is one post, and the other files in it belong to that.
    pub bundles: bool,
    /// Folders whose files are no posts.
    pub no_posts: &'static [&'static str],
    /// Whether posts that are marked as private, and those in a folder of drafts, are kept from readers.
    pub guards_private: bool,
    /// Whether two posts of one address have the dates of their files' names in it.
    pub dates_apart: bool,
    /// Whether a template with a date is a post.
    pub templates: bool,
    /// Whether only what lies in `_posts` or `_drafts` is a post where there are such folders.
    pub own_folders: bool,
    /// Whether a page without a date is no post, and worth no more than a warning.
    pub has_pages: bool,
    /// What means something in a text beside Markdown.
    pub syntax: Syntax,
}

/// What dialects do unless they do something else.
const BASE: Rules = Rules {
    dialect: Dialect::Plain,
    toml: true,
    json: true,
    header: true,
    plain: true,
    published: &["date", "published", "publishdate", "pubdate", "created"],
    dated: &[],
    updated: &["updated", "lastmod", "last_modified_at", "modified"],
    git_first: false,
    zone: ZoneRule::Site,
    as_go: false,
    fold_late: false,
    roll_over: false,
    own_offset: false,
    name_stands_in: false,
    expires: &["expirydate", "unpublishdate", "expires"],
    expires_binds: false,
    date_in: &[
        DateIn::Title,
        DateIn::Name,
        DateIn::Path,
        DateIn::Parts,
        DateIn::Address,
    ],
    address: &["permalink", "url", "path"],
    own_address: OwnAddress::Text,
    closes: Closes::Never,
    below_language: false,
    colons: None,
    permalink: "/{path}/",
    slugs: Slugs::Plain,
    lower_languages: false,
    slug_folders: true,
    slug_keys: false,
    slug_of_title: false,
    name_keeps_date: false,
    joint: Joint::Signs,
    dashes: true,
    split: Split::Commas,
    folders: Folders::None,
    slug_words: false,
    drops_doubled: false,
    index_sections: false,
    title_is_html: false,
    bare_variables: false,
    authors_at_commas: false,
    notes: NoteForm::IN_ENTRY,
    bottom_notes: None,
    foreign: None,
    bundles: false,
    no_posts: &["_includes", "_data", "_layouts", "_site", "node_modules"],
    guards_private: false,
    dates_apart: false,
    templates: false,
    own_folders: false,
    has_pages: false,
    syntax: Syntax {
        hugo: true,
        zola: true,
        tags: true,
        outputs: true,
        doubt: true,
        kramdown: true,
        markdown_in_html: true,
        containers: true,
        python: true,
        ..MARKDOWN
    },
};

static ALL: [Rules; 7] = [
    hugo::RULES,
    zola::RULES,
    jekyll::RULES,
    eleventy::RULES,
    pelican::RULES,
    obsidian::RULES,
    plain::RULES,
];

impl Rules {
    /// The rules of a dialect; undecided ones are those of the plain form.
    pub fn of(dialect: Dialect) -> &'static Self {
        ALL.iter()
            .find(|rules| rules.dialect == dialect)
            .unwrap_or(&ALL[ALL.len() - 1])
    }
}

/// Keys that stand in for those that posts lack, by a folder or a file without its ending, below the folder of posts.
pub type Data = HashMap<String, Map<String, Value>>;

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
    /// A dialect without a config of its own.
    pub fn of(dialect: Dialect, zone: Tz) -> Self {
        let rules = Rules::of(dialect);
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
