//! A text → the instant that it names.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Offset, Utc};

use crate::post::facts::date::error::DateError;
use crate::post::facts::date::zone::{digits_of, offset};
use crate::post::facts::date::zoning::{Instant, Zoning};

/// The instant that a text names.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str, zoning: &Zoning) -> Result<Instant, DateError> {
    let text = text.trim();
    let zoned = |at, offset| {
        Ok(Instant {
            at,
            offset: Some(offset),
        })
    };
    let local = |at| {
        Ok(Instant {
            at: zoning.instant(at),
            offset: None,
        })
    };
    // Every syntax but these begins with four digits; to try them first would cost each post.
    let is_iso = text.get(..5).is_some_and(|start| start.ends_with('-'));
    let moved = if is_iso { None } else { year_last(text) };
    let text = moved.as_deref().unwrap_or(text);
    // Go knows no zone by its letters: Hugo takes such a time for one of the site.
    let by_letters = !is_iso && zoning.as_go && text.ends_with(|c: char| c.is_ascii_alphabetic());
    if !is_iso {
        if let Ok(at) = DateTime::parse_from_rfc2822(text)
            && !by_letters
        {
            in_range(at.date_naive())?;
            return zoned(at.to_utc(), *at.offset());
        }
        if let Some(date) = compact_day(text) {
            in_range(date)?;
            return local(date.and_time(NaiveTime::MIN));
        }
        if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = text
                .parse()
                .ok()
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            let seconds = seconds.ok_or(DateError::TooLarge)?;
            in_range(seconds.date_naive())?;
            return zoned(seconds, Utc.fix());
        }
    }
    let (date, rest) = day(text, zoning.roll_over)?;
    in_range(date)?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',', '_']).trim();
    if rest.is_empty() {
        return local(date.and_time(NaiveTime::MIN));
    }
    let (time, zone) = time_of_day(rest)?;
    let time = date.and_time(time);
    match offset(without_year(zone, date))? {
        Some(offset) if !by_letters => zoned(
            (time - Duration::seconds(i64::from(offset.local_minus_utc()))).and_utc(),
            offset,
        ),
        _ => local(time),
    }
}

/// `20130704`.
pub(super) fn compact_day(text: &str) -> Option<NaiveDate> {
    let is_compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_compact.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok())?
}

/// What C and Unix print, with the year before the time: `Thu Jul  4 12:00:00 EDT 2013` is `Jul 4 2013 12:00:00 EDT`.
fn year_last(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (month, day, time, zone, year) = match words[..] {
        [_, month, day, time, year] => (month, day, time, "", year),
        [_, month, day, time, zone, year] => (month, day, time, zone, year),
        _ => return None,
    };
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    (is_year && time.contains(':') && month_of(month).is_some()).then(|| {
        format!("{month} {day} {year} {time} {zone}")
            .trim_end()
            .to_owned()
    })
}

/// The words behind a time without the year, where they repeat it: `2023-01-29 18:30:22 2023 -0800`.
fn without_year(words: &str, date: NaiveDate) -> &str {
    let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
    match first.parse() == Ok(date.year()) && first.len() == 4 {
        true => rest.trim(),
        false => words,
    }
}

