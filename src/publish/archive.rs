//! The archive of issues on disk. No manifest knows it: the store has every page, and each document says whose it is.

use std::fs;
use std::io;
use std::path::Path;

use crate::feed::is_ours;
use crate::file::read::{read, read_beginning};
use crate::file::{Care, unwritable, write_changed};
use crate::finding::{Finding, Rule};
use crate::publish::HEAD;
use crate::publish::twin::Twin;

/// Whether tidings wrote the file that stands there; an error where another program or a person did.
///
/// # Errors
/// A finding that names the file.
fn stands(file: &Path) -> Result<bool, Finding> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Ok(found) if found.is_file() => {}
        _ => return Err(explain_foreign(file)),
    }
    let name = file.to_string_lossy();
    let beginning = read_beginning(file, HEAD).map(|bytes| Twin::original(&name, bytes, HEAD));
    match beginning {
        Ok(bytes) if is_ours(&bytes) => Ok(true),
        _ => Err(explain_foreign(file)),
    }
}

fn explain_foreign(file: &Path) -> Finding {
    let finding = Finding::error(
        Rule::FileInTheWay,
        "another program or a person wrote this file, so it stays as it is",
    );
    finding
        .in_file(file)
        .hint("move it away, or set `archive = false` under [[digest]]: issues have no pages then")
}

/// Whether the page of an issue stands below the folder, with its twins where those are wanted.
pub(crate) fn has_issue_page(dir: &Path, path: &str, precompress: bool) -> bool {
    let stands = |path: &str| dir.join(path).exists();
    let has_twins = || Twin::ALL.iter().all(|twin| stands(&twin.path(path)));
    stands(path) && (!precompress || has_twins())
}

/// Writes these documents below the folder where they differ, with their twins if `precompress`, and removes those that are
/// ours and unwanted. Whether a file has changed. Nothing is written where one of them would replace a file of somebody
/// else.
///
/// # Errors
/// A finding that names the file.
pub(crate) fn write_archive_files(
    dir: &Path,
    precompress: bool,
    documents: &[(String, String)],
    unwanted: &[String],
) -> Result<bool, Finding> {
    let twins_of = |path: &str| Twin::ALL.map(|twin| (twin, dir.join(twin.path(path))));
    for (path, _) in documents {
        stands(&dir.join(path))?;
        for (_, small) in twins_of(path).iter().filter(|_| precompress) {
            stands(small)?;
        }
    }
    let mut has_changed = false;
    for (path, text) in documents {
        let file = dir.join(path);
        let is_current = read(&file, text.len() as u64).is_ok_and(|found| found == text.as_bytes());
        // The twins come first: after a crash between them the document differs, and all are written again.
        for (twin, small) in twins_of(path) {
            if !precompress {
                has_changed |= remove(&small)?;
            } else if !is_current || !small.exists() {
                let bytes = twin.compress(text.as_bytes());
                let bytes = bytes.map_err(|error| unwritable(&small, &error))?;
                has_changed |= write_changed(&small, &bytes, Care::Derived)?;
            }
        }
        has_changed |= write_changed(&file, text.as_bytes(), Care::Derived)?;
    }
    for path in unwanted {
        for (_, small) in twins_of(path) {
            has_changed |= remove(&small)?;
        }
        has_changed |= remove(&dir.join(path))?;
    }
    Ok(has_changed)
}

/// Removes a file that is ours. Whether there was one.
fn remove(file: &Path) -> Result<bool, Finding> {
    if !stands(file).unwrap_or(false) {
        return Ok(false);
    }
    fs::remove_file(file).map_err(|error| unwritable(file, &error))?;
    Ok(true)
}
