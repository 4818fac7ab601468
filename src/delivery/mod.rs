//! How an issue leaves: the engine with its transports, the outbox, one message by itself.

mod engine;
mod outbox;
mod progress;
mod series;
mod single;
mod stop;
#[cfg(test)]
mod tests;
mod throttle;
mod transport;

mod worker;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use single::deliver_one;

use crate::clock::Clock;
use crate::config;
use crate::finding::Finding;
use crate::ledger::Issue;
use crate::message::Compiled;
use crate::smtp::Dialer;
use crate::store::{Result, Sender, StoreError};
use crate::token::Key;

pub use progress::Progress;
pub use stop::Stop;

/// How many deliveries are claimed at once.
const CLAIM: usize = 500;

/// How long a person who asked to stop waits for the relay's last answers.
const GRACE: Duration = Duration::from_secs(10);

/// How long they wait until those are written down as well.
const LONGEST_END: Duration = Duration::from_secs(15);

/// How mail leaves.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// One `.eml` file a message, in this folder.
    Outbox(PathBuf),
    /// A relay.
    Smtp(config::Relay),
}

impl Mailer {
    /// How mail leaves by the config: by the relay, else into the outbox.
    pub fn configured(mail: &config::Mail) -> Self {
        mail.smtp
            .clone()
            .map_or_else(|| Self::Outbox(mail.outbox.clone()), Self::Smtp)
    }

    /// Looks at what sending needs of the config, before an issue is frozen for it: the password, the certificates.
    ///
    /// # Errors
    /// A finding, where a person must mend something first.
    pub fn check(&self, mail: &config::Mail) -> std::result::Result<(), Finding> {
        let Self::Smtp(relay) = self else {
            return Ok(());
        };
        match Dialer::for_sender(relay, mail, "") {
            Ok(_) => Ok(()),
            Err(trouble) => Err(Finding::error(format!("mail cannot be sent: {trouble}"))),
        }
    }

    /// Where this issue goes: what was frozen for the outbox ends there, whatever the config says since.
    ///
    /// # Errors
    /// Words, where it was frozen for a relay and there is none.
    pub fn for_issue(
        mail: &config::Mail,
        issue: &Issue,
    ) -> std::result::Result<Self, &'static str> {
        match (&mail.smtp, issue.outbox) {
            (_, true) => Ok(Self::Outbox(mail.outbox.clone())),
            (Some(relay), false) => Ok(Self::Smtp(relay.clone())),
            (None, false) => {
                Err("an open issue was made for a relay, and `smtp` under [mail] is not set")
            }
        }
    }
}

impl fmt::Display for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outbox(folder) => write!(f, "in {}", folder.display()),
            Self::Smtp(relay) => write!(f, "by {relay}"),
        }
    }
}

/// One issue on its way.
#[derive(Clone)]
pub struct Delivery {
    /// Whose deliveries they are.
    pub sender: Sender,
    /// The issue.
    pub issue: Issue,
    /// Its mail.
    pub compiled: Arc<Compiled>,
    /// The key that signs its links.
    pub key: Key,
    /// How mail leaves.
    pub mail: Arc<config::Mail>,
    /// The time.
    pub clock: Clock,
    /// Where it shows how far it is.
    pub progress: Progress,
    /// When to stop early.
    pub stop: Stop,
}

impl Delivery {
    /// Sends the issue to everyone who is due, and closes it where nobody waits any more. Returns why it stopped early.
    ///
    /// # Errors
    /// Where the store fails; the next sender puts in order what was in hand.
    pub async fn deliver(&self, mailer: &Mailer) -> Result<Option<String>> {
        let ended = tokio::select! {
            ended = self.see_through(self.send(mailer)) => ended,
            () = self.stop.overdue(LONGEST_END) => Err(StoreError::Writer("the store does not answer".to_owned())),
        };
        self.progress.finish();
        ended
    }

    async fn send(&self, mailer: &Mailer) -> Result<Option<String>> {
        match mailer {
            Mailer::Outbox(folder) => outbox::deliver(self, folder).await,
            Mailer::Smtp(relay) => {
                let dialer = Dialer::for_sender(relay, &self.mail, self.compiled.sender());
                engine::deliver(self, dialer).await
            }
        }
    }

    /// Sends, then puts the ledger in order.
    async fn see_through(
        &self,
        sending: impl Future<Output = Result<Option<String>>>,
    ) -> Result<Option<String>> {
        let stopped = sending.await;
        // What has been sent is written down, whatever else fails.
        let written = self.sender.flush().await;
        let stopped = stopped?;
        written?;
        self.sender.release(self.issue.id).await?;
        self.sender.finish(self.issue.id).await?;
        Ok(stopped)
    }
}
