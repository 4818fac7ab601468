//! A request about some people, and its outcome.

use std::collections::HashMap;

use crate::consent::{Change, Membership, ReaderState, Source, Wish};
use crate::reader::ReaderId;

/// A request about some people.
#[derive(Debug, Clone, Copy)]
pub struct ConsentRequest<'a> {
    /// The wish: their own, or about them.
    pub wish: Wish,
    /// The source of the request.
    pub by: Source,
    /// The digests that it is about.
    pub digests: &'a [String],
    /// How and when they agreed, kept with them.
    pub consent: Option<&'a str>,
}

/// The outcome for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Their state before; `None` if they were unknown.
    pub was: Option<ReaderState>,
    /// The decision of consent.
    pub change: Change,
    /// The digests to which they are subscribed only now; empty for a new reader.
    pub gained: Vec<String>,
    /// The requested digests to which they are still not subscribed.
    pub lacking: Vec<String>,
}

/// A person in a request, with the decision about them.
pub(super) struct Case {
    /// Their number; `None` if they stay unknown.
    pub(super) id: Option<ReaderId>,
    pub(super) answer: Answer,
}

/// The decisions about some people; nothing is written yet.
pub(super) struct Decided {
    pub(super) fingerprints: Vec<String>,
    /// One case for each of the people.
    pub(super) cases: Vec<Case>,
    /// The new readers: number, place among the people, state.
    pub(super) new: Vec<(ReaderId, usize, ReaderState)>,
}

/// The states that people would have by now if the foreseen changes had been made.
///
/// Kept by the first 64 bits of a fingerprint, so that a million people take some 20 MB: that two of them share these
/// happens in one list of a million in 37 million.
#[derive(Debug, Default)]
pub struct Foreseen(HashMap<[u8; 8], ReaderState>);

impl Foreseen {
    pub(super) fn get(&self, fingerprint: &str) -> Option<ReaderState> {
        self.0.get(&Self::key(fingerprint)).copied()
    }

    pub(super) fn insert(&mut self, fingerprint: &str, state: ReaderState) {
        self.0.insert(Self::key(fingerprint), state);
    }

    fn key(fingerprint: &str) -> [u8; 8] {
        let digits = fingerprint.get(..16).unwrap_or_default();
        u64::from_str_radix(digits, 16)
            .unwrap_or_default()
            .to_ne_bytes()
    }
}

impl Answer {
    /// Their state from now on; `None` if nobody knows them.
    pub(super) fn now(&self) -> Option<ReaderState> {
        self.change.state.or(self.was)
    }
}

/// The memberships of the known readers in the requested digests.
#[derive(Default)]
pub(super) struct Memberships(pub(super) HashMap<ReaderId, Vec<Membership>>);

impl Memberships {
    /// Changes the memberships of one reader, and notes which digests they gain and which they lack then.
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

#[cfg(test)]
mod tests {
    use super::Foreseen;
    use crate::consent::ReaderState;

    #[test]
    fn a_foreseen_person_takes_nine_bytes_and_is_found_again() {
        assert_eq!(size_of::<([u8; 8], ReaderState)>(), 9);
        let mut foreseen = Foreseen::default();
        let fingerprints: Vec<String> = (0..1000_u128)
            .map(|number| format!("{:032x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15 << 60)))
            .collect();
        for fingerprint in &fingerprints {
            assert_eq!(foreseen.get(fingerprint), None);
            foreseen.insert(fingerprint, ReaderState::Left);
        }
        for fingerprint in &fingerprints {
            assert_eq!(foreseen.get(fingerprint), Some(ReaderState::Left));
        }
    }
}
