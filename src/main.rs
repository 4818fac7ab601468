//! The `tidings` program: arguments, the clock, the error line, the exit code.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::ColorChoice;
use tidings::cli::Cli;
use tidings::clock::Clock;
use tidings::{Ending, TryAgain, guard, is_broken_pipe, report_error, report_panics};

/// The exit code by which a mail server keeps a message and hands it over again (`sysexits.h`); by most others it returns
/// the message to its sender.
const EX_TEMPFAIL: u8 = 75;

fn main() -> ExitCode {
    let cli = Cli::parse_visibly();
    match cli.color {
        ColorChoice::Auto => {}
        ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    if let Some(directory) = &cli.directory
        && let Err(error) = env::set_current_dir(directory)
    {
        let code = if cli.reads_message() { EX_TEMPFAIL } else { 2 };
        return fail(&format!("{}: {error}", directory.display()), code);
    }
    let clock = Clock::new(cli.at);
    let mut out = Listened {
        out: io::stdout().lock(),
        is_closed: false,
    };
    report_panics();
    let ended = guard(|| Ok(tidings::run(&cli, &clock, &mut out)));
    let ended = ended.unwrap_or_else(|fault| Err(fault.into()));
    // Whoever read has had enough: no error, and it changes nothing in how the work went.
    let ended = match out.flush() {
        Err(error) if !out.is_closed => ended.and(Err(error.into())),
        _ => ended,
    };
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Partial) => ExitCode::from(1),
        Err(error) if out.is_closed && is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let code = if error.is::<TryAgain>() {
                EX_TEMPFAIL
            } else {
                2
            };
            fail(&format!("{error:#}"), code)
        }
    }
}

fn fail(words: &str, code: u8) -> ExitCode {
    report_error(words);
    ExitCode::from(code)
}

/// An output that knows whether whoever read it has gone: any other pipe that breaks, such as that to a database, is an
/// error.
struct Listened<W> {
    out: W,
    is_closed: bool,
}

impl<W: Write> Listened<W> {
    fn watch<T>(&mut self, work: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        let done = work(&mut self.out);
        self.is_closed |= done
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        done
    }
}

impl<W: Write> Write for Listened<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.watch(|out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.watch(W::flush)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::Listened;

    /// An output of which each write ends so.
    struct Ends(io::ErrorKind);

    impl Write for Ends {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_is_closed_when_its_own_pipe_breaks() {
        for (kind, expected) in [
            (io::ErrorKind::BrokenPipe, true),
            (io::ErrorKind::StorageFull, false),
        ] {
            let mut out = Listened {
                out: Ends(kind),
                is_closed: false,
            };
            assert!(!out.is_closed && out.write_all(b"x").is_err());
            assert_eq!(out.is_closed, expected, "{kind}");
        }
    }
}
