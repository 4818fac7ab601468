//! The throttle: the rate that was set, and how many connections a relay gets.
//!
//! A connection is opened only with a permit. The number of permits begins at one and doubles with each connection that
//! opens; a refused one takes it back to what is open, and from then on it grows by one after more and more messages.
//! While the relay is in trouble one connection at a time is tried, after a wait that all share and that doubles.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The first wait for a relay in trouble; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How much unused time the rate may make up for: about as much as a timer oversleeps.
const SLACK: Duration = Duration::from_millis(100);
/// The number of consecutive deferrals that is common; from then on each makes its connection wait.
const COMMON_DEFERRALS: u32 = 4;
/// The number of consecutive deferrals that ends the run: the relay takes nothing from us now.
pub(super) const MOST_DEFERRALS: u32 = 100;
/// The longest wait after a deferral.
const LONGEST_DEFERRAL_WAIT: Duration = Duration::from_secs(5);

/// After so many messages for each connection one more is tried.
const MESSAGES_TO_GROW: usize = 10;
/// How often that number doubles at most, each time the relay refuses the connection.
const MOST_DOUBLINGS: u32 = 10;

/// The throttle of all connections to a relay.
pub(super) struct Throttle {
    connections: usize,
    patience: Duration,
    interval: Option<Duration>,
    changed: Notify,
    state: Mutex<ThrottleState>,
}

#[derive(Default)]
struct ThrottleState {
    /// When the next message may go, by the rate.
    next: Option<Instant>,
    /// Since when nothing but trouble came.
    troubled_since: Option<Instant>,
    /// The number of waits since then.
    waits: u32,
    /// The end of the wait that all share.
    wait_until: Option<Instant>,
    deferrals_in_a_row: u32,
    /// The time of the first deferral in a row.
    deferring_since: Option<Instant>,
    slowed_at: Option<Instant>,
    /// Messages taken since the number of connections last grew.
    taken: usize,
    /// The number of answered messages, whatever the answer.
    answered: u64,
    /// The permits that are out, and their limit.
    permits: usize,
    allowed: usize,
    /// The permits whose connection is still being opened.
    opening: usize,
    /// How often the relay has refused a connection; until then their number doubles.
    refused: u32,
}

/// The right to hold a connection.
pub(super) struct Permit {
    throttle: Arc<Throttle>,
    is_open: bool,
}

impl Permit {
    /// The connection is open: the relay may be asked for more.
    pub(super) fn note_opened(&mut self) {
        if std::mem::replace(&mut self.is_open, true) {
            return;
        }
        let mut state = self.throttle.state();
        state.opening -= 1;
        if state.refused == 0 {
            state.allowed = (2 * state.allowed).min(self.throttle.connections);
        }
        self.throttle.changed.notify_waiters();
    }

    /// Notes that the relay refuses the connection, so those open are as many as it takes. Returns how long to wait, as
    /// [`Throttle::back_off`] does; both are settled before another may have the permit.
    pub(super) fn note_refused(self) -> Option<(Duration, bool)> {
        let wait = self.throttle.back_off();
        let mut state = self.throttle.state();
        state.refused += 1;
        state.taken = 0;
        state.allowed = (state.permits - state.opening).clamp(1, state.allowed.max(1));
        drop(state);
        wait
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.throttle.state();
        state.permits -= 1;
        if !self.is_open {
            state.opening -= 1;
        }
        self.throttle.changed.notify_waiters();
    }
}

