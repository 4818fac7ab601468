//! Files: the one reader, which file an address of the site names, and bytes → one file, by a rename in its own folder.

pub(crate) mod asset;
pub(crate) mod read;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::file::read::read;
use crate::finding::{Finding, Rule};

/// How old a half-written file is when nobody writes it any more.
const ABANDONED: Duration = Duration::from_hours(1);
/// How many links may lead from one to the next.
const LINKS: usize = 40;
/// The modes of what names readers.
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    /// It can be made again: whole or not at all, but a power cut may take it. It keeps its permissions.
    Derived,
    /// It is lost otherwise: the file and its folder are synced. It keeps its permissions.
    Durable,
    /// It names readers: mode 0600, in a folder that is made with mode 0700. The file is synced; after the last of a group
    /// [`sync_folder`] makes their names durable too.
    Private,
}

/// The finding about a file that cannot be written.
pub(crate) fn unwritable(file: &Path, error: &io::Error) -> Finding {
    Finding::error(Rule::Unwritable, format!("cannot be written: {error}")).in_file(file)
}

/// Writes a file if its bytes differ; whether they did.
///
/// # Errors
/// A finding that names the file.
pub(crate) fn write_changed(file: &Path, bytes: &[u8], care: Care) -> Result<bool, Finding> {
    let is_same = read(file, bytes.len() as u64).is_ok_and(|old| old == bytes);
    if is_same && (care != Care::Private || is_private(file)) {
        return Ok(false);
    }
    replace(file, bytes, care).map_err(|error| unwritable(file, &error))?;
    Ok(true)
}

/// Puts the bytes in the file's place at once: a reader sees the old file or the new one. A link stays a link.
pub(crate) fn replace(file: &Path, bytes: &[u8], care: Care) -> io::Result<()> {
    let file = target(file);
    let folder = folder(&file);
    make_folder(folder, care)?;
    let random = RandomState::new().hash_one(&file);
    let new = folder.join(format!("{}{random:016x}.new", prefix(&file)));
    let written = write_new(&new, &file, bytes, care).and_then(|()| fs::rename(&new, &file));
    if let Err(error) = written {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    match care {
        Care::Durable => sync_folder(folder),
        Care::Derived | Care::Private => Ok(()),
    }
}

/// Makes the names in a folder durable: a new file's bytes may be on the disk before its name is.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes the new file; `old` is the one whose permissions it takes over.
fn write_new(new: &Path, old: &Path, bytes: &[u8], care: Care) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if care == Care::Private {
        options.mode(PRIVATE_FILE);
    }
    let mut open = options.open(new)?;
    if care != Care::Private
        && let Ok(old) = fs::metadata(old)
    {
        open.set_permissions(old.permissions())?;
    }
    open.write_all(bytes)?;
    match care {
        Care::Derived => Ok(()),
        Care::Durable | Care::Private => open.sync_all(),
    }
}

/// Makes the folder and those above it where they are missing; their names are as durable as the file must be.
fn make_folder(folder: &Path, care: Care) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
    {
        make_folder(above, care)?;
    }
    let mut builder = DirBuilder::new();
    if care == Care::Private {
        builder.mode(PRIVATE_FOLDER);
    }
    match builder.create(folder) {
        Ok(()) if care == Care::Derived => Ok(()),
        Ok(()) => sync_folder(self::folder(folder)),
        // Another run was faster.
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) fn is_private(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| matches!(metadata.permissions().mode() & 0o077, 0))
}

/// Removes half-written copies of these files. A run that died left them, long before the files themselves were written.
pub(crate) fn sweep(files: impl IntoIterator<Item = PathBuf>) {
    let mut folders: BTreeMap<PathBuf, BTreeMap<String, SystemTime>> = BTreeMap::new();
    for file in files {
        let file = target(&file);
        if let Some(written) = modified(&file) {
            let names = folders.entry(folder(&file).to_owned()).or_default();
            names.insert(prefix(&file), written);
        }
    }
    for (folder, names) in folders {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let written =
                prefix_of_new(&name.to_string_lossy()).and_then(|prefix| names.get(prefix));
            let (Some(written), Some(begun)) = (written, modified(&entry.path())) else {
                continue;
            };
            if written
                .duration_since(begun)
                .is_ok_and(|age| age > ABANDONED)
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file)
        .and_then(|metadata| metadata.modified())
        .ok()
}

/// How the name of a half-written file begins; `None` if the name is another's.
fn prefix_of_new(name: &str) -> Option<&str> {
    let (prefix, random) = name
        .strip_suffix(".new")?
        .split_at_checked(name.len().checked_sub(20)?)?;
    let is_random = random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_random.then_some(prefix)
}

/// The final target of a path's links.
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

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{Care, write_changed};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_names_readers_is_closed_to_others_and_the_rest_keeps_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        for (care, new, kept) in [
            (Care::Derived, None, 0o640),
            (Care::Durable, None, 0o640),
            (Care::Private, Some((0o600, 0o700)), 0o600),
        ] {
            let below = folder.path().join(format!("{care:?}/below"));
            let file = below.join("file");
            assert!(write_changed(&file, b"one", care).unwrap());
            if let Some((of_file, of_folder)) = new {
                assert_eq!(mode(&file), of_file, "{care:?}");
                assert_eq!(mode(&below), of_folder, "{care:?}");
                assert_eq!(mode(below.parent().unwrap()), of_folder, "{care:?}");
            }
            fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
            // The same bytes too must not stay readable.
            let is_rewritten = write_changed(&file, b"one", care).unwrap();
            assert_eq!(is_rewritten, care == Care::Private);
            assert!(write_changed(&file, b"two", care).unwrap());
            assert_eq!(mode(&file), kept, "{care:?}");
            assert_eq!(fs::read(&file).unwrap(), b"two");
            // A folder that was there before is its owner's matter.
            fs::set_permissions(&below, Permissions::from_mode(0o755)).unwrap();
            assert!(write_changed(&file, b"three", care).unwrap());
            assert_eq!(mode(&below), 0o755, "{care:?}");
        }
    }
}
