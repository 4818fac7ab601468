//! A text → the instant that it names.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, Offset, Utc};

use crate::post::facts::date::error::DateError;
use crate::post::facts::date::suffix;
use crate::post::facts::date::zone::{parse_digits, read_offset};
use crate::post::facts::date::zoning::{Instant, Zoning};

/// Parses a date.
///
/// # Errors
/// The reason why it is invalid.
pub fn parse(text: &str, zoning: &Zoning) -> Result<Instant, DateError> {
    let text = text.trim();
    match suffix::split(text) {
        Some((text, tags)) => {
            let found = parse_plain(text, suffix::choose_zoning(tags, *zoning))?;
            suffix::read(found, text, tags)
        }
        None => parse_plain(text, *zoning),
    }
}

/// Parses a date without tags behind it.
fn parse_plain(text: &str, zoning: Zoning) -> Result<Instant, DateError> {
    let zoned = |at, offset| {
        Ok(Instant {
            at,
            offset: Some(offset),
        })
    };
    let local = |at| {
        Ok(Instant {
            at: zoning.resolve(at),
            offset: None,
        })
    };
    // Every syntax but these begins with four digits; to try them first would cost each post.
    let is_iso = text.get(..5).is_some_and(|start| start.ends_with('-'));
    let extended = if is_iso { None } else { extend(text) };
    let is_iso = is_iso || extended.is_some();
    let moved = if is_iso { None } else { move_year(text) };
    let text = extended.or(moved).map_or(text.into(), Cow::Owned);
    let text = &*text;
    // Go knows no zone by its letters: Hugo takes such a time for one of the site.
    let by_letters = !is_iso && zoning.as_go && text.ends_with(|c: char| c.is_ascii_alphabetic());
    if !is_iso {
        if let Ok(at) = DateTime::parse_from_rfc2822(text)
            && !by_letters
        {
            check_range(at.date_naive())?;
            return zoned(at.to_utc(), *at.offset());
        }
        if let Some(date) = parse_compact_day(text) {
            check_range(date)?;
            return local(date.and_time(NaiveTime::MIN));
        }
        if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let seconds = text
                .parse()
                .ok()
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            let seconds = seconds.ok_or(DateError::TooLarge)?;
            check_range(seconds.date_naive())?;
            return zoned(seconds, Utc.fix());
        }
    }
    let (date, rest) = parse_day(text, zoning.roll_over)?;
    check_range(date)?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',', '_']).trim();
    if rest.is_empty() {
        return local(date.and_time(NaiveTime::MIN));
    }
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(DateError::Time(rest.to_owned()));
    }
    let (time, zone) = parse_time(rest)?;
    let time = date.and_time(time);
    match read_offset(strip_year(zone, date), time, zoning.zone)? {
        Some(offset) if !by_letters => zoned(
            (time - Duration::seconds(i64::from(offset.local_minus_utc()))).and_utc(),
            offset,
        ),
        _ => local(time),
    }
}

/// Rewrites the basic format of ISO 8601, and digits alone that name a minute or a second, in the extended format:
/// `20241101T080000Z` becomes `2024-11-01T08:00:00Z`, `202411010800` becomes `2024-11-01T08:00`.
fn extend(text: &str) -> Option<String> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (date, rest) = text.split_at_checked(8)?;
    let time = match length {
        8 => rest.strip_prefix(['T', 't', ' '])?,
        // As seconds since 1970 they would be of a year that nobody writes of.
        12 | 14 if rest.len() == length - 8 => rest,
        _ => return None,
    };
    let length = time.bytes().take_while(u8::is_ascii_digit).count();
    let (clock, zone) = time.split_at(length);
    let clock = match length {
        4 => format!("{}:{}", &clock[..2], &clock[2..]),
        6 => format!("{}:{}:{}", &clock[..2], &clock[2..4], &clock[4..]),
        _ => clock.to_owned(),
    };
    let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
    Some(format!("{year}-{month}-{day}T{clock}{zone}"))
}

/// `20130704`.
pub(super) fn parse_compact_day(text: &str) -> Option<NaiveDate> {
    let is_compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_compact.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok())?
}

