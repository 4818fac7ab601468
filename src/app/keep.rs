//! The lock is kept before anything is published or announced by an id; where it cannot be, that is said.

use crate::app::App;
use crate::ending::Ending;
use crate::file::read::{LISTED, read_text};
use crate::file::{Care, write_changed};
use crate::finding::Finding;
use crate::lock::Lock;
use crate::publish::Manifest;
use crate::talk::Talk;

impl App {
    /// Keeps the lock: an id that was published and not kept would be minted anew one day. A rename is said aloud. With
    /// `--locked`, or where the file cannot be written, new ids pass, since every machine mints the same; what only the
    /// lock could tell another machine is an error, and the rest goes on.
    pub(crate) fn keep(&self, talk: &mut Talk<'_>, lock: &Lock) -> Ending {
        let file = &self.config.posts.lock;
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
                    "this post was published with another id: readers see it as unread",
                )
                .in_file(self.config.posts.dir.join(path))
            })
            .collect();
        // A person is needed, also with `-q`.
        talk.insist(&repeated);
        if lock.is_as_read() {
            return Ending::Done;
        }
        let reason = if self.locked {
            "`--locked`".to_owned()
        } else {
            match write_changed(file, lock.to_text().as_bytes(), Care::Durable) {
                Ok(_) => return Ending::Done,
                Err(finding) => finding.message,
            }
        };
        if !self.locked
            && (!changes.new.is_empty()
                || !changes.renamed.is_empty()
                || !changes.adopted.is_empty())
        {
            talk.report(&[Finding::warning(reason.clone()).in_file(file).way_out(
                "new ids are the same on every machine as long as nothing moves; run `tidings build` where it can be \
                 written, and commit it",
            )]);
        }
        let moved = changes
            .renamed
            .iter()
            .map(|(old, new)| (new, format!("keeps the id of {old}")));
        let adopted = changes
            .adopted
            .iter()
            .map(|path| (path, "has an adopted id".to_owned()));
        let lost: Vec<Finding> = moved
            .chain(adopted)
            .map(|(path, what)| {
                Finding::error(format!("{what}, and the lock does not say so: {reason}"))
                    .in_file(self.config.posts.dir.join(path))
                    .way_out("run `tidings build` where the lock can be written, and commit it")
            })
            .collect();
        talk.report(&lost);
        Ending::of(&lost)
    }

    /// The lock as it was kept; none where there is none.
    pub(super) fn kept(&self) -> Result<Option<Lock>, Finding> {
        let file = &self.config.posts.lock;
        match read_text(file, LISTED) {
            Ok(text) => Lock::parse(&text)
                .map(Some)
                .map_err(|finding| finding.in_file(file)),
            Err(_) => Ok(None),
        }
    }

    /// The name of the site for its store: the authority of its ids, which outlives a change of domain.
    pub(crate) fn authority(&self) -> Result<String, Finding> {
        Ok(match self.kept()? {
            Some(lock) => lock.authority().to_owned(),
            None => self.config.site.authority(),
        })
    }

    /// Gives the lines of a digest in the lock and in the manifest to its new name.
    ///
    /// # Errors
    /// Where the lock that stands there is broken, or cannot be written.
    pub(crate) fn keep_renamed(
        &self,
        talk: &mut Talk<'_>,
        was: &str,
        name: &str,
    ) -> Result<(), Finding> {
        let file = &self.config.posts.lock;
        if !self.locked
            && let Some(mut lock) = self.kept()?
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
    /// Where the lock that stands there is broken.
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
        let mut lock = self.kept()?.unwrap_or_else(|| lock.clone());
        lock.begin(digest, store);
        if let Err(finding) = write_changed(file, lock.to_text().as_bytes(), Care::Durable) {
            talk.report(&[Finding {
                severity: crate::finding::Severity::Warning,
                ..finding
            }
            .way_out("it cannot say which store began the digest: keep the store safe")]);
        }
        Ok(())
    }
}
