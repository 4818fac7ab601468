//! A panic in the work on one post or one document becomes a finding, so that it costs no other.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::finding::{Finding, Rule, Severity};
use crate::log;

/// The way to report a fault of the program.
pub(crate) const REPORT: &str = "this is a fault of tidings, not of the file: please report it with this line and, if you \
                          can, the file";

/// The most characters of a panic's message that a finding repeats.
const LONGEST: usize = 200;

thread_local! {
    /// How many guards are around the work of this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The place of the last guarded panic.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does some work; a panic in it becomes an error that says where in the program it happened. The default hook, which
/// prints a message and a backtrace, is quiet meanwhile.
///
/// # Errors
/// The finding of the work itself, or that it panicked.
pub fn guard<T>(work: impl FnOnce() -> Result<T, Finding>) -> Result<T, Finding> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let outer = take_hook();
        set_hook(Box::new(move |info| match DEPTH.get() {
            0 => outer(info),
            _ => PLACE.set(Some(place_of(info))),
        }));
    });
    DEPTH.set(DEPTH.get() + 1);
    let done = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    done.unwrap_or_else(|payload| {
        let place = PLACE.take();
        let place = place.as_deref().unwrap_or("a place in another thread");
        let message = message_of(&*payload);
        Err(Finding::error(
            Rule::InternalFault,
            format!("tidings failed at {place}: {message}"),
        )
        .hint(REPORT))
    })
}

/// Prints a panic that no guard is around as one line.
pub fn report_panics() {
    set_hook(Box::new(|info| {
        let place = place_of(info);
        let message = message_of(info.payload());
        report_error(&format!("tidings failed at {place}: {message}\n  {REPORT}"));
    }));
}

/// Names an error as the program's last words: on stderr, or in the log where one is kept.
pub fn report_error(words: &str) {
    match log::is_kept() {
        true => tracing::error!(event = "error", message = words),
        false => drop(writeln!(
            anstream::stderr(),
            "{} {words}",
            Severity::Error.word()
        )),
    }
}

fn place_of(info: &PanicHookInfo<'_>) -> String {
    let unknown = || "an unknown place".to_owned();
    info.location()
        .map_or_else(unknown, |at| format!("{}:{}", at.file(), at.line()))
}

/// A panic's message on one line.
fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    text.escape_debug().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::{LONGEST, guard};
    use crate::finding::{Finding, Rule};

    #[test]
    fn a_panic_is_a_finding_and_the_others_go_on() {
        let done: Vec<Result<usize, Finding>> = (0..64_usize)
            .into_par_iter()
            .map(|number| {
                guard(|| match number {
                    7 => [0, 1]
                        .get(number)
                        .copied()
                        .ok_or_else(|| Finding::error(Rule::Failed, "no such")),
                    13 => panic!("unlucky\n\u{1b}[31m{}", "x".repeat(1000)),
                    _ => Ok(number),
                })
            })
            .collect();
        assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 62);
        assert_eq!(done[7], Err(Finding::error(Rule::Failed, "no such")));
        let finding = done[13].as_ref().unwrap_err();
        let words = &finding.message;
        assert!(
            words.starts_with("tidings failed at src/fault.rs:"),
            "{words}"
        );
        assert!(words.contains(r"unlucky\n\u{1b}[31mxxx"), "{words}");
        assert!(words.len() < LONGEST + 60, "{words}");
        assert!(finding.is_error() && finding.hint.is_some());
    }

    #[test]
    fn an_index_out_of_bounds_says_so() {
        let empty: Vec<u8> = Vec::new();
        let finding = guard(|| Ok(empty[0])).unwrap_err();
        assert!(finding.message.contains("index out of bounds"), "{finding}");
    }

    #[test]
    fn guards_may_stand_in_guards() {
        let inner = guard(|| {
            let caught = guard::<()>(|| panic!("inside"));
            assert!(caught.is_err());
            Ok(1)
        });
        assert_eq!(inner, Ok(1));
        assert!(guard::<()>(|| panic!("again")).is_err());
    }
}
