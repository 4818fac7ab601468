//! The files that the generator's own config leaves out of the site: they do not exist for this program either.

pub(super) mod gathered;
pub(super) mod glob;

use std::path::{MAIN_SEPARATOR_STR, Path};

use regex::bytes::RegexSet;

/// The files and folders that the generator ignores, as regular expressions over their whole paths.
///
/// Each generator has a form of its own: regular expressions, several kinds of globs, names of folders. All of them are
/// translated to the few questions that the walk asks.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// Files that match one of these are passed over.
    files: RegexSet,
    /// So are folders, with all that is below them.
    folders: RegexSet,
    /// Exceptions: a match is not ignored after all.
    kept: RegexSet,
    /// Folders, each with a slash at its end, of which only the files that match one of these are taken.
    only: Vec<(String, RegexSet)>,
}

impl Ignored {
    /// Whether any file may be passed over by itself.
    pub(super) fn may_skip_files(&self) -> bool {
        !self.files.is_empty() || !self.only.is_empty()
    }

    /// Whether any folder may be passed over.
    pub(super) fn may_skip_folders(&self) -> bool {
        !self.folders.is_empty()
    }

    /// Whether a file is passed over, by its whole path.
    pub(super) fn is_file_ignored(&self, path: &str) -> bool {
        let is_other = |(folder, taken): &(String, RegexSet)| {
            path.starts_with(folder.as_str()) && !taken.is_match(path.as_bytes())
        };
        let is_out = self.files.is_match(path.as_bytes()) || self.only.iter().any(is_other);
        is_out && !self.kept.is_match(path.as_bytes())
    }

    /// Whether a folder is passed over, by its whole path without a slash at the end.
    pub(super) fn is_folder_ignored(&self, path: &str) -> bool {
        self.folders.is_match(path.as_bytes()) && !self.kept.is_match(path.as_bytes())
    }
}

/// A path as the expressions see it.
pub(super) fn whole(path: &Path) -> String {
    path.to_string_lossy().replace(MAIN_SEPARATOR_STR, "/")
}
