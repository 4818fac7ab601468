//! Leaving by HTTP: as mail programs do it with one click, and as people do it on a page; whoever only looks changes nothing.

use std::time::Duration;

use mail_parser::MessageParser;
use sqlx::{Connection, Executor};

use crate::http::{Answer, Service};
use crate::relay::{Habits, Relay};
use crate::scene::Scene;

const MONDAY: &str = "2024-06-24T08:00:05+02:00";
const READERS: [&str; 5] = ["ada", "bob", "cid", "dee", "eve"];

/// A site whose five readers have got one issue by a relay, and its service.
struct Sent {
    scene: Scene,
    relay: Relay,
    service: Service,
}

impl Sent {
    fn new(digest: &str) -> Self {
        Self::speaking(digest, "en")
    }

    /// The same where the post is written in this language.
    fn speaking(digest: &str, language: &str) -> Self {
        let post = format!("---\ntitle: One\ndate: 2024-06-01\nlanguage: {language}\n---\nText.\n");
        let scene = Scene::new().file("post/one.md", &post);
        let config = scene.read("config.toml").replace(
            "to = [\"editor@hums.example\"]\n",
            &format!("title = \"Tea & <b>\"\n{digest}"),
        );
        let scene = scene.file(
            "config.toml",
            &format!("{config}[web]\nurl = \"https://news.hums.example/\"\n"),
        );
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let url = relay.url();
        for reader in READERS {
            scene.run_at(MONDAY, &["subscriber", "add", &address(reader)]);
        }
        let ran = scene.run_with(&["--at", MONDAY, "run"], &[("TIDINGS_MAIL__SMTP", &url)]);
        assert_eq!((ran.code, relay.count()), (0, 5), "{}", ran.talk);
        let service = Service::start(&scene, &["--at", MONDAY]);
        Self {
            scene,
            relay,
            service,
        }
    }

    fn message(&self, reader: &str) -> String {
        let taken = self.relay.taken();
        taken
            .into_iter()
            .find(|(to, _)| *to == address(reader))
            .unwrap()
            .1
    }

    /// The path of the page in a reader's mail.
    fn path(&self, reader: &str) -> String {
        let message = self.message(reader);
        let line = message
            .lines()
            .find(|line| line.starts_with("List-Unsubscribe: "))
            .unwrap();
        let rest = line
            .strip_prefix("List-Unsubscribe: <https://news.hums.example")
            .unwrap();
        rest.split('>').next().unwrap().to_owned()
    }

    fn shown(&self, reader: &str) -> String {
        self.scene
            .run_at(MONDAY, &["subscriber", "show", &address(reader)])
    }

    /// How often a reader has left.
    fn left(&self, reader: &str) -> usize {
        self.shown(reader)
            .lines()
            .filter(|line| line.contains(" left"))
            .count()
    }

    /// A request as a mail program makes it, which does not come by loopback's name.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n{headers}\r\n{body}"
        );
        self.service.say(request.as_bytes())
    }
}

fn address(reader: &str) -> String {
    format!("{reader}@x.example")
}

