//! Settles deliveries: what each outcome of an attempt does to the ledger, to the throttle and to the run.

use std::sync::PoisonError;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::sleep;

use crate::config::UncertainPolicy;
use crate::delivery::run::{Halt, Losses, Run};
use crate::delivery::throttle::MOST_DEFERRALS;
use crate::ledger::{Claimed, Outcome, Settled};
use crate::verdict::{JudgedReply, Phase, Trouble, Verdict};

/// After so many lost connections, in a row or at one recipient, the recipient is deferred.
const MOST_LOSSES: u32 = 3;

impl<T> Run<T> {
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
        let (recipient, verdict) = (&claim.reader.email, self.weigh_verdict(*phase, *verdict));
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
            Verdict::Throttled => self.slow_domain(claim, words, *is_closing).await,
            Verdict::Deferred => self.wait_after_deferral(words, *is_closing).await,
            _ => {
                self.throttle.succeed();
                Some(())
            }
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
            _ if self.count_loss(claim) => self.judge_deferred(claim),
            // This may end each run early; after `give_up` the reader is given up like any other.
            _ => self
                .find_next_attempt(claim)
                .map_or(Outcome::GivenUp, |_| Outcome::HungUp),
        };
        self.settle(claim, outcome, &trouble.to_string());
        self.wait_out(trouble).await.then_some(())
    }

    /// Hands an outcome to the ledger's writer.
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

    /// Postpones a recipient until the domain takes more.
    pub(super) fn postpone(&self, claim: &Claimed, wait: Duration, words: &str) {
        let due = self.delivery.clock.now() + TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        let outcome = match self.find_next_attempt(claim) {
            Some(_) => Outcome::Postponed(due),
            None => Outcome::GivenUp,
        };
        self.settle(claim, outcome, words);
    }

    /// Slows a domain that asks for less; the others go on. If many domains ask, the relay as a whole is slowed. `None` if
    /// nothing new may begin.
    async fn slow_domain(&self, claim: &Claimed, words: &str, is_closing: bool) -> Option<()> {
        let domain = claim.reader.email.domain();
        let Some((parked, wait)) = self.domains.slow_down(domain) else {
            return self.wait_after_deferral(words, is_closing).await;
        };
        for filled in parked {
            self.postpone(&filled.claim, wait, words);
        }
        Some(())
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

    /// Weighs a verdict against those of other servers. One that rejects our sender address, while others accepted the
    /// same issue, speaks for its own recipients only: the delivery is given up, and the issue is not paused.
    fn weigh_verdict(&self, phase: Phase, verdict: Verdict) -> Verdict {
        let is_alone = phase == Phase::Rcpt && self.series().is_accepted();
        if verdict == Verdict::AboutUs && is_alone {
            Verdict::GivenUp
        } else {
            verdict
        }
    }

    /// Takes a reply into the series, which may pause the issue.
    fn record(&self, phase: Phase, verdict: Verdict, claim: &Claimed, words: &str) {
        let (reader, domain) = (claim.reader.id, claim.reader.email.domain());
        let series = self.series().record(phase, verdict, reader, domain);
        if let Some(why) = series {
            self.halt(Halt::Us(format!("{why} (the last: {words})")));
        }
    }

    /// Counts a loss at this recipient. Returns whether the recipient is the cause, and not the relay. That is so if others
    /// are served meanwhile; it is also assumed if nobody has been served for some waits, since all who are left may be
    /// like this one. Where it is the relay after all, only a few are put off before the patience ends.
    fn count_loss(&self, claim: &Claimed) -> bool {
        let answered = self.throttle.answered();
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let loss = losses
            .entry(claim.reader.id)
            .or_insert(Losses { count: 0, answered });
        loss.count += 1;
        loss.count >= MOST_LOSSES && answered > loss.answered
            || self.throttle.waits() + 1 >= MOST_LOSSES
    }

    /// Decides the outcome of a message that the relay may have accepted. Under `retry` it is due again like a deferred
    /// one, and waits for a person once `give_up` has passed; under `hold` it waits for a person at once.
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

    /// Finds the time of the next attempt: the gap doubles up to its limit; `None` once `give_up` has passed since the
    /// first attempt.
    fn find_next_attempt(&self, claim: &Claimed) -> Option<DateTime<Utc>> {
        let (mail, now) = (&self.delivery.mail, self.delivery.clock.now());
        let span = |of: Duration| TimeDelta::from_std(of).unwrap_or(TimeDelta::days(365));
        let doublings = u32::try_from(claim.attempts.clamp(0, 16)).unwrap_or(16);
        let gap = mail.retry.0.saturating_mul(1 << doublings);
        let gap = span(gap.min(mail.retry_max.0));
        // An issue that was paused for a week, or is sent again, has not been tried for a week.
        let tried_for = now - claim.first_at.unwrap_or(now);
        if tried_for >= span(mail.give_up.0) {
            return None;
        }
        let due = now.checked_add_signed(gap);
        Some(due.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}
