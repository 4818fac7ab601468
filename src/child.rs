//! Other programs: none of them is told what our environment says to us alone.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

/// How the names of our variables begin; among them are the relay's password and the store's address.
const OURS: &[u8] = b"TIDINGS_";

/// A program that will not see our variables.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    // Also those that are no Unicode, and those that set no key.
    for (variable, _) in env::vars_os() {
        if variable.as_bytes().starts_with(OURS) {
            command.env_remove(variable);
        }
    }
    command
}