#[test]
fn the_mail_says_how_to_leave_by_one_click_and_by_mail_in_one_line() {
    let sent = Sent::new("");
    let message = sent.message("ada");
    let at = |name: &str| {
        message
            .lines()
            .position(|line| line.starts_with(name))
            .unwrap()
    };
    let line = message.lines().nth(at("List-Unsubscribe: ")).unwrap();
    let (page, mail) = line["List-Unsubscribe: ".len()..].split_once(", ").unwrap();
    assert!(
        page.starts_with("<https://news.hums.example/unsubscribe/") && page.ends_with('>'),
        "{line}"
    );
    assert!(
        mail.starts_with("<mailto:news+leave-") && mail.ends_with('>'),
        "{line}"
    );
    let post = message.lines().nth(at("List-Unsubscribe-Post: ")).unwrap();
    assert_eq!(post, "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    let next = message.lines().nth(at("List-Unsubscribe: ") + 1).unwrap();
    assert!(!next.starts_with([' ', '\t']), "folded: {next}");
    let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
    let address = page.trim_matches(['<', '>']);
    assert!(
        parsed.body_text(0).unwrap().contains(address),
        "the text part links to the page"
    );
    assert!(
        parsed.body_html(0).unwrap().contains(address),
        "the HTML part links to the page"
    );
    assert!(
        !message.to_lowercase().contains("ada%40"),
        "nothing personal stands in a link"
    );
}

#[test]
fn one_click_leaves_as_each_mail_program_sends_it() {
    let sent = Sent::new("");
    let form = "List-Unsubscribe=One-Click";
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (reader, headers, body) in [
        (
            "ada",
            format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                form.len()
            ),
            form,
        ),
        (
            "bob",
            format!(
                "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n",
                multipart.len()
            ),
            multipart,
        ),
        ("cid", "Content-Length: 0\r\n".to_owned(), ""),
        (
            "dee",
            "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
                .to_owned(),
            "5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            "eve",
            "Origin: null\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n".to_owned(),
            "",
        ),
    ] {
        assert_eq!(sent.left(reader), 0, "{reader}");
        let path = sent.path(reader);
        for again in 0..3 {
            let answer = sent.ask("POST", &path, &headers, body);
            assert_eq!(answer.status, 200, "{reader} {again}: {}", answer.head);
            assert!(answer.header("set-cookie").is_none() && answer.header("location").is_none());
        }
        assert_eq!(
            sent.left(reader),
            1,
            "one event, however often it is asked: {}",
            sent.shown(reader)
        );
    }
    let url = sent.relay.url();
    let scene = sent.scene.post("two.md", "Two", "2024-06-25");
    let ran = scene.run_with(
        &["--at", "2024-07-01T08:00:05+02:00", "run"],
        &[("TIDINGS_MAIL__SMTP", &url)],
    );
    assert_eq!(
        (ran.code, sent.relay.count()),
        (0, 5),
        "nobody is left: {}",
        ran.talk
    );
}

#[test]
fn whoever_only_looks_changes_nothing_and_a_person_leaves_by_the_button() {
    let sent = Sent::new("");
    let path = sent.path("ada");
    let before = sent.shown("ada");
    for method in [
        "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND",
    ] {
        for ending in ["", "/", "?List-Unsubscribe=One-Click", "?a=b"] {
            let answer = sent.ask(method, &format!("{path}{ending}"), "", "");
            assert!(answer.status < 500, "{method}: {}", answer.head);
        }
    }
    assert_eq!(sent.shown("ada"), before);
    let page = sent.ask("GET", &path, "", "");
    let text = page.text();
    assert_eq!(page.status, 200);
    assert!(
        text.contains("<h1>Leave “Tea &amp; &lt;b&gt;”?</h1>"),
        "{text}"
    );
    assert!(
        text.contains(&format!("<form method=\"post\" action=\"{path}\">")),
        "{text}"
    );
    assert!(!text.contains("ada@") && !text.contains("<script") && text.len() < 30_000);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    let done = sent.ask("POST", &path, "Content-Length: 0\r\n", "");
    assert!(
        done.status == 200 && done.text().contains("<h1>You have left"),
        "{}",
        done.text()
    );
    assert_eq!(sent.left("ada"), 1);
    let again = sent.ask("GET", &path, "", "");
    assert!(
        again.text().contains("<h1>You have left"),
        "{}",
        again.text()
    );
}

#[test]
fn whoever_has_just_left_can_take_it_back_from_our_page() {
    let sent = Sent::new("");
    let path = sent.path("ada");
    let undo = format!("{path}/undo");
    let empty = "Content-Length: 0\r\n";
    let early = sent.ask("POST", &undo, empty, "");
    assert_eq!(early.status, 404, "there is nothing to take back");
    let done = sent.ask("POST", &path, empty, "").text();
    assert!(
        done.contains(&format!("<form method=\"post\" action=\"{undo}\">")),
        "{done}"
    );
    for foreign in [
        "Origin: https://evil.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
    ] {
        let refused = sent.ask("POST", &undo, &format!("{foreign}{empty}"), "");
        assert_eq!(refused.status, 403, "{foreign}");
    }
    // Whoever opens the address sees how things are, and changes nothing.
    let seen = sent.ask("GET", &undo, "", "");
    assert_eq!((seen.status, seen.text()), (200, done));
    assert_eq!(sent.ask("HEAD", &undo, "", "").status, 200);
    assert_eq!(sent.ask("OPTIONS", &undo, "", "").status, 405);
    let forged = sent.ask("GET", "/unsubscribe/x/undo", "", "");
    let unknown = sent.ask("GET", "/unsubscribe/x", "", "");
    assert_eq!((forged.status, forged.text()), (404, unknown.text()));
    assert_eq!(sent.left("ada"), 1);
    let subscribed = || sent.shown("ada").contains("digests: weekly");
    assert!(!subscribed(), "{}", sent.shown("ada"));
    let back = sent.ask(
        "POST",
        &undo,
        &format!("Origin: null\r\nSec-Fetch-Site: same-origin\r\n{empty}"),
        "",
    );
    assert!(
        back.status == 200 && back.text().contains("comes to you again"),
        "{}",
        back.text()
    );
    assert!(subscribed(), "{}", sent.shown("ada"));
    let seen = sent.ask("GET", &undo, "", "").text();
    let leave = format!("<form method=\"post\" action=\"{path}\">");
    assert!(seen.contains(&leave), "{seen}");
    // They can leave again, and it is not taken back by an old mail.
    sent.ask("POST", &path, empty, "");
    assert_eq!(sent.left("ada"), 2);
    let later = Service::start(&sent.scene, &["--at", "2024-06-24T09:30:00+02:00"]);
    let request =
        format!("POST {undo} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{empty}\r\n");
    assert_eq!(later.say(request.as_bytes()).status, 404);
}

