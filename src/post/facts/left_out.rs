//! The reasons why a file that looks like a post is none, or none yet.

use serde_json::Value;

use crate::post::Markup;
use crate::post::dialect::{Rules, is_folder_of_posts};
use crate::post::facts::name::Name;
use crate::post::front::{Front, switch_of, text_of};

/// Switches that make a draft of a post.
const SWITCHED_OFF: &[(&str, bool)] = &[("draft", true), ("published", false), ("publish", false)];
/// Keys of private posts if no generator is known, unless their value says no.
const PRIVATE: &[&str] = &[
    "private",
    "hidden",
    "secret",
    "confidential",
    "protected",
    "password",
    "encrypt",
    "encrypted",
];
/// Keys of posts for all if no generator is known, unless their value says no.
const PUBLIC: &[&str] = &["public", "dg-publish"];
/// The key by which plugins of Obsidian publish a note; elsewhere it is about buttons.
const OBSIDIAN_PUBLIC: &str = "share";
/// The keys for the audience of a post.
const FOR_WHOM: [&str; 3] = ["visibility", "access", "audience"];
/// Words for posts that are not for all, with dashes and without `only` at either end.
const NOT_FOR_ALL: &[&str] = &[
    "private",
    "hidden",
    "unlisted",
    "draft",
    "protected",
    "password",
    "secret",
    "confidential",
    "internal",
    "restricted",
    "friends",
    "followers",
    "members",
    "member",
    "paid",
    "paid-members",
    "founding",
    "tiers",
    "subscribers",
    "subscriber",
    "premium",
    "logged-in",
    "login",
    "me",
    "myself",
    "owner",
    "nobody",
    "no-one",
    "none",
    "family",
    "team",
    "staff",
    "personal",
];
/// The keys for the content of a post without a text.
const CONTENTS: &[&str] = &[
    "image",
    "images",
    "cover",
    "featured_image",
    "thumbnail",
    "resources",
    "link",
    "external_url",
    "externalurl",
    "description",
    "summary",
    "excerpt",
];
/// A page that leads on is shorter than this many bytes.
const SHORT: usize = 1000;
/// Keys of a page that only leads to another.
const REDIRECTS: &[&str] = &[
    "redirect",
    "redirect_to",
    "redirect_url",
    "redirectto",
    "redirecturl",
];

/// The reason for a page that only leads to another.
pub(crate) const LEADS_ON: &str = "it only leads to another page";

/// Whether a file is a template for notes: in Obsidian each one in a folder of that name is.
pub(super) fn is_note_template(path: &str, rules: &Rules) -> bool {
    let (folders, _) = path.rsplit_once('/').unwrap_or_default();
    let is_theirs = |part: &str| {
        part.eq_ignore_ascii_case("template") || part.eq_ignore_ascii_case("templates")
    };
    rules.is_vault && folders.split('/').any(is_theirs)
}

/// The facts about a file before its date is looked for.
pub(super) struct File<'a> {
    pub(super) path: &'a str,
    pub(super) name: &'a Name<'a>,
    pub(super) front: &'a Front<'a>,
    pub(super) body: &'a str,
    pub(super) fenced: bool,
    pub(super) rules: &'a Rules,
}

