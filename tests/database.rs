//! The same ledger on PostgreSQL, where `TIDINGS_TEST_POSTGRES` names a server that may make databases.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::Connection;

use crate::relay::{Habits, Relay};
use crate::scene::Scene;

const MONDAY: &str = "2024-06-24T08:00:05+02:00";

/// The address of a fresh database; none, said aloud, where there is no server.
fn fresh(name: &str) -> Option<String> {
    let Ok(server) = std::env::var("TIDINGS_TEST_POSTGRES") else {
        assert!(std::env::var("TIDINGS_TEST_ALL").is_err(), "TIDINGS_TEST_POSTGRES names no server");
        eprintln!("skipped: TIDINGS_TEST_POSTGRES names no server");
        return None;
    };
    let database = format!("tidings_{name}_{}", std::process::id());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}")))
            .execute(&mut connection)
            .await
            .unwrap();
    });
    let (base, _) = server.rsplit_once('/').unwrap();
    Some(format!("{base}/{database}"))
}

fn scene(store: &str, readers: usize) -> Scene {
    let people: Vec<String> = (0..readers).map(|n| format!("reader{n}@x.example")).collect();
    let scene =
        Scene::new().post("one.md", "One", "2024-06-01").file("people.csv", &format!("email\n{}\n", people.join("\n")));
    let ran = scene.run_with(
        &["--at", MONDAY, "subscriber", "import", "people.csv", "--confirmed"],
        &[("TIDINGS_STORE__URL", store)],
    );
    assert_eq!(ran.code, 0, "{}", ran.talk);
    scene
}

#[test]
fn several_senders_share_one_issue_and_one_of_them_is_killed_again_and_again() {
    let Some(store) = fresh("senders") else { return };
    let relay = Relay::start(Habits::good(true, Duration::from_millis(4)));
    let scene = scene(&store, 1500);
    let url = relay.url();
    let spawn = || {
        Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(["--at", MONDAY, "run"])
            .current_dir(scene.path(""))
            .env_clear()
            .env("TIDINGS_MAIL__SMTP", &url)
            .env("TIDINGS_MAIL__CONNECTIONS", "4")
            .env("TIDINGS_STORE__URL", &store)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let steady = spawn();
    let mut kills = 0;
    for _ in 0..3 {
        let mut victim = spawn();
        let (began, before) = (Instant::now(), relay.taken().len());
        while relay.taken().len() < before + 100 && began.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(5));
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        kills += 1;
    }
    let expect_success = |sender: Child| {
        let ended = sender.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    expect_success(steady);
    expect_success(spawn());
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    for (recipient, message) in relay.taken() {
        copies.entry(recipient).or_default().push(message);
    }
    assert_eq!(copies.len(), 1501, "nobody is lost");
    let status = scene.run_with(&["status"], &[("TIDINGS_STORE__URL", &store)]).out;
    assert!(status.contains("done") && status.contains("1501 sent"), "{status}");
    let repeated: Vec<_> = copies.iter().filter(|(_, messages)| messages.len() > 1).collect();
    assert!(repeated.len() <= 4 * kills, "{} repeats after {kills} kills", repeated.len());
    for (recipient, messages) in repeated {
        assert!(messages.windows(2).all(|pair| pair[0] == pair[1]), "{recipient}: the bytes differ");
        assert!(status.contains(&format!("{recipient}: may have it twice")), "{recipient}");
    }
}