#[test]
fn every_token_that_is_none_gets_the_same_answer() {
    let sent = Sent::new("");
    let path = sent.path("ada");
    let token = path.strip_prefix("/unsubscribe/").unwrap();
    let other = Sent::new("").path("ada");
    let mut forged = vec![
        other,
        "/unsubscribe/x".to_owned(),
        format!("/unsubscribe/{}", "A".repeat(55)),
        format!("/unsubscribe/{}", "A".repeat(2000)),
    ];
    for at in (0..token.len()).step_by(3) {
        let mut changed = token.to_owned().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        forged.push(format!(
            "/unsubscribe/{}",
            String::from_utf8(changed).unwrap()
        ));
        forged.push(format!("/unsubscribe/{}", &token[..at]));
    }
    forged.retain(|path| path != "/unsubscribe/" && *path != format!("/unsubscribe/{token}"));
    let mut answers: Vec<(u16, String, u16, String)> = Vec::new();
    for path in &forged {
        let (looked, posted) = (
            sent.ask("GET", path, "", ""),
            sent.ask("POST", path, "Content-Length: 0\r\n", ""),
        );
        answers.push((looked.status, looked.text(), posted.status, posted.text()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (looked, _, posted, text) = &answers[0];
    assert_eq!((*looked, *posted), (404, 200));
    assert!(text.contains("<h1>This link is not valid</h1>"), "{text}");
    assert_eq!(READERS.map(|reader| sent.left(reader)), [0; 5]);
}

#[test]
fn a_store_that_fails_is_asked_again_later() {
    let sent = Sent::new("");
    let path = sent.path("ada");
    let store = format!("sqlite:{}", sent.scene.path("tidings.db").display());
    let tell = |text: &'static str| {
        sqlx::any::install_default_drivers();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut connection = sqlx::AnyConnection::connect(&store).await.unwrap();
            connection.execute(sqlx::raw_sql(text)).await.unwrap();
        });
    };
    tell("ALTER TABLE subscription RENAME TO gone");
    let failed = sent.ask("POST", &path, "Content-Length: 0\r\n", "");
    assert_eq!(
        (failed.status, failed.header("retry-after")),
        (503, Some("300"))
    );
    tell("ALTER TABLE gone RENAME TO subscription");
    let done = sent.ask("POST", &path, "Content-Length: 0\r\n", "");
    assert_eq!((done.status, sent.left("ada")), (200, 1));
}

#[test]
fn the_page_speaks_the_language_of_its_digest() {
    for (digest, title, button) in [
        (
            "language = \"de\"\n",
            "„Tea &amp; &lt;b&gt;“ abbestellen?",
            "Abbestellen",
        ),
        (
            "language = \"fr-CA\"\n",
            "Se désabonner de « Tea &amp; &lt;b&gt; » ?",
            "Se désabonner",
        ),
        (
            "language = \"ja\"\n",
            "「Tea &amp; &lt;b&gt;」の配信を停止しますか",
            "配信を停止する",
        ),
    ] {
        // The post's language is that of the digest, so that it is in it.
        let tag = digest.split('"').nth(1).unwrap();
        let sent = Sent::speaking(digest, tag);
        let page = sent.ask("GET", &sent.path("ada"), "", "").text();
        assert!(
            page.contains(title) && page.contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")),
            "{page}"
        );
        assert!(page.contains(&format!(">{button}</button>")), "{page}");
    }
}
