//! A worker: takes a delivery, carries it through over its connection, settles it, and takes the next, whose envelope
//! is pipelined behind the body.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

use crate::delivery::issue::GRACE;
use crate::delivery::queue::{Filled, Queue};
use crate::delivery::run::{Halt, Run};
use crate::delivery::throttle::Permit;
use crate::delivery::transport::{Session, Transport};
use crate::ledger::{Claimed, Outcome};
use crate::store::StoreError;
use crate::verdict::{Attempt, Phase, Trouble, Verdict};

/// The longest silence on an open connection: a relay under load hangs up after some seconds.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// The end of one delivery.
enum Ended {
    /// It was attempted, with this outcome.
    Attempted(Attempt),
    /// Nothing was sent: a halt came first.
    Halted,
    /// The reader has gone since the claim; the ledger knows it, and the connection is given up.
    Gone,
}

/// A worker: one connection and its next delivery.
struct Worker<T: Transport> {
    run: Arc<Run<T>>,
    queue: Arc<Queue>,
    open: Option<T::Session>,
    /// The permit to hold a connection.
    permit: Option<Permit>,
    /// The delivery whose envelope is pipelined, over the open connection unless that was lost.
    next: Option<Filled>,
    pipelining: Option<OwnedSemaphorePermit>,
}

/// Works until there is no more to do. Claims that it leaves behind are released with the others of this sender.
pub(super) async fn work<T: Transport>(run: Arc<Run<T>>, queue: Arc<Queue>) {
    let mut worker = Worker {
        run,
        queue,
        open: None,
        permit: None,
        next: None,
        pipelining: None,
    };
    while let Some(filled) = worker.take_next().await {
        let domain = filled.claim.reader.email.domain().to_owned();
        let went_on = worker.deliver(filled).await;
        worker.run.release_domain(&domain);
        if went_on.is_none() {
            break;
        }
    }
    worker.close().await;
}

impl<T: Transport> Worker<T> {
    /// Takes the next delivery; `None` if there is none or nothing new may begin.
    async fn take_next(&mut self) -> Option<Filled> {
        if self.next.is_none() {
            if self.run.throttle.is_over() {
                self.close().await;
            }
            let queue = self.queue.clone();
            let is_awaited = self.run.has_parked();
            tokio::select! {
                permit = self.obtain_permit() => permit?,
                () = queue.wait_until_drained(), if !is_awaited => return None,
            }
        }
        if self.run.is_halted() {
            return None;
        }
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        loop {
            if let Some(parked) = self.run.unpark() {
                return Some(parked);
            }
            let next = tokio::select! {
                biased;
                () = self.run.wait_until_halted() => None,
                next = self.queue.take() => next,
            };
            if let Some(admitted) = self.run.admit(next?) {
                return Some(admitted);
            }
        }
    }

    /// Takes the delivery whose envelope may be pipelined behind the body that goes now.
    fn take_pipelined(&mut self, connection: &T::Session) -> Option<Filled> {
        let run = &self.run;
        let may = connection.can_pipeline()
            && connection.messages() < run.delivery.mail.messages_per_connection
            && !run.throttle.is_over()
            && !run.is_halted();
        let permit = may.then(|| run.take_pipelining()).flatten()?;
        let next = self.queue.take_at_once()?;
        let next = run.admit(next)?;
        self.pipelining = Some(permit);
        Some(next)
    }

    /// Ends the connection, and gives its permit to another worker.
    async fn close(&mut self) {
        if let Some(connection) = self.open.take() {
            connection.quit().await;
        }
        self.permit = None;
    }

    /// Waits for the permit to hold a connection; `None` if nothing new may begin. Whoever holds one gives it back when the
    /// queue is empty, so that nobody waits for ever with a delivery in hand.
    async fn obtain_permit(&mut self) -> Option<()> {
        if self.permit.is_none() {
            self.permit = tokio::select! {
                permit = self.run.throttle.acquire_permit() => Some(permit),
                () = self.run.wait_until_halted() => None,
            };
        }
        self.permit.is_some().then_some(())
    }

