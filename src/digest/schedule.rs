//! When a digest is due: the slots of a cron pattern in a zone.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// The last slot that is not after `now`, as seconds since 1970; none where there never was one.
pub fn last_before(cron: &Cron, zone: Tz, now: DateTime<Utc>) -> Option<i64> {
    cron.find_previous_occurrence(&now.with_timezone(&zone), true).ok().map(|slot| slot.timestamp())
}

/// The slot to fill: the last that is past, where the digest has not been there yet. Slots that were missed become one.
pub fn due(cron: &Cron, zone: Tz, last_slot: i64, now: DateTime<Utc>) -> Option<i64> {
    last_before(cron, zone, now).filter(|slot| *slot > last_slot)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};

    use super::due;
    use crate::config::Schedule;

    /// How many issues a year brings where `due` is asked at each of these steps.
    fn issues(pattern: &str, zone: &str, step: Duration) -> usize {
        let Ok(Schedule::Cron(cron)) = pattern.parse() else { panic!("{pattern}") };
        let mut now = DateTime::parse_from_rfc3339("2025-01-01T00:00:30Z").unwrap().to_utc();
        let end = now + Duration::days(365);
        let mut last = now.timestamp();
        let mut issues = 0;
        while now < end {
            if let Some(slot) = due(&cron, zone.parse().unwrap(), last, now) {
                assert!(slot > last && slot <= now.timestamp());
                last = slot;
                issues += 1;
            }
            now += step;
        }
        issues
    }

    #[test]
    fn each_slot_of_a_year_is_filled_once_however_often_it_is_asked() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"] {
            for step in [Duration::minutes(10), Duration::hours(1), Duration::hours(24)] {
                assert_eq!(issues("0 8 * * MON", zone, step), 52, "{zone} {step}");
            }
            assert!((12..=13).contains(&issues("0 8 * * MON", zone, Duration::days(30))), "{zone}");
        }
    }
}
