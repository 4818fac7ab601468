//! The reasons why a file that looks like a post is none, or none yet.

use serde_json::Value;

use crate::config::Dialect;
use crate::post::Markup;
use crate::post::dialect::Rules;
use crate::post::facts::name::Name;
use crate::post::front::{Front, switch_of};

/// Switches that make a draft of a post.
const SWITCHED_OFF: &[(&str, bool)] = &[("draft", true), ("published", false), ("publish", false)];
/// The switches of private posts if no generator is known.
const PRIVATE: &[(&str, bool)] = &[("private", true), ("hidden", true), ("public", false)];
/// The keys for the audience of a post.
const FOR_WHOM: [&str; 3] = ["visibility", "access", "audience"];
/// Words for posts that are not for all, with dashes and without `-only` at the end.
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
    "only-paid",
    "founding",
    "tiers",
    "subscribers",
    "subscriber",
    "premium",
    "logged-in",
    "login",
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
        let status = self.front.text(&["status"]);
        SWITCHED_OFF
            .iter()
            .any(|(key, off)| self.front.is(key, *off))
            || matches!(status.as_deref(), Some("draft" | "hidden"))
            || self.folders().any(|part| part == "_drafts")
            || self.rules.guards_private
                && self
                    .folders()
                    .any(|part| part.eq_ignore_ascii_case("drafts"))
    }

    /// The reason why the file is no post, whatever its date.
    pub(super) fn why_no_post(&self) -> Option<&'static str> {
        let front = self.front;
        if self.name.markup == Some(Markup::Html) && !self.fenced {
            return Some("a page of HTML without front matter");
        }
        if front.is("permalink", false) || front.is("eleventyexcludefromcollections", true) {
            return Some("it has no page");
        }
        if self.redirects() {
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
    fn redirects(&self) -> bool {
        let front = self.front;
        let leads_on = front.get(REDIRECTS).is_some_and(|(_, value)| match value {
            Value::String(text) => switch_of(value).is_none() && !text.trim().is_empty(),
            Value::Array(list) => !list.is_empty(),
            _ => false,
        });
        leads_on || front.get(&["aliases"]).is_some() && self.is_empty() || self.refreshes()
    }

    /// Whether the post has no content. With a title or a date it is a post to every generator; without a known
    /// generator, so is one in a folder of its own, which may contain pictures, or one that names something to show.
    fn is_empty(&self) -> bool {
        let has_no_text = self.body.trim().is_empty();
        if self.front.get(&["title", "date"]).is_none() {
            return has_no_text;
        }
        // There they are other names of a note.
        let are_names = self.rules.dialect == Dialect::Obsidian;
        let is_bundle = self.file().starts_with("index.");
        let has_contents = is_bundle || are_names || self.front.get(CONTENTS).is_some();
        has_no_text && self.rules.guards_private && !has_contents
    }

    /// Whether the whole page sends its reader's browser elsewhere.
    fn refreshes(&self) -> bool {
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
        let says = |key: &'static str| {
            let text = self.front.text(&[key]).unwrap_or_default();
            let words = text.trim().to_lowercase().replace([' ', '_'], "-");
            let whom = words.strip_suffix("-only").unwrap_or(&words);
            NOT_FOR_ALL.contains(&whom)
        };
        let is_generators = |part: &str| matches!(part, "_posts" | "_drafts");
        let mut folders = self.folders();
        let is_marked = self.file().starts_with('_')
            || folders.any(|part| part.starts_with('_') && !is_generators(part));
        is_marked
            || PRIVATE
                .iter()
                .any(|(key, wanted)| self.front.is(key, *wanted))
            || FOR_WHOM.into_iter().any(says)
            || says("status") && !self.is_draft()
    }

    fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn folders(&self) -> impl Iterator<Item = &str> {
        let (folders, _) = self.path.rsplit_once('/').unwrap_or_default();
        folders.split('/')
    }
}
