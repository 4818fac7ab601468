//! The outbox: a file for each message, through the same ledger.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use crate::delivery::issue::{CLAIM, IssueDelivery};
use crate::file::{Care, replace, sync_folder};
use crate::ledger::{Claimed, Issue, Outcome, Settled};
use crate::message::Compiled;
use crate::reader::{Reader, ReaderId};
use crate::store::{Result, StoreError};
use crate::token::Key;
use crate::verdict::{Attempt, Phase, Trouble};

/// The number of files that are written between two looks at the ledger.
const GROUP: usize = 50;
/// The longest part of an address that a name shows; file systems take 255 bytes in all.
const LONGEST: usize = 100;

/// Writes all due messages. Returns why it stopped early.
pub(super) async fn deliver(delivery: &IssueDelivery, folder: &Path) -> Result<Option<String>> {
    let IssueDelivery {
        sender,
        issue,
        clock,
        ..
    } = delivery;
    loop {
        let claimed = sender.claim(issue.id, CLAIM, clock.now()).await?;
        if claimed.is_empty() && !sender.take_over(clock.now()).await? {
            return Ok(None);
        }
        for claims in claimed.chunks(GROUP) {
            if delivery.stop.is_asked() {
                return Ok(Some("stopped; the next run goes on".to_owned()));
            }
            let stopped = deliver_group(delivery, folder, claims).await?;
            if stopped.is_some() {
                return Ok(stopped);
            }
        }
    }
}

/// Writes the messages of a few claims, and settles them. Returns why nothing more is written.
async fn deliver_group(
    delivery: &IssueDelivery,
    folder: &Path,
    claims: &[Claimed],
) -> Result<Option<String>> {
    let (sender, issue) = (&delivery.sender, &delivery.issue);
    let readers = claims.iter().map(|claim| claim.reader.id).collect();
    let gone = match sender.intend(issue.id, readers).await {
        Err(StoreError::Stopped) => return Ok(Some(StoreError::Stopped.to_string())),
        result => result?,
    };
    let mut files = Vec::with_capacity(claims.len());
    for Claimed { reader, .. } in claims {
        if !gone.contains(&reader.id) {
            files.push((name_file(issue, reader), reader.clone()));
        }
    }
    let group = Group {
        folder: folder.to_owned(),
        files,
        compiled: delivery.compiled.clone(),
        made_at: issue.made_at,
        key: delivery.key.clone(),
    };
    let (attempts, fault) = spawn_blocking(|| group.write())
        .await
        .map_err(|error| StoreError::Writer(error.to_string()))?;
    let mut settled = Vec::with_capacity(attempts.len());
    for (reader, attempt) in attempts {
        settled.push(Settled {
            reader,
            outcome: match attempt {
                Attempt::Accepted(_) => Outcome::Sent,
                // A folder refuses nobody: a message that could not be written waits.
                _ => Outcome::Released,
            },
            reply: attempt.to_string(),
        });
    }
    sender.settle(issue.id, settled, delivery.clock.now())?;
    if let Some(why) = fault {
        return Ok(Some(format!("{why}; the next run goes on")));
    }
    delivery.progress.add(claims.len());
    Ok(None)
}

/// Messages that become files together.
struct Group {
    folder: PathBuf,
    /// The name of each file, with its recipient.
    files: Vec<(String, Reader)>,
    compiled: Arc<Compiled>,
    made_at: DateTime<Utc>,
    key: Key,
}

impl Group {
    /// Writes the files. The first that fails ends the group: the rest waits for the next run. Nothing counts as sent
    /// before the names are durable too.
    fn write(self) -> (Vec<(ReaderId, Attempt)>, Option<String>) {
        let mut fault = None;
        let mut written = 0;
        for (name, reader) in &self.files {
            let file = self.folder.join(name);
            let message = self.compiled.fill(reader, self.made_at, &self.key);
            if let Err(error) = replace(&file, &message, Care::Private) {
                fault = Some(unwritable(&file, &error));
                break;
            }
            written += 1;
        }
        if written > 0
            && let Err(error) = sync_folder(&self.folder)
        {
            fault = Some(unwritable(&self.folder, &error));
            written = 0;
        }
        let mut attempts = Vec::with_capacity(self.files.len());
        for (number, (name, reader)) in self.files.into_iter().enumerate() {
            let attempt = match &fault {
                Some(why) if number >= written => {
                    Attempt::Lost(Phase::Dot, Trouble::Relay(why.clone()))
                }
                _ => Attempt::Accepted(name),
            };
            attempts.push((reader.id, attempt));
        }
        (attempts, fault)
    }
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("`{}` cannot be written: {error}", path.display())
}

/// Names the file of a message: names sort by digest and time, differ for each issue and reader, and hold nothing that a
/// file system rejects.
fn name_file(issue: &Issue, reader: &Reader) -> String {
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
        format!("-{:x}", reader.id.number())
    };
    let made_at = issue.made_at.format("%Y%m%dT%H%M%SZ");
    format!("{}-{made_at}-{}-{safe}{number}.eml", issue.digest, issue.id)
}
