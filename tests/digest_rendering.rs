//! The default digest as Chromium, SpamAssassin and rspamd see it; the pictures are left to be looked at.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{chromium, missing, said};
use crate::scene::Scene;

const MONDAY: &str = "2026-11-23T12:00:00Z";

/// The HTML of the sample's digest in this layout, with a picture where the post has one.
fn html(layout: &str) -> String {
    let scene = Scene::sample();
    let config = scene
        .read("config.toml")
        .replace("since = ", &format!("layout = \"{layout}\"\nsince = "));
    let scene = scene.file("config.toml", &config);
    scene.run_at(MONDAY, &["digest", "weekly", "--html", "issue.html"]);
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pager.svg");
    let html = scene.read("issue.html").replace(
        "https://hums.example/images/pager.jpg",
        &picture.to_string_lossy(),
    );
    assert_eq!(html.contains("pager.svg"), layout != "headlines");
    html
}

/// The HTML as it looks in the dark, or in the light.
pub(crate) fn in_scheme(html: &str, is_dark: bool) -> String {
    html.replace(
        "(prefers-color-scheme: dark)",
        if is_dark {
            "(min-width: 0)"
        } else {
            "(max-width: 0)"
        },
    )
}

/// Shows mails beside each other, each this many pixels wide, and keeps a picture; how wide each really is.
fn picture(name: &str, mails: &[(&str, usize)], height: usize) -> Option<Vec<usize>> {
    let frames: Vec<String> = mails
        .iter()
        .map(|(html, width)| {
            let html = html.replace('&', "&amp;").replace('"', "&quot;");
            format!("<iframe srcdoc=\"{html}\" style=\"width:{width}px;height:{height}px;border:0\"></iframe>")
        })
        .collect();
    let measure = "onload = () => document.title = [...document.querySelectorAll('iframe')]\
                   .map(frame => frame.contentDocument.documentElement.scrollWidth).join(' ')";
    let page = format!(
        "<!DOCTYPE html><body style=\"margin:0;display:flex;gap:24px\">{}<script>{measure}</script>",
        frames.concat()
    );
    let wide: usize = mails.iter().map(|(_, width)| width + 24).sum::<usize>() - 24;
    let title = chromium(name, &page, wide.max(500), height)?;
    Some(
        title
            .split(' ')
            .map(|width| width.parse().unwrap_or_else(|_| panic!("{name}: {title}")))
            .collect(),
    )
}

#[test]
fn the_digest_fits_a_desk_and_a_phone_in_the_light_and_in_the_dark() {
    for layout in ["full", "summaries", "headlines"] {
        let html = html(layout);
        let (light, dark) = (in_scheme(&html, false), in_scheme(&html, true));
        assert_ne!(light, dark);
        let mails = [
            (&light[..], 600),
            (&dark[..], 600),
            (&light[..], 375),
            (&dark[..], 375),
        ];
        if let Some(widths) = picture(&format!("digest-{layout}"), &mails, 1700) {
            assert_eq!(
                widths,
                [600, 600, 375, 375],
                "{layout}: nothing stands out at the side"
            );
        }
        if layout == "full" {
            // These pictures stand in the README.
            picture("digest", &[(&light, 600), (&dark, 375)], 1000);
        }
    }
}

#[test]
fn long_words_wide_code_and_tables_do_not_break_the_page() {
    let long = "x".repeat(300);
    let cells = "| Word |".repeat(12);
    let rule = "| --- |".repeat(12);
    let post = format!(
        "---\ntitle: {long}\ndate: 2024-06-01\n---\nA {long} word.\n\n```\n{long} {long}\n```\n\n{}\n{}\n{}\n",
        cells.replace("||", "|"),
        rule.replace("||", "|"),
        cells.replace("||", "|")
    );
    let config = crate::scene::CONFIG.replace("since =", "layout = \"full\"\nsince =");
    let scene = Scene::new()
        .file("config.toml", &config)
        .file("post/a.md", &post);
    scene.run_at(MONDAY, &["digest", "weekly", "--html", "issue.html"]);
    let html = scene.read("issue.html");
    assert!(html.matches("<td").count() > 12, "{html}");
    if let Some(widths) = picture("digest-wide", &[(&html, 600), (&html, 375)], 1200) {
        assert_eq!(widths, [600, 375]);
    }
}

