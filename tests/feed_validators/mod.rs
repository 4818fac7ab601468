//! Tests what validators object to in feeds that any parser reads: one test for each complaint.

mod documents;
mod texts;
