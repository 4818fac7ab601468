//! The archive: each issue as a page, an index and feeds of the issues, from what the store has frozen.

use std::path::PathBuf;

use tokio::task::block_in_place;

use crate::app::App;
use crate::config::{Config, Digest, Site};
use crate::digest::{IssuePage, IssuePlace};
use crate::feed::{ISSUES, IssueEntry, IssueFeeds, make_page_url, make_url};
use crate::finding::{Finding, Rule, Severity};
use crate::language::{DigestWords, FixedWords};
use crate::ledger::{Issue, IssueId};
use crate::publish::{has_issue_page, write_archive_files};
use crate::schedule::after_build::run_after_build;
use crate::schedule::live::Live;
use crate::schedule::turn::Turn;
use crate::store::{Access, Store};
use crate::talk::Talk;
use crate::template::read_own;

/// Returns the addresses of an issue and of the archive on the web.
pub(super) fn place_of(site: &Site, issue: IssueId) -> IssuePlace {
    IssuePlace {
        page: make_page_url(site, issue),
        archive: make_url(site, ISSUES),
    }
}

/// Writes what is missing of the archive, before the site is deployed. A fault of the store is named by whoever sends.
pub(crate) async fn restore_archive(app: &App, talk: &mut Talk<'_>) {
    if app.config.digests.is_empty() {
        return;
    }
    if let Ok(store) = app.open_store(Access::Read).await
        && let Err(error) = write_archive(app, &store).await
    {
        warn(app, talk, &error);
    }
}

/// Writes the archive before an open issue goes out, and deploys it unless this program has done so since: its mail has
/// a link to its page, which an earlier run may have written and failed to deploy.
///
/// # Errors
/// If `after_build` fails.
pub(super) async fn publish_archive(
    app: &App,
    talk: &mut Talk<'_>,
    store: &Store,
    issue: &Issue,
) -> anyhow::Result<()> {
    if !issue.slot.kind.announces() {
        return Ok(());
    }
    match write_archive(app, store).await {
        Ok(()) if app.is_deployed() || is_off(&app.config, &issue.digest) => Ok(()),
        Ok(()) => block_in_place(|| run_after_build(app, talk)),
        Err(error) => {
            warn(app, talk, &error);
            Ok(())
        }
    }
}

/// The mail is worth more than its page.
fn warn(app: &App, talk: &mut Talk<'_>, error: &anyhow::Error) {
    talk.report(&[Finding {
        severity: Severity::Warning,
        ..app.explain(error)
    }]);
}

impl Turn<'_> {
    /// Writes the archive. Returns whether the mail of an issue can link to its page: it cannot if that failed, nor if
    /// the site is asked whether pages are there and the archive's index does not answer.
    pub(super) async fn prepare_page_link(&self, talk: &mut Talk<'_>, store: &Store) -> bool {
        if !self.digest.archive {
            return false;
        }
        if let Err(error) = write_archive(self.app, store).await {
            warn(self.app, talk, &error);
            return false;
        }
        let index = make_url(&self.app.config.site, ISSUES);
        let Some(trouble) = Live::default().find_trouble(self.app, &index).await else {
            return true;
        };
        let finding = Finding::warning(
            Rule::PageMissing,
            format!(
                "`{index}` is not there: {trouble}; this mail has no link to read it on the web"
            ),
        );
        talk.report(&[finding
            .hint("publish `issues/` with the feeds, or set `archive = false` under [[digest]]")]);
        false
    }
}

/// The input of the index and the feeds of issues, beside the issues.
struct ArchiveParts {
    authority: String,
    feed_id: String,
    words: DigestWords,
    template: Option<(PathBuf, String)>,
}

impl ArchiveParts {
    fn load(app: &App) -> anyhow::Result<Self> {
        let config = &app.config;
        Ok(Self {
            authority: app.authority()?,
            feed_id: app.feed_id(ISSUES)?,
            words: FixedWords::load(&config.root, &config.site.language)?.digest,
            template: read_own(&config.root, "issues.html")?,
        })
    }

