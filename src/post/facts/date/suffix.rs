//! The name of a zone behind a time, and other tags in brackets (RFC 9557): `2024-11-01T08:00:00+01:00[Europe/Berlin]`.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;

use crate::post::facts::date::error::DateError;
use crate::post::facts::date::zone::parse_digits;
use crate::post::facts::date::zoning::{Instant, Zoning};

/// Splits the tags in brackets from the end of a text, or a zone's name with a slash, as `America/New_York`, behind which
/// a comment may stand.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    if text.ends_with(']') {
        let (text, tags) = text.split_at(text.find('[')?);
        return Some((text.trim_end(), tags));
    }
    let text = match text.ends_with(')') {
        true => text.split_once('(')?.0.trim_end(),
        false => text,
    };
    let (text, zone) = text.rsplit_once(char::is_whitespace)?;
    let is_name = zone.contains('/') && zone.starts_with(|c: char| c.is_ascii_uppercase());
    is_name.then(|| (text.trim_end(), zone))
}

/// The same zoning with the zone that the tags name, if they name one that is known.
pub(super) fn choose_zoning(tags: &str, zoning: Zoning) -> Zoning {
    match find_zone(tags).and_then(|name| name.parse().ok()) {
        Some(zone) => Zoning { zone, ..zoning },
        None => zoning,
    }
}

/// Reads the tags behind an instant, which `text` names without them. `Z` says nothing of the local time, so it goes
/// with any zone (RFC 9557 3.4).
///
/// # Errors
/// An offset that the zone has not at that time, an unknown zone that alone could say which instant is meant, and an
/// unknown tag that its author calls critical.
pub(super) fn read(found: Instant, text: &str, tags: &str) -> Result<Instant, DateError> {
    let names = || split_names(tags);
    if let Some(unknown) = names().find(|name| name.starts_with('!') && name.contains('=')) {
        return Err(DateError::Suffix(unknown.to_owned()));
    }
    let Some(name) = find_zone(tags) else {
        return Ok(found);
    };
    let is_critical = names().any(|whole| whole.strip_prefix('!') == Some(name));
    let zone: Option<Tz> = name.parse().ok();
    let local = match zone {
        Some(zone) => Some(zone.offset_from_utc_datetime(&found.at.naive_utc()).fix()),
        None => parse_digits(name),
    };
    match (found.offset, local) {
        (None, Some(local)) if zone.is_some() => Ok(Instant {
            offset: Some(local),
            ..found
        }),
        (Some(offset), Some(local)) if offset != local && !text.ends_with(['Z', 'z']) => {
            Err(DateError::Offset {
                offset,
                zone: name.to_owned(),
            })
        }
        (Some(_), Some(_)) => Ok(found),
        (Some(_), None) if !is_critical => Ok(found),
        _ => Err(DateError::Zone(name.to_owned())),
    }
}

/// The zone among the tags: the one without a key.
fn find_zone(tags: &str) -> Option<&str> {
    let zone = split_names(tags).find(|name| !name.contains('='))?;
    Some(zone.strip_prefix('!').unwrap_or(zone))
}

fn split_names(tags: &str) -> impl Iterator<Item = &str> {
    let names = tags.split(['[', ']']).map(str::trim);
    names.filter(|name| !name.is_empty())
}
