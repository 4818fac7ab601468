//! One message outside the ledger: a test that a person sends to themselves.

use chrono::{DateTime, Utc};

use crate::config;
use crate::delivery::mailer::Mailer;
use crate::file::{Care, replace};
use crate::message::{Compiled, Envelope};
use crate::reader::Reader;
use crate::smtp::Dialer;
use crate::token::Key;
use crate::verdict::{Attempt, Trouble};

/// Sends one copy to one reader, in no ledger. Returns the relay's words, or the file's name.
///
/// # Errors
/// Words, where it did not leave.
pub async fn deliver_one(
    mailer: &Mailer,
    mail: &config::Mail,
    compiled: &Compiled,
    reader: &Reader,
    made_at: DateTime<Utc>,
    key: &Key,
) -> Result<String, String> {
    let message = compiled.fill(reader, made_at, key);
    let relay = match mailer {
        Mailer::Outbox(folder) => {
            let name = format!("test-{}.eml", made_at.format("%Y%m%dT%H%M%SZ"));
            let written = replace(&folder.join(&name), &message, Care::Private);
            return written
                .map(|()| name)
                .map_err(|error| format!("the outbox cannot be written: {error}"));
        }
        Mailer::Smtp(relay) => relay,
    };
    let words = |trouble: Trouble| trouble.to_string();
    let mut connection = Dialer::for_sender(relay, mail, compiled.sender())
        .map_err(words)?
        .open()
        .await
        .map_err(words)?;
    let envelope = Envelope {
        sender: compiled.sender(),
        recipient: &reader.email,
        message: &message,
    };
    connection
        .envelope(envelope)
        .await
        .map_err(|attempt| attempt.to_string())?;
    let attempt = connection.body(message, None).await;
    connection.quit().await;
    match attempt {
        Attempt::Accepted(words) => Ok(words),
        other => Err(other.to_string()),
    }
}