impl Throttle {
    pub(super) fn new(connections: usize, per_second: Option<f64>, patience: Duration) -> Self {
        let state = ThrottleState {
            allowed: 1,
            ..ThrottleState::default()
        };
        Self {
            connections: connections.max(1),
            patience,
            interval: per_second.map(|rate| Duration::from_secs_f64((1.0 / rate).min(1e6))),
            changed: Notify::new(),
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, ThrottleState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether more connections are held than the relay should get now.
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.permits > state.allowed
    }

    /// Waits for the permit to open a connection.
    pub(super) async fn acquire_permit(self: &Arc<Self>) -> Permit {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let wait_until = match self.try_permit() {
                Ok(permit) => return permit,
                Err(wait_until) => wait_until,
            };
            match wait_until {
                Some(until) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(until) => {}
                },
                None => changed.await,
            }
        }
    }

    /// Takes a permit, or returns until when there is none; `None` if that depends on other workers.
    fn try_permit(self: &Arc<Self>) -> Result<Permit, Option<Instant>> {
        let mut state = self.state();
        let now = Instant::now();
        if let Some(until) = state.wait_until.filter(|until| now < *until) {
            return Err(Some(until));
        }
        let is_troubled = state.troubled_since.is_some();
        if state.permits >= state.allowed || is_troubled && state.opening > 0 {
            return Err(None);
        }
        state.permits += 1;
        state.opening += 1;
        Ok(Permit {
            throttle: self.clone(),
            is_open: false,
        })
    }

    /// Takes a turn, and returns when the message may go; `None` without a rate.
    pub(super) fn turn(&self) -> Option<Instant> {
        let (interval, now) = (self.interval?, Instant::now());
        let mut state = self.state();
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let turn = state.next.unwrap_or(now).max(earliest);
        state.next = Some(turn + interval);
        Some(turn)
    }

    /// The number of messages that were answered so far.
    pub(super) fn answered(&self) -> u64 {
        self.state().answered
    }

    /// How often the relay was waited for since it was last healthy.
    pub(super) fn waits(&self) -> u32 {
        self.state().waits
    }

    /// A message was taken, or refused in good order: the relay is healthy.
    pub(super) fn succeed(&self) {
        let mut state = self.state();
        state.answered += 1;
        state.troubled_since = None;
        state.waits = 0;
        state.wait_until = None;
        state.deferrals_in_a_row = 0;
        state.deferring_since = None;
        state.taken += 1;
        let allowed = state.allowed;
        let enough = (MESSAGES_TO_GROW * allowed) << state.refused.min(MOST_DOUBLINGS);
        if allowed < self.connections && state.taken >= enough {
            state.taken = 0;
            state.allowed += 1;
        }
        self.changed.notify_waiters();
    }

    /// Notes a deferred recipient: perhaps we are too fast. Returns how long this connection should wait; `None` if
    /// nothing has been accepted for too many deferrals, or for longer than the patience.
    pub(super) fn defer(&self) -> Option<Duration> {
        let now = Instant::now();
        let mut state = self.state();
        state.answered += 1;
        state.troubled_since = None;
        state.deferrals_in_a_row += 1;
        let since = *state.deferring_since.get_or_insert(now);
        state.slow_down();
        if state.deferrals_in_a_row >= MOST_DEFERRALS {
            return None;
        }
        let wait = match state.deferrals_in_a_row.checked_sub(COMMON_DEFERRALS + 1) {
            None => Duration::ZERO,
            Some(more) => {
                (Duration::from_millis(50) * (1 << more.min(10))).min(LONGEST_DEFERRAL_WAIT)
            }
        };
        let is_in_time = wait.is_zero() || now + wait <= since + self.patience;
        is_in_time.then_some(wait)
    }

    /// Notes trouble of the relay. Returns the wait before the next try, and whether the trouble is new; `None` once
    /// the patience is over.
    pub(super) fn back_off(&self) -> Option<(Duration, bool)> {
        let now = Instant::now();
        let mut state = self.state();
        let since = *state.troubled_since.get_or_insert(now);
        state.slow_down();
        // Connections that fall together share one wait.
        let until = match state.wait_until.filter(|until| now < *until) {
            Some(until) => until,
            None => now + (FIRST_WAIT * (1 << state.waits.min(10))).min(LONGEST_WAIT),
        };
        if until > since + self.patience {
            // No worker tries again before the run has halted.
            state.wait_until = Some(until);
            return None;
        }
        let is_new = state.wait_until != Some(until);
        if is_new {
            state.waits += 1;
            state.wait_until = Some(until);
        }
        Some((until - now, is_new))
    }
}

