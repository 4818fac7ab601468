//! Numbers → the shapes of charts, as SVG draws them. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{Months, NaiveDate};

use crate::store::Moves;

/// The size of the chart of readers, in its own units.
pub(super) const WIDTH: f64 = 600.0;
pub(super) const HEIGHT: f64 = 160.0;
/// How many points a line has at most.
const MOST_POINTS: usize = 150;

/// The number of readers at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) day: NaiveDate,
    pub(super) readers: u64,
}

/// A month's growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Month {
    /// Its first day.
    pub(super) first: NaiveDate,
    pub(super) moves: Moves,
    /// The number of readers at its end.
    pub(super) readers: u64,
}

/// How many readers there were after each day on which some came or went, up to today; thinned out evenly.
pub(super) fn plot_readers(days: &BTreeMap<NaiveDate, Moves>, today: NaiveDate) -> Vec<Point> {
    let mut points = Vec::with_capacity(days.len() + 2);
    let mut readers = 0;
    if let Some(before) = days.keys().next().and_then(NaiveDate::pred_opt) {
        points.push(Point {
            day: before,
            readers,
        });
    }
    for (day, moves) in days {
        readers = (readers + moves.came).saturating_sub(moves.went);
        points.push(Point { day: *day, readers });
    }
    if points.last().is_some_and(|last| last.day < today) {
        points.push(Point {
            day: today,
            readers,
        });
    }
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    // Always with the last.
    let skipped = (points.len().max(1) - 1) % step;
    let mut thin: Vec<Point> = points.iter().skip(skipped).step_by(step).copied().collect();
    if let (Some(first), true) = (points.first(), skipped > 0) {
        thin.insert(0, *first);
    }
    thin
}

/// The line through these points: `M0 160H12.5V80…`, since a number holds until the next day on which it changes.
pub(super) fn draw_line(points: &[Point]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let span = count_days(first.day, last.day).max(1.0);
    let most = points.iter().map(|point| point.readers).max();
    let most = to_float(most.unwrap_or_default().max(1));
    let mut line = String::new();
    for point in points {
        let x = count_days(first.day, point.day) / span * WIDTH;
        // Room for the stroke.
        let y = HEIGHT - 2.0 - to_float(point.readers) / most * (HEIGHT - 4.0);
        let _ = match line.is_empty() {
            true => write!(line, "M{}", trim(x)),
            false => write!(line, "H{}", trim(x)),
        };
        let _ = match line.contains('V') || line.contains(' ') {
            true => write!(line, "V{}", trim(y)),
            false => write!(line, " {}", trim(y)),
        };
    }
    line
}

/// The newest months with any growth before them, the newest first.
pub(super) fn sum_months(
    days: &BTreeMap<NaiveDate, Moves>,
    today: NaiveDate,
    most: u32,
) -> Vec<Month> {
    let Some(earliest) = days.keys().next() else {
        return Vec::new();
    };
    let first_of = |day: NaiveDate| chrono::Datelike::with_day(&day, 1).unwrap_or(day);
    let mut months = Vec::new();
    let mut first = first_of(today);
    let total = |moves: &mut dyn Iterator<Item = &Moves>| {
        let mut all = Moves::default();
        for one in moves {
            all.came += one.came;
            all.went += one.went;
        }
        all
    };
    for _ in 0..most {
        let Some(next) = first.checked_add_months(Months::new(1)) else {
            break;
        };
        if next <= *earliest {
            break;
        }
        let moves = total(&mut days.range(first..next).map(|(_, moves)| moves));
        let so_far = total(&mut days.range(..next).map(|(_, moves)| moves));
        months.push(Month {
            first,
            moves,
            readers: so_far.came.saturating_sub(so_far.went),
        });
        let Some(before) = first.checked_sub_months(Months::new(1)) else {
            break;
        };
        first = before;
    }
    months
}

/// Returns where each part of a bar of width 100 begins and how wide it is. A part that is not zero is visible: it has
/// at least half a unit.
pub(super) fn split_bar(parts: &[u64]) -> Vec<(String, String)> {
    let all: u64 = parts.iter().sum();
    let shares = parts.iter().map(|part| match part {
        0 => 0.0,
        part => (to_float(*part) / to_float(all) * 100.0).max(0.5),
    });
    let shares: Vec<f64> = shares.collect();
    let sum: f64 = shares.iter().sum::<f64>().max(1.0);
    let mut begin = 0.0;
    let mut bar = Vec::with_capacity(parts.len());
    for share in shares {
        let width = share / sum * 100.0;
        bar.push((trim(begin), trim(width)));
        begin += width;
    }
    bar
}

