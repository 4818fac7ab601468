//! Small files whose bytes stay in memory. Each use asks the file system whether the file is still the one that was read, so
//! nothing old is ever sent; it costs one `stat`, which waits for no disk.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::web::files::opened::{FileStamp, Opened};

/// The largest file that is kept, in bytes.
pub(super) const LARGEST: u64 = 256 << 10;
/// The most bytes that are kept, and the most files that are known.
const MOST_BYTES: u64 = 8 << 20;
const MOST_FILES: usize = 1024;
/// A file is kept when it was the same so long before: who writes into a file twice within one tick of the clock leaves it
/// with one time for two contents.
const SETTLED: Duration = Duration::from_secs(1);

/// A file that was looked at.
#[derive(Debug)]
struct KeptFile {
    stamp: FileStamp,
    since: Instant,
    opened: Option<Opened>,
}

/// The result of a look for a file.
pub(super) enum Look {
    /// This file.
    Found(Opened),
    /// There is no such file.
    Missing,
    /// It must be read first.
    Unknown,
}

/// Nothing is known of a path before its file is read.
#[derive(Debug)]
pub(super) struct NeedsReading;

impl Look {
    /// The file, where there is one.
    ///
    /// # Errors
    /// If that takes reading.
    pub(super) fn into_known(self) -> Result<Option<Opened>, NeedsReading> {
        match self {
            Self::Found(opened) => Ok(Some(opened)),
            Self::Missing => Ok(None),
            Self::Unknown => Err(NeedsReading),
        }
    }
}

/// The files that are kept, by their path.
#[derive(Debug, Default)]
pub(super) struct KeptFiles(Mutex<HashMap<PathBuf, KeptFile>>);

impl KeptFiles {
    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, KeptFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is known of this path.
    pub(super) fn find(&self, path: &Path) -> Look {
        let stamp = match fs::metadata(path) {
            Ok(metadata) => FileStamp::new(&metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => return Look::Missing,
            Err(_) => return Look::Unknown,
        };
        let known = self.lock();
        let file = known.get(path).filter(|file| file.stamp == stamp);
        match file.and_then(|file| file.opened.clone()) {
            Some(opened) => Look::Found(opened),
            None => Look::Unknown,
        }
    }

    /// Takes note of a file that was opened, and keeps its bytes once it has been the same for a while.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn keep(&self, path: &Path, opened: Opened) -> io::Result<Opened> {
        if opened.length > LARGEST {
            return Ok(opened);
        }
        let stamp = opened.stamp;
        let since = match self.lock().get(path) {
            Some(file) if file.stamp == stamp => file.since,
            _ => Instant::now(),
        };
        let is_settled = since.elapsed() >= SETTLED;
        let opened = match is_settled {
            true => opened.into_memory()?,
            false => opened,
        };
        let file = KeptFile {
            stamp,
            since,
            opened: is_settled.then(|| opened.clone()),
        };
        let mut known = self.lock();
        let bytes: u64 = known.values().map(KeptFile::bytes).sum();
        if known.len() >= MOST_FILES || bytes + file.bytes() > MOST_BYTES {
            known.clear();
        }
        known.insert(path.to_owned(), file);
        Ok(opened)
    }
}

impl KeptFile {
    /// How many bytes of it are kept.
    fn bytes(&self) -> u64 {
        self.opened.as_ref().map_or(0, |opened| opened.length)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;
    use std::time::SystemTime;

    use tempfile::TempDir;
    use tokio::time::advance;

    use super::{KeptFiles, LARGEST, Look, SETTLED};
    use crate::web::files::negotiate::Encoding;
    use crate::web::files::opened::Opened;

    struct Folder {
        dir: TempDir,
        kept: KeptFiles,
    }

    impl Folder {
        fn new(bytes: &[u8]) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let file = dir.path().join("atom.xml");
            fs::write(&file, bytes).unwrap();
            // The next write has another time, however soon it comes.
            let file = File::options().write(true).open(file).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
            Self {
                dir,
                kept: KeptFiles::default(),
            }
        }

        /// Reads the file twice, with so much time between that it is kept if it may be.
        async fn settle(&self) {
            for _ in 0..2 {
                let root = self.dir.path().canonicalize().unwrap();
                let opened = Opened::open(&root, Path::new("atom.xml"), Encoding::Identity);
                let path = self.dir.path().join("atom.xml");
                self.kept.keep(&path, opened.unwrap()).unwrap();
                advance(SETTLED).await;
            }
        }

        fn look(&self) -> &'static str {
            match self.kept.find(&self.dir.path().join("atom.xml")) {
                Look::Found(_) => "kept",
                Look::Missing => "missing",
                Look::Unknown => "unknown",
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_kept_until_it_is_another_one() {
        let change = |change: fn(&Path)| async move {
            let folder = Folder::new(b"hums");
            folder.settle().await;
            assert_eq!(folder.look(), "kept");
            change(&folder.dir.path().join("atom.xml"));
            folder.look()
        };
        let replaced = change(|file| {
            let other = file.with_extension("new");
            fs::write(&other, b"tea!").unwrap();
            fs::rename(other, file).unwrap();
        });
        assert_eq!(replaced.await, "unknown");
        let written = change(|file| fs::write(file, b"tea!").unwrap());
        assert_eq!(written.await, "unknown");
        let removed = change(|file| fs::remove_file(file).unwrap());
        assert_eq!(removed.await, "missing");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_new_or_large_is_not_kept() {
        let large = Folder::new(&vec![b'a'; usize::try_from(LARGEST).unwrap() + 1]);
        large.settle().await;
        assert_eq!(large.look(), "unknown");
        let new = Folder::new(b"hums");
        let root = new.dir.path().canonicalize().unwrap();
        let opened = Opened::open(&root, Path::new("atom.xml"), Encoding::Identity);
        new.kept
            .keep(&root.join("atom.xml"), opened.unwrap())
            .unwrap();
        assert_eq!(new.look(), "unknown");
    }
}
