//! Readers and their subscriptions: one row a person, found by fingerprint, never revived by accident.

use std::collections::{HashMap, HashSet};
use std::slice;

use chrono::{DateTime, Utc};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::reader::{Email, Mailbox, Reader, ReaderId};
use crate::store::{MOST_LISTED, Result, Store, StoreError, StorePlace, list};
use crate::token::random_id;

/// What a reader is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReaderState {
    /// Has not confirmed yet, and so gets nothing.
    Pending,
    /// Gets what they subscribed to.
    Active,
    /// Has left.
    Left,
    /// The address is bad.
    Bounced,
    /// Called our mail spam.
    Complained,
    /// Erased; only the fingerprint stays.
    Forgotten,
}

impl ReaderState {
    /// The word for it, in the database and in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Left => "left",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Forgotten => "forgotten",
        }
    }

    /// The state of this word.
    pub fn named(word: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Active,
            Self::Left,
            Self::Bounced,
            Self::Complained,
            Self::Forgotten,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }

    fn from_word(word: &str) -> Result<Self> {
        Self::named(word)
            .ok_or_else(|| StoreError::Damaged(format!("`{word}` is no reader's state")))
    }

    /// Whether they must get nothing, whoever asks.
    pub fn is_suppressed(self) -> bool {
        !matches!(self, Self::Pending | Self::Active)
    }
}

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

/// How people come into the store.
#[derive(Debug, Clone, Copy)]
pub struct Joining<'a> {
    /// To what they subscribe.
    pub digests: &'a [String],
    /// What they are from now on; a suppressed state also takes in whom we did not know, so that nobody revives them.
    pub state: ReaderState,
    /// Whether someone who has left may come back: only where they asked for it themselves.
    pub returning: bool,
    /// How and when they agreed, kept with them.
    pub consent: Option<&'a str>,
}

/// What became of an address that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// There is a new reader.
    New,
    /// They were there; their subscriptions were completed.
    Known,
    /// They are suppressed and stay so.
    Suppressed(ReaderState),
}

