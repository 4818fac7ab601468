//! The one reader of files: regular files only, never more bytes than a bound, and an error that names the file.
//!
//! A pipe that nobody writes into would be waited for without end, and a device may go on without end; so a file is
//! opened without waiting, and its kind is asked of what was opened, which nobody can swap any more.

use std::fmt;
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use thiserror::Error;

use crate::finding::{Finding, Rule};

/// The most bytes of a text that a person writes: a post, a config, a template, a file of data.
pub(crate) const WRITTEN: u64 = 8 << 20;
/// The most bytes of a list that programs write: a lock, a manifest, a table of readers, an old feed.
pub(crate) const LISTED: u64 = 256 << 20;

/// Why a file is not read.
#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    /// The machine says no.
    #[error("cannot be read: {0}")]
    Machine(#[from] io::Error),
    /// It is something else than a file: a folder, a pipe, a device, a socket.
    #[error("cannot be read: it is {0}, no regular file")]
    Irregular(&'static str),
    /// It has more bytes than this.
    #[error("cannot be read: it is larger than {}", Size(*.0))]
    TooLarge(u64),
    /// It is no text.
    #[error("this is not UTF-8")]
    NotText {
        /// The line of the first wrong byte, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
    },
}

impl Unreadable {
    /// Whether there is no such file.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Machine(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// The error as a finding about this file.
    pub(crate) fn in_file(self, file: &Path) -> Finding {
        let finding = Finding::error(Rule::Unreadable, self.to_string()).in_file(file);
        match self {
            Self::NotText { line, column } => finding
                .at_line(line)
                .at_column(column)
                .hint("save the file as UTF-8"),
            _ => finding,
        }
    }
}

/// Bytes in the greatest unit that divides them.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            mebi if mebi > 0 && mebi % (1 << 20) == 0 => write!(f, "{} MiB", mebi >> 20),
            kibi if kibi > 0 && kibi % (1 << 10) == 0 => write!(f, "{} KiB", kibi >> 10),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// The bytes of a file that has at most so many.
pub(crate) fn read(file: &Path, most: u64) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    read_into(file, most, &mut bytes)?;
    Ok(bytes)
}

/// The text of a file that has at most so many bytes.
pub(crate) fn read_text(file: &Path, most: u64) -> Result<String, Unreadable> {
    String::from_utf8(read(file, most)?).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        not_text(error.as_bytes(), end)
    })
}

/// Does the same as [`read_text`]; `None` if there is no such file.
pub(crate) fn read_text_if_any(file: &Path, most: u64) -> Result<Option<String>, Finding> {
    match read_text(file, most) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.in_file(file)),
    }
}

/// Puts the bytes of a file that has at most so many in place of what the buffer held.
pub(crate) fn read_into(file: &Path, most: u64, buffer: &mut Vec<u8>) -> Result<(), Unreadable> {
    let (open, length) = open_measured(file)?;
    // To ask whether more follows would cost each file one more call. A file that the kernel makes up as it is read has the
    // length 0.
    let bound = match length {
        0 => most.saturating_add(1),
        _ if length > most => return Err(Unreadable::TooLarge(most)),
        _ => length,
    };
    buffer.clear();
    let read = open.take(bound).read_to_end(buffer)?;
    if read as u64 > most {
        return Err(Unreadable::TooLarge(most));
    }
    Ok(())
}

/// The first bytes of a file, at most so many.
pub(crate) fn read_beginning(file: &Path, most: u64) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says that these bytes are no text from this one on.
pub(crate) fn not_text(bytes: &[u8], from: usize) -> Unreadable {
    let good = &bytes[..from];
    let line = good.split(|byte| *byte == b'\n').count();
    let last = good.rsplit(|byte| *byte == b'\n').next().unwrap_or(good);
    let column = String::from_utf8_lossy(last).chars().count() + 1;
    Unreadable::NotText { line, column }
}

/// The file, to be read as it is needed.
pub(crate) fn open(file: &Path) -> Result<File, Unreadable> {
    open_measured(file).map(|(open, _)| open)
}

/// The file and its length in bytes.
fn open_measured(file: &Path) -> Result<(File, u64), Unreadable> {
    let mut how = OpenOptions::new();
    how.read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let open = match how.open(file) {
        Ok(open) => open,
        // A socket cannot be opened at all.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => {
            return Err(Unreadable::Irregular("a socket or a device"));
        }
        Err(error) => return Err(error.into()),
    };
    let metadata = open.metadata()?;
    match word_for(metadata.file_type()) {
        None => Ok((open, metadata.len())),
        Some(word) => Err(Unreadable::Irregular(word)),
    }
}

/// The word for what is no regular file.
fn word_for(kind: FileType) -> Option<&'static str> {
    match kind {
        _ if kind.is_file() => None,
        _ if kind.is_dir() => Some("a folder"),
        _ if kind.is_fifo() => Some("a pipe"),
        _ if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::process::Command;

    use super::{Unreadable, read, read_beginning, read_text};

    #[test]
    fn only_a_regular_file_is_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(
            Command::new("mkfifo")
                .arg(at("pipe"))
                .status()
                .unwrap()
                .success()
        );
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/zero", at("endless")).unwrap();
        symlink("pipe", at("to-pipe")).unwrap();
        symlink("itself", at("itself")).unwrap();
        symlink("file", at("to-file")).unwrap();
        fs::write(at("file"), "tea").unwrap();
        for (name, expected) in [
            ("pipe", "it is a pipe"),
            ("to-pipe", "it is a pipe"),
            ("socket", "it is a socket"),
            ("endless", "it is a device"),
            (".", "it is a folder"),
            ("none", "No such file"),
            ("file/below", "Not a directory"),
            ("itself", "Too many levels"),
        ] {
            let error = read(&at(name), 100).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
            assert!(read_beginning(&at(name), 2).is_err(), "{name}");
        }
        assert_eq!(read(&at("to-file"), 100).unwrap(), b"tea");
    }

    #[test]
    fn a_file_has_at_most_so_many_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tea");
        fs::write(&file, "a".repeat(1024)).unwrap();
        assert_eq!(read(&file, 1024).unwrap().len(), 1024);
        assert!(matches!(read(&file, 1023), Err(Unreadable::TooLarge(1023))));
        assert_eq!(read_beginning(&file, 3).unwrap(), b"aaa");
        fs::write(&file, "").unwrap();
        assert_eq!(read(&file, 0).unwrap(), b"");
        // The kernel makes it up, and says that it has no bytes.
        let status = Path::new("/proc/self/status");
        assert!(!read(status, 1 << 20).unwrap().is_empty());
        assert!(matches!(read(status, 10), Err(Unreadable::TooLarge(10))));
        for (most, words) in [
            (0, "0 bytes"),
            (1000, "1000 bytes"),
            (8 << 20, "8 MiB"),
            (2 << 10, "2 KiB"),
        ] {
            let error = Unreadable::TooLarge(most).to_string();
            assert!(error.ends_with(words), "{error}");
        }
    }

    #[test]
    fn the_first_byte_that_is_no_text_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tea");
        fs::write(&file, "é\nté\u{e9}".as_bytes()).unwrap();
        assert_eq!(read_text(&file, 100).unwrap(), "é\nté\u{e9}");
        fs::write(&file, b"\xc3\xa9\nt\xc3\xa9\xe9").unwrap();
        let finding = read_text(&file, 100).unwrap_err().in_file("tea".as_ref());
        assert_eq!(
            finding.to_string(),
            "tea:2:3: this is not UTF-8\n  save the file as UTF-8"
        );
    }
}
