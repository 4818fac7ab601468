//! `tidings store`: back it up, bring it back, check it, move it.

use std::path::Path;

use anyhow::bail;
use tokio::runtime::Runtime;

use crate::app::{App, COPIED};
use crate::cli;
use crate::config::StoreUrl;
use crate::ending::Ending;
use crate::finding::Finding;
use crate::loader::Loaded;
use crate::schedule::settle_restored;
use crate::source::Reach;
use crate::store::{Access, Backup, Store};
use crate::talk::Talk;

/// Does what is asked for.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    what: &cli::StoreCommand,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    match what {
        cli::StoreCommand::Backup { file } => runtime.block_on(back_up(app, talk, file)),
        cli::StoreCommand::Restore { file } => {
            let gathered = runtime.block_on(app.gather(Reach::Offline));
            let loaded = app.load(&app.config.posts, gathered)?;
            runtime.block_on(restore(app, talk, file, &loaded))
        }
        cli::StoreCommand::RotateKey => runtime.block_on(rotate_key(app, talk)),
        cli::StoreCommand::Check => runtime.block_on(check(app, talk)),
        cli::StoreCommand::Move { url } => runtime.block_on(relocate(app, talk, url)),
    }
}

async fn rotate_key(app: &App, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    if !app.config.token_keys.is_empty() {
        bail!(
            "TIDINGS_TOKEN_KEY signs the links, not the store\n  \
             put a new key before it, divided by a comma: the first signs, and the others stay valid"
        );
    }
    let store = app.open_store(Access::Write).await?;
    store.rotate_key(app.clock.now()).await?;
    talk.conclude("a new key signs the links of new mails; those of old ones stay valid")?;
    Ok(Ending::Done)
}

async fn back_up(app: &App, talk: &mut Talk<'_>, file: &Path) -> anyhow::Result<Ending> {
    let now = app.clock.now();
    app.open_store(Access::Read)
        .await?
        .back_up(file, now)
        .await?;
    let backup = Backup::open(file, now).await?;
    let contents = backup.store().count_contents().await;
    backup.close().await;
    talk.conclude(&format!("{}: {}", file.display(), contents?))?;
    Ok(Ending::Done)
}

async fn restore(
    app: &App,
    talk: &mut Talk<'_>,
    file: &Path,
    loaded: &Loaded,
) -> anyhow::Result<Ending> {
    let backup = Backup::open(file, app.clock.now()).await?;
    let restored = bring_back(app, talk, &backup, loaded).await;
    backup.close().await;
    restored
}

async fn bring_back(
    app: &App,
    talk: &mut Talk<'_>,
    backup: &Backup,
    loaded: &Loaded,
) -> anyhow::Result<Ending> {
    app.refuse_another_site(backup.store()).await?;
    let made_at = backup.load_made_at().await?;
    let url = &app.config.store.url;
    backup.restore(url, COPIED, app.clock.now()).await?;
    let store = app.open_unfinished_store().await?;
    talk.conclude(&format!("{url}: {}", store.count_contents().await?))?;
    app.go_on_with_copy(talk, &store, made_at).await?;
    settle_restored(app, talk, &store, loaded, made_at).await?;
    store.finish_filling().await?;
    Ok(Ending::Done)
}

async fn check(app: &App, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    let store = app.open_store(Access::Read).await?;
    let findings = store.check().await?;
    talk.conclude(&format!(
        "{}: {}",
        app.config.store.url,
        store.count_contents().await?
    ))?;
    talk.insist(&findings);
    if findings.iter().any(Finding::is_error) {
        bail!("the store is not sound\n  `tidings store restore FILE` brings a backup back");
    }
    match findings.is_empty() {
        true => Ok(Ending::Done),
        false => Ok(Ending::Partial),
    }
}

async fn relocate(app: &App, talk: &mut Talk<'_>, url: &StoreUrl) -> anyhow::Result<Ending> {
    let here = &app.config.store.url;
    if let Some(store) = Store::finish_move(here, url, app.clock.now()).await? {
        let contents = store.count_contents().await;
        store.close().await;
        return say_moved(talk, here, url, &contents?.to_string());
    }
    let Some(sender) = app.become_sender().await? else {
        bail!(
            "another run is sending\n  try again when it is done, or stop it: the next run goes on"
        );
    };
    let contents = sender.store().count_contents().await?;
    app.refuse_older_copies(None, sender.store()).await?;
    sender.move_store(url, app.clock.now()).await?;
    say_moved(talk, here, url, &contents.to_string())
}

fn say_moved(
    talk: &mut Talk<'_>,
    from: &StoreUrl,
    to: &StoreUrl,
    contents: &str,
) -> anyhow::Result<Ending> {
    talk.conclude(&format!("{to}: {contents}; every row was compared"))?;
    talk.conclude(&format!(
        "set `url` under [store] to `{}`: until then every command stops, since nothing is kept in {from} any more",
        to.to_config()
    ))?;
    Ok(Ending::Done)
}
