//! Domains that ask for less: each gets fewer connections and waits of its own, and the others go on.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The first wait for a domain; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_mins(30);
/// After so many messages that a domain takes, it gets one more connection.
const MESSAGES_TO_GROW: usize = 10;
/// The most deliveries that wait in memory for a connection to their domain; others are due again later.
const MOST_PARKED: usize = 50;
/// The added delay if the domain itself waits for nothing.
const LATER: Duration = Duration::from_secs(30);
/// If so many domains ask for less, and nothing is taken in between, it is the relay that asks.
const MOST_DOMAINS: usize = 3;

/// The decision about a delivery whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission<D> {
    /// It is sent now.
    Now(D),
    /// It waits in memory for a connection to its domain.
    Parked,
    /// It is due again after so long.
    Later(D, Duration),
}

/// The slow domains of one run; `D` is a delivery.
pub(super) struct Domains<D> {
    connections: usize,
    /// Whether no domain is slow and none has asked: the usual case, which needs no lock.
    is_idle: AtomicBool,
    /// Whether the issue has two domains or more.
    is_varied: AtomicBool,
    state: Mutex<SlowDomains<D>>,
}

struct SlowDomains<D> {
    slow: HashMap<String, Slow<D>>,
    /// The domains that have asked for less since a message was last taken.
    asked: Vec<String>,
    /// How often each domain has asked since it last took a message.
    asks: HashMap<String, u32>,
    /// The first domain of the issue.
    first: Option<String>,
}

struct Slow<D> {
    until: Instant,
    waits: u32,
    /// How many connections it gets, and how many it has.
    allowed: usize,
    open: usize,
    /// Messages taken since the number of connections last grew.
    taken: usize,
    parked: VecDeque<D>,
}

