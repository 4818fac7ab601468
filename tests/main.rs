//! The program from outside: the real binary, a real SMTP dialogue, a real database, other parsers than its own.

mod database;
mod delivery;
mod digest;
mod feeds;
mod loader;
mod read;
mod relay;
mod scene;
mod store;