impl File<'_> {
    /// Whether the post waits to be published.
    pub(super) fn is_draft(&self) -> bool {
        let guards_private = self.rules.guards_private;
        let is_off = |(key, off): &(&'static str, bool)| match self.front.get(&[key]) {
            Some((_, value)) if guards_private => {
                has_one(value, |one| read_switch(one) == Some(*off))
            }
            _ => self.front.is(key, *off),
        };
        let is_draft = |one: &Value| {
            let status = text_of(one);
            matches!(status.as_deref(), Some("draft" | "hidden"))
        };
        let has_status = match self.front.get(&["status"]) {
            Some((_, status)) if guards_private => has_one(status, is_draft),
            Some((_, status)) => is_draft(status),
            None => false,
        };
        let is_of_drafts =
            |part: &str| part == "_drafts" || guards_private && part.eq_ignore_ascii_case("drafts");
        SWITCHED_OFF.iter().any(is_off) || has_status || self.folders().any(is_of_drafts)
    }

    /// The reason why the file is no post, whatever its date.
    pub(super) fn explain_no_post(&self) -> Option<&'static str> {
        let front = self.front;
        if self.name.markup == Some(Markup::Html) && !self.fenced {
            return Some("a page of HTML without front matter");
        }
        if front.is("permalink", false) || front.is("eleventyexcludefromcollections", true) {
            return Some("it has no page");
        }
        if self.is_redirect() {
            return Some(LEADS_ON);
        }
        if self.rules.guards_private && self.is_private() {
            return Some("it is private");
        }
        let build = front.table("build").or_else(|| front.table("_build"));
        let is_off = |key: &str| {
            let value = build.and_then(|build| build.get(key));
            value.is_some_and(|value| value == "never" || switch_of(value) == Some(false))
        };
        if is_off("list") || front.is("unlisted", true) {
            return Some("it is in no list");
        }
        let is_headless = self.file().starts_with("index.") && front.is("headless", true);
        if is_off("render") || is_headless || front.is("render", false) {
            return Some("it has no page");
        }
        None
    }

    /// Whether the page only redirects: it names a target, or has old addresses and nothing else.
    fn is_redirect(&self) -> bool {
        let front = self.front;
        let leads_on = front.get(REDIRECTS).is_some_and(|(_, value)| match value {
            Value::String(text) => switch_of(value).is_none() && !text.trim().is_empty(),
            Value::Array(list) => !list.is_empty(),
            _ => false,
        });
        let has_aliases = !self.rules.is_vault && front.get(&["aliases"]).is_some();
        leads_on || has_aliases && self.is_empty() || self.is_refresh()
    }

    /// Whether the post has no content. With a title or a date it is a post to every generator; without a known
    /// generator, so is one in a folder of its own, which may contain pictures, or one that names something to show.
    fn is_empty(&self) -> bool {
        let has_no_text = self.body.trim().is_empty();
        if self.front.get(&["title", "date"]).is_none() {
            return has_no_text;
        }
        let is_bundle = self.file().starts_with("index.");
        let has_contents = is_bundle || self.front.get(CONTENTS).is_some();
        has_no_text && self.rules.guards_private && !has_contents
    }

    /// Whether the whole page sends its reader's browser elsewhere.
    fn is_refresh(&self) -> bool {
        let body = self.body.trim_start();
        if !body.starts_with('<') || body.len() > SHORT {
            return false;
        }
        let body = body.to_lowercase();
        let mut tags = body.split("<meta").skip(1);
        tags.any(|tag| {
            let tag = tag.split('>').next().unwrap_or_default();
            ["http-equiv", "refresh", "url="]
                .iter()
                .all(|part| tag.contains(part))
        })
    }

    fn is_private(&self) -> bool {
        let is_private = |key| self.has_value(&[key], |one| !is_no(one));
        let is_for_some = |key| self.has_value(&[key], is_not_for_all);
        let is_not_public = |key| self.has_value(&[key], |one| is_no(one) || is_not_for_all(one));
        // Elsewhere tags are topics.
        let is_tagged = self.rules.is_vault && self.has_value(&["tags", "tag"], is_tag_of_private);
        self.is_in_private_place()
            || is_tagged
            || PRIVATE.iter().copied().any(is_private)
            || PUBLIC.iter().copied().any(is_not_public)
            || self.rules.is_vault && is_not_public(OBSIDIAN_PUBLIC)
            || FOR_WHOM.into_iter().any(is_for_some)
            || is_for_some("status") && !self.is_draft()
    }

    /// Whether the name of the file, or of a folder above it, keeps it from readers.
    fn is_in_private_place(&self) -> bool {
        let is_private = |part: &str| {
            part.eq_ignore_ascii_case("private")
                || part.starts_with('_') && !is_folder_of_posts(part)
        };
        self.file().starts_with('_') || self.folders().any(is_private)
    }

    /// Whether the value of the first of these keys that is there, or one of its list, is such.
    fn has_value(&self, keys: &[&'static str], is_such: impl Fn(&Value) -> bool) -> bool {
        match self.front.get(keys) {
            Some((_, value)) => has_one(value, is_such),
            None => false,
        }
    }

    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn folders(&self) -> impl Iterator<Item = &str> {
        let (folders, _) = self.path.rsplit_once('/').unwrap_or_default();
        folders.split('/')
    }
}

/// Whether a value, or one of its list, is such.
fn has_one(value: &Value, is_such: impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(list) => list.iter().any(is_such),
        one => is_such(one),
    }
}

/// Reads a value as a switch; a number is one, too.
fn read_switch(value: &Value) -> Option<bool> {
    match text_of(value)?.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ => switch_of(value),
    }
}

/// Whether a value says no, or nothing.
fn is_no(value: &Value) -> bool {
    match text_of(value) {
        Some(text) => {
            read_switch(value) == Some(false)
                || ["none", "never"]
                    .iter()
                    .any(|word| text.eq_ignore_ascii_case(word))
        }
        None => !matches!(value, Value::Object(table) if !table.is_empty()),
    }
}

/// Whether one of the tags in a value says that a note is not to be published.
fn is_tag_of_private(value: &Value) -> bool {
    let tags = text_of(value).unwrap_or_default().to_lowercase();
    let mut tags = tags.split([' ', ',', '#']);
    tags.any(|tag| matches!(tag, "private" | "draft"))
}

/// Whether a value names readers who are not all, or none.
fn is_not_for_all(value: &Value) -> bool {
    let words = text_of(value).unwrap_or_default();
    let words = words.to_lowercase().replace([' ', '_'], "-");
    let whom = words.strip_suffix("-only").unwrap_or(&words);
    let whom = whom.strip_prefix("only-").unwrap_or(whom);
    NOT_FOR_ALL.contains(&whom) || read_switch(value) == Some(false)
}
