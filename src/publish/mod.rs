//! Bytes → files: only what changed, each by a rename in its own folder, so that a crash leaves every file whole.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::feed::Document;
use crate::finding::Finding;

/// Writes the documents below `dir`. Returns the paths of those that changed.
///
/// # Errors
/// A finding that names the file that could not be written.
pub fn publish(documents: &[Document], dir: &Path) -> Result<Vec<String>, Finding> {
    let mut written = Vec::new();
    for document in documents {
        if write_changed(&dir.join(&document.path), &document.bytes)? {
            written.push(document.path.clone());
        }
    }
    Ok(written)
}

/// Writes a file if its bytes differ; whether they did.
///
/// # Errors
/// A finding that names the file.
pub fn write_changed(file: &Path, bytes: &[u8]) -> Result<bool, Finding> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    replace(file, bytes).map_err(|error| Finding::error(format!("cannot be written: {error}")).in_file(file))?;
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