    fn feeds<'a>(&'a self, config: &'a Config) -> IssueFeeds<'a> {
        let template = self.template.as_ref();
        IssueFeeds {
            site: &config.site,
            config: &config.feeds,
            authority: &self.authority,
            feed_id: &self.feed_id,
            words: &self.words,
            template: template.map(|(file, text)| (&**file, &**text)),
        }
    }
}

/// Tries the site's own template of the index with an issue of this digest.
///
/// # Errors
/// If it cannot be used; the finding names the template and its line.
pub(crate) fn try_archive(app: &App, digest: &Digest) -> anyhow::Result<()> {
    let parts = ArchiveParts::load(app)?;
    let feeds = parts.feeds(&app.config);
    let title = digest.choose_title(&app.config.site);
    let issue = IssueEntry::new(
        &feeds,
        (IssueId::SHOWN, app.clock.now()),
        title,
        (title, digest.choose_language(&app.config.site)),
        String::new(),
    );
    feeds.write_documents(&[issue])?;
    Ok(())
}

/// Whether the issues of this digest have no pages.
fn is_off(config: &Config, digest: &str) -> bool {
    let mut digests = config.digests.iter();
    digests.any(|one| one.name == digest && !one.archive)
}

/// Writes the pages that are missing, and the index and the feeds.
async fn write_archive(app: &App, store: &Store) -> anyhow::Result<()> {
    let config = &app.config;
    let (dir, precompress) = (&config.feeds.dir, config.feeds.precompress);
    let all = store.load_archived_issues(config.mail.has_relay()).await?;
    let (shown, hidden): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|issue| issue.is_published && !is_off(config, &issue.digest));
    let mut unwanted: Vec<String> = hidden.iter().map(|issue| path_of(issue.id)).collect();
    let parts = ArchiveParts::load(app)?;
    let feeds = parts.feeds(config);
    let mut entries = Vec::new();
    let mut documents = Vec::new();
    for (number, issue) in shown.iter().enumerate() {
        let path = path_of(issue.id);
        // A frozen issue does not change, so only missing pages are read, and those that the feeds show.
        let is_there = has_issue_page(dir, &path, precompress);
        let page = match number < config.feeds.limit || !is_there {
            true => IssuePage::from_text(&store.load_page(issue.id).await?),
            false => None,
        };
        let digest = config.digests.iter().find(|one| one.name == issue.digest);
        let title = digest.map_or(&*issue.digest, |digest| {
            digest.choose_title(&app.config.site)
        });
        let language = digest.map_or(&*config.site.language, |digest| {
            digest.choose_language(&app.config.site)
        });
        let entry = page.as_ref().map(|page| page.entry.clone());
        entries.push(IssueEntry::new(
            &feeds,
            (issue.id, issue.made_at),
            &issue.subject,
            (title, language),
            entry.unwrap_or_default(),
        ));
        if let Some(page) = page {
            documents.push((path, page.html));
        }
    }
    let beside = feeds.write_documents(&entries)?;
    match config.digests.iter().any(|digest| digest.archive) {
        true => documents.extend(beside),
        // Pages of digests that the config has no more stay, since mails lead to them.
        false => unwanted.extend(beside.into_iter().map(|(path, _)| path)),
    }
    let has_changed =
        block_in_place(|| write_archive_files(dir, precompress, &documents, &unwanted))?;
    if has_changed {
        app.set_deployed(false);
    }
    Ok(())
}

/// Takes an issue out of the archive for good; its posts and its mails stay. False where it has no page.
///
/// # Errors
/// If the store or the folder cannot be written.
pub(crate) async fn unpublish(app: &App, store: &Store, issue: IssueId) -> anyhow::Result<bool> {
    let had_page = store.remove_page(issue).await?;
    write_archive(app, store).await?;
    Ok(had_page)
}

fn path_of(issue: IssueId) -> String {
    format!("{ISSUES}{issue}.html")
}
