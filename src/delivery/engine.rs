//! The engine: one issue by one transport, until nobody is due or something halts it. It knows no protocol.
//!
//! A delivery goes from `queued` (claimed: it has an owner) to `sending` (the intent is durable) to what the attempt came
//! to. Who changes what:
//!
//! - [`Run::feed`] claims up to 500 deliveries at a time, fills their messages off the reactor and puts them into a short
//!   queue. A claim is a row with this sender's number; a sender that dies gives it back.
//! - Each worker ([`worker`]) takes one message after the other, over one connection of its own, for which it needs a
//!   permit of the throttle. It announces the envelope and asks the ledger's one writer for the intent at the same time;
//!   the body goes out only after both. So a sender that dies has at most one message per connection in `sending`.
//! - The writer commits what waits in one transaction, and refuses an intent where the issue is no longer open or the
//!   reader has gone. Then the body is not sent, and the connection is given up, since the relay waits for one.
//! - An attempt ends as a value ([`Attempt`](crate::verdict::Attempt)): accepted, refused with a verdict, lost before
//!   anything was decided, out of step, or unknown. The worker settles it; the writer turns it into a row's state. Only
//!   `Unknown` may have been taken unseen: it is noted, and sent again or held as `[mail] uncertain` says.
//! - A verdict about the relay charges nobody: the delivery waits again, and the throttle makes all workers wait. A verdict
//!   about us, or a series of refusals ([`Series`]), halts the run and pauses the issue. Refusals of the series are taken
//!   back before the pause, so that whoever resumes it finds them waiting.
//! - A halt stops what is new. An envelope is cut short; a body that is on its way is waited for, at most `GRACE`.
//!
//! Why nothing is lost: a delivery leaves `queued` or `sending` only by what the relay said, by a person, or by time, and
//! every row that a sender owned is put in order by the next one. Why nothing is silently sent twice: the intent is durable
//! before the body, an accepted message is settled before its connection's next intent is (one writer, one order), and a
//! row that was `sending` when its sender died is listed as uncertain. Pipelining does not change this: only the envelope
//! of the next message goes ahead, never its body.
//!
//! The rounds end when a claim finds nobody. What came back meanwhile (released, deferred for a moment) is claimed by the
//! next round; what is due later is for the next run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{JoinSet, spawn_blocking};

use crate::delivery::series::{Doubted, Series};
use crate::delivery::throttle::Throttle;
use crate::delivery::transport::Transport;
use crate::delivery::{CLAIM, Delivery, worker};
use crate::ledger::{Claimed, IssueState, State};
use crate::reader::ReaderId;
use crate::store::{Result, StoreError};
use crate::verdict::{Phase, Trouble, Verdict, one_line};

/// A recipient at whom the connection is lost is deferred after so many losses there, or so many in a row everywhere.
const MOST_LOSSES: u32 = 3;

/// The longest reason for a pause, in characters.
const LONGEST_REASON: usize = 400;

/// So many messages are filled at once, and so many wait for a worker.
const FILLED: usize = 50;

/// Why nothing new begins.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody asked.
    Asked,
    /// The relay's trouble lasts longer than the patience.
    Relay(String),
    /// A person has to mend something: the issue pauses.
    Us(String),
    /// The issue was paused or cancelled from elsewhere.
    Stopped,
    /// The ledger cannot be written.
    Store(StoreError),
}

/// What all connections of a run share.
pub(super) struct Run<T> {
    pub(super) delivery: Delivery,
    pub(super) transport: T,
    pub(super) throttle: Arc<Throttle>,
    series: Mutex<Series>,
    /// Permits for pipelining: one connection probes; if the relay copes all may, else the semaphore is closed.
    ahead: Arc<Semaphore>,
    /// Whether the relay has answered a pipelined envelope.
    heard: AtomicBool,
    losses: Mutex<HashMap<ReaderId, Losses>>,
    reason: Mutex<Option<Halt>>,
    halted: watch::Sender<bool>,
}

/// How often a connection was lost at one recipient.
struct Losses {
    count: u32,
    /// How many messages had been answered before the first.
    answered: u64,
}

/// A delivery and its message.
pub(super) struct Filled {
    pub(super) claim: Claimed,
    pub(super) message: Vec<u8>,
}

/// The filled messages on their way to the workers.
pub(super) struct Queue {
    filled: tokio::sync::Mutex<mpsc::Receiver<Filled>>,
    drained: watch::Sender<bool>,
}

