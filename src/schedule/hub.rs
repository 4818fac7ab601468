//! Tells the WebSub hub which feeds have changed, once the pages of the new posts answer.

use crate::app::App;
use crate::digest::PATIENCE;
use crate::ending::Ending;
use crate::finding::{Finding, Rule};
use crate::publish::{Hub, Manifest};
use crate::schedule::live::Live;
use crate::talk::Talk;

/// Tells the hub, if one is set, once the pages of the new posts answer. A hub that is down stops nothing.
pub(crate) async fn tell_hub_when_live(
    app: &App,
    talk: &mut Talk<'_>,
    manifest: &mut Manifest,
    live: &mut Live,
) -> anyhow::Result<()> {
    if app.config.feeds.hub.is_none() {
        return Ok(());
    }
    if manifest.settle() {
        save(app, talk, manifest);
    }
    let untold = manifest.list_untold().len();
    if untold == 0 {
        return Ok(());
    }
    let missing = live
        .find_missing(app, talk, &manifest.waiting_pages())
        .await;
    if manifest.take_present(&missing) {
        save(app, talk, manifest);
    }
    let now = app.clock.now();
    let late = manifest.late_pages(now, PATIENCE);
    let is_time = !manifest.is_waiting() || !late.is_empty();
    for page in late {
        let finding = Finding::warning(
            Rule::PageMissing,
            format!("`{page}` has not been there for a day: the hub is told without it"),
        );
        talk.report(&[finding.hint("publish the page, or unpublish the post")]);
    }
    if !is_time {
        talk.say("the hub is told when the new posts are there");
        return Ok(());
    }
    tell_hub(app, talk, manifest).await?;
    // A hub that is down is told at a later run.
    if manifest.list_untold().len() < untold {
        manifest.drop_late(now, PATIENCE);
        save(app, talk, manifest);
    }
    Ok(())
}

/// If it cannot be kept, the hub hears the same again at the next run, which is harmless.
fn save(app: &App, talk: &mut Talk<'_>, manifest: &Manifest) {
    talk.report(manifest.keep(&app.config.posts.lock).err().as_slice());
}

/// Tells the hub of every changed feed that it has not heard of. Partial if some remain.
pub(crate) async fn tell_hub(
    app: &App,
    talk: &mut Talk<'_>,
    manifest: &mut Manifest,
) -> anyhow::Result<Ending> {
    let is_told_already = manifest.list_untold().is_empty();
    let Some(hub) = Hub::new(&app.config.feeds, &app.config.site) else {
        return Ok(Ending::Done);
    };
    let told = hub.tell(manifest).await;
    talk.report(&told.findings);
    if manifest.settle() || told.count > 0 {
        save(app, talk, manifest);
    }
    if told.count > 0 || is_told_already {
        talk.conclude(&format!("hub: {} feeds told", told.count))?;
    }
    Ok(match told.left {
        0 => Ending::Done,
        _ => Ending::Partial,
    })
}
