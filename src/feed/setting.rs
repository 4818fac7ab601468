//! [`Setting`], which every document is written from.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::{Feeds, Site};
use crate::lock::Lock;
use crate::post::Post;

/// The input of all documents.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The site whose title, address and zone they show.
    pub site: &'a Site,
    /// The keys under `[feeds]`.
    pub config: &'a Feeds,
    /// The authority that mints ids, and the adopted ids of feeds.
    pub lock: &'a Lock,
    /// The published posts, the newest first.
    pub posts: &'a [Post],
    /// The posts, by their place in that list, that subscribers may not have seen yet though their dates are old.
    pub unseen: &'a BTreeSet<usize>,
    /// The template of the page for people, and its file; none for the one that is compiled in.
    pub template: Option<(&'a Path, &'a str)>,
}
