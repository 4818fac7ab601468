//! Letters that answer what came by mail: whoever asks to leave without a token gets the link that does it. A `From` can be
//! forged, so it takes nobody out; and nobody who asks is ignored.

use std::collections::BTreeSet;

use crate::app::App;
use crate::config::Digest;
use crate::digest::{Draft, LEAVE};
use crate::html::escape;
use crate::ledger::{Issue, IssueState, Slot};
use crate::message::{Origin, compile};
use crate::reader::Email;
use crate::store::{Letter, Store};

/// Queues a letter for each digest to which the sender is subscribed; it goes out as any mail of the ledger's. None where
/// nobody is known by the address who gets mail; else whether the message was not answered before.
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
    let subscribed = store.each_subscriber(Some(reader), |one| {
        names.extend(one.digests);
        Ok::<_, crate::store::StoreError>(())
    });
    subscribed.await?;
    let digests = app.config.digests.iter();
    let mut answered = None;
    for digest in digests.filter(|digest| names.contains(&digest.name)) {
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
    let now = app.clock.now();
    let key = store.current_key().await?;
    let slot = Slot::leaving(now.date_naive());
    let title = digest.title.as_deref().unwrap_or(&app.config.site.title);
    let draft = Draft {
        subject: format!("Leaving {title}"),
        text: format!(
            "You asked to get no more mail of {title}.\n\nSend the mail that this link opens, and you are out:\n{LEAVE}\n\n\
             If you did not ask, do nothing.\n"
        ),
        html: format!(
            "<p>You asked to get no more mail of {}.</p>\n<p><a href=\"{LEAVE}\">Send the mail that this link opens</a>, and \
             you are out.</p>\n<p>If you did not ask, do nothing.</p>\n",
            escape(title)
        ),
    };
    let issue = Issue {
        id: key.issue(&digest.name, &slot.name, 0),
        digest: digest.name.clone(),
        slot,
        made_at: now,
        state: IssueState::Open,
        reason: None,
        subject: draft.subject.clone(),
        outbox: app.config.mail.smtp.is_none(),
        key: key.number(),
    };
    let origin = Origin {
        site: &app.config.site,
        digest,
        mail: &app.config.mail,
        authority: &app.authority()?,
    };
    let compiled = compile(&draft, &origin, issue.id)?.to_text();
    Ok((issue, compiled))
}
