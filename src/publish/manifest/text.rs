//! The text of the manifest: one line for each thing that is known, sorted, its fields parted by tabs.

use std::path::{Path, PathBuf};

use crate::file::read::{LISTED, read_text};
use crate::file::{Care, write_changed};
use crate::finding::{Finding, Severity};
use crate::ledger::DigestProgress;
use crate::post::Signature;
use crate::publish::below::is_below;
use crate::publish::manifest::{Known, Manifest, News, Presence, Stamp, Waiting, Written};

/// The first line: a file in another form is ignored.
const HEAD: &str = "tidings manifest 1";
/// The mark at the end of a post's line that the last build did not publish.
const HELD: &str = "held";
/// The mark in the place of the text of a post that the last build did not have; its last text follows.
const GONE: &str = "-";

/// The path of the manifest: beside the lock, since the site's generator may wipe the folder of feeds.
pub(in crate::publish) fn beside(lock: &Path) -> PathBuf {
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
                let (text, rest) = (fields.next().unwrap_or(GONE), fields.next());
                let text_of = |bits: &str| number(bits).map(Signature::from_bits);
                let (text, presence) = match (text_of(text), rest) {
                    (Some(text), Some(HELD)) => (text, Presence::Held),
                    (Some(text), _) => (text, Presence::Published),
                    (None, last) => (
                        last.and_then(text_of).unwrap_or(Signature::UNKNOWN),
                        Presence::Gone,
                    ),
                };
                if let (Some(id), Some(fingerprint)) = (number(id), fingerprint) {
                    let known = Known {
                        fingerprint,
                        text,
                        presence,
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
                ["draws", path, ref drawings @ ..] => {
                    let is_drawing = |drawing: &&&str| is_below(drawing);
                    let drawings = drawings.iter().filter(is_drawing);
                    let drawings = drawings.map(|drawing| (*drawing).to_owned()).collect();
                    manifest.drawings.insert(path.to_owned(), drawings);
                }
                ["unseen", id, later] => {
                    manifest.unseen.0.extend(number(id).zip(later.parse().ok()));
                }
                ["left", ref paths @ ..] => {
                    let paths = paths.iter().filter_map(|path| number(path));
                    manifest.left_out = Some(paths.collect());
                }
                ["dated", id] => manifest.dated.extend(number(id)),
                ["syndicated", id] => manifest.syndicated.extend(number(id)),
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

    /// The text of the file, sorted.
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
        for (path, drawings) in &self.drawings {
            text.push_str(&format!("draws\t{path}"));
            for drawing in drawings {
                text.push_str(&format!("\t{drawing}"));
            }
            text.push('\n');
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
        if let Some(paths) = &self.left_out {
            text.push_str("left");
            for path in paths {
                text.push_str(&format!("\t{path:x}"));
            }
            text.push('\n');
        }
        for id in &self.dated {
            text.push_str(&format!("dated\t{id:x}\n"));
        }
        for id in &self.syndicated {
            text.push_str(&format!("syndicated\t{id:x}\n"));
        }
        let mut posts: Vec<_> = self.posts.iter().collect();
        posts.sort_unstable_by_key(|(id, _)| **id);
        for (
            id,
            Known {
                fingerprint,
                text: last,
                presence,
            },
        ) in posts
        {
            let last = last.bits();
            let rest = match presence {
                Presence::Published => format!("{last:x}"),
                Presence::Held => format!("{last:x}\t{HELD}"),
                Presence::Gone => format!("{GONE}\t{last:x}"),
            };
            text.push_str(&format!("post\t{id:x}\t{fingerprint:x}\t{rest}\n"));
        }
        text
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

    use crate::publish::manifest::{Known, Manifest, News, Presence, Stamp, Waiting, Written};
    use crate::publish::unseen::Unseen;

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
        let of_post = |fingerprint, presence| Known {
            fingerprint,
            text: Signature::from_text("tea"),
            presence,
        };
        let manifest = Manifest {
            dated: [1, 11].into(),
            syndicated: [2, 12].into(),
            drawings: [(
                "atom.xml".to_owned(),
                ["drawing/1.svg".to_owned(), "drawing/2.svg".to_owned()].into(),
            )]
            .into(),
            files: [("tag/c/atom.xml".to_owned(), written)].into(),
            posts: [
                (7, of_post(8, Presence::Published)),
                (8, of_post(9, Presence::Held)),
                (9, of_post(10, Presence::Gone)),
            ]
            .into(),
            left_out: Some([3, u64::MAX].into()),
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
        let none_left_out = Manifest {
            left_out: Some([].into()),
            ..Manifest::default()
        };
        assert_eq!(Manifest::parse(&none_left_out.to_text()), none_left_out);
        // A post that an earlier version knew to be gone, without its text.
        let earlier = Manifest::parse("tidings manifest 1\npost\t7\t8\n");
        let known = Known {
            fingerprint: 8,
            text: Signature::UNKNOWN,
            presence: Presence::Gone,
        };
        assert_eq!(earlier.posts, [(7, known)].into());
        assert!(earlier.was_left_out(3), "it is not known");
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
