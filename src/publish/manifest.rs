//! `tidings.manifest`: which files tidings wrote and what from, what the last build knew of posts, and the lines that the
//! lock could not be given. Losing it costs a rendering and what only it can tell, never a file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use chrono::{DateTime, Utc};

use crate::file::read::{LISTED, read_text};
use crate::file::{Care, write_changed};
use crate::finding::{Finding, Severity};
use crate::ledger::DigestProgress;
use crate::post::Signature;
use crate::publish::below::is_below;
use crate::publish::unseen::{Unseen, carry_on};
use crate::publish::vanished::{GONE, Today, Vanished};

/// The first line: a file of another form is as good as none.
const HEAD: &str = "tidings manifest 1";
/// What the line of a post ends with that the last build did not publish.
const HELD: &str = "held";

/// The files that were written, the input that they were made from, and the posts that were published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub(super) files: BTreeMap<String, Written>,
    /// Each post that was ever published, by the fingerprint of its id.
    pub(super) posts: HashMap<u64, Known>,
    /// The posts whose addresses hold their dates, since others have the shorter ones.
    pub(super) dated: BTreeSet<u64>,
    /// The posts that subscribers may not have seen yet though their dates are old.
    pub(super) unseen: Unseen,
    /// The new posts that the hub waits for, by the fingerprint of their ids, which a rename leaves alone.
    pub(super) waiting: BTreeMap<u64, Waiting>,
    /// By digest: the store that sends it, and how far it had come.
    pub(super) progress: BTreeMap<String, (String, DigestProgress)>,
    /// The lines of posts that the lock could not be given.
    pub(super) unkept: Vec<String>,
}

/// What is known of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Its fingerprint when it was last published.
    pub(super) fingerprint: u64,
    /// What its text was; none where its file was not there at the last build.
    pub(super) text: Option<Signature>,
    /// Whether the last build knew of it and did not publish it.
    pub(super) is_held: bool,
}

/// A page that has not answered yet; the hub is told when it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The page's address.
    pub(super) page: String,
    /// Since when.
    pub(super) since: DateTime<Utc>,
}

/// A file that tidings wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Of its input; zero if it must be made again.
    pub(super) fingerprint: u64,
    /// Of its bytes.
    pub(super) hash: u64,
    pub(super) stamp: Stamp,
    pub(super) news: News,
}

/// By what a file is known without being read: its length, and when it was written, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: u128,
}

/// Whether the hub has been told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It need not be: nobody subscribes to this file.
    None,
    Untold,
    Told,
}

impl Stamp {
    pub(super) fn length(self) -> u64 {
        self.length
    }

