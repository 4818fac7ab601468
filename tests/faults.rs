//! The store in trouble: a full disk, a locked database, a clock that jumps. An error or a wait, then a correct ledger.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::DateTime;
use sqlx::{Connection, Executor, Row, SqliteConnection};
use tidings::config::StoreUrl;
use tidings::inside::store::{Access, Store};

use crate::copies::{NEXT, Site};
use crate::program::missing;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Ran, Scene};
use crate::wire::deliver;

fn scene(readers: usize) -> Scene {
    let people: Vec<String> = (0..readers)
        .map(|n| format!("reader{n}@x.example"))
        .collect();
    let people = format!("email\n{}\n", people.join("\n"));
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", &people);
    scene.run_at(
        MONDAY,
        &["subscriber", "import", "people.csv", "--confirmed"],
    );
    scene
}

fn run(scene: &Scene, at: &str, relay: &Relay) -> Ran {
    scene.run_with(
        &["--at", at, "run"],
        &[
            ("TIDINGS_MAIL__SMTP", &relay.url()),
            ("TIDINGS_MAIL__CONNECTIONS", "2"),
        ],
    )
}

/// Says this to the database of the scene, over a connection of its own.
async fn connect(scene: &Scene) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", scene.path("tidings.db").display()))
        .await
        .unwrap()
}

fn assert_whole(scene: &Scene) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let word: String = runtime.block_on(async {
        let mut connection = connect(scene).await;
        sqlx::query("PRAGMA integrity_check")
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0)
    });
    assert_eq!(word, "ok");
}

/// The database is whole, everyone has the issue, and who has it twice was listed.
fn check(scene: &Scene, relay: &Relay, readers: usize) {
    assert_whole(scene);
    let told = scene.status();
    assert_eq!(
        (&told["counts"]["sent"], &told["state"]),
        (&readers.into(), &"done".into()),
        "{told}"
    );
    let listed: Vec<&str> = told["uncertain"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["email"].as_str())
        .collect();
    let mut taken: Vec<String> = relay
        .taken()
        .into_iter()
        .map(|(recipient, _)| recipient)
        .collect();
    taken.sort();
    let all = taken.len();
    for pair in taken.windows(2).filter(|pair| pair[0] == pair[1]) {
        assert!(
            listed.contains(&pair[0].as_str()),
            "{} has it twice and is not listed",
            pair[0]
        );
    }
    taken.dedup();
    assert_eq!(taken.len(), readers, "{all} messages");
}

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
fn a_locked_database_is_waited_for_and_in_the_end_an_error() {
    let relay = Relay::start(Habits::good(true, Duration::from_millis(10)));
    let scene = scene(300);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    thread::scope(|scope| {
        let sending = scope.spawn(|| run(&scene, MONDAY, &relay));
        let began = Instant::now();
        while relay.count() < 50 && began.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(2));
        }
        // Another program holds it for some seconds.
        runtime.block_on(async {
            let mut connection = connect(&scene).await;
            connection
                .execute("PRAGMA busy_timeout = 20000")
                .await
                .unwrap();
            connection.execute("BEGIN EXCLUSIVE").await.unwrap();
            let held = relay.count();
            tokio::time::sleep(Duration::from_secs(2)).await;
            assert!(
                relay.count() <= held + 4,
                "what the ledger does not hold is not sent"
            );
            connection.execute("ROLLBACK").await.unwrap();
        });
        let ran = sending.join().unwrap();
        ran.succeeds();
    });
    check(&scene, &relay, 301);
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

#[test]
fn a_locked_database_is_said_after_a_while_and_waited_for() {
    for arguments in [
        &["subscriber", "add", "late@x.example"][..],
        &["run"],
        &["digest", "weekly"],
        &["digest", "weekly", "--reset-slot"],
    ] {
        Site::on_both("held", |site| {
            site.post("one.md", "One", "2024-06-01");
            site.add("reader@x.example");
            site.expect(MONDAY, &["run"]);
            site.post("two.md", "Two", "2024-06-25");
            let file = site.scene.path("tidings.db");
            let (url, hold, waits_for) = match &site.database {
                Some(database) => (
                    database.url(),
                    "BEGIN; LOCK TABLE reader, digest, issue, delivery IN EXCLUSIVE MODE",
                    "waiting for the database server of postgres://",
                ),
                None => (
                    format!("sqlite://{}", file.display()),
                    "BEGIN IMMEDIATE",
                    "waiting for another program that holds tidings.db",
                ),
            };
            let runtime = tokio::runtime::Runtime::new().unwrap();
            sqlx::any::install_default_drivers();
            let mut holder = runtime
                .block_on(sqlx::AnyConnection::connect(&url))
                .unwrap();
            let tell = |text: &'static str| sqlx::raw_sql(text);
            runtime.block_on(holder.execute(tell(hold))).unwrap();
            let mut command = site.scene.command(&["--at", NEXT]);
            if let Some(database) = &site.database {
                command.env("TIDINGS_STORE__URL", database.url());
            }
            let mut waiting = command
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
            let is_it = |line: &String| line.starts_with(waits_for);
            let line = said.by_ref().map_while(Result::ok).find(is_it);
            assert!(line.is_some(), "{arguments:?}: {waits_for}");
            runtime.block_on(holder.execute(tell("COMMIT"))).unwrap();
            let others = said.map_while(Result::ok).filter(is_it).count();
            assert_eq!(others, 0, "it is said once");
            assert!(waiting.wait().unwrap().success(), "{arguments:?}");
        });
    }
}

