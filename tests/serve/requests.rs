//! Odd requests, slow clients and the end of the service.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::scene;
use crate::http::Service;
use crate::scene::{CONFIG, Scene};

#[test]
fn a_request_that_is_none_of_ours_is_refused() {
    let scene = scene();
    let service = Service::start(&scene, &[]);
    for (request, expected) in [
        (
            "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            421,
        ),
        (
            "GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            421,
        ),
        (
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            421,
        ),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 421),
        (
            "GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n",
            200,
        ),
        (
            "POST /atom.xml HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            405,
        ),
        (
            "DELETE /atom.xml HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            405,
        ),
        (
            "OPTIONS /atom.xml HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            204,
        ),
        ("tea\r\n\r\n", 400),
        (
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nA : b\r\n\r\n",
            400,
        ),
    ] {
        let answer = service.say(request.as_bytes());
        assert_eq!(answer.status, expected, "{request}{}", answer.head);
    }
    let long = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nA: {}\r\n\r\n",
        "a".repeat(17 << 10)
    );
    assert_eq!(service.say(long.as_bytes()).status, 431);
    let short = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nA: {}\r\n\r\n",
        "a".repeat(12 << 10)
    );
    assert_eq!(service.say(short.as_bytes()).status, 200);
}

#[test]
fn no_request_makes_the_service_fail() {
    let scene = scene();
    let service = Service::start(&scene, &[]);
    let pieces: [&str; 40] = [
        "GET",
        "POST",
        "HEAD",
        "PUT",
        "TRACE",
        " ",
        "/",
        "/subscribe",
        "/confirm/",
        "/unsubscribe/",
        "/undo",
        "atom.xml",
        "..",
        "%2e",
        "%00",
        "%ff",
        "?",
        "#",
        "\\",
        "é",
        " HTTP/1.1",
        " HTTP/9.9",
        "\r\n",
        "\n",
        "Host: 127.0.0.1",
        "Host: é",
        "Range: bytes=",
        "0-1",
        "9-",
        "If-None-Match: ",
        "\"a\"",
        "*",
        "Accept-Encoding: br",
        "gzip;q=9",
        "Content-Length: 3",
        "Transfer-Encoding: chunked",
        "Origin: null",
        "email=a@b",
        "&",
        "\r\n\r\n",
    ];
    let mut state = 7_u64;
    let mut next = |most: usize| {
        // An xorshift: the same requests each time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    let cases = std::env::var("TIDINGS_TEST_REQUESTS").map_or(1500, |count| count.parse().unwrap());
    for number in 0..cases {
        let mut request = String::new();
        if number % 2 == 0 {
            request.push_str("GET /");
        }
        for _ in 0..next(12) {
            request.push_str(pieces[next(pieces.len())]);
        }
        if number % 2 == 0 {
            request.push_str(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close");
        }
        request.push_str("\r\n\r\n");
        let mut stream = service.connect();
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let is_failure = answer.starts_with("HTTP/1.1 5") || answer.starts_with("HTTP/1.0 5");
        assert!(!is_failure, "{request:?}: {answer}");
    }
    assert_eq!(service.get("/atom.xml").status, 200);
}

#[test]
fn slow_clients_hold_up_nobody_and_are_let_go() {
    let scene = scene();
    let service = Service::start(&scene, &[]);
    let begun = Instant::now();
    let mut slow: Vec<TcpStream> = (0..200).map(|_| service.connect()).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        let half = match number % 4 {
            0 => "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ",
            1 => "GET",
            2 => "",
            _ => {
                "POST /subscribe HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nemail="
            }
        };
        stream.write_all(half.as_bytes()).unwrap();
    }
    for _ in 0..20 {
        assert_eq!(service.get("/atom.xml").status, 200);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    // A byte now and then does not make a request.
    for number in 0..14 {
        let _ = slow[number % 4].write_all(b"a");
        thread::sleep(Duration::from_secs(1));
    }
    for (number, stream) in slow.iter_mut().enumerate() {
        let mut bytes = Vec::new();
        // A body has half a minute.
        let patience = if number % 4 == 3 { 40 } else { 5 };
        stream
            .set_read_timeout(Some(Duration::from_secs(patience)))
            .unwrap();
        let ended = stream.read_to_end(&mut bytes);
        let is_over = ended.is_ok()
            || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(is_over, "{number}: still open after its time");
    }
}

#[test]
fn an_open_download_ends_before_the_service_does() {
    let scene = scene();
    let size = 8 << 20;
    File::create(scene.path("public/talk.mp4"))
        .unwrap()
        .set_len(size)
        .unwrap();
    let mut service = Service::start(&scene, &[]);
    let mut stream = service.connect();
    write!(
        stream,
        "GET /talk.mp4 HTTP/1.1\r\nHost: {}\r\n\r\n",
        service.address
    )
    .unwrap();
    let mut first = [0; 1000];
    stream.read_exact(&mut first).unwrap();
    // One that never ends does not keep it.
    let _idle = service.connect();
    service.running.terminate();
    let rest = Service::hear_rest(&mut stream, &first);
    assert_eq!(rest.body.len() as u64, size);
    let begun = Instant::now();
    assert_eq!(service.running.end(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert!(TcpStream::connect(&service.address).is_err());
}

#[test]
fn the_address_of_the_service_is_a_secure_host() {
    for (url, expected) in [
        ("https://news.hums.example/a/", "has more than a host"),
        ("https://a:b@news.hums.example/", "has more than a host"),
        ("http://news.hums.example/", "is not secure"),
        ("ftp://news.hums.example/", "is no web address"),
    ] {
        let config = format!("{CONFIG}[web]\nurl = \"{url}\"\n");
        let ran = Scene::new().file("config.toml", &config).run(&["build"]);
        assert!(
            ran.code == 2 && ran.talk.contains(expected),
            "{url}: {}",
            ran.talk
        );
    }
}