fn count_days(from: NaiveDate, to: NaiveDate) -> f64 {
    let days = u64::try_from((to - from).num_days()).unwrap_or_default();
    to_float(days)
}

/// A number of readers; beyond what is exact it is near enough for a chart.
#[expect(clippy::cast_precision_loss, reason = "a chart needs no more")]
fn to_float(number: u64) -> f64 {
    number as f64
}

/// A number with one digit at most behind the point.
fn trim(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{NaiveDate, TimeDelta};

    use super::{MOST_POINTS, draw_line, plot_readers, split_bar, sum_months};
    use crate::store::Moves;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(moves: &[(&str, u64, u64)]) -> BTreeMap<NaiveDate, Moves> {
        let moves = moves.iter();
        moves
            .map(|(at, came, went)| {
                (
                    day(at),
                    Moves {
                        came: *came,
                        went: *went,
                    },
                )
            })
            .collect()
    }

    #[test]
    fn a_line_steps_from_one_number_to_the_next() {
        let found = plot_readers(
            &days(&[("2024-06-02", 4, 0), ("2024-06-04", 0, 2)]),
            day("2024-06-05"),
        );
        let numbers: Vec<u64> = found.iter().map(|point| point.readers).collect();
        assert_eq!(numbers, [0, 4, 2, 2]);
        assert_eq!(draw_line(&found), "M0 158H150V2H450V80H600V80");
        assert_eq!(draw_line(&[]), "");
        assert!(plot_readers(&BTreeMap::new(), day("2024-06-05")).is_empty());
    }

    #[test]
    fn a_long_history_is_thinned_out_and_keeps_its_ends() {
        for count in [1, 2, 149, 150, 151, 1000, 3001] {
            let begin = day("2015-01-01");
            let mut all = BTreeMap::new();
            for number in 0..count {
                all.insert(begin + TimeDelta::days(number), Moves { came: 1, went: 0 });
            }
            let found = plot_readers(&all, begin + TimeDelta::days(count));
            assert!(found.len() <= MOST_POINTS + 1, "{count}: {}", found.len());
            assert_eq!(found[0].readers, 0);
            let last = found.last().unwrap();
            assert_eq!(last.readers, u64::try_from(count).unwrap());
            assert_eq!(last.day, begin + TimeDelta::days(count));
        }
    }

    #[test]
    fn months_say_who_came_and_went() {
        let all = days(&[("2024-04-30", 3, 0), ("2024-06-01", 4, 1)]);
        let months = sum_months(&all, day("2024-06-30"), 12);
        let found: Vec<_> = months
            .iter()
            .map(|month| {
                (
                    month.first.to_string(),
                    month.moves.came,
                    month.moves.went,
                    month.readers,
                )
            })
            .collect();
        let expected = [
            ("2024-06-01", 4, 1, 6),
            ("2024-05-01", 0, 0, 3),
            ("2024-04-01", 3, 0, 3),
        ];
        assert_eq!(
            found,
            expected.map(|(first, came, went, readers)| (first.to_owned(), came, went, readers))
        );
        assert_eq!(sum_months(&all, day("2024-06-30"), 1).len(), 1);
        assert!(sum_months(&BTreeMap::new(), day("2024-06-30"), 12).is_empty());
    }

    #[test]
    fn a_bar_shows_what_there_is_and_never_overflows() {
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs
                .map(|(begin, width)| ((*begin).to_owned(), (*width).to_owned()))
                .collect()
        };
        assert_eq!(
            split_bar(&[3, 0, 1]),
            own(&[("0", "75"), ("75", "0"), ("75", "25")])
        );
        assert_eq!(split_bar(&[0, 0]), own(&[("0", "0"), ("0", "0")]));
        let found = split_bar(&[1_000_000, 1]);
        assert_eq!(found, own(&[("0", "99.5"), ("99.5", "0.5")]));
        assert_eq!(split_bar(&[u64::MAX / 2, u64::MAX / 2])[1].0, "50");
    }
}
