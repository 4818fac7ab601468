//! Dates as people write them, and what a date without a zone means.

use chrono::{
    DateTime, Datelike, Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime,
    Offset, TimeZone, Utc,
};
use chrono_tz::Tz;

/// How a local time becomes an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zoning {
    /// The zone of a time that names none.
    pub zone: Tz,
    /// Whether a time that occurs twice or never is read as Go reads it (Hugo).
    pub as_go: bool,
    /// Whether a time that happens twice is the second (Jekyll).
    pub fold_late: bool,
    /// Whether a day that the month lacks rolls over, up to the 31st (Jekyll).
    pub roll_over: bool,
}

impl Zoning {
    /// The instant of a local time.
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(at) => at.to_utc(),
            _ if self.as_go => {
                // `time.Date` takes the offset that holds when it is this time in UTC; where that does not hold at the
                // instant so found, the one that does.
                let first = local - self.offset(local);
                (local - self.offset(first)).and_utc()
            }
            LocalResult::Ambiguous(early, late) => {
                if self.fold_late { late } else { early }.to_utc()
            }
            // Clocks jump by less than a day: the offset that held a day before reads the time on that side.
            LocalResult::None => (local - self.offset(local - Duration::days(1))).and_utc(),
        }
    }

    /// The offset that holds at an instant.
    fn offset(self, utc: NaiveDateTime) -> Duration {
        let offset = chrono::Offset::fix(self.zone.from_utc_datetime(&utc).offset());
        Duration::seconds(i64::from(offset.local_minus_utc()))
    }
}

/// An instant, and the offset that the text named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// The instant.
    pub at: DateTime<Utc>,
    /// How far from UTC the text said that its clock was; none where it did not.
    pub offset: Option<FixedOffset>,
}

/// The instant that a text names.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn parse(text: &str, zoning: &Zoning) -> Result<Instant, String> {
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
            let seconds = seconds.ok_or_else(|| "the number is too large".to_owned())?;
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
fn compact_day(text: &str) -> Option<NaiveDate> {
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
fn in_range(date: NaiveDate) -> Result<(), String> {
    match (1900..=9998).contains(&date.year()) {
        true => Ok(()),
        false => Err(format!("the year {} is out of range", date.year())),
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
fn day(text: &str, roll_over: bool) -> Result<(NaiveDate, &str), String> {
    let no_date = || "there is no date".to_owned();
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
    let mut words = Words { text, at: 0 };
    let mut first = words.next().ok_or_else(no_date)?;
    let is_weekday = |word: &str| {
        let word = word.to_lowercase();
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        word.chars().all(char::is_alphabetic)
            && days.iter().any(|day| word.starts_with(day))
            && word.len() <= 9
    };
    if (first.ends_with(',') || is_weekday(first)) && month_of(first).is_none() {
        first = words.next().ok_or_else(no_date)?;
    }
    let second = words.next().ok_or_else(no_date)?;
    let third = words.next().ok_or_else(no_date)?;
    let number = |word: &str| {
        word.trim_end_matches([',', '.'])
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse::<u32>()
            .ok()
    };
    let (month, day) = match (month_of(first), month_of(second)) {
        (Some(month), _) => (month, number(second)),
        (None, Some(month)) => (month, number(first)),
        _ => return Err(no_date()),
    };
    let year = third.trim_end_matches([',', '.', ':']);
    let year = year_of(year).ok_or_else(no_date)?;
    Ok((
        calendar(year, month, day.ok_or_else(no_date)?, false)?,
        &text[words.at..],
    ))
}

/// The day that leads a text as `2024-12-01`, `2024/12/1` or `2024.12.01`, and what follows it; none where it has
/// another form.
fn numeric_day(text: &str, roll_over: bool) -> Option<Result<(NaiveDate, &str), String>> {
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

struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
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

fn calendar(year: i32, month: u32, day: u32, roll_over: bool) -> Result<NaiveDate, String> {
    if !(1..=12).contains(&month) {
        return Err(format!("month {month}"));
    }
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => Ok(date),
        None if roll_over && (29..=31).contains(&day) => NaiveDate::from_ymd_opt(year, month, 1)
            .and_then(|first| first.checked_add_signed(Duration::days(i64::from(day) - 1)))
            .ok_or_else(|| format!("day {day}")),
        None => Err(format!("there is no day {day} in month {month} of {year}")),
    }
}

/// The time that a text begins with, and the zone that follows it.
fn time_of_day(text: &str) -> Result<(NaiveTime, &str), String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')
        .unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let mut parts = clock.splitn(3, ':');
    let mut number = |what: &str, most: u32| -> Result<u32, String> {
        let part = parts
            .next()
            .ok_or_else(|| format!("the time `{clock}` has no {what}"))?;
        let number: u32 = part
            .parse()
            .map_err(|_| format!("the time `{clock}` has no {what}"))?;
        if number > most {
            Err(format!("{what} {number}"))
        } else {
            Ok(number)
        }
    };
    let (hour, minute) = (number("hour", 23)?, number("minute", 59)?);
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            let whole: u32 = whole
                .parse()
                .map_err(|_| format!("the time `{clock}` has no second"))?;
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
                return Err(format!("hour {hour} {half}"));
            }
            hour = hour % 12 + noon;
            zone = zone[2..].trim();
        }
    }
    // A leap second is the last of its minute.
    let time =
        NaiveTime::from_hms_nano_opt(hour, minute, second.min(59), nanos).filter(|_| second <= 60);
    Ok((time.ok_or_else(|| format!("second {second}"))?, zone))
}

