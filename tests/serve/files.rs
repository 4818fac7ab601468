//! Files, ranges and encodings, and nothing outside of the folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::scene;
use crate::http::Service;
use crate::scene::{CONFIG, Scene};

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
    // A changed file has another tag, also where its length stays, and the old twin is not sent for it.
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
