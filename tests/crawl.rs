//! Whoever only looks changes nothing: every link of every page and mail is followed as scanners and previews do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use mail_parser::MessageParser;
use sqlx::{Connection, Row, SqliteConnection};

use crate::http::Service;
use crate::relay::{Habits, Relay};
use crate::scene::{MONDAY, Scene};

/// Every row of every table of a store.
fn rows(scene: &Scene) -> BTreeMap<String, BTreeSet<String>> {
    let address = format!("sqlite://{}?mode=ro", scene.path("tidings.db").display());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&address).await.unwrap();
        let mut all = BTreeMap::new();
        let tables = sqlx::query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        for table in tables {
            let table: String = table.get(0);
            let columns = sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA table_info({table})")))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let columns: Vec<String> = columns.iter().map(|row| row.get("name")).collect();
            let text = format!(
                "SELECT json_array({}) AS row FROM {table}",
                columns.join(",")
            );
            let found = sqlx::query(sqlx::AssertSqlSafe(text))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            all.insert(table, found.iter().map(|row| row.get("row")).collect());
        }
        all
    })
}

/// The addresses that a text holds, of this site and its service.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = text.replace("&amp;", "&");
    for part in text.split(['"', '\'', '<', '>', ' ', '\n', '\r', ',', '(', ')']) {
        for host in ["https://news.hums.example", "https://hums.example"] {
            if let Some(path) = part.strip_prefix(host) {
                found.push(path.to_owned());
            }
        }
        if part.starts_with('/') && part.len() > 1 {
            found.push(part.to_owned());
        }
    }
    found
}

#[test]
fn a_crawl_over_all_links_of_all_pages_and_mails_changes_no_row() {
    let scene = Scene::new().post("one.md", "One", "2024-06-01");
    let config = scene.read("config.toml").replace(
        "to = [\"editor@hums.example\"]\n",
        "title = \"Hums\"\nwelcome = true\n",
    );
    let scene = scene.file(
        "config.toml",
        &format!("{config}[web]\nurl = \"https://news.hums.example/\"\n"),
    );
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let url = relay.url();
    let set = [("TIDINGS_MAIL__SMTP", url.as_str())];
    for name in ["ada", "bob"] {
        scene.run_at(MONDAY, &["subscriber", "add", &format!("{name}@x.example")]);
    }
    assert_eq!(scene.run_with(&["--at", MONDAY, "run"], &set).code, 0);
    let service = Service::start_with(&scene, &["--at", MONDAY], &set);
    // A letter that asks is among the mails.
    let body = "email=cid%40x.example&digest=weekly";
    let request = format!(
        "POST /subscribe HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        service.address,
        body.len()
    );
    assert_eq!(service.say(request.as_bytes()).status, 200);
    let begun = std::time::Instant::now();
    while relay.count() < 3 {
        assert!(begun.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    let mut waiting: VecDeque<String> = ["/", "/subscribe", "/healthz", "/issues/", "/feeds.html"]
        .map(str::to_owned)
        .into();
    for (_, message) in relay.taken() {
        let parsed = MessageParser::default().parse(&message).unwrap();
        waiting.extend(links(&parsed.body_text(0).unwrap()));
        waiting.extend(links(&parsed.body_html(0).unwrap()));
        waiting.extend(links(&message));
    }
    let before = rows(&scene);
    let counts: usize = before.values().map(BTreeSet::len).sum();
    let mut seen = BTreeSet::new();
    while let Some(path) = waiting.pop_front() {
        let path = path.split('#').next().unwrap().to_owned();
        if !seen.insert(path.clone()) {
            continue;
        }
        for (method, headers) in [
            ("HEAD", ""),
            ("OPTIONS", "Access-Control-Request-Method: POST\r\n"),
            ("GET", "User-Agent: facebookexternalhit/1.1\r\n"),
            (
                "GET",
                "Purpose: prefetch\r\nSec-Purpose: prefetch;prerender\r\n",
            ),
            ("GET", ""),
        ] {
            let answer = service.ask(method, &path, headers);
            assert!(answer.status < 500, "{method} {path}: {}", answer.head);
            if method == "GET" && headers.is_empty() {
                waiting.extend(links(&answer.text()));
            }
        }
    }
    for page in ["/unsubscribe/", "/preferences/", "/confirm/", "/issues/"] {
        assert!(
            seen.iter().any(|path| path.starts_with(page)),
            "{page}: {seen:?}"
        );
    }
    assert!(seen.len() > 15 && counts > 10, "{} {counts}", seen.len());
    assert_eq!(rows(&scene), before);
    assert_eq!(relay.count(), 3);
}