/// The offset that the words behind a time name; none where there are none.
fn offset(words: &str) -> Result<Option<FixedOffset>, String> {
    let unknown = || format!("`{words}` is no zone");
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
fn digits_of(text: &str) -> Option<FixedOffset> {
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

/// The date that leads a title, and the title without it: `February 18, 2013 - A Day`.
pub fn leading(title: &str, zoning: &Zoning) -> Option<(DateTime<Utc>, String)> {
    let (date, rest) = day(title, false).ok()?;
    let rest = rest
        .trim_start()
        .trim_start_matches(['-', '–', '—', ':', '|'])
        .trim();
    in_range(date).ok()?;
    let at = zoning.instant(date.and_time(NaiveTime::MIN));
    Some((
        at,
        if rest.is_empty() {
            title.to_owned()
        } else {
            rest.to_owned()
        },
    ))
}

/// What joins the date that leads a file's name to the rest of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Dashes, underscores and spaces, of which the rest has none at its beginning; without one there is no date.
    Signs,
    /// One dash or underscore, and perhaps a space before it; without one the whole name is the rest (Zola).
    Sign,
}

/// The date that leads a file's name, with its time where there is one, and the rest of the name; it is empty where
/// there is none, and the whole name stands for the post. `2024-03-18-the-pager`, `2024-03-18T08:00:00+01:00_tea`.
///
/// # Errors
/// Why what looks like a date is none.
pub fn in_name<'a>(
    name: &'a str,
    zoning: &Zoning,
    joint: Joint,
) -> Option<Result<(Instant, &'a str), String>> {
    let (date, mut rest) = match numeric_day(name, zoning.roll_over)? {
        Ok(found) => found,
        Err(reason) => return Some(Err(reason)),
    };
    if joint == Joint::Sign && name.get(..10) != Some(&date.format("%Y-%m-%d").to_string()) {
        return None;
    }
    let mut found = Instant {
        at: zoning.instant(date.and_time(NaiveTime::MIN)),
        offset: None,
    };
    if rest.starts_with('T') {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || b"T:.Z+-".contains(byte))
            .count();
        // The dash before the slug may look like an offset's sign: the longest beginning that is a date counts.
        let start = name.len() - rest.len();
        let longest = (1..=length)
            .rev()
            .find_map(|end| Some((end, parse(&name[..start + end], zoning).ok()?)));
        match (longest, joint) {
            (Some((end, at)), _) => (found, rest) = (at, &rest[end..]),
            (None, Joint::Sign) => {}
            (None, Joint::Signs) => return None,
        }
    }
    let bare = match joint {
        Joint::Sign => {
            let signed = rest.strip_prefix(char::is_whitespace).unwrap_or(rest);
            signed.strip_prefix(['-', '_']).unwrap_or_default()
        }
        Joint::Signs if !rest.is_empty() && !rest.starts_with(['-', '_', ' ']) => return None,
        Joint::Signs => rest.trim_start_matches(['-', '_', ' ']),
    };
    Some(in_range(date).map(|()| (found, bare)))
}

/// The first date that stands in a path: `2024-03-18` anywhere, or the folders `2024/03/18`.
pub fn in_path(path: &str, zoning: &Zoning) -> Option<Instant> {
    let is_digit = |c: char| c.is_ascii_digit();
    let starts = path
        .match_indices(is_digit)
        .filter(|(at, _)| !path[..*at].ends_with(is_digit));
    starts.map(|(at, _)| &path[at..]).find_map(|text| {
        let (date, rest) = numeric_day(text, false)?.ok()?;
        // `2024.03.18` is a version as often as a date.
        if text[4..].starts_with('.') || rest.starts_with(is_digit) {
            return None;
        }
        in_range(date).ok()?;
        Some(Instant {
            at: zoning.instant(date.and_time(NaiveTime::MIN)),
            offset: None,
        })
    })
}

