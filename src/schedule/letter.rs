//! The parts that all letters have in common: each is a [`Draft`](crate::digest::Draft) in the words of its digest's language, and
//! an issue of a slot of its own kind. The letters themselves stand in `leaving`, `joining`, `welcome` and `moved`.

use crate::app::App;
use crate::config::Digest;
use crate::finding::Finding;
use crate::html::escape;
use crate::language::{FixedWords, find_direction};
use crate::ledger::{Issue, IssueState, Slot};
use crate::message::Origin;
use crate::token::Key;

/// The issue of a letter about a digest.
pub(super) fn make_letter_issue(
    app: &App,
    digest: &Digest,
    slot: Slot,
    subject: &str,
    key: &Key,
) -> Issue {
    Issue {
        id: key.issue(&digest.name, &slot.name, 0),
        digest: digest.name.clone(),
        slot,
        made_at: app.clock.now(),
        state: IssueState::Open,
        reason: None,
        subject: subject.to_owned(),
        outbox: !app.config.mail.has_relay(),
        key: key.number(),
    }
}

/// The sender and the links of a letter about a digest.
pub(super) fn make_origin<'a>(app: &'a App, digest: &'a Digest, authority: &'a str) -> Origin<'a> {
    Origin {
        site: &app.config.site,
        digest,
        mail: &app.config.mail,
        web: app.config.web.url.as_ref(),
        authority,
        // Letters address nobody by name.
        anonymous: "",
    }
}

/// The fixed words in the language of a digest.
pub(super) fn load_words(app: &App, digest: &Digest) -> Result<FixedWords, Finding> {
    FixedWords::load(&app.config.root, choose_language(app, digest))
}

/// The language of a digest, as a BCP 47 tag.
pub(super) fn choose_language<'a>(app: &'a App, digest: &'a Digest) -> &'a str {
    digest
        .language
        .as_deref()
        .unwrap_or(&app.config.site.language)
}

/// The title of a digest that readers see.
pub(super) fn choose_title<'a>(app: &'a App, digest: &'a Digest) -> &'a str {
    digest.title.as_deref().unwrap_or(&app.config.site.title)
}

/// A letter's HTML: paragraphs and nothing else.
pub(super) fn write_page(language: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n{body}\n</body>\n</html>\n",
        escape(language),
        find_direction(language)
    )
}
