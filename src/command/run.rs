//! `tidings run`: feeds, then every digest that is due.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use tokio::runtime::Runtime;

use crate::app::App;
use crate::child::program;
use crate::cli::{Build, Dry};
use crate::command::digest::{self, When};
use crate::command::live::Live;
use crate::command::send::{Failures, finish_open};
use crate::command::{build, ping};
use crate::ending::Ending;
use crate::talk::Talk;

/// Builds, publishes, runs `after_build`, tells the hub, and sends what is due.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    dry: Dry,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let mut built = build::build(app, talk, &Build::from(dry), runtime)?;
    let mut ending = built.ending;
    if let (Some(command), false) = (&app.config.site.after_build, dry.dry_run) {
        let status = shell(command, &app.config.root, talk.is_quiet())
            .status()
            .context("`after_build`")?;
        if !status.success() {
            bail!(
                "`after_build` failed ({status}): no mail was sent\n  mend `{command}`; the next run goes on from here"
            );
        }
    }
    let mut live = Live::default();
    let mut failures = Failures::default();
    if !dry.dry_run {
        runtime.block_on(ping::ping_when_live(
            app,
            talk,
            &mut built.manifest,
            &mut live,
        ))?;
        ending = ending.and(runtime.block_on(finish_open(app, talk, &mut failures))?);
    }
    // One digest that cannot be sent does not stop the others.
    for digest in app.config.digests.iter().filter(|digest| digest.enabled) {
        if app.is_stopped() {
            ending = Ending::Partial;
            break;
        }
        match runtime.block_on(digest::send(
            app,
            talk,
            digest,
            &built.loaded,
            When::Due,
            dry,
            &mut live,
        )) {
            Ok(sent) => ending = ending.and(sent),
            Err(error) => failures.add(app, talk, &digest.name, error),
        }
    }
    failures.end(ending)
}

/// A command in the config's folder; what it says is talk.
fn shell(command: &str, root: &Path, is_quiet: bool) -> Command {
    let mut shell = program("sh");
    shell.arg("-c").arg(command);
    if !root.as_os_str().is_empty() {
        shell.current_dir(root);
    }
    match is_quiet {
        true => shell.stdout(Stdio::null()),
        false => shell.stdout(io::stderr()),
    };
    shell
}
