//! One connection's task: takes a delivery, sees it through, settles it, takes the next.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use tokio::time::sleep;

use crate::config::Uncertain;
use crate::delivery::relay::{Halt, Queue, Run};
use crate::ledger::{Claimed, Outcome, Settled};
use crate::smtp::{Connection, Envelope, Phase, Refused, Reply, Trouble, Verdict, judge};
use crate::store::StoreError;

/// A recipient at whom the connection is lost so often, while others are served, is deferred.
const MOST_LOSSES: u32 = 3;

/// What became of one attempt.
enum Attempt {
    /// The relay answered.
    Answered(Phase, Reply),
    /// The connection was lost while trying again is safe; the intent is durable or not.
    Lost(Trouble, Intended),
    /// The relay may have taken it.
    Unanswered(Trouble),
    /// Nothing was said: a halt came first.
    Halted,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Intended {
    Yes,
    No,
}

/// Works until there is no more to do. Claims that it leaves behind are released with the others of this sender.
pub(super) async fn work(run: Arc<Run>, queue: Arc<Queue>, number: usize) {
    let mut open: Option<Connection> = None;
    loop {
        if !run.pace.allows(number) {
            if let Some(connection) = open.take() {
                connection.quit().await;
            }
            tokio::select! {
                () = run.pace.allowed(number) => {}
                () = queue.drained() => break,
                () = run.halted() => break,
            }
        }
        let next = tokio::select! {
            biased;
            () = run.halted() => break,
            next = queue.next() => next,
        };
        let Some(claim) = next else { break };
        if run.see_through(&claim, &mut open).await.is_none() {
            break;
        }
    }
    if let Some(connection) = open {
        connection.quit().await;
    }
}

impl Run {
    /// One delivery to its end; none where nothing new may begin.
    async fn see_through(&self, claim: &Claimed, open: &mut Option<Connection>) -> Option<()> {
        let (mut losses, answered) = (0, self.pace.answered());
        loop {
            let mut connection = self.connection(open).await?;
            let attempt = self.attempt(&mut connection, claim).await;
            if connection.is_usable() && !matches!(attempt, Attempt::Halted | Attempt::Lost(..)) {
                *open = Some(connection);
            }
            let trouble = match attempt {
                Attempt::Answered(phase, reply) => {
                    let verdict = judge(phase, &reply);
                    if verdict != Verdict::RelayTrouble {
                        return self.answered(claim, phase, &reply, verdict).await;
                    }
                    // Its state is not known to us any more than ours to it.
                    *open = None;
                    Trouble::Relay(reply.to_string())
                }
                Attempt::Unanswered(trouble) => {
                    self.settle(claim, self.uncertain(claim), &trouble.to_string());
                    return self.stands(trouble).await.then_some(());
                }
                Attempt::Lost(trouble, Intended::Yes) => {
                    self.settle(claim, Outcome::Released, &trouble.to_string());
                    return self.stands(trouble).await.then_some(());
                }
                Attempt::Lost(trouble, Intended::No) => trouble,
                Attempt::Halted => return None,
            };
            losses += 1;
            if losses >= MOST_LOSSES && self.pace.answered() > answered {
                // It is this recipient, not the relay: the others must not wait behind it.
                self.settle(claim, self.deferred(claim), &trouble.to_string());
                return Some(());
            }
            if !self.stands(trouble).await {
                return None;
            }
        }
    }

    /// The open connection, or a new one where there is none or it has seen enough; none where a halt comes first.
    async fn connection(&self, open: &mut Option<Connection>) -> Option<Connection> {
        if let Some(connection) = open.take() {
            if connection.messages() < self.delivery.mail.messages_per_connection {
                return Some(connection);
            }
            connection.quit().await;
        }
        loop {
            let opened = tokio::select! {
                opened = self.dialer.open() => opened,
                () = self.halted() => return None,
            };
            match opened {
                Ok(connection) => return Some(connection),
                Err(trouble) => {
                    if !self.stands(trouble).await {
                        return None;
                    }
                }
            }
        }
    }

