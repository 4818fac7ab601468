//! The reasons why a text is no date.

use chrono::FixedOffset;

/// Why a text names no instant, in a few words behind a colon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// It has no form of a date that is known.
    #[error("its form is not known")]
    NoDate,
    /// Seconds since 1970 that no calendar holds.
    #[error("the number is too large")]
    TooLarge,
    /// Feeds have four digits for a year, and year 1 is what a missing date looks like elsewhere.
    #[error("the year {0} is out of range")]
    Year(i32),
    /// No month has this number.
    #[error("month {0}")]
    Month(u32),
    /// No day has this number.
    #[error("day {0}")]
    Day(u32),
    /// The month has fewer days.
    #[error("there is no day {day} in month {month} of {year}")]
    NotInMonth { year: i32, month: u32, day: u32 },
    /// A part of the time of day is not there.
    #[error("the time `{clock}` has no {part}")]
    Lacks {
        /// The time.
        clock: String,
        part: &'static str,
    },
    /// A part of the time of day is too large: `hour 25`, `hour 13 pm`.
    #[error("{0}")]
    Part(String),
    /// It is in the place of the time of day.
    #[error("`{0}` is no time of day")]
    Time(String),
    /// A name that several zones have, and that of the site has not.
    #[error("`{0}` is the name of several zones: write the offset, like +01:00")]
    Ambiguous(String),
    /// No zone has this name.
    #[error("`{0}` is no zone")]
    Zone(String),
    /// The offset beside a zone is none that the zone has at that time.
    #[error("the offset {offset} is not that of {zone} at that time")]
    Offset {
        /// The offset.
        offset: FixedOffset,
        /// The zone.
        zone: String,
    },
    /// A suffix that must be understood, and is not.
    #[error("`[{0}]` is not understood")]
    Suffix(String),
}
