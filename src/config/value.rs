//! Values that check themselves while they are read: spans of time, zones, addresses, counts and texts.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

/// Why a text is no value of its key, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(pub(super) String);

/// A span of time: `30s`, `5m`, `2h`, `5d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// A span of seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let expected = || {
            ValueError(format!(
                "`{text}` is no span of time, expected something like 500ms, 30s, 5m, 2h or 5d"
            ))
        };
        let unit = text
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(expected)?;
        let count: u64 = text[..unit].parse().map_err(|_| expected())?;
        let milliseconds = match text[unit..].trim() {
            "ms" => 1,
            "s" => 1000,
            "m" => 60 * 1000,
            "h" => 60 * 60 * 1000,
            "d" => 24 * 60 * 60 * 1000,
            _ => return Err(expected()),
        };
        count
            .checked_mul(milliseconds)
            .map(|ms| Self(Duration::from_millis(ms)))
            .ok_or_else(expected)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// A time zone by its name in the zone database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(pub chrono_tz::Tz);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        chrono_tz::Tz::from_str(&name).map(Self).map_err(|_| {
            // `Berlin` is as near to `Europe/Berlin` as a whole name would be.
            let likeness = |zone: &str| {
                let city = zone.rsplit('/').next().unwrap_or(zone);
                let like = |part: &str| strsim::jaro_winkler(&name.to_lowercase(), &part.to_lowercase());
                like(zone).max(like(city))
            };
            let near = chrono_tz::TZ_VARIANTS
                .iter()
                .map(|zone| (likeness(zone.name()), zone.name()))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map_or("UTC", |(_, zone)| zone);
            D::Error::custom(format!(
                "`{name}` is no time zone\ndid you mean `{near}`? expected a name like Europe/Berlin or UTC"
            ))
        })
    }
}

/// Reads an address of the web.
pub(super) fn read_web_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    let expected = "expected something like https://hums.example/";
    parse_web_address(&text).map_err(|fault| D::Error::custom(format!("{fault}\n{expected}")))
}

/// Reads an address of the web.
///
/// # Errors
/// If it is none, or names no host.
pub(super) fn parse_web_address(text: &str) -> Result<Url, ValueError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(url),
        Ok(_) => Err(ValueError(format!("`{text}` is no web address"))),
        Err(url::ParseError::RelativeUrlWithoutBase) => Err(ValueError(format!(
            "`{text}` is no address: it does not begin with `https://`"
        ))),
        Err(other) => Err(ValueError(format!("`{text}` is no address: {other}"))),
    }
}

/// Like [`read_web_address`], for an optional key.
pub(super) fn read_some_web_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Url>, D::Error> {
    read_web_address(deserializer).map(Some)
}

/// Whether a host is this machine, so that nothing sent to it leaves.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Reads a value that parses from text.
pub(super) fn read_parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

/// Reads a count of which there must be one at least.
pub(super) fn read_at_least_one<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(D::Error::custom(
            "`0` is too few\nexpected a whole number of at least 1",
        )),
        count => Ok(count),
    }
}

/// Reads a text that says something.
pub(super) fn read_some_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_blank(&text) {
        return Err(D::Error::custom(
            "there is nothing between the quotation marks\nexpected a text",
        ));
    }
    Ok(text)
}

/// Whether a text says nothing: it has blanks, controls and signs of lost characters alone.
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || c.is_control() || c == '\u{fffd}')
}

/// Reads a span of time that takes some.
pub(super) fn read_some_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    match Span::deserialize(deserializer)? {
        Span(Duration::ZERO) => Err(D::Error::custom(
            "this takes no time at all\nexpected something like 5m",
        )),
        span => Ok(span),
    }
}

/// Whether a text has the form of a language tag (BCP 47, RFC 5646 2.1): `de`, `pt-BR`, `zh-Hant-TW`.
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_code = |part: &str| {
        (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    parts.next().is_some_and(is_code)
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Reads a language tag.
pub(super) fn read_language<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    let tag = String::deserialize(deserializer)?;
    match is_language(&tag) {
        true => Ok(tag),
        false => Err(D::Error::custom(format!(
            "`{}` is no language tag\nexpected something like en, de or pt-BR",
            tag.escape_debug()
        ))),
    }
}
