//! Sends a frozen issue, and reports the outcome.

use std::sync::Arc;

use crate::app::App;
use crate::config::Window;
use crate::delivery::{IssueDelivery, Mailer, Progress, load_signer};
use crate::ending::Ending;
use crate::finding::{Finding, Rule};
use crate::ledger::{BY_HAND, Counts, DeliveryState, Issue, IssueState};
use crate::message::Compiled;
use crate::schedule::archive::publish_archive;
use crate::store::{Access, Sender, StoreError};
use crate::talk::Talk;

/// The warning if mail goes into the outbox because the config names neither a relay nor an outbox.
const STAYS_HERE: &str = "nothing has left this machine: `smtp` under [mail] is not set";

/// The errors of issues and digests, each of which stops only its own: the first one ends the command when the others
/// are done, later ones are reported at once.
#[derive(Debug, Default)]
pub(super) struct Failures(Option<anyhow::Error>);

impl Failures {
    /// Keeps the error of this digest, or reports it if another one is kept already.
    pub(super) fn add(
        &mut self,
        app: &App,
        talk: &mut Talk<'_>,
        digest: &str,
        error: anyhow::Error,
    ) {
        let name = format!("the digest `{digest}`");
        // Some errors name the digest themselves.
        let error = match format!("{error:#}").contains(&name) {
            true => error,
            false => error.context(name),
        };
        let Some(first) = &self.0 else {
            self.0 = Some(error);
            return;
        };
        let finding = app.explain(&error);
        if finding != app.explain(first) {
            talk.report(&[finding]);
        }
    }

    /// The first error, else this ending.
    pub(super) fn end(self, ending: Ending) -> anyhow::Result<Ending> {
        self.0.map_or(Ok(ending), Err)
    }
}

/// Goes on with every issue that has waiting deliveries, even if its digest has left the config: it was frozen, and its
/// readers were counted. A refused issue stops no other.
pub(super) async fn send_open_issues(
    app: &App,
    talk: &mut Talk<'_>,
    failures: &mut Failures,
) -> anyhow::Result<Ending> {
    let mut ending = Ending::Done;
    match app.open_store(Access::Read).await {
        Ok(store) => {
            for issue in store.load_issues().await? {
                ending = ending.and(name_paused(talk, &issue));
            }
            if store.load_open_issues().await?.is_empty() {
                return Ok(ending);
            }
        }
        // The sender opens it for writing, which migrates it.
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Older)) => {}
        Err(error) => return Err(error),
    }
    let Some(sender) = app.become_sender().await? else {
        return Ok(ending);
    };
    for issue in sender.store().load_open_issues().await? {
        if app.is_stopped() {
            return Ok(Ending::Partial);
        }
        match send_issue(app, talk, &sender, &issue).await {
            Ok(finished) => ending = ending.and(finished),
            Err(error) => failures.add(app, talk, &issue.digest, error),
        }
    }
    Ok(ending)
}

/// Nobody chose that the mail stays here, so a person must know, even with `-q`.
fn name_outbox(app: &App, talk: &mut Talk<'_>) {
    let folder = app.config.mail.outbox.folder().display();
    let finding = Finding::warning(
        Rule::OutboxOnly,
        format!("mail was written into {folder}; {STAYS_HERE}"),
    );
    let hint = "set `smtp` to send it, or `outbox` if the folder is meant";
    talk.insist([finding.hint(hint)].iter());
}

/// An issue that the program paused waits for a person, who may not have seen the reason.
fn name_paused(talk: &mut Talk<'_>, issue: &Issue) -> Ending {
    match (&issue.reason, issue.state) {
        (Some(reason), IssueState::Paused) if reason != BY_HAND => {
            let finding = Finding::error(
                Rule::IssuePaused,
                format!("{}: “{}” is paused: {reason}", issue.digest, issue.subject),
            );
            let resume = format!(
                "mend it, then `tidings issue resume {0}`, or `tidings issue cancel {0}`",
                issue.id
            );
            talk.report(&[finding.hint(resume)]);
            Ending::Partial
        }
        _ => Ending::Done,
    }
}

/// Describes the cap that holds deliveries back, and its end.
fn say_full(full: &Window, waiting: u64) -> String {
    format!(
        "`{} = {}` is reached: {waiting} wait, and go on from {}",
        full.key,
        full.most,
        full.until.format("%Y-%m-%dT%H:%MZ")
    )
}

/// Sends an open issue and reports the outcome, including that of earlier runs.
pub(crate) async fn send_issue(
    app: &App,
    talk: &mut Talk<'_>,
    sender: &Sender,
    issue: &Issue,
) -> anyhow::Result<Ending> {
    send_waiting(app, talk, sender, issue, false).await
}

/// Sends an issue to a reader for whom it was queued once more, and reports only that.
pub(crate) async fn send_once_more(
    app: &App,
    talk: &mut Talk<'_>,
    sender: &Sender,
    issue: &Issue,
) -> anyhow::Result<Ending> {
    send_waiting(app, talk, sender, issue, true).await
}

