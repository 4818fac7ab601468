//! One file a verb; this one opens what the verbs share and hands over.

mod build;
mod check;
mod digest;
mod dkim;
mod inbox;
mod init;
mod issue;
mod ping;
mod run;
mod serve;
mod shell;
mod status;
mod store;
mod subscriber;

use std::env;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::cli::{CheckArgs, Cli, Command, FileCommand, LogForm, SiteCommand};
use crate::clock::Clock;
use crate::config::{Config, discover};
use crate::ending::{Ending, ShownError, TryAgain};
use crate::fault::guard;
use crate::finding::Finding;
use crate::log;
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
/// If nothing could be done; [`TryAgain`] where a message that was handed over is to be handed over again.
pub fn run(cli: &Cli, clock: &Clock, out: &mut dyn Write) -> anyhow::Result<Ending> {
    let words = Words::new(cli.config.as_deref(), cli.directory.as_deref());
    let volume = match (cli.quiet, cli.verbose) {
        (true, _) => Volume::Quiet,
        (false, true) => Volume::Verbose,
        (false, false) => Volume::Normal,
    };
    let mut talk = Talk::new(out, volume, words.clone());
    match &cli.command {
        Command::Site(SiteCommand::Check(CheckArgs {
            explain: Some(rule),
            ..
        })) => check::explain(*rule, &mut talk),
        Command::Site(command) => run_on_site(command, cli, *clock, &mut talk, &words),
        Command::Files(command) => {
            run_on_files(command, cli, *clock, &mut talk, &words).map_err(|error| {
                let finding = Finding::from(&error);
                show_error(error, &finding, &words)
            })
        }
    }
}

/// An error as the program's last line shows it.
fn show_error(error: anyhow::Error, finding: &Finding, words: &Words) -> anyhow::Error {
    if is_broken_pipe(&error) {
        return error;
    }
    let words = words.show(&finding.to_string()).into_owned();
    let finding = finding.clone();
    ShownError { words, finding }.into()
}

/// Whether a program hands a message over on standard input and goes by the exit code.
fn is_handed_over(command: &SiteCommand, config: Option<&Config>) -> bool {
    let SiteCommand::Inbox(args) = command else {
        return false;
    };
    let has_box = |config: &Config| config.mail.inbox.is_some();
    let names_one = args.maildir.is_some() || args.mbox.is_some() || args.imap.is_some();
    let is_named = names_one || config.is_none_or(has_box);
    args.stdin || !is_named && !io::stdin().is_terminal()
}

/// An error after which a message that was handed over is to be handed over again.
fn try_again(is_handed_over: bool, error: anyhow::Error) -> anyhow::Error {
    match is_handed_over {
        true => TryAgain(format!("{error:#}")).into(),
        false => error,
    }
}

/// Does the work of a command; a fault of the program is an error like any other, so that a message that was handed over
/// is kept by whoever has it.
fn report_panic(work: impl FnOnce() -> anyhow::Result<Ending>) -> anyhow::Result<Ending> {
    guard(|| Ok(work())).unwrap_or_else(|fault| Err(fault.into()))
}

/// Finds the config: the one that is named, else the nearest.
fn find_config(cli: &Cli) -> anyhow::Result<PathBuf> {
    match &cli.config {
        Some(file) => Ok(file.clone()),
        None => Ok(discover(
            &env::current_dir().context("the working folder")?,
        )?),
    }
}

fn run_on_files(
    command: &FileCommand,
    cli: &Cli,
    clock: Clock,
    talk: &mut Talk<'_>,
    words: &Words,
) -> anyhow::Result<Ending> {
    match command {
        FileCommand::Init(args) => match init::run(args, clock, talk)? {
            None => Ok(Ending::Done),
            Some(begun) => init::begin(&begun, clock, talk, |command, talk| {
                run_on_site(command, cli, clock, talk, words)
            }),
        },
        FileCommand::Completions(args) => Ok(shell::print_completions(args, talk)?),
        FileCommand::Man(args) => shell::print_manual(args, talk),
        FileCommand::Dkim(what) => dkim::run(&find_config(cli)?, talk, what),
    }
}

fn run_on_site(
    command: &SiteCommand,
    cli: &Cli,
    clock: Clock,
    talk: &mut Talk<'_>,
    words: &Words,
) -> anyhow::Result<Ending> {
    let config = find_config(cli).and_then(|file| Ok(Config::load_here(&file)?));
    if let SiteCommand::Serve(args) = command
        && args.log == LogForm::Json
    {
        let shows_addresses = config.as_ref().is_ok_and(|config| config.web.log_addresses);
        log::keep(clock, cli.quiet, shows_addresses);
    }
    let config = match (config, command) {
        (Ok(config), _) => config,
        (Err(error), SiteCommand::Check(args)) => {
            return check::conclude(talk, args, vec![Finding::from(&error)]);
        }
        (Err(error), _) => {
            let finding = Finding::from(&error);
            let error = show_error(error, &finding, words);
            return Err(try_again(is_handed_over(command, None), error));
        }
    };
    let is_handed_over = is_handed_over(command, Some(&config));
    let tell: Tell = Arc::new({
        let words = words.clone();
        move |what: &str| log::say(&words.show(what))
    });
    let any_store = match command {
        SiteCommand::Digest(args) => args.choice.new_store || args.show.is_asked_for(),
        _ => false,
    };
    let app = App::new(config, clock, cli.locked, (!cli.quiet).then_some(tell));
    let app = app.with_any_store(any_store);
    let app = Arc::new(app);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?;
    let ended = report_panic(|| run_command(command, &app, talk, &runtime)).map_err(|error| {
        let finding = app.explain(&error);
        try_again(is_handed_over, show_error(error, &finding, words))
    });
    runtime.block_on(async {
        // A store that does not answer is not asked again; the next run notes what is new.
        if ended.is_ok() {
            app.note_departures(talk).await;
        }
        app.close().await;
    });
    // A look-up of a name cannot be broken off, and nothing needs its answer any more.
    runtime.shutdown_background();
    ended
}

fn run_command(
    command: &SiteCommand,
    app: &Arc<App>,
    talk: &mut Talk<'_>,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    match command {
        SiteCommand::Run(dry) => run::run(app, talk, *dry, runtime),
        SiteCommand::Build(args) => build::run(app, talk, args, runtime),
        SiteCommand::Check(args) => check::run(app, talk, args, runtime),
        SiteCommand::Ping(dry) => runtime.block_on(ping::run(app, talk, *dry)),
        SiteCommand::Digest(args) => digest::run(app, talk, args, runtime),
        SiteCommand::Subscriber(what) => runtime.block_on(subscriber::run(app, talk, what)),
        SiteCommand::Issue(what) => runtime.block_on(issue::run(app, talk, what)),
        SiteCommand::Inbox(args) => runtime.block_on(inbox::run(app, talk, args)),
        SiteCommand::Serve(args) => runtime.block_on(serve::run(app, talk, args)),
        SiteCommand::Store(what) => store::run(app, talk, what, runtime),
        SiteCommand::Status(args) => runtime.block_on(status::run(app, talk, args)),
    }
}

#[cfg(test)]
mod tests {
    use super::{report_panic, try_again};
    use crate::ending::TryAgain;

    #[test]
    fn after_a_fault_of_the_program_a_message_is_handed_over_again() {
        let fault = || report_panic(|| panic!("unlucky")).unwrap_err();
        let error = try_again(true, fault());
        assert!(error.is::<TryAgain>(), "{error}");
        assert!(error.to_string().contains("unlucky"), "{error}");
        assert!(!try_again(false, fault()).is::<TryAgain>());
    }
}
