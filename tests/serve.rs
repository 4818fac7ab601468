//! `tidings serve`: the published folder as HTTP wants it, and nothing else of the machine.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::http::Service;
use crate::scene::{CONFIG, Scene};

fn scene() -> Scene {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .post("old.md", "Old", "2023-06-01")
        .file(
            "config.toml",
            &format!("{CONFIG}[feeds]\nprecompress = true\narchive = \"year\"\nby = [\"tag\"]\n"),
        )
        .file("secret.txt", "secret")
        .file("public/about/index.html", "<p>About</p>")
        .file("public/a b.txt", "blank")
        .file("public/style.css", "p {}")
        .file("public/.git/config", "secret")
        .file("public/.env", "secret");
    scene.run_at("2024-06-24T08:00:05+02:00", &["build"]);
    scene
}

#[test]
fn a_feed_is_sent_as_what_it_is_in_the_encoding_that_is_wished() {
    let scene = scene();
    let service = Service::start(&scene, &[]);
    let plain = service.get("/atom.xml");
    assert_eq!(
        (plain.status, plain.text()),
        (200, scene.read("public/atom.xml"))
    );
    for (name, value) in [
        ("content-type", "application/atom+xml; charset=utf-8"),
        ("cache-control", "public, max-age=300"),
        ("vary", "Accept-Encoding"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(plain.header(name), Some(value), "{name}: {}", plain.head);
    }
    assert_eq!(plain.header("content-encoding"), None);
    let mut tags = vec![plain.header("etag").unwrap().to_owned()];
    for (encoding, file) in [("gzip", "public/atom.xml.gz"), ("br", "public/atom.xml.br")] {
        let answer = service.ask(
            "GET",
            "/atom.xml",
            &format!("Accept-Encoding: {encoding}\r\n"),
        );
        assert_eq!(answer.header("content-encoding"), Some(encoding));
        assert_eq!(answer.header("content-type"), plain.header("content-type"));
        assert_eq!(answer.body, fs::read(scene.path(file)).unwrap());
        tags.push(answer.header("etag").unwrap().to_owned());
        let length = answer.body.len().to_string();
        let head = service.ask(
            "HEAD",
            "/atom.xml",
            &format!("Accept-Encoding: {encoding}\r\n"),
        );
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), Some(length.as_str()));
        assert_eq!(head.header("etag"), answer.header("etag"));
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "each encoding has a tag of its own");
    for tag in &tags {
        assert!(tag.starts_with('"') && tag.ends_with('"'), "strong: {tag}");
    }
    for (path, kind) in [
        ("/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json"),
        ("/atom-2023.xml", "application/atom+xml; charset=utf-8"),
        ("/feeds.html", "text/html; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        ("/about/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
    ] {
        let answer = service.get(path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(kind)),
            "{path}"
        );
    }
    let moved = service.get("/about");
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, Some("/about/"))
    );
}

#[test]
fn a_client_that_has_the_file_gets_none_and_a_part_is_that_part() {
    let scene = scene();
    let service = Service::start(&scene, &[]);
    let plain = service.get("/atom.xml");
    let tag = plain.header("etag").unwrap();
    let time = plain.header("last-modified").unwrap();
    for condition in [
        format!("If-None-Match: {tag}"),
        format!("If-Modified-Since: {time}"),
    ] {
        let known = service.ask("GET", "/atom.xml", &format!("{condition}\r\n"));
        assert_eq!((known.status, known.body.len()), (304, 0), "{condition}");
        assert_eq!(known.header("etag"), Some(tag));
        assert_eq!(known.header("vary"), Some("Accept-Encoding"));
    }
    // The tag of another encoding is not that of this one.
    let other = service.ask(
        "GET",
        "/atom.xml",
        &format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n"),
    );
    assert_eq!(other.status, 200);
    let part = service.ask(
        "GET",
        "/atom.xml",
        "Accept-Encoding: br\r\nRange: bytes=2-5\r\n",
    );
    assert_eq!((part.status, &part.body[..]), (206, &plain.body[2..6]));
    let whole = format!("bytes 2-5/{}", plain.body.len());
    assert_eq!(part.header("content-range"), Some(whole.as_str()));
    let beyond = service.ask("GET", "/atom.xml", "Range: bytes=9999999-\r\n");
    assert_eq!(beyond.status, 416);
    // What changes has another tag, also where its length stays, and the twin of before is not sent for it.
    fs::write(scene.path("public/style.css.br"), "the twin").unwrap();
    let br = |tag: &str| {
        let headers = format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n");
        service.ask("GET", "/style.css", &headers)
    };
    let before = br("\"a\"");
    assert_eq!(before.text(), "the twin");
    thread::sleep(Duration::from_millis(20));
    fs::write(scene.path("public/style.css"), "q {}").unwrap();
    let changed = br(before.header("etag").unwrap());
    assert_eq!((changed.status, changed.text().as_str()), (200, "q {}"));
    assert_eq!(changed.header("content-encoding"), None);
}

