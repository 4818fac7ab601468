//! `tidings status`: the issues, and what became of each delivery.

use crate::command::{Ending, Session};
use crate::ledger::State;
use crate::store::Access;

/// A line an issue, then a line for everyone who was missed and for every moment of uncertainty.
pub(super) async fn status(session: &mut Session<'_>) -> anyhow::Result<Ending> {
    let store = session.store(Access::Read).await?;
    let issues = store.issues().await?;
    if issues.is_empty() {
        writeln!(session.out, "no issues yet")?;
    }
    for issue in issues {
        let counts = store.counts(issue.id).await?;
        let told: Vec<String> = State::ALL
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .map(|(state, count)| format!("{count} {}", state.word()))
            .collect();
        writeln!(
            session.out,
            "{:x}  {}  {}  {}  “{}”  {}",
            issue.id,
            issue.digest,
            issue.made_at.format("%Y-%m-%dT%H:%M:%SZ"),
            issue.state.word(),
            issue.subject,
            told.join(", ")
        )?;
        for missed in store.missed(issue.id).await? {
            let address = missed.address.as_deref().unwrap_or("(forgotten)");
            writeln!(session.out, "    {address}: {}: {}", missed.state.word(), missed.reply.unwrap_or_default())?;
        }
        for moment in store.uncertainties(issue.id).await? {
            let address = moment.address.as_deref().unwrap_or("(forgotten)");
            writeln!(session.out, "    {address}: may have it twice: {}", moment.detail.unwrap_or_default())?;
        }
    }
    Ok(Ending::Done)
}