/// The states of deliveries that did not come to their readers.
const FAILED: [DeliveryState; 3] = [
    DeliveryState::Bounced,
    DeliveryState::GivenUp,
    DeliveryState::Uncertain,
];

fn log_end(issue: &Issue, told: Counts) {
    tracing::info!(
        event = "issue ended",
        digest = &*issue.digest,
        issue = issue.id.to_string(),
        waiting = told[DeliveryState::Queued],
        sent = told[DeliveryState::Sent],
        bounced = told[DeliveryState::Bounced],
        given_up = told[DeliveryState::GivenUp],
        uncertain = told[DeliveryState::Uncertain],
        suppressed = told[DeliveryState::Suppressed],
    );
}

/// Writes the issue page to which the mail links, sends all waiting deliveries, and reports how it went. With
/// `only_now`, report and ending are about this run alone.
async fn send_waiting(
    app: &App,
    talk: &mut Talk<'_>,
    sender: &Sender,
    issue: &Issue,
    only_now: bool,
) -> anyhow::Result<Ending> {
    let store = sender.store();
    app.refuse_another_store(&issue.digest, store).await?;
    let compiled = match Compiled::from_text(&store.load_compiled(issue.id).await?) {
        Ok(compiled) => compiled,
        // The other issues go out all the same.
        Err(why) => {
            let message = format!(
                "{}: “{}” cannot be read: {why}",
                issue.digest, issue.subject
            );
            let finding = Finding::error(Rule::IssueUnreadable, message);
            talk.report(&[finding.hint(format!("`tidings issue cancel {}` ends it", issue.id))]);
            return Ok(Ending::Partial);
        }
    };
    let signer = match load_signer(&app.config.mail) {
        Ok(signer) => signer.map(Arc::new),
        Err(finding) => {
            talk.report(&[finding]);
            return Ok(Ending::Partial);
        }
    };
    let compiled = compiled.signed_by(signer);
    publish_archive(app, talk, store, issue).await?;
    let key = store.load_key(issue.key).await?;
    let mail = Arc::new(app.config.mail.clone());
    let mailer = match Mailer::for_issue(&mail, issue) {
        Ok(mailer) => mailer,
        Err(why) => {
            talk.report(&[Finding::error(
                Rule::MailUnsendable,
                format!("{}: {why}", issue.digest),
            )]);
            return Ok(Ending::Partial);
        }
    };
    let stays_here = !mail.has_relay() && !mail.outbox.is_named();
    let place = match stays_here {
        true => format!("{mailer}; {STAYS_HERE}"),
        false => mailer.to_string(),
    };
    let before = store.count_deliveries(issue.id).await?;
    let waiting = usize::try_from(before[DeliveryState::Queued])?;
    let delivery = IssueDelivery {
        sender: sender.clone(),
        issue: issue.clone(),
        compiled: Arc::new(compiled),
        key,
        mail,
        clock: app.clock,
        progress: if talk.is_quiet() {
            Progress::hidden()
        } else {
            Progress::new(&issue.digest, waiting)
        },
        stop: app.stop().clone(),
    };
    let (digest, id) = (&*issue.digest, issue.id.to_string());
    tracing::info!(event = "issue begun", digest, issue = id, waiting);
    if let Some(why) = delivery.deliver(&mailer).await? {
        talk.report(&[Finding::error(
            Rule::NotDelivered,
            format!("{}: {why}", issue.digest),
        )]);
    }
    let full = sender.find_full_window(issue.id, app.clock.now()).await?;
    app.note_progress(talk, store, &issue.digest).await?;
    let after = store.count_deliveries(issue.id).await?;
    let told = match only_now {
        true => after.since(before),
        false => after,
    };
    let summary = format!("{}: “{}”: {told} ({place})", issue.digest, issue.subject);
    if talk.is_quiet() && after.sum_of(&FAILED) > before.sum_of(&FAILED) {
        let who = format!("`tidings status {}` says who and why", issue.id);
        talk.report(&[Finding::error(Rule::NotDelivered, summary).hint(who)]);
    } else {
        talk.conclude_event(&summary, || log_end(issue, told))?;
    }
    if let Some(full) = full {
        talk.say(&say_full(&full, after[DeliveryState::Queued]));
    }
    let is_sent = after[DeliveryState::Sent] > before[DeliveryState::Sent];
    if talk.is_quiet() && stays_here && is_sent {
        name_outbox(app, talk);
    }
    // Deliveries that wait for a cap wait as configured.
    let waiting = full.map_or(0, |_| after[DeliveryState::Queued]);
    let missed = match only_now {
        true => told.total() - told[DeliveryState::Sent] - told[DeliveryState::Suppressed],
        false => sender.count_unsent(issue.id).await?,
    };
    Ok(if missed <= waiting {
        Ending::Done
    } else {
        Ending::Partial
    })
}
