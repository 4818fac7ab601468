//! Removes the documents that tidings wrote and no longer makes, and the drawings that none of them shows. A file is
//! removed only if it lies below the folder of feeds and says itself that tidings wrote it, whatever the manifest says.
//! Without the manifest, files are looked for where feeds lie, and recognised by the address that they give for themselves.

use std::collections::BTreeSet;
use std::fs;
use std::io;

use crate::config::{By, Site};
use crate::feed::{Outline, is_ours, make_url};
use crate::file::read::read_beginning;
use crate::finding::{Finding, Rule};
use crate::post::DRAWINGS;
use crate::publish::below::is_below;
use crate::publish::twin::Twin;
use crate::publish::{HEAD, Publisher};

/// How deep the folders of one tag, section, author or language lie.
const DEPTH: usize = 3;
/// Documents that do not contain their own address; there is one of each name.
const PAGES: [&str; 3] = ["feeds.html", "feeds.css", "feeds.opml"];

impl Publisher {
    /// Removes the files that tidings wrote and that are no documents any more, nor drawings that one shows, and folders that
    /// are empty then. Every document is current by now. Returns their paths.
    ///
    /// # Errors
    /// A finding that names the file.
    pub(crate) fn prune(&self, site: &Site, outlines: &[Outline]) -> Result<Vec<String>, Finding> {
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        for outline in outlines {
            if self.precompress {
                wanted.extend(Twin::ALL.map(|twin| twin.path(&outline.path)));
            }
            let manifest = self.manifest();
            let drawings = manifest.drawings.get(&outline.path);
            wanted.extend(drawings.into_iter().flatten().cloned());
            wanted.insert(outline.path.clone());
        }
        let known: BTreeSet<String> = self.manifest().files.keys().cloned().collect();
        let mut unwanted: BTreeSet<String> = known.difference(&wanted).cloned().collect();
        for path in self.list_possible_documents(outlines) {
            let is_unknown = !wanted.contains(&path) && !known.contains(&path);
            if is_unknown && self.names_itself(site, &path) {
                unwanted.insert(path);
            }
        }
        let mut removed = Vec::new();
        for path in unwanted {
            if self.remove(&path)? {
                removed.push(path);
            }
        }
        Ok(removed)
    }

    /// Removes a file of ours and forgets it. Returns whether it was there.
    fn remove(&self, path: &str) -> Result<bool, Finding> {
        let file = self.dir.join(path);
        let was_there = match self.read_beginning(path) {
            Ok(Some(text)) if is_ours(&text) => {
                fs::remove_file(&file).map_err(|error| {
                    Finding::error(Rule::Unwritable, format!("cannot be removed: {error}"))
                        .in_file(&file)
                })?;
                true
            }
            Ok(None) => false,
            Ok(Some(_)) | Err(_) => return Ok(false),
        };
        self.manifest().files.remove(path);
        let folders = file.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != self.dir) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(was_there)
    }

    /// Reads the decompressed beginning of a regular file that really lies below the folder; `None` if there is no file.
    fn read_beginning(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let elsewhere = || io::Error::from(io::ErrorKind::InvalidInput);
        if !is_below(path) {
            return Err(elsewhere());
        }
        let file = self.dir.join(path);
        match fs::symlink_metadata(&file) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(elsewhere()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        if !file.canonicalize()?.starts_with(self.dir.canonicalize()?) {
            return Err(elsewhere());
        }
        let beginning = read_beginning(&file, HEAD).map_err(io::Error::other)?;
        Ok(Some(Twin::original(path, beginning, HEAD)))
    }

    /// Whether a file that no manifest knows is a document of this site: another site's feeds may lie in one folder.
    fn names_itself(&self, site: &Site, path: &str) -> bool {
        let Ok(Some(text)) = self.read_beginning(path) else {
            return false;
        };
        let document = Twin::document(path);
        // A document of an archive may contain the address of its feed, which lies in the same folder.
        let folder = document.rfind('/').map_or("", |end| &document[..end]);
        let address = make_url(site, folder);
        is_ours(&text)
            && (PAGES.contains(&document)
                || memchr::memmem::find(&text, address.as_str().as_bytes()).is_some())
    }

    /// Lists the files where documents of a site may lie: beside those that are made now, and below the folders of its parts.
    fn list_possible_documents(&self, outlines: &[Outline]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let folder = |outline: &Outline| {
            let folder = outline.path.rfind('/').map(|end| &outline.path[..=end]);
            folder.unwrap_or_default().to_owned()
        };
        let beside: BTreeSet<String> = outlines.iter().map(folder).collect();
        for folder in beside.iter().map(String::as_str).chain([""]) {
            self.list(folder, 0, &mut found);
        }
        self.list(&format!("{DRAWINGS}/"), 0, &mut found);
        for by in By::ALL {
            self.list(&format!("{}/", by.name()), DEPTH, &mut found);
        }
        found
    }

    /// Lists the files in this folder and those below it, to this depth; an unreadable folder has none of ours.
    fn list(&self, folder: &str, deep: usize, found: &mut BTreeSet<String>) {
        let Ok(entries) = fs::read_dir(self.dir.join(folder)) else {
            return;
        };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = format!("{folder}{name}");
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && deep > 0 => {
                    self.list(&format!("{path}/"), deep - 1, found);
                }
                Ok(kind) if kind.is_file() => _ = found.insert(path),
                _ => {}
            }
        }
    }
}
