//! A million readers: an import beside the plain insertion of the same rows, as a ratio measured in one run; what listing them,
//! looking at one of them, the owner's page and a monitor's look cost beside so many. `cargo bench --bench list`.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tokio::runtime::Runtime;

const READERS: usize = 1_000_000;
const DOMAINS: usize = 5_000;
/// How many rows a statement inserts, and how many a transaction, where they are inserted plainly.
const STATEMENT: usize = 100;
const TRANSACTION: usize = 50_000;

const CONFIG: &str = r#"
[site]
title = "Hums"
url = "https://hums.example/"
[[digest]]
name = "weekly"
schedule = "0 8 * * MON"
[mail]
from = "Hums <news@hums.example>"
"#;

/// The cost of a run of the program.
struct Took {
    time: Duration,
    /// The most memory it had, in MB.
    memory: f64,
}

fn run(site: &Path, arguments: &[&str]) -> Took {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(arguments)
        .current_dir(site)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut memory = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        memory = peak(child.id()).unwrap_or(memory);
        thread::sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{arguments:?}");
    Took {
        time: began.elapsed(),
        memory,
    }
}

/// The most memory that a process ever had, in MB; none where it has ended.
fn peak(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

fn address(reader: usize) -> String {
    // Neither sorted by address nor by domain.
    let domain = reader * 7_919 % DOMAINS;
    format!("reader{}@d{domain}.example", reader * 7_919 % READERS)
}

/// The rows that an import makes, into the tables of a store without readers.
async fn insert(file: &Path) {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let values = |columns: &str, row: &dyn Fn(usize) -> String| {
        let rows: Vec<String> = (0..STATEMENT).map(row).collect();
        format!("INSERT INTO {columns} VALUES {}", rows.join(","))
    };
    let readers = values("reader (id, fingerprint, address, name, state)", &|row| {
        let at = row * 4;
        format!("(${},${},${},${},'active')", at + 1, at + 2, at + 3, at + 4)
    });
    let subscriptions = values("subscription (digest, reader)", &|row| {
        format!("('weekly',${})", row + 1)
    });
    let events = values("event (reader, at, kind, detail)", &|row| {
        format!("(${},1719216000,'joined','active')", row + 1)
    });
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for from in (0..READERS).step_by(STATEMENT) {
        if from.is_multiple_of(TRANSACTION) {
            sqlx::query("BEGIN IMMEDIATE")
                .execute(&mut connection)
                .await
                .unwrap();
        }
        let mut ids = Vec::with_capacity(STATEMENT);
        let mut query = sqlx::query(AssertSqlSafe(readers.clone()));
        for reader in from..from + STATEMENT {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let id = i64::try_from(random >> 1).unwrap();
            ids.push(id);
            query = query
                .bind(id)
                .bind(format!("{random:016x}{:016x}", random.rotate_left(31)))
                .bind(address(reader))
                .bind(format!("Reader {reader}"));
        }
        query.execute(&mut connection).await.unwrap();
        for text in [&subscriptions, &events] {
            let mut query = sqlx::query(AssertSqlSafe(text.clone()));
            for id in &ids {
                query = query.bind(*id);
            }
            query.execute(&mut connection).await.unwrap();
        }
        if (from + STATEMENT).is_multiple_of(TRANSACTION) {
            sqlx::query("COMMIT")
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }
    connection.close().await.unwrap();
}

fn main() {
    let site = tempfile::tempdir().unwrap();
    let site = site.path();
    fs::create_dir(site.join("post")).unwrap();
    fs::write(site.join("config.toml"), CONFIG).unwrap();
    let mut list = "email,name\n".to_owned();
    for reader in 0..READERS {
        writeln!(list, "{},Reader {reader}", address(reader)).unwrap();
    }
    fs::write(site.join("million.csv"), list).unwrap();

    run(site, &["subscriber", "add", "first@x.example"]);
    let plain = site.join("plain.db");
    fs::copy(site.join("tidings.db"), &plain).unwrap();
    let began = Instant::now();
    Runtime::new().unwrap().block_on(insert(&plain));
    let inserted = began.elapsed();
    println!("insert  {:7.1} s", inserted.as_secs_f64());

    let import = ["subscriber", "import", "million.csv", "--confirmed"];
    let dry = run(site, &[&import[..], &["--dry-run"]].concat());
    report("dry run", &dry);
    let imported = run(site, &import);
    report("import", &imported);
    let ratio = imported.time.as_secs_f64() / inserted.as_secs_f64();
    println!("import  {ratio:7.1} times the time of the plain insertion");
    report("again", &run(site, &import));
    for arguments in [
        &["subscriber", "list"][..],
        &["subscriber", "export"],
        &["subscriber", "show", "reader1@d1.example"],
        &["subscriber", "add", "last@x.example"],
    ] {
        let took = run(site, arguments);
        report(arguments[1], &took);
    }
    report("page", &run(site, &["status", "--html", "status.html"]));
    monitor(site);
}

/// A look at `/metrics` of a resident, from the request to the end of the answer.
fn monitor(site: &Path) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let config = format!("{CONFIG}[web]\nmetrics = \"{address}\"\n");
    fs::write(site.join("config.toml"), config).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(site)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    };
    // The first round of the schedule is over.
    thread::sleep(Duration::from_secs(5));
    let began = Instant::now();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let time = began.elapsed();
    assert!(
        answer.contains("tidings_readers{state=\"active\"} 100"),
        "{answer}"
    );
    let memory = peak(child.id()).unwrap_or_default();
    child.kill().unwrap();
    child.wait().unwrap();
    report("metrics", &Took { time, memory });
}

fn report(what: &str, took: &Took) {
    let (seconds, memory) = (took.time.as_secs_f64(), took.memory);
    println!("{what:7} {seconds:9.3} s {memory:6.0} MB");
}
