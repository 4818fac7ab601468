//! `after_build`: the owner's command that deploys what was published.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::app::App;
use crate::child::program;
use crate::talk::Talk;

/// Runs the command, where the config has one.
///
/// # Errors
/// If it cannot be run, or fails.
pub(crate) fn run_after_build(app: &App, talk: &Talk<'_>) -> anyhow::Result<()> {
    let Some(command) = &app.config.site.after_build else {
        return Ok(());
    };
    let mut shell = shell(command, &app.config.root, talk.is_quiet());
    let status = shell.status().context("`after_build`")?;
    if !status.success() {
        bail!(
            "`after_build` failed ({status}): no mail was sent\n  mend `{command}`; the next run goes on from here"
        );
    }
    Ok(())
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
