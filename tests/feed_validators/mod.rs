//! What validators hold against feeds that any parser reads: one test for each complaint.

mod documents;
mod texts;
