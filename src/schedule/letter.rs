//! Letters that answer mail: a request to unsubscribe without a token is answered with the link that does it. A `From`
//! can be forged, so it unsubscribes nobody by itself; and no request is ignored.

use std::collections::BTreeSet;

use crate::app::App;
use crate::config::Digest;
use crate::digest::{Draft, LEAVE};
use crate::finding::Finding;
use crate::html::escape;
use crate::language::{FixedWords, fill, find_direction};
use crate::ledger::{Issue, IssueState, Slot};
use crate::message::{Origin, compile};
use crate::reader::Email;
use crate::store::{Letter, Store};
use crate::token::Key;

/// Queues a letter for each digest that the sender gets, by a subscription or since the config names them; it goes out
/// like any mail of the ledger. Returns `None` if no active reader has the address, else whether the message was new.
pub(super) async fn answer_leaving(
    app: &App,
    store: &Store,
    from: &Email,
    mark: &str,
) -> anyhow::Result<Option<bool>> {
    let Some((reader, state)) = store.find_reader(from).await? else {
        return Ok(None);
    };
    if !state.takes_mail() {
        return Ok(None);
    }
    let mut names = BTreeSet::new();
    let subscribed = store.visit_subscribers(Some(reader), |one| {
        names.extend(one.digests);
        Ok::<_, crate::store::StoreError>(())
    });
    subscribed.await?;
    let is_named = |digest: &Digest| {
        let mut to = digest.to.iter();
        to.any(|mailbox| mailbox.email.normal() == from.normal())
    };
    let digests = app.config.digests.iter();
    let mut answered = None;
    for digest in digests.filter(|digest| names.contains(&digest.name) || is_named(digest)) {
        let (issue, compiled) = write_letter(app, store, digest).await?;
        let letter = Letter {
            issue: &issue,
            compiled: &compiled,
            reader,
            mark: &format!("{mark}:{}", digest.name),
        };
        let is_new = store.queue_letter(&letter, app.clock.now()).await?;
        answered = Some(answered.unwrap_or(false) || is_new);
    }
    Ok(answered)
}

/// The letter of today about leaving a digest.
async fn write_letter(
    app: &App,
    store: &Store,
    digest: &Digest,
) -> anyhow::Result<(Issue, String)> {
    let words = load_words(app, digest)?.leave;
    let title = choose_title(app, digest);
    let say = |text: &str| fill(text, &[("title", title)]);
    let key = store.load_current_key().await?;
    let slot = Slot::leaving(app.clock.now().date_naive());
    let todo = match app.config.web.url {
        Some(_) => &words.page,
        None => &words.send,
    };
    let (asked, send) = (say(&words.asked), say(todo));
    let (link, otherwise) = (say(&words.link), say(&words.otherwise));
    let draft = Draft {
        subject: say(&words.subject),
        text: format!("{asked}\n\n{send}\n{LEAVE}\n\n{otherwise}\n"),
        html: write_page(
            choose_language(app, digest),
            &format!(
                "<p>{}</p>\n<p>{} <a href=\"{LEAVE}\">{}</a></p>\n<p>{}</p>",
                escape(&asked),
                escape(&send),
                escape(&link),
                escape(&otherwise)
            ),
        ),
    };
    let issue = open_issue(app, digest, slot, &draft.subject, &key);
    let authority = app.authority()?;
    let origin = make_origin(app, digest, &authority);
    let compiled = compile(&draft, &origin, issue.id)?.to_text();
    Ok((issue, compiled))
}

/// The issue of a letter about a digest.
pub(super) fn open_issue(
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
