//! `tidings ping`: the WebSub hub is told which feeds have changed; and what `run` does after a deploy.

use std::fs;

use anyhow::bail;
use url::Url;

use crate::cli::Dry;
use crate::command::live::Live;
use crate::command::{Ending, Session};
use crate::feed;
use crate::finding::Finding;
use crate::http::Client;
use crate::publish::{Manifest, write_changed};

/// Tells the hub, now.
pub(super) async fn ping(session: &mut Session<'_>, dry: Dry) -> anyhow::Result<Ending> {
    let Some(hub) = session.config.feeds.hub.clone() else {
        bail!("there is no hub to ping\n  set `hub = \"https://…\"` under [feeds], then `tidings build` links to it");
    };
    if dry.dry_run {
        for url in changed(session).1 {
            writeln!(session.out, "{url}")?;
        }
        return Ok(Ending::Done);
    }
    tell(session, &hub).await
}

/// Tells the hub where it is set and the pages of the new posts are there.
pub(super) async fn ping_when_live(session: &mut Session<'_>, live: &mut Live) -> anyhow::Result<Ending> {
    let Some(hub) = session.config.feeds.hub.clone() else { return Ok(Ending::Done) };
    let (mut manifest, urls) = changed(session);
    let pages: Vec<Url> = manifest.waiting_mut().iter().filter_map(|page| Url::parse(page).ok()).collect();
    let missing = live.missing(session, &pages).await;
    let still: Vec<String> = missing.iter().map(ToString::to_string).collect();
    if *manifest.waiting_mut() != still {
        *manifest.waiting_mut() = still;
        save(session, &manifest);
    }
    match (urls.is_empty(), missing.is_empty()) {
        (true, _) => Ok(Ending::Done),
        (false, true) => tell(session, &hub).await,
        (false, false) => {
            session.say("the hub is told when the new posts are there");
            Ok(Ending::Done)
        }
    }
}

/// What is known of the files, and the feeds whose change the hub does not know of.
fn changed(session: &Session<'_>) -> (Manifest, Vec<Url>) {
    let file = session.config.posts.lock.with_extension("manifest");
    let manifest = Manifest::parse(&fs::read_to_string(file).unwrap_or_default());
    let urls = manifest.untold().iter().map(|path| feed::url(&session.config.site, path)).collect();
    (manifest, urls)
}

/// Where it cannot be kept the hub hears the same again at the next run, which does no harm.
fn save(session: &Session<'_>, manifest: &Manifest) {
    let file = session.config.posts.lock.with_extension("manifest");
    let _ = write_changed(&file, manifest.to_text().as_bytes());
}

/// One request for each feed; where the hub is down the rest waits for the next run, and nothing else does.
async fn tell(session: &mut Session<'_>, hub: &Url) -> anyhow::Result<Ending> {
    let (mut manifest, urls) = changed(session);
    let client = Client::new(session.config.feeds.hub_private);
    let mut told = 0;
    for (path, url) in manifest.untold().iter().zip(&urls) {
        let answer = client.post(hub, &[("hub.mode", "publish"), ("hub.url", url.as_str())]).await;
        let trouble = match answer {
            Ok(200..=299) => None,
            Ok(status) => Some(format!("it answers {status}")),
            Err(trouble) => Some(trouble.to_string()),
        };
        if let Some(trouble) = trouble {
            session.report(&[Finding::warning(format!("the hub `{hub}` was not told: {trouble}"))
                .way_out("the next run tells it; a hub at home needs `hub_private = true` under [feeds]")]);
            break;
        }
        manifest.tell(path);
        told += 1;
    }
    if told > 0 {
        save(session, &manifest);
    }
    if told > 0 || urls.is_empty() {
        session.result(&format!("hub: {told} feeds told"))?;
    }
    Ok(Ending::Done)
}
