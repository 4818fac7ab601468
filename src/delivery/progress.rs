//! How far long work is: a bar on a terminal, now and then a line elsewhere.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::time::Instant;

use crate::finding::visible;
use crate::log;
use crate::reader::ReaderId;

/// The time between two lines without a terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// The progress of one issue, on stderr.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Shown>>);

struct Shown {
    title: String,
    total: usize,
    bar: Option<ProgressBar>,
    done: Mutex<Done>,
}

struct Done {
    count: usize,
    /// Readers whose delivery is due later.
    deferred: HashSet<ReaderId>,
    /// Number of outcomes since the last line, of these the deliveries that are done, and the time of that line.
    recent: usize,
    settled: usize,
    told: Instant,
}

impl Progress {
    /// A progress that shows nothing.
    pub fn hidden() -> Self {
        Self::default()
    }

    /// A progress that shows how many of `total` are done.
    pub fn new(title: &str, total: usize) -> Self {
        let bar = (io::stderr().is_terminal() && !log::is_kept()).then(|| {
            let bar = ProgressBar::with_draw_target(
                u64::try_from(total).ok(),
                ProgressDrawTarget::stderr(),
            );
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec}{left}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            // While everybody is deferred nothing tells how long it takes.
            let left = |state: &ProgressState, words: &mut dyn fmt::Write| {
                if state.pos() > 0 {
                    let _ = write!(words, " {:#} left", HumanDuration(state.eta()));
                }
            };
            bar.set_style(style.with_key("left", left));
            bar.set_message(title.to_owned());
            bar
        });
        let now = Instant::now();
        let done = Mutex::new(Done {
            count: 0,
            deferred: HashSet::new(),
            recent: 0,
            settled: 0,
            told: now,
        });
        Self(Some(Arc::new(Shown {
            title: title.to_owned(),
            total,
            bar,
            done,
        })))
    }

    /// Counts `count` more as done.
    pub(super) fn add(&self, count: usize) {
        self.note(count, |done| done.count += count);
    }

    /// This reader's delivery is done.
    pub(super) fn finish_one(&self, reader: ReaderId) {
        self.note(1, |done| {
            done.count += 1;
            done.deferred.remove(&reader);
        });
    }

    /// Counts a reader's delivery as due later: it is not done, and nothing waits for it now.
    pub(super) fn defer(&self, reader: ReaderId) {
        self.note(1, |done| {
            done.deferred.insert(reader);
        });
    }

    /// Counts outcomes, and prints the progress if that is due.
    fn note(&self, outcomes: usize, change: impl FnOnce(&mut Done)) {
        let Some(shown) = &self.0 else { return };
        let mut done = shown.done.lock().unwrap_or_else(PoisonError::into_inner);
        let before = done.count;
        change(&mut done);
        done.recent += outcomes;
        done.settled += done.count - before;
        if let Some(bar) = &shown.bar {
            let now_due = shown.total.saturating_sub(done.deferred.len());
            bar.set_length(u64::try_from(now_due).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done.count).unwrap_or(u64::MAX));
            bar.set_message(format!(
                "{}{}",
                shown.title,
                describe_deferred(done.deferred.len())
            ));
            return;
        }
        let now = Instant::now();
        if now >= done.told + INTERVAL {
            let line = write_line(&shown.title, shown.total, &done, now - done.told);
            (done.told, done.recent, done.settled) = (now, 0, 0);
            log::say(&line);
        }
    }

    /// Prints a line above the bar.
    pub(super) fn say(&self, words: &str) {
        let Some(shown) = &self.0 else { return };
        match &shown.bar {
            Some(bar) => bar.println(format!("{}: {}", shown.title, visible(words))),
            None => log::say(&format!("{}: {}", shown.title, visible(words))),
        }
    }

    /// Removes the bar: the result is printed in words.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.0.as_ref().and_then(|shown| shown.bar.as_ref()) {
            bar.finish_and_clear();
        }
    }
}

/// The progress, its rate and the time left, by the rate since the last line: a relay that slows down makes an average
/// over the whole run wrong.
fn write_line(title: &str, total: usize, done: &Done, took: Duration) -> String {
    let seconds = usize::try_from(took.as_secs()).unwrap_or(usize::MAX).max(1);
    let rate = done.recent / seconds;
    let due = total.saturating_sub(done.count + done.deferred.len());
    // A relay that defers everybody is asked more slowly each time, and given up at an hour that no rate foretells.
    let rated = done.recent * usize::from(done.settled > 0);
    let left = (due * seconds)
        .checked_div(rated)
        .map_or_else(String::new, |left| match left {
            0..=99 => format!(", {left} s left"),
            100..=5999 => format!(", {} min left", left / 60),
            _ => format!(", {} h left", left / 3600),
        });
    let deferred = describe_deferred(done.deferred.len());
    format!(
        "{title}: {} of {total}{deferred}, {rate}/s{left}",
        done.count
    )
}

fn describe_deferred(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(", {count} deferred"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Done, write_line};
    use crate::reader::ReaderId;

    #[test]
    fn a_line_tells_the_rate_and_the_time_left_for_those_who_are_due() {
        for (count, deferred, total, recent, seconds, expected) in [
            (0, 0, 5000, 0, 10, "weekly: 0 of 5000, 0/s"),
            (
                1000,
                0,
                5000,
                1000,
                10,
                "weekly: 1000 of 5000, 100/s, 40 s left",
            ),
            (
                1000,
                0,
                5000,
                20,
                10,
                "weekly: 1000 of 5000, 2/s, 33 min left",
            ),
            (
                1000,
                0,
                100_000,
                1000,
                10,
                "weekly: 1000 of 100000, 100/s, 16 min left",
            ),
            (
                10,
                0,
                100_000,
                10,
                10,
                "weekly: 10 of 100000, 1/s, 27 h left",
            ),
            (
                5000,
                0,
                5000,
                5000,
                50,
                "weekly: 5000 of 5000, 100/s, 0 s left",
            ),
            (
                1000,
                3000,
                5000,
                1000,
                10,
                "weekly: 1000 of 5000, 3000 deferred, 100/s, 10 s left",
            ),
            (
                0,
                500,
                1000,
                500,
                10,
                "weekly: 0 of 1000, 500 deferred, 50/s",
            ),
            (
                0,
                1000,
                1000,
                500,
                10,
                "weekly: 0 of 1000, 1000 deferred, 50/s",
            ),
            (
                20,
                500,
                1000,
                500,
                10,
                "weekly: 20 of 1000, 500 deferred, 50/s, 9 s left",
            ),
        ] {
            let done = Done {
                count,
                deferred: (0..deferred).map(ReaderId::from).collect(),
                recent,
                settled: count.min(recent),
                told: Instant::now(),
            };
            let line = write_line("weekly", total, &done, Duration::from_secs(seconds));
            assert_eq!(line, expected);
        }
    }
}
