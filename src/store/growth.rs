//! How the number of readers grew, by what was recorded of each.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::TryStreamExt;
use sqlx::Row;

use crate::consent::ReaderState;
use crate::reader::ReaderId;
use crate::store::readers::time_of;
use crate::store::{Result, Store};

/// How many readers came and went on a day of UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// How many became active.
    pub came: u64,
    /// How many ceased to be.
    pub went: u64,
}

impl Store {
    /// The days on which readers came or went. One reader's events are in memory at a time.
    pub async fn growth(&self) -> Result<BTreeMap<NaiveDate, Moves>> {
        let mut days = BTreeMap::new();
        let mut rows = sqlx::query(
            "SELECT e.reader, e.at, e.kind, e.detail, r.state FROM event e JOIN reader r ON r.id = e.reader \
             WHERE e.kind IN ('joined', 'confirmed', 'returned', 'left', 'bounced', 'complained', 'forgotten', 'doubted') \
             ORDER BY e.reader, e.at",
        )
        .fetch(&self.pool);
        let mut current: Option<(ReaderId, Career)> = None;
        while let Some(row) = rows.try_next().await? {
            let reader: ReaderId = row.try_get("reader")?;
            if current.as_ref().is_none_or(|(id, _)| *id != reader) {
                let is_active = row.try_get::<&str, _>("state")? == ReaderState::Active.word();
                if let Some((_, career)) = current.replace((reader, Career::new(is_active))) {
                    career.end(&mut days);
                }
            }
            if let Some((_, career)) = &mut current {
                let detail: Option<&str> = row.try_get("detail")?;
                career.take(time_of(row.try_get("at")?)?, row.try_get("kind")?, detail);
            }
        }
        if let Some((_, career)) = current {
            career.end(&mut days);
        }
        Ok(days)
    }
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
            // The detail says as what, and is erased with a reader who was forgotten.
            "joined" => detail.is_none_or(|detail| detail.starts_with("active")),
            "confirmed" | "returned" => true,
            // With a detail they have left that digest alone.
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
