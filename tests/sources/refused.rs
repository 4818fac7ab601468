//! Sources that are refused: too large, too slow, private, no feeds.

use std::io::Write;

use crate::feed_server::{FeedServer, Page};
use crate::scene::Scene;
use crate::sources::{MONDAY, TEA, atom, begun, config, site};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_source_that_cannot_be_read_costs_a_warning_and_the_others_go_on() {
    let gzipped = "Content-Encoding: gzip\r\n".to_owned();
    let large = vec![b' '; 9 << 20];
    for (page, words) in [
        (Page::Raw(404, String::new(), Vec::new()), "it answers 404"),
        (
            Page::Raw(200, String::new(), large.clone()),
            "larger than 8 MB",
        ),
        (
            Page::Raw(200, gzipped.clone(), gzip(&large)),
            "larger than 8 MB",
        ),
        (
            Page::Raw(200, gzipped.clone(), b"no gzip".to_vec()),
            "its gzip is broken",
        ),
        (
            Page::Document(b"<html></html>".to_vec()),
            "name the feed itself",
        ),
        (
            Page::Document(
                b"<!DOCTYPE html><HTML><head><link rel=stylesheet href=/a.css><link href=\"/g?a=1&amp;b=2\" \
                  type='application/atom+xml' rel='home alternate'></head>"
                    .to_vec(),
            ),
            "/g?a=1&b=2\"",
        ),
        (
            Page::Document(
                b"<html><link rel=alternate type=application/atom+xml href=/f></html>".to_vec(),
            ),
            "calls this address its feed",
        ),
        (
            Page::Document(
                b"<html><link rel=alternate type=application/atom+xml href=/f>\
                  <link rel=alternate type=application/rss+xml href=/rss.xml></html>"
                    .to_vec(),
            ),
            "calls this address its feed",
        ),
        (
            Page::Document(
                b"<!doctype html><base href=/blog/><link rel=alternate type=application/rss+xml href=g>".to_vec(),
            ),
            "/blog/g\"",
        ),
        (
            Page::Document(b"<!-- x -->\n<!doctype html><title>Tea</title>".to_vec()),
            "name the feed itself",
        ),
        (
            Page::Document(b"\n<!DocType HTML><title>Tea</title>".to_vec()),
            "name the feed itself",
        ),
        (
            Page::Document(atom(&[TEA]).as_bytes()[..200].to_vec()),
            "tell whoever writes the feed",
        ),
        (Page::Document(b"<a>".repeat(100_000)), "nest too deeply"),
        (
            Page::Moved(302, "http://10.0.0.1/f".to_owned()),
            "10.0.0.1 is a private address",
        ),
        // The server's own address is allowed, and would be in vain.
        (
            Page::Moved(302, "http://10.0.0.1/f".to_owned()),
            "it redirects to `http://10.0.0.1/f`",
        ),
        (
            Page::Moved(301, "file:///etc/passwd".to_owned()),
            "no address of the web",
        ),
        (Page::Moved(301, "/f".to_owned()), "too many redirects"),
    ] {
        let server = FeedServer::start();
        server.set("/f", page);
        server.feed("/g", &atom(&[TEA]));
        let [bad, good] = ["/f", "/g"].map(|path| format!("{}{path}", server.url));
        let scene = site(&[bad.clone(), good]);
        for command in [&["build"][..], &["check", "--offline"], &["check"]] {
            let ran = scene.run(&[&["--at", MONDAY], command].concat());
            if command == ["check", "--offline"] {
                assert!(!ran.out.contains("source-"), "{}", ran.out);
                continue;
            }
            let said = format!("{}{}", ran.out, ran.talk);
            assert_eq!(ran.code, 1, "{words}: {said}");
            for part in [words, &bad, "config.toml:17", "there is no copy of it yet"] {
                assert!(said.contains(part), "no `{part}` in {said}");
            }
        }
        assert!(scene.read("public/atom.xml").contains("Teapot"));
    }
}

#[test]
fn a_feed_of_8_mb_that_is_packed_well_is_read() {
    let server = FeedServer::start();
    let mut text = atom(&[TEA]);
    text.push_str(&" ".repeat((8 << 20) - text.len()));
    let body = gzip(text.as_bytes());
    server.set(
        "/f",
        Page::Raw(200, "Content-Encoding: gzip\r\n".to_owned(), body),
    );
    let scene = site(&[format!("{}/f", server.url)]);
    scene.run_at(MONDAY, &["build"]);
    assert!(scene.read("public/atom.xml").contains("Teapot"));
}

#[test]
fn only_a_source_that_says_so_may_be_private() {
    let server = FeedServer::start();
    server.feed("/f", &atom(&[TEA]));
    let text = config(&[format!("{}/f", server.url)]).replace("private = true\n", "");
    let scene = Scene::bare().file("config.toml", &text);
    let ran = scene.run(&["--at", MONDAY, "build"]);
    ran.fails_with(1)
        .says("127.0.0.1 is a private address")
        .says("`private = true` below it");
    assert!(server.statuses("/f").is_empty());
}

#[test]
fn a_source_that_moved_takes_its_copy_along_when_the_config_is_mended() {
    let (scene, server, feed) = begun();
    let moved = format!("{}/moved", server.url);
    server.set("/f", Page::Moved(308, "/moved".to_owned()));
    server.feed("/moved", &atom(&[crate::sources::RAIN]));
    let ran = scene.run(&["--at", MONDAY, "check", "--offline"]);
    assert!(!ran.out.contains("source-moved"), "{}", ran.out);
    let ran = scene.run(&["--at", MONDAY, "run"]);
    ran.succeeds().says(&format!("feed = \"{moved}\""));
    crate::sources::set_sources(&scene, &[moved]);
    let ran = scene.run(&["--at", crate::sources::NEXT, "run"]);
    ran.succeeds();
    assert!(!ran.talk.contains("moved for good"), "{}", ran.talk);
    assert_eq!(scene.read("public/atom.xml").matches("<entry>").count(), 2);
    let _ = feed;
}

#[test]
fn a_source_that_is_none_is_named_in_the_config() {
    for (feed, words) in [
        ("ftp://friend.example/f", "is no address of the web"),
        (
            "https://ada:secret@friend.example/f",
            "holds a user or a password",
        ),
        ("http://[", "is no address"),
        ("..", "names no file"),
    ] {
        let scene = site(&[feed.to_owned()]);
        let ran = scene.run(&["build"]);
        ran.fails_with(2).says(words).says("config.toml:17");
    }
    let twice = site(&["f.xml".to_owned(), "f.xml".to_owned()]);
    twice
        .run(&["build"])
        .fails_with(2)
        .says("`f.xml` is a source twice")
        .says("config.toml:21");
}
