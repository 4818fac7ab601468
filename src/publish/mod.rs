//! Bytes → files: only what changed, each by a rename in its own folder, so that a crash leaves every file whole; and
//! never over a file that somebody else wrote.

mod manifest;
mod twin;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::feed::{Outline, is_ours};
use crate::finding::Finding;
use crate::post::fingerprint_of;

pub use manifest::Manifest;

use manifest::{News, Stamp, Written};
use twin::Twin;

/// Writes documents below a folder, and remembers which.
#[derive(Debug)]
pub struct Publisher {
    dir: PathBuf,
    /// Where the manifest is kept.
    file: PathBuf,
    precompress: bool,
    manifest: Mutex<Manifest>,
    before: Manifest,
    written: Mutex<BTreeSet<String>>,
}

impl Publisher {
    /// A publisher into `dir`. Its manifest lies beside the lock, since whoever builds the site may wipe `dir`.
    pub fn open(dir: &Path, lock: &Path, precompress: bool) -> Self {
        let file = lock.with_extension("manifest");
        let manifest = Manifest::parse(&fs::read_to_string(&file).unwrap_or_default());
        let written = Mutex::default();
        Self {
            dir: dir.to_owned(),
            file,
            precompress,
            before: manifest.clone(),
            manifest: Mutex::new(manifest),
            written,
        }
    }

    /// What is known of the files that were written before.
    pub fn manifest(&self) -> MutexGuard<'_, Manifest> {
        // A worker that panics ends the program; what it left is not written.
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the document stands there as it would be written now.
    pub fn is_current(&self, outline: &Outline) -> bool {
        let known = self.manifest().files.get(&outline.path).cloned();
        let Some(known) = known.filter(|known| known.fingerprint == outline.fingerprint) else { return false };
        let twins_stand = Twin::ALL.iter().all(|twin| {
            let path = twin.path(&outline.path);
            let known = self.manifest().files.get(&path).map(|written| written.stamp);
            known == fs::metadata(self.dir.join(&path)).ok().filter(|_| self.precompress).map(|file| Stamp::of(&file))
        });
        let file = self.dir.join(&outline.path);
        match fs::metadata(&file) {
            Ok(metadata) if Stamp::of(&metadata) == known.stamp => twins_stand,
            // A checkout or a copy gave it another time: its bytes decide.
            Ok(metadata) if fs::read(&file).is_ok_and(|bytes| fingerprint_of(&bytes) == known.hash) => {
                self.note(&outline.path, Written { stamp: Stamp::of(&metadata), ..known });
                twins_stand
            }
            _ => false,
        }
    }

