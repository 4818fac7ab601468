//! Time: the only file that asks the machine for it.

use std::time::Instant;

use chrono::{DateTime, Duration, NaiveDate, SubsecRound, TimeZone as _, Utc};
use chrono_tz::Tz;

/// Why a text is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no time\nexpected something like 2026-11-30T08:00:00+01:00")]
pub struct TimeError {
    text: String,
}

/// Finds the first moment of a day. It is one o'clock where summer time begins at midnight.
pub(crate) fn find_first_moment(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let find_hour = |hour| {
        let local = day.and_hms_opt(hour, 0, 0)?;
        zone.from_local_datetime(&local).earliest()
    };
    Some((0..3).find_map(find_hour)?.to_utc())
}

/// Parses a time (RFC 3339).
///
/// # Errors
/// If it is none.
pub fn parse_time(text: &str) -> Result<DateTime<Utc>, TimeError> {
    text.parse().map_err(|_| TimeError {
        text: text.to_owned(),
    })
}

/// The clock that `main` makes and hands on: the machine's, or one that began at `--at`.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    began: Option<(DateTime<Utc>, Instant)>,
}

impl Clock {
    /// The machine's clock, or one that shows `at` now and goes on from there.
    pub fn new(at: Option<DateTime<Utc>>) -> Self {
        Self {
            began: at.map(|at| (at, Instant::now())),
        }
    }

    /// The time, in whole seconds: what is stored, signed and printed has no finer grain.
    #[expect(clippy::disallowed_methods, reason = "the one place that may")]
    pub fn now(&self) -> DateTime<Utc> {
        match self.began {
            None => Utc::now(),
            Some((at, began)) => at + Duration::from_std(began.elapsed()).unwrap_or_default(),
        }
        .trunc_subsecs(0)
    }

    /// Whether `--at` set it.
    pub fn is_set(&self) -> bool {
        self.began.is_some()
    }
}
