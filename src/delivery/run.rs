//! A run over one issue: the state that its workers share, and the effect of each outcome of an attempt.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::vec;

use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::config::UncertainPolicy;
use crate::delivery::domains::{Admission, Domains};
use crate::delivery::issue::{CLAIM, IssueDelivery};
use crate::delivery::queue::Filled;
use crate::delivery::series::Series;
use crate::delivery::throttle::{MOST_DEFERRALS, Throttle};
use crate::ledger::{Claimed, Counts, DeliveryState, Outcome, Settled, SlotKind};
use crate::message::Envelope;
use crate::reader::ReaderId;
use crate::store::{Result, StoreError};
use crate::verdict::{JudgedReply, Phase, Trouble, Verdict};

/// After so many lost connections, in a row or at one recipient, the recipient is deferred.
const MOST_LOSSES: u32 = 3;

/// So many messages are filled at once, and so many wait for a worker.
pub(super) const FILLED: usize = 50;

/// The reason why nothing new begins.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody asked to stop.
    Asked,
    /// The relay's trouble lasts longer than the patience.
    Relay(String),
    /// A person has to mend something: the issue pauses.
    Us(String),
    /// Everyone who was tried was refused, so the issue pauses, unless all refusals are believed.
    Refused(String),
    /// The issue was paused or cancelled from elsewhere.
    Stopped,
    /// The ledger cannot be written.
    Store(StoreError),
}

/// The state that all connections of a run share.
pub(super) struct Run<T> {
    pub(super) delivery: IssueDelivery,
    pub(super) transport: T,
    pub(super) throttle: Arc<Throttle>,
    domains: Domains<Filled>,
    series: Mutex<Series>,
    /// Permits for pipelining: one connection probes; if the relay copes all may, else the semaphore is closed.
    pipelining: Arc<Semaphore>,
    /// Whether the relay has answered a pipelined envelope.
    heard: AtomicBool,
    losses: Mutex<HashMap<ReaderId, Losses>>,
    pub(super) reason: Mutex<Option<Halt>>,
    halted: watch::Sender<bool>,
}

/// How often a connection was lost at one recipient.
struct Losses {
    count: u32,
    /// How many messages had been answered before the first.
    answered: u64,
}

impl<T> Run<T> {
    /// A run over an issue with these counts.
    pub(super) fn new(delivery: &IssueDelivery, transport: T, before: Counts) -> Self {
        let mail = &delivery.mail;
        let decided = [
            DeliveryState::Sent,
            DeliveryState::Bounced,
            DeliveryState::GivenUp,
            DeliveryState::Uncertain,
        ];
        let is_begun = before.sum_of(&decided) > 0;
        let is_accepted = before[DeliveryState::Sent] > 0;
        let series = match delivery.issue.slot.kind {
            SlotKind::Confirmation => Series::for_strangers(is_accepted),
            _ => Series::after(is_begun, is_accepted),
        };
        Self {
            delivery: delivery.clone(),
            transport,
            throttle: Arc::new(Throttle::new(
                mail.connections,
                mail.per_second,
                mail.patience.0,
            )),
            domains: Domains::new(mail.connections),
            series: Mutex::new(series),
            pipelining: Arc::new(Semaphore::new(1)),
            heard: AtomicBool::new(false),
            losses: Mutex::default(),
            reason: Mutex::default(),
            halted: watch::Sender::new(false),
        }
    }