/// Feeds have four digits for a year, and year 1 is what a missing date looks like elsewhere.
pub(super) fn in_range(date: NaiveDate) -> Result<(), DateError> {
    match (1900..=9998).contains(&date.year()) {
        true => Ok(()),
        false => Err(DateError::Year(date.year())),
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month_of(word: &str) -> Option<u32> {
    let word = word.trim_matches([',', '.']).to_lowercase();
    let place = MONTHS
        .iter()
        .position(|name| word.len() >= 3 && name.starts_with(&word))?;
    u32::try_from(place).ok().map(|place| place + 1)
}

/// The day that a text begins with, and what follows it.
pub(super) fn day(text: &str, roll_over: bool) -> Result<(NaiveDate, &str), DateError> {
    if let Some(numeric) = numeric_day(text, roll_over) {
        return numeric;
    }
    // `02-Jan-06` of RFC 850, and the same with four digits of the year.
    let dashed = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let word = dashed.split(' ').next().unwrap_or_default();
    if let [day, month, year] = word.split('-').collect::<Vec<_>>()[..]
        && let (Ok(day), Some(month), Some(year)) = (day.parse(), month_of(month), year_of(year))
    {
        return Ok((calendar(year, month, day, false)?, &dashed[word.len()..]));
    }
    // `February 18, 2013` or `18 February 2013`, with a weekday before it or not.
    let mut words = WordCursor { text, at: 0 };
    let mut first = words.next().ok_or(DateError::NoDate)?;
    let is_weekday = |word: &str| {
        let word = word.to_lowercase();
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        word.chars().all(char::is_alphabetic)
            && days.iter().any(|day| word.starts_with(day))
            && word.len() <= 9
    };
    if (first.ends_with(',') || is_weekday(first)) && month_of(first).is_none() {
        first = words.next().ok_or(DateError::NoDate)?;
    }
    let second = words.next().ok_or(DateError::NoDate)?;
    let third = words.next().ok_or(DateError::NoDate)?;
    let number = |word: &str| {
        word.trim_end_matches([',', '.'])
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse::<u32>()
            .ok()
    };
    let (month, day) = match (month_of(first), month_of(second)) {
        (Some(month), _) => (month, number(second)),
        (None, Some(month)) => (month, number(first)),
        _ => return Err(DateError::NoDate),
    };
    let year = third.trim_end_matches([',', '.', ':']);
    let year = year_of(year).ok_or(DateError::NoDate)?;
    Ok((
        calendar(year, month, day.ok_or(DateError::NoDate)?, false)?,
        &text[words.at..],
    ))
}

/// The day that leads a text as `2024-12-01`, `2024/12/1` or `2024.12.01`, and what follows it; none where it has
/// another form.
pub(super) fn numeric_day(
    text: &str,
    roll_over: bool,
) -> Option<Result<(NaiveDate, &str), DateError>> {
    let number = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (year, rest) = text
        .split_at_checked(4)
        .filter(|(year, _)| number(year) == 4)?;
    let separator = rest.chars().next().filter(|c| "-/.".contains(*c))?;
    let (month, rest) = rest[1..].split_at(number(&rest[1..]));
    let rest = rest.strip_prefix(separator)?;
    let (day, rest) = rest.split_at(number(rest));
    if !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    let date = calendar(
        year.parse().ok()?,
        month.parse().ok()?,
        day.parse().ok()?,
        roll_over,
    );
    Some(date.map(|date| (date, rest)))
}

/// A year of four digits, or of two as RFC 2822 (4.3) reads them.
fn year_of(text: &str) -> Option<i32> {
    let year: i32 = text
        .parse()
        .ok()
        .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    match text.len() {
        4 => Some(year),
        2 => Some(year + if year < 50 { 2000 } else { 1900 }),
        _ => None,
    }
}

struct WordCursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> WordCursor<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let start = rest.find(|c: char| !c.is_whitespace())?;
        let end = rest[start..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |end| start + end);
        self.at += end;
        Some(&rest[start..end])
    }
}

pub(super) fn calendar(
    year: i32,
    month: u32,
    day: u32,
    roll_over: bool,
) -> Result<NaiveDate, DateError> {
    if !(1..=12).contains(&month) {
        return Err(DateError::Month(month));
    }
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => Ok(date),
        None if roll_over && (29..=31).contains(&day) => NaiveDate::from_ymd_opt(year, month, 1)
            .and_then(|first| first.checked_add_signed(Duration::days(i64::from(day) - 1)))
            .ok_or(DateError::Day(day)),
        None => Err(DateError::NotInMonth { year, month, day }),
    }
}

