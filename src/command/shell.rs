//! `tidings completions` and `tidings man`: what a shell and a manual are told of the command line.

use std::fs;
use std::io;

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs, ManArgs};
use crate::ending::Ending;
use crate::file::unwritable;
use crate::talk::Talk;

/// Prints the completions for a shell.
pub(super) fn print_completions(args: &CompletionsArgs, talk: &mut Talk<'_>) -> io::Result<Ending> {
    // The generator panics where it cannot write, as to a closed pipe.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tidings", &mut text);
    talk.out().write_all(&text)?;
    Ok(Ending::Done)
}

/// Prints the page of the whole, or writes one for each command into a folder.
pub(super) fn print_manual(args: &ManArgs, talk: &mut Talk<'_>) -> anyhow::Result<Ending> {
    let Some(folder) = &args.folder else {
        clap_mangen::Man::new(Cli::command()).render(talk.out())?;
        return Ok(Ending::Done);
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    clap_mangen::generate_to(Cli::command(), folder)
        .with_context(|| folder.display().to_string())?;
    Ok(Ending::Done)
}
