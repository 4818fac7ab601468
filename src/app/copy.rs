//! Copies of the store: how an older one is known, and how a person goes on with it.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::digest::{Misplaced, explain_another_store, explain_older_store};
use crate::finding::{Finding, Rule, Severity, count};
use crate::ledger::IssueState::{Open, Paused};
use crate::ledger::{DigestProgress, Issue};
use crate::publish::Manifest;
use crate::store::{Access, Recovered, Store};
use crate::talk::Talk;

/// Why an issue is paused that stood open in an older copy.
pub(crate) const COPIED: &str =
    "it stood open in an older copy of the store, and may have been sent since";

impl App {
    /// Refuses to send what stands in another store than the one that began the digest, or in an older copy of it.
    pub(crate) async fn refuse_another_store(
        &self,
        digest: &str,
        store: &Store,
    ) -> anyhow::Result<()> {
        if let Some(began) = self
            .load_kept_lock()?
            .as_ref()
            .and_then(|lock| lock.began(digest))
            && began != store.name()
        {
            return Err(explain_another_store(digest, began, Misplaced::Another).into());
        }
        self.refuse_older_copy(&[digest], store).await?;
        self.refuse_older_copies(None, store).await
    }

    /// Refuses an older copy of the store, whichever digest shows that it is one: who has left since is not known to any.
    /// Only the digest `but` may be behind, since a person goes on with it.
    pub(crate) async fn refuse_older_copies(
        &self,
        but: Option<&str>,
        store: &Store,
    ) -> anyhow::Result<()> {
        let others = self.config.digests.iter().filter(|digest| {
            let names = [Some(&*digest.name), digest.was.as_deref()];
            but.is_none_or(|but| !names.contains(&Some(but)))
        });
        let names: Vec<&str> = others
            .flat_map(|digest| [Some(&*digest.name), digest.was.as_deref()])
            .flatten()
            .collect();
        self.refuse_older_copy(&names, store).await
    }

    /// The store, to change who its readers are. In an older copy nothing of that would last: it is gone once the newer copy
    /// is back.
    ///
    /// # Errors
    /// A store that cannot be opened, or that is an older copy.
    pub(crate) async fn open_store_to_change(&self, access: Access) -> anyhow::Result<Store> {
        let store = self.open_store(access).await?;
        self.refuse_older_copies(None, &store).await?;
        Ok(store)
    }

    /// The store, to show its readers; an older copy is named.
    pub(crate) async fn open_store_to_show(&self, talk: &mut Talk<'_>) -> anyhow::Result<Store> {
        let store = self.open_store(Access::Read).await?;
        if let Err(error) = self.refuse_older_copies(None, &store).await {
            let finding = error.downcast::<Finding>()?;
            talk.report(&[Finding {
                severity: Severity::Warning,
                ..finding
            }]);
        }
        Ok(store)
    }

    async fn refuse_older_copy(&self, digests: &[&str], store: &Store) -> anyhow::Result<()> {
        let manifest = Manifest::read(&self.config.posts.lock);
        for digest in digests {
            let Some(noted) = manifest.progress(digest, store.name()) else {
                continue;
            };
            let progress = store.load_progress(digest).await?;
            if progress.is_behind(noted) {
                return Err(explain_older_store(digest, progress, noted).into());
            }
        }
        Ok(())
    }

    /// How far the digest had come in this store, according to the manifest. It is asked before the store: what another run
    /// ends meanwhile would make the store look older.
    pub(crate) fn find_progress(&self, digest: &str, store: &Store) -> Option<DigestProgress> {
        Manifest::read(&self.config.posts.lock).progress(digest, store.name())
    }

    /// Notes in the manifest how far a digest has come, so that an older copy of the store is known as such; in an older
    /// copy it has come as far as in the newest until a person goes on with it.
    pub(crate) async fn note_progress(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
        digest: &str,
    ) -> anyhow::Result<()> {
        let noted = self.find_progress(digest, store).unwrap_or_default();
        let progress = store.load_progress(digest).await?.furthest(noted);
        self.set_progress(talk, store, digest, progress);
        Ok(())
    }

    /// Notes how far a digest has come in this copy, since a person goes on with it.
    pub(crate) fn set_progress(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
        digest: &str,
        progress: DigestProgress,
    ) {
        let lock = &self.config.posts.lock;
        let mut manifest = Manifest::read(lock);
        manifest.note_progress(digest, store.name(), progress);
        if let Err(finding) = manifest.keep(lock) {
            talk.report(&[finding]);
        }
    }

