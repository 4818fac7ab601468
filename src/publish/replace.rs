//! Bytes → one file, by a rename in its own folder.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::finding::Finding;

/// How old a half-written file is when nobody writes it any more.
const ABANDONED: Duration = Duration::from_hours(1);
/// How many links may lead from one to the next.
const LINKS: usize = 40;

pub(super) fn unwritable(file: &Path, error: &io::Error) -> Finding {
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

/// Puts the bytes in the file's place, durably, at once. A link stays one, and the file keeps its permissions.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = target(file);
    let folder = folder(&file);
    fs::create_dir_all(folder)?;
    let random = RandomState::new().hash_one(&file);
    let new = folder.join(format!("{}{random:016x}.new", prefix(&file)));
    let written = File::create_new(&new).and_then(|mut open| {
        if let Ok(old) = fs::metadata(&file) {
            open.set_permissions(old.permissions())?;
        }
        open.write_all(bytes)?;
        open.sync_all()
    });
    written
        .and_then(|()| fs::rename(&new, &file))
        .inspect_err(|_| _ = fs::remove_file(&new))
}

/// Removes what a run that died left of this file, long before the file itself was written.
pub(super) fn sweep(file: &Path) {
    let file = target(file);
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let (Ok(now), Ok(entries)) = (modified(&file), fs::read_dir(folder(&file))) else {
        return;
    };
    let prefix = prefix(&file);
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(".new"));
        let is_ours = random.is_some_and(|random| {
            random.len() == 16 && random.bytes().all(|b| b.is_ascii_hexdigit())
        });
        let is_old = || {
            modified(&entry.path())
                .is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > ABANDONED))
        };
        if is_ours && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Where links lead in the end.
fn target(file: &Path) -> PathBuf {
    let mut file = file.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&file) else {
            break;
        };
        file = folder(&file).join(next);
    }
    file
}

fn folder(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// How the name of a half-written file begins.
fn prefix(file: &Path) -> String {
    format!(
        ".{}.",
        file.file_name().unwrap_or_default().to_string_lossy()
    )
}
