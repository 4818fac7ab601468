//! What is asked for people, and what became of it.

use crate::consent::{Change, ReaderState, Source, Wish};
use crate::reader::ReaderId;

/// What is asked for some people.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What.
    pub wish: Wish,
    /// By whom.
    pub by: Source,
    /// About which digests.
    pub digests: &'a [String],
    /// How and when they agreed, kept with them.
    pub consent: Option<&'a str>,
}

/// What became of it for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What they were before; none where nobody knew them.
    pub was: Option<ReaderState>,
    /// What changed.
    pub change: Change,
    /// The digests to which they are subscribed only now; empty for a new reader.
    pub gained: Vec<String>,
    /// The digests that were asked for and to which they are not subscribed.
    pub lacking: Vec<String>,
}

/// Someone of whom something is asked: what they are to the database, what they were to us, what changes.
pub(super) struct Case {
    pub(super) id: Option<ReaderId>,
    pub(super) was: Option<ReaderState>,
    pub(super) change: Change,
}