/// Rewrites the dates of C, Unix and git, which have the year after the time: `Thu Jul  4 12:00:00 EDT 2013` and `Thu
/// Jul 4 12:00:00 2013 -0400` become `Jul 4 2013 12:00:00` and the zone.
fn move_year(text: &str) -> Option<String> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_weekday = |word: &&str| parse_month(word).is_none() && !is_number(word);
    if words.first().is_some_and(is_weekday) {
        words.remove(0);
    }
    let [first, second, time, ref rest @ ..] = words[..] else {
        return None;
    };
    let is_day = parse_month(first).is_some() && is_number(second)
        || parse_month(second).is_some() && is_number(first);
    let year = rest
        .iter()
        .position(|word| word.len() == 4 && is_number(word))?;
    let zone: Vec<&str> = [&rest[..year], &rest[year + 1..]].concat();
    (is_day && time.contains(':')).then(|| {
        format!("{first} {second} {} {time} {}", rest[year], zone.join(" "))
            .trim_end()
            .to_owned()
    })
}

/// Removes a repeated year after a time: `2023-01-29 18:30:22 2023 -0800`.
fn strip_year(words: &str, date: NaiveDate) -> &str {
    let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
    match first.parse() == Ok(date.year()) && first.len() == 4 {
        true => rest.trim(),
        false => words,
    }
}

/// Feeds have four digits for a year, and year 1 is what a missing date looks like elsewhere.
pub(super) fn check_range(date: NaiveDate) -> Result<(), DateError> {
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

fn parse_month(word: &str) -> Option<u32> {
    let word = word.trim_matches([',', '.']).to_lowercase();
    let place = MONTHS
        .iter()
        .position(|name| word.len() >= 3 && name.starts_with(&word))?;
    u32::try_from(place).ok().map(|place| place + 1)
}

/// Reads the day at the beginning of a text. Returns it with the rest.
pub(super) fn parse_day(text: &str, roll_over: bool) -> Result<(NaiveDate, &str), DateError> {
    if let Some(numeric) = parse_numeric_day(text, roll_over) {
        return numeric;
    }
    // `02-Jan-06` of RFC 850, and the same with four digits of the year.
    let dashed = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let word = dashed.split(' ').next().unwrap_or_default();
    if let [day, month, year] = word.split('-').collect::<Vec<_>>()[..]
        && let (Ok(day), Some(month), Some(year)) =
            (day.parse(), parse_month(month), parse_year(year))
    {
        return Ok((make_date(year, month, day, false)?, &dashed[word.len()..]));
    }
    // `February 18, 2013` or `18 February 2013`, with a weekday before it or not.
    let mut words = WordCursor { text, at: 0 };
    let mut first = words.take_word().ok_or(DateError::NoDate)?;
    let is_weekday = |word: &str| {
        let word = word.to_lowercase();
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        word.chars().all(char::is_alphabetic)
            && days.iter().any(|day| word.starts_with(day))
            && word.len() <= 9
    };
    if (first.ends_with(',') || is_weekday(first)) && parse_month(first).is_none() {
        first = words.take_word().ok_or(DateError::NoDate)?;
    }
    let second = words.take_word().ok_or(DateError::NoDate)?;
    let third = words.take_word().ok_or(DateError::NoDate)?;
    let number = |word: &str| {
        word.trim_end_matches([',', '.'])
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse::<u32>()
            .ok()
    };
    let (month, day) = match (parse_month(first), parse_month(second)) {
        (Some(month), _) => (month, number(second)),
        (None, Some(month)) => (month, number(first)),
        _ => return Err(DateError::NoDate),
    };
    let year = third.trim_end_matches([',', '.', ':']);
    let year = parse_year(year).ok_or(DateError::NoDate)?;
    Ok((
        make_date(year, month, day.ok_or(DateError::NoDate)?, false)?,
        &text[words.at..],
    ))
}

/// Reads a day at the beginning of a text: `2024-12-01`, `2024/12/1` or `2024.12.01`. Returns it with the rest; `None`
/// for any other form.
pub(super) fn parse_numeric_day(
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
    let date = make_date(
        year.parse().ok()?,
        month.parse().ok()?,
        day.parse().ok()?,
        roll_over,
    );
    Some(date.map(|date| (date, rest)))
}

/// A year of four digits, or of two as RFC 2822 (4.3) reads them.
fn parse_year(text: &str) -> Option<i32> {
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
    fn take_word(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let start = rest.find(|c: char| !c.is_whitespace())?;
        let end = rest[start..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |end| start + end);
        self.at += end;
        Some(&rest[start..end])
    }
}

pub(super) fn make_date(
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
fn parse_time(text: &str) -> Result<(NaiveTime, &str), DateError> {
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
        && (zone.is_empty() || zone == "Z" || parse_digits(zone).is_some())
}

#[cfg(test)]
mod tests;
