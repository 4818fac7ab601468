//! A reader who moves to another address: it confirms as any address does, then the old one leaves and is told so.

use chrono::{DateTime, Utc};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source, Wish};
use crate::ledger::{Issue, IssueId};
use crate::reader::{Email, ReaderId};
use crate::store::issue::letter::queue;
use crate::store::mailable::states;
use crate::store::request::ConsentRequest;
use crate::store::{Result, Store};

/// The event of the address that is asked; its detail is the number of the reader who moves.
pub(super) const MOVING: &str = "moving";

impl Store {
    /// The reader who moves to the address that was asked by this letter, if there is one.
    pub(crate) async fn find_moving_from(
        &self,
        whose: (ReaderId, IssueId),
    ) -> Result<Option<ReaderId>> {
        let mut connection = self.pool.acquire().await?;
        find(&mut connection, whose).await
    }

    /// Lets the reader leave who moves to the address that has confirmed. Name, language and pause come along.
    pub(super) async fn move_to(
        &self,
        tx: &mut Transaction<'static, Any>,
        whose: (ReaderId, IssueId),
        moved_letter: Option<(&Issue, &str)>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (reader, _) = whose;
        let Some(old) = find(tx, whose).await? else {
            return Ok(());
        };
        let text = format!(
            "SELECT r.address FROM reader r WHERE r.id = $1{}",
            self.place.hold("r")
        );
        let row = sqlx::query(AssertSqlSafe(text))
            .bind(old)
            .fetch_optional(&mut **tx)
            .await?;
        let address: Option<String> = match row {
            Some(row) => row.try_get("address")?,
            None => None,
        };
        let Some(email) = address.and_then(|address| address.parse::<Email>().ok()) else {
            return Ok(());
        };
        let request = ConsentRequest {
            wish: Wish::Leave,
            by: Source::Reader,
            digests: &[],
            consent: None,
        };
        let cases = self.carry_out(tx, &[email.into()], &request, now).await?;
        if cases.iter().all(|case| case.answer.change.state.is_none()) {
            return Ok(());
        }
        let text = "UPDATE reader SET name = COALESCE(name, (SELECT o.name FROM reader o WHERE o.id = $2)), \
            language = COALESCE(language, (SELECT o.language FROM reader o WHERE o.id = $2)), \
            paused_until = (SELECT o.paused_until FROM reader o WHERE o.id = $2) WHERE id = $1";
        sqlx::query(text)
            .bind(reader)
            .bind(old)
            .execute(&mut **tx)
            .await?;
        self.record(tx, &[old], now, "moved", None).await?;
        if let Some(mail) = moved_letter {
            // They have left, and this is the one thing that they are told.
            let may_get = states(ReaderState::may_be_asked);
            queue(tx, mail, old, &may_get, now).await?;
        }
        Ok(())
    }
}

async fn find(
    connection: &mut AnyConnection,
    (reader, issue): (ReaderId, IssueId),
) -> Result<Option<ReaderId>> {
    let row = sqlx::query(
        "SELECT detail FROM event WHERE reader = $1 AND issue = $2 AND kind = $3 ORDER BY at DESC LIMIT 1",
    )
    .bind(reader)
    .bind(issue)
    .bind(MOVING)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let detail: Option<String> = row.try_get("detail")?;
    Ok(detail.and_then(|detail| detail.parse().ok()))
}
