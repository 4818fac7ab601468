//! The mark by which a document of ours is known again.

/// The generator that every document names, without a version: it would change the bytes of every site.
pub(super) const GENERATOR: &str = "tidings";
