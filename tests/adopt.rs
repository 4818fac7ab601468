//! Old feeds that fit nothing, and old feeds at an address.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::feed::{NOON, config, site};
use crate::scene::{CONFIG, Scene};

/// An old feed in RSS with these items: a title, a path, an id.
fn old_feed(items: &[(&str, &str, &str)]) -> String {
    let mut entries = String::new();
    for (title, path, id) in items {
        let link = format!("<link>https://old.example{path}</link>");
        entries.push_str(&format!(
            "<item><title>{title}</title>{link}<guid>{id}</guid></item>"
        ));
    }
    format!(
        "<rss version=\"2.0\"><channel><title>Old</title><link>https://old.example/</link><description>x</description>{entries}</channel></rss>"
    )
}

fn two() -> Scene {
    site(&[
        ("tea.md", "title: Tea\ndate: 2024-05-01", "Hot."),
        (
            "rain.md",
            "title: Rain\ndate: 2023-04-01\nid: https://old.example/?p=9",
            "Wet.",
        ),
    ])
}

#[test]
fn an_old_feed_that_fits_nothing_is_an_error_that_says_why_and_nothing_is_written() {
    let another = [("Snow", "/snow/", "1"), ("Hail", "/hail/", "2")];
    let taken = [("Tea", "/tea/", "https://old.example/?p=9")];
    for (feed, message, hint) in [
        (old_feed(&another), "none of its 2 entries is a post of this site", "“Tea” at `/tea/`"),
        (old_feed(&another), "such as `/snow/` of “Snow”", "name the old feed of this site"),
        (old_feed(&[]), "the feed has no entries", "as the other generator published it"),
        (old_feed(&taken), "the id of “Tea” is that of `rain.md`: `https://old.example/?p=9`", "front matter"),
        (
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"Old\", \"items\": []}".to_owned(),
            "the feed has no entries",
            "as the other generator published it",
        ),
    ] {
        let scene = two().file("old.feed", &feed);
        for arguments in [["build"].as_slice(), &["build", "--dry-run"]] {
            let ran = scene.run(&[&["--at", NOON], arguments, &["--adopt", "old.feed"]].concat());
            assert_eq!(ran.code, 2, "{feed}: {}", ran.talk);
            assert!(
                ran.talk.contains("error: old.feed: ") && ran.talk.contains(message) && ran.talk.contains(hint),
                "{message}: {}",
                ran.talk
            );
            assert!(!scene.path("public").exists() && !scene.path("tidings.lock").exists());
        }
    }
    let scene = Scene::new()
        .file("config.toml", &config("", ""))
        .file("old.feed", &old_feed(&another));
    let ran = scene.run(&["build", "--adopt", "old.feed"]);
    assert!(
        ran.code == 2 && ran.talk.contains("the site has no posts"),
        "{}",
        ran.talk
    );
}

#[test]
fn an_old_feed_that_was_adopted_before_is_no_error() {
    let scene = two().file("old.feed", &old_feed(&[("Tea", "/tea/", "tea-1")]));
    for expected in ["adopted 1 id", "adopted 0 ids"] {
        let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.feed"]);
        assert!(ran.code == 0 && ran.talk.contains(expected), "{}", ran.talk);
    }
}

/// A server on loopback that answers each request with the response to its path. Returns its address.
fn serve(respond: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            // Whoever refuses an endless body hangs up.
            let _ = stream.write_all(&respond(path));
        }
    });
    address
}

fn respond(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A site at this address, with one post.
fn at(address: &str) -> Scene {
    site(&[("tea.md", "title: Tea\ndate: 2024-05-01", "Hot.")]).file(
        "config.toml",
        &CONFIG.replace("https://hums.example/", &format!("{address}/")),
    )
}

#[test]
fn an_old_feed_is_fetched_from_the_sites_own_host_with_its_redirects() {
    let feed = old_feed(&[("Tea", "/tea/", "tea-1")]);
    let address = serve(move |path| match path {
        "/old" => respond("301 Moved", "location: /feed.xml\r\n", b"gone"),
        "/feed.xml" => respond("200 OK", "", feed.as_bytes()),
        _ => respond("404 Not Found", "", b""),
    });
    for path in ["/feed.xml", "/old"] {
        let scene = at(&address);
        let feed = format!("{address}{path}");
        let ran = scene.run(&["--at", NOON, "build", "--adopt", &feed]);
        assert!(
            ran.code == 0 && ran.talk.contains("adopted 1 id"),
            "{path}: {}",
            ran.talk
        );
        assert!(scene.read("tidings.lock").contains("tea-1"));
    }
}

#[test]
fn an_old_feed_that_cannot_be_fetched_is_an_error_with_its_address_and_nothing_is_written() {
    let address = serve(|path| match path {
        "/large" => respond("200 OK", "", &vec![b'x'; (64 << 20) + 1]),
        "/latin" => respond("200 OK", "", b"<rss><title>caf\xe9</title></rss>"),
        "/page" => respond("200 OK", "", b"<html><body>Hello</body></html>"),
        "/round" => respond("302 Found", "location: /round\r\n", b""),
        "/away" => respond("302 Found", "location: ftp://127.0.0.1/feed.xml\r\n", b""),
        _ => respond("404 Not Found", "", b"<rss/>"),
    });
    for (path, message) in [
        ("/none", "it answers 404"),
        ("/large", "it is larger than 64 MB"),
        ("/latin", "UTF-8"),
        ("/page", "this is no feed"),
        ("/round", "too many redirects"),
        ("/away", "is no address of the web"),
    ] {
        let scene = at(&address);
        let feed = format!("{address}{path}");
        let ran = scene.run(&["--at", NOON, "build", "--adopt", &feed]);
        assert_eq!(ran.code, 2, "{path}: {}", ran.talk);
        assert!(
            ran.talk.contains(&feed) && ran.talk.contains(message),
            "{path}: {}",
            ran.talk
        );
        assert!(!scene.path("public").exists() && !scene.path("tidings.lock").exists());
    }
}

#[test]
fn an_old_feed_in_a_private_network_is_not_fetched() {
    let address = serve(|_| respond("200 OK", "", b"secret"));
    for feed in [
        format!("{address}/feed.xml"),
        "ftp://old.example/feed.xml".to_owned(),
    ] {
        let ran = two().run(&["--at", NOON, "build", "--adopt", &feed]);
        let refused = ["is a private address", "is no address of the web"];
        assert!(
            ran.code == 2
                && refused.iter().any(|reason| ran.talk.contains(reason))
                && ran.talk.contains("save the old feed as a file"),
            "{}",
            ran.talk
        );
    }
}
