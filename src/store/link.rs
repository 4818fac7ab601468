//! Carries out the links in mails. The token has been verified: it identifies the reader.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Any, AssertSqlSafe, Executor, Row, Transaction};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::ledger::IssueId;
use crate::reader::{Email, ReaderId};
use crate::store::consent::parse_state;
use crate::store::mailable::has_left;
use crate::store::request::ConsentRequest;
use crate::store::sender::set_state;
use crate::store::{Result, Store};

/// A reader and the digest whose mail contained their link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) state: ReaderState,
    /// The digest; `None` if an older copy of the store lacks the issue.
    pub(crate) digest: Option<String>,
    /// Their language, if known.
    pub(crate) language: Option<String>,
    /// When they left the digest, or everything; `None` if they have not, or have come back.
    pub(crate) left_at: Option<DateTime<Utc>>,
    /// Their address; `None` if it is erased.
    pub(crate) email: Option<Email>,
}

impl Linked {
    /// Whether they can take it back that they have left: they had agreed to get mail, and it is not longer ago.
    pub(crate) fn can_return(&self, within: TimeDelta, now: DateTime<Utc>) -> bool {
        let is_recent = self.left_at.is_some_and(|left_at| now - left_at <= within);
        is_recent && self.digest.is_some() && self.state.gets_subscriptions()
    }
}

impl Store {
    /// Finds the reader of a link; `None` if it is unknown or forgotten.
    pub(crate) async fn find_linked(&self, whose: (ReaderId, IssueId)) -> Result<Option<Linked>> {
        look_up(&self.pool, whose, "").await
    }

    /// Unsubscribes the bearer of a link from the digest of its mail, or from everything if that is not known. Returns
    /// the reader; `None` if nobody has the link.
    pub(crate) async fn leave_linked(
        &self,
        whose: (ReaderId, IssueId),
        now: DateTime<Utc>,
    ) -> Result<Option<Linked>> {
        let hold = self.place.hold("r");
        change!(self, |tx| {
            let Some(linked) = look_up(&mut *tx, whose, &hold).await? else {
                return Ok(None);
            };
            // Mail programs ask several times; one event is enough.
            if linked.left_at.is_none() {
                let digest = linked.digest.as_deref();
                self.leave_by_link(&mut tx, whose.0, linked.state, digest, now)
                    .await?;
            }
            Ok(Some(Linked {
                left_at: linked.left_at.or(Some(now)),
                ..linked
            }))
        })
    }

    /// Undoes that the bearer of a link left the digest of its mail, if that was recent. Returns whether they are
    /// subscribed again, and only to what they got before.
    pub(crate) async fn return_linked(
        &self,
        whose: (ReaderId, IssueId),
        within: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Linked>> {
        let hold = self.place.hold("r");
        change!(self, |tx| {
            let linked = look_up(&mut *tx, whose, &hold).await?;
            let Some(linked) = linked.filter(|linked| linked.can_return(within, now)) else {
                return Ok(None);
            };
            let (Some(email), Some(digest)) = (linked.email.clone(), linked.digest.clone()) else {
                return Ok(None);
            };
            let request = ConsentRequest {
                wish: Wish::Confirm,
                by: Source::Reader,
                digests: &[digest],
                consent: Some("undone by the same link"),
            };
            self.carry_out(&mut tx, &[email.into()], &request, now)
                .await?;
            Ok(Some(linked))
        })
    }

    /// Unsubscribes the bearer of a token from the digest, or from everything if it is not known. Returns the new state
    /// if it changed.
    pub(super) async fn leave_by_link(
        &self,
        tx: &mut Transaction<'static, Any>,
        reader: ReaderId,
        was: ReaderState,
        digest: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<ReaderState>> {
        let wish = match digest {
            Some(_) => Wish::LeaveDigests,
            None => Wish::Leave,
        };
        let change = decide(Some(was), wish, Source::Reader);
        if let Some(digest) = digest
            && change.event.is_some()
        {
            self.unsubscribe(tx, digest, &[reader]).await?;
        }
        if let Some(event) = change.event {
            self.record(tx, &[reader], now, event, digest).await?;
        }
        if let Some(state) = change.state {
            set_state(tx, reader, state).await?;
        }
        Ok(change.state)
    }
}

/// Reads the reader of a link and the digest of its issue; with a `hold` the reader's row is locked to the end of the
/// transaction.
async fn look_up<'e>(
    database: impl Executor<'e, Database = Any>,
    (reader, issue): (ReaderId, IssueId),
    hold: &str,
) -> Result<Option<Linked>> {
    let left = has_left("r.id", "i.digest");
    let text = format!(
        "SELECT r.state, r.language, r.address, i.digest, \
         (SELECT MAX(e.at) FROM event e WHERE e.reader = r.id AND e.kind = 'left' \
         AND (e.detail IS NULL OR e.detail = i.digest) AND ({left} OR r.state = 'left')) AS left_at \
         FROM reader r LEFT JOIN issue i ON i.id = $2 WHERE r.id = $1{hold}"
    );
    let row = sqlx::query(AssertSqlSafe(text))
        .bind(reader)
        .bind(issue)
        .fetch_optional(database)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let left_at: Option<i64> = row.try_get("left_at")?;
    let address: Option<String> = row.try_get("address")?;
    Ok(Some(Linked {
        state: parse_state(row.try_get("state")?)?,
        digest: row.try_get("digest")?,
        language: row.try_get("language")?,
        left_at: left_at.and_then(|at| DateTime::from_timestamp(at, 0)),
        email: address.and_then(|address| address.parse().ok()),
    }))
}