    /// Claims as long as someone is due and nothing halts. While some messages wait for room in the queue the next are
    /// claimed and filled, so that neither the cores nor the connections wait for the ledger.
    pub(super) async fn fill_queue(
        &self,
        feed: mpsc::Sender<Filled>,
        first: Vec<Claimed>,
    ) -> Result<()> {
        let mut claims = self.note(first);
        let mut filled = self.fill_next(&mut claims).await?;
        while !filled.is_empty() {
            let (is_fed, next) =
                tokio::join!(self.feed(&feed, filled), self.fill_next(&mut claims));
            filled = next?;
            if !is_fed {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Gives messages to the workers as they have room. Returns false if nothing new may begin, or all workers have ended.
    async fn feed(&self, feed: &mpsc::Sender<Filled>, filled: Vec<Filled>) -> bool {
        for one in filled {
            let is_sent = tokio::select! {
                sent = feed.send(one) => sent.is_ok(),
                () = self.wait_until_halted() => false,
            };
            if !is_sent {
                return false;
            }
        }
        true
    }

    /// Fills the messages of the next claims, and claims more if there are none; nothing if nobody is due.
    async fn fill_next(&self, claims: &mut vec::IntoIter<Claimed>) -> Result<Vec<Filled>> {
        if claims.len() == 0 {
            let (sender, issue) = (&self.delivery.sender, &self.delivery.issue);
            let claimed = sender
                .claim(issue.id, CLAIM, self.delivery.clock.now())
                .await;
            let claimed = claimed.inspect_err(|error| self.halt(Halt::Relay(error.to_string())))?;
            *claims = self.note(claimed);
        }
        self.fill(claims.by_ref().take(FILLED).collect()).await
    }

    /// Counts the domains of new claims.
    fn note(&self, claimed: Vec<Claimed>) -> vec::IntoIter<Claimed> {
        for claim in &claimed {
            self.domains.see(claim.reader.email.domain());
        }
        claimed.into_iter()
    }

    /// Fills messages off the reactor and on all cores: signing takes longer than all the rest.
    async fn fill(&self, claims: Vec<Claimed>) -> Result<Vec<Filled>> {
        let (compiled, key) = (self.delivery.compiled.clone(), self.delivery.key.clone());
        let made_at = self.delivery.issue.made_at;
        let fill = move || {
            let one = |claim: Claimed| Filled {
                message: compiled.fill(&claim.reader, made_at, &key),
                claim,
            };
            claims.into_par_iter().map(one).collect()
        };
        let filled = spawn_blocking(fill).await;
        filled.map_err(|error| {
            self.halt(Halt::Relay(format!("a message cannot be filled: {error}")));
            StoreError::Writer(error.to_string())
        })
    }

    /// Returns the delivery if it may go now; else it waits for its domain. [`Self::release_domain`] ends one that goes.
    pub(super) fn admit(&self, filled: Filled) -> Option<Filled> {
        if self.domains.is_idle() {
            return Some(filled);
        }
        let domain = filled.claim.reader.email.domain().to_owned();
        match self.domains.admit(&domain, filled) {
            Admission::Now(filled) => Some(filled),
            Admission::Parked => None,
            Admission::Later(filled, wait) => {
                self.postpone(&filled.claim, wait, "its domain asks for fewer messages");
                None
            }
        }
    }

    /// Whether deliveries wait for their domains in memory.
    pub(super) fn has_parked(&self) -> bool {
        self.domains.has_parked()
    }

    /// A delivery that has waited for its domain and goes now.
    pub(super) fn unpark(&self) -> Option<Filled> {
        self.domains.unpark()
    }

    /// A delivery to this domain has ended.
    pub(super) fn release_domain(&self, domain: &str) {
        self.domains.release(domain);
    }

    /// Postpones a recipient until the domain takes more.
    fn postpone(&self, claim: &Claimed, wait: Duration, words: &str) {
        let due = self.delivery.clock.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        let outcome = match self.find_next_attempt(claim) {
            Some(_) => Outcome::Postponed(due),
            None => Outcome::GivenUp,
        };
        self.settle(claim, outcome, words);
    }

    /// Slows a domain that asks for less; the others go on. If many domains ask, the relay as a whole is slowed. `None` if
    /// nothing new may begin.
    async fn throttle_domain(&self, claim: &Claimed, words: &str, is_closing: bool) -> Option<()> {
        let domain = claim.reader.email.domain();
        let Some((parked, wait)) = self.domains.slow_down(domain) else {
            return self.wait_after_deferral(words, is_closing).await;
        };
        for filled in parked {
            self.postpone(&filled.claim, wait, words);
        }
        Some(())
    }

    pub(super) fn series(&self) -> MutexGuard<'_, Series> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Halts everything; the first reason counts.
    pub(super) fn halt(&self, halt: Halt) {
        self.reason
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(halt);
        self.halted.send_replace(true);
    }

    /// Whether nothing new may begin.
    pub(super) fn is_halted(&self) -> bool {
        *self.halted.borrow()
    }

    /// Waits until nothing new may begin.
    pub(super) async fn wait_until_halted(&self) {
        let _ = self.halted.subscribe().wait_for(|halted| *halted).await;
    }

    /// Waits before the relay is tried again. Returns false if this run has no patience left.
    pub(super) async fn back_off(&self, trouble: &str) -> bool {
        self.wait(trouble, self.throttle.back_off()).await
    }

    /// Waits for a relay in trouble. Returns false if this run has no patience left.
    pub(super) async fn wait(&self, trouble: &str, wait: Option<(Duration, bool)>) -> bool {
        let Some((wait, is_new)) = wait else {
            self.halt(Halt::Relay(trouble.to_owned()));
            return false;
        };
        if is_new && wait >= Duration::from_secs(2) {
            self.delivery
                .progress
                .say(&format!("{trouble}; trying again in {} s", wait.as_secs()));
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => true,
            () = self.wait_until_halted() => false,
        }
    }

    /// The permit to pipeline an envelope, until its reply has come. With a rate there is none: the relay would wait
    /// for each body.
    pub(super) fn permit_to_pipeline(&self) -> Option<OwnedSemaphorePermit> {
        let free = self
            .delivery
            .mail
            .per_second
            .is_none()
            .then(|| self.pipelining.clone())?;
        free.try_acquire_owned().ok()
    }

    /// The relay has answered a pipelined envelope: from now on all may pipeline.
    pub(super) fn let_all_pipeline(&self) {
        if !self.heard.swap(true, Ordering::Relaxed) {
            self.pipelining.add_permits(self.delivery.mail.connections);
        }
    }

    /// The relay rejects pipelining: from now on each envelope waits for the answer to the body before.
    pub(super) fn stop_pipelining(&self) {
        self.pipelining.close();
    }

    /// Counts a loss at this recipient. Returns whether the recipient is the cause, and not the relay. That is so if others
    /// are served meanwhile; it is also assumed if nobody has been served for some waits, since all who are left may be
    /// like this one. Where it is the relay after all, only a few are put off before the patience ends.
    pub(super) fn is_hopeless(&self, claim: &Claimed) -> bool {
        let answered = self.throttle.answered();
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let loss = losses
            .entry(claim.reader.id)
            .or_insert(Losses { count: 0, answered });
        loss.count += 1;
        loss.count >= MOST_LOSSES && answered > loss.answered
            || self.throttle.waits() + 1 >= MOST_LOSSES
    }

    /// A server that rejects our sender address, while other servers accepted the same issue, speaks for its own
    /// recipients only: the delivery is given up, and the issue is not paused.
    pub(super) fn once_accepted(&self, phase: Phase, verdict: Verdict) -> Verdict {
        let is_alone = phase == Phase::Rcpt && self.series().is_accepted();
        if verdict == Verdict::AboutUs && is_alone {
            Verdict::GivenUp
        } else {
            verdict
        }
    }

    /// Takes a reply into the series, which may pause the issue.
    pub(super) fn record(&self, phase: Phase, verdict: Verdict, claim: &Claimed, words: &str) {
        let (reader, domain) = (claim.reader.id, claim.reader.email.domain());
        let series = self.series().record(phase, verdict, reader, domain);
        if let Some(why) = series {
            self.halt(Halt::Us(format!("{why} (the last: {words})")));
        }
    }

    /// Halts on a fault of ours, waits on one of the relay's. Returns whether to try again.
    pub(super) async fn wait_out(&self, trouble: Trouble) -> bool {
        match trouble {
            Trouble::Us(why) => {
                self.halt(Halt::Us(why));
                false
            }
            Trouble::Relay(why) => self.back_off(&why).await,
        }
    }

    pub(super) fn envelope<'a>(&'a self, claim: &'a Claimed, message: &'a [u8]) -> Envelope<'a> {
        Envelope {
            sender: self
                .delivery
                .compiled
                .sender_for(claim.reader.id, &self.delivery.key),
            recipient: &claim.reader.email,
            message,
        }
    }

    /// Settles a delivery whose connection was lost while a retry is safe. `None` if nothing new may begin.
    pub(super) async fn settle_lost(
        &self,
        claim: &Claimed,
        phase: Phase,
        trouble: Trouble,
    ) -> Option<()> {
        let outcome = match phase {
            // The relay did not know the recipient yet.
            Phase::Mail => Outcome::Released,
            _ if self.is_hopeless(claim) => self.judge_deferred(claim),
            // This may end each run early; after `give_up` the reader is given up like any other.
            _ => self
                .find_next_attempt(claim)
                .map_or(Outcome::GivenUp, |_| Outcome::HungUp),
        };
        self.settle(claim, outcome, &trouble.to_string());
        self.wait_out(trouble).await.then_some(())
    }

    /// Settles a message that the relay accepted.
    pub(super) fn settle_accepted(&self, claim: &Claimed, words: &str) {
        self.settle(claim, Outcome::Sent, words);
        self.record(Phase::Dot, Verdict::Sent, claim, words);
        self.throttle.succeed();
        self.domains.succeed(claim.reader.email.domain());
    }

    /// Settles a delivery that was not accepted, by its verdict. `None` if nothing new may begin.
    pub(super) async fn settle_not_accepted(
        &self,
        claim: &Claimed,
        reply: &JudgedReply,
    ) -> Option<()> {
        let JudgedReply {
            phase,
            verdict,
            words,
            is_closing,
        } = reply;
        let (recipient, verdict) = (&claim.reader.email, self.once_accepted(*phase, *verdict));
        let outcome = match verdict {
            Verdict::Sent => Outcome::Sent,
            Verdict::Bounced => Outcome::Bounced,
            Verdict::Refused => Outcome::Refused,
            Verdict::Policy | Verdict::GivenUp => Outcome::GivenUp,
            Verdict::Deferred | Verdict::Throttled => self.judge_deferred(claim),
            Verdict::Unexpected => self.judge_unknown(claim),
            Verdict::RelayTrouble | Verdict::AboutUs => Outcome::Released,
        };
        self.settle(claim, outcome, words);
        self.record(*phase, verdict, claim, words);
        match verdict {
            Verdict::AboutUs if *phase == Phase::Rcpt => {
                self.halt(Halt::Us(format!("at {recipient}: {words}")));
                None
            }
            Verdict::AboutUs => {
                self.halt(Halt::Us(words.clone()));
                None
            }
            Verdict::Throttled => self.throttle_domain(claim, words, *is_closing).await,
            Verdict::Deferred => self.wait_after_deferral(words, *is_closing).await,
            _ => {
                self.throttle.succeed();
                Some(())
            }
        }
    }

    /// Waits after a deferral; `None` if nothing new may begin.
    async fn wait_after_deferral(&self, words: &str, is_closing: bool) -> Option<()> {
        // The relay closes: that is trouble, however the message's own fate reads.
        if is_closing {
            return self.back_off(words).await.then_some(());
        }
        let Some(wait) = self.throttle.defer() else {
            self.halt(Halt::Relay(format!(
                "everyone is deferred, for longer than `patience` waits or {MOST_DEFERRALS} in a row (the last: {words})"
            )));
            return None;
        };
        tokio::select! {
            () = sleep(wait) => Some(()),
            () = self.wait_until_halted() => None,
        }
    }

    pub(super) fn settle(&self, claim: &Claimed, outcome: Outcome, words: &str) {
        let delivery = &self.delivery;
        match outcome {
            // It stays queued and due.
            Outcome::Released | Outcome::HungUp => {}
            Outcome::Deferred(_) | Outcome::Postponed(_) | Outcome::Unknown(Some(_)) => {
                delivery.progress.defer(claim.reader.id);
            }
            _ => delivery.progress.finish_one(claim.reader.id),
        }
        let settled = Settled {
            reader: claim.reader.id,
            outcome,
            reply: words.to_owned(),
        };
        if let Err(error) =
            delivery
                .sender
                .settle(delivery.issue.id, vec![settled], delivery.clock.now())
        {
            self.halt(Halt::Store(error));
        }
    }

    /// Decides the outcome of a message that the relay may have accepted. Under `retry` it is due again like a deferred one, and waits
    /// for a person once `give_up` has passed; under `hold` it waits for a person at once.
    pub(super) fn judge_unknown(&self, claim: &Claimed) -> Outcome {
        Outcome::Unknown(match self.delivery.mail.uncertain {
            UncertainPolicy::Retry => self.find_next_attempt(claim),
            UncertainPolicy::Hold => None,
        })
    }

    /// Decides the outcome of a deferral.
    fn judge_deferred(&self, claim: &Claimed) -> Outcome {
        self.find_next_attempt(claim)
            .map_or(Outcome::GivenUp, Outcome::Deferred)
    }

    /// The time of the next attempt: the gap doubles up to its limit; `None` once `give_up` has passed since the first
    /// attempt.
    fn find_next_attempt(&self, claim: &Claimed) -> Option<DateTime<Utc>> {
        let (mail, now) = (&self.delivery.mail, self.delivery.clock.now());
        let span = |of: Duration| TimeDelta::from_std(of).unwrap_or(TimeDelta::days(365));
        let doublings = u32::try_from(claim.attempts.clamp(0, 16)).unwrap_or(16);
        let gap = mail
            .retry
            .0
            .saturating_mul(1 << doublings)
            .min(mail.retry_max.0);
        // An issue that was paused for a week, or is sent again, has not been tried for a week.
        let tried_for = now - claim.first_at.unwrap_or(now);
        let due = || {
            now.checked_add_signed(span(gap))
                .unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        (tried_for < span(mail.give_up.0)).then(due)
    }
}
