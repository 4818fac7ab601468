//! SMTP (RFC 5321): the wire, the dialogue, what a reply means.

mod body;
mod dialer;
mod dialogue;
mod login;
mod offers;
mod wire;

pub use dialer::Dialer;
pub use dialogue::Connection;