impl Store {
    /// Adds readers, or completes the subscriptions of those who are there; nobody who is suppressed comes back,
    /// except that with `returning` someone who has left may, or whose address was bad.
    pub async fn add_readers(
        &self,
        people: &[(Email, Option<String>)],
        joining: &Joining<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Added>> {
        let mut added = Vec::with_capacity(people.len());
        for people in people.chunks(500) {
            added.extend(change!(self.begin(), |tx| {
                self.add_chunk(&mut tx, people, joining, now).await
            })?);
        }
        Ok(added)
    }

    async fn add_chunk(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[(Email, Option<String>)],
        joining: &Joining<'_>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Added>> {
        let Joining {
            digests,
            state,
            returning,
            consent,
        } = *joining;
        let fingerprints: Vec<String> = people
            .iter()
            .map(|(email, _)| self.fingerprints.fingerprint(email))
            .collect();
        let mut known = self.find_fingerprints(tx, &fingerprints).await?;
        let mut added = Vec::with_capacity(people.len());
        let mut new: Vec<(ReaderId, usize)> = Vec::new();
        let mut subscribed: Vec<ReaderId> = Vec::new();
        for (number, fingerprint) in fingerprints.iter().enumerate() {
            if let (Some((id, was)), Some(name)) = (known.get(fingerprint), &people[number].1)
                && !was.is_suppressed()
            {
                name_reader(tx, *id, name, returning).await?;
            }
            added.push(match known.get(fingerprint).copied() {
                None => {
                    let id = random_id();
                    known.insert(fingerprint.clone(), (id, state));
                    new.push((id, number));
                    subscribed.push(id);
                    Added::New
                }
                Some((id, was))
                    if matches!(was, ReaderState::Left | ReaderState::Bounced) && returning =>
                {
                    self.set_reader_state(tx, id, state, now, ("returned", consent))
                        .await?;
                    if was == ReaderState::Left {
                        // They come back to what they ask for now, not to all they once had.
                        sqlx::query("DELETE FROM subscription WHERE reader = $1")
                            .bind(id)
                            .execute(&mut **tx)
                            .await?;
                    }
                    subscribed.push(id);
                    Added::Known
                }
                Some((_, was)) if was.is_suppressed() => Added::Suppressed(was),
                Some((id, _)) if state.is_suppressed() => {
                    self.set_reader_state(tx, id, state, now, (state.word(), consent))
                        .await?;
                    Added::Suppressed(state)
                }
                Some((id, was)) => {
                    if was == ReaderState::Pending && state == ReaderState::Active {
                        self.set_reader_state(tx, id, state, now, ("confirmed", consent))
                            .await?;
                    }
                    subscribed.push(id);
                    Added::Known
                }
            });
        }
        // In one order, so that two who add the same people never wait for each other crosswise.
        new.sort_by_key(|(_, number)| &fingerprints[*number]);
        for new in new.chunks(100) {
            let rows: Vec<String> = (0..new.len())
                .map(|row| {
                    let at = row * 5;
                    format!(
                        "(${},${},${},${},NULL,${})",
                        at + 1,
                        at + 2,
                        at + 3,
                        at + 4,
                        at + 5
                    )
                })
                .collect();
            let text = format!(
                "INSERT INTO reader (id, fingerprint, address, name, language, state) VALUES {}",
                rows.join(",")
            );
            let mut query = sqlx::query(AssertSqlSafe(text));
            for (id, number) in new {
                let (email, name) = &people[*number];
                query = query
                    .bind(*id)
                    .bind(fingerprints[*number].clone())
                    .bind(email.as_str().to_owned())
                    .bind(name.clone())
                    .bind(state.word());
            }
            query.execute(&mut **tx).await?;
            let ids: Vec<ReaderId> = new.iter().map(|(id, _)| *id).collect();
            let text = format!(
                "INSERT INTO event (reader, at, kind, detail) SELECT CAST(value AS BIGINT), $1, 'joined', $2 FROM {}",
                self.place.listed("$3")
            );
            let detail = consent.map_or_else(
                || state.word().to_owned(),
                |how| format!("{}: {how}", state.word()),
            );
            let query = sqlx::query(AssertSqlSafe(text))
                .bind(now.timestamp())
                .bind(detail)
                .bind(list(&ids));
            query.execute(&mut **tx).await?;
        }
        for digest in digests {
            let gone = match returning {
                true => HashSet::new(),
                false => self.who_left(tx, digest, &subscribed).await?,
            };
            let staying: Vec<ReaderId> = subscribed
                .iter()
                .copied()
                .filter(|id| !gone.contains(id))
                .collect();
            let text = format!(
                "INSERT INTO subscription (digest, reader) SELECT $1, CAST(value AS BIGINT) FROM {} WHERE TRUE \
                 ON CONFLICT (digest, reader) DO NOTHING",
                self.place.listed("$2")
            );
            for ids in staying.chunks(MOST_LISTED) {
                let query = sqlx::query(AssertSqlSafe(text.clone()))
                    .bind(digest.clone())
                    .bind(list(ids));
                query.execute(&mut **tx).await?;
            }
        }
        Ok(added)
    }

    /// Who is known by these fingerprints. Their rows are kept to the end of the transaction, in one order: nobody forgets
    /// them between the look and what is written by it.
    async fn find_fingerprints(
        &self,
        tx: &mut Transaction<'static, Any>,
        fingerprints: &[String],
    ) -> Result<HashMap<String, (ReaderId, ReaderState)>> {
        let mut known = HashMap::new();
        let hold = if self.place == StorePlace::Server {
            " FOR UPDATE"
        } else {
            ""
        };
        let mut fingerprints: Vec<&String> = fingerprints.iter().collect();
        fingerprints.sort();
        for some in fingerprints.chunks(100) {
            let places: Vec<String> = (1..=some.len())
                .map(|number| format!("${number}"))
                .collect();
            let text = format!(
                "SELECT id, fingerprint, state FROM reader WHERE fingerprint IN ({}) ORDER BY fingerprint{hold}",
                places.join(",")
            );
            let mut query = sqlx::query(AssertSqlSafe(text));
            for fingerprint in some {
                query = query.bind((*fingerprint).clone());
            }
            for row in query.fetch_all(&mut **tx).await? {
                let state = ReaderState::from_word(row.try_get("state")?)?;
                known.insert(row.try_get("fingerprint")?, (row.try_get("id")?, state));
            }
        }
        Ok(known)
    }

    /// Those of these readers who have left the digest, and whom nobody but themselves may bring back.
    async fn who_left(
        &self,
        tx: &mut Transaction<'static, Any>,
        digest: &str,
        readers: &[ReaderId],
    ) -> Result<HashSet<ReaderId>> {
        let mut gone = HashSet::new();
        let among = self.place.among("reader", "$2");
        let text = format!(
            "SELECT DISTINCT reader FROM event WHERE kind = 'left' AND detail = $1 AND {among}"
        );
        for some in readers.chunks(MOST_LISTED) {
            let query = sqlx::query(AssertSqlSafe(text.clone()))
                .bind(digest.to_owned())
                .bind(list(some));
            for row in query.fetch_all(&mut **tx).await? {
                gone.insert(row.try_get("reader")?);
            }
        }
        Ok(gone)
    }

    async fn set_reader_state(
        &self,
        tx: &mut Transaction<'static, Any>,
        id: ReaderId,
        state: ReaderState,
        now: DateTime<Utc>,
        (kind, detail): (&'static str, Option<&str>),
    ) -> Result<()> {
        sqlx::query("UPDATE reader SET state = $1 WHERE id = $2")
            .bind(state.word())
            .bind(id)
            .execute(&mut **tx)
            .await?;
        sqlx::query(
            "INSERT INTO event (reader, issue, at, kind, detail) VALUES ($1, NULL, $2, $3, $4)",
        )
        .bind(id)
        .bind(now.timestamp())
        .bind(kind)
        .bind(detail.map(str::to_owned))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// The reader of this address.
    pub async fn find_reader(&self, email: &Email) -> Result<Option<(ReaderId, ReaderState)>> {
        let row = sqlx::query("SELECT id, state FROM reader WHERE fingerprint = $1")
            .bind(self.fingerprints.fingerprint(email))
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok((
                row.try_get("id")?,
                ReaderState::from_word(row.try_get("state")?)?,
            ))
        })
        .transpose()
    }

    /// Takes a reader out: of these digests, or of all where none is named. False where nobody is known by the address.
    pub async fn remove_reader(
        &self,
        email: &Email,
        digests: &[String],
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let fingerprint = self.fingerprints.fingerprint(email);
        change!(self.begin(), |tx| {
            let known = self
                .find_fingerprints(&mut tx, slice::from_ref(&fingerprint))
                .await?;
            let Some((id, state)) = known.get(&fingerprint).copied() else {
                return Ok(false);
            };
            if digests.is_empty() && !state.is_suppressed() {
                self.set_reader_state(&mut tx, id, ReaderState::Left, now, ("left", None))
                    .await?;
            }
            for digest in digests {
                sqlx::query("DELETE FROM subscription WHERE reader = $1 AND digest = $2")
                    .bind(id)
                    .bind(digest.clone())
                    .execute(&mut *tx)
                    .await?;
                sqlx::query("INSERT INTO event (reader, issue, at, kind, detail) VALUES ($1, NULL, $2, 'left', $3)")
                    .bind(id)
                    .bind(now.timestamp())
                    .bind(digest.clone())
                    .execute(&mut *tx)
                    .await?;
            }
            Ok(true)
        })
    }

    /// Erases a person: address, name, language and subscriptions go, the fingerprint stays and keeps them suppressed.
    pub async fn forget_reader(&self, email: &Email, now: DateTime<Utc>) -> Result<bool> {
        let fingerprint = self.fingerprints.fingerprint(email);
        change!(self.begin(), |tx| {
            let known = self
                .find_fingerprints(&mut tx, slice::from_ref(&fingerprint))
                .await?;
            let Some((id, _)) = known.get(&fingerprint).copied() else {
                return Ok(false);
            };
            sqlx::query(
                "UPDATE reader SET address = NULL, name = NULL, language = NULL, state = 'forgotten' WHERE id = $1",
            )
            .bind(id)
            .execute(&mut *tx)
            .await?;
            sqlx::query("DELETE FROM subscription WHERE reader = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            // A relay's words often repeat the address.
            sqlx::query(
                "UPDATE delivery SET reply = NULL, name = NULL, language = NULL WHERE reader = $1",
            )
            .bind(id)
            .execute(&mut *tx)
            .await?;
            sqlx::query("UPDATE event SET detail = NULL WHERE reader = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            sqlx::query("INSERT INTO event (reader, issue, at, kind, detail) VALUES ($1, NULL, $2, 'forgotten', NULL)")
                .bind(id)
                .bind(now.timestamp())
                .execute(&mut *tx)
                .await?;
            Ok(true)
        })
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
                    state: ReaderState::from_word(row.try_get("state")?)?,
                    reader,
                    digests,
                })
            })
            .collect()
    }

    /// Someone who gets the digest: its first subscriber by address, else the first of `to` who is not suppressed.
    pub async fn first_reader(&self, digest: &str, to: &[Mailbox]) -> Result<Option<Reader>> {
        let row = sqlx::query(
            "SELECT r.id, r.address, r.name, r.language FROM subscription s JOIN reader r ON r.id = s.reader \
             WHERE s.digest = $1 AND r.state = 'active' ORDER BY r.address LIMIT 1",
        )
        .bind(digest.to_owned())
        .fetch_optional(&self.pool)
        .await?;
        if let Some(row) = row {
            return reader_of(&row).map(Some);
        }
        for Mailbox { name, email } in to {
            let known = self.find_reader(email).await?;
            if known.is_none_or(|(_, state)| !state.is_suppressed()) {
                let id = known.map_or(0, |(id, _)| id);
                return Ok(Some(Reader {
                    id,
                    email: email.clone(),
                    name: name.clone(),
                    language: None,
                }));
            }
        }
        Ok(None)
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

    /// Makes readers of the mailboxes that a digest names itself, and gives their numbers: all but the suppressed.
    pub(super) async fn named_readers(
        &self,
        tx: &mut Transaction<'static, Any>,
        people: &[(Email, Option<String>)],
        now: DateTime<Utc>,
    ) -> Result<Vec<ReaderId>> {
        let joining = Joining {
            digests: &[],
            state: ReaderState::Active,
            returning: false,
            consent: Some("named in the config"),
        };
        self.add_chunk(tx, people, &joining, now).await?;
        let fingerprints: Vec<String> = people
            .iter()
            .map(|(email, _)| self.fingerprints.fingerprint(email))
            .collect();
        let known = self.find_fingerprints(tx, &fingerprints).await?;
        Ok(known
            .into_values()
            .filter(|(_, state)| *state == ReaderState::Active)
            .map(|(id, _)| id)
            .collect())
    }
}

/// Gives a reader a name where they have none; with `anew` also where they have another.
async fn name_reader(
    tx: &mut Transaction<'static, Any>,
    id: ReaderId,
    name: &str,
    anew: bool,
) -> Result<()> {
    let text = match anew {
        true => "UPDATE reader SET name = $1 WHERE id = $2",
        false => "UPDATE reader SET name = $1 WHERE id = $2 AND name IS NULL",
    };
    sqlx::query(text)
        .bind(name.to_owned())
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The condition that a reader has left a digest and not come back, also where the digest names them itself; both as the
/// statement calls them.
pub(super) fn has_left(reader: &str, digest: &str) -> String {
    format!(
        "(NOT EXISTS (SELECT 1 FROM subscription s WHERE s.digest = {digest} AND s.reader = {reader}) AND EXISTS \
         (SELECT 1 FROM event e WHERE e.reader = {reader} AND e.kind = 'left' AND e.detail = {digest}))"
    )
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
