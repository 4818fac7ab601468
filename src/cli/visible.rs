//! Wrong arguments, as they may be shown.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process;

use clap::Parser;

use crate::cli::Cli;
use crate::finding::{visible, visible_line};

impl Cli {
    /// Parses the arguments of the program, or ends it with their fault. It shows them without control characters, which a
    /// terminal would obey.
    pub fn parse_visibly() -> Self {
        Self::try_parse().unwrap_or_else(|error| {
            let turns = |argument: OsString| {
                let argument = argument.to_string_lossy();
                visible_line(&argument) != argument
            };
            if !env::args_os().any(turns) {
                error.exit();
            }
            let words = error.to_string();
            let words = visible(&words);
            let mut out: Box<dyn Write> = match error.use_stderr() {
                true => Box::new(io::stderr()),
                false => Box::new(io::stdout()),
            };
            let _ = out.write_all(words.as_bytes());
            process::exit(error.exit_code());
        })
    }
}
