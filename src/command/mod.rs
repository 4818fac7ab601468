//! One file a verb; this one reads the config, opens what they share and hands over.

mod build;
mod digest;
mod dkim;
mod inbox;
mod issue;
mod ping;
mod run;
mod status;
mod store;
mod subscriber;

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::cli::{Cli, Command};
use crate::clock::Clock;
use crate::config::Config;
use crate::ending::Ending;
use crate::store::Tell;
use crate::talk::{Talk, Volume, Words};

/// Whether an error is that of a pipe that whoever read it has closed.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Does what the command line asks for. Results go to `out`.
///
/// # Errors
/// Where nothing could be done.
pub fn run(cli: &Cli, clock: &Clock, out: &mut dyn Write) -> anyhow::Result<Ending> {
    let words = Words::new(&cli.config);
    let volume = match (cli.quiet, cli.verbose) {
        (true, _) => Volume::Quiet,
        (false, true) => Volume::Verbose,
        (false, false) => Volume::Normal,
    };
    let mut talk = Talk::new(out, volume, words.clone());
    // A command that needs no config is done before it is read.
    let config = Config::load_here(&cli.config)?;
    let tell: Tell = Arc::new({
        let words = words.clone();
        move |what: &str| {
            let _ = writeln!(io::stderr(), "{}", words.show(what));
        }
    });
    let app = App::new(config, *clock, cli.locked, (!cli.quiet).then_some(tell));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?;
    let ended = run_command(&cli.command, &app, &mut talk, &runtime).map_err(|error| {
        if is_broken_pipe(&error) {
            return error;
        }
        let finding = app.explain(&error).to_string();
        anyhow::Error::msg(words.show(&finding).into_owned())
    });
    runtime.block_on(async {
        // A store that does not answer is not asked again; the next run notes what is new.
        if ended.is_ok() {
            app.note_departures(&mut talk).await;
        }
        app.close().await;
    });
    // A look-up of a name cannot be broken off, and nothing needs its answer any more.
    runtime.shutdown_background();
    ended
}

fn run_command(
    command: &Command,
    app: &App,
    talk: &mut Talk<'_>,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    match command {
        Command::Run(dry) => run::run(app, talk, *dry, runtime),
        Command::Build(args) => build::build(app, talk, args, runtime),
        Command::Ping(dry) => runtime.block_on(ping::ping(app, talk, *dry)),
        Command::Digest(args) => digest::digest(app, talk, args, runtime),
        Command::Subscriber(what) => runtime.block_on(subscriber::subscriber(app, talk, what)),
        Command::Issue(what) => runtime.block_on(issue::issue(app, talk, what)),
        Command::Inbox(args) => runtime.block_on(inbox::inbox(app, talk, args)),
        Command::Dkim(what) => dkim::dkim(app, talk, what),
        Command::Store(what) => store::store(app, talk, what, runtime),
        Command::Status(args) => runtime.block_on(status::status(app, talk, args)),
    }
}
