//! `tidings run`: feeds, then every digest that is due.

use std::process;

use anyhow::{Context, bail};
use tokio::runtime::Runtime;

use crate::cli::{Build, Dry};
use crate::command::digest::{self, When};
use crate::command::{Ending, Session, build};

/// Builds, publishes, runs `after_build`, and sends what is due.
pub(super) fn run(session: &mut Session<'_>, dry: Dry, runtime: &Runtime) -> anyhow::Result<Ending> {
    let built = build::build(session, &Build::from(dry))?;
    let mut ending = Ending::of(&built.findings);
    if let (Some(command), false) = (&session.config.site.after_build, dry.dry_run) {
        let status = process::Command::new("sh").arg("-c").arg(command).status().context("`after_build`")?;
        if !status.success() {
            bail!(
                "`after_build` failed ({status}): no mail was sent\n  mend `{command}`; the next run goes on from here"
            );
        }
    }
    for digest in session.config.digests.clone().iter().filter(|digest| digest.enabled) {
        ending = ending.and(runtime.block_on(digest::send(session, digest, &built.loaded, When::Due, dry))?);
    }
    Ok(ending)
}
