//! Departures: everyone who left, bounced, complained or was forgotten, kept also in a file outside the store, so that
//! an older copy of the store can be put right. The file identifies readers only by keyed fingerprints.

mod file;

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use crate::consent::{ReaderState, Source, Wish, decide};
use crate::file::read::{LISTED, read_text_if_any};
use crate::file::{Care, write_changed};
use crate::finding::Finding;
use crate::store::mailable::has_left;
use crate::store::readers::{erase, read_time};
use crate::store::rename::read_count;
use crate::store::sender::set_state;
use crate::store::{Result, Store, StoreError};

use file::{Departure, EventMark, find_standing, parse, to_text, write_head};

/// The events that suppress somebody or take it back. The index on events repeats this condition.
const KINDS: &str = "kind IN ('left', 'bounced', 'complained', 'forgotten', 'returned', 'doubted')";

/// The departures that the file had and the store lacked, once the store has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Whether the file has noted departures of this store at all.
    pub is_known: bool,
    /// How many readers are out again.
    pub readers: usize,
    /// How many departed readers this copy never knew.
    pub strangers: usize,
}

fn read_file(file: &Path) -> Result<String> {
    let text =
        read_text_if_any(file, LISTED).map_err(|finding| explain_unusable(file, &finding))?;
    Ok(text.unwrap_or_default())
}

fn explain_unusable(file: &Path, finding: &Finding) -> StoreError {
    StoreError::File(file.to_owned(), io::Error::other(finding.message.clone()))
}

impl Store {
    /// Notes in this file every departure that the store knows. Lines that the file has already stay.
    pub async fn note_departures(&self, file: &Path) -> Result<()> {
        let text = format!(
            "SELECT COUNT(*) AS n, COALESCE(MAX(at), 0) AS latest FROM event WHERE {KINDS}"
        );
        let row = sqlx::query(AssertSqlSafe(text))
            .fetch_one(&self.pool)
            .await?;
        let mark = EventMark {
            count: read_count(&row, "n")?,
            latest: row.try_get("latest")?,
        };
        let text = read_file(file)?;
        if text.contains(&write_head(&self.name, mark)) {
            return Ok(());
        }
        let mut stores = parse(&text);
        let noted = stores.entry(self.name.clone()).or_default();
        let mut new = self.load_departures(noted.mark.latest).await?;
        // With an older copy, or after the clock was set back, more than the later events has changed.
        if noted.mark.count + new.len() != mark.count {
            new = self.load_departures(i64::MIN).await?;
        }
        noted.departures.extend(new);
        noted.mark = mark;
        let text = to_text(&stores);
        write_changed(file, text.as_bytes(), Care::Private)
            .map_err(|finding| explain_unusable(file, &finding))?;
        Ok(())
    }

    /// Suppresses everyone again whose departure the file knows and this copy of the store does not, with its time.
    pub async fn recover_departures(&self, file: &Path) -> Result<Recovered> {
        let Some(noted) = parse(&read_file(file)?).remove(&self.name) else {
            return Ok(Recovered::default());
        };
        let known = BTreeSet::from_iter(self.load_departures(i64::MIN).await?);
        let missing = noted.departures.difference(&known);
        let all = &noted.departures | &known;
        let missing = find_standing(missing, &all);
        let mut out = HashSet::new();
        let mut strangers = HashSet::new();
        for some in missing.chunks(500) {
            // A try that is rolled back must add nothing: its results are found again.
            let found = change!(self, |tx| {
                let mut found = Vec::new();
                for departure in some {
                    found.push(self.depart(&mut tx, departure).await?);
                }
                Ok(found)
            })?;
            for (departure, found) in some.iter().zip(found) {
                match found {
                    None => drop(strangers.insert(departure.reader)),
                    Some(true) => drop(out.insert(departure.reader)),
                    Some(false) => {}
                }
            }
        }
        Ok(Recovered {
            is_known: true,
            readers: out.len(),
            strangers: strangers.len(),
        })
    }

    /// Carries out a departure. Returns whether it changed anything; `None` if nobody has the fingerprint.
    async fn depart(
        &self,
        tx: &mut Transaction<'static, Any>,
        departure: &Departure,
    ) -> Result<Option<bool>> {
        let fingerprint = [format!("{:032x}", departure.reader)];
        let known = self
            .find_fingerprints(tx, &fingerprint, self.hold())
            .await?;
        let Some((id, was)) = known.into_values().next() else {
            return Ok(None);
        };
        let at = read_time(departure.at)?;
        if let Some(digest) = &departure.digest {
            let had_not_left = format!(
                "SELECT id FROM reader WHERE id = $1 AND NOT {}",
                has_left("id", "$2")
            );
            let query = sqlx::query(AssertSqlSafe(had_not_left))
                .bind(id)
                .bind(digest.to_string());
            let had_not_left = query.fetch_optional(&mut **tx).await?.is_some();
            self.unsubscribe(tx, digest, &[id]).await?;
            self.record(tx, &[id], at, "left", Some(digest)).await?;
            return Ok(Some(had_not_left && was.takes_mail()));
        }
        let Some(state) = ReaderState::parse(departure.kind.word()) else {
            return Ok(Some(false));
        };
        // Only the owner forgets; all else counts like a line of a list.
        let by = match state {
            ReaderState::Forgotten => Source::Owner,
            _ => Source::List,
        };
        let change = decide(Some(was), Wish::for_listed(state), by);
        let (Some(now), Some(event)) = (change.state, change.event) else {
            return Ok(Some(false));
        };
        if now == ReaderState::Forgotten {
            erase(tx, id).await?;
        } else {
            set_state(tx, id, now).await?;
        }
        self.record(tx, &[id], at, event, None).await?;
        Ok(Some(was.takes_mail()))
    }

    /// The departures after this second.
    async fn load_departures(&self, after: i64) -> Result<Vec<Departure>> {
        let text = format!(
            "SELECT e.at, e.kind, r.fingerprint, CASE WHEN e.kind = 'left' THEN e.detail END AS digest FROM \
             (SELECT reader, at, kind, detail FROM event WHERE {KINDS} AND at > $1) AS e \
             JOIN reader r ON r.id = e.reader"
        );
        let mut rows = sqlx::query(AssertSqlSafe(text))
            .bind(after)
            .fetch(&self.pool);
        let mut departures = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let (kind, reader) = (row.try_get("kind")?, row.try_get("fingerprint")?);
            let digest: Option<&str> = row.try_get("digest")?;
            departures.extend(Departure::read(row.try_get("at")?, kind, reader, digest));
        }
        Ok(departures)
    }

    /// When the store last knew of any mail: no later than a copy of it was made.
    pub async fn find_last_mail(&self) -> Result<Option<DateTime<Utc>>> {
        let text = "SELECT MAX(at) AS at FROM (SELECT MAX(made_at) AS at FROM issue \
            UNION ALL SELECT MAX(first_at) AS at FROM delivery) AS moments";
        let row = sqlx::query(text).fetch_one(&self.pool).await?;
        row.try_get::<Option<i64>, _>("at")?
            .map(read_time)
            .transpose()
    }
}
