//! How an open issue is sent, and what is said of it: shared by the verbs that send.

use std::sync::Arc;

use crate::command::issue::BY_HAND;
use crate::command::status::told;
use crate::command::{Ending, Session};
use crate::delivery::{Delivery, Mailer, Progress, Stop, load_signer};
use crate::finding::Finding;
use crate::ledger::{Issue, IssueState, State};
use crate::message::Compiled;
use crate::store::{Access, Sender, StoreError};

/// Goes on with every issue in which someone still waits, whatever has become of its digest in the config: it was
/// frozen, and its readers were counted.
pub(super) async fn finish_open(session: &mut Session<'_>) -> anyhow::Result<Ending> {
    let mut ending = Ending::Done;
    match session.store(Access::Read).await {
        Ok(store) => {
            for issue in store.issues().await? {
                ending = ending.and(name_paused(session, &issue));
            }
            if store.open_issues().await?.is_empty() {
                return Ok(ending);
            }
        }
        // Whoever sends opens it for writing, which brings it up to date.
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Older)) => {}
        Err(error) => return Err(error),
    }
    let Some(sender) = session.sender().await? else {
        return Ok(ending);
    };
    for issue in sender.store().open_issues().await? {
        if session.is_stopped() {
            return Ok(Ending::Partial);
        }
        ending = ending.and(finish(session, &sender, &issue).await?);
    }
    Ok(ending)
}

/// What the program has paused waits for a person, who may not have seen why.
fn name_paused(session: &Session<'_>, issue: &Issue) -> Ending {
    match (&issue.reason, issue.state) {
        (Some(reason), IssueState::Paused) if reason != BY_HAND => {
            let finding = Finding::error(format!(
                "{}: “{}” is paused: {reason}",
                issue.digest, issue.subject
            ));
            let resume = format!(
                "mend it, then `tidings issue resume {0}`, or `tidings issue cancel {0}`",
                issue.id
            );
            session.report(&[finding.way_out(resume)]);
            Ending::Partial
        }
        _ => Ending::Done,
    }
}

/// Sends an open issue and says what came of it.
pub(super) async fn finish(
    session: &mut Session<'_>,
    sender: &Sender,
    issue: &Issue,
) -> anyhow::Result<Ending> {
    let store = sender.store();
    session.refuse_another_store(&issue.digest, store).await?;
    let compiled = match Compiled::from_text(&store.compiled(issue.id).await?) {
        Ok(compiled) => compiled,
        // The other issues go out all the same.
        Err(why) => {
            let finding = Finding::error(format!(
                "{}: “{}” cannot be read: {why}",
                issue.digest, issue.subject
            ));
            session
                .report(&[finding.way_out(format!("`tidings issue cancel {}` ends it", issue.id))]);
            return Ok(Ending::Partial);
        }
    };
    let signer = match load_signer(&session.config.mail) {
        Ok(signer) => signer.map(Arc::new),
        Err(finding) => {
            session.report(&[finding]);
            return Ok(Ending::Partial);
        }
    };
    let compiled = compiled.signed_by(signer);
    let key = store.key(issue.key).await?;
    let mail = Arc::new(session.config.mail.clone());
    let mailer = match Mailer::for_issue(&mail, issue) {
        Ok(mailer) => mailer,
        Err(why) => {
            session.report(&[Finding::error(format!("{}: {why}", issue.digest))]);
            return Ok(Ending::Partial);
        }
    };
    let mut place = mailer.to_string();
    if mail.smtp.is_none() && !mail.outbox.is_named() {
        place.push_str("; nothing has left this machine: `smtp` under [mail] is not set");
    }
    let before = store.counts(issue.id).await?;
    let waiting = usize::try_from(before[State::Queued as usize])?;
    let delivery = Delivery {
        sender: sender.clone(),
        issue: issue.clone(),
        compiled: Arc::new(compiled),
        key,
        mail,
        clock: *session.clock,
        progress: if session.quiet {
            Progress::hidden()
        } else {
            Progress::new(&issue.digest, waiting)
        },
        stop: session.stop.get_or_init(Stop::on_signals).clone(),
    };
    if let Some(why) = delivery.deliver(&mailer).await? {
        session.report(&[Finding::error(format!("{}: {why}", issue.digest))]);
    }
    let after = store.counts(issue.id).await?;
    let summary = format!(
        "{}: “{}”: {} ({place})",
        issue.digest,
        issue.subject,
        told(after)
    );
    let failed = |counts: [u64; 7]| -> u64 {
        [State::Bounced, State::GivenUp, State::Uncertain]
            .iter()
            .map(|state| counts[*state as usize])
            .sum()
    };
    if session.quiet && failed(after) > failed(before) {
        let who = format!("`tidings status {}` says who and why", issue.id);
        session.report(&[Finding::error(summary).way_out(who)]);
    } else {
        session.result(&summary)?;
    }
    Ok(if sender.missed(issue.id).await? == 0 {
        Ending::Done
    } else {
        Ending::Partial
    })
}
