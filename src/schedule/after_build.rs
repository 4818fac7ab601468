//! `after_build`: the owner's command that deploys what was published.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, bail};

use crate::app::App;
use crate::child::program;
use crate::log;
use crate::talk::Talk;

/// Runs the command, where the config has one.
///
/// # Errors
/// If it cannot be run, or fails.
pub(crate) fn run_after_build(app: &App, talk: &Talk<'_>) -> anyhow::Result<()> {
    let Some(command) = &app.config.site.after_build else {
        return Ok(());
    };
    let status = match log::is_kept() {
        true => run_logged(command, &app.config.root),
        false => make_shell(command, &app.config.root, talk.is_quiet()).status(),
    };
    let status = status.context("`after_build`")?;
    if !status.success() {
        bail!(
            "`after_build` failed ({status}): no mail was sent\n  mend `{command}`; the next run goes on from here"
        );
    }
    app.set_deployed(true);
    Ok(())
}

/// Runs the command; each line that it says is an event.
fn run_logged(command: &str, root: &Path) -> io::Result<ExitStatus> {
    let mut shell = make_shell(&format!("exec 2>&1\n{command}"), root, true);
    let mut child = shell.stdout(Stdio::piped()).spawn()?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            tracing::info!(event = "after_build", message = line);
        }
    }
    child.wait()
}

/// A command in the config's folder; what it says is talk.
fn make_shell(command: &str, root: &Path, is_quiet: bool) -> Command {
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
