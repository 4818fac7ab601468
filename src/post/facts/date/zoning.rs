//! The meaning of a time without a zone.

use chrono::{DateTime, Duration, FixedOffset, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// How a local time becomes an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zoning {
    /// The zone of a time without one.
    pub zone: Tz,
    /// Whether a time that occurs twice or never is read as Go reads it (Hugo).
    pub as_go: bool,
    /// Whether a time that happens twice is the second (Jekyll).
    pub fold_late: bool,
    /// Whether a day that the month lacks rolls over, up to the 31st (Jekyll).
    pub roll_over: bool,
}

impl Zoning {
    /// Converts a local time of this zone; one that a change of the clocks skips or repeats goes by the generator's rule.
    pub fn resolve(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(at) => at.to_utc(),
            _ if self.as_go => {
                // Go's `time.Date` takes the offset that holds at this time in UTC; if another one holds at the
                // resulting instant, it takes that.
                let first = local - self.offset(local);
                (local - self.offset(first)).and_utc()
            }
            LocalResult::Ambiguous(early, late) => {
                if self.fold_late { late } else { early }.to_utc()
            }
            // Clocks jump by less than a day: the offset that held a day before reads the time on that side.
            LocalResult::None => (local - self.offset(local - Duration::days(1))).and_utc(),
        }
    }

    /// The offset that holds at an instant.
    fn offset(self, utc: NaiveDateTime) -> Duration {
        let offset = chrono::Offset::fix(self.zone.from_utc_datetime(&utc).offset());
        Duration::seconds(i64::from(offset.local_minus_utc()))
    }
}

/// An instant, and the offset that the text named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The offset that the text names; `None` if it names none.
    pub offset: Option<FixedOffset>,
}
