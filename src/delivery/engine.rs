//! The engine: one issue by one transport, until nobody is due or something halts it. It knows the
//! steps of a dialogue (envelope, body, final reply), and of a reply only whether it begins with 5, as SMTP's refusals do.
//!
//! A delivery goes from `queued` (claimed: it has an owner) to `sending` (the intent is durable) to what the attempt came
//! to. Who changes what:
//!
//! - [`Run::fill_queue`] claims up to 500 deliveries at a time, fills their messages off the reactor and puts them into a short
//!   queue. A claim is a row with this sender's number; a sender that dies gives it back.
//! - Each worker ([`worker`]) takes one message after the other, over one connection of its own, for which it needs a
//!   permit of the throttle. It announces the envelope and asks the ledger's one writer for the intent at the same time;
//!   the body goes out only after both. So a sender that dies has at most one message per connection in `sending`.
//! - The writer commits what waits in one transaction, and refuses an intent where the issue is no longer open or the
//!   reader has gone. Then the body is not sent, and the connection is given up, since the relay waits for one.
//! - An attempt ends as a value ([`Attempt`](crate::verdict::Attempt)): accepted, not accepted with a
//!   verdict, lost before anything was decided, out of step, or unknown. The worker settles it; the writer turns it into
//!   a row's state.
//! - Two ends leave it open whether the relay took the message: no reply to the final dot
//!   ([`Attempt::Unknown`](crate::verdict::Attempt)), and one that is neither yes nor no
//!   ([`Verdict::Unexpected`](crate::verdict::Verdict)). Both settle as [`Outcome::Unknown`](crate::ledger::Outcome) and
//!   leave an event `uncertain`. The row is queued again, or held in the state `uncertain`, as `[mail] uncertain` says.
//! - A verdict about the relay counts against no reader: the delivery waits again, and the throttle makes all workers wait. A verdict
//!   about us, or a series of refusals ([`series`](super::series)), halts the run and pauses the issue. Refusals of the series are taken
//!   back before the pause, so that whoever resumes it finds them waiting.
//! - A halt stops what is new. An envelope is cut short; a body that is on its way is waited for, at most `GRACE`.
//!
//! Why nothing is lost: a delivery leaves `queued` or `sending` only by what the relay said, by a person, by time, or since
//! its reader has gone or has no address any more; and every row that a sender owned is put in order by the next one ([`Sender::take_over`](crate::store::Sender::take_over)). Why nothing is silently sent twice: the intent is durable
//! before the body, an accepted message is settled before its connection's next intent is (one writer, one order), and a
//! row that was `sending` when its sender died is listed as uncertain. Pipelining does not change this: only the envelope
//! of the next message goes ahead, never its body.
//!
//! The rounds end when a claim finds nobody. Deliveries that came back meanwhile (released, deferred for a moment) are claimed
//! by the next round; those that are due later, by the next run.

