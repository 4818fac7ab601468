//! The letter that answers a request to unsubscribe without a token: it brings the link that does it. A `From` can be
//! forged, so it unsubscribes nobody by itself; and no request is ignored.

use std::collections::BTreeSet;

use crate::app::App;
use crate::config::Digest;
use crate::digest::{Draft, LEAVE};
use crate::html::escape;
use crate::language::fill;
use crate::ledger::{Issue, Slot};
use crate::reader::Email;
use crate::schedule::letter::{compile_letter, load_words, write_page};
use crate::store::{Letter, Store};

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
        let (issue, compiled) = write_leaving_letter(app, store, digest).await?;
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
async fn write_leaving_letter(
    app: &App,
    store: &Store,
    digest: &Digest,
) -> anyhow::Result<(Issue, String)> {
    let words = load_words(app, digest)?.leave;
    let title = digest.choose_title(&app.config.site);
    let say = |text: &str| fill(text, &[("title", title)]);
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
            digest.choose_language(&app.config.site),
            &format!(
                "<p>{}</p>\n<p>{} <a href=\"{LEAVE}\">{}</a></p>\n<p>{}</p>",
                escape(&asked),
                escape(&send),
                escape(&link),
                escape(&otherwise)
            ),
        ),
    };
    compile_letter(app, store, digest, Slot::leaving, &draft).await
}