    /// Sends one message, as far as it comes.
    async fn attempt(&self, connection: &mut Connection, claim: &Claimed) -> Attempt {
        let delivery = &self.delivery;
        let message = delivery.compiled.fill(&claim.reader, delivery.issue.made_at, &delivery.key);
        let envelope =
            Envelope { sender: delivery.compiled.sender(), recipient: &claim.reader.email, message: &message };
        let say = async {
            self.pace.turn().await;
            connection.envelope(envelope).await
        };
        let said = tokio::select! {
            said = say => said,
            () = self.halted() => return Attempt::Halted,
        };
        match said {
            Ok(()) => {}
            Err(Refused::Reply(phase, reply)) => return Attempt::Answered(phase, reply),
            Err(Refused::Lost(trouble) | Refused::Unanswered(trouble)) => {
                return Attempt::Lost(trouble, Intended::No);
            }
        }
        // Durable before the body goes out: a sender that dies from here on leaves it uncertain, not lost.
        match delivery.sender.intend(delivery.issue.id, vec![claim.reader.id]).await {
            Ok(()) => {}
            Err(error) => {
                self.halt(if matches!(error, StoreError::Stopped) { Halt::Stopped } else { Halt::Store(error) });
                return Attempt::Halted;
            }
        }
        let answer = tokio::select! {
            answer = connection.body(message) => answer,
            () = self.overdue() => Err(Refused::Unanswered(Trouble::Relay("stopped before the answer came".to_owned()))),
        };
        match answer {
            Ok(reply) => Attempt::Answered(Phase::Dot, reply),
            Err(Refused::Reply(phase, reply)) => Attempt::Answered(phase, reply),
            Err(Refused::Lost(trouble)) => Attempt::Lost(trouble, Intended::Yes),
            Err(Refused::Unanswered(trouble)) => Attempt::Unanswered(trouble),
        }
    }

    /// Settles what a reply decides; none where nothing new may begin.
    async fn answered(&self, claim: &Claimed, phase: Phase, reply: &Reply, verdict: Verdict) -> Option<()> {
        let words = reply.to_string();
        let outcome = match verdict {
            Verdict::Sent => Outcome::Sent,
            Verdict::Bounced => Outcome::Bounced,
            Verdict::Refused => Outcome::Refused,
            Verdict::Policy | Verdict::GivenUp => Outcome::GivenUp,
            Verdict::Deferred => self.deferred(claim),
            Verdict::Uncertain => self.uncertain(claim),
            Verdict::RelayTrouble | Verdict::AboutUs => Outcome::Released,
        };
        self.settle(claim, outcome, &words);
        self.record(phase, verdict, claim.reader.email.domain(), &words);
        match verdict {
            Verdict::AboutUs => {
                self.halt(Halt::Us(words));
                None
            }
            Verdict::Deferred if reply.code == 421 => {
                self.pace.deferred();
                self.back_off(&words).await.then_some(())
            }
            Verdict::Deferred => {
                sleep(self.pace.deferred()).await;
                Some(())
            }
            _ => {
                self.pace.well();
                Some(())
            }
        }
    }

    fn settle(&self, claim: &Claimed, outcome: Outcome, words: &str) {
        let delivery = &self.delivery;
        if !matches!(outcome, Outcome::Released) {
            delivery.progress.add(1);
        }
        let settled = Settled { reader: claim.reader.id, outcome, reply: words.to_owned() };
        if let Err(error) = delivery.sender.settle(delivery.issue.id, vec![settled], delivery.clock.now()) {
            self.halt(Halt::Store(error));
        }
    }

    /// What becomes of a message whose answer never came: it waits like one that was deferred, or for a person.
    fn uncertain(&self, claim: &Claimed) -> Outcome {
        Outcome::Uncertain(match self.delivery.mail.uncertain {
            Uncertain::Retry => self.due_again(claim),
            Uncertain::Hold => None,
        })
    }

    fn deferred(&self, claim: &Claimed) -> Outcome {
        self.due_again(claim).map_or(Outcome::GivenUp, Outcome::Deferred)
    }

    /// When to try again: the gap doubles each time, up to its limit; after `give_up` there is no again.
    fn due_again(&self, claim: &Claimed) -> Option<DateTime<Utc>> {
        let (mail, now) = (&self.delivery.mail, self.delivery.clock.now());
        let span = |of: std::time::Duration| Duration::from_std(of).unwrap_or(Duration::days(365));
        let doublings = u32::try_from(claim.attempts.clamp(0, 16)).unwrap_or(16);
        let gap = mail.retry.0.saturating_mul(1 << doublings).min(mail.retry_max.0);
        (now - self.delivery.issue.made_at < span(mail.give_up.0)).then(|| now + span(gap))
    }
}
