//! Sending, as ratios measured in one run: the engine beside a bare client that only writes the same bytes; the rate at a
//! round trip of 30 ms; claims and memory with a million recipients. `cargo bench --bench send`.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::{Connection, SqliteConnection};
use tidings::config::UncertainPolicy;
use tidings::inside::ledger::{DeliveryState, Issue};
use tidings::inside::store::{Access, Store};
use tokio::runtime::Runtime;

use support::{MONDAY, Ready, frozen, sink, store};

/// When the issue for a million is due.
const NEXT: &str = "2024-07-01T09:00:05+02:00";
const MESSAGES: u32 = 20_000;
/// How many of a million messages must have left before the memory is looked at, and how long that may take.
const SOME: u64 = 20_000;
const PATIENCE: Duration = Duration::from_mins(10);

/// The same bytes from as many connections, and nothing else.
async fn bare(port: u16, connections: u32, messages: u32, message: &[u8]) -> Duration {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut body = message.to_vec();
    body.extend_from_slice(b".\r\n");
    let body: Arc<[u8]> = body.into();
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let body = body.clone();
        tasks.spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut answer = [0; 1024];
            assert!(stream.read(&mut answer).await.unwrap() > 0);
            stream.write_all(b"EHLO bare\r\n").await.unwrap();
            assert!(stream.read(&mut answer).await.unwrap() > 0);
            for _ in 0..messages / connections {
                let envelope = b"MAIL FROM:<news@hums.example> SIZE=30000\r\nRCPT TO:<reader@x.example>\r\nDATA\r\n";
                stream.write_all(envelope).await.unwrap();
                assert!(stream.read(&mut answer).await.unwrap() > 0);
                stream.write_all(&body).await.unwrap();
                assert!(stream.read(&mut answer).await.unwrap() > 0);
            }
        });
    }
    tasks.join_all().await;
    began.elapsed()
}

/// A million readers, made by the database itself.
async fn a_million(site: &Path) {
    let file = site.join("tidings.db");
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    for text in [
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) INSERT INTO reader \
         (id, fingerprint, address, name, language, state) SELECT abs(random()), 'f' || x, 'm' || x || '@x.example', \
         NULL, NULL, 'active' FROM n",
        "INSERT INTO subscription (digest, reader) SELECT 'weekly', id FROM reader WHERE fingerprint LIKE 'f%' \
         AND address LIKE 'm%'",
    ] {
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// The most memory that a process ever had, in MB.
fn peak(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}

/// Waits until so many messages of the issue for a million have left; the issue, and how many have.
///
/// # Panics
/// If the program ends before, or nothing comes of it.
async fn until_sent(site: &Path, child: &mut Child, wanted: u64) -> (Issue, u64) {
    let at: DateTime<Utc> = NEXT.parse().unwrap();
    let began = Instant::now();
    let store = Store::open(&store(site), Access::Read, at).await.unwrap();
    loop {
        assert!(child.try_wait().unwrap().is_none(), "the run has ended");
        assert!(began.elapsed() < PATIENCE, "no issue leaves");
        let issues = store.load_issues().await.unwrap();
        for issue in issues.into_iter().filter(|issue| issue.made_at == at) {
            let sent = store.count_deliveries(issue.id).await.unwrap()[DeliveryState::Sent];
            if sent >= wanted {
                return (issue, sent);
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// How long 20 claims take, each.
async fn claims(store: &Store) -> Duration {
    let at: DateTime<Utc> = NEXT.parse().unwrap();
    let sender = store
        .begin_sending(UncertainPolicy::Retry, at)
        .await
        .unwrap()
        .unwrap();
    let issue = store.load_issues().await.unwrap().remove(0);
    let began = Instant::now();
    for _ in 0..20 {
        let claimed = sender.claim(issue.id, 500, at).await.unwrap();
        assert_eq!(claimed.len(), 500);
    }
    let took = began.elapsed() / 20;
    sender.release(issue.id).await.unwrap();
    took
}

fn main() {
    let runtime = Runtime::new().unwrap();
    // `cargo bench --bench send -- bare` runs the one part.
    let part = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let is_asked = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if is_asked("bare") {
        beside_a_bare_client(&runtime);
    }
    if is_asked("far") {
        over_a_long_way(&runtime);
    }
    if is_asked("million") {
        with_a_million(&runtime);
    }
}

fn beside_a_bare_client(runtime: &Runtime) {
    let rate = |took: Duration| f64::from(MESSAGES) / took.as_secs_f64();

    let port = sink(Duration::ZERO);
    let site = frozen(MESSAGES);
    let ready = runtime.block_on(Ready::open(site.path(), port, 16, None));
    let message = ready.fill();
    let took = runtime.block_on(ready.send());
    let alone = runtime.block_on(bare(port, 16, MESSAGES, &message));
    println!(
        "{} bytes a message, 16 connections on loopback, SQLite with synchronous=FULL:",
        message.len()
    );
    println!(
        "  bare client {:.0}/s, with the ledger {:.0}/s: ratio {:.2}",
        rate(alone),
        rate(took),
        alone.as_secs_f64() / took.as_secs_f64()
    );
}

fn over_a_long_way(runtime: &Runtime) {
    let few = 3000_u32;
    let site = frozen(few);
    let port = sink(Duration::from_millis(30));
    let ready = runtime.block_on(Ready::open(site.path(), port, 32, None));
    let took = runtime.block_on(ready.send());
    // A message costs a round trip: its envelope goes out with the body before.
    let best = 32.0 / 0.030;
    let rate = f64::from(few) / took.as_secs_f64();
    println!(
        "30 ms a round trip, 32 connections: {rate:.0}/s of {best:.0}/s possible (wanted: 450)"
    );
}

fn with_a_million(runtime: &Runtime) {
    let site = frozen(1);
    let at: DateTime<Utc> = MONDAY.parse().unwrap();
    runtime.block_on(a_million(site.path()));
    let second = "---\ntitle: Second\ndate: 2024-06-02\n---\nSecond.\n";
    fs::write(site.path().join("post/second.md"), second).unwrap();
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["-q", "--at", NEXT, "run"])
        .current_dir(site.path())
        .env(
            "TIDINGS_MAIL__SMTP",
            format!("smtp://127.0.0.1:{}?tls=none", sink(Duration::ZERO)),
        )
        .spawn()
        .unwrap();
    // Frozen first, then sent: of both it takes memory.
    let (issue, sent) = runtime.block_on(until_sent(site.path(), &mut child, SOME));
    let most = peak(child.id());
    Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    child.wait().unwrap();
    let store = runtime
        .block_on(Store::open(&store(site.path()), Access::Write, at))
        .unwrap();
    println!(
        "a million recipients: {most:.0} MB at most (wanted: 100), {sent} sent within {:.0} s",
        began.elapsed().as_secs_f64()
    );

    let first = runtime.block_on(claims(&store));
    runtime.block_on(async {
        let file = site.path().join("tidings.db");
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        let text = "UPDATE delivery SET state = 2 WHERE issue = $1 AND state = 0 AND reader NOT IN \
             (SELECT reader FROM delivery WHERE issue = $1 AND state = 0 ORDER BY due_at DESC, reader DESC LIMIT 20000)";
        sqlx::query(text).bind(issue.id.number()).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let last = runtime.block_on(claims(&store));
    println!(
        "a claim of 500: {first:.1?} at the start, {last:.1?} at the end: ratio {:.2}",
        last.as_secs_f64() / first.as_secs_f64()
    );
}
