//! How the number of readers grew, by what was recorded of each.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use crate::consent::ReaderState;
use crate::reader::ReaderId;
use crate::store::readers::read_time;
use crate::store::{Result, Store};

/// How many readers came and went on a day of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// How many became active.
    pub came: u64,
    /// How many ceased to be.
    pub went: u64,
}

/// The kinds of events that say who came and went, apart from `joined`.
const LATER: &str =
    "'confirmed', 'returned', 'left', 'bounced', 'complained', 'forgotten', 'doubted'";
/// Whether a reader joined as an active one. The detail says as what, and is erased with a reader who was forgotten.
const JOINED: &str = "e.kind = 'joined' AND (e.detail IS NULL OR e.detail LIKE 'active%')";
/// Whether an event says that they get nothing any more. With a detail they have left that digest alone.
const DOWN: &str =
    "(e.kind IN ('bounced', 'complained', 'forgotten') OR e.kind = 'left' AND e.detail IS NULL)";
const DAY: i64 = 24 * 60 * 60;
/// How many readers are followed by one statement.
const AT_ONCE: usize = 500;

impl Store {
    /// The days on which readers came or went. The database counts those who came once and went once at most; only the
    /// numbers of the others, and the events of some of them at a time, are in memory.
    pub async fn load_growth(&self) -> Result<BTreeMap<NaiveDate, Moves>> {
        let mut days = self.count_joined().await?;
        let odd = self.count_careers(&mut days).await?;
        for some in odd.chunks(AT_ONCE) {
            self.follow(some, &mut days).await?;
        }
        days.retain(|_, moves| *moves != Moves::default());
        Ok(days)
    }

    /// Counts whoever joined as an active reader: most have no other event, and nothing else is asked of them.
    async fn count_joined(&self) -> Result<BTreeMap<NaiveDate, Moves>> {
        let text = format!(
            "SELECT e.at / {DAY} AS day, COUNT(*) AS number FROM event e WHERE {JOINED} GROUP BY e.at / {DAY}"
        );
        let mut days = BTreeMap::new();
        let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            let moves = find_moves(&mut days, row.try_get("day")?)?;
            moves.came += row.try_get::<i64, _>("number")?.unsigned_abs();
        }
        Ok(days)
    }

    /// Counts the others who came once, then went once or are still there. Returns those whose events say something else,
    /// such as who came back. Two events within one second have no order: these are followed, too.
    async fn count_careers(&self, days: &mut BTreeMap<NaiveDate, Moves>) -> Result<Vec<ReaderId>> {
        let up = format!("e.kind IN ('confirmed', 'returned') OR {JOINED}");
        let careers = format!(
            "SELECT e.reader, MIN(CASE WHEN {JOINED} THEN e.at END) AS joined, \
             MIN(CASE WHEN {up} THEN e.at END) AS up, MAX(CASE WHEN {up} THEN e.at END) AS last_up, \
             MAX(CASE WHEN {JOINED} THEN NULL WHEN e.kind = 'joined' THEN e.at END) AS asked, \
             MIN(CASE WHEN {DOWN} THEN e.at END) AS down, \
             MAX(CASE WHEN e.kind = 'doubted' THEN 1 ELSE 0 END) AS doubted \
             FROM event e WHERE e.kind IN ('joined', {LATER}) \
             AND e.reader IN (SELECT l.reader FROM event l WHERE l.kind IN ({LATER})) GROUP BY e.reader"
        );
        let text = format!(
            "SELECT o.came, o.went, o.odd, COUNT(*) AS number FROM (SELECT \
             CASE WHEN c.odd IS NULL AND c.joined IS NULL THEN c.up / {DAY} END AS came, \
             CASE WHEN c.odd IS NULL AND c.up IS NOT NULL THEN c.down / {DAY} END AS went, c.odd FROM (SELECT \
             a.joined, a.up, a.down, CASE WHEN a.doubted = 1 OR a.asked >= a.up OR a.down <= a.last_up \
             OR a.joined > a.up THEN a.reader END AS odd \
             FROM ({careers}) a) c) o GROUP BY o.came, o.went, o.odd"
        );
        let mut odd = Vec::new();
        let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            odd.extend(row.try_get::<Option<ReaderId>, _>("odd")?);
            let number = row.try_get::<i64, _>("number")?.unsigned_abs();
            if let Some(day) = row.try_get("came")? {
                find_moves(days, day)?.came += number;
            }
            if let Some(day) = row.try_get("went")? {
                find_moves(days, day)?.went += number;
            }
        }
        Ok(odd)
    }

    /// Follows some readers from event to event, in place of what was counted of them.
    async fn follow(
        &self,
        readers: &[ReaderId],
        days: &mut BTreeMap<NaiveDate, Moves>,
    ) -> Result<()> {
        let numbers: Vec<String> = readers.iter().map(ToString::to_string).collect();
        let text = format!(
            "SELECT e.reader, e.at, e.kind, e.detail, r.state FROM event e JOIN reader r ON r.id = e.reader \
             WHERE e.kind IN ('joined', {LATER}) AND e.reader IN ({}) ORDER BY e.reader, e.at",
            numbers.join(",")
        );
        let mut rows = sqlx::query(AssertSqlSafe(text)).fetch(&self.pool);
        let mut current: Option<(ReaderId, Career)> = None;
        while let Some(row) = rows.try_next().await? {
            let reader: ReaderId = row.try_get("reader")?;
            if current.as_ref().is_none_or(|(id, _)| *id != reader) {
                let is_active = row.try_get::<&str, _>("state")? == ReaderState::Active.word();
                if let Some((_, career)) = current.replace((reader, Career::new(is_active))) {
                    career.end(days);
                }
            }
            let at = read_time(row.try_get("at")?)?;
            let (kind, detail): (&str, Option<&str>) =
                (row.try_get("kind")?, row.try_get("detail")?);
            if kind == "joined" && has_joined(detail) {
                let moves = days.entry(at.date_naive()).or_default();
                moves.came = moves.came.saturating_sub(1);
            }
            if let Some((_, career)) = &mut current {
                career.take(at, kind, detail);
            }
        }
        if let Some((_, career)) = current {
            career.end(days);
        }
        Ok(())
    }
}

