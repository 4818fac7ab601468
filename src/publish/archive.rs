//! The archive of issues on disk. No manifest knows it: the store has every page, and each document says whose it is.

use std::fs;
use std::io;
use std::path::Path;

use crate::feed::is_ours;
use crate::file::read::read_beginning;
use crate::file::{Care, unwritable, write_changed};
use crate::finding::{Finding, Rule};
use crate::publish::HEAD;

/// Whether tidings wrote the file that stands there; an error where another program or a person did.
///
/// # Errors
/// A finding that names the file.
fn stands(file: &Path) -> Result<bool, Finding> {
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Ok(found) if found.is_file() => {}
        _ => return Err(foreign(file)),
    }
    match read_beginning(file, HEAD) {
        Ok(bytes) if is_ours(&bytes) => Ok(true),
        _ => Err(foreign(file)),
    }
}

fn foreign(file: &Path) -> Finding {
    let finding = Finding::error(
        Rule::FileInTheWay,
        "another program or a person wrote this file, so it stays as it is",
    );
    finding
        .in_file(file)
        .hint("move it away, or set `archive = false` under [[digest]]: issues have no pages then")
}

/// Writes these documents below the folder where they differ, and removes those that are ours and unwanted. Whether a file
/// has changed. Nothing is written where one of them would replace a file of somebody else.
///
/// # Errors
/// A finding that names the file.
pub(crate) fn put_issues(
    dir: &Path,
    documents: &[(String, String)],
    unwanted: &[String],
) -> Result<bool, Finding> {
    for (path, _) in documents {
        stands(&dir.join(path))?;
    }
    let mut has_changed = false;
    for (path, text) in documents {
        has_changed |= write_changed(&dir.join(path), text.as_bytes(), Care::Derived)?;
    }
    for path in unwanted {
        let file = dir.join(path);
        if stands(&file).unwrap_or(false) {
            fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
            has_changed = true;
        }
    }
    Ok(has_changed)
}
