//! `tidings` turns a folder of posts into feeds and into e-mail digests.

pub mod clock;
pub mod config;
pub mod delivery;
pub mod digest;
pub mod feed;
pub mod finding;
pub mod ledger;
pub mod loader;
pub mod lock;
pub mod message;
pub mod post;
pub mod publish;
pub mod reader;
pub mod smtp;
pub mod store;
pub mod subscriber;
pub mod token;
