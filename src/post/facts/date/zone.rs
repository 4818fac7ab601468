//! The words of a zone behind a time.

use chrono::{Datelike, FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

use crate::post::facts::date::error::DateError;

/// The offset named by the words after a time; `None` if there are none.
pub(super) fn read_offset(
    words: &str,
    time: NaiveDateTime,
    site: Tz,
) -> Result<Option<FixedOffset>, DateError> {
    let unknown = || DateError::Zone(words.to_owned());
    let (zone, comment) = split_comment(words).ok_or_else(unknown)?;
    let zone = if zone.is_empty() { comment } else { zone };
    let (first, rest) = zone.split_once(char::is_whitespace).unwrap_or((zone, ""));
    let rest = rest.trim();
    if first.is_empty() {
        return Ok(None);
    }
    if let Some(offset) = find_offset(first, time, site) {
        // `12:00 UTC time`, and `GMT +0100`; `GMT Summer Time` is another zone.
        return match rest {
            "" => Ok(Some(offset)),
            _ if rest.eq_ignore_ascii_case("time") => Ok(Some(offset)),
            _ if offset.local_minus_utc() == 0 => parse_digits(rest).map(Some).ok_or_else(unknown),
            _ => Err(unknown()),
        };
    }
    if AMBIGUOUS.contains(&first) {
        return Err(DateError::Ambiguous(first.to_owned()));
    }
    // JavaScript prints `GMT+0100`, Go the offset and then the zone's name.
    let digits = ["GMT", "UTC"]
        .iter()
        .find_map(|name| first.strip_prefix(name))
        .unwrap_or(first);
    parse_digits(digits).map(Some).ok_or_else(unknown)
}

/// Splits a comment in parentheses from the end of a text; `None` if a parenthesis is unclosed.
fn split_comment(words: &str) -> Option<(&str, &str)> {
    let words = words.trim();
    let Some((zone, comment)) = words.split_once('(') else {
        return Some((words, ""));
    };
    Some((zone.trim(), comment.strip_suffix(')')?.trim()))
}

/// The offset of a zone's name: as RFC 2822 (4.3) defines it, else as the site's own zone uses it in that year, else as
/// every zone does.
fn find_offset(name: &str, time: NaiveDateTime, site: Tz) -> Option<FixedOffset> {
    if let Some(hours) = find_hours(name, &BY_RFC) {
        return FixedOffset::east_opt(hours * 3600);
    }
    if !(3..=5).contains(&name.len()) || !name.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let in_month = |month| time.with_day(1).and_then(|time| time.with_month(month));
    let times = [Some(time), in_month(1), in_month(7)];
    let offsets = times
        .into_iter()
        .flatten()
        .map(|time| site.offset_from_utc_datetime(&time));
    let mut own = offsets.filter(|offset| offset.abbreviation() == Some(name));
    own.next()
        .map(|offset| offset.fix())
        .or_else(|| FixedOffset::east_opt(find_hours(name, &BY_ALL)? * 3600))
}

fn find_hours(name: &str, names: &[(&str, i32)]) -> Option<i32> {
    let found = names.iter().find(|(known, _)| *known == name);
    found.map(|(_, hours)| *hours)
}

/// The hours from UTC of the names that RFC 2822 (4.3) knows, and of UTC's.
const BY_RFC: [(&str, i32); 13] = [
    ("Z", 0),
    ("z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("EDT", -4),
    ("EST", -5),
    ("CDT", -5),
    ("CST", -6),
    ("MDT", -6),
    ("MST", -7),
    ("PDT", -7),
    ("PST", -8),
];

/// The hours from UTC of names with one meaning everywhere.
const BY_ALL: [(&str, i32); 20] = [
    ("WET", 0),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("WAT", 1),
    ("CAT", 2),
    ("EAT", 3),
    ("WIB", 7),
    ("AWST", 8),
    ("HKT", 8),
    ("JST", 9),
    ("KST", 9),
    ("AEST", 10),
    ("AEDT", 11),
    ("NZST", 12),
    ("NZDT", 13),
    ("HST", -10),
];

/// Names of several zones: British, Bangladesh and Bougainville time, those of India, Ireland and Israel, of Arabia and
/// the Atlantic, and others.
const AMBIGUOUS: [&str; 10] = [
    "ADT", "AMT", "AST", "BST", "ECT", "GST", "IST", "PYT", "SST", "WST",
];

/// An offset in digits: `+01:00`, `-0800`, `+1`.
pub(super) fn parse_digits(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    // YAML lets an hour have one digit.
    let one = digits.len() == 1 || digits.as_bytes().get(1) == Some(&b':');
    let digits = format!("{}{}", if one { "0" } else { "" }, digits.replace(':', ""));
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at(2);
    let hours: i32 = hours.parse().ok()?;
    let minutes: i32 = match minutes {
        "" => 0,
        minutes => minutes.parse().ok()?,
    };
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{NaiveDate, NaiveDateTime, Offset, TimeZone};
    use chrono_tz::{OffsetName, TZ_VARIANTS, Tz};

    use super::{AMBIGUOUS, BY_ALL, BY_RFC, find_offset};

    fn noon(month: u32) -> NaiveDateTime {
        let day = NaiveDate::from_ymd_opt(2024, month, 15).unwrap();
        day.and_hms_opt(12, 0, 0).unwrap()
    }

    /// The hours from UTC of every zone of the world that has this name in a year.
    fn everywhere(name: &str) -> BTreeSet<i32> {
        let times = [noon(1), noon(7)];
        let zones = TZ_VARIANTS.into_iter();
        let offsets = zones.flat_map(|zone| times.map(|time| zone.offset_from_utc_datetime(&time)));
        let named = offsets.filter(|offset| offset.abbreviation() == Some(name));
        named
            .map(|offset| offset.fix().local_minus_utc() / 3600)
            .collect()
    }

    #[test]
    fn a_name_without_a_home_means_what_every_zone_of_the_world_means_by_it() {
        for (name, hours) in BY_ALL {
            assert_eq!(everywhere(name), [hours].into(), "{name}");
            assert!(!AMBIGUOUS.contains(&name) && BY_RFC.iter().all(|(known, _)| *known != name));
        }
    }

    #[test]
    fn a_name_of_many_zones_is_that_of_the_site_or_of_none() {
        for (name, zone, minutes) in [
            ("BST", "Europe/London", Some(60)),
            ("BST", "Europe/Berlin", None),
            ("BST", "UTC", None),
            ("IST", "Asia/Kolkata", Some(330)),
            ("IST", "Europe/Dublin", Some(60)),
            ("IST", "Asia/Jerusalem", Some(120)),
            ("IST", "America/New_York", None),
            ("CEST", "UTC", Some(120)),
            ("CEST", "Europe/Berlin", Some(120)),
            ("CET", "Asia/Tokyo", Some(60)),
            ("JST", "Europe/Berlin", Some(540)),
            ("ACDT", "Australia/Adelaide", Some(630)),
            // The RFC's meaning holds everywhere.
            ("CST", "Asia/Shanghai", Some(-360)),
            ("XYZT", "Europe/Berlin", None),
            ("cet", "Europe/Berlin", None),
        ] {
            let site: Tz = zone.parse().unwrap();
            for month in [1, 7] {
                let offset = find_offset(name, noon(month), site);
                let found = offset.map(|offset| offset.local_minus_utc() / 60);
                assert_eq!(found, minutes, "{name} in {zone}");
            }
        }
    }
}
