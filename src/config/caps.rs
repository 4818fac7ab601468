//! Caps: how many messages may leave in an hour and in a day, and when what is over goes. Hours and days are those of UTC.

use chrono::{DateTime, Duration, DurationRound, TimeDelta, Utc};

/// The most messages an hour and a day; `None` without a cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// The most messages in an hour (UTC) by all senders together.
    pub per_hour: Option<usize>,
    /// The most messages in a day (UTC) by all senders together.
    pub per_day: Option<usize>,
}

/// An hour or a day in which at most so many may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The key of the config that caps it.
    pub key: &'static str,
    /// Its first second.
    pub since: DateTime<Utc>,
    /// The first second of the next.
    pub until: DateTime<Utc>,
    /// The cap.
    pub most: usize,
}

impl Caps {
    /// The hour and the day that run, as far as they are capped.
    pub fn windows(self, now: DateTime<Utc>) -> Vec<Window> {
        let window = |key, most: Option<usize>, length: TimeDelta| {
            let since = now.duration_trunc(length).ok()?;
            Some(Window {
                key,
                since,
                until: since + length,
                most: most?,
            })
        };
        let hour = window("per_hour", self.per_hour, Duration::hours(1));
        let day = window("per_day", self.per_day, Duration::days(1));
        hour.into_iter().chain(day).collect()
    }

    /// When `count` messages will have gone, each as soon as the caps permit; `gone` counts those of a window so far.
    /// `None` without caps, or if it would take longer than anybody waits.
    pub fn done_at(
        self,
        now: DateTime<Utc>,
        waiting: usize,
        gone: impl Fn(&Window) -> usize,
    ) -> Option<DateTime<Utc>> {
        let (mut at, mut waiting) = (now, waiting);
        let mut windows = self.windows(now);
        if windows.is_empty() {
            return None;
        }
        for window in &mut windows {
            window.most = window.most.saturating_sub(gone(window));
        }
        loop {
            let room = windows.iter().map(|window| window.most).min()?;
            if waiting <= room {
                return Some(at);
            }
            waiting -= room;
            for window in &mut windows {
                window.most -= room;
            }
            // Nothing goes before each window that is full has ended.
            let full = windows.iter().filter(|window| window.most == 0);
            at = full.map(|window| window.until).max()?;
            if at > now + Duration::days(3650) {
                return None;
            }
            for (window, next) in windows.iter_mut().zip(self.windows(at)) {
                if next.since != window.since {
                    *window = next;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::Caps;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2024-06-{text}Z").parse().unwrap()
    }

    #[test]
    fn a_window_is_the_hour_and_the_day_that_run() {
        let caps = Caps {
            per_hour: Some(10),
            per_day: Some(100),
        };
        let windows = caps.windows(at("24T10:59:59"));
        let spans: Vec<_> = windows.iter().map(|one| (one.since, one.until)).collect();
        assert_eq!(
            spans,
            [
                (at("24T10:00:00"), at("24T11:00:00")),
                (at("24T00:00:00"), at("25T00:00:00"))
            ]
        );
        assert!(Caps::default().windows(at("24T10:00:00")).is_empty());
    }

    #[test]
    fn the_last_goes_when_the_caps_have_let_all_others_go() {
        for (per_hour, per_day, gone, waiting, done) in [
            (Some(10), None, 0, 10, "24T10:30:00"),
            (Some(10), None, 0, 11, "24T11:00:00"),
            (Some(10), None, 10, 10, "24T11:00:00"),
            (Some(10), None, 4, 26, "24T12:00:00"),
            (None, Some(50), 0, 120, "26T00:00:00"),
            // Ten an hour until the day is full, then from midnight on.
            (Some(10), Some(25), 0, 25, "24T12:00:00"),
            (Some(10), Some(25), 0, 26, "25T00:00:00"),
            (Some(10), Some(25), 0, 36, "25T01:00:00"),
            // Fewer than the hour has already had.
            (Some(10), None, 30, 1, "24T11:00:00"),
        ] {
            let caps = Caps { per_hour, per_day };
            let found = caps.done_at(at("24T10:30:00"), waiting, |_| gone);
            assert_eq!(found, Some(at(done)), "{caps:?} {gone} {waiting}");
        }
        assert_eq!(Caps::default().done_at(at("24T10:30:00"), 5, |_| 0), None);
        let one = Caps {
            per_hour: None,
            per_day: Some(1),
        };
        assert_eq!(one.done_at(at("24T10:30:00"), 1_000_000, |_| 0), None);
    }
}
