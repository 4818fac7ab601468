//! `tidings build`: the feeds.

mod adopt;

use tokio::runtime::Runtime;

use crate::app::App;
use crate::build::{BuildOptions, build as write_feeds, read_input};
use crate::cli;
use crate::ending::Ending;
use crate::feed::write_links;
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
    if let Some(feed) = &args.adopt {
        adopt(app, talk, &mut sources.loaded, feed, runtime)?;
        // They are kept even where a file of another program is in the way of the feeds.
        if !args.dry.dry_run {
            let _ = app.keep_unbuilt(talk, &sources.loaded.lock);
        }
    }
    let options = BuildOptions {
        dry_run: args.dry.dry_run,
        only: args.only.clone(),
        prune: args.prune,
        fewer: args.fewer,
    };
    Ok(write_feeds(app, talk, sources, &options)?.ending)
}
