//! Bytes → files: only changed ones, each by a rename in its own folder, so that a crash leaves every file whole; and
//! never over a file that somebody else wrote.

mod archive;
mod below;
mod hub;
mod manifest;
mod prune;
mod twin;
mod unseen;
mod vanished;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::feed::{Outline, RenderedDocument, Sink, is_ours};
use crate::file::read::{read, read_beginning};
use crate::file::{Care, sweep, unwritable, write_changed};
use crate::finding::{Finding, Rule};
use crate::post::{Drawing, fingerprint_of};

pub(crate) use archive::{has_issue_page, write_archive_files};
pub(crate) use hub::{BuiltPosts, Hub};
pub use manifest::Manifest;
pub(crate) use unseen::Unseen;
pub(crate) use vanished::{EXPIRED, Today};

use manifest::{News, Stamp, Written, beside};
use twin::Twin;

/// How many bytes of a document are searched for its generator.
const HEAD: u64 = 1 << 20;

/// The hint if a file of somebody else has the path of one of ours.
const ELSEWHERE: &str =
    "move it away, or let tidings write elsewhere: `dir`, `files`, `page` under [feeds]";

/// The result of a build's writing.
#[derive(Debug)]
pub(crate) struct Published {
    /// The paths of the files whose bytes changed.
    pub written: BTreeSet<String>,
    /// The manifest after the build.
    pub manifest: Manifest,
    /// Why the next run will not know it.
    pub unkept: Option<Finding>,
}

/// Writes documents below a folder, and records them.
#[derive(Debug)]
pub(crate) struct Publisher {
    dir: PathBuf,
    /// The lock; the manifest is beside it.
    lock: PathBuf,
    precompress: bool,
    manifest: Mutex<Manifest>,
    before: Manifest,
    written: Mutex<BTreeSet<String>>,
    /// The drawings that are up to date.
    drawn: Mutex<BTreeSet<String>>,
}

impl Publisher {
    /// A publisher into `dir`, with the manifest beside this lock.
    pub(crate) fn open(dir: &Path, lock: &Path, precompress: bool) -> Self {
        let before = Manifest::read(lock);
        Self {
            dir: dir.to_owned(),
            lock: lock.to_owned(),
            precompress,
            manifest: Mutex::new(before.clone()),
            before,
            written: Mutex::default(),
            drawn: Mutex::default(),
        }
    }

    /// The manifest as it is so far.
    pub(crate) fn manifest(&self) -> MutexGuard<'_, Manifest> {
        // A worker that panics ends the program; its changes are not written.
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the file on disk is the document as it would be written now.
    pub(crate) fn is_current(&self, outline: &Outline) -> bool {
        let known = self.manifest().files.get(&outline.path).cloned();
        if known.is_none_or(|known| known.fingerprint != outline.fingerprint) {
            return false;
        }
        let twins_stand = Twin::ALL.iter().all(|twin| {
            let path = twin.path(&outline.path);
            let known = self
                .manifest()
                .files
                .get(&path)
                .map(|written| written.stamp);
            known
                == fs::metadata(self.dir.join(&path))
                    .ok()
                    .filter(|_| self.precompress)
                    .map(|file| Stamp::from_metadata(&file))
        });
        let drawings = self.manifest().drawings.get(&outline.path).cloned();
        let drawings = drawings.unwrap_or_default();
        twins_stand
            && drawings.iter().all(|path| self.is_intact(path))
            && self.is_intact(&outline.path)
    }

    /// Whether a file on disk is as it was written.
    fn is_intact(&self, path: &str) -> bool {
        let Some(known) = self.manifest().files.get(path).cloned() else {
            return false;
        };
        let file = self.dir.join(path);
        let Ok(metadata) = fs::metadata(&file) else {
            return false;
        };
        let stamp = Stamp::from_metadata(&metadata);
        if stamp == known.stamp {
            return true;
        }
        // A checkout or a copy gave it another time: its bytes decide.
        let bytes = read(&file, known.stamp.length());
        let stands = bytes.is_ok_and(|bytes| fingerprint_of(&bytes) == known.hash);
        if stands {
            self.note(path, Written { stamp, ..known });
        }
        stands
    }

    /// Fails if a file of somebody else has the path of one of these documents, before anything is written.
    ///
    /// # Errors
    /// A finding that names the file.
    pub(crate) fn refuse_others(&self, outlines: &[&Outline]) -> Result<(), Finding> {
        outlines
            .iter()
            .try_for_each(|outline| self.refuse_other(outline))
    }

    /// Fails if a file of somebody else has the path of this document.
    ///
    /// # Errors
    /// A finding that names the file.
    pub(crate) fn refuse_other(&self, outline: &Outline) -> Result<(), Finding> {
        let mut paths = vec![outline.path.clone()];
        if self.precompress {
            paths.extend(Twin::ALL.map(|twin| twin.path(&outline.path)));
        }
        for path in paths {
            let file = self.dir.join(&path);
            if let Some(folder) = find_file_in_the_way(&file) {
                let finding = Finding::error(
                    Rule::FileInTheWay,
                    "this is a file, and tidings needs a folder here",
                );
                return Err(finding.in_file(folder).hint(ELSEWHERE));
            }
            self.refuse_foreign(&path)?;
        }
        Ok(())
    }

    fn refuse_foreign(&self, path: &str) -> Result<(), Finding> {
        if !self.is_foreign(path) {
            return Ok(());
        }
        let finding = Finding::error(
            Rule::FileInTheWay,
            "another program or a person wrote this file, so it stays as it is",
        );
        Err(finding.in_file(self.dir.join(path)).hint(ELSEWHERE))
    }

