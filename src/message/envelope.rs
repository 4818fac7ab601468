//! What a transport needs to know of a message beside its bytes.

use crate::reader::Email;

/// Who writes to whom, and how much.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Where bounces go.
    pub sender: &'a str,
    /// To whom.
    pub recipient: &'a Email,
    /// The message itself.
    pub message: &'a [u8],
}