#[test]
fn without_images_and_without_css_it_still_reads_in_order() {
    let scene = Scene::sample();
    scene.run_at(MONDAY, &["digest", "weekly", "--html", "issue.html"]);
    let blocked = scene.read("issue.html");
    let mut bare = String::new();
    for (number, part) in blocked.split(" style=\"").enumerate() {
        bare.push_str(if number == 0 {
            part
        } else {
            part.split_once('"').unwrap().1
        });
    }
    let bare = format!(
        "<meta charset=\"utf-8\">{}",
        bare.split("</style>").last().unwrap()
    );
    let order = [
        "Hums, weekly",
        "23 November 2026",
        "Hello there",
        "夜番の茶",
        "A kettle",
        "The Pager in the Drawer",
        "A grey pager on a wooden desk",
        "Rows of the Night",
        "The Job That Ran",
        "The Hour That Happened",
        "Unsubscribe",
    ];
    let mut at = 0;
    for words in order {
        at += bare[at..]
            .find(words)
            .unwrap_or_else(|| panic!("`{words}` is missing or out of order"));
    }
    picture("digest-bare", &[(&blocked, 600), (&bare, 600)], 1500);
}

#[test]
fn spamassassin_finds_little_in_the_default_digest() {
    let message = Scene::sample().run_at(MONDAY, &["digest", "weekly", "--dry-run"]);
    let Some(said) = said("spamassassin", &["-L", "-t"], message.as_bytes()) else {
        return;
    };
    let report = String::from_utf8_lossy(&said.stdout);
    let points = report
        .split("Content analysis details:")
        .nth(1)
        .and_then(|rest| rest.split('(').nth(1));
    let score: f64 = points
        .and_then(|rest| rest.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{report}"));
    eprintln!("SpamAssassin: {score}");
    assert!(score < 1.0, "{report}");
}

/// A filter of its own that asks nobody: no network, no cache, no other worker.
struct Rspamd {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Rspamd {
    /// Returns `None` if the program is not on this machine.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let place = folder.path().display();
        let config = format!(
            ".include \"/etc/rspamd/common.conf\"\n\
             options {{ pidfile = \"{place}/pid\"; tempdir = \"{place}\"; filters = \"chartable,dkim,regexp\"; \
             dns {{ timeout = 0.2s; retransmits = 1; nameserver = [\"127.0.0.1:9\"]; }} }}\n\
             logging {{ type = \"file\"; filename = \"{place}/log\"; }}\n\
             worker \"normal\" {{ bind_socket = \"127.0.0.1:{port}\"; count = 1; }}\n"
        );
        let file = folder.path().join("rspamd.conf");
        fs::write(&file, config).unwrap();
        let spawned = Command::new("rspamd")
            .args(["-i", "-f", "-c"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = spawned else {
            missing("rspamd");
            return None;
        };
        let filter = Self {
            child,
            port,
            _folder: folder,
        };
        for _ in 0..1200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(filter);
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("rspamd does not listen");
    }

    /// The names of the rules that a message meets.
    fn symbols(&self, message: &str) -> Vec<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = message.len();
        write!(
            stream,
            "POST /checkv2 HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{message}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body: serde_json::Value =
            serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["symbols"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }
}

impl Drop for Rspamd {
    fn drop(&mut self) {
        // Its workers end with it when it is asked, not when it is killed.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

#[test]
fn rspamd_finds_no_structural_fault() {
    let message = Scene::sample().run_at(MONDAY, &["digest", "weekly", "--dry-run"]);
    let Some(filter) = Rspamd::start() else {
        return;
    };
    let faults = [
        "BAD",
        "BROKEN",
        "BOGUS",
        "FAKE",
        "INVALID",
        "MISSING",
        "MULTIPLE",
        "CTYPE",
        "PARTS_DIFFER",
        "MIXED",
        "ILLEGAL",
        "8BIT",
        "7BIT",
        "NO_SPACE",
        "EXCESS",
        "UNNEEDED",
        "EMPTY",
        "FORGED",
        "DOUBLE",
    ];
    let found = |message: &str| -> (Vec<String>, bool) {
        let symbols = filter.symbols(message);
        let is_good = symbols.iter().any(|symbol| symbol == "MIME_GOOD");
        (
            symbols
                .into_iter()
                .filter(|symbol| faults.iter().any(|fault| symbol.contains(fault)))
                .collect(),
            is_good,
        )
    };
    let (symbols, is_good) = found(&message);
    assert!(symbols.is_empty() && is_good, "{symbols:?}");
    // It would see one.
    let (symbols, _) =
        found(&message.replacen("MIME-Version", "Subject: again\r\nMIME-Version", 1));
    assert!(!symbols.is_empty());
}
