//! The preferences that readers see and change by a link. The token has been verified: it says who they are.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::ledger::IssueId;
use crate::reader::{Email, ReaderId};
use crate::store::consent::parse_state;
use crate::store::issue::{read_delivery_state, read_small};
use crate::store::readers::{erase, read_time};
use crate::store::request::ConsentRequest;
use crate::store::{Result, Store};

/// A reader as their page of preferences shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) address: String,
    pub(crate) state: ReaderState,
    /// Their language, where it is known.
    pub(crate) language: Option<String>,
    /// The digest whose mail bore their link; `None` if an older copy of the store does not know the issue.
    pub(crate) digest: Option<String>,
    /// The digests that they get.
    pub(crate) digests: Vec<String>,
    /// Until when they get no issue.
    pub(crate) paused_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct ReaderChoice<'a> {
    /// The digests among which they chose; others stay as they are.
    pub(crate) offered: &'a [String],
    /// The digests that they want.
    pub(crate) chosen: &'a [String],
    /// Until when they want no issue.
    pub(crate) paused_until: Option<DateTime<Utc>>,
}

impl Store {
    /// Returns the preferences of the reader to whom the link belongs, if one is known by it.
    pub(crate) async fn load_preferences(
        &self,
        whose: (ReaderId, IssueId),
        now: DateTime<Utc>,
    ) -> Result<Option<Preferences>> {
        let (reader, issue) = whose;
        let row = sqlx::query(
            "SELECT r.address, r.state, r.language, r.paused_until, i.digest FROM reader r LEFT JOIN issue i ON i.id = $2 \
             WHERE r.id = $1 AND r.address IS NOT NULL",
        )
        .bind(reader)
        .bind(issue)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let state = parse_state(row.try_get("state")?)?;
        let rows = sqlx::query("SELECT digest FROM subscription WHERE reader = $1 ORDER BY digest")
            .bind(reader)
            .fetch_all(&self.pool)
            .await?;
        let mut digests = Vec::new();
        for row in rows.iter().filter(|_| state.gets_subscriptions()) {
            digests.push(row.try_get("digest")?);
        }
        Ok(Some(Preferences {
            address: row.try_get("address")?,
            state,
            language: row.try_get("language")?,
            digest: row.try_get("digest")?,
            digests,
            paused_until: pause_of(&row)?.filter(|until| *until > now),
        }))
    }

    /// Gives a reader what they choose; false where they are out of everything, which this page does not take back.
    pub(crate) async fn choose(
        &self,
        reader: ReaderId,
        choice: &ReaderChoice<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let text = format!(
            "SELECT r.address, r.state, r.paused_until FROM reader r WHERE r.id = $1{}",
            self.place.hold("r")
        );
        change!(self, |tx| {
            let row = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(reader)
                .fetch_optional(&mut *tx)
                .await?;
            let Some(row) = row else { return Ok(false) };
            let address: Option<String> = row.try_get("address")?;
            let state = parse_state(row.try_get("state")?)?;
            let email = address.and_then(|address| address.parse::<Email>().ok());
            let Some(email) = email.filter(|_| state.takes_mail()) else {
                return Ok(false);
            };
            self.choose_digests(&mut tx, (reader, email, state), choice, now)
                .await?;
            // A pause that is over is none.
            let paused = pause_of(&row)?.filter(|until| *until > now);
            if paused != choice.paused_until {
                self.pause(&mut tx, (reader, state), choice.paused_until, now)
                    .await?;
            }
            Ok(true)
        })
    }

    async fn choose_digests(
        &self,
        tx: &mut Transaction<'static, Any>,
        (reader, email, state): (ReaderId, Email, ReaderState),
        choice: &ReaderChoice<'_>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let rows = sqlx::query("SELECT digest FROM subscription WHERE reader = $1")
            .bind(reader)
            .fetch_all(&mut **tx)
            .await?;
        let mut has: Vec<String> = Vec::new();
        // A reader who has not confirmed gets nothing of what lists have for them.
        for row in rows.iter().filter(|_| state.gets_subscriptions()) {
            has.push(row.try_get("digest")?);
        }
        let offered = choice.offered.iter();
        let (wanted, unwanted): (Vec<String>, Vec<String>) = offered
            .cloned()
            .partition(|name| choice.chosen.contains(name));
        let gained = wanted.into_iter().filter(|name| !has.contains(name));
        let dropped = unwanted.into_iter().filter(|name| has.contains(name));
        for (wish, digests) in [
            (Wish::LeaveDigests, dropped.collect::<Vec<_>>()),
            (Wish::Confirm, gained.collect()),
        ] {
            if digests.is_empty() {
                continue;
            }
            let request = ConsentRequest {
                wish,
                by: Source::Reader,
                digests: &digests,
                consent: Some("chosen by the preferences"),
            };
            self.carry_out(tx, &[email.clone().into()], &request, now)
                .await?;
        }
        Ok(())
    }

