//! `tidings ping`: the WebSub hub is told which feeds have changed; and what `run` does after a deploy.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::bail;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::cli::Dry;
use crate::command::live::{Live, PATIENCE};
use crate::command::{Ending, Session};
use crate::feed;
use crate::finding::Finding;
use crate::http::{Client, Trouble};
use crate::publish::{Manifest, Waiting};

/// How many feeds the hub is told of at once.
const AT_ONCE: usize = 8;
/// How long all of it may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Tells the hub, now.
pub(super) async fn ping(session: &mut Session<'_>, dry: Dry) -> anyhow::Result<Ending> {
    let Some(hub) = session.config.feeds.hub.clone() else {
        bail!(
            "there is no hub to ping\n  set `hub = \"https://…\"` under [feeds], then `tidings build` links to it"
        );
    };
    let mut manifest = Manifest::read(&session.config.posts.lock);
    if dry.dry_run {
        for path in manifest.untold() {
            writeln!(session.out, "{}", feed::url(&session.config.site, &path))?;
        }
        return Ok(Ending::Done);
    }
    tell(session, &hub, &mut manifest).await
}

/// Tells the hub where it is set and the pages of the new posts are there. A hub that is down stops nobody.
pub(super) async fn ping_when_live(
    session: &mut Session<'_>,
    manifest: &mut Manifest,
    live: &mut Live,
) -> anyhow::Result<()> {
    let Some(hub) = session.config.feeds.hub.clone() else {
        return Ok(());
    };
    if manifest.settle() {
        save(session, manifest);
    }
    let untold = manifest.untold().len();
    if untold == 0 {
        return Ok(());
    }
    let pages: Vec<Url> = manifest
        .waiting_mut()
        .values()
        .filter_map(|one| Url::parse(&one.page).ok())
        .collect();
    let missing = live.missing(session, &pages).await;
    let before = manifest.waiting_mut().len();
    manifest
        .waiting_mut()
        .retain(|_, one| missing.iter().any(|missing| missing.as_str() == one.page));
    if manifest.waiting_mut().len() < before {
        save(session, manifest);
    }
    let now = session.clock.now();
    let is_late = |one: &Waiting| now - one.since >= PATIENCE;
    let mut waiting = manifest.waiting_mut().values().peekable();
    let mut is_time = waiting.peek().is_none();
    for Waiting { page, .. } in waiting.filter(|one| is_late(one)) {
        let finding = Finding::warning(format!(
            "`{page}` has not been there for a day: the hub is told without it"
        ));
        session.report(&[finding.way_out("publish the page, or unpublish the post")]);
        is_time = true;
    }
    if !is_time {
        session.say("the hub is told when the new posts are there");
        return Ok(());
    }
    tell(session, &hub, manifest).await?;
    // A hub that is down is told as soon as it is there again.
    if manifest.untold().len() < untold {
        manifest.waiting_mut().retain(|_, one| !is_late(one));
        save(session, manifest);
    }
    Ok(())
}

/// Where it cannot be kept the hub hears the same again at the next run, which does no harm.
fn save(session: &Session<'_>, manifest: &Manifest) {
    session.report(manifest.keep(&session.config.posts.lock).err().as_slice());
}

/// One request for each feed. What it refuses keeps it from no other feed; where it is down the rest waits for the next
/// run. Partial where something is left.
async fn tell(
    session: &mut Session<'_>,
    hub: &Url,
    manifest: &mut Manifest,
) -> anyhow::Result<Ending> {
    let client = Client::new(session.config.feeds.hub_private);
    let deadline = Instant::now() + LIMIT;
    let untold = manifest.untold();
    let mut troubles: BTreeMap<String, usize> = BTreeMap::new();
    let (mut told, mut asked) = (0, 0);
    let mut is_down = false;
    while asked < untold.len() && !is_down {
        // The first one alone: a hub that is down need not hear it eight times.
        let at_once = if asked == 0 { 1 } else { AT_ONCE };
        let some = &untold[asked..untold.len().min(asked + at_once)];
        asked += some.len();
        let mut requests = JoinSet::new();
        for path in some {
            let (client, hub, path) = (client.clone(), hub.clone(), path.clone());
            let url = feed::url(&session.config.site, &path);
            requests.spawn(async move {
                let fields = [("hub.mode", "publish"), ("hub.url", url.as_str())];
                let answer = timeout_at(deadline, client.post(&hub, &fields)).await;
                (path, answer.unwrap_or(Err(Trouble::Silent)))
            });
        }
        while let Some(answer) = requests.join_next().await {
            let trouble = match answer? {
                (path, Ok(200..=299)) => {
                    manifest.tell(&path);
                    told += 1;
                    continue;
                }
                (_, Ok(status)) => {
                    is_down |= !(400..500).contains(&status);
                    format!("it answers {status}")
                }
                (_, Err(trouble)) => {
                    is_down = true;
                    trouble.to_string()
                }
            };
            *troubles.entry(trouble).or_default() += 1;
        }
    }
    let left = untold.len() - told;
    for (trouble, feeds) in troubles {
        let also = if is_down { left } else { feeds };
        session.report(&[Finding::warning(format!(
            "the hub `{hub}` was not told of {also} feeds: {trouble}"
        ))
        .way_out("the next run tells it; a hub at home needs `hub_private = true` under [feeds]")]);
    }
    if manifest.settle() || told > 0 {
        save(session, manifest);
    }
    if told > 0 || untold.is_empty() {
        session.result(&format!("hub: {told} feeds told"))?;
    }
    Ok(if left > 0 {
        Ending::Partial
    } else {
        Ending::Done
    })
}
