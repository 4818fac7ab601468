//! `tidings serve`: the published folder over HTTP.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::App;
use crate::cli;
use crate::config::{Config, Inbox, StoreUrl};
use crate::ending::Ending;
use crate::finding::Finding;
use crate::store::Access;
use crate::talk::Talk;
use crate::web::{self, AppState};

/// Answers until somebody asks to stop.
pub(super) async fn serve(
    app: &App,
    talk: &mut Talk<'_>,
    args: &cli::ServeArgs,
) -> anyhow::Result<Ending> {
    let config = &app.config;
    let address = args.listen.unwrap_or(config.web.listen);
    if !address.ip().is_loopback() && config.web.url.is_none() {
        let finding = Finding::error(format!(
            "{address} can be reached by others, and nothing says under which name"
        ));
        let hint = "set `url` under [web] to the address that people see, or listen on 127.0.0.1 behind a proxy";
        return Err(finding.in_file(&config.file).way_out(hint).into());
    }
    refuse_private_files(config)?;
    let stop = app.stop();
    let store = app.store(Access::Write).await?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| {
        format!("cannot listen on {address}\n  choose another one with `--listen`, or `listen` under [web]")
    })?;
    let address = listener.local_addr().unwrap_or(address);
    talk.conclude(&format!("http://{address}/"))?;
    web::serve(
        listener,
        Arc::new(AppState::new(config, store)),
        stop.asked(),
    )
    .await;
    Ok(Ending::Done)
}

/// Whatever stands in the published folder is shown to everybody: what names readers, or is secret, must not.
fn refuse_private_files(config: &Config) -> Result<(), Finding> {
    let mail = &config.mail;
    let mut private: Vec<PathBuf> = vec![config.file.clone(), mail.outbox.folder().to_owned()];
    if let StoreUrl::Sqlite(file) = &config.store.url {
        private.push(file.clone());
    }
    if let Some(Inbox::Maildir(path) | Inbox::Mbox(path)) = &mail.inbox {
        private.push(path.clone());
    }
    if let Some(dkim) = &mail.dkim {
        private.push(dkim.key.clone());
        private.extend(dkim.ed25519.as_ref().map(|second| second.key.clone()));
    }
    let Ok(shown) = config.feeds.dir.canonicalize() else {
        return Ok(());
    };
    for path in private {
        if path
            .canonicalize()
            .is_ok_and(|path| path.starts_with(&shown))
        {
            let message = format!(
                "`{}` stands in the folder that is shown to everybody",
                path.display()
            );
            let hint = "set `dir` under [feeds] to a folder of its own";
            return Err(Finding::error(message).in_file(&config.file).way_out(hint));
        }
    }
    Ok(())
}
