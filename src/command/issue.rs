//! `tidings issue`: stop an issue, go on with it, decide what is uncertain.

use anyhow::{Context, bail};

use crate::app::{App, find_issue};
use crate::cli;
use crate::ending::Ending;
use crate::ledger::IssueState::{Cancelled, Open, Paused};
use crate::ledger::{BY_HAND, Issue};
use crate::reader::Email;
use crate::schedule::unpublish;
use crate::store::{Access, Store};
use crate::talk::Talk;

/// Does what is asked for.
pub(super) async fn run(
    app: &App,
    talk: &mut Talk<'_>,
    what: &cli::IssueCommand,
) -> anyhow::Result<Ending> {
    let (cli::IssueCommand::Pause { issue: number }
    | cli::IssueCommand::Resume { issue: number }
    | cli::IssueCommand::Cancel { issue: number }
    | cli::IssueCommand::Unpublish { issue: number }
    | cli::IssueCommand::Resolve { issue: number, .. }) = what;
    let store = app.open_store(Access::Write).await?;
    let issue = find_issue(&store, *number).await?;
    if matches!(
        what,
        cli::IssueCommand::Resume { .. } | cli::IssueCommand::Resolve { resend: true, .. }
    ) {
        app.refuse_another_store(&issue.digest, &store).await?;
    }
    let (from, to, reason): (&[_], _, _) = match what {
        cli::IssueCommand::Pause { .. } => (&[Open], Paused, Some(BY_HAND)),
        cli::IssueCommand::Resume { .. } => (&[Paused], Open, None),
        cli::IssueCommand::Cancel { .. } => (&[Open, Paused], Cancelled, Some(BY_HAND)),
        cli::IssueCommand::Unpublish { .. } => {
            talk.conclude(match unpublish(app, &store, issue.id).await? {
                true => "its page is gone here; deploy the folder once more where it is served elsewhere",
                false => "it has no page",
            })?;
            return Ok(Ending::Done);
        }
        cli::IssueCommand::Resolve {
            resend, address, ..
        } => {
            return resolve(app, talk, &store, &issue, address, *resend).await;
        }
    };
    if !store.change_issue(issue.id, from, to, reason).await? {
        bail!(
            "the issue is {}, so it cannot become {}",
            issue.state.word(),
            to.word()
        );
    }
    talk.conclude(&format!("“{}” is {}", issue.subject, to.word()))?;
    if to == Cancelled {
        app.note_progress(talk, &store, &issue.digest).await?;
        talk.conclude(match store.is_void(issue.id).await? {
            true => "nobody has got it: its posts are news again, and the next issue carries them",
            false => "some have got it, so its posts are not sent again by themselves",
        })?;
    }
    Ok(Ending::Done)
}

async fn resolve(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    issue: &Issue,
    addresses: &[Email],
    resend: bool,
) -> anyhow::Result<Ending> {
    if resend && issue.state == Cancelled {
        bail!("the issue is cancelled, so nothing of it is sent");
    }
    let mut readers = Vec::new();
    for email in addresses {
        let (id, _) = store
            .find_reader(email)
            .await?
            .with_context(|| format!("nobody is known by {email}"))?;
        readers.push(id);
    }
    let decided = store
        .resolve(issue.id, &readers, resend, app.clock.now())
        .await?;
    let how = match (resend, issue.state) {
        (false, _) => "given up",
        (true, Paused) => "to be sent when the issue is resumed",
        (true, _) => "to be sent by the next run",
    };
    let who = match decided {
        1 => "1 uncertain delivery".to_owned(),
        many => format!("{many} uncertain deliveries"),
    };
    talk.conclude(&format!("{who} {how}"))?;
    Ok(Ending::Done)
}
