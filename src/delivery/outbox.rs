//! The outbox: a file for each message, through the same ledger.

use std::io::ErrorKind;
use std::path::Path;

use crate::delivery::{CLAIM, Delivery};
use crate::ledger::{Issue, Outcome, Settled};
use crate::publish::replace;
use crate::reader::Reader;
use crate::store::{Result, StoreError};

/// Writes the message of everyone who is due. Returns why it stopped early.
pub(super) async fn deliver(delivery: &Delivery, folder: &Path) -> Result<Option<String>> {
    let Delivery {
        sender,
        issue,
        compiled,
        key,
        clock,
        ..
    } = delivery;
    loop {
        let claimed = sender.claim(issue.id, CLAIM, clock.now()).await?;
        if claimed.is_empty() && !sender.take_over(clock.now()).await? {
            return Ok(None);
        }
        for claims in claimed.chunks(50) {
            if delivery.stop.is_asked() {
                return Ok(Some("stopped; the next run goes on".to_owned()));
            }
            let gone = match sender
                .intend(
                    issue.id,
                    claims.iter().map(|claim| claim.reader.id).collect(),
                )
                .await
            {
                Err(StoreError::Stopped) => return Ok(Some(StoreError::Stopped.to_string())),
                result => result?,
            };
            let mut broken = None;
            let settled = claims
                .iter()
                .filter(|claim| !gone.contains(&claim.reader.id))
                .map(|claim| {
                    let name = file_name(issue, &claim.reader);
                    // Where one file cannot be written, neither can the next: the others wait for a better day.
                    let written = match &broken {
                        None => replace(
                            &folder.join(&name),
                            &compiled.fill(&claim.reader, issue.made_at, key),
                        ),
                        Some(_) => Err(ErrorKind::Other.into()),
                    };
                    let (outcome, reply) = match written {
                        Ok(()) => (Outcome::Sent, name),
                        Err(error) => {
                            let words = format!(
                                "`{}` cannot be written: {error}",
                                folder.join(&name).display()
                            );
                            (Outcome::Released, broken.get_or_insert(words).clone())
                        }
                    };
                    Settled {
                        reader: claim.reader.id,
                        outcome,
                        reply,
                    }
                });
            let settled = settled.collect();
            sender.settle(issue.id, settled, clock.now())?;
            if let Some(why) = broken {
                return Ok(Some(format!("{why}; the next run goes on")));
            }
            delivery.progress.add(claims.len());
        }
    }
}

/// The longest part of an address that a name shows; file systems take 255 bytes in all.
const LONGEST: usize = 100;

/// A name that sorts by digest and time, is one for each issue and reader and holds nothing that a file system minds.
fn file_name(issue: &Issue, reader: &Reader) -> String {
    let address = reader.email.as_str();
    let safe = address.chars().map(|c| {
        if c.is_ascii_alphanumeric() || "@.+-_".contains(c) {
            c
        } else {
            '_'
        }
    });
    let safe: String = safe.take(LONGEST).collect();
    let number = if safe == address {
        String::new()
    } else {
        format!("-{:x}", reader.id)
    };
    let made_at = issue.made_at.format("%Y%m%dT%H%M%SZ");
    format!("{}-{made_at}-{}-{safe}{number}.eml", issue.digest, issue.id)
}
