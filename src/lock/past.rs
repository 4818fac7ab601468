//! The questions that the assignment asks beside the lock.

use chrono::{DateTime, Utc};

use crate::post::Signature;

/// The last build, and the texts of today: asked only if the lock alone does not answer.
pub trait Past {
    /// Whether the last build is known at all.
    fn is_known(&self) -> bool;
    /// The text that the post of this id had at the last build; `None` if that build had no such post.
    fn before(&self, id: &str) -> Option<Signature>;
    /// Whether the last build had several posts with this text.
    fn is_shared(&self, text: Signature) -> bool;
    /// Whether some build has published a post of this id.
    fn was_published(&self, id: &str) -> bool;
    /// The text of the post of this number.
    fn now(&self, number: usize) -> Option<Signature>;
    /// Whether this instant begins a day, as that of a date without a time does.
    fn is_day(&self, instant: DateTime<Utc>) -> bool;
    /// The text of the file at this path, which is no post today; none where there is no such file.
    fn absent(&self, path: &str) -> Option<Signature>;
    /// The paths of those files that an error leaves out: nobody knows their dates and titles.
    fn unreadable(&self) -> &[String];
    /// The lines that the lock could not be given.
    fn unkept(&self) -> &[String];
}
