//! `tidings build`: the feeds.

mod adopt;

use tokio::runtime::Runtime;

use crate::app::App;
use crate::build::{BuildOptions, build as write_feeds, read_input};
use crate::cli;
use crate::ending::Ending;
use crate::feed::write_links;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Reach;
use crate::talk::Talk;

use adopt::adopt;

/// Writes the feeds and the lock, or prints what is asked for.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    args: &cli::BuildArgs,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    if args.print_links {
        let links = write_links(&app.config.site, &app.config.feeds);
        talk.out().write_all(links.as_bytes())?;
        return Ok(Ending::Done);
    }
    let reach = Reach::for_run(args.dry.dry_run);
    let gathered = runtime.block_on(app.gather(reach));
    let mut sources = read_input(app, gathered)?;
    let mut are_kept = false;
    if let Some(feed) = &args.adopt {
        adopt(app, talk, &mut sources.loaded, feed, runtime)?;
        // They are kept even where a file of another program is in the way of the feeds.
        if !args.dry.dry_run {
            are_kept = app.keep_unbuilt(talk, &sources.loaded.lock) == Ending::Done;
        }
    }
    let options = BuildOptions {
        dry_run: args.dry.dry_run,
        only: args.only.clone(),
        prune: args.prune,
        fewer: args.fewer,
    };
    match write_feeds(app, talk, sources, &options) {
        Ok(built) => Ok(built.ending),
        Err(error) if are_kept => wait_for_the_place(error, talk),
        Err(error) => Err(error),
    }
}

/// Ends a build that has kept the ids of an old feed. Where that feed stands in the place of ours, what is left is a step
/// of the other generator's.
fn wait_for_the_place(error: anyhow::Error, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    let finding = error.downcast::<Finding>()?;
    if finding.rule != Rule::FileInTheWay {
        return Err(finding.into());
    }
    talk.report(&[Finding {
        severity: Severity::Warning,
        ..finding
    }]);
    talk.say("the ids are kept; only the feeds wait: `tidings build` writes them once nothing is in the way");
    Ok(Ending::Partial)
}
