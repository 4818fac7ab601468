//! `serve` beside nginx on the same files, as ratios measured in one run: answers a second over 50 connections to who has
//! the feed (304) and to who has not (50 KB). Then the memory with 500 connections, how many people may join in a second, and
//! whether the time of an answer tells why a token is refused. Each part prints its figures as it ends; all of them take some
//! two minutes. `cargo bench --bench serve`; without nginx it says so and measures the rest.

#[path = "support/relay.rs"]
mod relay;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use tidings::inside::token::{Claim, Key, Purpose};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

use relay::sink;

const CONNECTIONS: usize = 50;
const MANY: usize = 500;
const ROUND: Duration = Duration::from_secs(4);
/// Each server is asked so often, in turn; its best round counts.
const ROUNDS: usize = 3;
const JOINING: usize = 5_000;
/// How often each kind of token is shown.
const SHOWN: usize = 1_000;
/// How long anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that ends with the bench.
struct Server {
    child: Child,
    port: u16,
    /// Where nginx has its config. Its workers outlive a master that is killed, and would keep the bench's output open for
    /// whoever reads it to its end.
    nginx: Option<PathBuf>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = self.nginx.as_deref().map(|folder| {
            let stop = nginx(folder).args(["-s", "stop"]).status();
            stop.is_ok_and(|status| status.success())
        });
        if stopped != Some(true) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// nginx with the config in this folder, silent.
fn nginx(folder: &Path) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder);
    command.arg("-c").arg(folder.join("nginx.conf"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// A connection on which nothing is waited for without end.
fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn make_site(site: &Path, relay: u16) {
    let sentence = "The daemon hums in the cellar while the kettle waits for the morning shift. ";
    fs::create_dir(site.join("post")).unwrap();
    let post = format!(
        "---\ntitle: Long\ndate: 2024-06-01\n---\n{}\n",
        sentence.repeat(680)
    );
    fs::write(site.join("post/long.md"), post).unwrap();
    let config = format!(
        "[site]\ntitle = \"Hums\"\nurl = \"https://hums.example/\"\nrequire_live = false\n\
         [[digest]]\nname = \"weekly\"\nschedule = \"0 8 * * MON\"\n\
         [mail]\nfrom = \"Hums <news@hums.example>\"\nsmtp = \"smtp://127.0.0.1:{relay}?tls=none\"\n\
         [join]\nper_hour = 1000000\nper_domain = 1000000\nper_network = 1000000\n\
         [web]\nurl = \"https://news.hums.example/\"\n"
    );
    fs::write(site.join("config.toml"), config).unwrap();
}

fn start_ours(site: &Path) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(site)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let (_, port) = line
        .trim_end()
        .trim_end_matches('/')
        .rsplit_once(':')
        .unwrap();
    // Its results are read, so that it never waits for that.
    thread::spawn(move || io::copy(&mut out, &mut io::sink()));
    Server {
        port: port.parse().unwrap(),
        child,
        nginx: None,
    }
}

/// nginx with these files and as many workers as cores, without a log of requests; none where it is not installed.
fn start_nginx(site: &Path) -> Option<Server> {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let folder = site.join("nginx");
    fs::create_dir(&folder).unwrap();
    let user = if is_root() { "user root;" } else { "" };
    let config = format!(
        "daemon off; {user} worker_processes auto; pid nginx.pid; error_log stderr;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;\n\
         types {{ application/atom+xml atom; text/xml xml; }}\n\
         client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
         server {{ listen 127.0.0.1:{port}; root {}; }} }}\n",
        site.join("public").display()
    );
    fs::write(folder.join("nginx.conf"), config).unwrap();
    let server = match nginx(&folder).spawn() {
        Ok(child) => Server {
            child,
            port,
            nginx: Some(folder),
        },
        Err(error) => {
            println!("nginx   not measured: {error}");
            return None;
        }
    };
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "nginx does not listen"
        );
        thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

