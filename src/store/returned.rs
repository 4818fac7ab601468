//! Carries out mail that came back: each message once. Both facts are kept: a mail was sent, and it came back.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::ledger::IssueId;
use crate::reader::ReaderId;
use crate::store::consent::parse_state;
use crate::store::readers::read_time;
use crate::store::sender::{is_refused_too_often, note, set_state, suppress_bounced};
use crate::store::sql::{BOUNCED, QUEUED, SENT, list};
use crate::store::{Result, Store, StoreError};
use crate::token::Key;

/// How long after an issue was made a bounce of it counts: longer than any relay tries.
const BOUNCE_AGE: TimeDelta = TimeDelta::days(30);
/// How long a request without a token is known, and how old one may be that is answered: an mbox is read from its beginning
/// each time.
pub(crate) const REQUEST_AGE: TimeDelta = TimeDelta::days(365);

/// The meaning of a returned message for the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnMeaning {
    /// The address is bad.
    Bounced,
    /// It was not delivered, which does not prove that the address is bad.
    Refused,
    /// It was not delivered for a reason that has nothing to do with the address.
    Undelivered,
    /// The reader marked it as spam.
    Complained,
    /// The reader wants the digest no more.
    Left,
    /// It changes nothing.
    Nothing,
}

/// One returned message, and the mail that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedMail {
    /// The mark that identifies the message.
    pub mark: String,
    /// Its meaning for the ledger.
    pub meaning: ReturnMeaning,
    /// The reader and the issue of the mail.
    pub whose: (ReaderId, IssueId),
    /// The report in words.
    pub words: String,
}

/// The outcome of recording a returned message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnOutcome {
    /// It was carried out before.
    Before,
    /// The ledger knows no such mail, or it is too old to count.
    Unknown,
    /// It is recorded.
    Done {
        /// The reader's address, if it is still known.
        address: Option<String>,
        /// The digest of the issue.
        digest: String,
        /// The reader's new state, if it changed.
        becomes: Option<ReaderState>,
    },
}

/// A mail that was sent and came back, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedReturn {
    /// The address; `None` if it is erased.
    pub address: Option<String>,
    /// The time of the report.
    pub at: DateTime<Utc>,
    /// The kind: `bounced`, `refused`, `undelivered`, `complained`.
    pub kind: String,
    /// The report in words.
    pub detail: Option<String>,
}

/// How mail to one domain fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The name of the domain.
    pub name: String,
    /// How many messages were sent, or refused since the address is bad.
    pub sent: u64,
    /// How many of them bounced, at once or later.
    pub bounced: u64,
    /// How many of them drew a complaint.
    pub complained: u64,
}

/// The condition that nothing has taken this event `e` back.
pub(super) const STANDS: &str = "NOT EXISTS (SELECT 1 FROM event x WHERE x.reader = e.reader AND x.issue = e.issue \
    AND x.kind = 'doubted' AND x.at >= e.at)";

impl ReturnMeaning {
    /// The kind of its event.
    fn kind(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Refused => "refused",
            Self::Undelivered => "undelivered",
            Self::Complained => "complained",
            Self::Left => "left",
            Self::Nothing => "nothing",
        }
    }
}

impl Store {
    /// Every key that has signed links.
    pub async fn load_link_keys(&self) -> Result<Vec<Key>> {
        let rows = sqlx::query("SELECT number, key FROM secret WHERE purpose = 'link'")
            .fetch_all(&self.pool)
            .await?;
        let mut keys = self.own_keys.to_vec();
        for row in rows {
            let key = Key::from_text(row.try_get("number")?, row.try_get("key")?);
            keys.push(key.ok_or_else(|| StoreError::Damaged("a link key is no key".to_owned()))?);
        }
        Ok(keys)
    }

    /// Records returned messages, all or nothing. Returns the outcomes in their order. A message that was carried
    /// out before changes nothing.
    pub async fn record_returned(
        &self,
        returned: &[ReturnedMail],
        now: DateTime<Utc>,
    ) -> Result<Vec<ReturnOutcome>> {
        change!(self, |tx| {
            let mut outcomes = Vec::with_capacity(returned.len());
            for one in returned {
                outcomes.push(self.record_one(&mut tx, one, now).await?);
            }
            Ok(outcomes)
        })
    }

