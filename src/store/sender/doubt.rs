//! Takes back refusals that a series shows to be no fault of the readers.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row};

use crate::consent::{Source, Wish};
use crate::ledger::IssueId;
use crate::reader::ReaderId;
use crate::store::Result;
use crate::store::issue::reopen;
use crate::store::mailable::{has_agreed, next_state};
use crate::store::sender::Sender;
use crate::store::sender::outcome::note;
use crate::store::sql::{BOUNCED, GIVEN_UP, QUEUED, list};

impl Sender {
    /// Takes back refusals of an issue if a series of them shows that the readers were not at fault: their deliveries
    /// wait again, and readers whom the series suppressed are active again. At most once per reader and issue; a second
    /// refusal stands. Returns how many refusals were taken back.
    pub async fn doubt_refusals(
        &self,
        issue: IssueId,
        readers: &[ReaderId],
        now: DateTime<Utc>,
    ) -> Result<usize> {
        change!(self.store, |tx| {
            self.store.hold_issue(&mut tx, issue).await?;
            let text = format!(
                "SELECT d.reader FROM delivery d WHERE d.issue = $1 AND d.state IN ({BOUNCED}, {GIVEN_UP}) AND {} AND NOT EXISTS \
                 (SELECT 1 FROM event e WHERE e.reader = d.reader AND e.issue = $1 AND e.kind = 'doubted') \
                 ORDER BY d.reader",
                self.store.place.among("d.reader", "$2")
            );
            let rows = sqlx::query(AssertSqlSafe(text))
                .bind(issue)
                .bind(list(readers))
                .fetch_all(&mut *tx)
                .await?;
            let readers: Vec<ReaderId> = rows
                .iter()
                .map(|row| row.try_get("reader"))
                .collect::<Result<_, _>>()?;
            if readers.is_empty() {
                return Ok(0);
            }
            let recovered = format!(
                "CASE WHEN {} THEN {} ELSE {} END",
                has_agreed("reader.id"),
                next_state(Wish::Recover { had_agreed: true }, Source::Relay),
                next_state(Wish::Recover { had_agreed: false }, Source::Relay)
            );
            let among = self.store.place.among("id", "$1");
            let text = format!(
                "UPDATE reader SET state = {recovered} WHERE {among} AND EXISTS \
                 (SELECT 1 FROM event e WHERE e.reader = reader.id AND e.issue = $2 AND e.kind = 'bounced')"
            );
            sqlx::query(AssertSqlSafe(text))
                .bind(list(&readers))
                .bind(issue)
                .execute(&mut *tx)
                .await?;
            let among = self.store.place.among("reader", "$3");
            let text = format!(
                "UPDATE delivery SET state = {QUEUED}, due_at = $1 WHERE issue = $2 AND {among}"
            );
            let query = sqlx::query(AssertSqlSafe(text))
                .bind(now.timestamp())
                .bind(issue)
                .bind(list(&readers));
            query.execute(&mut *tx).await?;
            // Another sender that saw nothing waiting may have closed it.
            reopen(&mut tx, issue).await?;
            let why = "a series of refusals says that it was not the reader";
            note(
                &mut tx,
                &self.store.place,
                issue,
                &readers,
                now,
                ("doubted", why),
            )
            .await?;
            Ok(readers.len())
        })
    }
}
