//! Claims: deliveries that are due, taken by one sender.

use std::collections::{BTreeMap, HashMap};
use std::sync::{MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{AssertSqlSafe, Row};

use crate::consent::ReaderState;
use crate::ledger::{Claimed, DeliveryState, IssueId, SlotKind};
use crate::reader::{EmailError, Reader, ReaderId};
use crate::store::connect::StorePlace;
use crate::store::mailable::{has_left, has_left_since_asked};
use crate::store::sender::{Position, Sender};
use crate::store::sql::{QUEUED, list};
use crate::store::{Result, StoreError};

/// A row of a due delivery: reader, attempts, when it is due and was first tried; address, name and language; the
/// reader's state, and 1 if they have left the digest and not come back.
#[derive(Deserialize)]
struct Due(
    ReaderId,
    i64,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    i64,
);

impl Due {
    /// Turns the row into a claim, or into the state and reason with which the delivery ends untried. `may_get` tells
    /// which states may get mail of its issue.
    fn claim(self, may_get: fn(ReaderState) -> bool) -> Result<Claimed, (DeliveryState, String)> {
        let Self(id, attempts, _, first_at, address, name, language, state, left) = self;
        if !ReaderState::parse(&state).is_some_and(may_get) {
            return Err((DeliveryState::Suppressed, state));
        }
        if left != 0 {
            return Err((
                DeliveryState::Suppressed,
                ReaderState::Left.word().to_owned(),
            ));
        }
        // An address that was stored under older rules and no longer parses is given up, and stops nobody else.
        let email = address.unwrap_or_default().parse();
        Ok(Claimed {
            reader: Reader {
                id,
                email: email
                    .map_err(|why: EmailError| (DeliveryState::GivenUp, why.to_string()))?,
                name,
                language,
            },
            attempts: i16::try_from(attempts).unwrap_or(i16::MAX),
            first_at: first_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
        })
    }
}

/// The position before every delivery.
const START: Position = (i64::MIN, ReaderId::MIN);

impl Sender {
    /// Claims up to `limit` due deliveries of an issue; none if nothing is due or the issue is not open. Readers who
    /// left, complained, bounced or were forgotten since the freeze are suppressed instead.
    pub async fn claim(
        &self,
        issue: IssueId,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<Claimed>> {
        loop {
            // PostgreSQL keeps claimed rows in the index until a vacuum: a claim from the start would step over all of
            // them. Deliveries that wait again before this position are found once nothing is left behind it.
            let behind = self.behind().get(&issue).copied().unwrap_or(START);
            let (claimed, last) = self.claim_behind(behind, issue, limit, now).await?;
            self.behind().insert(issue, last.unwrap_or(START));
            if !claimed.is_empty() || (last.is_none() && behind == START) {
                return Ok(claimed);
            }
        }
    }

    fn behind(&self) -> MutexGuard<'_, HashMap<IssueId, Position>> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claimed, and the last that was looked at.
    async fn claim_behind(
        &self,
        behind: Position,
        issue: IssueId,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Claimed>, Option<Position>)> {
        change!(self.store, |tx| {
            let row = sqlx::query(
                "SELECT digest, state, kind, CAST(outbox AS BIGINT) AS outbox FROM issue WHERE id = $1",
            )
            .bind(issue)
            .fetch_one(&mut *tx)
            .await?;
            if row.try_get::<&str, _>("state")? != "open" {
                return Ok((Vec::new(), None));
            }
            let digest: String = row.try_get("digest")?;
            let asks = row.try_get::<&str, _>("kind")? == SlotKind::Confirmation.word();
            let (may_get, has_gone): (fn(ReaderState) -> bool, String) = match asks {
                true => (
                    ReaderState::may_be_asked,
                    has_left_since_asked("r.id", "$1", "$2"),
                ),
                false => (ReaderState::takes_mail, has_left("r.id", "$1")),
            };
            // Nothing leaves through an outbox.
            let limit = match row.try_get::<i64, _>("outbox")? {
                0 => self.measure_room(&mut tx, limit, now).await?,
                _ => limit,
            };
            if limit == 0 {
                return Ok((Vec::new(), None));
            }
            let skip = if self.store.place == StorePlace::Server {
                " FOR UPDATE SKIP LOCKED"
            } else {
                ""
            };
            let columns = format!(
                "d.reader, d.attempts, d.due_at, d.first_at, r.address, d.name, d.language, r.state, \
                 CASE WHEN {has_gone} THEN 1 ELSE 0 END"
            );
            let text = format!(
                "SELECT {} AS due FROM (SELECT reader, attempts, due_at, first_at, name, language FROM delivery \
                 WHERE issue = $2 AND state = {QUEUED} AND owner IS NULL AND due_at <= $3 AND (due_at, reader) > ($5, $6) \
                 ORDER BY due_at, reader LIMIT $4{skip}) AS d CROSS JOIN reader r WHERE r.id = d.reader",
                self.store.place.as_one(&columns)
            );
            let row = sqlx::query(AssertSqlSafe(text))
                .bind(digest)
                .bind(issue)
                .bind(now.timestamp())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .bind(behind.0)
                .bind(behind.1)
                .fetch_one(&mut *tx)
                .await?;
            let due: Vec<Due> = serde_json::from_str(row.try_get("due")?).map_err(|error| {
                StoreError::Damaged(format!("a delivery cannot be read: {error}"))
            })?;
            let mut last = None;
            let mut claimed = Vec::with_capacity(due.len());
            let mut ended: BTreeMap<(DeliveryState, String), Vec<ReaderId>> = BTreeMap::new();
            for one in due {
                let id = one.0;
                last = last.max(Some((one.2, id)));
                match one.claim(may_get) {
                    Ok(claim) => claimed.push(claim),
                    Err(end) => ended.entry(end).or_default().push(id),
                }
            }
            for ((state, why), readers) in ended {
                let among = self.store.place.among("reader", "$4");
                // A freeze that ran beside a forget has kept the name.
                let text = format!(
                    "UPDATE delivery SET state = $1, reply = $2, name = CASE WHEN $2 = 'forgotten' THEN NULL ELSE name END \
                     WHERE issue = $3 AND {among}"
                );
                let query = sqlx::query(AssertSqlSafe(text))
                    .bind(state as i16)
                    .bind(why)
                    .bind(issue);
                query.bind(list(&readers)).execute(&mut *tx).await?;
            }
            if !claimed.is_empty() {
                let readers: Vec<ReaderId> = claimed.iter().map(|claim| claim.reader.id).collect();
                let among = self.store.place.among("reader", "$3");
                let text = format!("UPDATE delivery SET owner = $1 WHERE issue = $2 AND {among}");
                let query = sqlx::query(AssertSqlSafe(text))
                    .bind(self.owner)
                    .bind(issue)
                    .bind(list(&readers));
                query.execute(&mut *tx).await?;
            }
            Ok((claimed, last))
        })
    }
}