/// Whether YAML sees a timestamp in a text: a day with dashes, a time with seconds, and no more than an offset.
pub fn is_timestamp(text: &str) -> bool {
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

/// The day that two folders or a folder and a name say together: `2024/03-18-tea`, `2024-03/18-tea`, `2024/03_18`.
fn in_two_parts(path: &str) -> Option<NaiveDate> {
    let is_digit = |c: char| c.is_ascii_digit();
    let starts = path.match_indices(is_digit);
    let mut starts = starts.filter(|(at, _)| *at == 0 || path[..*at].ends_with('/'));
    starts.find_map(|(at, _)| {
        let parts = path[at..].split(['-', '_', '/', '.']).take(3);
        let [year, month, day] = parts.collect::<Vec<_>>()[..] else {
            return None;
        };
        let joint = |at: usize| path[..at].chars().next_back();
        let month_at = at + year.len() + 1;
        let day_at = month_at + month.len() + 1;
        let end = path[day_at + day.len()..].chars().next();
        let joints = [joint(month_at)?, joint(day_at)?];
        let is_day = (year.len(), month.len(), day.len()) == (4, 2, 2)
            && [year, month, day]
                .iter()
                .all(|part| part.chars().all(is_digit))
            && joints.contains(&'/')
            && !joints.contains(&'.')
            && end.is_none_or(|c| "-_/.".contains(c));
        let number = |part: &str| part.parse().ok();
        is_day.then(|| calendar(year.parse().ok()?, number(month)?, number(day)?, false).ok())?
    })
}

/// The first date that begins a part of a path in a form that no generator knows: `20240318-tea`, `2024_03_18_tea`,
/// `2024/03-18-tea`.
pub fn in_part(path: &str, zoning: &Zoning) -> Option<Instant> {
    let day = |part: &str| {
        let (digits, rest) = part.split_at_checked(8)?;
        match compact_day(digits) {
            Some(date) if !rest.starts_with(|c: char| c.is_ascii_digit()) => Some(date),
            _ => NaiveDate::parse_from_str(part.get(..10)?, "%Y_%m_%d").ok(),
        }
    };
    let is_in_range = |date: &NaiveDate| in_range(*date).is_ok();
    let mut parts = path.split('/');
    let date = parts
        .find_map(|part| day(part).filter(is_in_range))
        .or_else(|| in_two_parts(path).filter(is_in_range))?;
    Some(Instant {
        at: zoning.instant(date.and_time(NaiveTime::MIN)),
        offset: None,
    })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::{Zoning, in_part, leading, parse};

    /// The first of two, and the offset that held before a gap.
    fn plain(zone: Tz) -> Zoning {
        Zoning {
            zone,
            as_go: false,
            fold_late: false,
            roll_over: false,
        }
    }

    #[test]
    fn a_part_of_a_path_may_begin_with_a_day_in_a_form_of_ones_own() {
        let zoning = plain(chrono_tz::UTC);
        for (path, expected) in [
            ("20240318-tea.md", Some("2024-03-18")),
            ("a/20240318.md", Some("2024-03-18")),
            ("2024_03_18_tea/index.md", Some("2024-03-18")),
            ("202403181-tea.md", None),
            ("20241318-tea.md", None),
            ("tea-20240318.md", None),
            ("00010101-tea.md", None),
            ("2007/04-19-x.md", Some("2007-04-19")),
            ("2010-05/06-w.md", Some("2010-05-06")),
            ("a/2010/05_06_w.md", Some("2010-05-06")),
            ("2010_05/06.md", Some("2010-05-06")),
            ("2010/05-06/index.md", Some("2010-05-06")),
            ("2010/13-06-w.md", None),
            ("2010/02-30-w.md", None),
            ("2010/05-066.md", None),
            ("2010/05-w.md", None),
            ("2010/5-6-w.md", None),
            ("a2010/05-06-w.md", None),
            ("2010-05-06.md", None),
            ("2010/05.06.md", None),
            ("2010", None),
            ("2010/é", None),
        ] {
            let found = in_part(path, &zoning).map(|found| found.at.format("%Y-%m-%d").to_string());
            assert_eq!(found.as_deref(), expected, "{path}");
        }
    }

    fn at(text: &str, zone: &str) -> String {
        match parse(text, &plain(zone.parse().unwrap())) {
            Ok(found) => found
                .at
                .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            Err(error) => error,
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

    #[test]
    fn a_date_that_leads_a_title_leaves_it() {
        let zoning = plain(chrono_tz::UTC);
        let (at, title) = leading("February 18, 2013 - A Day in the Life", &zoning).unwrap();
        assert_eq!(
            (at.to_rfc3339().as_str(), title.as_str()),
            ("2013-02-18T00:00:00+00:00", "A Day in the Life")
        );
        assert!(leading("Five ways to brew tea", &zoning).is_none());
        assert!(leading("May we talk about tea", &zoning).is_none());
    }
}