#[test]
fn a_reading_that_a_lock_on_the_server_holds_up_is_said_too() {
    Site::on_both("read", |site| {
        site.post("one.md", "One", "2024-06-01");
        site.add("reader@x.example");
        site.expect(MONDAY, &["run"]);
        // Whoever reads a file of SQLite waits for nobody.
        let Some(database) = &site.database else {
            return;
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        sqlx::any::install_default_drivers();
        for arguments in [&["subscriber", "list"][..], &["status"]] {
            let url = database.url();
            let connected = sqlx::AnyConnection::connect(&url);
            let mut holder = runtime.block_on(connected).unwrap();
            let hold = sqlx::raw_sql("BEGIN; LOCK TABLE reader, delivery");
            runtime.block_on(holder.execute(hold)).unwrap();
            let mut waiting = site
                .scene
                .command(&["--at", NEXT])
                .env("TIDINGS_STORE__URL", database.url())
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
            let line = said.next().and_then(Result::ok).unwrap_or_default();
            assert!(
                line.starts_with("waiting for the database server of postgres://"),
                "{arguments:?}: {line}"
            );
            let release = sqlx::raw_sql("COMMIT");
            runtime.block_on(holder.execute(release)).unwrap();
            assert!(waiting.wait().unwrap().success(), "{arguments:?}");
        }
    });
}

#[test]
fn an_error_of_the_store_is_said_once_with_its_file_and_what_helps() {
    for (spoil, words, hint) in [
        (
            &(|file: &Path| fs::write(file, "no database at all, but long enough").unwrap())
                as &dyn Fn(&Path),
            "file is not a database",
            "bring back a copy",
        ),
        (
            &|file: &Path| {
                fs::remove_file(file).unwrap();
                fs::create_dir(file).unwrap();
            },
            "is a directory",
            "`url` under [store]",
        ),
        (
            &|file: &Path| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                let address = format!("sqlite://{}", file.display());
                runtime.block_on(async {
                    let mut connection = SqliteConnection::connect(&address).await.unwrap();
                    connection.execute("DROP TABLE subscription").await.unwrap();
                });
            },
            "no such table: subscription",
            "",
        ),
    ] {
        let scene = scene(1);
        let config = scene.read("config.toml");
        let scene = scene.file("site.toml", &config);
        spoil(&scene.path("tidings.db"));
        let arguments = ["--config", "site.toml", "subscriber", "add", "a@x.example"];
        let ran = scene.run(&arguments);
        ran.fails_with(2);
        assert_eq!(ran.talk.matches(words).count(), 1, "{}", ran.talk);
        assert_eq!(ran.talk.matches("tidings.db").count(), 1, "{}", ran.talk);
        assert!(ran.talk.contains(hint), "{}", ran.talk);
        let ran = scene.run(&["run"]);
        assert!(
            ran.code == 2 && ran.talk.contains("tidings.db: ") && ran.talk.contains("the store"),
            "{}",
            ran.talk
        );
    }
    let ran = scene(1).run_with(
        &["subscriber", "list"],
        &[(
            "TIDINGS_STORE__URL",
            "postgres://news:hunter2@127.0.0.1:9/tidings",
        )],
    );
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("postgres://127.0.0.1:9/tidings: the store refuses: ")
            && ran.talk.contains("look whether the server runs")
            && !ran.talk.contains("hunter2"),
        "{}",
        ran.talk
    );
}

#[test]
fn a_second_connection_of_a_process_takes_no_lock_from_the_first() {
    let scene = scene(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = StoreUrl::Sqlite(scene.path("tidings.db"));
    let log = scene.path("tidings.db-wal");
    runtime.block_on(async {
        let now = DateTime::UNIX_EPOCH;
        let first = Store::open(&url, Access::Read, now).await.unwrap();
        let second = Store::open(&url, Access::Write, now).await.unwrap();
        let third = Store::open(&url, Access::Write, now).await.unwrap();
        third.pass_slot("weekly", 1).await.unwrap();
        // Whoever closes the database last removes its log; another program must see that it is not the last.
        let list = scene.run(&["subscriber", "add", "late@x.example"]);
        list.succeeds();
        assert!(log.exists(), "the log that is in use was removed");
        second.pass_slot("weekly", 2).await.unwrap();
        assert_eq!(first.last_slot("weekly").await.unwrap(), Some(2));
        for store in [first, second, third] {
            store.close().await;
        }
    });
    let reopened = runtime.block_on(async {
        let store = Store::open(&url, Access::Read, DateTime::UNIX_EPOCH)
            .await
            .unwrap();
        store.last_slot("weekly").await.unwrap()
    });
    assert_eq!(reopened, Some(2));
}
