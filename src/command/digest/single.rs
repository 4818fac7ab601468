//! One reader gets a frozen issue once more, by the ledger.

use anyhow::{Context, bail};

use crate::app::App;
use crate::config::Digest;
use crate::ending::Ending;
use crate::ledger::IssueId;
use crate::reader::Email;
use crate::schedule::send_once_more;
use crate::store::{Access, Resent};
use crate::talk::Talk;

/// Queues the issue for this reader and sends it.
pub(super) async fn resend(
    app: &App,
    talk: &mut Talk<'_>,
    digest: &Digest,
    id: IssueId,
    to: &Email,
) -> anyhow::Result<Ending> {
    let now = app.clock.now();
    let unknown = || {
        format!(
            "the digest `{}` has no issue `{id}`\n  `tidings status` shows their numbers",
            digest.name
        )
    };
    let store = app.open_store(Access::Write).await?;
    let issue = store
        .load_issue(id)
        .await?
        .filter(|issue| issue.digest == digest.name)
        .with_context(unknown)?;
    let sender = app.wait_to_become_sender().await?;
    app.refuse_another_store(&digest.name, &store).await?;
    match store.resend(&issue, to, now).await? {
        Resent::Queued => send_once_more(app, talk, &sender, &issue).await,
        Resent::Suppressed => bail!("{to} has left or cannot be reached, and gets no mail"),
        Resent::Closed => bail!(
            "the issue is {}, so nothing of it is sent",
            issue.state.word()
        ),
    }
}
