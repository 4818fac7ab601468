//! The slots of a cron pattern in a time zone, at which a digest is due.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// Returns the last slot up to `now`, in seconds since 1970; `None` if there never was one.
pub(crate) fn find_last_slot(cron: &Cron, zone: Tz, now: DateTime<Utc>) -> Option<i64> {
    cron.find_previous_occurrence(&now.with_timezone(&zone), true)
        .ok()
        .map(|slot| slot.timestamp())
}

/// Returns the last past slot, in seconds since 1970, if it is after `last_slot`. Missed slots become one.
pub(crate) fn find_due_slot(
    cron: &Cron,
    zone: Tz,
    last_slot: i64,
    now: DateTime<Utc>,
) -> Option<i64> {
    find_last_slot(cron, zone, now).filter(|slot| *slot > last_slot)
}

/// Returns the first slot after `last_slot` (seconds since 1970). It may be in the future.
pub(crate) fn find_next_slot(cron: &Cron, zone: Tz, last_slot: i64) -> Option<DateTime<Utc>> {
    let last = DateTime::from_timestamp(last_slot, 0)?.with_timezone(&zone);
    cron.find_next_occurrence(&last, false)
        .ok()
        .map(|slot| slot.to_utc())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::{DateTime, Datelike, Duration, Timelike, Utc};
    use chrono_tz::Tz;
    use croner::Cron;

    use super::{find_due_slot, find_next_slot};
    use crate::config::Schedule;

    const ZONES: [&str; 4] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "UTC",
    ];

    fn cron(pattern: &str) -> Cron {
        let Ok(Schedule::Cron(cron)) = pattern.parse() else {
            panic!("{pattern}")
        };
        *cron
    }

    fn year() -> (DateTime<Utc>, DateTime<Utc>) {
        let begin = DateTime::parse_from_rfc3339("2025-01-01T00:00:30Z")
            .unwrap()
            .to_utc();
        (begin, begin + Duration::days(365))
    }

    /// The slots of the issues that a year brings where `due` is asked at each of these steps.
    fn issues(pattern: &str, zone: Tz, step: Duration) -> Vec<DateTime<Utc>> {
        let cron = cron(pattern);
        let (mut now, end) = year();
        let mut last = now.timestamp();
        let mut slots = Vec::new();
        while now < end {
            if let Some(slot) = find_due_slot(&cron, zone, last, now) {
                assert!(
                    slot > last && slot <= now.timestamp(),
                    "{pattern} {zone} {now}: no slot twice, none too early"
                );
                last = slot;
                slots.push(DateTime::from_timestamp(slot, 0).unwrap());
            }
            now += step;
        }
        slots
    }

    /// The local time at each minute of the year.
    fn minutes(zone: Tz) -> impl Iterator<Item = DateTime<Tz>> {
        let (begin, end) = year();
        let first = begin.with_second(0).unwrap() + Duration::minutes(1);
        (0..)
            .map(move |n| first + Duration::minutes(n))
            .take_while(move |at| *at <= end)
            .map(move |at| at.with_timezone(&zone))
    }

    #[test]
    fn a_fixed_hour_comes_once_a_day_also_in_the_gap_and_in_the_fold() {
        for zone in ZONES.map(|zone| zone.parse::<Tz>().unwrap()) {
            let minutes: Vec<DateTime<Tz>> = minutes(zone).collect();
            // The hours that summer time leaves out or repeats: from two to three, on Lord Howe half an hour.
            for (pattern, hour, minute) in [
                ("30 2 * * *", 2, 30),
                ("15 2 * * *", 2, 15),
                ("45 1 * * *", 1, 45),
                ("0 8 * * *", 8, 0),
            ] {
                let slots = issues(pattern, zone, Duration::hours(1));
                assert_eq!(slots.len(), 365, "{pattern} {zone}");
                // Found without a parser of patterns: the first minute of a day at or after the hour. The last 365 of
                // them, since on the first day the hour may be past.
                let mut days = HashSet::new();
                let is_first = |at: &&DateTime<Tz>| {
                    (at.hour(), at.minute()) >= (hour, minute) && days.insert(at.date_naive())
                };
                let expected: Vec<DateTime<Utc>> = minutes
                    .iter()
                    .filter(is_first)
                    .map(DateTime::to_utc)
                    .collect();
                assert_eq!(slots, expected[expected.len() - 365..], "{pattern} {zone}");
            }
        }
    }

    #[test]
    fn what_repeats_within_the_hour_follows_real_time_through_summer_time() {
        for zone in ZONES.map(|zone| zone.parse::<Tz>().unwrap()) {
            let slots = issues("*/30 * * * *", zone, Duration::minutes(30));
            let gaps = |minutes: i64| {
                slots
                    .windows(2)
                    .filter(|two| two[1] - two[0] == Duration::minutes(minutes))
                    .count()
            };
            assert_eq!(
                gaps(30),
                slots.len() - 1,
                "{zone}: every half hour, no half hour twice"
            );
            assert_eq!(
                slots.len(),
                365 * 48 - 1,
                "{zone}: all but the one before the first"
            );
        }
    }

    #[test]
    fn a_week_brings_one_issue_however_often_it_is_asked_and_a_sleep_brings_one_for_all() {
        for zone in ZONES.map(|zone| zone.parse::<Tz>().unwrap()) {
            let slots = issues("0 8 * * MON", zone, Duration::minutes(30));
            assert_eq!(slots.len(), 52, "{zone}");
            for slot in &slots {
                let local = slot.with_timezone(&zone);
                assert_eq!(
                    (local.weekday(), local.hour(), local.minute()),
                    (chrono::Weekday::Mon, 8, 0),
                    "{zone}"
                );
            }
            for step in [Duration::hours(1), Duration::hours(24)] {
                assert_eq!(issues("0 8 * * MON", zone, step), slots, "{zone} {step}");
            }
            let asleep = issues("0 8 * * MON", zone, Duration::days(30));
            assert_eq!(asleep.len(), 12, "{zone}");
            assert!(asleep.iter().all(|slot| slots.contains(slot)), "{zone}");
        }
    }

    #[test]
    fn what_was_missed_first_is_the_slot_after_the_last() {
        let monday = DateTime::parse_from_rfc3339("2024-06-24T06:00:00Z").unwrap();
        let after = |last| find_next_slot(&cron("0 8 * * MON"), chrono_tz::Europe::Berlin, last);
        assert_eq!(
            after(monday.timestamp()),
            Some(monday.to_utc() + Duration::weeks(1))
        );
        assert_eq!(after(monday.timestamp() - 1), Some(monday.to_utc()));
        assert_eq!(after(i64::MIN), None);
    }

    #[test]
    fn who_asks_every_minute_gets_no_slot_twice() {
        let zone = chrono_tz::Australia::Lord_Howe;
        assert_eq!(
            issues("45 1 * * *", zone, Duration::minutes(1)),
            issues("45 1 * * *", zone, Duration::hours(1))
        );
    }

    #[test]
    fn every_post_is_in_one_issue_however_the_year_is_asked() {
        let (begin, end) = year();
        let posts: Vec<DateTime<Utc>> = (0..1250).map(|n| begin + Duration::hours(7 * n)).collect();
        assert!(posts.iter().all(|post| *post < end));
        for zone in ZONES.map(|zone| zone.parse::<Tz>().unwrap()) {
            let cron = cron("30 2 * * *");
            for step in [
                Duration::minutes(50),
                Duration::hours(24),
                Duration::days(30),
            ] {
                let (mut now, mut last, mut told, mut next) =
                    (begin, begin.timestamp(), Vec::new(), 0);
                while now < end + Duration::days(31) {
                    if let Some(slot) = find_due_slot(&cron, zone, last, now) {
                        last = slot;
                        let new = posts[next..]
                            .iter()
                            .take_while(|post| **post <= now)
                            .count();
                        told.extend(next..next + new);
                        next += new;
                    }
                    now += step;
                }
                assert_eq!(told, (0..posts.len()).collect::<Vec<_>>(), "{zone} {step}");
            }
        }
    }
}
