//! Whether a site has lost so many posts at once that a person must say that it is meant: a volume that is not mounted and a
//! submodule that is not checked out look like an author who deleted everything.

use crate::finding::Finding;

/// From so many known posts on, nothing left is no accident of a small site.
const SOME: usize = 3;
/// From so many known posts on, the loss of more than half is doubted.
const MANY: usize = 10;

/// How many posts were published last, and how many of them are nowhere today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vanished {
    /// The posts of the last build.
    pub(super) known: usize,
    /// Those that are neither published today nor left out for a reason that is named.
    pub(super) gone: usize,
}

impl Vanished {
    /// Refuses to publish and to mail what is left.
    ///
    /// # Errors
    /// A finding with the ways out.
    pub(super) fn refuse(self) -> Result<(), Finding> {
        let Self { known, gone } = self;
        let is_empty = known >= SOME && gone == known;
        let is_most = known >= MANY && gone * 2 > known;
        if !is_empty && !is_most {
            return Ok(());
        }
        Err(Finding::error(format!(
            "{gone} of {known} posts that were published are gone: is the folder of posts there as a whole?"
        ))
        .way_out("bring it back (mount it, check it out), or say that it is meant: `tidings build --fewer`"))
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
            let vanished = Vanished { known, gone };
            assert_eq!(vanished.refuse().is_err(), refused, "{vanished:?}");
        }
    }
}
