//! Why a file that looks like a post is none, or none yet.

use serde_json::Value;

use crate::post::Markup;
use crate::post::dialect::Rules;
use crate::post::facts::name::Name;
use crate::post::front::{Front, switch_of};

/// Switches that make a draft of a post.
const SWITCHED_OFF: &[(&str, bool)] = &[("draft", true), ("published", false), ("publish", false)];
/// Switches that keep a post from readers where no generator says what is.
const PRIVATE: &[(&str, bool)] = &[("private", true), ("hidden", true), ("public", false)];
/// Words for posts that are not for all.
const NOT_FOR_ALL: &[&str] = &[
    "private",
    "hidden",
    "unlisted",
    "draft",
    "protected",
    "password",
];
/// Keys of a page that only leads to another.
const REDIRECTS: &[&str] = &[
    "redirect",
    "redirect_to",
    "redirect_url",
    "redirectto",
    "redirecturl",
];

/// What is known of a file before its date is looked for.
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

    /// Why the file is no post, whatever day it names.
    pub(super) fn why_no_post(&self) -> Option<&'static str> {
        let front = self.front;
        if self.name.markup == Some(Markup::Html) && !self.fenced {
            return Some("a page of HTML without front matter");
        }
        if front.is("permalink", false) || front.is("eleventyexcludefromcollections", true) {
            return Some("it has no page");
        }
        if self.redirects() {
            return Some("it only leads to another page");
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

    /// Whether the page only leads to another one: it says where to, or has old addresses and nothing else.
    fn redirects(&self) -> bool {
        let front = self.front;
        let leads_on = front.get(REDIRECTS).is_some_and(|(_, value)| match value {
            Value::String(text) => switch_of(value).is_none() && !text.trim().is_empty(),
            Value::Array(list) => !list.is_empty(),
            _ => false,
        });
        let is_empty = || self.body.trim().is_empty() && front.get(&["title", "date"]).is_none();
        leads_on || front.get(&["aliases"]).is_some() && is_empty()
    }

    fn is_private(&self) -> bool {
        let says = |key: &'static str| {
            let text = self.front.text(&[key]).unwrap_or_default();
            NOT_FOR_ALL
                .iter()
                .any(|word| text.eq_ignore_ascii_case(word))
        };
        let is_marked = self.file().starts_with('_');
        is_marked
            || PRIVATE
                .iter()
                .any(|(key, wanted)| self.front.is(key, *wanted))
            || says("visibility")
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
