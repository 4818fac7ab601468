//! `tidings check`: everything that would go wrong, before it does.

mod forms;
mod mail;
mod probe;

use std::collections::HashSet;
use std::io;

use tokio::runtime::Runtime;

pub(super) use forms::conclude;

use probe::probe;

use mail::{check_mail, is_reserved};

use crate::app::App;
use crate::build::{BuildOptions, build, check_written, read_input};
use crate::cli::CheckArgs;
use crate::config::{Config, Digest, ImapAccount, Inbox, is_sample_host};
use crate::digest::{Next, choose_news, split, split_at_limit};
use crate::ending::Ending;
use crate::finding::{Finding, Place, Rule};
use crate::imap::ImapSession;
use crate::inbox::{MOST_BYTES, Maildir, RATED, find_high_rates};
use crate::ledger::{IssueId, IssueState};
use crate::loader::Loaded;
use crate::schedule::{Turn, name_fault, slot_ahead, try_archive};
use crate::source::{GatheredPosts, Reach};
use crate::store::{Access, Store, StoreError};
use crate::talk::Talk;
use crate::web::try_pages;

/// Lists what is wrong with posts, templates, feeds, digests, the store and the relay, the errors first. Nothing is
/// written, and no message is sent but that of `--mail`.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    args: &CheckArgs,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let mut nowhere = io::sink();
    let mut gathered = Talk::gathering(&mut nowhere);
    gathered.report(&find_placeholders(&app.config));
    if let Err(finding) = app.config.refuse_published_secrets() {
        gathered.report(&[finding]);
    }
    let reach = match args.offline {
        true => Reach::Offline,
        false => Reach::Look,
    };
    let sources = runtime.block_on(app.gather(reach));
    let loaded = check_feeds(app, &mut gathered, sources);
    if let Some(loaded) = &loaded {
        for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
            check_digest(app, &mut gathered, digest, loaded);
        }
    }
    check_pages(app, &mut gathered);
    runtime.block_on(async {
        if let Err(error) = check_store(app, &mut gathered, loaded.as_ref()).await {
            gathered.report(&[to_finding(app, error)]);
        }
        check_mail(app, &mut gathered, args).await;
        match &app.config.mail.inbox {
            Some(Inbox::Imap(account)) if !args.offline => {
                check_account(app, &mut gathered, account).await;
            }
            Some(Inbox::Maildir(folder)) => gathered.report(Maildir::open(folder).err().as_slice()),
            _ => {}
        }
        if let (Some(loaded), Some(to)) = (&loaded, &args.mail)
            && let Err(error) = probe(app, &mut gathered, loaded, to).await
        {
            let message = format!("no test was sent: {}", to_finding(app, error).message);
            gathered.report(&[Finding::error(Rule::MailUnsendable, message)]);
        }
    });
    conclude(talk, args, gathered.into_findings())
}

/// Prints why what the rule names matters, and what to do.
pub(super) fn explain(rule: Rule, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    talk.print(&rule.explain())?;
    Ok(Ending::Done)
}

/// Reports placeholders that `init` or the sample left: the address of a site with digests, and those of its mail.
fn find_placeholders(config: &Config) -> Vec<Finding> {
    let mail = &config.mail;
    let is_real = mail.smtp.as_ref().is_some_and(|relay| !relay.is_loopback());
    let mut findings = Vec::new();
    let mut find = |place: Place, key: &str, text: &str| {
        let message = format!("`{text}` is an address for examples, which nobody can reach");
        let mut finding = Finding::error(Rule::PlaceholderAddress, message);
        finding.place = Some(place);
        findings.push(finding.hint(format!("set {key}")));
    };
    let host = config.site.url.host_str().unwrap_or_default();
    if is_sample_host(host) || is_real && is_reserved(host) {
        let place = config.place_of_key("site", "url");
        find(place, "`url` under [site]", config.site.url.as_str());
    }
    if !is_real {
        return findings;
    }
    for (key, mailbox) in [("from", &mail.from), ("reply_to", &mail.reply_to)] {
        if let Some(mailbox) = mailbox
            .as_ref()
            .filter(|mailbox| is_reserved(mailbox.email.domain()))
        {
            let text = mailbox.email.to_string();
            let place = config.place_of_key("mail", key);
            find(place, &format!("`{key}` under [mail]"), &text);
        }
    }
    for digest in &config.digests {
        for mailbox in digest
            .to
            .iter()
            .filter(|mailbox| is_reserved(mailbox.email.domain()))
        {
            let text = mailbox.email.to_string();
            let place = config.place_of_digest(&digest.name, "to");
            find(
                place,
                &format!("`to` of the digest `{}`", digest.name),
                &text,
            );
        }
    }
    findings
}