    pub(super) fn of(metadata: &Metadata) -> Self {
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

/// The path of the manifest: beside the lock, since the site's generator may wipe the folder of feeds.
pub(super) fn beside(lock: &Path) -> PathBuf {
    lock.with_extension("manifest")
}

impl Manifest {
    /// Reads the one beside this lock; an absent one is empty.
    pub fn read(lock: &Path) -> Self {
        Self::parse(&read_text(&beside(lock), LISTED).unwrap_or_default())
    }

    /// Parses the file's text. A line that cannot be read is left out: then the files themselves are compared.
    fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return manifest;
        }
        let number = |field: &str| u64::from_str_radix(field, 16).ok();
        for line in lines {
            // Nearly all lines are of posts.
            if let Some((id, hash)) = line
                .strip_prefix("post\t")
                .and_then(|rest| rest.split_once('\t'))
            {
                let mut fields = hash.split('\t');
                let fingerprint = fields.next().and_then(number);
                let text = fields.next().and_then(number).map(Signature::from_bits);
                if let (Some(id), Some(fingerprint)) = (number(id), fingerprint) {
                    let known = Known {
                        fingerprint,
                        text,
                        is_held: fields.next() == Some(HELD),
                    };
                    manifest.posts.insert(id, known);
                }
                continue;
            }
            if let Some(line) = line.strip_prefix("unkept\t") {
                manifest.unkept.push(line.to_owned());
                continue;
            }
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["file", path, fingerprint, hash, length, modified, news] => {
                    let (Some(fingerprint), Some(hash), Ok(length), Ok(modified)) = (
                        number(fingerprint),
                        number(hash),
                        length.parse(),
                        modified.parse(),
                    ) else {
                        continue;
                    };
                    let news = match news {
                        "untold" => News::Untold,
                        "told" => News::Told,
                        _ => News::None,
                    };
                    let written = Written {
                        fingerprint,
                        hash,
                        stamp: Stamp { length, modified },
                        news,
                    };
                    // A path from a merge or a stranger must not lead out of the folder of feeds.
                    if is_below(path) {
                        manifest.files.insert(path.to_owned(), written);
                    }
                }
                ["unseen", id, later] => {
                    manifest.unseen.0.extend(number(id).zip(later.parse().ok()));
                }
                ["dated", id] => manifest.dated.extend(number(id)),
                ["waiting", id, page, since] => {
                    let page = page.to_owned();
                    let waiting = since.parse().map(|since| Waiting { page, since });
                    manifest.waiting.extend(number(id).zip(waiting.ok()));
                }
                // The last number came later: without it no issue is known to have ended.
                ["frozen", digest, store, frozen, ref ended @ ..] => {
                    let ended = ended.first().map_or(Ok(0), |ended| ended.parse());
                    if let (Ok(frozen), Ok(ended)) = (frozen.parse(), ended) {
                        let progress = (store.to_owned(), DigestProgress { frozen, ended });
                        manifest.progress.insert(digest.to_owned(), progress);
                    }
                }
                _ => {}
            }
        }
        manifest
    }

    /// The file's text, sorted.
    fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        for (
            path,
            Written {
                fingerprint,
                hash,
                stamp,
                news,
            },
        ) in &self.files
        {
            let news = match news {
                News::None => "-",
                News::Untold => "untold",
                News::Told => "told",
            };
            let Stamp { length, modified } = stamp;
            text.push_str(&format!(
                "file\t{path}\t{fingerprint:x}\t{hash:x}\t{length}\t{modified}\t{news}\n"
            ));
        }
        for (id, Waiting { page, since }) in &self.waiting {
            text.push_str(&format!(
                "waiting\t{id:x}\t{page}\t{}\n",
                since.to_rfc3339()
            ));
        }
        for (digest, (store, DigestProgress { frozen, ended })) in &self.progress {
            text.push_str(&format!("frozen\t{digest}\t{store}\t{frozen}\t{ended}\n"));
        }
        for line in &self.unkept {
            text.push_str(&format!("unkept\t{line}\n"));
        }
        for (id, later) in &self.unseen.0 {
            text.push_str(&format!("unseen\t{id:x}\t{later}\n"));
        }
        for id in &self.dated {
            text.push_str(&format!("dated\t{id:x}\n"));
        }
        let mut posts: Vec<_> = self.posts.iter().collect();
        posts.sort_unstable_by_key(|(id, _)| **id);
        for (
            id,
            Known {
                fingerprint,
                text: kept,
                is_held,
            },
        ) in posts
        {
            text.push_str(&format!("post\t{id:x}\t{fingerprint:x}"));
            if let Some(kept) = kept {
                text.push_str(&format!("\t{:x}", kept.bits()));
                if *is_held {
                    text.push_str(&format!("\t{HELD}"));
                }
            }
            text.push('\n');
        }
        text
    }

    /// Whether a known post is another than when it was last published; not known of one that was not.
    pub fn is_updated(&self, id: u64, fingerprint: u64) -> bool {
        self.posts
            .get(&id)
            .is_some_and(|known| known.fingerprint != fingerprint)
    }

    /// Whether this post was never published, so far as is known; none where nothing is known. Where files were written
    /// and no post is known, the first build failed before its end.
    pub fn is_new(&self, id: u64) -> Option<bool> {
        (!self.posts.is_empty() || !self.files.is_empty()).then(|| !self.posts.contains_key(&id))
    }

    /// The posts that subscribers may not have seen yet though their dates are old, once these are published. `posts` are
    /// the fingerprints of each id and post, the newest date first; `limit` is how many posts a feed shows.
    pub fn unseen(&self, posts: &[(u64, u64)], new: &BTreeSet<u64>, limit: usize) -> Unseen {
        let ids: Vec<u64> = posts.iter().map(|(id, _)| *id).collect();
        carry_on(&self.unseen, &ids, new, limit)
    }

    /// Whether a post is just what the last build published.
    pub fn is_as_published(&self, id: u64, fingerprint: u64) -> bool {
        let known = self.posts.get(&id);
        known.is_some_and(|known| known.text.is_some() && known.fingerprint == fingerprint)
    }

    /// What the text of a post was that the last build had.
    pub fn text_of(&self, id: u64) -> Option<Signature> {
        self.posts.get(&id)?.text
    }

    /// Whether the last build gave this post an address with its date, since another had the shorter one.
    pub fn was_dated(&self, id: u64) -> bool {
        self.dated.contains(&id)
    }

    /// Remembers that just these posts have addresses with their dates.
    pub fn set_dated(&mut self, ids: impl Iterator<Item = u64>) {
        self.dated = ids.collect();
    }

    /// Whether a build has published the post of this id, the last one or an earlier one.
    pub fn has_published(&self, id: u64) -> bool {
        self.posts.contains_key(&id)
    }

    /// Whether it says which posts the last build had: an older form does not.
    pub fn knows_texts(&self) -> bool {
        self.posts.values().any(|known| known.text.is_some())
    }

    /// Remembers these posts as published, each with its text, and that those with the ids `held` may come back under
    /// another path. A post that is left out for a while is not new when it comes back.
    pub fn add_posts(
        &mut self,
        posts: &[(u64, u64)],
        texts: &[Signature],
        held: &[u64],
        unseen: Unseen,
    ) {
        let of_held = |id: &u64| {
            // Without a manifest nothing is known of it but that it is held.
            let known = self.posts.get(id);
            let text = known.and_then(|known| known.text);
            let known = Known {
                fingerprint: known.map_or(0, |known| known.fingerprint),
                text: Some(text.unwrap_or(Signature::UNKNOWN)),
                is_held: true,
            };
            (*id, known)
        };
        let held: Vec<(u64, Known)> = held.iter().map(of_held).collect();
        for known in self.posts.values_mut() {
            known.text = None;
        }
        self.posts.extend(held);
        for ((id, fingerprint), text) in posts.iter().zip(texts) {
            let known = Known {
                fingerprint: *fingerprint,
                text: Some(*text),
                is_held: false,
            };
            self.posts.insert(*id, known);
        }
        self.unseen = unseen;
    }

    /// How many posts that the last build published are not among these, by the reason that is known of each; none where
    /// the last build is not known. A post with a new id makes up for one that is gone: ids that changed are another fault
    /// than posts that are missing.
    fn vanished(&self, today: &Today) -> Option<Vanished> {
        if self.posts.is_empty() && self.files.is_empty() {
            return None;
        }
        let mut vanished = Vanished::default();
        for (id, known) in &self.posts {
            if known.text.is_some() && !known.is_held {
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
    /// build the lock still knows that there were posts.
    ///
    /// # Errors
    /// A finding with the reasons and the hints.
    pub fn refuse_vanished(&self, today: &Today) -> Result<(), Finding> {
        let vanished = self.vanished(today).unwrap_or_else(|| {
            let mut vanished = Vanished::default();
            if today.published.is_empty() {
                vanished.known = today.in_lock.len();
                for id in &today.in_lock {
                    let why = today.left_out.get(id).copied().unwrap_or(GONE);
                    *vanished.reasons.entry(why).or_default() += 1;
                }
            }
            vanished
        });
        vanished.refuse()
    }

    /// How far a digest had come in this store; none where it is not known.
    pub fn progress(&self, digest: &str, store: &str) -> Option<DigestProgress> {
        let (noted, progress) = self.progress.get(digest)?;
        (noted == store).then_some(*progress)
    }

    /// Whether a digest was sent by this store.
    pub fn names_store(&self, store: &str) -> bool {
        self.progress.values().any(|(noted, _)| noted == store)
    }

    /// Gives what is noted of a digest to its new name; whether there was something.
    pub fn rename_digest(&mut self, was: &str, name: &str) -> bool {
        let Some(noted) = self.progress.remove(was) else {
            return false;
        };
        self.progress.entry(name.to_owned()).or_insert(noted);
        true
    }

    /// Notes how far a digest has come in this store, also where it had come further in a newer copy.
    pub fn note_progress(&mut self, digest: &str, store: &str, progress: DigestProgress) {
        let noted = (store.to_owned(), progress);
        self.progress.insert(digest.to_owned(), noted);
    }

    /// The lines of posts that the lock could not be given.
    pub fn unkept(&self) -> &[String] {
        &self.unkept
    }

    /// Notes which lines of posts the lock could not be given.
    pub fn note_unkept(&mut self, lines: Vec<String>) {
        self.unkept = lines;
    }

    /// Keeps it beside this lock where it differs; whether it did. Without it the next run renders again and tells the hub
    /// again, and the ids of posts that no lock has are minted anew.
    ///
    /// # Errors
    /// A warning.
    pub fn keep(&self, lock: &Path) -> Result<bool, Finding> {
        write_changed(&beside(lock), self.to_text().as_bytes(), Care::Derived).map_err(|finding| {
            Finding {
                severity: Severity::Warning,
                ..finding
            }
            .hint("without it every run renders everything, and cannot say what is new")
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use crate::ledger::DigestProgress;
    use crate::post::Signature;

    use super::{Known, Manifest, News, Stamp, Unseen, Waiting, Written};

    #[test]
    fn what_was_written_is_read_again_and_anything_else_is_as_good_as_none() {
        let stamp = Stamp {
            length: 3,
            modified: 1_700_000_000_123_456_789,
        };
        let written = Written {
            fingerprint: 1,
            hash: u64::MAX,
            stamp,
            news: News::Untold,
        };
        let since = DateTime::from_timestamp_nanos(1_700_000_000_123_456_789);
        let waiting = Waiting {
            page: "https://x.example/tea/".to_owned(),
            since,
        };
        let of_post = |fingerprint, text| Known {
            fingerprint,
            text,
            is_held: fingerprint == 8,
        };
        let manifest = Manifest {
            dated: [1, 11].into(),
            files: [("tag/c/atom.xml".to_owned(), written)].into(),
            posts: [
                (7, of_post(8, Some(Signature::of("tea")))),
                (8, of_post(9, None)),
            ]
            .into(),
            unseen: Unseen([(7, 3)].into()),
            waiting: [(9, waiting)].into(),
            progress: [(
                "weekly".to_owned(),
                (
                    "aa".to_owned(),
                    DigestProgress {
                        frozen: 3,
                        ended: 2,
                    },
                ),
            )]
            .into(),
            unkept: vec!["a.md\t2024-03-18T00:00:00Z\tTea\ttag:x,2024:a.md".to_owned()],
        };
        assert_eq!(Manifest::parse(&manifest.to_text()), manifest);
        assert_eq!(
            Manifest::parse("tidings manifest 2\npost\t7\t8\n"),
            Manifest::default()
        );
        assert_eq!(
            Manifest::parse("tidings manifest 1\nfile\tx\t?\n<<<<<<<\n"),
            Manifest::default()
        );
    }
}
