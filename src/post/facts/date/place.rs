//! Dates in titles, in the names of files and in paths.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::post::facts::date::error::DateError;
use crate::post::facts::date::parse::{
    check_range, make_date, parse, parse_compact_day, parse_day, parse_numeric_day,
};
use crate::post::facts::date::zoning::{Instant, Zoning};

/// The date that leads a title, and the title without it: `February 18, 2013 - A Day`.
pub fn split_leading(title: &str, zoning: &Zoning) -> Option<(DateTime<Utc>, String)> {
    let (date, rest) = parse_day(title, false).ok()?;
    let rest = rest
        .trim_start()
        .trim_start_matches(['-', '–', '—', ':', '|'])
        .trim();
    check_range(date).ok()?;
    let at = zoning.resolve(date.and_time(NaiveTime::MIN));
    Some((
        at,
        if rest.is_empty() {
            title.to_owned()
        } else {
            rest.to_owned()
        },
    ))
}

/// The separator after the date at the beginning of a file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Dashes, underscores and spaces, of which the rest has none at its beginning; without one there is no date.
    Signs,
    /// One dash or underscore, and perhaps a space before it; without one the whole name is the rest (Zola).
    Sign,
}

/// Splits the date at the beginning of a file's name, with a time if there is one, from the rest. If nothing is left,
/// the whole name stands for the post. `2024-03-18-the-pager`, `2024-03-18T08:00:00+01:00_tea`.
///
/// # Errors
/// The reason why an apparent date is invalid.
pub fn split_name<'a>(
    name: &'a str,
    zoning: &Zoning,
    joint: Joint,
) -> Option<Result<(Instant, &'a str), DateError>> {
    let (date, mut rest) = match parse_numeric_day(name, zoning.roll_over)? {
        Ok(found) => found,
        Err(reason) => return Some(Err(reason)),
    };
    if joint == Joint::Sign && name.get(..10) != Some(&date.format("%Y-%m-%d").to_string()) {
        return None;
    }
    let mut found = Instant {
        at: zoning.resolve(date.and_time(NaiveTime::MIN)),
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
    Some(check_range(date).map(|()| (found, bare)))
}

/// The first date in a path: `2024-03-18` anywhere, or the folders `2024/03/18`.
pub fn find_in_path(path: &str, zoning: &Zoning) -> Option<Instant> {
    let is_digit = |c: char| c.is_ascii_digit();
    let starts = path
        .match_indices(is_digit)
        .filter(|(at, _)| !path[..*at].ends_with(is_digit));
    starts.map(|(at, _)| &path[at..]).find_map(|text| {
        let (date, rest) = parse_numeric_day(text, false)?.ok()?;
        // `2024.03.18` is a version as often as a date.
        if text[4..].starts_with('.') || rest.starts_with(is_digit) {
            return None;
        }
        check_range(date).ok()?;
        Some(Instant {
            at: zoning.resolve(date.and_time(NaiveTime::MIN)),
            offset: None,
        })
    })
}

/// The day of two folders, or of a folder and a name: `2024/03-18-tea`, `2024-03/18-tea`, `2024/03_18`.
fn find_in_two_parts(path: &str) -> Option<NaiveDate> {
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
        is_day.then(|| make_date(year.parse().ok()?, number(month)?, number(day)?, false).ok())?
    })
}

/// The first date that begins a part of a path in a form that no generator knows: `20240318-tea`, `2024_03_18_tea`,
/// `2024/03-18-tea`.
pub fn find_in_part(path: &str, zoning: &Zoning) -> Option<Instant> {
    let find_day = |part: &str| {
        let (digits, rest) = part.split_at_checked(8)?;
        match parse_compact_day(digits) {
            Some(date) if !rest.starts_with(|c: char| c.is_ascii_digit()) => Some(date),
            _ => NaiveDate::parse_from_str(part.get(..10)?, "%Y_%m_%d").ok(),
        }
    };
    let is_in_range = |date: &NaiveDate| check_range(*date).is_ok();
    let mut parts = path.split('/');
    let date = parts
        .find_map(|part| find_day(part).filter(is_in_range))
        .or_else(|| find_in_two_parts(path).filter(is_in_range))?;
    Some(Instant {
        at: zoning.resolve(date.and_time(NaiveTime::MIN)),
        offset: None,
    })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::{find_in_part, split_leading};
    use crate::post::facts::date::Zoning;

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
            let found =
                find_in_part(path, &zoning).map(|found| found.at.format("%Y-%m-%d").to_string());
            assert_eq!(found.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_date_that_leads_a_title_leaves_it() {
        let zoning = plain(chrono_tz::UTC);
        let (at, title) = split_leading("February 18, 2013 - A Day in the Life", &zoning).unwrap();
        assert_eq!(
            (at.to_rfc3339().as_str(), title.as_str()),
            ("2013-02-18T00:00:00+00:00", "A Day in the Life")
        );
        assert!(split_leading("Five ways to brew tea", &zoning).is_none());
        assert!(split_leading("May we talk about tea", &zoning).is_none());
    }
}
