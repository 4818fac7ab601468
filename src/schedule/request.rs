//! Requests by mail: to unsubscribe without a token, to join, to confirm.

use crate::app::App;
use crate::config::Digest;
use crate::inbox::{Incoming, Kind, MailCommand, Verb};
use crate::schedule::joining::{Signup, ask_to_join, confirm, confirm_page};
use crate::schedule::leaving::answer_leaving;
use crate::store::{Confirmation, JoinAnswer, REQUEST_AGE, Store};
use crate::token::Key;

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answered {
    /// A letter with the link to leave goes to them.
    Leaving,
    /// A letter asks them to confirm.
    Asking,
    /// They have confirmed.
    Confirmed {
        address: String,
        /// The digests that they get from now on.
        digests: Vec<String>,
    },
    /// It needs no answer.
    Nothing,
    /// It was answered before.
    Before,
    /// It is no request, or cannot be met: it stays in the box.
    Unmet,
    /// Too many have asked in this hour: it stays where it is, and the next hour takes it.
    Later,
}

/// Answers a request. A `From` proves nothing: the address in it gets a letter, at most once a day, and its owner
/// decides.
pub(super) async fn answer(
    app: &App,
    store: &Store,
    keys: &[Key],
    incoming: &Incoming,
) -> anyhow::Result<Answered> {
    let Kind::Command(command) = &incoming.kind else {
        return Ok(Answered::Unmet);
    };
    // That such a request was answered is not known for ever, and its box may be read again.
    let age = incoming.date.map(|date| app.clock.now() - date);
    if !command.has_token && age.is_some_and(|age| age > REQUEST_AGE) {
        return Ok(Answered::Unmet);
    }
    match (command.verb, command.has_token) {
        (Verb::Confirm, true) => {
            let confirmed = confirm(app, store, keys, &incoming.clues.tokens, None).await?;
            Ok(match confirmed {
                Confirmation::Done { address, digests } => Answered::Confirmed { address, digests },
                Confirmation::Before => Answered::Before,
                Confirmation::Expired | Confirmation::Unknown => Answered::Unmet,
            })
        }
        (Verb::Leave, false) => {
            let Some(from) = &incoming.from else {
                return Ok(Answered::Unmet);
            };
            let answered = answer_leaving(app, store, from, &incoming.mark).await?;
            Ok(match answered {
                Some(true) => Answered::Leaving,
                Some(false) => Answered::Before,
                None => Answered::Unmet,
            })
        }
        (Verb::Join, false) => join(app, store, incoming, command).await,
        _ => Ok(Answered::Unmet),
    }
}

async fn join(
    app: &App,
    store: &Store,
    incoming: &Incoming,
    command: &MailCommand,
) -> anyhow::Result<Answered> {
    let (Some(from), Some(digest)) = (&incoming.from, find_wanted(app, command)) else {
        return Ok(Answered::Unmet);
    };
    let page = confirm_page(app);
    let signup = Signup {
        email: from,
        digests: &[digest],
        network: None,
        how: "by mail",
        mark: Some(&incoming.mark),
        page: page.as_ref(),
        moving: None,
    };
    let answers = ask_to_join(app, store, &[signup]).await?;
    Ok(match answers.first() {
        Some(JoinAnswer::Queued) => Answered::Asking,
        Some(JoinAnswer::Nothing) => Answered::Nothing,
        Some(JoinAnswer::Before) => Answered::Before,
        Some(JoinAnswer::Full) | None => Answered::Later,
    })
}

/// The digest that is asked for: the named one, else the first.
fn find_wanted<'a>(app: &'a App, command: &MailCommand) -> Option<&'a Digest> {
    let mut digests = app.config.digests.iter().filter(|digest| digest.enabled);
    match &command.digest {
        None => digests.next(),
        Some(name) => digests.find(|digest| {
            digest.name.eq_ignore_ascii_case(name) || digest.was.as_ref() == Some(name)
        }),
    }
}
