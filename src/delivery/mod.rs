//! The engine: claim, intend, send, settle.

mod outbox;
mod relay;
mod single;

use std::fmt;
use std::path::PathBuf;

pub use single::deliver_one;

use crate::clock::Clock;
use crate::config;
use crate::ledger::Issue;
use crate::message::Compiled;
use crate::store::{Result, Sender};
use crate::token::Key;

/// How many deliveries are claimed at once.
const CLAIM: usize = 500;

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
        mail.smtp.clone().map_or_else(|| Self::Outbox(mail.outbox.clone()), Self::Smtp)
    }

    /// Where this issue goes: what was frozen for the outbox ends there, whatever the config says since.
    ///
    /// # Errors
    /// Words, where it was frozen for a relay and there is none.
    pub fn for_issue(mail: &config::Mail, issue: &Issue) -> std::result::Result<Self, &'static str> {
        match (&mail.smtp, issue.outbox) {
            (_, true) => Ok(Self::Outbox(mail.outbox.clone())),
            (Some(relay), false) => Ok(Self::Smtp(relay.clone())),
            (None, false) => Err("an open issue was made for a relay, and `smtp` under [mail] is not set"),
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

/// Sends an issue to everyone who is due, and closes it where nobody waits any more. Returns why it stopped early.
///
/// # Errors
/// Where the store fails; what was claimed is released by the next sender.
pub async fn deliver(
    sender: &Sender,
    issue: &Issue,
    compiled: &Compiled,
    key: &Key,
    mailer: &Mailer,
    mail: &config::Mail,
    clock: &Clock,
) -> Result<Option<String>> {
    let stopped = match mailer {
        Mailer::Outbox(folder) => {
            outbox::deliver(sender, issue, compiled, key, folder, clock).await?;
            None
        }
        Mailer::Smtp(address) => relay::deliver(sender, issue, compiled, key, address, mail, clock).await?,
    };
    sender.release(issue.id).await?;
    sender.finish(issue.id).await?;
    Ok(stopped)
}