/// The time that a text begins with, and the zone that follows it.
fn time_of_day(text: &str) -> Result<(NaiveTime, &str), DateError> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')
        .unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let mut parts = clock.splitn(3, ':');
    let lacks = |part| DateError::Lacks {
        clock: clock.to_owned(),
        part,
    };
    let mut number = |part: &'static str, most: u32| -> Result<u32, DateError> {
        let digits = parts.next().ok_or_else(|| lacks(part))?;
        let number: u32 = digits.parse().map_err(|_| lacks(part))?;
        if number > most {
            Err(DateError::Part(format!("{part} {number}")))
        } else {
            Ok(number)
        }
    };
    let (hour, minute) = (number("hour", 23)?, number("minute", 59)?);
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            let whole: u32 = whole.parse().map_err(|_| lacks("second"))?;
            let padded = format!("{fraction:0<9}");
            (
                whole,
                padded
                    .get(..9)
                    .and_then(|digits| digits.parse().ok())
                    .unwrap_or(0),
            )
        }
    };
    let mut zone = zone.trim();
    let mut hour = hour;
    for (word, noon) in [("am", 0), ("pm", 12)] {
        let is_word = !zone
            .get(2..)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
        if let Some(half) = zone
            .get(..2)
            .filter(|half| is_word && half.eq_ignore_ascii_case(word))
        {
            if !(1..=12).contains(&hour) {
                return Err(DateError::Part(format!("hour {hour} {half}")));
            }
            hour = hour % 12 + noon;
            zone = zone[2..].trim();
        }
    }
    // A leap second is the last of its minute.
    let time =
        NaiveTime::from_hms_nano_opt(hour, minute, second.min(59), nanos).filter(|_| second <= 60);
    Ok((
        time.ok_or_else(|| DateError::Part(format!("second {second}")))?,
        zone,
    ))
}

