//! `/metrics` of the resident, read back as a monitor reads it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Answer, Service};
use crate::scene::Scene;

/// A service whose monitor asks at another address.
struct Monitored {
    service: Service,
    monitor: String,
}

impl Monitored {
    fn start(scene: &Scene) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let monitor = free.local_addr().unwrap().to_string();
        drop(free);
        let set = [("TIDINGS_WEB__METRICS", monitor.as_str())];
        let service = Service::start_with(scene, &[], &set);
        Self { service, monitor }
    }

    fn ask(&self, method: &str, path: &str) -> Answer {
        let mut stream = std::net::TcpStream::connect(&self.monitor).unwrap();
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        Service::hear(&mut stream)
    }

    fn scrape(&self) -> BTreeMap<String, String> {
        let answer = self.ask("GET", "/metrics");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let kind = answer.header("content-type");
        assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
        parse(&answer.text())
    }
}

/// The samples by their names with labels. Each has its type and its help before it.
fn parse(text: &str) -> BTreeMap<String, String> {
    let mut samples = BTreeMap::new();
    let (mut helped, mut family, mut kind) = (String::new(), String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            rest.split_once(' ').unwrap().0.clone_into(&mut helped);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, of) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped, "{text}");
            name.clone_into(&mut family);
            of.clone_into(&mut kind);
            assert!(["gauge", "counter", "histogram"].contains(&of), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let rest = bare.strip_prefix(&family);
            let rest = rest.unwrap_or_else(|| panic!("{line} is no {family}"));
            let endings: &[&str] = match kind.as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(endings.contains(&rest), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let is_new = samples.insert(name.to_owned(), value.to_owned());
            assert!(is_new.is_none(), "{line} twice");
        }
    }
    samples
}

#[test]
fn a_monitor_reads_what_is_asked_and_what_waits() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file("people.csv", "email\nada@x.example\nbob@y.example\n");
    scene.run(&["subscriber", "import", "people.csv", "--confirmed"]);
    let site = Monitored::start(&scene);
    let before = site.scrape();
    assert_eq!(before["tidings_readers{state=\"active\"}"], "2");
    assert_eq!(before["tidings_queue_age_seconds"], "0");
    assert!(before.contains_key("tidings_deliveries{state=\"sent\"}"));
    for _ in 0..3 {
        site.service.get("/subscribe");
    }
    site.service.get("/unsubscribe/forged-token");
    site.service.get("/nowhere/ada%40x.example");
    let after = site.scrape();
    for (sample, count) in [
        (
            "tidings_requests_total{page=\"subscribe\",status=\"200\"}",
            "3",
        ),
        (
            "tidings_requests_total{page=\"unsubscribe\",status=\"404\"}",
            "1",
        ),
        ("tidings_requests_total{page=\"file\",status=\"404\"}", "1"),
        ("tidings_request_seconds_count{page=\"subscribe\"}", "3"),
        (
            "tidings_request_seconds_bucket{page=\"subscribe\",le=\"+Inf\"}",
            "3",
        ),
    ] {
        assert_eq!(
            after.get(sample).map(String::as_str),
            Some(count),
            "{sample}: {after:#?}"
        );
    }
    let buckets = after
        .iter()
        .filter(|(name, _)| name.contains("le=") && name.contains("\"subscribe\""));
    let mut buckets: Vec<(f64, u64)> = buckets
        .map(|(name, count)| {
            let bound = name.split('"').nth(3).unwrap();
            (
                bound.parse().unwrap_or(f64::INFINITY),
                count.parse().unwrap(),
            )
        })
        .collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(
        buckets.len() > 5 && buckets.is_sorted_by(|one, other| one.1 <= other.1),
        "{buckets:?}"
    );
    // Nothing that a client wrote, and nobody's address.
    let all = format!("{after:?}");
    for part in ["forged", "nowhere", "ada", "@"] {
        assert!(!all.contains(part), "{part}: {all}");
    }
    // Counts go on when the config is read again; the pages for people have no such path.
    site.service.running.signal("HUP");
    let begun = Instant::now();
    while site.service.get("/healthz").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(50));
    }
    let requests = "tidings_requests_total{page=\"subscribe\",status=\"200\"}";
    assert_eq!(site.scrape()[requests], "3");
    assert_eq!(site.service.get("/metrics").status, 404);
    assert_eq!(site.ask("GET", "/").status, 404);
    assert_eq!(site.ask("POST", "/metrics").status, 405);
}

#[test]
fn an_address_that_is_taken_or_none_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let scene = Scene::new();
    let ran = scene.run_with(
        &["serve", "--listen", "127.0.0.1:0"],
        &[("TIDINGS_WEB__METRICS", &address)],
    );
    ran.fails_with(2).says("`metrics` under [web]");
    let ran = scene.run_with(&["serve"], &[("TIDINGS_WEB__METRICS", "9100")]);
    ran.fails_with(2).says("TIDINGS_WEB__METRICS");
}
