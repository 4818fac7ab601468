//! Records the outcome of an attempt as events of its reader, and suppresses a reader whose address is bad.

use chrono::{DateTime, Utc};
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::finding::one_line;
use crate::ledger::{IssueId, Outcome, Settled};
use crate::reader::ReaderId;
use crate::store::connect::StorePlace;
use crate::store::consent::parse_state;
use crate::store::sql::{BOUNCED, GIVEN_UP, MOST_LISTED, SENT, list};
use crate::store::{LONGEST_REPLY, Result};

/// After so many issues in a row that were refused without saying whether the address is bad, it is.
const MOST_REFUSED: usize = 3;

/// Records an outcome; a bad address is suppressed.
pub(super) async fn record_outcome(
    connection: &mut AnyConnection,
    place: &StorePlace,
    issue: IssueId,
    settled: &Settled,
    now: DateTime<Utc>,
) -> Result<()> {
    let reader = settled.reader;
    let kind = match settled.outcome {
        Outcome::Unknown(_) => Some("uncertain"),
        Outcome::Refused => Some("refused"),
        _ => None,
    };
    if let Some(kind) = kind {
        let words = (kind, &*settled.reply);
        note(connection, place, issue, &[reader], now, words).await?;
    }
    let is_bad = settled.outcome == Outcome::Bounced
        || settled.outcome == Outcome::Refused && is_refused_too_often(connection, reader).await?;
    if is_bad {
        suppress_bounced(connection, place, (reader, issue), &settled.reply, now).await?;
    }
    Ok(())
}

/// Notes that an address is bad, and suppresses its reader where that follows. Returns the new state.
pub(in crate::store) async fn suppress_bounced(
    connection: &mut AnyConnection,
    place: &StorePlace,
    (reader, issue): (ReaderId, IssueId),
    words: &str,
    now: DateTime<Utc>,
) -> Result<Option<ReaderState>> {
    let row = sqlx::query(
        "SELECT r.state, i.kind FROM reader r JOIN issue i ON i.id = $2 WHERE r.id = $1",
    )
    .bind(reader)
    .bind(issue)
    .fetch_one(&mut *connection)
    .await?;
    let was = parse_state(row.try_get("state")?)?;
    let wish = match row.try_get::<&str, _>("kind")? {
        "confirmation" => Wish::BounceAsked,
        _ => Wish::Bounce,
    };
    let change = decide(Some(was), wish, Source::Relay);
    let kind = change.event.unwrap_or("bounced");
    note(connection, place, issue, &[reader], now, (kind, words)).await?;
    if let Some(state) = change.state {
        set_state(connection, reader, state).await?;
    }
    Ok(change.state)
}

/// Gives a reader another state.
pub(in crate::store) async fn set_state(
    connection: &mut AnyConnection,
    reader: ReaderId,
    state: ReaderState,
) -> Result<()> {
    sqlx::query("UPDATE reader SET state = $1 WHERE id = $2")
        .bind(state.word())
        .bind(reader)
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// Appends an event for each of these readers; without the detail if they are forgotten.
pub(in crate::store) async fn note(
    connection: &mut AnyConnection,
    place: &StorePlace,
    issue: IssueId,
    readers: &[ReaderId],
    now: DateTime<Utc>,
    (kind, detail): (&'static str, &str),
) -> Result<()> {
    let text = format!(
        "INSERT INTO event (reader, issue, at, kind, detail) SELECT CAST(value AS BIGINT), $1, $2, $3, \
         (SELECT CAST($4 AS TEXT) FROM reader r WHERE r.id = CAST(value AS BIGINT) AND r.state <> 'forgotten') FROM {}",
        place.list_table("$5")
    );
    for readers in readers.chunks(MOST_LISTED) {
        sqlx::query(AssertSqlSafe(text.clone()))
            .bind(issue)
            .bind(now.timestamp())
            .bind(kind)
            .bind(one_line(detail, LONGEST_REPLY))
            .bind(list(readers))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Whether the reader's last issues were all refused. Doubted refusals do not count.
pub(in crate::store) async fn is_refused_too_often(
    connection: &mut AnyConnection,
    reader: ReaderId,
) -> Result<bool> {
    let rows = statement!("SELECT (SELECT COUNT(*) FROM event e WHERE e.reader = d.reader AND e.issue = d.issue AND e.kind = 'refused') \
         - (SELECT COUNT(*) FROM event e WHERE e.reader = d.reader AND e.issue = d.issue AND e.kind = 'doubted') \
         AS refused FROM delivery d JOIN issue i ON i.id = d.issue \
         WHERE d.reader = $1 AND d.state IN ({SENT}, {BOUNCED}, {GIVEN_UP}) ORDER BY i.made_at DESC LIMIT {MOST_REFUSED}")
    .bind(reader)
    .fetch_all(&mut *connection)
    .await?;
    for row in &rows {
        if row.try_get::<i64, _>("refused")? <= 0 {
            return Ok(false);
        }
    }
    Ok(rows.len() == MOST_REFUSED)
}
