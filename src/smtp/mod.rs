//! SMTP client (RFC 5321): connections and the dialogue over them.

mod auth;
mod body;
mod dialer;
mod dialogue;
mod offers;
mod wire;

pub use dialer::Dialer;
pub(crate) use dialogue::Connection;
