//! How far long work is: a bar on a terminal, now and then a line elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use crate::finding::visible;

/// The time between two lines where there is no terminal.
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
    /// The time of the last line, and the count then.
    told: Instant,
    counted: usize,
}

impl Progress {
    /// One that shows nothing.
    pub fn hidden() -> Self {
        Self::default()
    }

    /// One that shows how many of `total` are done.
    pub fn new(title: &str, total: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(
                u64::try_from(total).ok(),
                ProgressDrawTarget::stderr(),
            );
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(title.to_owned());
            bar
        });
        let now = Instant::now();
        let done = Mutex::new(Done {
            count: 0,
            told: now,
            counted: 0,
        });
        Self(Some(Arc::new(Shown {
            title: title.to_owned(),
            total,
            bar,
            done,
        })))
    }

    /// So many more are done.
    pub(super) fn add(&self, count: usize) {
        let Some(shown) = &self.0 else { return };
        if let Some(bar) = &shown.bar {
            bar.inc(u64::try_from(count).unwrap_or(0));
            return;
        }
        let now = Instant::now();
        let mut done = shown.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.count += count;
        if now >= done.told + INTERVAL {
            let recent = done.count - done.counted;
            let line = line(
                &shown.title,
                done.count,
                shown.total,
                recent,
                now - done.told,
            );
            (done.told, done.counted) = (now, done.count);
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    /// A line above the bar.
    pub(super) fn say(&self, words: &str) {
        let Some(shown) = &self.0 else { return };
        match &shown.bar {
            Some(bar) => bar.println(format!("{}: {}", shown.title, visible(words))),
            None => drop(writeln!(
                io::stderr(),
                "{}: {}",
                shown.title,
                visible(words)
            )),
        }
    }

    /// Takes the bar away: what came of it is said in words.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.0.as_ref().and_then(|shown| shown.bar.as_ref()) {
            bar.finish_and_clear();
        }
    }
}

/// Where it stands, its rate and the time left, both by what was done since the last line: a relay that slows down makes
/// an average over the whole run wrong.
fn line(title: &str, done: usize, total: usize, recent: usize, took: Duration) -> String {
    let seconds = usize::try_from(took.as_secs()).unwrap_or(usize::MAX).max(1);
    let rate = recent / seconds;
    let left = (total.saturating_sub(done) * seconds)
        .checked_div(recent)
        .map_or_else(String::new, |left| match left {
            0..=99 => format!(", {left} s left"),
            100..=5999 => format!(", {} min left", left / 60),
            _ => format!(", {} h left", left / 3600),
        });
    format!("{title}: {done} of {total}, {rate}/s{left}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::line;

    #[test]
    fn a_line_tells_the_rate_and_the_time_left() {
        for (done, total, recent, seconds, expected) in [
            (0, 5000, 0, 10, "weekly: 0 of 5000, 0/s"),
            (
                1000,
                5000,
                1000,
                10,
                "weekly: 1000 of 5000, 100/s, 40 s left",
            ),
            (1000, 5000, 20, 10, "weekly: 1000 of 5000, 2/s, 33 min left"),
            (
                1000,
                100_000,
                1000,
                10,
                "weekly: 1000 of 100000, 100/s, 16 min left",
            ),
            (10, 100_000, 10, 10, "weekly: 10 of 100000, 1/s, 27 h left"),
            (
                5000,
                5000,
                5000,
                50,
                "weekly: 5000 of 5000, 100/s, 0 s left",
            ),
        ] {
            assert_eq!(
                line("weekly", done, total, recent, Duration::from_secs(seconds)),
                expected
            );
        }
    }
}
