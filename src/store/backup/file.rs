//! A file that takes its name only once it is whole, and never another's place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::file::sync_folder;
use crate::store::connect::name_beside;
use crate::store::{Result, StoreError};
use crate::token::random_id;

/// How the names of new files end.
const ENDING: &str = ".new";

/// A file that is being written under another name in the same folder. Dropped before it is finished, it leaves
/// nothing.
#[derive(Debug)]
pub(super) struct NewFile {
    file: PathBuf,
    new: PathBuf,
    /// Locked while it is written, so that others can tell it from the leftovers of a killed program.
    _lock: File,
}

impl NewFile {
    /// Makes the file under its other name, with mode 0600.
    ///
    /// # Errors
    /// If there is a file of its own name already.
    pub(super) fn make(file: &Path) -> Result<Self> {
        if fs::symlink_metadata(file).is_ok() {
            return Err(StoreError::Exists(file.to_owned()));
        }
        let failed = |error| StoreError::File(file.to_owned(), error);
        remove_left(file).map_err(failed)?;
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}{ENDING}", random_id()));
        let new = file.with_file_name(name);
        let lock = create(&new).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self {
            new,
            file: file.to_owned(),
            _lock: lock,
        })
    }

    /// The path at which it is written; the file is empty at first.
    pub(super) fn path(&self) -> &Path {
        &self.new
    }

    /// Makes its bytes durable, then its name.
    ///
    /// # Errors
    /// If another program has taken the name meanwhile, or the disk fails.
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
                drop(create(&self.file)?);
                fs::rename(&self.new, &self.file)?;
            }
            linked => linked?,
        }
        let folder = self.file.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new(".")))
    }
}

fn create(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create_new(true).append(true).mode(0o600);
    options.open(file)
}

/// Removes what killed programs left of this file: nobody holds its lock.
fn remove_left(file: &Path) -> io::Result<()> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    for entry in fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        let number = other
            .strip_prefix(&*name)
            .and_then(|rest| rest.strip_prefix('.'));
        let number = number.and_then(|rest| rest.strip_suffix(ENDING));
        let is_left = number.is_some_and(|number| {
            number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if !is_left {
            continue;
        }
        let opened = OpenOptions::new().append(true).open(entry.path());
        if opened.is_ok_and(|opened| opened.try_lock().is_ok()) {
            remove(&entry.path());
        }
    }
    Ok(())
}

/// Removes a new file with the files that SQLite keeps beside it.
fn remove(new: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(name_beside(new, ending));
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        remove(&self.new);
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
        // The leftovers of a killed program go; a file that another program is writing stays, and so does any other
        // file.
        let left = folder.path().join("a.backup.0123456789abcdef.new");
        let others = folder.path().join("a.backup.notes.new");
        for file in [
            &left,
            &folder.path().join("a.backup.0123456789abcdef.new-wal"),
            &others,
        ] {
            fs::write(file, "x").unwrap();
        }
        let writing = NewFile::make(&file).unwrap();
        drop(NewFile::make(&file).unwrap());
        assert!(!left.exists() && others.exists() && writing.path().exists());
        assert_eq!(names(), 2);
        drop(writing);
        fs::remove_file(others).unwrap();
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