    /// Fails where a file of somebody else stands in the place of one of these documents, before anything is written.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn refuse_others(&self, outlines: &[&Outline]) -> Result<(), Finding> {
        outlines.iter().try_for_each(|outline| {
            let twins = Twin::ALL.iter().filter(|_| self.precompress).map(|twin| twin.path(&outline.path));
            match std::iter::once(outline.path.clone()).chain(twins).find(|path| self.is_foreign(path)) {
                None => Ok(()),
                Some(path) => Err(Finding::error("another program or a person wrote this file, so it stays as it is")
                    .in_file(self.dir.join(path))
                    .way_out("move it away, or let tidings write elsewhere: `dir`, `files`, `page` under [feeds]")),
            }
        })
    }

    /// Whether there is a file that tidings did not write.
    fn is_foreign(&self, path: &str) -> bool {
        let Ok(bytes) = fs::read(self.dir.join(path)) else { return false };
        let known = self.manifest().files.get(path).map(|written| written.hash);
        // Without the manifest a document is known by what it says of its generator.
        known != Some(fingerprint_of(&bytes)) && !is_ours(&Twin::original(path, bytes))
    }

    /// Writes a document where its bytes differ. An incomplete one is made again at the next run.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn put(&self, outline: &Outline, bytes: &[u8], complete: bool) -> Result<(), Finding> {
        let known = self.manifest().files.get(&outline.path).map(|written| written.news);
        let changed = self.write(&outline.path, bytes)?;
        let news = match (&outline.subscription, known) {
            (None, _) => News::None,
            (Some(_), Some(known)) if !changed => known,
            (Some(_), _) if changed => News::Untold,
            (Some(_), _) => News::Told,
        };
        let fingerprint = if complete { outline.fingerprint } else { 0 };
        self.remember(&outline.path, bytes, fingerprint, news)?;
        for twin in Twin::ALL {
            let path = twin.path(&outline.path);
            if self.precompress {
                let small = twin.compress(bytes).map_err(|error| unwritable(&self.dir.join(&path), &error))?;
                self.write(&path, &small)?;
                self.remember(&path, &small, 0, News::None)?;
            } else if self.manifest().files.remove(&path).is_some() {
                // A twin that stays behind would be handed out in place of the news.
                let _ = fs::remove_file(self.dir.join(&path));
            }
        }
        Ok(())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<bool, Finding> {
        let changed = write_changed(&self.dir.join(path), bytes)?;
        if changed {
            self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        }
        Ok(changed)
    }

    fn remember(&self, path: &str, bytes: &[u8], fingerprint: u64, news: News) -> Result<(), Finding> {
        let file = self.dir.join(path);
        let metadata = fs::metadata(&file).map_err(|error| unwritable(&file, &error))?;
        self.note(path, Written { fingerprint, hash: fingerprint_of(&bytes), stamp: Stamp::of(&metadata), news });
        Ok(())
    }

    fn note(&self, path: &str, written: Written) {
        self.manifest().files.insert(path.to_owned(), written);
    }

    /// Removes the files that tidings wrote and that are no documents any more, and folders that are empty then.
    /// Returns their paths.
    ///
    /// # Errors
    /// A finding that names the file.
    pub fn prune(&self, outlines: &[Outline]) -> Result<Vec<String>, Finding> {
        let mut wanted: BTreeSet<String> = outlines.iter().map(|outline| outline.path.clone()).collect();
        if self.precompress {
            wanted.extend(outlines.iter().flat_map(|outline| Twin::ALL.map(|twin| twin.path(&outline.path))));
        }
        let known: Vec<String> = self.manifest().files.keys().filter(|path| !wanted.contains(*path)).cloned().collect();
        let mut removed = Vec::new();
        for path in known {
            if self.is_foreign(&path) {
                continue;
            }
            let file = self.dir.join(&path);
            match fs::remove_file(&file) {
                Ok(()) => removed.push(path.clone()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Finding::error(format!("cannot be removed: {error}")).in_file(file)),
            }
            self.manifest().files.remove(&path);
            let folders = file.ancestors().skip(1).take_while(|folder| *folder != self.dir);
            for folder in folders {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        Ok(removed)
    }

    /// Keeps the manifest where it changed. Returns the paths of the files whose bytes did.
    pub fn finish(self) -> BTreeSet<String> {
        let manifest = self.manifest.into_inner().unwrap_or_else(PoisonError::into_inner);
        if manifest != self.before {
            // It is a memory and no more: where it cannot be kept, the next run renders again.
            let _ = write_changed(&self.file, manifest.to_text().as_bytes());
        }
        self.written.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unwritable(file: &Path, error: &io::Error) -> Finding {
    Finding::error(format!("cannot be written: {error}")).in_file(file)
}

/// Writes a file if its bytes differ; whether they did.
///
/// # Errors
/// A finding that names the file.
pub fn write_changed(file: &Path, bytes: &[u8]) -> Result<bool, Finding> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    replace(file, bytes).map_err(|error| unwritable(file, &error))?;
    Ok(true)
}

/// Puts the bytes in the file's place, durably, at once.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = File::create(&new).and_then(|mut open| {
        open.write_all(bytes)?;
        open.sync_all()
    });
    written.and_then(|()| fs::rename(&new, file)).inspect_err(|_| _ = fs::remove_file(&new))
}
