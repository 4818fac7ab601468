//! How fast: the rate that was set, and how many connections a relay in trouble gets. It slows down at once and recovers
//! step by step.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The first wait for a relay in trouble; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How much time unused by the rate may be made up for: about what a timer oversleeps.
const SLACK: Duration = Duration::from_millis(100);
/// So many deferrals in a row are common; from then on each makes its connection wait.
const COMMON_DEFERRALS: u32 = 4;
/// So many deferrals in a row end the run: the relay takes nothing from us now.
const MOST_DEFERRALS: u32 = 100;
/// The longest wait after a deferral.
const LONGEST_DEFERRAL_WAIT: Duration = Duration::from_secs(5);

/// The pace of all connections to a relay.
pub(super) struct Pace {
    connections: usize,
    patience: Duration,
    interval: Option<Duration>,
    allowed: watch::Sender<usize>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the next message may go, by the rate.
    next: Option<Instant>,
    /// Since when nothing but trouble came.
    troubled_since: Option<Instant>,
    /// How many waits there were since.
    waits: u32,
    /// The end of the wait that all share.
    wait_until: Option<Instant>,
    deferrals_in_a_row: u32,
    slowed_at: Option<Instant>,
    /// Messages taken since the number of connections last grew.
    taken: usize,
    /// Messages that were answered, whatever the answer was.
    answered: u64,
}

impl Pace {
    pub(super) fn new(connections: usize, per_second: Option<f64>, patience: Duration) -> Self {
        let connections = connections.max(1);
        Self {
            connections,
            patience,
            interval: per_second.map(|rate| Duration::from_secs_f64((1.0 / rate).min(1e6))),
            allowed: watch::Sender::new(connections),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the connection of this number, from 0, may work.
    pub(super) fn allows(&self, number: usize) -> bool {
        number < *self.allowed.borrow()
    }

    /// Waits until it may.
    pub(super) async fn allowed(&self, number: usize) {
        let _ = self
            .allowed
            .subscribe()
            .wait_for(|allowed| number < *allowed)
            .await;
    }

    /// When the next message may go, and its turn is taken; none where there is no rate.
    pub(super) fn turn(&self) -> Option<Instant> {
        let (interval, now) = (self.interval?, Instant::now());
        let mut state = self.state();
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let turn = state.next.unwrap_or(now).max(earliest);
        state.next = Some(turn + interval);
        Some(turn)
    }

    /// How many messages were answered so far.
    pub(super) fn answered(&self) -> u64 {
        self.state().answered
    }

    /// How often the relay was waited for since it was last well.
    pub(super) fn waits(&self) -> u32 {
        self.state().waits
    }

    /// A message was taken, or refused in good order: the relay is well.
    pub(super) fn well(&self) {
        let mut state = self.state();
        state.answered += 1;
        state.troubled_since = None;
        state.waits = 0;
        state.wait_until = None;
        state.deferrals_in_a_row = 0;
        state.taken += 1;
        let allowed = *self.allowed.borrow();
        if allowed < self.connections && state.taken >= 10 * allowed {
            state.taken = 0;
            self.allowed.send_replace(allowed + 1);
        }
    }

    /// A recipient was deferred: perhaps we are too fast. How long this connection should wait; none where nobody at all
    /// is taken any more.
    pub(super) fn deferred(&self) -> Option<Duration> {
        let mut state = self.state();
        state.answered += 1;
        state.troubled_since = None;
        state.deferrals_in_a_row += 1;
        self.slow_down(&mut state);
        if state.deferrals_in_a_row >= MOST_DEFERRALS {
            return None;
        }
        Some(
            match state.deferrals_in_a_row.checked_sub(COMMON_DEFERRALS + 1) {
                None => Duration::ZERO,
                Some(more) => {
                    (Duration::from_millis(50) * (1 << more.min(10))).min(LONGEST_DEFERRAL_WAIT)
                }
            },
        )
    }

    /// The relay is in trouble. How long to wait before the next try, and whether this is news to those who wait already;
    /// none where the patience is at its end.
    pub(super) fn troubled(&self) -> Option<(Duration, bool)> {
        let now = Instant::now();
        let mut state = self.state();
        let since = *state.troubled_since.get_or_insert(now);
        self.slow_down(&mut state);
        // Connections that fall together share one wait.
        let until = match state.wait_until.filter(|until| now < *until) {
            Some(until) => until,
            None => now + (FIRST_WAIT * (1 << state.waits.min(10))).min(LONGEST_WAIT),
        };
        if until > since + self.patience {
            return None;
        }
        let is_new = state.wait_until != Some(until);
        if is_new {
            state.waits += 1;
            state.wait_until = Some(until);
        }
        Some((until - now, is_new))
    }

    /// Half the connections, at most once a second.
    fn slow_down(&self, state: &mut State) {
        let now = Instant::now();
        if state
            .slowed_at
            .is_some_and(|at| now < at + Duration::from_secs(1))
        {
            return;
        }
        state.slowed_at = Some(now);
        state.taken = 0;
        self.allowed
            .send_modify(|allowed| *allowed = (*allowed / 2).max(1));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance, sleep_until};

    use super::Pace;

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_over_all_connections_and_nothing_is_lost_by_it() {
        let pace = std::sync::Arc::new(Pace::new(4, Some(50.0), Duration::ZERO));
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let pace = pace.clone();
            tasks.spawn(async move {
                for _ in 0..50 {
                    sleep_until(pace.turn().unwrap()).await;
                }
            });
        }
        tasks.join_all().await;
        let took = began.elapsed().as_secs_f64();
        assert!(
            (3.85..=4.05).contains(&took),
            "200 at 50 a second took {took} s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_halves_the_connections_and_success_brings_them_back() {
        let pace = Pace::new(8, None, Duration::from_hours(1));
        let allowed = || (0..9).filter(|number| pace.allows(*number)).count();
        for expected in [4, 2, 1, 1] {
            assert!(pace.troubled().unwrap().1);
            assert_eq!(allowed(), expected);
            // A second one at the same time is the same trouble.
            assert!(!pace.troubled().unwrap().1);
            assert_eq!(allowed(), expected);
            advance(Duration::from_secs(40)).await;
        }
        for _ in 0..10 {
            pace.well();
        }
        assert_eq!(allowed(), 2);
        for _ in 0..1000 {
            pace.well();
        }
        assert_eq!(allowed(), 8);
        assert_eq!(pace.deferred(), Some(Duration::ZERO));
        assert_eq!(allowed(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_waits_grow_and_end_with_the_patience() {
        let pace = Pace::new(8, None, Duration::from_mins(1));
        let mut waits = Vec::new();
        while let Some((wait, _)) = pace.troubled() {
            waits.push(wait.as_millis());
            advance(wait).await;
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000]);
        pace.well();
        assert_eq!(pace.troubled(), Some((Duration::from_millis(500), true)));
        assert_eq!(Pace::new(8, None, Duration::ZERO).troubled(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn deferrals_in_a_row_slow_a_connection_down() {
        let pace = Pace::new(8, None, Duration::ZERO);
        let waits: Vec<u128> = (0..14)
            .map(|_| pace.deferred().unwrap().as_millis())
            .collect();
        assert_eq!(
            waits,
            [
                0, 0, 0, 0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000
            ]
        );
        pace.well();
        assert_eq!(pace.deferred(), Some(Duration::ZERO));
        let more = (0..1000).take_while(|_| pace.deferred().is_some()).count();
        assert_eq!(more, 98, "the hundredth in a row ends the run");
    }
}
