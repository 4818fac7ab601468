//! IMAP client (RFC 3501): reads a mailbox, and moves what is done to another one.
//!
//! `imap-proto` parses what the server says. The dialogue is our own: each response has a bound on its size before it is
//! parsed, each command a limit on its time, and one message at a time is in memory.

mod dialogue;
mod names;
mod session;
mod wire;

pub use session::{Fetched, ImapSession, Selected};

#[cfg(test)]
mod tests;