    /// Whether there is a file that tidings did not write, or an unreadable one.
    fn is_foreign(&self, path: &str) -> bool {
        let file = self.dir.join(path);
        match fs::symlink_metadata(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
            Err(_) => return true,
            Ok(_) => {}
        }
        let known = self.manifest().files.get(path).cloned();
        let is_as_written = known.is_some_and(|known| {
            let bytes = read(&file, known.stamp.length());
            bytes.is_ok_and(|bytes| fingerprint_of(&bytes) == known.hash)
        });
        if is_as_written {
            return false;
        }
        // Without the manifest a document is identified by the generator that it names.
        match read_beginning(&file, HEAD) {
            Ok(bytes) => !is_ours(&Twin::original(path, bytes, HEAD)),
            Err(_) => true,
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Finding> {
        if write_changed(&self.dir.join(path), bytes, Care::Derived)? {
            self.written
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(path.to_owned());
        }
        Ok(())
    }

    fn remember(
        &self,
        path: &str,
        bytes: &[u8],
        fingerprint: u64,
        news: News,
    ) -> Result<(), Finding> {
        let file = self.dir.join(path);
        let metadata = fs::metadata(&file).map_err(|error| unwritable(&file, &error))?;
        self.note(
            path,
            Written {
                fingerprint,
                hash: fingerprint_of(&bytes),
                stamp: Stamp::from_metadata(&metadata),
                news,
            },
        );
        Ok(())
    }

    fn note(&self, path: &str, written: Written) {
        self.manifest().files.insert(path.to_owned(), written);
    }

    /// Forgets the news of files that are no documents any more: the hub cannot fetch them.
    pub(crate) fn forget_unwanted_news(&self, outlines: &[Outline]) {
        let wanted: BTreeSet<&str> = outlines
            .iter()
            .map(|outline| outline.path.as_str())
            .collect();
        for (path, written) in &mut self.manifest().files {
            if !wanted.contains(path.as_str()) {
                written.news = News::None;
            }
        }
        let drawings = &mut self.manifest().drawings;
        drawings.retain(|path, _| wanted.contains(path.as_str()));
    }

    /// Writes a drawing, once in a build.
    fn draw(&self, drawing: &Drawing) -> Result<(), Finding> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.contains(&drawing.path) {
            return Ok(());
        }
        let bytes = drawing.svg.as_bytes();
        self.refuse_foreign(&drawing.path)?;
        self.write(&drawing.path, bytes)?;
        self.remember(&drawing.path, bytes, 0, News::None)?;
        drawn.insert(drawing.path.clone());
        Ok(())
    }

    /// Records the drawings of a document.
    fn note_drawings(&self, path: &str, drawings: &[&Drawing]) {
        let paths: BTreeSet<String> = drawings.iter().map(|one| one.path.clone()).collect();
        let drawings = &mut self.manifest().drawings;
        match paths.is_empty() {
            true => _ = drawings.remove(path),
            false => _ = drawings.insert(path.to_owned(), paths),
        }
    }

    /// Keeps the manifest if it changed, and removes half-written files that a dead run left in the same folders.
    pub(crate) fn finish(self) -> Published {
        let manifest = self
            .manifest
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let written = self
            .written
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = if manifest == self.before {
            Ok(false)
        } else {
            manifest.keep(&self.lock)
        };
        let kept_in = matches!(kept, Ok(true)).then(|| beside(&self.lock));
        let documents = written.iter().map(|path| self.dir.join(path));
        sweep(documents.chain(kept_in));
        Published {
            written,
            manifest,
            unkept: kept.err(),
        }
    }
}

impl Sink for Publisher {
    /// Writes the drawings of a document and the document itself if their bytes differ. An incomplete one is made again
    /// at the next run.
    fn put(&self, outline: &Outline, document: &RenderedDocument<'_>) -> Result<(), Finding> {
        let bytes = document.bytes;
        for drawing in &document.drawings {
            self.draw(drawing)?;
        }
        self.note_drawings(&outline.path, &document.drawings);
        let known = self.manifest().files.get(&outline.path).cloned();
        self.write(&outline.path, bytes)?;
        // Compare with the manifest, not with the disk: a generator may have wiped the folder, or a run may have died
        // after it wrote the file.
        let news = match (&outline.subscription, &known) {
            (None, _) => News::None,
            (Some(_), Some(known)) if known.hash == fingerprint_of(&bytes) => known.news,
            (Some(_), _) => News::Untold,
        };
        let fingerprint = if document.is_complete {
            outline.fingerprint
        } else {
            0
        };
        self.remember(&outline.path, bytes, fingerprint, news)?;
        for twin in Twin::ALL {
            let path = twin.path(&outline.path);
            if self.precompress {
                let small = twin
                    .compress(bytes)
                    .map_err(|error| unwritable(&self.dir.join(&path), &error))?;
                self.write(&path, &small)?;
                self.remember(&path, &small, 0, News::None)?;
                continue;
            }
            // A stale twin would be served in place of the news, even if the manifest does not know it.
            let may_stand = known.is_none() || self.manifest().files.contains_key(&path);
            if may_stand && !self.is_foreign(&path) {
                let _ = fs::remove_file(self.dir.join(&path));
            }
            self.manifest().files.remove(&path);
        }
        Ok(())
    }
}

/// Finds the ancestor of a file that is no folder.
fn find_file_in_the_way(file: &Path) -> Option<&Path> {
    let is_blocked =
        fs::symlink_metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotADirectory);
    if !is_blocked {
        return None;
    }
    let mut above = file.ancestors().skip(1);
    above.find(|folder| folder.exists() && !folder.is_dir())
}
