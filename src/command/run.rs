//! `tidings run`: feeds, then every digest that is due.

use tokio::runtime::Runtime;

use crate::app::App;
use crate::build::{BuildOptions, build, read_input};
use crate::cli::Dry;
use crate::ending::Ending;
use crate::round::go_round;
use crate::schedule::print_all;
use crate::source::Reach;
use crate::talk::Talk;

/// Goes one round; a dry run prints what it would publish and send.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    dry: Dry,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    if !dry.dry_run {
        return runtime.block_on(Box::pin(go_round(app, talk)));
    }
    let options = BuildOptions {
        dry_run: true,
        ..BuildOptions::default()
    };
    let gathered = runtime.block_on(app.gather(Reach::Look));
    let built = build(app, talk, read_input(app, gathered)?, &options)?;
    let printed = runtime.block_on(print_all(app, talk, &built.loaded))?;
    Ok(built.ending.and(printed))
}
