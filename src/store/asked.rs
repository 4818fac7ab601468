//! What is asked for people, and what became of it.

use std::collections::HashMap;

use crate::consent::{Change, Membership, ReaderState, Source, Wish};
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

/// Someone of whom something is asked, and what becomes of it.
pub(super) struct Case {
    /// Their number; none where they stay unknown.
    pub(super) id: Option<ReaderId>,
    pub(super) answer: Answer,
}

/// What is decided for some people; nothing is written yet.
pub(super) struct Decided {
    pub(super) fingerprints: Vec<String>,
    /// One for each of the people.
    pub(super) cases: Vec<Case>,
    /// Who becomes known: the number, which of the people, the state.
    pub(super) new: Vec<(ReaderId, usize, ReaderState)>,
}

/// The states that people would have by now, by fingerprint, had what was foreseen been done.
#[derive(Debug, Default)]
pub struct Foreseen(pub(super) HashMap<String, ReaderState>);

impl Answer {
    /// What they are from now on; none where nobody knows them.
    pub(super) fn now(&self) -> Option<ReaderState> {
        self.change.state.or(self.was)
    }
}

/// What readers are to the digests that are asked for, those of them whom we knew.
#[derive(Default)]
pub(super) struct Memberships(pub(super) HashMap<ReaderId, Vec<Membership>>);

impl Memberships {
    /// Changes those of one reader, and notes which digests they gain and which they lack then.
    pub(super) fn apply(&mut self, id: ReaderId, digests: &[String], answer: &mut Answer) {
        let change = answer.change.subscriptions;
        let is_told = answer.was.is_some() && answer.now().is_some_and(ReaderState::takes_mail);
        let never = || vec![Membership::Never; digests.len()];
        let memberships = self.0.entry(id).or_insert_with(never);
        for (digest, membership) in digests.iter().zip(memberships) {
            let before = *membership;
            *membership = change.apply_to_asked(before);
            if !is_told {
                continue;
            }
            if change.adds(before) {
                answer.gained.push(digest.clone());
            }
            if *membership != Membership::Subscribed {
                answer.lacking.push(digest.clone());
            }
        }
    }
}
