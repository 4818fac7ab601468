//! Readers and their subscriptions: one row a person, found by fingerprint, never revived by accident.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::reader::{Email, Mailbox, Reader, ReaderId};
use crate::store::consent::{Answer, Asked, has_left, state_of, states};
use crate::store::{Result, Store, StoreError};

/// A reader as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Who.
    pub reader: Reader,
    /// What they are to us.
    pub state: ReaderState,
    /// To what they subscribed, sorted.
    pub digests: Vec<String>,
}

impl Store {
    /// The reader of this address.
    pub async fn find_reader(&self, email: &Email) -> Result<Option<(ReaderId, ReaderState)>> {
        let row = sqlx::query("SELECT id, state FROM reader WHERE fingerprint = $1")
            .bind(self.fingerprints.fingerprint(email))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok((row.try_get("id")?, state_of(row.try_get("state")?)?)))
            .transpose()
    }

    /// Takes a reader out: of these digests, or of all where none is named.
    pub async fn remove_reader(
        &self,
        email: &Email,
        digests: &[String],
        now: DateTime<Utc>,
    ) -> Result<Answer> {
        let asked = Asked {
            wish: if digests.is_empty() {
                Wish::Leave
            } else {
                Wish::LeaveDigests
            },
            by: Source::Owner,
            digests,
            consent: None,
        };
        let mut answers = self.ask(&[(email.clone(), None)], &asked, now).await?;
        Ok(answers.remove(0))
    }

    /// Everyone who is not forgotten, by address.
    pub async fn subscribers(&self) -> Result<Vec<Subscriber>> {
        let mut digests: HashMap<ReaderId, Vec<String>> = HashMap::new();
        for row in sqlx::query("SELECT reader, digest FROM subscription ORDER BY digest")
            .fetch_all(&self.pool)
            .await?
        {
            digests
                .entry(row.try_get("reader")?)
                .or_default()
                .push(row.try_get("digest")?);
        }
        let rows = sqlx::query(
            "SELECT id, address, name, language, state FROM reader WHERE address IS NOT NULL ORDER BY address",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let reader = reader_of(row)?;
                let digests = digests.remove(&reader.id).unwrap_or_default();
                Ok(Subscriber {
                    state: state_of(row.try_get("state")?)?,
                    reader,
                    digests,
                })
            })
            .collect()
    }

    /// Someone who gets the digest: its first subscriber by address, else the first of `to` who is not suppressed.
    pub async fn first_reader(&self, digest: &str, to: &[Mailbox]) -> Result<Option<Reader>> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT r.id, r.address, r.name, r.language FROM subscription s JOIN reader r ON r.id = s.reader \
             WHERE s.digest = $1 AND r.state IN ({}) ORDER BY r.address LIMIT 1",
            states(ReaderState::gets_subscriptions)
        )))
        .bind(digest.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        if let Some(row) = row {
            return reader_of(&row).map(Some);
        }
        for Mailbox { name, email } in to {
            let known = self.find_reader(email).await?;
            let was = known.map(|(_, state)| state);
            if !decide(was, Wish::Receive, Source::Config).receives
                || self.is_gone(known.map(|(id, _)| id), digest).await?
            {
                continue;
            }
            return Ok(Some(Reader {
                id: known.map_or(0, |(id, _)| id),
                email: email.clone(),
                name: name.clone(),
                language: None,
            }));
        }
        Ok(None)
    }

    /// Whether a reader has left the digest.
    async fn is_gone(&self, reader: Option<ReaderId>, digest: &str) -> Result<bool> {
        let Some(id) = reader else { return Ok(false) };
        let text = format!(
            "SELECT id FROM reader WHERE id = $1 AND {}",
            has_left("reader.id", "$2")
        );
        let query = sqlx::query(AssertSqlSafe(text))
            .bind(id)
            .bind(digest.to_owned());
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// What happened to a reader: when, what, and more about it; oldest first.
    pub async fn events(
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
                    time_of(row.try_get("at")?)?,
                    row.try_get("kind")?,
                    row.try_get("detail")?,
                ))
            })
            .collect()
    }
}

fn reader_of(row: &AnyRow) -> Result<Reader> {
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

pub(super) fn time_of(seconds: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| StoreError::Damaged(format!("{seconds} is no time")))
}