    async fn record_one(
        &self,
        tx: &mut Transaction<'static, Any>,
        one: &ReturnedMail,
        now: DateTime<Utc>,
    ) -> Result<ReturnOutcome> {
        let hold = self.place.hold("r");
        let text = format!(
            "SELECT r.address, r.state, i.digest, i.made_at FROM delivery d JOIN reader r ON r.id = d.reader \
             JOIN issue i ON i.id = d.issue WHERE d.issue = $1 AND d.reader = $2 AND d.state <> {QUEUED}{hold}"
        );
        let (reader, issue) = one.whose;
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(issue)
            .bind(reader)
            .fetch_optional(&mut **tx)
            .await?;
        let Some(row) = row else {
            return Ok(ReturnOutcome::Unknown);
        };
        let made_at = read_time(row.try_get("made_at")?)?;
        let is_report = !matches!(one.meaning, ReturnMeaning::Left | ReturnMeaning::Complained);
        if is_report && now - made_at > BOUNCE_AGE {
            return Ok(ReturnOutcome::Unknown);
        }
        let new = sqlx::query(
            "INSERT INTO received (mark, at, kind) VALUES ($1, $2, $3) ON CONFLICT (mark) DO NOTHING",
        )
        // Two reports may be equal for two mails.
        .bind(format!("{}:{issue}:{reader}", one.mark))
        .bind(now.timestamp())
        .bind(one.meaning.kind())
        .execute(&mut **tx)
        .await?;
        if new.rows_affected() == 0 {
            return Ok(ReturnOutcome::Before);
        }
        let digest: String = row.try_get("digest")?;
        let was = parse_state(row.try_get("state")?)?;
        let becomes = match one.meaning {
            ReturnMeaning::Nothing => None,
            ReturnMeaning::Left => {
                self.leave_by_link(&mut *tx, reader, was, Some(&digest), now)
                    .await?
            }
            _ => self.record_events(tx, one, was, made_at, now).await?,
        };
        Ok(ReturnOutcome::Done {
            address: row.try_get("address")?,
            digest,
            becomes,
        })
    }

    /// Records a bounce or a complaint with its issue, once for each kind. Returns the reader's new state.
    async fn record_events(
        &self,
        tx: &mut Transaction<'static, Any>,
        one: &ReturnedMail,
        was: ReaderState,
        made_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<ReaderState>> {
        let (reader, issue) = one.whose;
        let place = &self.place;
        let kind = one.meaning.kind();
        let note_as = (kind, &*one.words);
        if one.meaning != ReturnMeaning::Bounced && !is_noted(tx, one, kind).await? {
            note(tx, place, issue, &[reader], now, note_as).await?;
        }
        match one.meaning {
            ReturnMeaning::Complained => {
                let state = decide(Some(was), Wish::Complain, Source::Relay).state;
                if let Some(state) = state {
                    set_state(tx, reader, state).await?;
                }
                return Ok(state);
            }
            ReturnMeaning::Bounced => {}
            ReturnMeaning::Refused if is_refused_too_often(tx, reader).await? => {}
            _ => return Ok(None),
        }
        if is_noted(tx, one, "bounced").await? || is_noted(tx, one, "unreachable").await? {
            return Ok(None);
        }
        // A reader who has subscribed again since is reachable: the bounce is about an older mail.
        if has_returned(tx, reader, made_at).await? {
            note(tx, place, issue, &[reader], now, ("bounced", &one.words)).await?;
            return Ok(None);
        }
        suppress_bounced(tx, place, one.whose, &one.words, now).await
    }

    /// The mails of an issue that were sent and came back, the oldest first.
    pub async fn load_returned(&self, issue: IssueId) -> Result<Vec<ListedReturn>> {
        let text = format!(
            "SELECT r.address, e.at, e.kind, e.detail FROM event e JOIN reader r ON r.id = e.reader \
             JOIN delivery d ON d.issue = e.issue AND d.reader = e.reader WHERE e.issue = $1 \
             AND (e.kind IN ('undelivered', 'complained') OR (e.kind IN ('bounced', 'unreachable', 'refused') AND d.state = {SENT})) \
             AND {STANDS} ORDER BY e.at, r.address, e.kind"
        );
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(issue)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ListedReturn {
                    address: row.try_get("address")?,
                    at: read_time(row.try_get("at")?)?,
                    kind: row.try_get("kind")?,
                    detail: row.try_get("detail")?,
                })
            })
            .collect()
    }

    /// How the mail of issues since this time fared, by domain.
    pub async fn count_by_domain(&self, since: DateTime<Utc>) -> Result<Vec<Domain>> {
        let text = format!(
            "SELECT {} AS name, COUNT(*) AS sent, \
             CAST(SUM(CASE WHEN d.state = {BOUNCED} OR b.bounced = 1 THEN 1 ELSE 0 END) AS BIGINT) AS bounced, \
             CAST(SUM(CASE WHEN b.complained = 1 THEN 1 ELSE 0 END) AS BIGINT) AS complained \
             FROM delivery d JOIN issue i ON i.id = d.issue JOIN reader r ON r.id = d.reader LEFT JOIN \
             (SELECT e.issue, e.reader, MAX(CASE WHEN e.kind IN ('bounced', 'unreachable') THEN 1 ELSE 0 END) AS bounced, \
             MAX(CASE WHEN e.kind = 'complained' THEN 1 ELSE 0 END) AS complained FROM event e \
             WHERE e.issue IS NOT NULL AND e.kind IN ('bounced', 'unreachable', 'complained') AND {STANDS} GROUP BY e.issue, e.reader) b \
             ON b.issue = d.issue AND b.reader = d.reader \
             WHERE i.made_at >= $1 AND i.outbox = 0 AND d.state IN ({SENT}, {BOUNCED}) AND r.address IS NOT NULL GROUP BY 1 ORDER BY 1",
            self.place.domain_of("r.address")
        );
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(since.timestamp())
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let number = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
                Ok(Domain {
                    name: row.try_get("name")?,
                    sent: number("sent")?,
                    bounced: number("bounced")?,
                    complained: number("complained")?,
                })
            })
            .collect()
    }

    /// The addresses of these readers that are known.
    pub async fn load_addresses(&self, readers: &[ReaderId]) -> Result<HashMap<ReaderId, String>> {
        let among = self.place.among("id", "$1");
        let text = format!("SELECT id, address FROM reader WHERE address IS NOT NULL AND {among}");
        let rows = sqlx::query(AssertSqlSafe(text))
            .bind(list(readers))
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, row.try_get("address")?)))
            .collect()
    }
}

