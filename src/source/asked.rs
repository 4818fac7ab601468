//! When each feed was asked, and how long it is left alone after that: a cache beside the copies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::file::read::{LISTED, read_text};
use crate::file::{Care, write_changed};
use crate::finding::{Finding, Rule};
use crate::source::reach::Reach;

/// The longest wait that a server may ask for: a feed that is left alone for longer would be missed.
const MOST_LATER: Duration = Duration::from_hours(24);
/// The longest time for which a document counts as fresh: its news would come too late for a digest.
const MOST_FRESH: Duration = Duration::from_hours(1);
/// The file, in the folder of the copies.
const FILE: &str = "asked.json";

/// The last time that a feed was asked, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AskedFeed {
    /// When, in seconds since 1970.
    at: i64,
    /// How long the document is fresh, in seconds.
    fresh: u64,
    /// How long its server wants to be left alone, in seconds.
    later: u64,
    /// The code of what was wrong, and the words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<(String, String)>,
}

impl AskedFeed {
    /// An answer that came at `now`.
    pub(super) fn new(now: DateTime<Utc>, fresh: Duration, later: Duration) -> Self {
        Self {
            at: now.timestamp(),
            fresh: fresh.min(MOST_FRESH).as_secs(),
            later: later.min(MOST_LATER).as_secs(),
            trouble: None,
        }
    }

    /// Until when nobody asks who goes so far; none if that is over. A time ahead of the clock, as `--at` leaves it, counts
    /// for nothing.
    pub(super) fn rest_until(&self, now: DateTime<Utc>, reach: Reach) -> Option<DateTime<Utc>> {
        let wait = match reach {
            Reach::Round(interval) => interval.as_secs().max(self.fresh).max(self.later),
            Reach::Keep | Reach::Look | Reach::Offline => self.later,
        };
        let at = DateTime::from_timestamp(self.at, 0)?;
        let until = at + TimeDelta::seconds(i64::try_from(wait).ok()?);
        (at <= now && now < until).then_some(until)
    }

    /// The fault of the last answer.
    pub(super) fn trouble(&self) -> Option<Finding> {
        let (code, words) = self.trouble.as_ref()?;
        let rule: Rule = code.parse().ok()?;
        Some(Finding::warning(rule, words.clone()))
    }

    pub(super) fn set_trouble(&mut self, trouble: Option<&Finding>) {
        self.trouble = trouble.map(|one| (one.rule.code().to_owned(), one.message.clone()));
    }
}

/// When the feeds were asked.
pub(super) struct AskedLog {
    file: PathBuf,
    feeds: BTreeMap<String, AskedFeed>,
}

impl AskedLog {
    /// Reads it from the folder of the copies; without it every feed may be asked.
    pub(super) fn open(folder: &Path) -> Self {
        let file = folder.join(FILE);
        let text = read_text(&file, LISTED).unwrap_or_default();
        let feeds = serde_json::from_str(&text).unwrap_or_default();
        Self { file, feeds }
    }

    pub(super) fn get(&self, feed: &str) -> Option<&AskedFeed> {
        self.feeds.get(feed)
    }

    /// Writes what is known of these feeds now. A place that cannot be written costs no more than a request too many.
    pub(super) fn keep(mut self, asked: BTreeMap<String, AskedFeed>, feeds: &[&str]) {
        let before = self.feeds.clone();
        self.feeds.extend(asked);
        self.feeds.retain(|feed, _| feeds.contains(&feed.as_str()));
        if self.feeds != before
            && let Ok(text) = serde_json::to_string_pretty(&self.feeds)
        {
            let _ = write_changed(&self.file, text.as_bytes(), Care::Derived);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::AskedFeed;
    use crate::source::reach::Reach;

    #[test]
    fn a_feed_is_left_alone_as_long_as_it_must_be() {
        let at: DateTime<Utc> = "2024-06-24T08:00:00Z".parse().unwrap();
        let round = |minutes: u64| Reach::Round(Duration::from_secs(60 * minutes));
        // Minutes: how long it is fresh, how long its server wants, and how long each then waits.
        for (fresh, later, reach, rest) in [
            (0, 0, Reach::Keep, 0),
            (0, 0, round(0), 0),
            (0, 0, round(15), 15),
            (20, 0, round(15), 20),
            (20, 0, round(0), 20),
            // A person who asks gets what is there now.
            (20, 0, Reach::Keep, 0),
            (20, 0, Reach::Look, 0),
            // A server refuses all alike.
            (0, 30, Reach::Keep, 30),
            (0, 30, Reach::Look, 30),
            (0, 30, round(15), 30),
            // Nobody is believed without end.
            (100_000, 0, round(0), 60),
            (0, 100_000, Reach::Keep, 24 * 60),
        ] {
            let minutes = |count: u64| Duration::from_secs(60 * count);
            let asked = AskedFeed::new(at, minutes(fresh), minutes(later));
            let case = format!("{fresh} {later} {reach:?}");
            let end = at + TimeDelta::minutes(rest);
            assert_eq!(asked.rest_until(end, reach), None, "{case}");
            let before = end - TimeDelta::seconds(1);
            let expected = (rest > 0).then_some(end);
            assert_eq!(asked.rest_until(before, reach), expected, "{case}");
            // The clock was ahead.
            let earlier = at - TimeDelta::seconds(1);
            assert_eq!(asked.rest_until(earlier, reach), None, "{case}");
        }
    }
}
