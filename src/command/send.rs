//! How an open issue is sent, and what is said of it: shared by the verbs that send.

use std::sync::Arc;

use crate::command::status::told;
use crate::command::{Ending, Session};
use crate::delivery::{Delivery, Mailer, Progress, Stop};
use crate::finding::Finding;
use crate::ledger::{Issue, State};
use crate::message::Compiled;
use crate::store::Sender;

/// Sends an open issue and says what came of it.
pub(super) async fn finish(session: &mut Session<'_>, sender: &Sender, issue: &Issue) -> anyhow::Result<Ending> {
    let store = sender.store();
    let compiled = Compiled::from_text(&store.compiled(issue.id).await?).map_err(anyhow::Error::msg)?;
    let key = store.key(issue.key).await?;
    let mail = Arc::new(session.config.mail.clone());
    let mailer = Mailer::for_issue(&mail, issue).map_err(anyhow::Error::msg)?;
    let place = mailer.to_string();
    let waiting = usize::try_from(store.counts(issue.id).await?[State::Queued as usize])?;
    let delivery = Delivery {
        sender: sender.clone(),
        issue: issue.clone(),
        compiled: Arc::new(compiled),
        key,
        mail,
        clock: *session.clock,
        progress: if session.quiet { Progress::hidden() } else { Progress::new(&issue.digest, waiting) },
        stop: session.stop.get_or_init(Stop::on_signals).clone(),
    };
    if let Some(why) = delivery.deliver(&mailer).await? {
        session.report(&[Finding::error(format!("{}: {why}", issue.digest))]);
    }
    let told = told(store.counts(issue.id).await?);
    session.result(&format!("{}: “{}”: {told} ({place})", issue.digest, issue.subject))?;
    Ok(if sender.missed(issue.id).await? == 0 { Ending::Done } else { Ending::Partial })
}
