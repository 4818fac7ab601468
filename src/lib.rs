//! `tidings` turns a folder of posts into feeds and into e-mail digests.

pub mod clock;
pub mod config;
pub mod digest;
pub mod feed;
pub mod finding;
pub mod ledger;
pub mod loader;
pub mod lock;
pub mod post;
pub mod publish;
pub mod reader;
pub mod store;
pub mod token;
