//! The engine: claim, intend, send, settle.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::config;
use crate::ledger::{Issue, Outcome, Settled};
use crate::message::Compiled;
use crate::publish::replace;
use crate::reader::Reader;
use crate::store::{Result, Sender};
use crate::token::Key;

/// How many deliveries are claimed at once.
const CLAIM: usize = 500;

/// How mail leaves.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// One `.eml` file a message, in this folder.
    Outbox(PathBuf),
}

impl Mailer {
    /// Where this issue goes: what was frozen for the outbox ends there.
    pub fn for_issue(mail: &config::Mail, _issue: &Issue) -> Self {
        Self::Outbox(mail.outbox.clone())
    }
}

impl fmt::Display for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outbox(folder) => write!(f, "in {}", folder.display()),
        }
    }
}

/// Sends an issue to everyone who is due, and closes it where nobody waits any more. Returns whether it is done.
///
/// # Errors
/// Where the store fails; what was claimed is released by the next sender.
pub async fn deliver(
    sender: &Sender,
    issue: &Issue,
    compiled: &Compiled,
    key: &Key,
    mailer: &Mailer,
    clock: &Clock,
) -> Result<bool> {
    loop {
        let now = clock.now();
        let claimed = sender.claim(issue.id, CLAIM, now).await?;
        if claimed.is_empty() && !sender.waiting(issue.id, now).await? {
            break;
        }
        let Mailer::Outbox(folder) = mailer;
        for claims in claimed.chunks(50) {
            sender.intend(issue.id, claims.iter().map(|claim| claim.reader.id).collect()).await?;
            let settled = claims.iter().map(|claim| {
                let bytes = compiled.fill(&claim.reader, issue.made_at, key);
                let name = file_name(issue, &claim.reader);
                let (outcome, reply) = match write(folder, &name, &bytes) {
                    Ok(()) => (Outcome::Sent, name),
                    Err(error) => (Outcome::GivenUp, format!("`{name}` cannot be written: {error}")),
                };
                Settled { reader: claim.reader.id, outcome, reply }
            });
            sender.settle(issue.id, settled.collect(), clock.now()).await?;
        }
    }
    sender.finish(issue.id).await
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    replace(&folder.join(name), bytes)
}

/// A name that sorts by digest and time, is one for each reader and holds nothing that a file system minds.
fn file_name(issue: &Issue, reader: &Reader) -> String {
    let address = reader.email.as_str();
    let safe: String =
        address.chars().map(|c| if c.is_alphanumeric() || "@.+-_".contains(c) { c } else { '_' }).collect();
    let number = if safe == address { String::new() } else { format!("-{:x}", reader.id) };
    format!("{}-{}-{safe}{number}.eml", issue.digest, issue.made_at.format("%Y%m%dT%H%M%SZ"))
}
