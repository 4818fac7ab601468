//! `tidings ping`: the WebSub hub is told which feeds have changed.

use anyhow::bail;

use crate::app::App;
use crate::cli::Dry;
use crate::ending::Ending;
use crate::feed;
use crate::publish::Manifest;
use crate::schedule::tell_hub;
use crate::talk::Talk;

/// Tells the hub, now.
pub(super) async fn run(app: &App, talk: &mut Talk<'_>, dry: Dry) -> anyhow::Result<Ending> {
    if app.config.feeds.hub.is_none() {
        bail!(
            "there is no hub to ping\n  set `hub = \"https://…\"` under [feeds], then `tidings build` links to it"
        );
    }
    let mut manifest = Manifest::read(&app.config.posts.lock);
    if dry.dry_run {
        for path in manifest.list_untold() {
            writeln!(talk.out(), "{}", feed::make_url(&app.config.site, &path))?;
        }
        return Ok(Ending::Done);
    }
    tell_hub(app, talk, &mut manifest).await
}
