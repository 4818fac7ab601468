//! What readers do by the links in their mails. The token has been verified: it says who they are.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::ledger::IssueId;
use crate::reader::{Email, ReaderId};
use crate::store::asked::Asked;
use crate::store::consent::state_of;
use crate::store::subscriptions::has_left;
use crate::store::{Result, Store};

/// A reader and the digest whose mail bore their link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linked {
    /// What they are to us.
    pub(crate) state: ReaderState,
    /// The digest; none where an older copy of the store does not know the issue.
    pub(crate) digest: Option<String>,
    /// Their language, where it is known.
    pub(crate) language: Option<String>,
    /// When they left the digest, or everything; none where they have not, or have come back.
    pub(crate) left_at: Option<DateTime<Utc>>,
}

impl Linked {
    /// Whether they can take it back that they have left: they had agreed to get mail, and it is not longer ago.
    pub(crate) fn can_return(&self, within: TimeDelta, now: DateTime<Utc>) -> bool {
        let is_recent = self.left_at.is_some_and(|left_at| now - left_at <= within);
        is_recent && self.digest.is_some() && self.state.gets_subscriptions()
    }
}

impl Store {
    /// Whose link this is; none where nobody is known by it.
    pub(crate) async fn find_linked(&self, whose: (ReaderId, IssueId)) -> Result<Option<Linked>> {
        let text = linked_by("");
        let (reader, issue) = whose;
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(reader)
            .bind(issue)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read_linked).transpose()
    }

    /// The bearer of a link leaves the digest of its mail; everything, where that is not known. Returns what they are;
    /// none where nobody is known by the link.
    pub(crate) async fn leave_linked(
        &self,
        whose: (ReaderId, IssueId),
        now: DateTime<Utc>,
    ) -> Result<Option<Linked>> {
        let (reader, issue) = whose;
        let text = linked_by(&self.place.hold("r"));
        change!(self, |tx| {
            let row = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(reader)
                .bind(issue)
                .fetch_optional(&mut *tx)
                .await?;
            let Some(linked) = row.as_ref().map(read_linked).transpose()? else {
                return Ok(None);
            };
            // Mail programs ask several times; one event is enough.
            if linked.left_at.is_none() {
                let digest = linked.digest.as_deref();
                self.leave_by_link(&mut tx, reader, linked.state, digest, now)
                    .await?;
            }
            Ok(Some(Linked {
                left_at: linked.left_at.or(Some(now)),
                ..linked
            }))
        })
    }

    /// The bearer of a link takes it back that they have left the digest of its mail, unless that is longer ago. Whether they
    /// are subscribed again: only to what they got before.
    pub(crate) async fn return_linked(
        &self,
        whose: (ReaderId, IssueId),
        within: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<Option<Linked>> {
        let (reader, issue) = whose;
        let text = linked_by(&self.place.hold("r"));
        change!(self, |tx| {
            let row = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(reader)
                .bind(issue)
                .fetch_optional(&mut *tx)
                .await?;
            let Some(row) = row else { return Ok(None) };
            let linked = read_linked(&row)?;
            let address: Option<String> = row.try_get("address")?;
            let email = address.and_then(|address| address.parse::<Email>().ok());
            let (Some(email), Some(digest)) = (email, linked.digest.clone()) else {
                return Ok(None);
            };
            if !linked.can_return(within, now) {
                return Ok(None);
            }
            let asked = Asked {
                wish: Wish::Confirm,
                by: Source::Reader,
                digests: &[digest],
                consent: Some("undone by the same link"),
            };
            self.carry_out(&mut tx, &[(email, None)], &asked, now)
                .await?;
            Ok(Some(linked))
        })
    }

    /// The bearer of a token leaves the digest, or everything where it is not known. Returns their state where it changes.
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
            sqlx::query("UPDATE reader SET state = $1 WHERE id = $2")
                .bind(state.word())
                .bind(reader)
                .execute(&mut **tx)
                .await?;
        }
        Ok(change.state)
    }
}

/// The statement that finds a reader `$1`, and the digest of the issue `$2`.
fn linked_by(hold: &str) -> String {
    let left = has_left("r.id", "i.digest");
    format!(
        "SELECT r.state, r.language, r.address, i.digest, (SELECT MAX(e.at) FROM event e WHERE e.reader = r.id AND e.kind = 'left' \
         AND (e.detail IS NULL OR e.detail = i.digest) AND ({left} OR r.state = 'left')) AS left_at \
         FROM reader r LEFT JOIN issue i ON i.id = $2 WHERE r.id = $1{hold}"
    )
}

fn read_linked(row: &sqlx::any::AnyRow) -> Result<Linked> {
    let left_at: Option<i64> = row.try_get("left_at")?;
    Ok(Linked {
        state: state_of(row.try_get("state")?)?,
        digest: row.try_get("digest")?,
        language: row.try_get("language")?,
        left_at: left_at.and_then(|at| DateTime::from_timestamp(at, 0)),
    })
}
