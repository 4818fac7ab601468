//! Decides whether a site has lost so many posts at once that a person must confirm it. An unmounted volume or a
//! missing submodule looks like an author who deleted everything; so does a clock that is behind, or one fault in every
//! front matter.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::finding::{Finding, Rule};

/// From so many known posts on, nothing left is no accident of a small site.
const SOME: usize = 3;
/// From so many known posts on, the loss of more than half is doubted.
const MANY: usize = 10;

/// The reason for a post without a file.
pub(super) const GONE: &str = "nowhere in the folder";

/// The reason for a post after its expiry date.
pub(crate) const EXPIRED: &str = "it has expired";

/// The posts of today, by the fingerprints of their ids.
#[derive(Debug, Default)]
pub struct Today {
    /// The posts that the feeds may show.
    pub published: HashSet<u64>,
    /// The posts that are left out though their files are there, each with the reason.
    pub left_out: HashMap<u64, &'static str>,
    /// All posts of the lock.
    pub in_lock: HashSet<u64>,
}

/// How many posts were published last, and how many of them are not today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Vanished {
    /// The posts that the last build published.
    pub(super) known: usize,
    /// How many of them are not published today, for each reason.
    pub(super) reasons: BTreeMap<&'static str, usize>,
    /// The posts of today that were never published.
    pub(super) new: usize,
}

impl Vanished {
    /// Refuses to publish and to mail the remaining posts.
    ///
    /// # Errors
    /// A finding with the reasons and the hints.
    pub(super) fn refuse(self) -> Result<(), Finding> {
        let Self {
            known,
            reasons,
            new,
        } = self;
        let gone = reasons.values().sum::<usize>().saturating_sub(new);
        let is_empty = known >= SOME && gone == known;
        let is_most = known >= MANY && gone * 2 > known;
        if !is_empty && !is_most {
            return Ok(());
        }
        let reasons = reasons.iter().map(|(why, count)| format!("{count}: {why}"));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        Err(Finding::error(Rule::PostsVanished, format!(
            "{gone} of {known} posts that were published would leave the feeds ({reasons})"
        ))
        .hint(
            "see whether the folder of posts is there as a whole (mounted, checked out), and the clock right\nor say that it is meant: `tidings build --fewer`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::Vanished;

    #[test]
    fn a_site_that_lost_all_or_most_of_its_posts_is_doubted() {
        for (known, gone, refused) in [
            (0, 0, false),
            (1, 1, false),
            (2, 2, false),
            (3, 3, true),
            (3, 2, false),
            (5, 5, true),
            (5, 4, false),
            (9, 8, false),
            (9, 9, true),
            (10, 5, false),
            (10, 6, true),
            (100, 50, false),
            (100, 51, true),
            (100, 0, false),
        ] {
            // It does not matter for what reasons.
            let reasons = [("one", gone / 2), ("other", gone - gone / 2)].into();
            let vanished = Vanished {
                known,
                reasons,
                new: 0,
            };
            assert_eq!(vanished.refuse().is_err(), refused, "{gone} of {known}");
        }
    }
}
