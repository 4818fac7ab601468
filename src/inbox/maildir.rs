//! A Maildir: one file a message, in `new` or `cur`. Processed messages move to the folder `.tidings-done` inside;
//! nothing is ever deleted.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::message::MOST_BYTES;
use crate::file::read::{Unreadable, read_beginning};
use crate::finding::{Finding, Rule};

/// The folder for processed messages; mail programs show it as a subfolder.
const DONE: &str = ".tidings-done";

#[derive(Debug, Clone)]
pub(crate) struct Maildir {
    folder: PathBuf,
}

impl Maildir {
    /// Opens the Maildir in this folder.
    ///
    /// # Errors
    /// A finding if it is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, Finding> {
        if ["new", "cur"].iter().all(|name| folder.join(name).is_dir()) {
            return Ok(Self {
                folder: folder.to_owned(),
            });
        }
        Err(Finding::error(Rule::MaildirUnusable, "this is no Maildir")
            .in_file(folder)
            .hint("a Maildir is a folder with `new`, `cur` and `tmp`"))
    }

    /// The files of all waiting messages, oldest first as far as their names tell.
    ///
    /// # Errors
    /// A finding if the folders cannot be read.
    pub(crate) fn waiting(&self) -> Result<Vec<PathBuf>, Finding> {
        let mut found: Vec<(OsString, &str)> = Vec::new();
        for place in ["new", "cur"] {
            let folder = self.folder.join(place);
            let unreadable = |error: io::Error| {
                Finding::error(Rule::MaildirUnusable, format!("cannot be read: {error}"))
                    .in_file(&folder)
            };
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let name = entry.map_err(unreadable)?.file_name();
                if !name.as_encoded_bytes().starts_with(b".") {
                    found.push((name, place));
                }
            }
        }
        found.sort();
        let path = |(name, place): (OsString, &str)| self.folder.join(place).join(name);
        Ok(found.into_iter().map(path).collect())
    }

    /// Reads the first [`MOST_BYTES`] of a message; `None` if another program has moved it
    /// meanwhile.
    ///
    /// # Errors
    /// A finding if it cannot be read.
    pub(crate) fn read(file: &Path) -> Result<Option<Vec<u8>>, Finding> {
        match read_beginning(file, MOST_BYTES as u64) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if Unreadable::is_missing(&error) => Ok(None),
            Err(error) => Err(error.in_file(file)),
        }
    }

    /// Moves a message to the processed ones, marked as seen.
    ///
    /// # Errors
    /// A finding if it cannot be moved.
    pub(crate) fn put_away(&self, file: &Path) -> Result<(), Finding> {
        let failed = |error: io::Error| {
            Finding::error(
                Rule::MaildirUnusable,
                format!("cannot be moved to `{DONE}`: {error}"),
            )
            .in_file(file)
        };
        let done = self.folder.join(DONE);
        for place in ["cur", "new", "tmp"] {
            let mut builder = DirBuilder::new();
            let made = builder.recursive(true).mode(0o700).create(done.join(place));
            made.map_err(failed)?;
        }
        let name = file.file_name().unwrap_or_default();
        let mut name = name.to_owned();
        if !name
            .as_encoded_bytes()
            .windows(3)
            .any(|bytes| bytes == b":2,")
        {
            name.push(":2,S");
        }
        match fs::rename(file, done.join("cur").join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }
}
