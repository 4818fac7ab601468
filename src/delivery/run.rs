//! A run over one issue: the state that its workers share, and what makes them wait or stop.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

use crate::delivery::domains::{Admission, Domains};
use crate::delivery::issue::IssueDelivery;
use crate::delivery::queue::Filled;
use crate::delivery::series::Series;
use crate::delivery::throttle::Throttle;
use crate::ledger::{Claimed, Counts, DeliveryState, SlotKind};
use crate::message::Envelope;
use crate::reader::ReaderId;
use crate::store::StoreError;
use crate::verdict::Trouble;

/// The reason why nothing new begins.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody asked to stop.
    Asked,
    /// The relay's trouble lasts longer than the patience.
    Relay(String),
    /// A fault of this program or its store: the next run goes on.
    Fault(String),
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
    pub(super) domains: Domains<Filled>,
    series: Mutex<Series>,
    /// Permits for pipelining: one connection probes; if the relay copes all may, else the semaphore is closed.
    pipelining: Arc<Semaphore>,
    /// Whether the relay has answered a pipelined envelope.
    heard: AtomicBool,
    pub(super) losses: Mutex<HashMap<ReaderId, Losses>>,
    pub(super) reason: Mutex<Option<Halt>>,
    halted: watch::Sender<bool>,
}

/// How often a connection was lost at one recipient.
pub(super) struct Losses {
    pub(super) count: u32,
    /// How many messages had been answered before the first.
    pub(super) answered: u64,
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
            () = sleep(wait) => true,
            () = self.wait_until_halted() => false,
        }
    }

    pub(super) fn series(&self) -> MutexGuard<'_, Series> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Returns a delivery that has waited for its domain and goes now.
    pub(super) fn unpark(&self) -> Option<Filled> {
        self.domains.unpark()
    }

    /// Notes that a delivery to this domain has ended.
    pub(super) fn release_domain(&self, domain: &str) {
        self.domains.release(domain);
    }

    /// Takes the permit to pipeline an envelope, until its reply has come. With a rate there is none: the relay would
    /// wait for each body.
    pub(super) fn take_pipelining(&self) -> Option<OwnedSemaphorePermit> {
        if self.delivery.mail.per_second.is_some() {
            return None;
        }
        self.pipelining.clone().try_acquire_owned().ok()
    }

    /// Lets all connections pipeline from now on, since the relay has answered a pipelined envelope.
    pub(super) fn allow_pipelining(&self) {
        if !self.heard.swap(true, Ordering::Relaxed) {
            self.pipelining.add_permits(self.delivery.mail.connections);
        }
    }

    /// Makes each envelope wait for the answer to the body before from now on, since the relay rejects pipelining.
    pub(super) fn stop_pipelining(&self) {
        self.pipelining.close();
    }

    pub(super) fn make_envelope<'a>(
        &'a self,
        claim: &'a Claimed,
        message: &'a [u8],
    ) -> Envelope<'a> {
        Envelope {
            sender: self
                .delivery
                .compiled
                .sender_for(claim.reader.id, &self.delivery.key),
            recipient: &claim.reader.email,
            message,
        }
    }
}
