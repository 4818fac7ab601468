//! The rules of a dialect, as a table.

use crate::config::Dialect;
use crate::post::Markup;
use crate::post::dialect::pattern::Colons;
use crate::post::dialect::slug::Slugs;
use crate::post::facts::date::Joint;

/// The meaning of a time without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneRule {
    /// It is local to the site.
    Site,
    /// It is UTC.
    Utc,
    /// It is UTC if YAML sees a timestamp (unquoted, with seconds), else local to the site.
    Timestamp,
}

/// A source of the date if no key has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateIn {
    /// The beginning of the title, from which it is removed.
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
pub enum TagSplit {
    /// It is one tag.
    Never,
    Spaces,
    /// At semicolons if there is one, else at commas.
    Commas,
    /// At commas and spaces; a leading `#` is dropped.
    Hashes,
}

/// The syntax that the value of a key for the address may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAddress {
    /// Plain text only.
    Text,
    /// Words behind colons, as patterns have them.
    Colons,
    /// Expressions of a template.
    Template,
    /// Expressions of a template, or tokens of this program.
    TemplateOrTokens,
}

/// When an address that a key sets gets a slash at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closes {
    Never,
    Always,
    /// If its last part has no dot.
    WithoutDot,
    /// If this key sets it.
    Key(&'static str),
}

/// How a page names a note and the place that refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteForm {
    /// The beginning of a note's id.
    pub note: &'static str,
    /// Begins the id of the place that refers to it.
    pub back: &'static str,
    /// The end of that id.
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
    /// Within the entry, if the page's form is not known.
    pub const IN_ENTRY: Self = Self {
        note: "fn-",
        back: "fnref-",
        suffix: "",
        is_by_label: false,
    };
}

/// The folders that are categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// No folder.
    None,
    /// The folders above `_posts`.
    AbovePosts,
    /// The parent folder, if the post names no category.
    Parent,
}

/// The syntax of texts beside Markdown.
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
    /// Whether no generator is known: ambiguous syntax stays text.
    pub doubt: bool,
    /// `{:.note}`.
    pub kramdown: bool,
    /// `<div markdown="1">`.
    pub markdown_in_html: bool,
    /// `:::tip Title`, up to `:::`.
    pub containers: bool,
    /// `!!! note "Title"`, and code that is indented below a line `:::python`.
    pub python: bool,
    /// `[[A note]]`, `%%a comment%%` and `^[a footnote]`.
    pub wiki: bool,
    /// `:tada:`, if the generator's config enables it.
    pub emoji: bool,
    /// A term, and under it `: its definition`.
    pub definitions: bool,
    /// Whether Zola gathers footnotes at the end, and so gives them other addresses.
    pub bottom_notes: bool,
}

