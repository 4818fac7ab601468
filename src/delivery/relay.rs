//! One issue by a relay: claims are fed to the connections while they work, until nobody is due or something halts it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::config;
use crate::delivery::pace::Pace;
use crate::delivery::series::{Doubted, Series};
use crate::delivery::{CLAIM, Delivery, connection};
use crate::ledger::{Claimed, IssueState, State};
use crate::reader::ReaderId;
use crate::smtp::{Dialer, Trouble};
use crate::store::{Result, StoreError};
use crate::verdict::{Phase, Verdict, one_line};

/// A recipient at whom the connection is lost is deferred after so many losses there, or so many in a row everywhere.
const MOST_LOSSES: u32 = 3;

/// The longest reason for a pause, in characters.
const LONGEST_REASON: usize = 400;

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
pub(super) struct Run {
    pub(super) delivery: Delivery,
    pub(super) dialer: Dialer,
    pub(super) pace: Arc<Pace>,
    series: Mutex<Series>,
    /// Who may say an envelope ahead: one, until the relay has heard it, then all; nobody where it minds.
    ahead: Arc<Semaphore>,
    /// Whether the relay has heard an envelope that was said ahead.
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

/// The claims on their way to the connections.
pub(super) struct Queue {
    claims: tokio::sync::Mutex<mpsc::Receiver<Claimed>>,
    drained: watch::Sender<bool>,
}

/// Sends to everyone who is due. Returns why it stopped early: the relay's trouble, or ours, which pauses the issue.
pub(super) async fn deliver(delivery: &Delivery, relay: &config::Relay) -> Result<Option<String>> {
    let dialer = match Dialer::for_sender(relay, &delivery.mail, delivery.compiled.sender()) {
        Ok(dialer) => dialer,
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
        dialer,
        pace: Arc::new(Pace::new(
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
async fn rounds(run: &Arc<Run>) -> Result<Option<Halt>> {
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
async fn round(run: &Arc<Run>, first: Vec<Claimed>) -> Result<()> {
    let (feed, claims) = mpsc::channel(CLAIM);
    let queue = Arc::new(Queue {
        claims: tokio::sync::Mutex::new(claims),
        drained: watch::Sender::new(false),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..run.delivery.mail.connections.max(1) {
        tasks.spawn(connection::work(run.clone(), queue.clone()));
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
    pub(super) async fn next(&self) -> Option<Claimed> {
        let next = self.claims.lock().await.recv().await;
        if next.is_none() {
            self.drained.send_replace(true);
        }
        next
    }

    /// The next delivery, if one waits.
    pub(super) fn next_at_once(&self) -> Option<Claimed> {
        self.claims.try_lock().ok()?.try_recv().ok()
    }

    /// Waits until there is no more.
    pub(super) async fn drained(&self) {
        let _ = self.drained.subscribe().wait_for(|drained| *drained).await;
    }
}

impl Run {
    /// Claims as long as someone is due and nothing halts; a claim waits until the connections have room.
    async fn feed(&self, feed: mpsc::Sender<Claimed>, first: Vec<Claimed>) -> Result<()> {
        let mut claimed = first;
        while !claimed.is_empty() {
            for claim in claimed {
                tokio::select! {
                    // Where nobody receives any more, all connections have ended.
                    sent = feed.send(claim) => if sent.is_err() { return Ok(()) },
                    () = self.halted() => return Ok(()),
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
        self.wait(trouble, self.pace.troubled()).await
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

    /// Leave to say an envelope ahead, until its answer is heard. With a rate there is none: the relay would wait for each
    /// body.
    pub(super) fn leave_to_speak_ahead(&self) -> Option<OwnedSemaphorePermit> {
        let free = self
            .delivery
            .mail
            .per_second
            .is_none()
            .then(|| self.ahead.clone())?;
        free.try_acquire_owned().ok()
    }

    /// The relay has heard an envelope that was said ahead: from now on all may speak so.
    pub(super) fn let_all_speak_ahead(&self) {
        if !self.heard.swap(true, Ordering::Relaxed) {
            self.ahead.add_permits(self.delivery.mail.connections);
        }
    }

    /// The relay minds envelopes that are said ahead: from now on each waits for the answer to the body before.
    pub(super) fn speak_in_turn(&self) {
        self.ahead.close();
    }

    /// Counts a loss at this recipient. Whether it is the recipient, not the relay: others are served meanwhile, or for
    /// some waits nobody has been, so that those who are left may all be like this one. Where it is the relay all the same,
    /// only a few are put off before the patience ends.
    pub(super) fn is_hopeless(&self, claim: &Claimed) -> bool {
        let answered = self.pace.answered();
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let loss = losses
            .entry(claim.reader.id)
            .or_insert(Losses { count: 0, answered });
        loss.count += 1;
        loss.count >= MOST_LOSSES && answered > loss.answered
            || self.pace.waits() + 1 >= MOST_LOSSES
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