/// Sends to everyone who is due. Returns why it stopped early: the relay's trouble, or ours, which pauses the issue.
pub(super) async fn deliver<T: Transport>(
    delivery: &Delivery,
    transport: std::result::Result<T, Trouble>,
) -> Result<Option<String>> {
    let transport = match transport {
        Ok(transport) => transport,
        Err(trouble) => return end(delivery, Halt::Us(trouble.to_string())).await,
    };
    let mail = &delivery.mail;
    let before = delivery.sender.store().counts(delivery.issue.id).await?;
    let decided = [
        State::Sent,
        State::Bounced,
        State::GivenUp,
        State::Uncertain,
    ];
    let run = Arc::new(Run {
        delivery: delivery.clone(),
        transport,
        throttle: Arc::new(Throttle::new(
            mail.connections,
            mail.per_second,
            mail.patience.0,
        )),
        series: Mutex::new(Series::after(
            decided.iter().any(|state| before[*state as usize] > 0),
            before[State::Sent as usize] > 0,
        )),
        ahead: Arc::new(Semaphore::new(1)),
        heard: AtomicBool::new(false),
        losses: Mutex::default(),
        reason: Mutex::default(),
        halted: watch::Sender::new(false),
    });
    let asked = tokio::spawn({
        let run = run.clone();
        async move {
            run.delivery.stop.asked().await;
            run.halt(Halt::Asked);
        }
    });
    let halted = rounds(&run).await;
    asked.abort();
    // It holds the run, and with it the sender, until it has ended.
    let _ = asked.await;
    match halted? {
        Some(halt) => {
            if matches!(halt, Halt::Stopped | Halt::Us(_)) {
                let doubted = run.series().doubted();
                doubt(delivery, doubted).await?;
            }
            end(delivery, halt).await
        }
        None => Ok(None),
    }
}

/// Lets everyone wait again whose refusal is not to be believed.
async fn doubt(delivery: &Delivery, doubted: Doubted) -> Result<()> {
    let (sender, issue) = (&delivery.sender, delivery.issue.id);
    sender.flush().await?;
    let readers = match doubted {
        Doubted::Readers(readers) => readers,
        Doubted::Everybody => refused(delivery).await?,
    };
    if readers.is_empty() {
        return Ok(());
    }
    sender
        .doubt_refusals(issue, &readers, delivery.clock.now())
        .await
}

/// Everyone whom the relay has refused in this issue, in this run or before.
async fn refused(delivery: &Delivery) -> Result<Vec<ReaderId>> {
    let (store, issue) = (delivery.sender.store(), delivery.issue.id);
    let mut refused = Vec::new();
    let mut after = ReaderId::MIN;
    loop {
        let page = store.missed(issue, after, CLAIM).await?;
        let Some(last) = page.last() else {
            return Ok(refused);
        };
        after = last.reader;
        for missed in page {
            let is_decided = matches!(missed.state, State::Bounced | State::GivenUp);
            // The words of a relay begin with its code; those about a time that has run out may begin with a 4xx.
            let is_refusal = missed.reply.is_some_and(|words| words.starts_with('5'));
            if is_decided && is_refusal {
                refused.push(missed.reader);
            }
        }
    }
}

/// Goes on until nobody is due: what came back while the connections worked is for the next round.
async fn rounds<T: Transport>(run: &Arc<Run<T>>) -> Result<Option<Halt>> {
    let Delivery {
        sender,
        issue,
        clock,
        ..
    } = &run.delivery;
    loop {
        if run.delivery.stop.is_asked() {
            return Ok(Some(Halt::Asked));
        }
        // What was given back must be seen as waiting.
        sender.flush().await?;
        let first = sender.claim(issue.id, CLAIM, clock.now()).await?;
        if !first.is_empty() {
            round(run, first).await?;
        } else if !sender.take_over(clock.now()).await? {
            let now = sender.store().issue(issue.id).await?;
            let is_stopped = now
                .is_some_and(|now| matches!(now.state, IssueState::Paused | IssueState::Cancelled));
            if is_stopped {
                return Ok(Some(Halt::Stopped));
            }
            return Ok(run.series().pause_at_end().map(Halt::Us));
        }
        if run.is_halted() {
            return Ok(run
                .reason
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take());
        }
    }
}

/// Feeds claims to a set of connections until no claim is due.
async fn round<T: Transport>(run: &Arc<Run<T>>, first: Vec<Claimed>) -> Result<()> {
    let (feed, filled) = mpsc::channel(FILLED);
    let queue = Arc::new(Queue {
        filled: tokio::sync::Mutex::new(filled),
        drained: watch::Sender::new(false),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..run.delivery.mail.connections.max(1) {
        tasks.spawn(worker::work(run.clone(), queue.clone()));
    }
    let result = run.feed(feed, first).await;
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            run.halt(Halt::Relay(format!("a connection's task ended: {error}")));
        }
    }
    result
}

/// What a halt means for the issue, and the words for it.
async fn end(delivery: &Delivery, halt: Halt) -> Result<Option<String>> {
    Ok(Some(match halt {
        Halt::Asked => "stopped; the next run goes on".to_owned(),
        Halt::Relay(why) => format!("{why}; the next run goes on"),
        Halt::Stopped => StoreError::Stopped.to_string(),
        Halt::Store(error) => return Err(error),
        Halt::Us(why) => {
            let why = one_line(&why, LONGEST_REASON);
            let id = delivery.issue.id;
            delivery
                .sender
                .store()
                .change_issue(id, &[IssueState::Open], IssueState::Paused, Some(&why))
                .await?;
            format!("{why}; the issue is paused\nmend it, then `tidings issue resume {id}`")
        }
    }))
}

