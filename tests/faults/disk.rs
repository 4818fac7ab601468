//! Disks and folders that fail.

use std::process::Command;
use std::time::Duration;

use sqlx::Executor;
use tidings::config::StoreUrl;
use tidings::inside::store::{Access, Store};

use super::{assert_whole, check, connect, run, scene};
use crate::program::missing;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Scene};
use crate::wire::deliver;

#[test]
fn a_full_disk_is_an_error_and_the_next_run_goes_on() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(1000);
    let size = |name: &str| scene.path(name).metadata().map_or(0, |file| file.len());
    let mut errors = 0;
    // Files may grow to what they are now and a little more: the freeze fails, or a claim, or a commit on the way.
    for kilobytes in [16, 64, 200, 600, 1200] {
        let most = size("tidings.db").max(size("tidings.db-wal")) / 1024 + kilobytes;
        let ended = Command::new("bash")
            // The signal that would end the program is left aside, so that writing fails as on a full disk.
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
                "bash",
                &most.to_string(),
            ])
            .arg(env!("CARGO_BIN_EXE_tidings"))
            .args(["--at", MONDAY, "run"])
            .current_dir(scene.path(""))
            .env("TIDINGS_MAIL__SMTP", relay.url())
            .env("TIDINGS_MAIL__CONNECTIONS", "2")
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&ended.stderr);
        match ended.status.code() {
            Some(0) => {}
            Some(code) => {
                assert!(
                    code < 3 && (words.contains("full") || words.contains("I/O error")),
                    "{code}: {words}"
                );
                errors += 1;
            }
            None => panic!("it was ended by a signal: {words}"),
        }
    }
    assert!(errors > 1, "the disk was never full");
    let ran = run(&scene, MONDAY, &relay);
    ran.succeeds();
    check(&scene, &relay, 1001);
}

/// Makes the syncs of a write-ahead log fail from this one on, counted in the life of the process, as a dying disk does.
const FAILING_SYNCS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int count;
static int fails(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 4 || memcmp(path + length - 4, "-wal", 4)) return 0;
    return __sync_add_and_fetch(&count, 1) >= atoi(getenv("FAILING_SYNC"));
}
int fsync(int file) {
    if (fails(file)) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
int fdatasync(int file) {
    if (fails(file)) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
"#;

#[test]
fn an_io_error_at_commit_is_an_error_and_the_next_run_goes_on() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let scene = scene(300).file("syncs.c", FAILING_SYNCS);
    let library = scene.path("syncs.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(scene.path("syncs.c"))
        .arg("-ldl");
    let Ok(status) = compiler.status() else {
        missing("cc");
        return;
    };
    assert!(status.success());
    let mut counts = Vec::new();
    // At the freeze, at the first claim, and at commits on the way.
    for first in ["1", "2", "4", "12", "40"] {
        let library = library.to_str().unwrap();
        let smtp = relay.url();
        let set = [
            ("TIDINGS_MAIL__SMTP", smtp.as_str()),
            ("TIDINGS_MAIL__CONNECTIONS", "2"),
            ("LD_PRELOAD", library),
            ("FAILING_SYNC", first),
        ];
        let ran = scene.run_with(&["--at", MONDAY, "run"], &set);
        assert!(
            (1..3).contains(&ran.code) && ran.talk.contains("I/O error"),
            "{first}: {} {}",
            ran.code,
            ran.talk
        );
        assert_whole(&scene);
        counts.push(relay.count());
    }
    assert!(counts[4] > counts[0] && counts[4] < 301, "{counts:?}");
    assert_eq!(run(&scene, MONDAY, &relay).code, 0);
    check(&scene, &relay, 301);
}

#[test]
fn what_was_sent_is_written_down_though_no_more_can_be_claimed() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(20)));
    let scene = scene(1500);
    let down = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    assert_eq!(scene.run_with(&["--at", MONDAY, "run"], &down).code, 1);
    let mail = toml::from_str(&format!("smtp = \"{}\"", relay.url())).unwrap();
    // On one thread, and without a farewell, nothing is written that was not waited for.
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let url = StoreUrl::Sqlite(scene.path("tidings.db"));
        let store = Store::open(&url, Access::Write, MONDAY.parse().unwrap()).await.unwrap();
        let text = "CREATE TRIGGER no_claim BEFORE UPDATE ON delivery WHEN old.owner IS NULL AND new.owner IS NOT NULL \
                    AND EXISTS (SELECT 1 FROM delivery WHERE state = 2) BEGIN SELECT RAISE(ABORT, 'no more'); END";
        connect(&scene).await.execute(text).await.unwrap();
        let failed = deliver(&store, &mail, MONDAY).await.unwrap_err();
        assert!(failed.to_string().contains("no more"), "{failed}");
    });
    let told = scene.status();
    assert_eq!(
        (&told["counts"]["sending"], &told["counts"]["sent"]),
        (&0.into(), &relay.count().into()),
        "{told}"
    );
}

#[test]
fn a_clock_that_jumps_a_day_loses_nobody_and_repeats_nothing() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let mut readers: Vec<String> = (0..20).map(|n| format!("reader{n}@x.example")).collect();
    readers.push("later@x.example".to_owned());
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &format!("email\n{}\n", readers.join("\n")));
    scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    assert_eq!(run(&scene, MONDAY, &relay).code, 1);
    assert_eq!(relay.count(), 21);
    // A day back: who is deferred waits, the slot of the day before is not filled once more.
    let back = run(&scene, "2024-06-23T08:00:05+02:00", &relay);
    assert!(back.code < 2, "{}", back.talk);
    // A day ahead: due again, and nobody else.
    let ahead = run(&scene, "2024-06-25T08:00:05+02:00", &relay);
    ahead.fails_with(1);
    let again = run(&scene, MONDAY, &relay);
    assert!(again.code < 2, "{}", again.talk);
    assert_eq!(relay.taken().len(), 21);
    let told = scene.status();
    assert_eq!(
        (&told["counts"]["sent"], &told["counts"]["queued"]),
        (&21.into(), &1.into())
    );
    assert_eq!(told["missed"][0]["attempts"], 2);
    // A day back while it is frozen and not sent.
    let second = scene.post("two.md", "Two", "2024-06-26");
    let down = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    assert_eq!(
        second
            .run_with(&["--at", "2024-07-01T08:00:05+02:00", "run"], &down)
            .code,
        1
    );
    assert!(run(&second, "2024-06-30T08:00:05+02:00", &relay).code < 2);
    assert!(run(&second, "2024-07-01T09:00:05+02:00", &relay).code < 2);
    assert_eq!(relay.taken().len(), 42);
    assert_whole(&second);
}

#[test]
fn a_folder_that_cannot_be_read_is_named_and_the_others_are_read() {
    const DEEP: &str = "import os\nfor i in range(20): os.mkdir('d' * 250); os.chdir('d' * 250)";
    let scene = Scene::new().post("tea.md", "Tea", "2024-05-01");
    let mut python = std::process::Command::new("python3");
    let Ok(status) = python
        .args(["-c", DEEP])
        .current_dir(scene.path("post"))
        .status()
    else {
        missing("python3");
        return;
    };
    assert!(status.success());
    let ran = scene.run(&["--at", "2024-06-24T12:00:00Z", "build"]);
    assert!(
        ran.code == 1 && ran.talk.contains("its posts are left out"),
        "{}",
        ran.talk
    );
    assert!(scene.read("public/atom.xml").contains("<title>Tea</title>"));
}
