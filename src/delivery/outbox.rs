//! The outbox: a file for each message, through the same ledger.

use std::path::Path;

use crate::delivery::{CLAIM, Delivery};
use crate::ledger::{Issue, Outcome, Settled};
use crate::publish::replace;
use crate::reader::Reader;
use crate::store::{Result, StoreError};

/// Writes the message of everyone who is due. Returns why it stopped early.
pub(super) async fn deliver(delivery: &Delivery, folder: &Path) -> Result<Option<String>> {
    let Delivery { sender, issue, compiled, key, clock, .. } = delivery;
    loop {
        let claimed = sender.claim(issue.id, CLAIM, clock.now()).await?;
        if claimed.is_empty() && !sender.take_over(clock.now()).await? {
            return Ok(None);
        }
        for claims in claimed.chunks(50) {
            if delivery.stop.is_asked() {
                return Ok(Some("stopped; the next run goes on".to_owned()));
            }
            match sender.intend(issue.id, claims.iter().map(|claim| claim.reader.id).collect()).await {
                Err(StoreError::Stopped) => return Ok(Some(StoreError::Stopped.to_string())),
                result => result?,
            }
            let settled = claims.iter().map(|claim| {
                let bytes = compiled.fill(&claim.reader, issue.made_at, key);
                let name = file_name(issue, &claim.reader);
                let (outcome, reply) = match replace(&folder.join(&name), &bytes) {
                    Ok(()) => (Outcome::Sent, name),
                    Err(error) => (Outcome::GivenUp, format!("`{name}` cannot be written: {error}")),
                };
                Settled { reader: claim.reader.id, outcome, reply }
            });
            sender.settle(issue.id, settled.collect(), clock.now())?;
            delivery.progress.add(claims.len());
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