    async fn pause(
        &self,
        tx: &mut Transaction<'static, Any>,
        (reader, state): (ReaderId, ReaderState),
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let wish = match until {
            Some(_) => Wish::Pause,
            None => Wish::Resume,
        };
        let Some(event) = decide(Some(state), wish, Source::Reader).event else {
            return Ok(());
        };
        sqlx::query("UPDATE reader SET paused_until = $1 WHERE id = $2")
            .bind(until.map(|until| until.timestamp()))
            .bind(reader)
            .execute(&mut **tx)
            .await?;
        let detail = until.map(|until| format!("until {}", until.format("%Y-%m-%dT%H:%M:%SZ")));
        self.record(tx, &[reader], now, event, detail.as_deref())
            .await
    }

    /// Until when a reader gets no issue; `None` if that is over.
    pub(crate) async fn load_paused_until(
        &self,
        reader: ReaderId,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>> {
        let row = sqlx::query("SELECT paused_until FROM reader WHERE id = $1")
            .bind(reader)
            .fetch_one(&self.pool)
            .await?;
        Ok(pause_of(&row)?.filter(|until| *until > now))
    }

    /// Erases the bearer of a link. False where nobody is known by it.
    pub(crate) async fn forget_linked(&self, reader: ReaderId, now: DateTime<Utc>) -> Result<bool> {
        let text = format!(
            "SELECT r.state FROM reader r WHERE r.id = $1{}",
            self.place.hold("r")
        );
        change!(self, |tx| {
            let row = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(reader)
                .fetch_optional(&mut *tx)
                .await?;
            let Some(row) = row else { return Ok(false) };
            let was = parse_state(row.try_get("state")?)?;
            let change = decide(Some(was), Wish::Forget, Source::Reader);
            if let (Some(_), Some(event)) = (change.state, change.event) {
                erase(&mut tx, reader).await?;
                self.record(&mut tx, &[reader], now, event, None).await?;
            }
            Ok(change.state.is_some())
        })
    }

    /// Everything that is kept of a reader (GDPR, Article 15); `None` if nobody is known by the number.
    pub(crate) async fn collect_about(&self, reader: ReaderId) -> Result<Option<Value>> {
        let row = sqlx::query(
            "SELECT address, name, language, state, paused_until FROM reader WHERE id = $1 AND address IS NOT NULL",
        )
        .bind(reader)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let rows = sqlx::query("SELECT digest FROM subscription WHERE reader = $1 ORDER BY digest")
            .bind(reader)
            .fetch_all(&self.pool)
            .await?;
        let digests: Vec<String> = rows
            .iter()
            .map(|row| Ok(row.try_get("digest")?))
            .collect::<Result<_>>()?;
        let events = self.load_events(reader).await?.into_iter();
        let events: Vec<Value> = events
            .map(|(at, kind, detail)| json!({ "at": show(at), "kind": kind, "detail": detail }))
            .collect();
        let rows = sqlx::query(
            "SELECT i.digest, i.subject, i.made_at, d.state, d.attempts, d.first_at, d.reply, d.name, d.language \
             FROM delivery d JOIN issue i ON i.id = d.issue WHERE d.reader = $1 ORDER BY i.made_at, i.id",
        )
        .bind(reader)
        .fetch_all(&self.pool)
        .await?;
        let deliveries: Vec<Value> = rows.iter().map(read_delivery).collect::<Result<_>>()?;
        Ok(Some(json!({
            "address": row.try_get::<String, _>("address")?,
            "name": row.try_get::<Option<String>, _>("name")?,
            "language": row.try_get::<Option<String>, _>("language")?,
            "state": row.try_get::<String, _>("state")?,
            "paused_until": pause_of(&row)?.map(show),
            "digests": digests,
            "events": events,
            "deliveries": deliveries,
        })))
    }
}

/// A time as RFC 3339 has it.
fn show(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn pause_of(row: &AnyRow) -> Result<Option<DateTime<Utc>>> {
    let until: Option<i64> = row.try_get("paused_until")?;
    until.map(read_time).transpose()
}

fn read_delivery(row: &AnyRow) -> Result<Value> {
    let first_at: Option<i64> = row.try_get("first_at")?;
    Ok(json!({
        "digest": row.try_get::<String, _>("digest")?,
        "subject": row.try_get::<String, _>("subject")?,
        "made_at": show(read_time(row.try_get("made_at")?)?),
        "state": read_delivery_state(row)?.word(),
        "attempts": read_small(row, "attempts")?,
        "first_attempt_at": first_at.map(read_time).transpose()?.map(show),
        "reply": row.try_get::<Option<String>, _>("reply")?,
        "name": row.try_get::<Option<String>, _>("name")?,
        "language": row.try_get::<Option<String>, _>("language")?,
    }))
}