    /// Notes outside the store who has left it; with an older copy they would be mailed again.
    pub(crate) async fn note_departures(&self, talk: &mut Talk<'_>) {
        let Some(store) = self.write.get() else {
            return;
        };
        let file = self.departures();
        if let Err(error) = store.note_departures(&file).await {
            let finding = Finding::warning(Rule::Unwritable, format!("{error}")).in_file(file);
            talk.report(&[finding.hint(
                "without it an older copy of the store does not know who has left since it was made",
            )]);
        }
    }

    /// The file of departures: beside the lock, as the manifest.
    fn departures(&self) -> PathBuf {
        self.config.posts.lock.with_extension("departures")
    }

    /// Goes on with an older copy of the store if the digest shows that it is one. Issues that stood open in it may have been
    /// sent since, so they are paused; readers who have left since are out again; and the owner is told of the rest.
    pub(crate) async fn accept_older_copy(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
        digest: &str,
    ) -> anyhow::Result<()> {
        let noted = self.find_progress(digest, store);
        let progress = store.load_progress(digest).await?;
        if !noted.is_some_and(|noted| progress.is_behind(noted)) {
            return self.note_progress(talk, store, digest).await;
        }
        for issue in store.load_open_issues().await? {
            store
                .change_issue(issue.id, &[Open], Paused, Some(COPIED))
                .await?;
        }
        self.go_on_with_copy(talk, store, store.find_last_mail().await?)
            .await?;
        self.set_progress(talk, store, digest, progress);
        Ok(())
    }

    /// Takes out again who has left since an older copy was made, and says what it lacks and what is paused in it.
    pub(crate) async fn go_on_with_copy(
        &self,
        talk: &mut Talk<'_>,
        store: &Store,
        made_at: Option<DateTime<Utc>>,
    ) -> anyhow::Result<()> {
        for issue in store.load_issues().await? {
            if issue.state == Paused && issue.reason.as_deref() == Some(COPIED) {
                name_copied(talk, &issue);
            }
        }
        let recovered = store.recover_departures(&self.departures()).await?;
        for line in describe_lacks(made_at, self.clock.now(), recovered) {
            tell(talk, &line)?;
        }
        Ok(())
    }
}

/// A line of the result that a person needs, also with `-q`.
fn tell(talk: &mut Talk<'_>, words: &str) -> anyhow::Result<()> {
    if talk.is_quiet() {
        talk.insist(&[Finding::warning(Rule::StoreCopy, words)]);
    }
    Ok(talk.conclude(words)?)
}

/// Names an issue that waits for a person, since it stood open in an older copy.
fn name_copied(talk: &mut Talk<'_>, issue: &Issue) {
    let resume = format!(
        "`tidings issue resume {0}` sends it to all who wait in this copy, also to those who have got it since; \
         `tidings issue cancel {0}` ends it",
        issue.id
    );
    let paused = format!("{}: “{}” is paused: {COPIED}", issue.digest, issue.subject);
    talk.report(&[Finding::error(Rule::IssuePaused, paused).hint(resume)]);
}

/// Describes what an older copy lacks.
fn describe_lacks(
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    recovered: Recovered,
) -> Vec<String> {
    let now = now.to_rfc3339();
    let span = match since {
        Some(since) => format!("between {} and {now}", since.to_rfc3339()),
        None => format!("before {now}"),
    };
    let mut lines = vec![format!(
        "this store is an older copy: it lacks what happened {span}; who joined in that time is missing"
    )];
    if !recovered.is_known {
        lines.push(
            "who left, bounced or complained in that time is not known, since there is no `tidings.departures` of this \
             store, and would get mail again: take them out with `tidings subscriber remove` before the next issue"
                .to_owned(),
        );
        return lines;
    }
    let out = match recovered.readers {
        0 => "nobody left, bounced or complained in that time".to_owned(),
        1 => "1 reader who left, bounced or complained in that time is out again".to_owned(),
        many => {
            format!("{many} readers who left, bounced or complained in that time are out again")
        }
    };
    lines.push(format!(
        "{out}, as far as `tidings.departures` knows; who did so by another machine would get mail again: take them out \
         with `tidings subscriber remove`"
    ));
    if recovered.strangers > 0 {
        let strangers = count(recovered.strangers, "reader");
        lines.push(format!(
            "{strangers} came and left in that time, whom this copy never knew: mind them before you import a list"
        ));
    }
    lines
}
