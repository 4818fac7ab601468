//! `tidings run`: feeds, then every digest that is due.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use tokio::runtime::Runtime;

use crate::app::App;
use crate::build::{BuildOptions, Built, build, read};
use crate::child::program;
use crate::cli::Dry;
use crate::ending::Ending;
use crate::schedule::{Live, print_all, read_own_inbox, send_all, tell_hub_when_live};
use crate::talk::Talk;

/// Builds, publishes, runs `after_build`, tells the hub, and sends what is due.
pub(super) fn run(
    app: &App,
    talk: &mut Talk<'_>,
    dry: Dry,
    runtime: &Runtime,
) -> anyhow::Result<Ending> {
    let order = BuildOptions {
        dry_run: dry.dry_run,
        ..BuildOptions::default()
    };
    let built = build(app, talk, read(app)?, &order)?;
    let Built {
        loaded,
        mut manifest,
        ending,
    } = built;
    if dry.dry_run {
        let printed = runtime.block_on(print_all(app, talk, &loaded))?;
        return Ok(ending.and(printed));
    }
    if let Some(command) = &app.config.site.after_build {
        let mut shell = shell(command, &app.config.root, talk.is_quiet());
        let status = shell.status().context("`after_build`")?;
        if !status.success() {
            bail!(
                "`after_build` failed ({status}): no mail was sent\n  mend `{command}`; the next run goes on from here"
            );
        }
    }
    let mut live = Live::default();
    let sent = runtime.block_on(async {
        tell_hub_when_live(app, talk, &mut manifest, &mut live).await?;
        // First, so that whoever has left or bounced gets nothing more.
        let read = read_own_inbox(app, talk).await;
        let sent = send_all(app, talk, &loaded, &mut live).await?;
        Ok::<_, anyhow::Error>(read.and(sent))
    })?;
    Ok(ending.and(sent))
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
