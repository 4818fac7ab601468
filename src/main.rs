//! The `tidings` program: arguments, the clock, the error line, the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{ColorChoice, Parser};
use tidings::cli::Cli;
use tidings::clock::Clock;
use tidings::command::Ending;
use tidings::finding::Severity;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.color {
        ColorChoice::Auto => {}
        ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    let clock = Clock::new(cli.at);
    let mut out = io::stdout().lock();
    let ended = tidings::run(&cli, &clock, &mut out);
    // Whoever read has had enough: no error, and it changes nothing in how the work went.
    let ended = match out.flush() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ended.and(Err(error.into())),
        _ => ended,
    };
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Partial) => ExitCode::from(1),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "{} {error:#}", Severity::Error.word());
            ExitCode::from(2)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
