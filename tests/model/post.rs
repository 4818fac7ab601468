//! A post of the model, and the mark by which its text is known.

use std::collections::BTreeSet;

use chrono::NaiveDate;

/// The path and the content of a post.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Face {
    pub(super) path: String,
    pub(super) title: &'static str,
    pub(super) date: NaiveDate,
}

/// Why a post is in no feed though its file is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Its front matter cannot be read.
    Broken,
    Draft,
    Future,
    Empty,
    /// A link that leads nowhere.
    Link,
}

#[derive(Debug)]
pub(super) struct Post {
    pub(super) face: Face,
    /// The post whose words it has: itself, or the one that it is a copy of.
    pub(super) words_of: usize,
    pub(super) edits: u32,
    pub(super) is_there: bool,
    pub(super) fault: Option<Fault>,
    /// Its entry in the last feed that showed it.
    pub(super) shown: Option<Face>,
    pub(super) id: Option<String>,
    pub(super) mails: usize,
    /// How many mails it may be in.
    pub(super) allowed: usize,
    /// Whether it may take another id, as a loss has its limits.
    pub(super) may_change: bool,
    /// Whether the last build was without it.
    pub(super) was_away: bool,
}

impl Post {
    pub(super) fn new(face: Face, words_of: usize, edits: u32) -> Self {
        Self {
            face,
            words_of,
            edits,
            is_there: true,
            fault: None,
            shown: None,
            id: None,
            mails: 0,
            allowed: 1,
            may_change: false,
            was_away: false,
        }
    }

    /// Whether it is left out where it is, and may be without an error.
    pub(super) fn is_hidden(&self) -> bool {
        self.fault.is_some_and(|fault| fault != Fault::Broken)
    }
}

/// The beginning of a mark: long enough for no token of a mail to hold it by chance.
const MARK: &str = "postmark";

pub(super) fn mark(at: usize) -> String {
    format!("{MARK}{at:04}z")
}

/// The posts whose marks stand in a text.
pub(super) fn marks(text: &str) -> BTreeSet<usize> {
    let starts = text
        .match_indices(MARK)
        .map(|(start, _)| &text[start + MARK.len()..]);
    starts
        .filter(|rest| rest.get(4..5) == Some("z"))
        .filter_map(|rest| rest[..4].parse().ok())
        .collect()
}
