//! `tidings.manifest`: the files that tidings wrote with their inputs, the posts of the last build, and the lines that
//! the lock could not be given. Losing it costs a rendering and the knowledge of the last build, never a file.

mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use chrono::{DateTime, Utc};

use crate::finding::Finding;
use crate::ledger::DigestProgress;
use crate::post::{PostPrints, Signature};
use crate::publish::unseen::{Unseen, carry_on};
use crate::publish::vanished::{EXPIRED, GONE, Today, Vanished};

pub(super) use text::beside;

/// The files that were written, the input that they were made from, and the posts that were published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub(super) files: BTreeMap<String, Written>,
    /// The paths of the drawings in each document that has any.
    pub(super) drawings: BTreeMap<String, BTreeSet<String>>,
    /// Each post that was ever published, by the fingerprint of its id.
    pub(super) posts: HashMap<u64, Known>,
    /// The posts whose addresses include their dates, since other posts have the shorter ones.
    pub(super) dated: BTreeSet<u64>,
    /// The posts that came by feeds, which come and go without us.
    pub(super) syndicated: BTreeSet<u64>,
    /// The files that their authors left out at the last build, by the fingerprints of their paths; `None` if that is not
    /// known.
    pub(super) left_out: Option<BTreeSet<u64>>,
    /// The posts that subscribers may not have seen yet though their dates are old.
    pub(super) unseen: Unseen,
    /// The new posts that the hub waits for, by the fingerprint of their ids, which survives a rename.
    pub(super) waiting: BTreeMap<u64, Waiting>,
    /// By digest: the store that sends it, and how far it had come.
    pub(super) progress: BTreeMap<String, (String, DigestProgress)>,
    /// The lines of posts that the lock could not be given.
    pub(super) unkept: Vec<String>,
}

/// A post of the last build, or of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Its fingerprint when it was last published.
    pub(super) fingerprint: u64,
    /// The signature of its text when it was last there.
    pub(super) text: Signature,
    pub(super) presence: Presence,
}

/// Whether and how the last build published a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Published,
    /// It knew of the post and did not publish it.
    Held,
    /// It had no such post.
    Gone,
}

/// A page that has not answered yet; the hub is told when it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) page: String,
    /// Since when it waits.
    pub(super) since: DateTime<Utc>,
}

/// A file that tidings wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Of its input; zero if it must be made again.
    pub(super) fingerprint: u64,
    /// The hash of its bytes.
    pub(super) hash: u64,
    pub(super) stamp: Stamp,
    pub(super) news: News,
}

/// Identifies a file without reading it: its length, and its modification time in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: u128,
}

/// Whether the hub has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It is never told: nobody subscribes to this file.
    None,
    Untold,
    Told,
}

impl Stamp {
    pub(super) fn length(self) -> u64 {
        self.length
    }

    pub(super) fn from_metadata(metadata: &Metadata) -> Self {
        let modified = metadata
            .modified()
            .ok()
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Self {
            length: metadata.len(),
            modified: modified.unwrap_or_default().as_nanos(),
        }
    }
}

impl Manifest {
    /// Whether a known post has changed since it was last published; false for one that was not.
    pub fn is_updated(&self, id: u64, fingerprint: u64) -> bool {
        self.posts
            .get(&id)
            .is_some_and(|known| known.fingerprint != fingerprint)
    }

    /// Whether this post was never published; `None` if nothing is known. If files were written and no post is known,
    /// the first build failed before its end.
    pub fn is_new(&self, id: u64) -> Option<bool> {
        (!self.posts.is_empty() || !self.files.is_empty()).then(|| !self.posts.contains_key(&id))
    }

    /// The posts that subscribers may not have seen yet though their dates are old, once these are published. `posts` begin
    /// with the newest date; `limit` is how many posts a feed shows.
    pub fn unseen(&self, posts: &[PostPrints], new: &BTreeSet<u64>, limit: usize) -> Unseen {
        let ids: Vec<u64> = posts.iter().map(|post| post.id).collect();
        carry_on(&self.unseen, &ids, new, limit)
    }

    /// Whether a post is unchanged since the last build.
    pub fn is_as_published(&self, id: u64, fingerprint: u64) -> bool {
        let known = self.posts.get(&id);
        known.is_some_and(|known| {
            known.presence != Presence::Gone && known.fingerprint == fingerprint
        })
    }

    /// The signature of a post's text in the last build.
    pub fn text_of(&self, id: u64) -> Option<Signature> {
        let known = self
            .posts
            .get(&id)
            .filter(|known| known.presence != Presence::Gone);
        known.map(|known| known.text)
    }

    /// The signature of the last text of a post that an earlier build had and the last one had not.
    pub fn earlier_text_of(&self, id: u64) -> Option<Signature> {
        let known = self
            .posts
            .get(&id)
            .filter(|known| known.presence == Presence::Gone);
        known.map(|known| known.text)
    }

    /// Whether the file of this path was left out by its author at the last build already; true if that is not known.
    pub fn was_left_out(&self, path: u64) -> bool {
        self.left_out
            .as_ref()
            .is_none_or(|paths| paths.contains(&path))
    }

    /// Records the files that their authors leave out.
    pub fn set_left_out(&mut self, paths: impl Iterator<Item = u64>) {
        self.left_out = Some(paths.collect());
    }

    /// The texts that several posts of the last build had.
    pub(crate) fn shared_texts(&self) -> HashSet<Signature> {
        let mut seen = HashSet::with_capacity(self.posts.len());
        let posts = self.posts.values();
        let texts = posts.filter(|known| known.presence != Presence::Gone);
        let texts = texts.map(|known| known.text);
        texts.filter(|text| !seen.insert(*text)).collect()
    }