/// Whether the detail of `joined` says that they were active from then on.
fn has_joined(detail: Option<&str>) -> bool {
    detail.is_none_or(|detail| detail.starts_with("active"))
}

/// The moves of the day with this number since 1970.
fn find_moves(days: &mut BTreeMap<NaiveDate, Moves>, day: i64) -> Result<&mut Moves> {
    let day = read_time(day.saturating_mul(DAY))?.date_naive();
    Ok(days.entry(day).or_default())
}

/// One reader's way in and out.
struct Career {
    /// Whether they are active now, which the store knows best.
    ends_active: bool,
    is_active: bool,
    was_active: bool,
    /// The days on which they came, or went.
    turns: Vec<NaiveDate>,
    last: Option<NaiveDate>,
}

impl Career {
    fn new(ends_active: bool) -> Self {
        Self {
            ends_active,
            is_active: false,
            was_active: false,
            turns: Vec::new(),
            last: None,
        }
    }

    fn take(&mut self, at: DateTime<Utc>, kind: &str, detail: Option<&str>) {
        let day = at.date_naive();
        self.last = Some(day);
        let is_active = match kind {
            "joined" => has_joined(detail),
            "confirmed" | "returned" => true,
            "left" if detail.is_some() => self.is_active,
            "doubted" => self.was_active,
            _ => false,
        };
        self.turn(day, is_active);
    }

    fn turn(&mut self, day: NaiveDate, is_active: bool) {
        self.was_active = self.is_active;
        if self.is_active != is_active {
            self.is_active = is_active;
            self.turns.push(day);
        }
    }

    fn end(mut self, days: &mut BTreeMap<NaiveDate, Moves>) {
        if let Some(last) = self.last {
            self.turn(last, self.ends_active);
        }
        for (number, day) in self.turns.iter().enumerate() {
            let moves: &mut Moves = days.entry(*day).or_default();
            match number % 2 {
                0 => moves.came += 1,
                _ => moves.went += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::Career;

    #[test]
    fn a_reader_comes_and_goes_as_their_events_say() {
        let begin: DateTime<Utc> = "2024-06-01T12:00:00Z".parse().unwrap();
        for (events, ends_active, expected) in [
            (&["joined active"][..], true, "+1"),
            (&["joined active: by hand", "left"], false, "+1 -2"),
            (&["joined active", "left weekly"], true, "+1"),
            (&["joined pending"], false, ""),
            (&["joined pending", "confirmed", "confirmed"], true, "+2"),
            (&["joined active", "bounced", "doubted"], true, "+1 -2 +3"),
            (&["joined active", "bounced", "returned"], true, "+1 -2 +3"),
            (
                &["joined active", "left", "bounced", "complained"],
                false,
                "+1 -2",
            ),
            (&["joined", "forgotten"], false, "+1 -2"),
            // The store knows best.
            (&["joined active", "bounced"], true, "+1 -2 +2"),
            (&["joined pending", "left"], true, "+2"),
        ] {
            let mut career = Career::new(ends_active);
            let mut at = begin;
            for event in events {
                let (kind, detail) = event.split_once(' ').unzip();
                career.take(at, kind.unwrap_or(event), detail);
                at += TimeDelta::days(1);
            }
            let mut days = BTreeMap::new();
            career.end(&mut days);
            let mut found = Vec::new();
            for (day, moves) in days {
                let number = (day - begin.date_naive()).num_days() + 1;
                let went = (moves.went == 1).then(|| format!("-{number}"));
                let came = (moves.came == 1).then(|| format!("+{number}"));
                found.extend(went.into_iter().chain(came));
            }
            assert_eq!(found.join(" "), expected, "{events:?}");
        }
    }
}
