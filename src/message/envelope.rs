//! The envelope of a message (RFC 5321 2.3.1).

use std::borrow::Cow;

use crate::reader::Email;

/// The addresses and properties that a transport announces before the message.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// Reverse path, to which bounces go.
    pub sender: Cow<'a, str>,
    /// Recipient.
    pub recipient: &'a Email,
    /// The message itself.
    pub message: &'a [u8],
}