impl ThrottleState {
    /// Half the connections, at most once a second.
    fn slow_down(&mut self) {
        let now = Instant::now();
        if self
            .slowed_at
            .is_some_and(|at| now < at + Duration::from_secs(1))
        {
            return;
        }
        self.slowed_at = Some(now);
        self.taken = 0;
        self.allowed = (self.allowed / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use tokio::task::JoinSet;
    use tokio::time::{Instant, advance, sleep, sleep_until, timeout};

    use super::{Permit, Throttle};

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_over_all_connections_and_nothing_is_lost_by_it() {
        let throttle = std::sync::Arc::new(Throttle::new(4, Some(50.0), Duration::ZERO));
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let throttle = throttle.clone();
            tasks.spawn(async move {
                for _ in 0..50 {
                    sleep_until(throttle.turn().unwrap()).await;
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

    /// A relay that takes so many connections at once, and how often it has refused one.
    struct Few {
        most: usize,
        open: usize,
        refused: usize,
    }

    /// Sends messages over as many connections as the throttle permits.
    async fn send(
        throttle: &Arc<Throttle>,
        relay: &Arc<Mutex<Few>>,
        messages: usize,
        workers: usize,
    ) {
        let left = Arc::new(AtomicUsize::new(messages));
        let mut tasks = JoinSet::new();
        for _ in 0..workers {
            let (throttle, relay, left) = (throttle.clone(), relay.clone(), left.clone());
            tasks.spawn(async move {
                let mut held: Option<Permit> = None;
                while left.load(Ordering::Relaxed) > 0 {
                    if held.is_none() {
                        // A worker that waits for a permit when the last message goes waits in vain.
                        let permit =
                            timeout(Duration::from_mins(1), throttle.acquire_permit()).await;
                        let Ok(mut permit) = permit else { return };
                        let is_taken = {
                            let mut relay = relay.lock().unwrap();
                            let is_taken = relay.open < relay.most;
                            relay.open += usize::from(is_taken);
                            relay.refused += usize::from(!is_taken);
                            is_taken
                        };
                        if !is_taken {
                            let (wait, _) = permit.note_refused().unwrap();
                            sleep(wait).await;
                            continue;
                        }
                        permit.note_opened();
                        held = Some(permit);
                    }
                    sleep(Duration::from_millis(20)).await;
                    let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                        left.checked_sub(1)
                    });
                    throttle.succeed();
                    if throttle.is_over() {
                        held = None;
                        relay.lock().unwrap().open -= 1;
                    }
                }
                if held.is_some() {
                    relay.lock().unwrap().open -= 1;
                }
            });
        }
        tasks.join_all().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_gets_as_many_connections_as_it_takes_with_few_refusals() {
        for (most, refusals) in [(1, 5), (2, 6), (3, 6), (8, 0)] {
            let throttle = Arc::new(Throttle::new(8, None, Duration::from_hours(1)));
            let relay = Arc::new(Mutex::new(Few {
                most,
                open: 0,
                refused: 0,
            }));
            send(&throttle, &relay, 150, 8).await;
            let refused = relay.lock().unwrap().refused;
            assert!(refused <= refusals, "{most} at a time: {refused} refused");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_in_trouble_is_tried_by_one_connection_a_round() {
        let throttle = Arc::new(Throttle::new(8, None, Duration::from_mins(1)));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let throttle = throttle.clone();
            tasks.spawn(async move {
                let mut tries = 0;
                loop {
                    let Ok(permit) =
                        timeout(Duration::from_mins(2), throttle.acquire_permit()).await
                    else {
                        return tries;
                    };
                    tries += 1;
                    match permit.note_refused() {
                        Some((wait, _)) => sleep(wait).await,
                        None => return tries,
                    }
                }
            });
        }
        let tries: usize = tasks.join_all().await.into_iter().sum();
        // The waits are 0.5, 1, 2, 4, 8, 16 s; each worker learns by one try that the patience is over.
        assert!((7..=7 + 8).contains(&tries), "{tries} tries");
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_halves_the_connections_and_success_brings_them_back() {
        let throttle = Arc::new(Throttle::new(8, None, Duration::from_hours(1)));
        let allowed = || throttle.state().allowed;
        let mut held = Vec::new();
        for expected in [2, 4, 8, 8] {
            let mut permit = throttle.acquire_permit().await;
            permit.note_opened();
            held.push(permit);
            assert_eq!(allowed(), expected);
        }
        for expected in [4, 2, 1, 1] {
            assert!(throttle.back_off().unwrap().1);
            assert_eq!(allowed(), expected);
            // A second one at the same time is the same trouble.
            assert!(!throttle.back_off().unwrap().1);
            assert_eq!(allowed(), expected);
            advance(Duration::from_secs(40)).await;
        }
        assert!(throttle.is_over());
        held.truncate(1);
        assert!(!throttle.is_over());
        for _ in 0..10 {
            throttle.succeed();
        }
        assert_eq!(allowed(), 2);
        for _ in 0..1000 {
            throttle.succeed();
        }
        assert_eq!(allowed(), 8);
        assert_eq!(throttle.defer(), Some(Duration::ZERO));
        assert_eq!(allowed(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_waits_grow_and_end_with_the_patience() {
        let throttle = Throttle::new(8, None, Duration::from_mins(1));
        let mut waits = Vec::new();
        while let Some((wait, _)) = throttle.back_off() {
            waits.push(wait.as_millis());
            advance(wait).await;
        }
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000]);
        throttle.succeed();
        assert_eq!(
            throttle.back_off(),
            Some((Duration::from_millis(500), true))
        );
        assert_eq!(Throttle::new(8, None, Duration::ZERO).back_off(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn deferrals_in_a_row_slow_a_connection_down() {
        let throttle = Throttle::new(8, None, Duration::from_hours(1));
        let waits: Vec<u128> = (0..14)
            .map(|_| throttle.defer().unwrap().as_millis())
            .collect();
        assert_eq!(
            waits,
            [
                0, 0, 0, 0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000
            ]
        );
        throttle.succeed();
        assert_eq!(throttle.defer(), Some(Duration::ZERO));
        let more = (0..1000).take_while(|_| throttle.defer().is_some()).count();
        assert_eq!(more, 98, "the hundredth in a row ends the run");
    }

    #[tokio::test(start_paused = true)]
    async fn deferrals_are_waited_for_no_longer_than_the_patience() {
        for (patience, fewest, most) in [(0, 4, 4), (3, 8, 11), (60, 15, 30)] {
            let patience = Duration::from_secs(patience);
            let throttle = Throttle::new(8, None, patience);
            let began = Instant::now();
            let mut count = 0;
            while let Some(wait) = throttle.defer() {
                count += 1;
                advance(wait).await;
            }
            assert!(began.elapsed() <= patience, "{:?}", began.elapsed());
            assert!((fewest..=most).contains(&count), "{patience:?}: {count}");
        }
    }
}
