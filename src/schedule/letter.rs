//! The parts that all letters have in common: each is a [`Draft`](crate::digest::Draft) in the words of its digest's language, and
//! an issue of a slot of its own kind. The letters themselves stand in `leaving`, `joining`, `welcome` and `moved`.

use chrono::NaiveDate;

use crate::app::App;
use crate::config::Digest;
use crate::digest::Draft;
use crate::finding::Finding;
use crate::html::escape;
use crate::language::{FixedWords, find_direction};
use crate::ledger::{Issue, IssueState, Slot};
use crate::message::{Origin, compile};
use crate::store::Store;
use crate::token::Key;

/// Makes the issue of a letter about a digest.
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

/// Compiles a letter of a slot of today about a digest. Returns its issue, and the text of the mail.
pub(super) async fn compile_letter(
    app: &App,
    store: &Store,
    digest: &Digest,
    slot: fn(NaiveDate) -> Slot,
    draft: &Draft,
) -> anyhow::Result<(Issue, String)> {
    let key = store.load_current_key().await?;
    let slot = slot(app.clock.now().date_naive());
    let issue = make_letter_issue(app, digest, slot, &draft.subject, &key);
    let authority = app.authority()?;
    let compiled = compile(draft, &make_origin(app, digest, &authority), issue.id)?;
    Ok((issue, compiled.to_text()))
}

/// Makes the sender and the links of a letter about a digest.
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

/// Loads the fixed words in the language of a digest.
pub(super) fn load_words(app: &App, digest: &Digest) -> Result<FixedWords, Finding> {
    FixedWords::load(&app.config.root, digest.choose_language(&app.config.site))
}

/// Writes a letter's HTML: paragraphs and nothing else.
pub(super) fn write_page(language: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n{body}\n</body>\n</html>\n",
        escape(language),
        find_direction(language)
    )
}