pub(super) const MARKDOWN: Syntax = Syntax {
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

/// The rules of one dialect.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of what a dialect does and does not do"
)]
pub struct Rules {
    /// The dialect that has these rules.
    pub dialect: Dialect,
    /// Whether front matter may be TOML between `+++`.
    pub toml: bool,
    /// Whether front matter may be a JSON object without fences.
    pub json: bool,
    /// Whether front matter may be bare `Key: value` lines, also between `---`.
    pub header: bool,
    /// Whether front matter may be lines like `.. title: Tea` in a comment of HTML.
    pub in_comment: bool,
    /// Whether a text without front matter may be in the plain form.
    pub plain: bool,
    /// The keys of the day of publication; the first one present counts.
    pub published: &'static [&'static str],
    /// The keys of the day in an address, if that may differ from the day of publication. They give the latter, too, if
    /// no other key does.
    pub dated: &'static [&'static str],
    /// The keys of the last change.
    pub updated: &'static [&'static str],
    /// Whether git's last commit, when it is asked for, beats the keys of the last change.
    pub git_first: bool,
    /// The meaning of a time without a zone.
    pub zone: ZoneRule,
    /// Whether a time that occurs twice or never is read as Go reads it.
    pub as_go: bool,
    /// Whether a time that happens twice is the second.
    pub fold_late: bool,
    /// Whether a day that the month lacks rolls over.
    pub roll_over: bool,
    /// Whether an address has the day by the offset that the date itself names, and not by the site's zone.
    pub own_offset: bool,
    /// Whether the date of the file's name counts if a key's date is invalid.
    pub name_stands_in: bool,
    /// The keys of the expiry date.
    pub expires: &'static [&'static str],
    /// Whether the generator reads them itself.
    pub expires_binds: bool,
    /// The other sources of a date, in this order.
    pub date_in: &'static [DateIn],
    /// The keys that set the whole address.
    pub address: &'static [&'static str],
    /// The syntax that the value of those keys may contain.
    pub own_address: OwnAddress,
    /// When an address of such a key gets a slash at its end.
    pub closes: Closes,
    /// Whether such an address is below the fixed beginning of the pattern, and ends as that does.
    pub below_pattern: bool,
    /// Whether such an address without a slash at its beginning is below the folder of its language.
    pub below_language: bool,
    /// The syntax of patterns with colons, if the dialect has them.
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
    /// The separator after the date at the beginning of a file's name.
    pub joint: Joint,
    /// Whether a title that is made from a file's name has spaces for dashes.
    pub dashes: bool,
    /// How one text becomes several tags.
    pub split: TagSplit,
    /// The folders that are categories.
    pub folders: Folders,
    /// Whether words from the file's name in a pattern are slugs too, and a plus in them is a space.
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
    /// The form of notes that stand together at the end, if it differs.
    pub bottom_notes: Option<NoteForm>,
    /// The pattern of the address of a post in another language than the default one.
    pub foreign: Option<&'static str>,
    /// Whether an `index.md` is its folder where the other pages are files.
    pub index_is_folder: bool,
    /// Whether a folder with an `index.md` is one post, and the other files in it belong to that.
    pub bundles: bool,
    /// Folders whose files are no posts, and files that are none.
    pub no_posts: &'static [&'static str],
    /// Whether private posts, and those in a folder of drafts, are kept from readers.
    pub guards_private: bool,
    /// Whether the posts are notes of a vault: aliases are other names, and a tag or a folder of templates can keep a note
    /// from readers.
    pub is_vault: bool,
    /// Whether two posts of one address have the dates of their files' names in it.
    pub dates_apart: bool,
    /// Whether a template with a date is a post.
    pub templates: bool,
    /// Whether only files in `_posts` or `_drafts` are posts, if there are such folders.
    pub own_folders: bool,
    /// Whether `$$` encloses TeX in every text, as kramdown reads it.
    pub dollars_are_tex: bool,
    /// Whether `\(` and `\[` open TeX where math is on, as no generator's Markdown takes the backslash before a script
    /// of the page looks for formulas.
    pub backslash_is_tex: bool,
    /// Whether a site has pages beside its posts, which have no date.
    pub has_pages: bool,
    /// Whether a file of Markdown is read as MDX.
    pub markdown_is_mdx: bool,
    /// The syntax of texts beside Markdown.
    pub syntax: Syntax,
}

impl Rules {
    /// The markup in which the dialect reads a file with this path.
    pub(crate) fn markup(&self, path: &str) -> Markup {
        match Markup::from_path(path).unwrap_or(Markup::Markdown) {
            Markup::Markdown if self.markdown_is_mdx => Markup::Mdx,
            markup => markup,
        }
    }
}

/// The default of every rule.
pub(super) const BASE: Rules = Rules {
    dialect: Dialect::Plain,
    toml: true,
    json: true,
    header: true,
    in_comment: false,
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
    below_pattern: false,
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
    split: TagSplit::Commas,
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
    index_is_folder: false,
    bundles: false,
    no_posts: &["_includes", "_data", "_layouts", "_site", "node_modules"],
    guards_private: false,
    is_vault: false,
    dates_apart: false,
    templates: false,
    own_folders: false,
    dollars_are_tex: false,
    backslash_is_tex: false,
    has_pages: false,
    markdown_is_mdx: false,
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
