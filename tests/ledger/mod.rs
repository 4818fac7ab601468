//! The ledger on both databases by the same code.

mod announced;
mod claims;
mod growth;
mod readers;
mod schema;