    /// Delivers one message, from the connection to the outcome; `None` if nothing new may begin.
    async fn deliver(&mut self, filled: Filled) -> Option<()> {
        let Filled { claim, message } = filled;
        let mut connection = self.obtain_connection().await?;
        let began = Instant::now();
        let ended = self.attempt(&mut connection, &claim, message).await;
        let is_answered = matches!(
            ended,
            Ended::Attempted(Attempt::Accepted(_) | Attempt::NotAccepted(_))
        );
        // The permit of a lost connection goes back once the relay has been waited for.
        let _lost = match is_answered && connection.is_usable() {
            true => None,
            false => self.permit.take(),
        };
        let run = self.run.clone();
        let attempt = match ended {
            Ended::Attempted(attempt) => attempt,
            Ended::Gone => return Some(()),
            Ended::Halted => {
                run.settle(&claim, Outcome::Released, "stopped before it was sent");
                return None;
            }
        };
        match attempt {
            Attempt::Accepted(words) => {
                self.keep(connection);
                run.settle_accepted(&claim, &words);
                Some(())
            }
            Attempt::NotAccepted(reply) if reply.verdict == Verdict::RelayTrouble => {
                // The connection may still take a QUIT; the state of its transaction is unknown.
                connection.quit().await;
                let trouble = Trouble::Relay(reply.words);
                run.settle_lost(&claim, reply.phase, trouble).await
            }
            Attempt::NotAccepted(reply) => {
                self.keep(connection);
                run.settle_not_accepted(&claim, &reply).await
            }
            // Between two messages a relay may close a connection, for whatever reason; one that closes a new one, or says
            // nothing, is in trouble.
            Attempt::Lost(Phase::Mail, trouble)
                if connection.messages() > 1 && began.elapsed() < LONGEST_SILENCE =>
            {
                run.settle(&claim, Outcome::Released, &trouble.to_string());
                Some(())
            }
            Attempt::Lost(phase, trouble) => run.settle_lost(&claim, phase, trouble).await,
            Attempt::OutOfStep(trouble) => {
                run.stop_pipelining();
                run.settle(&claim, Outcome::Released, &trouble.to_string());
                Some(())
            }
            Attempt::Unknown(trouble) => {
                run.settle(&claim, run.judge_unknown(&claim), &trouble.to_string());
                run.wait_out(trouble).await.then_some(())
            }
        }
    }

    /// Keeps a connection for the next message, if it takes one.
    fn keep(&mut self, connection: T::Session) {
        self.open = Some(connection).filter(Session::is_usable);
    }

    /// Returns the open connection, or a new one if there is none or it has seen enough, once it is a message's turn; `None` if
    /// a halt comes first.
    async fn obtain_connection(&mut self) -> Option<T::Session> {
        let run = self.run.clone();
        loop {
            if let Some(turn) = run.throttle.turn() {
                if turn > Instant::now() + LONGEST_SILENCE {
                    self.close().await;
                }
                tokio::select! {
                    () = sleep_until(turn) => {}
                    () = run.wait_until_halted() => return None,
                }
            }
            if let Some(connection) = self.open.take() {
                if connection.messages() < run.delivery.mail.messages_per_connection {
                    return Some(connection);
                }
                connection.quit().await;
            }
            self.obtain_permit().await?;
            let opened = tokio::select! {
                opened = run.transport.open() => opened,
                () = run.wait_until_halted() => return None,
            };
            match opened {
                Ok(connection) => {
                    if let Some(permit) = &mut self.permit {
                        permit.note_opened();
                    }
                    return Some(connection);
                }
                Err(Trouble::Us(why)) => {
                    run.halt(Halt::Us(why));
                    return None;
                }
                Err(Trouble::Relay(why)) => {
                    let wait = self.permit.take().and_then(Permit::note_refused);
                    if !run.wait(&why, wait).await {
                        return None;
                    }
                }
            }
        }
    }

    /// Sends one message, as far as it comes.
    async fn attempt(
        &mut self,
        connection: &mut T::Session,
        claim: &Claimed,
        message: Vec<u8>,
    ) -> Ended {
        let run = self.run.clone();
        let delivery = &run.delivery;
        // Durable before the body goes out: a sender that dies from here on leaves it uncertain, not lost. The commit and
        // the envelope need not wait for each other; what was settled before is committed with it, so that at any moment
        // at most one message of this connection is under way. A halt cuts only the envelope short: what the ledger says
        // to the intent decides what may be settled.
        let was_pipelined = connection.has_pipelined();
        let envelope = async {
            tokio::select! {
                said = connection.announce(run.make_envelope(claim, &message)) => Some(said),
                () = run.wait_until_halted() => None,
            }
        };
        let (said, intended) = tokio::join!(
            envelope,
            delivery
                .sender
                .intend(delivery.issue.id, vec![claim.reader.id])
        );
        let is_heard = match &said {
            Some(Ok(())) => true,
            Some(Err(Attempt::NotAccepted(reply))) => reply.phase != Phase::Mail,
            _ => false,
        };
        if was_pipelined && is_heard {
            run.allow_pipelining();
        }
        self.pipelining = None;
        match intended {
            Ok(gone) if gone.is_empty() => {}
            // The relay may wait for the body now, which must not come: to end it here would send an empty message.
            Ok(_) => return Ended::Gone,
            Err(error) => {
                run.halt(if matches!(error, StoreError::Stopped) {
                    Halt::Stopped
                } else {
                    Halt::Store(error)
                });
                return Ended::Halted;
            }
        }
        match said {
            None => return Ended::Halted,
            Some(Ok(())) => {}
            Some(Err(attempt)) => return Ended::Attempted(attempt),
        }
        self.next = self.take_pipelined(connection);
        let next = self
            .next
            .as_ref()
            .map(|next| run.make_envelope(&next.claim, &next.message));
        let attempt = tokio::select! {
            attempt = connection.send_body(message, next) => attempt,
            () = run.delivery.stop.wait_until_overdue(GRACE) => {
                Attempt::Unknown(Trouble::Relay("stopped before the answer came".to_owned()))
            }
        };
        if matches!(attempt, Attempt::Unknown(_)) && self.next.is_some() {
            // Perhaps the relay rejects pipelining: that must not happen at each message.
            run.stop_pipelining();
        }
        Ended::Attempted(attempt)
    }
}