    /// Whether the last build gave this post an address with its date, since another had the shorter one.
    pub fn was_dated(&self, id: u64) -> bool {
        self.dated.contains(&id)
    }

    /// Remembers that just these posts have addresses with their dates.
    pub fn set_dated(&mut self, ids: impl Iterator<Item = u64>) {
        self.dated = ids.collect();
    }

    /// Remembers these posts as ones that came by feeds.
    pub fn add_syndicated(&mut self, ids: impl Iterator<Item = u64>) {
        self.syndicated.extend(ids);
    }

    /// Whether a build has published the post of this id, the last one or an earlier one.
    pub fn has_published(&self, id: u64) -> bool {
        self.posts.contains_key(&id)
    }

    /// Whether it records the posts of the last build: an older form does not.
    pub fn knows_texts(&self) -> bool {
        self.posts
            .values()
            .any(|known| known.presence != Presence::Gone)
    }

    /// Records these posts as published, each with its text, and the ids `held` of posts that may come back under
    /// another path. A post that is left out for a while is not new when it comes back.
    pub fn add_posts(
        &mut self,
        posts: &[PostPrints],
        texts: &[Signature],
        held: &[u64],
        unseen: Unseen,
    ) {
        let of_held = |id: &u64| {
            // Without a manifest nothing is known of it but that it is held.
            let known = self.posts.get(id);
            let known = Known {
                fingerprint: known.map_or(0, |known| known.fingerprint),
                text: known.map_or(Signature::UNKNOWN, |known| known.text),
                presence: Presence::Held,
            };
            (*id, known)
        };
        let held: Vec<(u64, Known)> = held.iter().map(of_held).collect();
        for known in self.posts.values_mut() {
            known.presence = Presence::Gone;
        }
        self.posts.extend(held);
        for (post, text) in posts.iter().zip(texts) {
            let known = Known {
                fingerprint: post.content,
                text: *text,
                presence: Presence::Published,
            };
            self.posts.insert(post.id, known);
        }
        self.unseen = unseen;
    }

    /// Counts the posts of the last build that are missing today, by reason; `None` if the last build is not known. A
    /// post with a new id makes up for a missing one: changed ids are another fault than missing posts.
    fn count_vanished(&self, today: &Today) -> Option<Vanished> {
        if self.posts.is_empty() && self.files.is_empty() {
            return None;
        }
        let mut vanished = Vanished::default();
        for (id, known) in &self.posts {
            if known.presence == Presence::Published && !self.syndicated.contains(id) {
                vanished.known += 1;
                if !today.published.contains(id) {
                    let why = today.left_out.get(id).copied().unwrap_or(GONE);
                    *vanished.reasons.entry(why).or_default() += 1;
                }
            }
        }
        let is_new = |id: &&u64| !self.posts.contains_key(*id);
        vanished.new = today.published.iter().filter(is_new).count();
        Some(vanished)
    }

    /// Refuses to go on where so many posts would leave the feeds that a person must say that it is meant. Without the last
    /// build the lock still knows that there were posts, though not since when one is gone: so most are missed only where
    /// feeds are published that may show them.
    ///
    /// # Errors
    /// A finding with the reasons and the hints.
    pub fn refuse_vanished(&self, today: &Today, are_feeds_there: bool) -> Result<(), Finding> {
        let vanished = self.count_vanished(today).unwrap_or_else(|| {
            let is_empty = today.published.is_empty();
            let mut vanished = Vanished::default();
            if !is_empty && !are_feeds_there {
                return vanished;
            }
            for id in &today.in_lock {
                let why = today.left_out.get(id).copied().unwrap_or(GONE);
                let is_published = today.published.contains(id);
                // It left the feeds on its day, unless the clock says so of all posts.
                if !is_published && !is_empty && why == EXPIRED {
                    continue;
                }
                vanished.known += 1;
                if !is_published {
                    *vanished.reasons.entry(why).or_default() += 1;
                }
            }
            vanished
        });
        vanished.refuse()
    }

    /// The progress of a digest in this store, if known.
    pub fn progress(&self, digest: &str, store: &str) -> Option<DigestProgress> {
        let (noted, progress) = self.progress.get(digest)?;
        (noted == store).then_some(*progress)
    }

    /// The store whose progress in this digest was noted last.
    pub fn began(&self, digest: &str) -> Option<&str> {
        self.progress.get(digest).map(|(store, _)| &**store)
    }

    /// Whether a digest was sent by this store.
    pub fn names_store(&self, store: &str) -> bool {
        self.progress.values().any(|(noted, _)| noted == store)
    }

    /// Moves the entry of a digest to its new name. Returns whether there was one.
    pub fn rename_digest(&mut self, was: &str, name: &str) -> bool {
        let Some(noted) = self.progress.remove(was) else {
            return false;
        };
        self.progress.entry(name.to_owned()).or_insert(noted);
        true
    }

    /// Records the progress of a digest in this store, even if a newer copy had come further.
    pub fn note_progress(&mut self, digest: &str, store: &str, progress: DigestProgress) {
        let noted = (store.to_owned(), progress);
        self.progress.insert(digest.to_owned(), noted);
    }

    /// The lines of posts that the lock could not be given.
    pub fn unkept(&self) -> &[String] {
        &self.unkept
    }

    /// Records the lines that the lock could not be given.
    pub fn note_unkept(&mut self, lines: Vec<String>) {
        self.unkept = lines;
    }
}
