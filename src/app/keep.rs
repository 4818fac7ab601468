//! The lock is kept before anything is published or announced by an id; where it cannot be, that is said.

use std::collections::BTreeMap;

use crate::app::App;
use crate::ending::Ending;
use crate::file::read::{LISTED, read_text};
use crate::file::{Care, write_changed};
use crate::finding::{Finding, Rule};
use crate::lock::Lock;
use crate::publish::Manifest;
use crate::talk::Talk;

impl App {
    /// Keeps the lock: an id that was published and not kept would be minted anew one day. A rename is said aloud. With
    /// `--locked`, or where the file cannot be written, the manifest remembers the new lines for this machine, and new
    /// ids pass, since every machine mints the same; what only the lock could tell another machine is an error, and the
    /// rest goes on.
    pub(crate) fn keep(&self, talk: &mut Talk<'_>, lock: &Lock, manifest: &mut Manifest) -> Ending {
        self.say_changes(talk, lock);
        if lock.is_as_read() {
            return Ending::Done;
        }
        let Some(reason) = self.write_lock(talk, lock) else {
            manifest.note_unkept(Vec::new());
            return Ending::Done;
        };
        manifest.note_unkept(lock.unkept());
        let lost = self.name_lost_ids(lock, &reason);
        talk.report(&lost);
        Ending::from_findings(&lost)
    }

    /// Like [`Self::keep`] if nothing is built, so that the manifest is written here.
    pub(crate) fn keep_unbuilt(&self, talk: &mut Talk<'_>, lock: &Lock) -> Ending {
        let file = &self.config.posts.lock;
        let before = Manifest::read(file);
        let mut manifest = before.clone();
        let ending = self.keep(talk, lock, &mut manifest);
        if manifest != before
            && let Err(finding) = manifest.keep(file)
        {
            talk.report(&[finding]);
        }
        ending
    }

    /// Says which posts moved, and which have another id now.
    fn say_changes(&self, talk: &mut Talk<'_>, lock: &Lock) {
        let changes = lock.changes();
        for (old, new) in &changes.renamed {
            let moved = if changes.moved.contains(new) {
                "moved: "
            } else {
                ""
            };
            talk.say(&format!("{new}: {moved}was {old}, keeps its id"));
        }
        let repeated: Vec<Finding> = changes
            .repeated
            .iter()
            .map(|path| {
                Finding::warning(
                    Rule::IdChanged,
                    "this post was published with another id: readers see it as unread",
                )
                .in_file(self.config.posts.dir.join(path))
            })
            .collect();
        // A person is needed, also with `-q`.
        talk.insist(&repeated);
    }

    /// Writes the lock; the reason where it stays as it is.
    fn write_lock(&self, talk: &mut Talk<'_>, lock: &Lock) -> Option<String> {
        if self.locked {
            return Some("`--locked`".to_owned());
        }
        let file = &self.config.posts.lock;
        let reason = write_changed(file, lock.to_text().as_bytes(), Care::Durable)
            .err()?
            .message;
        let changes = lock.changes();
        if !changes.new.is_empty() || !changes.renamed.is_empty() || !changes.adopted.is_empty() {
            talk.report(&[Finding::warning(Rule::LockUnwritten, reason.clone()).in_file(file).hint(
                "new ids are the same on every machine as long as nothing moves; run `tidings build` where it can be \
                 written, and commit it",
            )]);
        }
        Some(reason)
    }

    /// The posts whose ids another machine would not give them, since the lock stays as it is.
    fn name_lost_ids(&self, lock: &Lock, reason: &str) -> Vec<Finding> {
        let changes = lock.changes();
        let mut lost: BTreeMap<&str, String> = BTreeMap::new();
        for path in &changes.unminted {
            lost.insert(
                path,
                "keeps an id that is not that of its path and day".to_owned(),
            );
        }
        for (old, new) in &changes.renamed {
            lost.insert(new, format!("keeps the id of {old}"));
        }
        for path in &changes.adopted {
            lost.insert(path, "has an adopted id".to_owned());
        }
        let finding = |(path, what): (&str, String)| {
            Finding::error(
                Rule::LockUnwritten,
                format!("{what}, and the lock does not say so: {reason}"),
            )
            .in_file(self.config.posts.dir.join(path))
            .hint("run `tidings build` where the lock can be written, and commit it")
        };
        lost.into_iter().map(finding).collect()
    }

    /// The lock as it was kept; `None` if there is none.
    pub(super) fn load_kept_lock(&self) -> Result<Option<Lock>, Finding> {
        let file = &self.config.posts.lock;
        match read_text(file, LISTED) {
            Ok(text) => Lock::parse(&text)
                .map(Some)
                .map_err(|finding| finding.in_file(file)),
            Err(_) => Ok(None),
        }
    }

    /// Gives the lines of a digest in the lock and in the manifest to its new name.
    ///
    /// # Errors
    /// If the lock that stands there is broken, or cannot be written.
    pub(crate) fn keep_renamed(
        &self,
        talk: &mut Talk<'_>,
        was: &str,
        name: &str,
    ) -> Result<(), Finding> {
        let file = &self.config.posts.lock;
        if !self.locked
            && let Some(mut lock) = self.load_kept_lock()?
            && lock.rename_digest(was, name)
        {
            write_changed(file, lock.to_text().as_bytes(), Care::Durable)?;
        }
        let mut manifest = Manifest::read(file);
        if manifest.rename_digest(was, name)
            && let Err(finding) = manifest.keep(file)
        {
            talk.report(&[finding]);
        }
        Ok(())
    }

    /// Notes in the lock which store began a digest.
    ///
    /// # Errors
    /// If the lock that stands there is broken.
    pub(crate) fn keep_begun(
        &self,
        talk: &mut Talk<'_>,
        lock: &Lock,
        digest: &str,
        store: &str,
    ) -> Result<(), Finding> {
        if self.locked {
            return Ok(());
        }
        let file = &self.config.posts.lock;
        let mut lock = self.load_kept_lock()?.unwrap_or_else(|| lock.clone());
        lock.begin(digest, store);
        if let Err(finding) = write_changed(file, lock.to_text().as_bytes(), Care::Durable) {
            talk.report(&[Finding {
                severity: crate::finding::Severity::Warning,
                ..finding
            }
            .hint("it cannot say which store began the digest: keep the store safe")]);
        }
        Ok(())
    }
}
