//! A frozen issue for one reader once more.

use chrono::{DateTime, Utc};

use crate::consent::Source;
use crate::ledger::{Issue, IssueState};
use crate::reader::Email;
use crate::store::issue::row::reopen;
use crate::store::sql::{QUEUED, SENDING};
use crate::store::{Result, Store};

/// The outcome of a request to send an issue to a reader once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It waits to be sent.
    Queued,
    /// The reader has left, or cannot be reached.
    Suppressed,
    /// The issue is paused or cancelled.
    Closed,
}

impl Store {
    /// Queues an issue for one reader, whether or not they had it; an unknown address becomes a reader without a
    /// subscription.
    pub async fn resend(&self, issue: &Issue, to: &Email, now: DateTime<Utc>) -> Result<Resent> {
        change!(self, |tx| {
            if matches!(
                self.hold_issue(&mut tx, issue.id).await?,
                IssueState::Paused | IssueState::Cancelled
            ) {
                return Ok(Resent::Closed);
            }
            let to = [to.clone().into()];
            let readers = self
                .find_receivers(&mut tx, &to, &issue.digest, Source::Resend, now)
                .await?;
            let Some(reader) = readers.first() else {
                return Ok(Resent::Suppressed);
            };
            reopen(&mut tx, issue.id).await?;
            // A delivery that waits or is on the wire is left as it is.
            statement!("INSERT INTO delivery (issue, reader, state, owner, due_at, attempts, reply, name, language) \
             SELECT $1, r.id, {QUEUED}, NULL, $3, 0, NULL, r.name, r.language FROM reader r WHERE r.id = $2 \
             ON CONFLICT (issue, reader) DO UPDATE SET state = {QUEUED}, owner = NULL, due_at = excluded.due_at, attempts = 0, \
             first_at = NULL WHERE delivery.state NOT IN ({QUEUED}, {SENDING})")
        .bind(issue.id)
        .bind(*reader)
        .bind(now.timestamp())
        .execute(&mut *tx)
        .await?;
            sqlx::query("INSERT INTO event (reader, issue, at, kind, detail) VALUES ($1, $2, $3, 'resend', NULL)")
                .bind(*reader)
                .bind(issue.id)
                .bind(now.timestamp())
                .execute(&mut *tx)
                .await?;
            Ok(Resent::Queued)
        })
    }
}
