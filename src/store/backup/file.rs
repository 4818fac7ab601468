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
}

impl NewFile {
    /// Makes the file under its other name, with mode 0600.
    ///
    /// # Errors
    /// Where there is a file of its own name already.
    pub(super) fn make(file: &Path) -> Result<Self> {
        if fs::symlink_metadata(file).is_ok() {
            return Err(StoreError::Exists(file.to_owned()));
        }
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}.new", random_id()));
        let made = Self {
            new: file.with_file_name(name),
            file: file.to_owned(),
        };
        create(&made.new).map_err(|error| StoreError::File(file.to_owned(), error))?;
        Ok(made)
    }

    /// Where it is written; an empty file to begin with.
    pub(super) fn path(&self) -> &Path {
        &self.new
    }

    /// Makes its bytes durable, then its name.
    ///
    /// # Errors
    /// Where another has taken the name meanwhile, or the disk says no.
    pub(super) fn finish(self) -> Result<()> {
        match self.take_name() {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(StoreError::Exists(self.file.clone()))
            }
            done => done.map_err(|error| StoreError::File(self.file.clone(), error)),
        }
    }

    fn take_name(&self) -> io::Result<()> {
        let whole = OpenOptions::new().append(true).open(&self.new)?;
        whole.sync_all()?;
        match fs::hard_link(&self.new, &self.file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                // Not every file system has hard links.
                create(&self.file)?;
                fs::rename(&self.new, &self.file)?;
            }
            linked => linked?,
        }
        let folder = self.file.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new(".")))
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
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::NewFile;
    use crate::store::StoreError;

    #[test]
    fn a_file_takes_its_name_when_it_is_whole_and_no_others_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.backup");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        drop(NewFile::make(&file).unwrap());
        assert_eq!(names(), 0, "what is given up leaves nothing");
        let (one, two) = (NewFile::make(&file).unwrap(), NewFile::make(&file).unwrap());
        fs::write(one.path(), "one").unwrap();
        assert!(!file.exists());
        one.finish().unwrap();
        assert!(matches!(two.finish(), Err(StoreError::Exists(_))));
        assert!(matches!(NewFile::make(&file), Err(StoreError::Exists(_))));
        assert_eq!(fs::read_to_string(&file).unwrap(), "one");
        assert_eq!(names(), 1);
    }
}
