//! Readers and their subscriptions: one row a person, found by fingerprint, never revived by accident.

use std::slice;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{Change, ReaderState, Source, Wish, decide};
use crate::reader::{Email, Mailbox, Reader, ReaderId};
use crate::store::consent::parse_state;
use crate::store::mailable::{has_left, is_paused, states};
use crate::store::request::{Answer, ConsentRequest};
use crate::store::{Result, Store, StoreError};

/// A reader as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// The person.
    pub reader: Reader,
    /// Their state.
    pub state: ReaderState,
    /// Their subscriptions, sorted.
    pub digests: Vec<String>,
}

impl Store {
    /// The reader of this address.
    pub async fn find_reader(&self, email: &Email) -> Result<Option<(ReaderId, ReaderState)>> {
        let row = sqlx::query("SELECT id, state FROM reader WHERE fingerprint = $1")
            .bind(self.fingerprints.fingerprint(email))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok((row.try_get("id")?, parse_state(row.try_get("state")?)?)))
            .transpose()
    }

    /// Removes a reader from these digests, or from all if none is named.
    pub async fn remove_reader(
        &self,
        email: &Email,
        digests: &[String],
        now: DateTime<Utc>,
    ) -> Result<Answer> {
        let request = ConsentRequest {
            wish: if digests.is_empty() {
                Wish::Leave
            } else {
                Wish::LeaveDigests
            },
            by: Source::Owner,
            digests,
            consent: None,
        };
        let mut answers = self.request(&[email.clone().into()], &request, now).await?;
        Ok(answers.remove(0))
    }

    /// Erases a person: address, name, language and subscriptions are deleted, the fingerprint stays and keeps them
    /// suppressed. Returns the change.
    pub async fn forget_reader(&self, email: &Email, now: DateTime<Utc>) -> Result<Change> {
        let fingerprint = self.fingerprints.fingerprint(email);
        change!(self, |tx| {
            let known = self
                .find_fingerprints(&mut tx, slice::from_ref(&fingerprint), self.hold())
                .await?;
            let known = known.get(&fingerprint).copied();
            let was = known.map(|(_, state)| state);
            let change = decide(was, Wish::Forget, Source::Owner);
            if let (Some((id, _)), Some(_), Some(event)) = (known, change.state, change.event) {
                erase(&mut tx, id).await?;
                self.record(&mut tx, &[id], now, event, None).await?;
            }
            Ok(change)
        })
    }

    /// Passes on everyone who is not forgotten, by address, or only this reader; one at a time, so that a million need
    /// no memory.
    pub async fn visit_subscribers<E: From<StoreError>>(
        &self,
        only: Option<ReaderId>,
        mut take: impl FnMut(Subscriber) -> Result<(), E>,
    ) -> Result<(), E> {
        let which = match only {
            Some(_) => "r.id = $1 AND r.address IS NOT NULL",
            None => "r.address IS NOT NULL AND r.id <> $1",
        };
        let text = format!(
            "SELECT r.id, r.address, r.name, r.language, r.state, s.digest FROM reader r \
             LEFT JOIN subscription s ON s.reader = r.id WHERE {which} ORDER BY r.address, r.id, s.digest"
        );
        // No reader has the number 0.
        let query = sqlx::query(AssertSqlSafe(text)).bind(only.unwrap_or(ReaderId::SHOWN));
        let mut rows = query.fetch(&self.pool);
        let mut current: Option<Subscriber> = None;
        while let Some(row) = rows.try_next().await.map_err(StoreError::from)? {
            let digest: Option<String> = row.try_get("digest").map_err(StoreError::from)?;
            let id: ReaderId = row.try_get("id").map_err(StoreError::from)?;
            match &mut current {
                Some(one) if one.reader.id == id => one.digests.extend(digest),
                _ => {
                    let state = row.try_get("state").map_err(StoreError::from)?;
                    let next = Subscriber {
                        reader: read_reader(&row)?,
                        state: parse_state(state)?,
                        digests: digest.into_iter().collect(),
                    };
                    if let Some(done) = current.replace(next) {
                        take(done)?;
                    }
                }
            }
        }
        current.map_or(Ok(()), take)
    }

    /// Finds a sample recipient of the digest: its first subscriber by address, else the first of `to` who is not suppressed;
    /// nobody who pauses now.
    pub async fn find_first_reader(
        &self,
        digest: &str,
        to: &[Mailbox],
        now: DateTime<Utc>,
    ) -> Result<Option<Reader>> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT r.id, r.address, r.name, r.language FROM subscription s JOIN reader r ON r.id = s.reader \
             WHERE s.digest = $1 AND r.state IN ({}) AND NOT {} ORDER BY r.address LIMIT 1",
            states(ReaderState::gets_subscriptions),
            is_paused("r", "$2")
        )))
        .bind(digest.to_owned())
        .bind(now.timestamp())
        .fetch_optional(&self.pool)
        .await?;
        if let Some(row) = row {
            return read_reader(&row).map(Some);
        }
        for Mailbox { name, email } in to {
            let known = self.find_reader(email).await?;
            let was = known.map(|(_, state)| state);
            if !decide(was, Wish::Receive, Source::Config).receives
                || self
                    .has_left_or_pauses(known.map(|(id, _)| id), digest, now)
                    .await?
            {
                continue;
            }
            return Ok(Some(Reader {
                id: known.map_or(ReaderId::SHOWN, |(id, _)| id),
                email: email.clone(),
                name: name.clone(),
                language: None,
            }));
        }
        Ok(None)
    }

    /// Whether a reader has left the digest, or pauses.
    async fn has_left_or_pauses(
        &self,
        reader: Option<ReaderId>,
        digest: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let Some(id) = reader else { return Ok(false) };
        let text = format!(
            "SELECT id FROM reader WHERE id = $1 AND ({} OR {})",
            has_left("reader.id", "$2"),
            is_paused("reader", "$3")
        );
        let query = sqlx::query(AssertSqlSafe(text))
            .bind(id)
            .bind(digest.to_owned())
            .bind(now.timestamp());
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// The events of a reader: time, kind and detail; oldest first.
    pub async fn load_events(
        &self,
        reader: ReaderId,
    ) -> Result<Vec<(DateTime<Utc>, String, Option<String>)>> {
        let rows = sqlx::query("SELECT at, kind, detail FROM event WHERE reader = $1 ORDER BY at")
            .bind(reader)
            .fetch_all(&self.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    read_time(row.try_get("at")?)?,
                    row.try_get("kind")?,
                    row.try_get("detail")?,
                ))
            })
            .collect()
    }
}

/// Deletes everything that identifies a reader.
pub(super) async fn erase(tx: &mut Transaction<'static, Any>, id: ReaderId) -> Result<()> {
    for text in [
        "UPDATE reader SET address = NULL, name = NULL, language = NULL, paused_until = NULL, state = 'forgotten' \
         WHERE id = $1",
        "DELETE FROM subscription WHERE reader = $1",
        // A relay's words often repeat the address.
        "UPDATE delivery SET reply = NULL, name = NULL, language = NULL WHERE reader = $1",
        "UPDATE event SET detail = NULL WHERE reader = $1",
    ] {
        sqlx::query(text).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

fn read_reader(row: &AnyRow) -> Result<Reader> {
    let address: &str = row.try_get("address")?;
    Ok(Reader {
        id: row.try_get("id")?,
        email: address
            .parse()
            .map_err(|error| StoreError::Damaged(format!("{error}")))?,
        name: row.try_get("name")?,
        language: row.try_get("language")?,
    })
}

pub(super) fn read_time(seconds: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| StoreError::Damaged(format!("{seconds} is no time")))
}