/// One request on a connection of its own: the head of the answer.
fn ask(port: u16, headers: &str) -> String {
    let mut stream = connect(port);
    let request = format!(
        "GET /atom.xml HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    head.to_owned()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// Answers a second of this server to this request, over all connections at once.
fn rate(port: u16, request: &str, length: usize) -> f64 {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let begun = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let request = request.as_bytes().to_vec();
            clients.spawn(async move {
                let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
                    .await
                    .unwrap();
                stream.set_nodelay(true).unwrap();
                let mut block = vec![0; 64 << 10];
                let mut answers = 0_u32;
                while begun.elapsed() < ROUND {
                    stream.write_all(&request).await.unwrap();
                    let mut left = length;
                    while left > 0 {
                        let read = stream.read(&mut block).await.unwrap();
                        assert!(read > 0 && read <= left, "another answer");
                        left -= read;
                    }
                    answers += 1;
                }
                answers
            });
        }
        let answers: u32 = clients.join_all().await.into_iter().sum();
        f64::from(answers) / begun.elapsed().as_secs_f64()
    })
}

/// A request and the length of what is answered to it, head and body.
fn measured(port: u16, is_known: bool) -> (String, usize) {
    let whole = ask(port, "");
    let known = header(&whole, "etag").expect("a tag");
    let headers = match is_known {
        true => format!("If-None-Match: {known}\r\n"),
        false => String::new(),
    };
    let request = format!("GET /atom.xml HTTP/1.1\r\nHost: news.hums.example\r\n{headers}\r\n");
    let mut stream = connect(port);
    stream.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut block) = (Vec::new(), vec![0; 64 << 10]);
    let end = loop {
        let read = stream.read(&mut block).unwrap();
        assert!(read > 0, "no whole answer");
        answer.extend_from_slice(&block[..read]);
        if let Some(at) = answer.windows(4).position(|octets| octets == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let expected = if is_known { " 304 " } else { " 200 " };
    assert!(head.lines().next().unwrap().contains(expected), "{head}");
    let body = match is_known {
        true => 0,
        false => header(&head, "content-length").unwrap().parse().unwrap(),
    };
    assert!(is_known || body > 50_000, "{head}");
    (request, end + body)
}

fn compare(ours: &Server, nginx: Option<&Server>) {
    for (what, is_known) in [("304", true), ("50 KB", false)] {
        let servers = [Some(ours), nginx];
        let mut best = [0.0_f64; 2];
        for _ in 0..ROUNDS {
            for (server, best) in servers.iter().zip(&mut best) {
                let Some(server) = server else { continue };
                let (request, length) = measured(server.port, is_known);
                *best = best.max(rate(server.port, &request, length));
            }
        }
        let [ours, nginx] = best;
        println!("{what:7} {ours:9.0} a second");
        if nginx > 0.0 {
            println!(
                "nginx   {nginx:9.0} a second; ours {:.2} of it",
                ours / nginx
            );
        }
    }
}

/// The most memory that a process ever had, in MB.
fn peak(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}

fn hold_many(ours: &Server) {
    let (request, length) = measured(ours.port, false);
    let mut open = Vec::new();
    for _ in 0..MANY {
        let mut stream = connect(ours.port);
        stream.write_all(request.as_bytes()).unwrap();
        open.push(stream);
    }
    let mut answer = vec![0; length];
    for stream in &mut open {
        stream.read_exact(&mut answer).unwrap();
    }
    println!(
        "memory  {:9.1} MB at {MANY} connections",
        peak(ours.child.id())
    );
}

/// People who fill in the form, from all connections at once, until all of them are in the store. Their letters leave
/// meanwhile.
fn join(site: &Path, port: u16) {
    let begun = Instant::now();
    thread::scope(|scope| {
        for client in 0..CONNECTIONS {
            scope.spawn(move || {
                for person in (client..JOINING).step_by(CONNECTIONS) {
                    assert!(begun.elapsed() < PATIENCE, "so many cannot join");
                    let body = format!("email=reader{person}@d{}.example", person % 200);
                    let mut stream = connect(port);
                    let head = format!(
                        "POST /subscribe HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n\
                         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
                        body.len()
                    );
                    stream.write_all((head + &body).as_bytes()).unwrap();
                    let mut answer = String::new();
                    stream.read_to_string(&mut answer).unwrap();
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                }
            });
        }
    });
    let joined = wait_for(site, "delivery", JOINING).expect("not all are in the store");
    report("join", joined - begun);
    match wait_for(site, "delivery WHERE state = 2", JOINING) {
        Some(sent) => report("letters", sent - begun),
        None => println!("letters not all have left within a minute"),
    }
}

/// How many of those who join are done in a second.
fn report(what: &str, took: Duration) {
    let all = u32::try_from(JOINING).unwrap();
    println!(
        "{what:7} {:9.0} a second",
        f64::from(all) / took.as_secs_f64()
    );
}

/// When so many rows are there; none where they do not come.
fn wait_for(site: &Path, from: &'static str, rows: usize) -> Option<Instant> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let row = ask_store(site, AssertSqlSafe(format!("SELECT COUNT(*) FROM {from}")));
        let count: i64 = row.get(0);
        if usize::try_from(count).unwrap() >= rows {
            return Some(Instant::now());
        }
        thread::sleep(Duration::from_millis(50));
    }
    None
}

