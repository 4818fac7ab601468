//! `tidings issue`: stop an issue, go on with it, decide what is uncertain.

use anyhow::{Context, bail};

use crate::cli::Issue;
use crate::command::{Ending, Session};
use crate::ledger::IssueState::{Cancelled, Open, Paused};
use crate::store::Access;

/// Does what is asked for.
pub(super) async fn issue(session: &mut Session<'_>, what: &Issue) -> anyhow::Result<Ending> {
    let (Issue::Pause { issue: number }
    | Issue::Resume { issue: number }
    | Issue::Cancel { issue: number }
    | Issue::Resolve { issue: number, .. }) = what;
    let unknown = || format!("there is no issue `{number}`\n  `tidings status` shows their numbers");
    let id = i64::from_str_radix(number, 16).with_context(unknown)?;
    let store = session.store(Access::Write).await?;
    let issue = store.issue(id).await?.with_context(unknown)?;
    let (from, to, reason): (&[_], _, _) = match what {
        Issue::Pause { .. } => (&[Open], Paused, Some("by hand")),
        Issue::Resume { .. } => (&[Paused], Open, None),
        Issue::Cancel { .. } => (&[Open, Paused], Cancelled, Some("by hand")),
        Issue::Resolve { resend, .. } => {
            let decided = store.resolve(id, &[], *resend, session.clock.now()).await?;
            let how = if *resend { "wait for the next run" } else { "are given up" };
            session.result(&format!("{decided} uncertain deliveries {how}"))?;
            return Ok(Ending::Done);
        }
    };
    if !store.change_issue(id, from, to, reason).await? {
        bail!("the issue is {}, so it cannot become {}", issue.state.word(), to.word());
    }
    session.result(&format!("“{}” is {}", issue.subject, to.word()))?;
    Ok(Ending::Done)
}
