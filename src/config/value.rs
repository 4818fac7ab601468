//! Values that check themselves while they are read: spans of time, zones.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// A span of time: `30s`, `5m`, `2h`, `5d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// So many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}` is no span of time, expected something like 500ms, 30s, 5m, 2h or 5d");
        let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let count: u64 = text[..unit].parse().map_err(|_| expected())?;
        let milliseconds = match text[unit..].trim() {
            "ms" => 1,
            "s" => 1000,
            "m" => 60 * 1000,
            "h" => 60 * 60 * 1000,
            "d" => 24 * 60 * 60 * 1000,
            _ => return Err(expected()),
        };
        count.checked_mul(milliseconds).map(|ms| Self(Duration::from_millis(ms))).ok_or_else(expected)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A time zone by its name in the zone database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(pub chrono_tz::Tz);

impl Default for Zone {
    fn default() -> Self {
        Self(chrono_tz::UTC)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        chrono_tz::Tz::from_str(&name).map(Self).map_err(|_| {
            let near = chrono_tz::TZ_VARIANTS
                .iter()
                .map(|zone| (strsim::jaro_winkler(&name.to_lowercase(), &zone.name().to_lowercase()), zone.name()))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map_or("UTC", |(_, zone)| zone);
            D::Error::custom(format!(
                "`{name}` is no time zone\ndid you mean `{near}`? expected a name like Europe/Berlin or UTC"
            ))
        })
    }
}

/// Reads a value that parses from text.
pub(super) fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
