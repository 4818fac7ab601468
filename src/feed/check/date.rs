//! Dates: RFC 3339 in Atom and JSON Feed, RFC 822 in RSS.

use chrono::{DateTime, Datelike, FixedOffset};

use crate::feed::check::report::{FeedReport, show};
use crate::finding::Rule;

/// The first year that a post can plausibly be of.
const EARLIEST: i32 = 1900;

/// Checks a date of RFC 3339, which `what` names. Returns the instant.
pub(in crate::feed) fn check_exact(
    line: usize,
    what: &str,
    text: &str,
    report: &mut FeedReport,
) -> Option<DateTime<FixedOffset>> {
    check(line, what, text, read_exact(text), report)
}

/// Checks a date of RSS, which `what` names.
pub(in crate::feed) fn check_mail(line: usize, what: &str, text: &str, report: &mut FeedReport) {
    check(line, what, text, read_mail(text), report);
}

fn check(
    line: usize,
    what: &str,
    text: &str,
    read: Result<DateTime<FixedOffset>, &'static str>,
    report: &mut FeedReport,
) -> Option<DateTime<FixedOffset>> {
    match read {
        Err(reason) => {
            let message = format!("{what} `{}` {reason}", show(text));
            report.refuse(line, Rule::FeedDate, message);
            None
        }
        Ok(at) => {
            if at.year() < EARLIEST {
                let message = format!("{what} `{}` is of the year {}", show(text), at.year());
                report.warn(line, Rule::FeedDate, message);
            }
            Some(at)
        }
    }
}

fn read_exact(text: &str) -> Result<DateTime<FixedOffset>, &'static str> {
    if text.contains(char::is_whitespace) {
        return Err("holds white space");
    }
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[10] != b'T' {
        return Err("is no date of RFC 3339, like 2024-12-01T08:00:00Z");
    }
    if &bytes[11..13] >= b"24".as_slice() {
        return Err("has an hour that no day has");
    }
    let is_zoned = text.ends_with('Z') || matches!(bytes[bytes.len() - 6], b'+' | b'-');
    if !is_zoned {
        return Err("has no zone");
    }
    DateTime::parse_from_rfc3339(text).map_err(|_| "is no date of RFC 3339")
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// The zones of RFC 822 that have one meaning.
const ZONES: [&str; 10] = [
    "GMT", "UT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT",
];

fn read_mail(text: &str) -> Result<DateTime<FixedOffset>, &'static str> {
    let (day_name, rest) = match text.split_once(", ") {
        Some((name, rest)) if DAYS.contains(&name) => (Some(name), rest),
        Some(_) => return Err("has a day of the week that is not English"),
        None => (None, text),
    };
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, time, zone] = parts[..] else {
        return Err("is no date of RFC 822, like Sun, 01 Dec 2024 08:00:00 +0000");
    };
    if !MONTHS.contains(&month) {
        return Err("has a month that is not English");
    }
    if year.len() != 4 {
        return Err("has no year of four digits");
    }
    if time.get(..2).is_some_and(|hour| hour >= "24") {
        return Err("has an hour that no day has");
    }
    let is_offset = zone.len() == 5
        && zone.starts_with(['+', '-'])
        && zone[1..].bytes().all(|byte| byte.is_ascii_digit());
    if !is_offset && !ZONES.contains(&zone) {
        return Err("has a zone that RFC 822 does not know: write GMT or +0000");
    }
    let plain = format!("{day} {month} {year} {time} {zone}");
    let at = DateTime::parse_from_rfc2822(&plain).map_err(|_| "is no date of RFC 822")?;
    let right = DAYS[at.weekday().num_days_from_monday() as usize];
    match day_name {
        Some(name) if name != right => Err("has the wrong day of the week"),
        _ => Ok(at),
    }
}
