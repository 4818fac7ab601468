//! The outbox: a file for each message, through the same ledger.

use std::path::Path;

use crate::clock::Clock;
use crate::delivery::CLAIM;
use crate::ledger::{Issue, Outcome, Settled};
use crate::message::Compiled;
use crate::publish::replace;
use crate::reader::Reader;
use crate::store::{Result, Sender};
use crate::token::Key;

/// Writes the message of everyone who is due.
pub(super) async fn deliver(
    sender: &Sender,
    issue: &Issue,
    compiled: &Compiled,
    key: &Key,
    folder: &Path,
    clock: &Clock,
) -> Result<()> {
    loop {
        let now = clock.now();
        let claimed = sender.claim(issue.id, CLAIM, now).await?;
        if claimed.is_empty() && !sender.waiting(issue.id, now).await? && !sender.take_over(now).await? {
            return Ok(());
        }
        for claims in claimed.chunks(50) {
            sender.intend(issue.id, claims.iter().map(|claim| claim.reader.id).collect()).await?;
            let settled = claims.iter().map(|claim| {
                let bytes = compiled.fill(&claim.reader, issue.made_at, key);
                let name = file_name(issue, &claim.reader);
                let (outcome, reply) = match replace(&folder.join(&name), &bytes) {
                    Ok(()) => (Outcome::Sent, name),
                    Err(error) => (Outcome::GivenUp, format!("`{name}` cannot be written: {error}")),
                };
                Settled { reader: claim.reader.id, outcome, reply }
            });
            sender.settle(issue.id, settled.collect(), clock.now()).await?;
        }
    }
}

/// A name that sorts by digest and time, is one for each reader and holds nothing that a file system minds.
fn file_name(issue: &Issue, reader: &Reader) -> String {
    let address = reader.email.as_str();
    let safe: String =
        address.chars().map(|c| if c.is_alphanumeric() || "@.+-_".contains(c) { c } else { '_' }).collect();
    let number = if safe == address { String::new() } else { format!("-{:x}", reader.id) };
    format!("{}-{}-{safe}{number}.eml", issue.digest, issue.made_at.format("%Y%m%dT%H%M%SZ"))
}
