//! Departures: everyone who left, bounced, complained or was forgotten, kept also in a file outside the store, so that
//! an older copy of the store can be put right. The file identifies readers only by keyed fingerprints.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
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

const HEAD: &str = "tidings departures 1";
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

/// A departure or its reversal, in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DepartureKind {
    Bounced,
    Complained,
    Doubted,
    Forgotten,
    Left,
    Returned,
}

impl DepartureKind {
    const ALL: [Self; 6] = [
        Self::Bounced,
        Self::Complained,
        Self::Doubted,
        Self::Forgotten,
        Self::Left,
        Self::Returned,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Doubted => "doubted",
            Self::Forgotten => "forgotten",
            Self::Left => "left",
            Self::Returned => "returned",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One event of a reader, in the order of time; within a second a reversal comes after the event that it reverses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Departure {
    /// In seconds since 1970.
    at: i64,
    kind: DepartureKind,
    /// The reader's fingerprint under the store's key.
    reader: u128,
    /// The one digest that was left.
    digest: Option<Box<str>>,
}

impl Departure {
    fn read(at: i64, kind: &str, reader: &str, digest: Option<&str>) -> Option<Self> {
        Some(Self {
            at,
            kind: DepartureKind::parse(kind)?,
            reader: u128::from_str_radix(reader, 16).ok()?,
            digest: digest.map(Box::from),
        })
    }

    /// Parses a line; `None` if it is torn or was edited by hand.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let at = fields.next()?.parse().ok()?;
        let (kind, reader) = (fields.next()?, fields.next()?);
        // A fingerprint has one length, so a shorter one was torn.
        if reader.len() != 32 {
            return None;
        }
        Self::read(at, kind, reader, fields.next())
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{:032x}", self.at, self.kind.word(), self.reader)?;
        match &self.digest {
            Some(digest) => write!(f, "\t{digest}"),
            None => Ok(()),
        }
    }
}

/// The departures of one store, as the file has them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Noted {
    mark: EventMark,
    departures: BTreeSet<Departure>,
}

/// The count and the latest time of the store's departures when they were noted. An equal mark means that nothing is
/// new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct EventMark {
    count: usize,
    latest: i64,
}

impl EventMark {
    fn parse(text: &str) -> Option<Self> {
        let (count, latest) = text.split_once('\t')?;
        Some(Self {
            count: count.parse().ok()?,
            latest: latest.parse().ok()?,
        })
    }
}

/// The line above the departures of a store.
fn write_head(store: &str, EventMark { count, latest }: EventMark) -> String {
    format!("store\t{store}\t{count}\t{latest}\n")
}

/// The content of the file: departures by the name of their store, so that each store changes its own alone.
type Stores = BTreeMap<String, Noted>;

/// Parses the file; a line that cannot be read is left out.
fn parse(text: &str) -> Stores {
    let mut stores = Stores::new();
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return stores;
    }
    let mut noted = &mut Noted::default();
    for line in lines {
        if let Some(rest) = line.strip_prefix("store\t") {
            let (name, mark) = rest.split_once('\t').unwrap_or((rest, ""));
            noted = stores.entry(name.to_owned()).or_default();
            noted.mark = EventMark::parse(mark).unwrap_or_default();
        } else {
            noted.departures.extend(Departure::parse(line));
        }
    }
    stores
}

fn to_text(stores: &Stores) -> String {
    let mut text = format!("{HEAD}\n");
    for (name, Noted { mark, departures }) in stores {
        text.push_str(&write_head(name, *mark));
        for departure in departures {
            text.push_str(&format!("{departure}\n"));
        }
    }
    text
}

/// Finds the departures in `missing` that nothing in `all` reverses.
fn find_standing<'a>(
    missing: impl Iterator<Item = &'a Departure>,
    all: &'a BTreeSet<Departure>,
) -> Vec<&'a Departure> {
    let mut back: BTreeMap<(u128, DepartureKind), &Departure> = BTreeMap::new();
    for one in all {
        if takes_back(one.kind) {
            back.insert((one.reader, one.kind), one);
        }
    }
    let is_taken_back = |one: &Departure| {
        let later = |kind| {
            back.get(&(one.reader, kind))
                .is_some_and(|back| *back > one)
        };
        later(DepartureKind::Returned)
            || one.kind == DepartureKind::Bounced && later(DepartureKind::Doubted)
    };
    missing
        .filter(|one| !takes_back(one.kind) && !is_taken_back(one))
        .collect()
}

fn takes_back(kind: DepartureKind) -> bool {
    matches!(kind, DepartureKind::Returned | DepartureKind::Doubted)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Departure, find_standing, parse, to_text};

    /// Lines with spaces for tabs and `f1` for a fingerprint.
    fn load_departures(lines: &[&str]) -> BTreeSet<Departure> {
        let whole = |line: &&str| {
            line.replace(" f", &format!(" {:031x}", 0))
                .replace(' ', "\t")
        };
        lines
            .iter()
            .map(|line| Departure::parse(&whole(line)).unwrap())
            .collect()
    }

    #[test]
    fn what_was_noted_is_read_again_and_a_torn_line_is_left_out() {
        let (one, two) = (format!("{:032x}", 1), format!("{:032x}", u128::MAX));
        let text = format!(
            "tidings departures 1\nstore\taa\t2\t9\n8\tbounced\t{one}\n9\tleft\t{two}\tweekly\nstore\tbb\t0\t0\n"
        );
        let stores = parse(&text);
        assert_eq!(to_text(&stores), text);
        assert_eq!(stores["aa"].departures.len(), 2);
        assert!(stores["bb"].departures.is_empty());
        for torn in ["9\tle", "9", "", "9\tleft\tf1", "x\tleft\t0", "9\tgone\t0"] {
            let torn = text.replace(&format!("9\tleft\t{two}\tweekly"), torn);
            assert_eq!(parse(&torn)["aa"].departures.len(), 1, "{torn}");
        }
        assert!(parse("tidings departures 2\nstore\taa\t0\t0\n").is_empty());
        assert!(parse("").is_empty());
    }

    #[test]
    fn who_came_back_later_is_not_taken_out_again() {
        for (missing, others, stays_out) in [
            ("8 left f1", "", true),
            ("8 left f1", "9 returned f1", false),
            // At one second the return is the later.
            ("8 left f1", "8 returned f1", false),
            ("8 left f1", "7 returned f1", true),
            ("8 left f1", "9 returned f2", true),
            ("8 left f1 weekly", "9 returned f1", false),
            ("8 bounced f1", "9 doubted f1", false),
            ("8 bounced f1", "7 doubted f1", true),
            // A doubted refusal is no wish of the reader's.
            ("8 left f1", "9 doubted f1", true),
            ("8 complained f1", "9 returned f1", false),
            ("8 returned f1", "", false),
            ("8 doubted f1", "", false),
        ] {
            let missing = load_departures(&[missing]);
            let all =
                &missing | &load_departures(&others.split_terminator(',').collect::<Vec<_>>());
            let found = find_standing(missing.iter(), &all);
            assert_eq!(!found.is_empty(), stays_out, "{missing:?}, {others}");
        }
    }
}