impl Queue {
    /// The next delivery; none where there is no more.
    pub(super) async fn next(&self) -> Option<Filled> {
        let next = self.filled.lock().await.recv().await;
        if next.is_none() {
            self.drained.send_replace(true);
        }
        next
    }

    /// The next delivery, if one waits.
    pub(super) fn next_at_once(&self) -> Option<Filled> {
        self.filled.try_lock().ok()?.try_recv().ok()
    }

    /// Waits until there is no more.
    pub(super) async fn drained(&self) {
        let _ = self.drained.subscribe().wait_for(|drained| *drained).await;
    }
}

impl<T> Run<T> {
    /// Claims as long as someone is due and nothing halts; a claim waits until the connections have room.
    async fn feed(&self, feed: mpsc::Sender<Filled>, first: Vec<Claimed>) -> Result<()> {
        let mut claimed = first;
        while !claimed.is_empty() {
            let mut claims = claimed.into_iter();
            loop {
                let some: Vec<Claimed> = claims.by_ref().take(FILLED).collect();
                if some.is_empty() {
                    break;
                }
                for filled in self.fill(some).await? {
                    tokio::select! {
                        // Where nobody receives any more, all workers have ended.
                        sent = feed.send(filled) => if sent.is_err() { return Ok(()) },
                        () = self.halted() => return Ok(()),
                    }
                }
            }
            let now = self.delivery.clock.now();
            claimed = match self
                .delivery
                .sender
                .claim(self.delivery.issue.id, CLAIM, now)
                .await
            {
                Ok(claimed) => claimed,
                Err(error) => {
                    self.halt(Halt::Relay(error.to_string()));
                    return Err(error);
                }
            };
        }
        Ok(())
    }

    /// Fills messages off the reactor: signing will take longer than a round trip.
    async fn fill(&self, claims: Vec<Claimed>) -> Result<Vec<Filled>> {
        let (compiled, key) = (self.delivery.compiled.clone(), self.delivery.key.clone());
        let made_at = self.delivery.issue.made_at;
        let fill = move || {
            let mut filled = Vec::with_capacity(claims.len());
            for claim in claims {
                let message = compiled.fill(&claim.reader, made_at, &key);
                filled.push(Filled { claim, message });
            }
            filled
        };
        let filled = spawn_blocking(fill).await;
        filled.map_err(|error| {
            self.halt(Halt::Relay(format!("a message cannot be filled: {error}")));
            StoreError::Writer(error.to_string())
        })
    }

    fn series(&self) -> MutexGuard<'_, Series> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Halts everything; the first reason is the one that counts.
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
    pub(super) async fn halted(&self) {
        let _ = self.halted.subscribe().wait_for(|halted| *halted).await;
    }

    /// Waits before the relay is tried again; false where this run has no more patience.
    pub(super) async fn back_off(&self, trouble: &str) -> bool {
        self.wait(trouble, self.throttle.back_off()).await
    }

    /// Waits so long for a relay in trouble; false where this run has no more patience.
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
            () = self.halted() => false,
        }
    }

    /// The permit to pipeline an envelope, until its answer has come. With a rate there is none: the relay would wait for
    /// each body.
    pub(super) fn permit_to_pipeline(&self) -> Option<OwnedSemaphorePermit> {
        let free = self
            .delivery
            .mail
            .per_second
            .is_none()
            .then(|| self.ahead.clone())?;
        free.try_acquire_owned().ok()
    }

    /// The relay has answered a pipelined envelope: from now on all may pipeline.
    pub(super) fn let_all_pipeline(&self) {
        if !self.heard.swap(true, Ordering::Relaxed) {
            self.ahead.add_permits(self.delivery.mail.connections);
        }
    }

    /// The relay rejects pipelining: from now on each envelope waits for the answer to the body before.
    pub(super) fn stop_pipelining(&self) {
        self.ahead.close();
    }

    /// Counts a loss at this recipient. Whether it is the recipient, not the relay: others are served meanwhile, or for
    /// some waits nobody has been, so that those who are left may all be like this one. Where it is the relay all the same,
    /// only a few are put off before the patience ends.
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

    /// Who refuses the sender though others have taken this very issue refuses for themselves alone.
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

    /// Trouble that is ours halts, the relay's waits: whether to try again.
    pub(super) async fn stands(&self, trouble: Trouble) -> bool {
        match trouble {
            Trouble::Us(why) => {
                self.halt(Halt::Us(why));
                false
            }
            Trouble::Relay(why) => self.back_off(&why).await,
        }
    }
}