/// Forgets messages that would change nothing if they were read again: reports on mail for which none counts any more, and
/// requests that are too old to be answered. Messages that acted by a token are kept for ever, as the token stays valid.
pub(super) async fn forget_received(
    tx: &mut Transaction<'static, Any>,
    now: DateTime<Utc>,
) -> Result<()> {
    for (kinds, known) in [
        ("'bounced', 'refused', 'undelivered', 'nothing'", BOUNCE_AGE),
        ("'answered', 'join'", REQUEST_AGE),
    ] {
        let text = format!("DELETE FROM received WHERE kind IN ({kinds}) AND at < $1");
        let query = sqlx::query(AssertSqlSafe(text)).bind((now - known).timestamp());
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

/// Whether this mail has such an event that nothing took back.
async fn is_noted(
    tx: &mut Transaction<'static, Any>,
    one: &ReturnedMail,
    kind: &'static str,
) -> Result<bool> {
    let text = format!(
        "SELECT e.at FROM event e WHERE e.reader = $1 AND e.issue = $2 AND e.kind = $3 AND {STANDS} LIMIT 1"
    );
    let query = sqlx::query(AssertSqlSafe(text))
        .bind(one.whose.0)
        .bind(one.whose.1)
        .bind(kind);
    Ok(query.fetch_optional(&mut **tx).await?.is_some())
}

/// Whether a reader has confirmed or come back since this time.
async fn has_returned(
    tx: &mut Transaction<'static, Any>,
    reader: ReaderId,
    since: DateTime<Utc>,
) -> Result<bool> {
    let query = sqlx::query(
        "SELECT at FROM event WHERE reader = $1 AND kind IN ('returned', 'confirmed') AND at > $2 LIMIT 1",
    )
    .bind(reader)
    .bind(since.timestamp());
    Ok(query.fetch_optional(&mut **tx).await?.is_some())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::forget_received;
    use crate::store::Store;

    #[tokio::test]
    async fn a_message_is_known_for_as_long_as_it_could_change_something() {
        let start = DateTime::UNIX_EPOCH;
        let store = Store::open_in_memory(start).await.unwrap();
        for kind in [
            "bounced",
            "refused",
            "undelivered",
            "nothing",
            "answered",
            "join",
            "left",
            "complained",
            "confirmed",
            "welcomed",
        ] {
            sqlx::query("INSERT INTO received (mark, at, kind) VALUES ($1, 0, $1)")
                .bind(kind)
                .execute(&store.pool)
                .await
                .unwrap();
        }
        for (days, kept) in [(30, 10), (31, 6), (365, 6), (366, 4), (40_000, 4)] {
            let mut tx = store.begin().await.unwrap();
            let now = start + TimeDelta::days(days);
            forget_received(&mut tx, now).await.unwrap();
            tx.commit().await.unwrap();
            let query = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM received");
            let left = query.fetch_one(&store.pool).await.unwrap();
            assert_eq!(left, kept, "after {days} days");
        }
    }
}
