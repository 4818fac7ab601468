//! A file that takes its name only once it is whole, and never another's place.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::file::sync_folder;
use crate::store::connect::beside;
use crate::store::{Result, StoreError};
use crate::token::random_id;

/// A file that is being written under another name in the same folder. Dropped before its end, it leaves nothing.
#[derive(Debug)]
pub(super) struct NewFile {
    file: PathBuf,
    new: PathBuf,
    is_whole: bool,
}

impl NewFile {
    /// Takes the name at once, so that nobody else does, with mode 0600.
    ///
    /// # Errors
    /// Where there is such a file already.
    pub(super) fn reserve(file: &Path) -> Result<Self> {
        match create(file) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(StoreError::Exists(file.to_owned()));
            }
            made => made.map_err(|error| StoreError::File(file.to_owned(), error))?,
        }
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}.new", random_id()));
        let reserved = Self {
            new: file.with_file_name(name),
            file: file.to_owned(),
            is_whole: false,
        };
        create(&reserved.new).map_err(|error| StoreError::File(reserved.new.clone(), error))?;
        Ok(reserved)
    }

    /// Where it is written; an empty file with mode 0600 to begin with.
    pub(super) fn path(&self) -> &Path {
        &self.new
    }

    /// Makes its bytes durable, then its name.
    pub(super) fn finish(mut self) -> Result<()> {
        let folder = self
            .file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let finished = OpenOptions::new()
            .append(true)
            .open(&self.new)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.new, &self.file))
            .and_then(|()| sync_folder(folder.unwrap_or(Path::new("."))));
        finished.map_err(|error| StoreError::File(self.file.clone(), error))?;
        self.is_whole = true;
        Ok(())
    }
}

fn create(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create_new(true).append(true).mode(0o600);
    options.open(file).map(drop)
}

impl Drop for NewFile {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(beside(&self.new, ending));
        }
        if !self.is_whole {
            let _ = fs::remove_file(&self.file);
        }
    }
}
