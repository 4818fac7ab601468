//! What a transport needs to know of a message beside its bytes.

use std::borrow::Cow;

use crate::reader::Email;

/// Who writes to whom, and how much.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// Where bounces go.
    pub sender: Cow<'a, str>,
    /// To whom.
    pub recipient: &'a Email,
    /// The message itself.
    pub message: &'a [u8],
}