impl<D> Domains<D> {
    /// No domain is slow yet; a slow domain recovers once it gets this many connections again.
    pub(super) fn new(connections: usize) -> Self {
        let state = SlowDomains {
            slow: HashMap::new(),
            asked: Vec::new(),
            asks: HashMap::new(),
            first: None,
        };
        Self {
            connections: connections.max(1),
            is_idle: AtomicBool::new(true),
            is_varied: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, SlowDomains<D>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no domain is slow.
    pub(super) fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    /// Notes that the issue has a delivery to this domain.
    pub(super) fn see(&self, domain: &str) {
        if self.is_varied.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state();
        let first = state.first.get_or_insert_with(|| domain.to_owned());
        if first != domain {
            self.is_varied.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a delivery to this domain goes now. If it does, [`Self::release`] ends it.
    pub(super) fn admit(&self, domain: &str, delivery: D) -> Admission<D> {
        if self.is_idle() {
            return Admission::Now(delivery);
        }
        let now = Instant::now();
        let mut state = self.state();
        let Some(slow) = state.slow.get_mut(domain) else {
            return Admission::Now(delivery);
        };
        if now < slow.until {
            return Admission::Later(delivery, slow.until - now);
        }
        if slow.open < slow.allowed {
            slow.open += 1;
            return Admission::Now(delivery);
        }
        if slow.parked.len() < MOST_PARKED {
            slow.parked.push_back(delivery);
            return Admission::Parked;
        }
        Admission::Later(delivery, LATER)
    }

    /// Whether anyone waits in memory.
    pub(super) fn has_parked(&self) -> bool {
        !self.is_idle()
            && self
                .state()
                .slow
                .values()
                .any(|slow| !slow.parked.is_empty())
    }

    /// A parked delivery that may go now, as if it were admitted.
    pub(super) fn unpark(&self) -> Option<D> {
        if self.is_idle() {
            return None;
        }
        let now = Instant::now();
        let mut state = self.state();
        let mut domains = state.slow.values_mut();
        let slow = domains.find(|slow| {
            now >= slow.until && slow.open < slow.allowed && !slow.parked.is_empty()
        })?;
        slow.open += 1;
        slow.parked.pop_front()
    }

    /// Notes that a delivery to this domain has ended, with any outcome.
    pub(super) fn release(&self, domain: &str) {
        if self.is_idle() {
            return;
        }
        if let Some(slow) = self.state().slow.get_mut(domain) {
            // Deliveries in flight when the domain became slow were never counted.
            slow.open = slow.open.saturating_sub(1);
        }
    }

    /// Slows a domain that asks for less. Returns the deliveries that wait for it, and their delay. `None` if only one
    /// recipient is deferred, as by greylisting, or if the relay itself asks: there is no other domain, or several have
    /// asked and nothing was accepted in between.
    pub(super) fn slow_down(&self, domain: &str) -> Option<(Vec<D>, Duration)> {
        let now = Instant::now();
        let mut state = self.state();
        self.is_idle.store(false, Ordering::Relaxed);
        if !state.asked.iter().any(|asked| asked == domain) {
            state.asked.push(domain.to_owned());
        }
        let asks = state.asks.entry(domain.to_owned()).or_default();
        *asks += 1;
        let is_one_recipient = *asks == 1 && !state.slow.contains_key(domain);
        let is_relay = !self.is_varied.load(Ordering::Relaxed) || state.asked.len() >= MOST_DOMAINS;
        if is_one_recipient || is_relay {
            return None;
        }
        let slow = state.slow.entry(domain.to_owned()).or_insert(Slow {
            until: now,
            waits: 0,
            allowed: self.connections,
            open: 0,
            taken: 0,
            parked: VecDeque::new(),
        });
        // Connections that hear it together share one wait.
        if now >= slow.until {
            slow.until = now + (FIRST_WAIT * (1 << slow.waits.min(10))).min(LONGEST_WAIT);
            slow.waits += 1;
            slow.allowed = (slow.allowed / 2).max(1);
            slow.taken = 0;
        }
        Some((slow.parked.drain(..).collect(), slow.until - now))
    }

    /// A message to this domain was taken.
    pub(super) fn succeed(&self, domain: &str) {
        if self.is_idle() {
            return;
        }
        let mut state = self.state();
        state.asked.clear();
        state.asks.remove(domain);
        if let Some(slow) = state.slow.get_mut(domain) {
            slow.waits = 0;
            slow.taken += 1;
            if slow.taken >= MESSAGES_TO_GROW * slow.allowed {
                slow.taken = 0;
                slow.allowed += 1;
            }
            if slow.allowed >= self.connections && slow.parked.is_empty() {
                state.slow.remove(domain);
            }
        }
        let is_idle = state.slow.is_empty() && state.asks.is_empty();
        self.is_idle.store(is_idle, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Admission, Domains, FIRST_WAIT, LONGEST_WAIT, MOST_PARKED};

    #[tokio::test(start_paused = true)]
    async fn a_domain_that_asks_for_less_waits_alone_and_longer_each_time() {
        let domains: Domains<u32> = Domains::new(8);
        assert_eq!(domains.admit("slow.example", 1), Admission::Now(1));
        for domain in ["slow.example", "other.example"] {
            domains.see(domain);
        }
        // A deferred recipient says nothing about the others.
        assert!(domains.slow_down("slow.example").is_none());
        assert_eq!(domains.admit("slow.example", 2), Admission::Now(2));
        let mut waits = Vec::new();
        for _ in 0..9 {
            let (parked, wait) = domains.slow_down("slow.example").unwrap();
            assert!(parked.is_empty());
            // A second reply at the same time is the same news.
            assert_eq!(domains.slow_down("slow.example").unwrap().1, wait);
            let later = domains.admit("slow.example", 2);
            assert_eq!(later, Admission::Later(2, wait));
            assert_eq!(domains.admit("other.example", 3), Admission::Now(3));
            waits.push(wait.as_secs());
            advance(wait).await;
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT.as_secs()));
        domains.succeed("slow.example");
        assert_eq!(domains.slow_down("slow.example").unwrap().1, FIRST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gets_fewer_connections_and_more_of_them_as_it_takes_messages() {
        let domains: Domains<usize> = Domains::new(8);
        for domain in ["slow.example", "other.example"] {
            domains.see(domain);
        }
        let open = |domains: &Domains<usize>| {
            let mut open = 0;
            while matches!(domains.admit("slow.example", 0), Admission::Now(_)) {
                open += 1;
            }
            for _ in 0..open {
                domains.release("slow.example");
            }
            while domains.unpark().is_some() {
                domains.release("slow.example");
            }
            open
        };
        assert!(domains.slow_down("slow.example").is_none());
        for allowed in [4, 2, 1, 1] {
            let (_, wait) = domains.slow_down("slow.example").unwrap();
            advance(wait).await;
            assert_eq!(open(&domains), allowed);
        }
        for messages in 0..10 * (1 + 2 + 3 + 4 + 5 + 6 + 7) {
            domains.succeed("slow.example");
            if messages == 9 {
                assert_eq!(open(&domains), 2);
            }
        }
        assert!(domains.is_idle(), "it is healthy again");
    }

    #[tokio::test(start_paused = true)]
    async fn deliveries_for_which_it_has_no_connection_wait_and_none_is_lost() {
        let domains: Domains<usize> = Domains::new(2);
        for domain in ["slow.example", "other.example"] {
            domains.see(domain);
        }
        assert!(domains.slow_down("slow.example").is_none());
        let (_, wait) = domains.slow_down("slow.example").unwrap();
        advance(wait).await;
        assert_eq!(domains.admit("slow.example", 0), Admission::Now(0));
        for number in 1..=MOST_PARKED {
            let parked = domains.admit("slow.example", number);
            assert_eq!(parked, Admission::Parked);
        }
        let later = domains.admit("slow.example", 99);
        assert_eq!(later, Admission::Later(99, Duration::from_secs(30)));
        assert_eq!(domains.unpark(), None);
        domains.release("slow.example");
        assert_eq!(domains.unpark(), Some(1));
        let (parked, _) = domains.slow_down("slow.example").unwrap();
        assert_eq!(parked.len(), MOST_PARKED - 1);
        domains.release("slow.example");
        assert_eq!(domains.unpark(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_asks_for_every_domain_is_no_slow_domain() {
        let domains: Domains<u32> = Domains::new(8);
        domains.see("a.example");
        assert!(domains.slow_down("a.example").is_none());
        domains.succeed("a.example");
        assert!(domains.is_idle());
        domains.see("b.example");
        for domain in ["a.example", "b.example"] {
            assert!(domains.slow_down(domain).is_none());
            assert!(domains.slow_down(domain).is_some());
        }
        for _ in 0..2 {
            assert!(domains.slow_down("c.example").is_none());
        }
        domains.succeed("d.example");
        assert!(domains.slow_down("c.example").is_some());
    }
}