/// Renders every document, writes none, and reads back those that are written.
fn check_feeds(app: &App, gathered: &mut Talk<'_>, sources: GatheredPosts) -> Option<Loaded> {
    let options = BuildOptions {
        dry_run: true,
        ..BuildOptions::default()
    };
    let built = read_input(app, sources)
        .map_err(anyhow::Error::from)
        .and_then(|sources| build(app, gathered, sources, &options));
    match built {
        Ok(built) => {
            gathered.report(&check_written(&app.config, &built.paths));
            Some(built.loaded)
        }
        Err(error) => {
            gathered.report(&[to_finding(app, error)]);
            None
        }
    }
}

/// An error as the finding that it was, or that it can be shown as.
fn to_finding(app: &App, error: anyhow::Error) -> Finding {
    match error.downcast::<Finding>() {
        Ok(finding) => finding,
        Err(error) => app.explain(&error),
    }
}

/// Composes an issue of the newest posts.
fn check_digest(app: &App, gathered: &mut Talk<'_>, digest: &Digest, loaded: &Loaded) {
    let all = choose_news(digest, &app.config.site, &loaded.posts, &HashSet::new());
    let Some(newest) = split(digest, &all).pop() else {
        let finding = Finding::warning(
            Rule::DigestWithoutPosts,
            format!("{}: there is no post for it", digest.name),
        )
        .hint("a digest without `tags` takes every post; `tidings build -v` lists the posts that there are");
        let place = app.config.place_of_digest(&digest.name, "name");
        gathered.report(&[Finding {
            place: Some(place),
            ..finding
        }]);
        return;
    };
    let turn = Turn::due(app, digest, loaded);
    match turn.compose(
        gathered,
        split_at_limit(digest, &newest).0,
        IssueId::SHOWN,
        digest.archive,
    ) {
        Ok(composed) => gathered.report(&composed.findings),
        Err(finding) => gathered.report(&[finding]),
    }
}

/// Tries the site's own templates of the archive and of the pages for subscribers.
fn check_pages(app: &App, gathered: &mut Talk<'_>) {
    let mut digests = app.config.digests.iter();
    if let Some(digest) = digests.find(|digest| digest.enabled && digest.archive)
        && let Err(error) = try_archive(app, digest)
    {
        gathered.report(&[to_finding(app, error)]);
    }
    if app.config.web.url.is_some() {
        let mut found = Vec::new();
        let tried = try_pages(&app.config, &mut found);
        found.extend(tried.err());
        gathered.report(&found);
    }
}

/// Looks at the store where there is one: its rows, whether the next issue can be planned from it, issues that wait for a
/// person, and how much comes back.
async fn check_store(
    app: &App,
    gathered: &mut Talk<'_>,
    loaded: Option<&Loaded>,
) -> anyhow::Result<()> {
    let store = app.open_store(Access::Read).await?;
    match store.check().await {
        Ok(findings) => gathered.insist(&findings),
        // The first run makes it.
        Err(StoreError::Missing) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if let Some(loaded) = loaded {
        for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
            check_plan(&Turn::due(app, digest, loaded), gathered, &store).await;
        }
    }
    for issue in store.load_issues().await? {
        if issue.state == IssueState::Paused {
            let why = issue.reason.as_deref().unwrap_or("by a person");
            let finding = Finding::warning(
                Rule::IssuePaused,
                format!("{}: paused: {why}", issue.digest),
            );
            let hint = format!("`tidings issue resume {}` goes on", issue.id);
            gathered.report(&[finding.hint(hint)]);
        }
    }
    let since = app.clock.now() - RATED;
    gathered.report(&find_high_rates(&store.count_by_domain(since).await?));
    Ok(())
}

/// Plans the next issue of a digest by what the store knows of it.
async fn check_plan(turn: &Turn<'_>, gathered: &mut Talk<'_>, store: &Store) {
    match turn.plan(gathered, store).await {
        Ok(Next::Ahead(slot)) => gathered.report(&[slot_ahead(turn.digest, slot)]),
        Ok(_) => {}
        Err(error) => gathered.report(&[to_finding(turn.app, error)]),
    }
}

/// Logs in to the box on a server, and looks at its mailbox.
async fn check_account(app: &App, gathered: &mut Talk<'_>, account: &ImapAccount) {
    let looked = async {
        let mut session = ImapSession::open(account, &app.config.mail, MOST_BYTES).await?;
        session.select(account, true).await?;
        session.close().await;
        Ok(())
    };
    if let Err(trouble) = Box::pin(looked).await {
        gathered.report(&[name_fault(&account.to_string(), &trouble)]);
    }
}