use std::sync::{Arc, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::delivery::fill::FILLED;
use crate::delivery::issue::{CLAIM, IssueDelivery};
use crate::delivery::queue::Queue;
use crate::delivery::run::{Halt, Run};
use crate::delivery::series::Doubted;
use crate::delivery::transport::Transport;
use crate::delivery::worker;
use crate::ledger::{Claimed, DeliveryState, IssueState, SlotKind};
use crate::reader::ReaderId;
use crate::store::{Result, StoreError};
use crate::verdict::{Trouble, one_line};

/// The longest reason for a pause, in characters.
const LONGEST_REASON: usize = 400;

/// Sends all due deliveries. Returns why it stopped early: trouble of the relay, or of ours, which pauses the issue.
pub(super) async fn deliver<T: Transport>(
    delivery: &IssueDelivery,
    transport: std::result::Result<T, Trouble>,
) -> Result<Option<String>> {
    let transport = match transport {
        Ok(transport) => transport,
        Err(trouble) => return end(delivery, Halt::Us(trouble.to_string())).await,
    };
    let before = delivery
        .sender
        .store()
        .count_deliveries(delivery.issue.id)
        .await?;
    let run = Arc::new(Run::new(delivery, transport, before));
    let asked = tokio::spawn({
        let run = run.clone();
        async move {
            run.delivery.stop.wait_until_asked().await;
            run.halt(Halt::Asked);
        }
    });
    let halted = run_rounds(&run).await;
    asked.abort();
    // It holds the run, and with it the sender, until it has ended.
    let _ = asked.await;
    let Some(halt) = halted? else {
        return Ok(None);
    };
    let mut recovered = 0;
    if matches!(halt, Halt::Stopped | Halt::Us(_) | Halt::Refused(_)) {
        let doubted = run.series().find_doubted();
        recovered = doubt(delivery, doubted).await?;
    }
    match halt {
        // A repeated refusal is believed, and nothing waits any more.
        Halt::Refused(_) if recovered == 0 => Ok(None),
        halt => end(delivery, halt).await,
    }
}

/// Requeues the deliveries whose refusal is not believed. Returns their number.
async fn doubt(delivery: &IssueDelivery, doubted: Doubted) -> Result<usize> {
    let (sender, issue) = (&delivery.sender, delivery.issue.id);
    sender.flush().await?;
    let readers = match doubted {
        Doubted::Readers(readers) => readers,
        Doubted::Everybody => load_refused(delivery).await?,
    };
    if readers.is_empty() {
        return Ok(0);
    }
    sender
        .doubt_refusals(issue, &readers, delivery.clock.now())
        .await
}

/// Loads the readers whom the relay has refused in this issue, in this run or before.
async fn load_refused(delivery: &IssueDelivery) -> Result<Vec<ReaderId>> {
    let (store, issue) = (delivery.sender.store(), delivery.issue.id);
    let mut refused = Vec::new();
    let mut after = ReaderId::MIN;
    loop {
        let page = store.load_missed(issue, after, CLAIM).await?;
        let Some(last) = page.last() else {
            return Ok(refused);
        };
        after = last.reader;
        for missed in page {
            let is_decided = matches!(
                missed.state,
                DeliveryState::Bounced | DeliveryState::GivenUp
            );
            // A relay's reply begins with its code; a timeout may begin with a 4xx.
            let is_refusal = missed.reply.is_some_and(|words| words.starts_with('5'));
            if is_decided && is_refusal {
                refused.push(missed.reader);
            }
        }
    }
}

/// Runs rounds until no delivery is due; deliveries that came back during a round belong to the next one.
async fn run_rounds<T: Transport>(run: &Arc<Run<T>>) -> Result<Option<Halt>> {
    let IssueDelivery {
        sender,
        issue,
        clock,
        ..
    } = &run.delivery;
    loop {
        if run.delivery.stop.is_asked() {
            return Ok(Some(Halt::Asked));
        }
        // Deliveries that were given back must count as waiting.
        sender.flush().await?;
        let first = sender.claim(issue.id, CLAIM, clock.now()).await?;
        if !first.is_empty() {
            run_round(run, first).await?;
        } else if !sender.take_over(clock.now()).await? {
            let now = sender.store().load_issue(issue.id).await?;
            let is_stopped = now
                .is_some_and(|now| matches!(now.state, IssueState::Paused | IssueState::Cancelled));
            if is_stopped {
                return Ok(Some(Halt::Stopped));
            }
            let waiting = sender.store().count_deliveries(issue.id).await?[DeliveryState::Queued];
            // A letter has one reader, and nobody waits for a person to look at it.
            let is_over = waiting == 0 && issue.slot.kind != SlotKind::Letter;
            return Ok(run.series().find_pause_at_end(is_over).map(Halt::Refused));
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
async fn run_round<T: Transport>(run: &Arc<Run<T>>, first: Vec<Claimed>) -> Result<()> {
    let (feed, filled) = mpsc::channel(FILLED);
    let queue = Arc::new(Queue {
        filled: tokio::sync::Mutex::new(filled),
        drained: watch::Sender::new(false),
    });
    let mut tasks = JoinSet::new();
    for _ in 0..run.delivery.mail.connections.max(1) {
        tasks.spawn(worker::work(run.clone(), queue.clone()));
    }
    let result = run.fill_queue(feed, first).await;
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            run.halt(Halt::Fault(format!("a connection's task ended: {error}")));
        }
    }
    result
}

/// Pauses the issue if a person must mend something first. Returns the reason of the halt in words.
async fn end(delivery: &IssueDelivery, halt: Halt) -> Result<Option<String>> {
    Ok(Some(match halt {
        Halt::Asked => "stopped; the next run goes on".to_owned(),
        Halt::Relay(why) | Halt::Fault(why) => format!("{why}; the next run goes on"),
        Halt::Stopped => StoreError::Stopped.to_string(),
        Halt::Store(error) => return Err(error),
        Halt::Us(why) | Halt::Refused(why) => {
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
