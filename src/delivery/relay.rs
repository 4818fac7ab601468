//! The relay: a task a connection, each with its own claim of the queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{Mail, Relay};
use crate::delivery::CLAIM;
use crate::ledger::{Claimed, Issue, IssueState, Outcome, Settled};
use crate::message::Compiled;
use crate::smtp::{Connection, Phase, Refused, Trouble, Verdict, judge};
use crate::store::{Result, Sender, StoreError};
use crate::token::Key;

/// What every connection's task shares.
#[derive(Clone)]
struct Work {
    sender: Sender,
    issue: Issue,
    compiled: Arc<Compiled>,
    key: Key,
    relay: Relay,
    mail: Arc<Mail>,
    clock: Clock,
    queue: Arc<Mutex<VecDeque<Claimed>>>,
}

/// Sends to everyone who is due. Returns why it stopped early: the relay's trouble, or ours, which pauses the issue.
pub(super) async fn deliver(
    sender: &Sender,
    issue: &Issue,
    compiled: &Compiled,
    key: &Key,
    relay: &Relay,
    mail: &Mail,
    clock: &Clock,
) -> Result<Option<String>> {
    let work = Work {
        sender: sender.clone(),
        issue: issue.clone(),
        compiled: Arc::new(compiled.clone()),
        key: key.clone(),
        relay: relay.clone(),
        mail: Arc::new(mail.clone()),
        clock: *clock,
        queue: Arc::default(),
    };
    loop {
        let now = clock.now();
        let claimed = sender.claim(issue.id, CLAIM, now).await?;
        if claimed.is_empty() && !sender.waiting(issue.id, now).await? && !sender.take_over(now).await? {
            return Ok(None);
        }
        let tasks = mail.connections.clamp(1, claimed.len().max(1));
        work.queue.lock().unwrap_or_else(PoisonError::into_inner).extend(claimed);
        let mut connections = JoinSet::new();
        for _ in 0..tasks {
            connections.spawn(work.clone().send());
        }
        let mut stopped = None;
        while let Some(ended) = connections.join_next().await {
            match ended {
                Ok(result) => stopped = result?.or(stopped),
                Err(error) => stopped = Some(Trouble::Relay(error.to_string())),
            }
        }
        match stopped {
            None => {}
            Some(Trouble::Relay(_))
                if sender.store().issue(issue.id).await?.is_some_and(|now| now.state != IssueState::Open) =>
            {
                return Ok(Some("the issue was stopped".to_owned()));
            }
            Some(Trouble::Relay(why)) => return Ok(Some(format!("{why}; the next run goes on"))),
            Some(Trouble::Us(why)) => {
                sender.store().change_issue(issue.id, &[IssueState::Open], IssueState::Paused, Some(&why)).await?;
                return Ok(Some(format!("{why}; the issue is paused")));
            }
        }
    }
}

impl Work {
    fn next(&self) -> Option<Claimed> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Sends what is queued over one connection. Trouble ends it, and leaves the queue to the others or the next run.
    async fn send(self) -> Result<Option<Trouble>> {
        let hello = self
            .mail
            .hello
            .clone()
            .unwrap_or_else(|| self.compiled.sender().rsplit('@').next().unwrap_or("localhost").to_owned());
        let mut open: Option<(Connection, usize)> = None;
        while let Some(claim) = self.next() {
            let (mut connection, sent) = match open.take() {
                Some((connection, sent)) if sent < self.mail.messages_per_connection => (connection, sent),
                used => {
                    if let Some((connection, _)) = used {
                        connection.quit().await;
                    }
                    match Connection::open(&self.relay, &self.mail, &hello).await {
                        Ok(connection) => (connection, 0),
                        Err(trouble) => return Ok(Some(trouble)),
                    }
                }
            };
            let (outcome, reply, trouble) = self.attempt(&mut connection, &claim).await?;
            let settled = Settled { reader: claim.reader.id, outcome, reply };
            self.sender.settle(self.issue.id, vec![settled], self.clock.now()).await?;
            if trouble.is_some() {
                return Ok(trouble);
            }
            open = Some((connection, sent + 1));
        }
        if let Some((connection, _)) = open {
            connection.quit().await;
        }
        Ok(None)
    }

    /// One message: what it came to, the words, and the trouble that ends the connection.
    async fn attempt(
        &self,
        connection: &mut Connection,
        claim: &Claimed,
    ) -> Result<(Outcome, String, Option<Trouble>)> {
        let (phase, reply) = match connection.envelope(self.compiled.sender(), &claim.reader.email).await {
            Ok(()) => {
                // Durable before the body goes out: a sender that dies from here on leaves it uncertain, not lost.
                match self.sender.intend(self.issue.id, vec![claim.reader.id]).await {
                    Ok(()) => {}
                    Err(StoreError::Stopped) => {
                        let words = StoreError::Stopped.to_string();
                        return Ok((Outcome::Released, words.clone(), Some(Trouble::Relay(words))));
                    }
                    Err(error) => return Err(error),
                }
                let message = self.compiled.fill(&claim.reader, self.issue.made_at, &self.key);
                match connection.body(&message).await {
                    Ok(reply) => (Phase::Dot, reply),
                    Err(trouble) => return Ok((Outcome::Uncertain, trouble.to_string(), Some(trouble))),
                }
            }
            Err(Refused::Reply(phase, reply)) => (phase, reply),
            Err(Refused::Lost(trouble)) => return Ok((Outcome::Released, trouble.to_string(), Some(trouble))),
        };
        let words = reply.to_string();
        let (outcome, trouble) = match judge(phase, &reply) {
            Verdict::Sent => (Outcome::Sent, None),
            Verdict::Bounced => (Outcome::Bounced, None),
            Verdict::Refused => (Outcome::Refused, None),
            Verdict::GivenUp => (Outcome::GivenUp, None),
            Verdict::Deferred => (self.deferred(claim), None),
            Verdict::RelayTrouble => (Outcome::Released, Some(Trouble::Relay(words.clone()))),
            Verdict::AboutUs => (Outcome::Released, Some(Trouble::Us(words.clone()))),
        };
        Ok((outcome, words, trouble))
    }

    /// When to try again: the gap doubles each time, up to its limit; after `give_up` there is no again.
    fn deferred(&self, claim: &Claimed) -> Outcome {
        let now: DateTime<Utc> = self.clock.now();
        let span = |of: std::time::Duration| Duration::from_std(of).unwrap_or(Duration::days(365));
        if now - self.issue.made_at >= span(self.mail.give_up.0) {
            return Outcome::GivenUp;
        }
        let doublings = u32::try_from(claim.attempts.clamp(0, 16)).unwrap_or(16);
        let gap = self.mail.retry.0.saturating_mul(1 << doublings).min(self.mail.retry_max.0);
        Outcome::Deferred(now + span(gap))
    }
}
