//! One message outside the ledger: a test that a person sends to themselves.

use std::io;

use chrono::{DateTime, Utc};

use crate::config;
use crate::delivery::mailer::Mailer;
use crate::file::{Care, replace};
use crate::message::{Compiled, Envelope};
use crate::reader::Reader;
use crate::smtp::Dialer;
use crate::token::Key;
use crate::verdict::{Attempt, Trouble};

/// The reason why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undelivered {
    /// Its file cannot be written.
    #[error("the outbox cannot be written: {0}")]
    Outbox(io::Error),
    /// No connection could be opened.
    #[error("{0}")]
    Relay(Trouble),
    /// The relay refused it, or the connection was lost.
    #[error("{0}")]
    Attempt(Attempt),
}

/// Sends one copy to one reader, in no ledger. Returns the relay's words, or the file's name.
///
/// # Errors
/// If it was not sent.
pub(crate) async fn deliver_one(
    mailer: &Mailer,
    mail: &config::Mail,
    compiled: &Compiled,
    reader: &Reader,
    made_at: DateTime<Utc>,
    key: &Key,
) -> Result<String, Undelivered> {
    let message = compiled.fill(reader, made_at, key);
    let relay = match mailer {
        Mailer::Outbox(folder) => {
            let name = format!("test-{}.eml", made_at.format("%Y%m%dT%H%M%SZ"));
            let written = replace(&folder.join(&name), &message, Care::Private);
            return written.map(|()| name).map_err(Undelivered::Outbox);
        }
        Mailer::Smtp(relay) => relay,
    };
    let mut connection = Dialer::for_sender(relay, mail, compiled.sender())
        .map_err(Undelivered::Relay)?
        .open()
        .await
        .map_err(Undelivered::Relay)?;
    let envelope = Envelope {
        sender: compiled.sender_for(reader.id, key),
        recipient: &reader.email,
        message: &message,
    };
    connection
        .announce(envelope)
        .await
        .map_err(Undelivered::Attempt)?;
    let attempt = connection.send_body(message, None).await;
    connection.quit().await;
    match attempt {
        Attempt::Accepted(words) => Ok(words),
        other => Err(Undelivered::Attempt(other)),
    }
}
