//! The words of a zone behind a time.

use chrono::FixedOffset;

use crate::post::facts::date::error::DateError;

/// The offset that the words behind a time name; none where there are none.
pub(super) fn offset(words: &str) -> Result<Option<FixedOffset>, DateError> {
    let unknown = || DateError::Zone(words.to_owned());
    let (zone, comment) = comment_of(words).ok_or_else(unknown)?;
    let zone = if zone.is_empty() { comment } else { zone };
    let (first, rest) = zone.split_once(char::is_whitespace).unwrap_or((zone, ""));
    let rest = rest.trim();
    if first.is_empty() {
        return Ok(None);
    }
    if let Some(hours) = hours_of(first) {
        // `12:00 UTC time`, and `GMT +0100`; `GMT Summer Time` is another zone.
        return match rest {
            "" => Ok(FixedOffset::east_opt(hours * 3600)),
            _ if rest.eq_ignore_ascii_case("time") => Ok(FixedOffset::east_opt(hours * 3600)),
            _ if hours == 0 => digits_of(rest).map(Some).ok_or_else(unknown),
            _ => Err(unknown()),
        };
    }
    // JavaScript prints `GMT+0100`, Go the offset and then the zone's name.
    let digits = ["GMT", "UTC"]
        .iter()
        .find_map(|name| first.strip_prefix(name))
        .unwrap_or(first);
    digits_of(digits).map(Some).ok_or_else(unknown)
}

/// The words before a comment in parentheses at the end, and those in it; none where parentheses do not close.
fn comment_of(words: &str) -> Option<(&str, &str)> {
    let words = words.trim();
    let Some((zone, comment)) = words.split_once('(') else {
        return Some((words, ""));
    };
    Some((zone.trim(), comment.strip_suffix(')')?.trim()))
}

/// The hours from UTC of the zones that RFC 2822 (4.3) names; any other name means different hours to different people.
fn hours_of(zone: &str) -> Option<i32> {
    match zone {
        "Z" | "z" | "UTC" | "GMT" | "UT" => Some(0),
        "EDT" => Some(-4),
        "EST" | "CDT" => Some(-5),
        "CST" | "MDT" => Some(-6),
        "MST" | "PDT" => Some(-7),
        "PST" => Some(-8),
        _ => None,
    }
}

/// An offset in digits: `+01:00`, `-0800`, `+1`.
pub(super) fn digits_of(text: &str) -> Option<FixedOffset> {
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
