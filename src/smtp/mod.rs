//! SMTP (RFC 5321): the wire, the dialogue, what a reply means.

mod dialogue;
mod reply;
mod wire;

pub use dialogue::{Connection, Refused};
pub use reply::{Phase, Reply, Trouble, Verdict, judge};
