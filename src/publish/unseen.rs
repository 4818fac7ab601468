//! Posts that subscribers may not have seen yet though their dates are old.
//!
//! A feed shows its newest posts by date, so a post that is published with an old date would appear in no document that
//! a subscriber fetches again (RFC 5005, section 4: documents of an archive are fetched once). Such a post stays in the
//! feeds that people subscribe to until as many posts have been published after it as a feed shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::post::PostPrints;

/// How many posts have been published after each of these, by the fingerprint of its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unseen(pub(super) BTreeMap<u64, usize>);

impl Unseen {
    /// The places of the unseen ones among all posts, of which these are the fingerprints.
    pub fn places(&self, prints: &[PostPrints]) -> BTreeSet<usize> {
        let places = prints.iter().enumerate();
        let unseen = places.filter(|(_, prints)| self.0.contains_key(&prints.id));
        unseen.map(|(place, _)| place).collect()
    }
}

/// Carries the unseen posts on to this build. `ids` are all posts, the newest date first, and `new` those that no build
/// has published before. At the first build, or if more posts come at once than there were, dates decide alone: an
/// imported archive is no news.
pub(super) fn carry_on(before: &Unseen, ids: &[u64], new: &BTreeSet<u64>, limit: usize) -> Unseen {
    let mut unseen: BTreeMap<u64, usize> = before
        .0
        .iter()
        .map(|(id, later)| (*id, later + new.len()))
        .filter(|(_, later)| *later < limit)
        .collect();
    let known = ids.len().saturating_sub(new.len());
    let is_beginning = known == 0 || new.len() > known.max(limit);
    let newest_known = ids.iter().position(|id| !new.contains(id));
    let Some(newest_known) = newest_known.filter(|_| !is_beginning) else {
        return Unseen(unseen);
    };
    for (place, id) in ids.iter().enumerate() {
        if new.contains(id) && (place > newest_known || place >= limit) {
            unseen.insert(*id, 0);
        }
    }
    Unseen(unseen)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Unseen, carry_on};

    fn counts(text: &str) -> Unseen {
        let pairs = text.split_whitespace().map(|pair| {
            let (id, later) = pair.split_once('+').unwrap();
            (id.parse().unwrap(), later.parse().unwrap())
        });
        Unseen(pairs.collect())
    }

    /// A case: the unseen posts, all posts from the newest date on, the new ones, the limit, the posts that are unseen
    /// now.
    type Case = (
        &'static str,
        &'static str,
        &'static [u64],
        &'static [u64],
        usize,
        &'static str,
    );

    #[test]
    fn a_post_with_an_old_date_is_unseen_until_as_many_have_followed_as_a_feed_shows() {
        let table: [Case; 14] = [
            ("nothing is known", "", &[3, 2, 1], &[3, 2, 1], 1, ""),
            ("nothing is new", "", &[3, 2, 1], &[], 1, ""),
            ("the newest post", "", &[3, 2, 1], &[3], 1, ""),
            ("an old date", "", &[3, 2, 1], &[1], 1, "1+0"),
            (
                "an old date among those shown",
                "",
                &[3, 2, 1],
                &[2],
                3,
                "2+0",
            ),
            (
                "more than a feed shows",
                "",
                &[5, 4, 3, 2, 1],
                &[5, 4],
                1,
                "4+0",
            ),
            (
                "more than there was, but few",
                "",
                &[3, 2, 1],
                &[2, 1],
                2,
                "1+0 2+0",
            ),
            (
                "an archive is moved in",
                "",
                &[4, 3, 2, 1],
                &[3, 2, 1],
                2,
                "",
            ),
            ("a run without news", "1+0", &[3, 2, 1], &[], 1, "1+0"),
            ("one has followed of one", "1+0", &[3, 2, 1], &[3], 1, ""),
            ("one has followed of two", "1+0", &[3, 2, 1], &[3], 2, "1+1"),
            ("two have followed of two", "1+1", &[3, 2, 1], &[3], 2, ""),
            ("another old date", "1+0", &[9, 2, 1], &[2], 2, "1+1 2+0"),
            ("it is away for a while", "1+0", &[3, 2], &[], 2, "1+0"),
        ];
        for (case, before, ids, new, limit, expected) in table {
            let new: BTreeSet<u64> = new.iter().copied().collect();
            let unseen = carry_on(&counts(before), ids, &new, limit);
            assert_eq!(unseen, counts(expected), "{case}");
        }
    }
}
