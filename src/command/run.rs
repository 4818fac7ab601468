//! `tidings run`: feeds, then every digest that is due.

use std::io;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use tokio::runtime::Runtime;

use crate::child::program;
use crate::cli::{Build, Dry};
use crate::command::digest::{self, When};
use crate::command::live::Live;
use crate::command::send::{Failures, finish_open};
use crate::command::{Ending, Session, build, ping};

/// Builds, publishes, runs `after_build`, tells the hub, and sends what is due.
pub(super) fn run(
    session: &mut Session<'_>,
    dry: Dry,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let mut built = build::build(session, &Build::from(dry), runtime)?;
    let mut ending = built.ending;
    if let (Some(command), false) = (&session.config.site.after_build, dry.dry_run) {
        let status = shell(command, session).status().context("`after_build`")?;
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
            session,
            &mut built.manifest,
            &mut live,
        ))?;
        ending = ending.and(runtime.block_on(finish_open(session, &mut failures))?);
    }
    // One digest that cannot be sent does not stop the others.
    for digest in session
        .config
        .digests
        .clone()
        .iter()
        .filter(|digest| digest.enabled)
    {
        if session.is_stopped() {
            ending = Ending::Partial;
            break;
        }
        match runtime.block_on(digest::send(
            session,
            digest,
            &built.loaded,
            When::Due,
            dry,
            &mut live,
        )) {
            Ok(sent) => ending = ending.and(sent),
            Err(error) => failures.add(session, &digest.name, error),
        }
    }
    failures.end(ending)
}

/// A command in the config's folder; what it says is talk.
fn shell(command: &str, session: &Session<'_>) -> Command {
    let mut shell = program("sh");
    shell.arg("-c").arg(command);
    if !session.config.root.as_os_str().is_empty() {
        shell.current_dir(&session.config.root);
    }
    match session.quiet {
        true => shell.stdout(Stdio::null()),
        false => shell.stdout(io::stderr()),
    };
    shell
}