/// The first row of what the store answers.
fn ask_store(site: &Path, text: AssertSqlSafe<String>) -> SqliteRow {
    let file = format!("sqlite://{}", site.join("tidings.db").display());
    Runtime::new().unwrap().block_on(async {
        let mut store = SqliteConnection::connect(&file).await.unwrap();
        let row = sqlx::query(text).fetch_one(&mut store).await.unwrap();
        store.close().await.unwrap();
        row
    })
}

/// The key that signs the links of this store.
fn link_key(site: &Path) -> Key {
    let text = "SELECT number, key FROM secret WHERE purpose = 'link'".to_owned();
    let row = ask_store(site, AssertSqlSafe(text));
    Key::from_text(row.get::<i64, _>("number").into(), row.get("key")).unwrap()
}

/// Somebody who was asked so long ago that their link is valid no more.
fn find_late(site: &Path) -> Claim {
    let text = "UPDATE event SET at = at - 400000 WHERE rowid = (SELECT MIN(rowid) FROM event WHERE kind = 'asked') \
                RETURNING reader, issue";
    let row = ask_store(site, AssertSqlSafe(text.to_owned()));
    Claim {
        purpose: Purpose::Confirm,
        reader: row.get::<i64, _>("reader").into(),
        issue: row.get::<i64, _>("issue").into(),
    }
}

/// Tokens that are refused, each for its own reason. Where the reason could be seen in the time of the answer, whoever
/// tries tokens would learn something.
fn refuse(site: &Path, port: u16) {
    let key = link_key(site);
    let claim = |purpose| Claim {
        purpose,
        reader: 7.into(),
        issue: 7.into(),
    };
    let signed = key.sign(&claim(Purpose::Confirm));
    let mut forged = signed.clone().into_bytes();
    forged.swap(45, 46);
    // A character that an address may have.
    forged[47] = if forged[47] == b'A' { b'B' } else { b'A' };
    let tokens = [
        ("forged", String::from_utf8(forged).unwrap()),
        ("cut off", signed[..40].to_owned()),
        (
            "foreign",
            Key::generate(key.number()).sign(&claim(Purpose::Confirm)),
        ),
        (
            "of no key",
            Key::generate(77.into()).sign(&claim(Purpose::Confirm)),
        ),
        ("to leave", key.sign(&claim(Purpose::Leave))),
        ("of nobody", signed),
        ("expired", key.sign(&find_late(site))),
    ];
    let mut took = vec![Vec::with_capacity(SHOWN); tokens.len()];
    let mut answers = vec![String::new(); tokens.len()];
    for _ in 0..SHOWN {
        for (at, (_, token)) in tokens.iter().enumerate() {
            let mut stream = connect(port);
            let request = format!(
                "GET /confirm/{token} HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n\r\n"
            );
            let begun = Instant::now();
            stream.write_all(request.as_bytes()).unwrap();
            answers[at].clear();
            stream.read_to_string(&mut answers[at]).unwrap();
            took[at].push(begun.elapsed());
        }
    }
    let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    let mut first = None;
    for (((what, _), mut took), answer) in tokens.iter().zip(took).zip(&answers) {
        took.sort_unstable();
        let median = took[SHOWN / 2].as_secs_f64() * 1e6;
        let first = *first.get_or_insert(median);
        assert_eq!(body(answer), body(&answers[0]), "{what}");
        println!(
            "token   {median:9.0} µs {what}; {:.2} of a forged one",
            median / first
        );
    }
}

fn main() {
    let relay = sink(Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path();
    make_site(site, relay);
    let ours = start_ours(site);
    let begun = Instant::now();
    while !site.join("public/atom.xml").exists() {
        assert!(begun.elapsed() < PATIENCE, "no feed is built");
        thread::sleep(Duration::from_millis(50));
    }
    // The first round of the schedule is over.
    thread::sleep(Duration::from_secs(2));
    hold_many(&ours);
    let nginx = start_nginx(site);
    compare(&ours, nginx.as_ref());
    join(site, ours.port);
    refuse(site, ours.port);
}