#[test]
fn a_large_file_is_sent_whole_and_in_parts() {
    let scene = scene();
    let bytes: Vec<u8> = (0..1_000_003_u32)
        .map(|number| number.to_le_bytes()[0] ^ number.to_le_bytes()[1])
        .collect();
    fs::write(scene.path("public/talk.mp4"), &bytes).unwrap();
    let service = Service::start(&scene, &[]);
    let whole = service.get("/talk.mp4");
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    assert!(whole.body == bytes, "the bytes differ");
    let part = service.ask("GET", "/talk.mp4", "Range: bytes=100000-900000\r\n");
    assert!(part.status == 206 && part.body == bytes[100_000..=900_000]);
}

#[test]
fn nothing_outside_of_the_folder_and_nothing_hidden_is_there_in_any_spelling() {
    let scene = scene();
    symlink(scene.path("secret.txt"), scene.path("public/link.txt")).unwrap();
    symlink("../secret.txt", scene.path("public/relative.txt")).unwrap();
    symlink(scene.path("post"), scene.path("public/posts")).unwrap();
    symlink(".env", scene.path("public/env.txt")).unwrap();
    symlink("atom.xml", scene.path("public/inside.xml")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(scene.path("public/pipe"))
            .status()
            .unwrap()
            .success()
    );
    let service = Service::start(&scene, &[]);
    let root = scene.path("");
    let absolute = root.display();
    for path in [
        "/../secret.txt",
        "/about/../../secret.txt",
        "/./secret.txt",
        "/..",
        "/../",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/about%2f..%2f..%2fsecret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/about\\..\\..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/..%252fsecret.txt",
        "/%25252e%25252e/secret.txt",
        "//etc/passwd",
        "///etc/passwd",
        "/%2fetc/passwd",
        "/%2Fetc%2Fpasswd",
        "/about/%2fetc/passwd",
        "/atom.xml%00",
        "/atom.xml%00.html",
        "/%00",
        "/..%00/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/%e0%80%ae%e0%80%ae/secret.txt",
        "/..;/secret.txt",
        "/%u002e%u002e/secret.txt",
        "/.../secret.txt",
        "/.env",
        "/.git/config",
        "/.git/",
        "/%2egit/config",
        "/about/.hidden",
        "/link.txt",
        "/relative.txt",
        "/posts/one.md",
        "/posts/",
        "/posts",
        "/env.txt",
        "/pipe",
        "/atom.xml/",
        "/atom.xml/x",
        "/about//index.html",
        "/nothing",
        "/index.html/",
        "/~root",
        "/a%0d%0aX-Evil:%201",
    ] {
        let answer = service.get(path);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert!(!answer.text().contains("secret"), "{path}");
    }
    let outside = service.get(&format!("/{absolute}/secret.txt"));
    assert_eq!(outside.status, 404);
    let other = service.say(
        format!(
            "GET file://{absolute}/secret.txt HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            service.address
        )
        .as_bytes(),
    );
    assert!(
        other.status >= 400 && !other.text().contains("secret"),
        "{}",
        other.head
    );
    assert_eq!(
        service.get("/inside.xml").status,
        200,
        "a link within the folder"
    );
    assert_eq!(service.get("/a%20b.txt").text(), "blank");
}

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
        let half = match number % 3 {
            0 => "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ",
            1 => "GET",
            _ => "",
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
        let _ = slow[number % 3].write_all(b"a");
        thread::sleep(Duration::from_secs(1));
    }
    for stream in &mut slow {
        let mut bytes = Vec::new();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        let ended = stream.read_to_end(&mut bytes);
        let is_over = ended.is_ok()
            || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(is_over, "still open after 14 seconds");
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
fn a_folder_that_holds_what_is_private_is_not_served() {
    let config = format!("{CONFIG}[feeds]\ndir = \".\"\n");
    let ran = Scene::new().file("config.toml", &config).run(&["serve"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.talk
            .contains("in the folder that is shown to everybody\n  set `dir` under [feeds]"),
        "{}",
        ran.talk
    );
    let ran = Scene::new().run(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(
        ran.code == 2 && ran.talk.contains("set `url` under [web]"),
        "{}",
        ran.talk
    );
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