/// Whether YAML sees a timestamp in a text: a day with dashes, a time with seconds, and no more than an offset.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let Some((day, time)) = text.split_once(['T', 't', ' ', '\t']) else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let end = time
        .trim_start()
        .find(|c: char| !c.is_ascii_digit() && !":.".contains(c));
    let (clock, zone) = time
        .trim_start()
        .split_at(end.unwrap_or(time.trim_start().len()));
    let seconds = clock.split(':').collect::<Vec<_>>();
    let zone = zone.trim();
    day.split('-').filter(|part| is_number(part)).count() == 3
        && day.split('-').count() == 3
        && seconds.len() == 3
        && (zone.is_empty() || zone == "Z" || digits_of(zone).is_some())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::{Zoning, parse};

    /// The first of two, and the offset that held before a gap.
    fn plain(zone: Tz) -> Zoning {
        Zoning {
            zone,
            as_go: false,
            fold_late: false,
            roll_over: false,
        }
    }

    fn at(text: &str, zone: &str) -> String {
        match parse(text, &plain(zone.parse().unwrap())) {
            Ok(found) => found
                .at
                .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_way_to_write_a_date_is_read() {
        for (text, expected) in [
            ("2024-12-01", "2024-11-30T23:00:00Z"),
            ("2024-12-01T08:00:00+01:00", "2024-12-01T07:00:00Z"),
            ("2024-12-01T08:00:00Z", "2024-12-01T08:00:00Z"),
            ("2017-12-27 20:46:24 -0500", "2017-12-28T01:46:24Z"),
            ("2024-12-01 08:00", "2024-12-01T07:00:00Z"),
            ("2024-12-01T08:00:00.125Z", "2024-12-01T08:00:00.125Z"),
            ("2024-12-01 08:00:00 UTC", "2024-12-01T08:00:00Z"),
            ("2013/10/12", "2013-10-11T22:00:00Z"),
            ("2013/10/12 9:05", "2013-10-12T07:05:00Z"),
            ("Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T22:04:05Z"),
            ("Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05Z"),
            ("02 Jan 2006", "2006-01-01T23:00:00Z"),
            ("February 18, 2013", "2013-02-17T23:00:00Z"),
            ("Feb 18, 2013", "2013-02-17T23:00:00Z"),
            ("18 February 2013", "2013-02-17T23:00:00Z"),
            ("1700000000", "2023-11-14T22:13:20Z"),
            ("Monday, 02-Jan-06 15:04:05 MST", "2006-01-02T22:04:05Z"),
            ("02 Jan 06 15:04 MST", "2006-01-02T22:04:00Z"),
            ("02 Jan 06 15:04 -0700", "2006-01-02T22:04:00Z"),
            (
                "Mon Jan 02 2006 15:04:05 GMT-0700 (PDT)",
                "2006-01-02T22:04:05Z",
            ),
            ("2006-01-02 15:04:05 -0700 MST", "2006-01-02T22:04:05Z"),
            ("2006-01-02T15:04:05-0700", "2006-01-02T22:04:05Z"),
            ("2006-01-02T15:04-07", "2006-01-02T22:04:00Z"),
            ("January 2, 2006 3:04 PM", "2006-01-02T14:04:00Z"),
            ("2024-12-01T08:00:60Z", "2024-12-01T08:00:59Z"),
            ("2014-09-25 12:00:00 -5", "2014-09-25T17:00:00Z"),
            ("2014-09-25T12:00:00-7:30", "2014-09-25T19:30:00Z"),
            ("20130704", "2013-07-03T22:00:00Z"),
            ("Thu Jul  4 12:00:00 2013", "2013-07-04T10:00:00Z"),
            ("Thu Jul 4 12:00:00 EDT 2013", "2013-07-04T16:00:00Z"),
            ("Mon Jan 02 15:04:05 -0700 2006", "2006-01-02T22:04:05Z"),
            ("2024-01-01 10:00 UTC (x)", "2024-01-01T10:00:00Z"),
            ("2024-01-01 10:00 UTC time", "2024-01-01T10:00:00Z"),
            ("2024-01-01 10:00 UTC+1 (Berlin)", "2024-01-01T09:00:00Z"),
            ("2024-01-01 10:00 GMT +0100", "2024-01-01T09:00:00Z"),
            ("2024-01-01 10:00 (UTC)", "2024-01-01T10:00:00Z"),
            ("2024-01-01 10:00 EST (New York)", "2024-01-01T15:00:00Z"),
            (
                "2024-01-01 12:00:00 GMT (Coordinated Universal Time)",
                "2024-01-01T12:00:00Z",
            ),
            (
                "Mon Jan 01 2024 12:00:00 GMT (Coordinated Universal Time)",
                "2024-01-01T12:00:00Z",
            ),
            ("2023-01-29 18:30:22 2023 -0800", "2023-01-30T02:30:22Z"),
            ("2023-01-29 18:30:22 2023", "2023-01-29T17:30:22Z"),
        ] {
            assert_eq!(at(text, "Europe/Berlin"), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_says_why() {
        for (text, expected) in [
            ("2024-13-01", "month 13"),
            ("2024-02-31", "there is no day 31 in month 2 of 2024"),
            ("2024-02-01 24:12:03", "hour 24"),
            ("0001-01-01", "the year 1 is out of range"),
            ("soon", "there is no date"),
            ("2024-02-01 08:00 CEST", "`CEST` is no zone"),
            (
                "2024-02-01 08:00 America/New_York",
                "`America/New_York` is no zone",
            ),
            (
                "2024-01-01 10:00 GMT Summer Time",
                "`GMT Summer Time` is no zone",
            ),
            ("2024-01-01 10:00 UTC (x", "`UTC (x` is no zone"),
            ("2024-01-01 10:00 (noon)", "`(noon)` is no zone"),
            ("2023-01-29 18:30:22 2024", "`2024` is no zone"),
            ("2024-01-01 10:00 +é", "`+é` is no zone"),
            ("20131304", "there is no date"),
            ("2024-02-01 08:61", "minute 61"),
        ] {
            assert_eq!(at(text, "UTC"), expected, "{text}");
        }
    }

    #[test]
    fn a_skipped_hour_and_a_repeated_one_have_a_defined_meaning() {
        let zoning = plain("America/New_York".parse().unwrap());
        let at = |text: &str, zoning: &Zoning| parse(text, zoning).unwrap().at.to_rfc3339();
        assert_eq!(at("2024-03-10 02:30", &zoning), "2024-03-10T07:30:00+00:00");
        let go = Zoning {
            as_go: true,
            ..zoning
        };
        assert_eq!(at("2024-03-10 02:30", &go), "2024-03-10T06:30:00+00:00");
        assert_eq!(at("2024-11-03 01:30", &go), "2024-11-03T05:30:00+00:00");
        // East of Greenwich Go comes from the other side: seen by running Hugo.
        let go = Zoning {
            as_go: true,
            ..plain("Europe/Paris".parse().unwrap())
        };
        assert_eq!(at("2024-03-31 02:30", &go), "2024-03-31T01:30:00+00:00");
        assert_eq!(at("2024-10-27 02:30", &go), "2024-10-27T01:30:00+00:00");
        assert_eq!(at("2024-11-03 01:30", &zoning), "2024-11-03T05:30:00+00:00");
        assert_eq!(
            at(
                "2024-11-03 01:30",
                &Zoning {
                    fold_late: true,
                    ..zoning
                }
            ),
            "2024-11-03T06:30:00+00:00"
        );
    }
}
