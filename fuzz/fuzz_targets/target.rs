//! `FUZZ_TARGET=imap cargo fuzz run target --features libfuzzer CORPUS fuzz/seeds/imap`: one target, guided by what its
//! inputs reach.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tidings_fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|target| target.name == wanted);
    *found.unwrap_or_else(|| {
        panic!(
            "FUZZ_TARGET must be one of {:?}",
            TARGETS.map(|target| target.name)
        )
    })
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
