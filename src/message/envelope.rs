//! The envelope of a message (RFC 5321 2.3.1).

use std::borrow::Cow;

use crate::reader::Email;

/// The addresses and properties that a transport announces before the message.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The reverse path (MAIL FROM), to which bounces go.
    pub sender: Cow<'a, str>,
    /// The forward path (RCPT TO).
    pub recipient: &'a Email,
    /// The message itself.
    pub message: &'a [u8],
}
