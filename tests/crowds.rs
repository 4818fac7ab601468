//! Crowds at the door: random requests, sign-ups for one address, from one network, and for many addresses.
//!
//! `TIDINGS_REQUESTS` and `TIDINGS_SIGNUPS` say how many; what a large number needs is printed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sqlx::{Connection, SqliteConnection};

use crate::http::Service;
use crate::scene::{MONDAY, Scene};

fn number(name: &str, otherwise: usize) -> usize {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| text.parse().unwrap())
}

/// A small generator of numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % below
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.next(words.len())]
    }
}

fn site(join: &str) -> Scene {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let config = scene
        .read("config.toml")
        .replace("to = [\"editor@hums.example\"]\n", "");
    let scene = scene.file(
        "config.toml",
        &format!(
            "{config}[web]\nurl = \"https://news.hums.example/\"\nproxies = [\"127.0.0.1\"]\n[join]\n{join}"
        ),
    );
    scene.run_at(MONDAY, &["run"]);
    scene
}

/// Says requests one after the other on one connection, and reads the status of each answer.
struct Client {
    address: String,
    stream: Option<TcpStream>,
}

impl Client {
    fn new(service: &Service) -> Self {
        Self {
            address: service.address.clone(),
            stream: None,
        }
    }

    /// The status of the answer; none where the connection was closed instead.
    fn say(&mut self, request: &[u8]) -> Option<u16> {
        let mut stream = self.stream.take().unwrap_or_else(|| {
            let stream = TcpStream::connect(&self.address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            stream
        });
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let mut chunk = [0; 8192];
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match stream.read(&mut chunk) {
                Ok(size) if size > 0 => bytes.extend_from_slice(&chunk[..size]),
                _ => return None,
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        let is_head = request.starts_with(b"HEAD");
        while !is_head && bytes.len() < end + 4 + length {
            match stream.read(&mut chunk) {
                Ok(size) if size > 0 => bytes.extend_from_slice(&chunk[..size]),
                _ => break,
            }
        }
        let goes_on = length > 0 || status == 204 || status == 304;
        if goes_on && !head.contains("connection: close") && !is_head {
            self.stream = Some(stream);
        }
        Some(status)
    }
}

fn memory_kilobytes(service: &Service) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", service.running.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.unwrap().split_whitespace().nth(1).unwrap();
    words.parse().unwrap()
}

fn count(scene: &Scene, from: &str) -> i64 {
    let address = format!("sqlite://{}", scene.path("tidings.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&address).await.unwrap();
        let text = format!("SELECT COUNT(*) FROM {from}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(text))
            .fetch_one(&mut connection)
            .await
            .unwrap()
    })
}

/// A request that a program at odds with the world would make.
fn odd_request(random: &mut Random, tokens: &[String]) -> Vec<u8> {
    const METHODS: &[&str] = &[
        "GET", "GET", "GET", "HEAD", "POST", "POST", "POST", "POST", "PUT", "OPTIONS", "DELETE",
        "TRACE", "CONNECT", "get", "",
    ];
    const PARTS: &[&str] = &[
        "/",
        "/subscribe",
        "/confirm/",
        "/unsubscribe/",
        "/preferences/",
        "/undo",
        "/address",
        "/data",
        "/forget",
        "/healthz",
        "/atom.xml",
        "/issues/",
        "..",
        "%2e",
        "%2f",
        "%00",
        "%ff",
        "\\",
        "?",
        "#",
        "//",
        "é",
        "a",
        "%",
        "/feeds.html",
        "*",
        "http://evil.example/",
        ";",
        "'",
        "\"",
        "<b>",
        "=",
        "&",
    ];
    const HEADERS: &[&str] = &[
        "Origin: null",
        "Origin: https://evil.example",
        "Sec-Fetch-Site: same-origin",
        "Range: bytes=0-",
        "Range: bytes=9-1,2",
        "If-None-Match: *",
        "If-Modified-Since: x",
        "Accept-Encoding: br;q=x, gzip",
        "X-Forwarded-For: tea, 192.0.2.1",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: application/x-www-form-urlencoded",
        "Expect: 100-continue",
        "Transfer-Encoding: chunked",
        "Connection: upgrade",
        "Upgrade: h2c",
        "Cookie: a=b",
        "Host: evil.example",
        "X: \u{7f}",
    ];
    const FIELDS: &[&str] = &[
        "email=",
        "a%40x.example",
        "&digest=weekly",
        "&digest=",
        "&website=x",
        "&time=9",
        "&until=2024-07-01",
        "&until=x",
        "sure=yes",
        "%",
        "%00",
        "%0d%0aBcc:x",
        "&&&",
        "=",
        "é",
        "List-Unsubscribe=One-Click",
        "--x\r\n\r\n--x--",
    ];
    let mut path = "/".to_owned();
    for _ in 0..random.next(5) {
        path.push_str(random.of(PARTS));
        if random.next(3) == 0 {
            path.push_str(&tokens[random.next(tokens.len())]);
        }
    }
    if random.next(200) == 0 {
        path.push_str(&"a".repeat(20_000));
    }
    let mut body = String::new();
    for _ in 0..random.next(6) {
        body.push_str(random.of(FIELDS));
    }
    if random.next(500) == 0 {
        body.push_str(&"x".repeat(70_000));
    }
    let mut head = format!("{} {path} HTTP/1.1\r\n", random.of(METHODS));
    if random.next(20) > 0 {
        head.push_str("Host: news.hums.example\r\n");
    }
    for _ in 0..random.next(4) {
        head.push_str(random.of(HEADERS));
        head.push_str("\r\n");
    }
    let length = match random.next(30) {
        0 => body.len() / 2,
        _ => body.len(),
    };
    head.push_str(&format!("Content-Length: {length}\r\n\r\n"));
    [head.as_bytes(), body.as_bytes()].concat()
}

#[test]
fn random_requests_never_end_with_a_fault_of_the_service() {
    let requests = number("TIDINGS_REQUESTS", 3000);
    let scene = site("");
    scene.run_at(MONDAY, &["subscriber", "add", "ada@x.example"]);
    let mut tokens = vec!["x".to_owned(), "A".repeat(55)];
    // Links that permit something, since they lead deeper.
    scene.run_at(
        MONDAY,
        &["digest", "weekly", "--posts", "one.md", "--again", "--yes"],
    );
    for name in scene.names("outbox") {
        let mail = scene
            .read(&format!("outbox/{name}"))
            .replace("=\n", "")
            .replace("=\r\n", "");
        for page in ["unsubscribe/", "preferences/"] {
            let rest = mail.split(page).nth(1).unwrap();
            let token: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
                .collect();
            tokens.push(token);
        }
    }
    assert!(tokens.len() >= 4, "{tokens:?}");
    let service = Service::start(&scene, &["--at", MONDAY]);
    let mut client = Client::new(&service);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut seen: BTreeMap<Option<u16>, usize> = BTreeMap::new();
    let begun = Instant::now();
    for _ in 0..requests {
        let request = odd_request(&mut random, &tokens);
        let status = client.say(&request);
        assert_ne!(status, Some(500), "{}", String::from_utf8_lossy(&request));
        *seen.entry(status).or_default() += 1;
    }
    println!(
        "{requests} requests in {:.1} s, {} KB: {seen:?}",
        begun.elapsed().as_secs_f64(),
        memory_kilobytes(&service)
    );
    assert!(seen.len() > 5, "{seen:?}");
    let health = service.get("/healthz");
    assert_eq!(health.status, 200, "{}", health.text());
}

/// Says so many sign-ups, each with its address and the network from which it comes, and waits until nothing more changes.
fn sign_up(
    scene: &Scene,
    service: &Service,
    count_of: usize,
    of: impl Fn(usize) -> (String, String),
) -> Duration {
    let mut client = Client::new(service);
    let begun = Instant::now();
    for at in 0..count_of {
        let (email, from) = of(at);
        let body = format!("email={}&digest=weekly", email.replace('@', "%40"));
        let request = format!(
            "POST /subscribe HTTP/1.1\r\nHost: news.hums.example\r\nX-Forwarded-For: {from}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let status = client.say(request.as_bytes());
        assert!(
            matches!(status, Some(200 | 422 | 503)),
            "{status:?} {email}"
        );
    }
    let took = begun.elapsed();
    // The messages that are under way come to their end.
    let mut before = -1;
    loop {
        let now = count(scene, "event");
        if now == before {
            break;
        }
        before = now;
        std::thread::sleep(Duration::from_millis(700));
    }
    took
}

#[test]
fn a_crowd_that_signs_up_is_bounded_in_mails_rows_and_memory() {
    let size = number("TIDINGS_SIGNUPS", 1000);
    let network = |at: usize| format!("10.{}.{}.1", at / 250 % 250, at % 250);
    // One address, from many networks: one mail.
    let scene = site("per_hour = 1000000\nper_domain = 1000000\n");
    let service = Service::start(&scene, &["--at", MONDAY]);
    sign_up(&scene, &service, size.min(1000), |at| {
        let spelled = ["ada@x.example", "ADA@X.example", "Ada@x.EXAMPLE"][at % 3];
        (spelled.to_owned(), network(at))
    });
    assert_eq!(count(&scene, "reader"), 1);
    assert_eq!(count(&scene, "delivery"), 1);
    // One network: so many as the limit says.
    let many = (size * 10).min(10_000);
    sign_up(&scene, &service, many, |at| {
        (
            format!("b{at}@y{}.example", at % 50),
            format!("192.0.2.{}", at % 250),
        )
    });
    assert_eq!(count(&scene, "reader"), 1 + 20, "`per_network`");
    drop(service);
    // Many addresses from everywhere: so many as an hour takes, and nothing is kept of the others.
    let scene = site("");
    let service = Service::start(&scene, &["--at", MONDAY]);
    let calm = memory_kilobytes(&service);
    let took = sign_up(&scene, &service, size * 10, |at| {
        let odd = ["a,b", "\"a b\"", "a%0d%0aBcc", "é", "a+b", &"a".repeat(300)][at % 6].to_owned();
        match at % 10 {
            0 => (format!("{odd}{at}@odd.example"), network(at)),
            _ => (format!("c{at}@z{}.example", at % 1000), network(at)),
        }
    });
    let (readers, deliveries) = (count(&scene, "reader"), count(&scene, "delivery"));
    let (quotas, events) = (count(&scene, "quota"), count(&scene, "event"));
    let memory = memory_kilobytes(&service);
    println!(
        "{} sign-ups in {:.1} s: {readers} readers, {deliveries} mails, {events} events, {quotas} quotas, {calm} -> {memory} KB",
        size * 10,
        took.as_secs_f64()
    );
    assert!(
        readers <= 1000 && deliveries <= 1000,
        "{readers} {deliveries}"
    );
    assert!(events <= 2 * 1000 + 10, "{events}");
    assert!(memory < calm + 60_000, "{calm} -> {memory} KB");
    let injected =
        "reader WHERE address LIKE '%' || char(10) || '%' OR address LIKE '%' || char(13) || '%'";
    assert_eq!(count(&scene, injected), 0);
}
