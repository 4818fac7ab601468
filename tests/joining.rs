//! Joining by HTTP: the form, the letter that the resident sends, the button behind its link.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use crate::browser::Browser;
use crate::http::{Answer, Service};
use crate::relay::{Habits, Relay};
use crate::scene::Scene;

const MONDAY: &str = "2024-06-24T09:00:00+02:00";

/// A site with two digests, its relay and its service.
pub(crate) struct Site {
    pub(crate) scene: Scene,
    relay: Relay,
    pub(crate) service: Service,
}

impl Site {
    pub(crate) fn new(web: &str) -> Self {
        let scene = Scene::new().post("one.md", "One", "2024-06-01");
        let config = scene.read("config.toml").replace(
            "to = [\"editor@hums.example\"]\n",
            "title = \"Hums & <tea>\"\n",
        );
        let second =
            "[[digest]]\nname = \"each\"\ntitle = \"Every hum\"\nschedule = \"each\"\n[mail]";
        let config = config.replace("[mail]", second);
        let scene = scene.file(
            "config.toml",
            &format!("{config}[web]\nurl = \"https://news.hums.example/\"\n{web}"),
        );
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let service = Self::serve(&scene, &relay, MONDAY);
        Self {
            scene,
            relay,
            service,
        }
    }

    fn serve(scene: &Scene, relay: &Relay, at: &str) -> Service {
        let url = relay.url();
        Service::start_with(scene, &["--at", at], &[("TIDINGS_MAIL__SMTP", &url)])
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        self.service.say(request.as_bytes())
    }

    pub(crate) fn join(&self, address: &str) -> Answer {
        self.post(
            "/subscribe",
            "",
            &format!("email={address}&digest=weekly&website="),
        )
    }

    /// Waits for so many messages at the relay.
    pub(crate) fn wait_for(&self, count: usize) {
        self.relay.wait_for(count);
    }

    /// The path behind the link of the last letter to somebody.
    pub(crate) fn path(&self, to: &str) -> String {
        self.page_path(to, "confirm")
    }

    /// The path below this page of the link in the last mail to somebody.
    pub(crate) fn page_path(&self, to: &str, page: &str) -> String {
        let taken = self.relay.taken();
        let (_, message) = taken.iter().rev().find(|(other, _)| other == to).unwrap();
        let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
        let text = parsed.body_text(0).unwrap().into_owned();
        let at = text
            .find(&format!("https://news.hums.example/{page}/"))
            .unwrap_or_else(|| panic!("{text}"));
        let link = text[at..].split_whitespace().next().unwrap();
        link.trim_start_matches("https://news.hums.example")
            .to_owned()
    }

    /// Runs the program beside the service, with its relay.
    pub(crate) fn run(&self, arguments: &[&str]) {
        let url = self.relay.url();
        let set = [("TIDINGS_MAIL__SMTP", url.as_str())];
        let arguments = [&["--at", MONDAY], arguments].concat();
        let begun = Instant::now();
        loop {
            let ran = self.scene.run_with(&arguments, &set);
            // The service notes what it has sent only after the relay has it.
            let is_busy = ran.talk.contains("another run is sending");
            if is_busy && begun.elapsed() < Duration::from_secs(30) {
                thread::sleep(Duration::from_millis(50));
                continue;
            }
            assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
            return;
        }
    }

    /// The path of the page to leave in the last mail to somebody.
    pub(crate) fn leave_path(&self, to: &str) -> String {
        let taken = self.relay.taken();
        let (_, message) = taken.iter().rev().find(|(other, _)| other == to).unwrap();
        let begin = "List-Unsubscribe: <https://news.hums.example";
        let line = message.lines().find(|line| line.starts_with(begin));
        let rest = &line.unwrap()[begin.len()..];
        rest[..rest.find('>').unwrap()].to_owned()
    }

    pub(crate) fn shown(&self, address: &str) -> String {
        self.scene
            .run(&["--at", MONDAY, "subscriber", "show", address])
            .out
    }
}

#[test]
fn somebody_joins_by_the_form_and_confirms_by_the_button() {
    let site = Site::new("");
    let form = site.service.get("/subscribe");
    let text = form.text();
    assert_eq!(form.status, 200);
    for part in [
        "<form method=\"post\" action=\"/subscribe\">",
        "<input type=\"email\" name=\"email\" required",
        "<input type=\"checkbox\" name=\"digest\" value=\"weekly\" checked> Hums &amp; &lt;tea&gt;",
        "<input type=\"checkbox\" name=\"digest\" value=\"each\" checked> Every hum",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let asked = site.join("ada%40x.example");
    assert!(
        asked.status == 200
            && asked
                .text()
                .contains("<h1>Please look into your mailbox</h1>"),
        "{}",
        asked.text()
    );
    site.wait_for(1);
    let path = site.path("ada@x.example");
    assert!(!path.contains("ada"));
    let before = site.shown("ada@x.example");
    for method in ["GET", "HEAD", "OPTIONS", "PUT"] {
        assert!(site.service.ask(method, &path, "").status < 500);
    }
    assert_eq!(
        site.shown("ada@x.example"),
        before,
        "looking changes nothing"
    );
    let page = site.service.get(&path).text();
    assert!(
        page.contains("<h1>Subscribe to “Hums &amp; &lt;tea&gt;”?</h1>"),
        "{page}"
    );
    assert!(
        page.contains(&format!(
            "<form method=\"post\" action=\"{path}\"><button>Confirm</button>"
        )),
        "{page}"
    );
    assert_eq!(
        site.post(&path, "Origin: https://evil.example\r\n", "")
            .status,
        403
    );
    assert_eq!(site.shown("ada@x.example"), before);
    for again in 0..2 {
        let done = site.post(&path, "Origin: null\r\nSec-Fetch-Site: same-origin\r\n", "");
        assert!(
            done.status == 200 && done.text().contains("<h1>You are subscribed to"),
            "{again}: {}",
            done.text()
        );
    }
    let shown = site.shown("ada@x.example");
    assert!(
        shown.contains("active")
            && shown.contains("by a form of another page")
            && !shown.contains("each"),
        "{shown}"
    );
    // Forged, cut off, of another purpose: one answer.
    let token = path.rsplit('/').next().unwrap();
    let forged = [
        format!("/confirm/{}", &token[1..]),
        "/confirm/x".to_owned(),
        format!("/confirm/{}B", &token[..token.len() - 1]),
    ];
    let answers: BTreeSet<(u16, String)> = forged
        .iter()
        .map(|path| {
            let answer = site.post(path, "", "");
            (answer.status, answer.text())
        })
        .collect();
    assert!(
        answers.len() == 1 && answers.first().unwrap().0 == 404,
        "{answers:?}"
    );
}

#[test]
fn the_proof_names_our_form_by_a_version_that_changes_with_its_words() {
    let mut site = Site::new("");
    let ask = |site: &Site, name: &str, letters: usize| {
        // Shown a while ago, as a person needs it.
        let body = format!("email={name}%40x.example&digest=weekly&website=&time=1719212000");
        assert_eq!(site.post("/subscribe", "", &body).status, 200);
        site.wait_for(letters);
        let shown = site.shown(&format!("{name}@x.example"));
        let (_, rest) = shown
            .split_once("by form ")
            .unwrap_or_else(|| panic!("{shown}"));
        let version: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        assert_eq!(version.len(), 8, "{shown}");
        version
    };
    let before = ask(&site, "ada", 1);
    assert_eq!(ask(&site, "bob", 2), before);
    site.scene = site
        .scene
        .file("words/en.toml", "[page]\njoin_text = \"Tea.\"\n");
    assert_ne!(ask(&site, "cid", 3), before);
}

#[test]
fn a_link_is_valid_for_three_days() {
    let site = Site::new("");
    site.join("ada%40x.example");
    site.wait_for(1);
    let path = site.path("ada@x.example");
    let late = Site::serve(&site.scene, &site.relay, "2024-06-28T09:00:00+02:00");
    let answer = late.ask("POST", &path, "Content-Length: 0\r\n");
    assert!(
        answer.status == 404 && answer.text().contains("<h1>This link is not valid</h1>"),
        "{}",
        answer.text()
    );
    assert!(!site.shown("ada@x.example").contains("active"));
    // Whoever only looks is not led to a button that does nothing, and sees the same as with a forged link.
    let (late_look, forged) = (late.get(&path), late.get("/confirm/x"));
    assert_eq!(
        (late_look.status, late_look.text()),
        (forged.status, forged.text())
    );
    assert_eq!(late_look.status, 404);
}

#[test]
fn the_answer_says_nothing_about_whom_we_know_and_one_address_gets_one_mail_a_day() {
    let site = Site::new("");
    let run = |arguments: &[&str]| {
        assert_eq!(
            site.scene
                .run(&[&["--at", MONDAY], arguments].concat())
                .code,
            0,
            "{arguments:?}"
        );
    };
    run(&["subscriber", "add", "known@x.example"]);
    run(&["subscriber", "add", "gone@x.example"]);
    run(&["subscriber", "forget", "gone@x.example"]);
    let answers: BTreeSet<(u16, String)> = [
        "known%40x.example",
        "gone%40x.example",
        "new%40x.example",
        "NEW%40x.example",
        "%22a%2Cb%22%40x.example",
    ]
    .iter()
    .map(|address| {
        let answer = site.join(address);
        (answer.status, answer.text())
    })
    .collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    for _ in 0..100 {
        assert_eq!(site.join("new%40x.example").status, 200);
    }
    site.wait_for(1);
    thread::sleep(Duration::from_secs(2));
    let letters = site.relay.taken().into_iter();
    let mut to: Vec<String> = letters
        .filter(|(_, message)| message.contains("Subject: Please confirm"))
        .map(|(to, _)| to)
        .collect();
    to.sort();
    assert_eq!(to, ["\"a,b\"@x.example", "new@x.example"], "one each");
}

#[test]
fn a_crowd_is_taken_whole() {
    let site = Site::new("[join]\nper_hour = 1000\nper_domain = 1000\n");
    let ask = |number: usize| site.join(&format!("r{number}%40x.example")).status;
    thread::scope(|scope| {
        for crowd in 0..20 {
            let ask = &ask;
            scope.spawn(move || {
                for number in 0..20 {
                    assert_eq!(ask(crowd * 20 + number), 200);
                }
            });
        }
    });
    site.wait_for(400);
}

#[test]
fn what_is_no_address_is_said_and_what_a_program_fills_in_is_ignored() {
    let site = Site::new("");
    let long = format!("{}%40x.example", "a".repeat(300));
    for address in [
        "",
        "ada",
        "ada%40",
        "%40x.example",
        "a%40x.example%0D%0ABcc%3A+b%40x.example",
        "a%0Ab%40x.example",
        &long,
        "%22%3E%3Cscript%3E",
        "a%40b%40",
        "%ff%00",
    ] {
        let answer = site.join(address);
        assert_eq!(answer.status, 422, "{address}");
        let text = answer.text();
        assert!(
            text.contains("role=\"alert\">This is not an e-mail address")
                && text.contains("aria-invalid=\"true\" aria-describedby=\"wrong\"")
                && !text.contains("<script")
                && text.len() < 30_000,
            "{text}"
        );
    }
    let none = site.post("/subscribe", "", "email=ada%40x.example&digest=nothing");
    let text = none.text();
    assert!(
        none.status == 422 && text.contains("Please choose at least one"),
        "{text}"
    );
    assert!(
        text.contains("<fieldset aria-describedby=\"wrong\">") && !text.contains("aria-invalid"),
        "the field that is right is not called wrong: {text}"
    );
    let large = site.post(
        "/subscribe",
        "",
        &format!("email=ada%40x.example&a={}", "a".repeat(70_000)),
    );
    assert_eq!(large.status, 413);
    let now = "1719212400";
    for body in [
        "email=bot%40x.example&digest=weekly&website=x".to_owned(),
        format!("email=bot%40x.example&digest=weekly&time={now}"),
    ] {
        assert_eq!(site.post("/subscribe", "", &body).status, 200, "{body}");
    }
    site.join("ada%40x.example");
    site.wait_for(1);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(site.relay.count(), 1, "{:?}", site.relay.taken());
}

#[test]
fn the_form_leads_back_to_the_page_of_the_config_and_to_no_other() {
    let site = Site::new("join_back = \"https://hums.example/thanks/\"\n");
    let answer = site.post("/subscribe", "", "email=ada%40x.example&digest=weekly&back=https://evil.example/&join_back=https://evil.example/");
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("https://hums.example/thanks/"))
    );
    let form = site.service.get("/subscribe");
    let policy = form.header("content-security-policy").unwrap();
    assert!(
        policy.contains("form-action 'self' https://hums.example;"),
        "{policy}"
    );
}

#[test]
fn a_person_with_a_keyboard_and_without_scripts_joins_leaves_and_takes_it_back() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let site = Site::new("");
    let base = format!("http://{}", site.service.address);
    browser.open(&format!("{base}/subscribe"));
    for (width, scheme) in [
        (375, "light"),
        (375, "dark"),
        (1280, "light"),
        (1280, "dark"),
    ] {
        assert_eq!(
            browser.look(width, scheme),
            width,
            "nothing stands out of the page"
        );
        browser.shoot(&format!("subscribe-{width}-{scheme}"));
    }
    // The page takes nobody for a person who is faster.
    thread::sleep(Duration::from_secs(3));
    // Past the link to the site.
    browser.tab(2);
    browser.write("ada@x.example");
    let asked = browser.enter();
    assert!(
        asked.contains("<h1>Please look into your mailbox</h1>"),
        "{asked}"
    );
    site.wait_for(1);
    // The same form on a page of somebody else's.
    let other = format!(
        "<!doctype html><title>Blog</title><form method=\"post\" action=\"{base}/subscribe\">\
         <input type=\"hidden\" name=\"digest\" value=\"weekly\"><input name=\"email\"><button>Join</button></form>"
    );
    fs::write(site.scene.path("blog.html"), other).unwrap();
    browser.open(&format!(
        "file://{}",
        site.scene.path("blog.html").display()
    ));
    browser.tab(1);
    browser.write("bob@x.example");
    let asked_elsewhere = browser.enter();
    assert_eq!(asked_elsewhere, asked, "the page is the same");
    site.wait_for(2);
    let confirm = site.path("ada@x.example");
    browser.open(&format!("{base}{confirm}"));
    browser.look(375, "dark");
    browser.shoot("confirm-375-dark");
    browser.tab(2);
    let confirmed = browser.enter();
    assert!(
        confirmed.contains("<h1>You are subscribed to"),
        "{confirmed}"
    );
    assert!(site.shown("ada@x.example").contains("active"));
    let leave = site.leave_path("ada@x.example");
    let page = browser.open(&format!("{base}{leave}"));
    assert!(page.contains("<h1>Leave “"), "{page}");
    browser.tab(2);
    let left = browser.enter();
    assert!(left.contains("<h1>You have left “"), "{left}");
    browser.look(1280, "light");
    browser.shoot("left-1280-light");
    browser.tab(2);
    let back = browser.enter();
    assert!(back.contains(" comes to you again</h1>"), "{back}");
    assert!(site.shown("ada@x.example").contains("active"));
}

#[test]
fn whoever_asks_by_mail_confirms_on_the_page_or_by_an_answer() {
    let site = Site::new("");
    for folder in ["mail/new", "mail/cur"] {
        fs::create_dir_all(site.scene.path(folder)).unwrap();
    }
    let receive = |name: &str, message: &str| {
        fs::write(site.scene.path(&format!("mail/new/{name}")), message).unwrap();
    };
    let url = site.relay.url();
    let run = |arguments: &[&str]| {
        let arguments = [&["--at", MONDAY], arguments].concat();
        site.scene
            .run_with(&arguments, &[("TIDINGS_MAIL__SMTP", &url)])
    };
    for name in ["ada", "bob"] {
        receive(
            name,
            &format!(
                "To: news@hums.example\nFrom: {name}@x.example\nMessage-ID: <{name}@x>\nSubject: subscribe\n\n"
            ),
        );
    }
    let ran = run(&["inbox", "--maildir", "mail"]);
    ran.succeeds().prints("2 to be asked to confirm");
    site.run(&["run"]);
    site.wait_for(2);

    // One link, to the page; and an answer does as well.
    let taken = site.relay.taken();
    for (_, message) in &taken {
        let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
        let text = parsed.body_text(0).unwrap();
        assert!(
            text.contains("Or answer this mail; the answer may be empty."),
            "{text}"
        );
        let html = parsed.body_html(0).unwrap();
        assert_eq!(html.matches("href=").count(), 1, "{html}");
        assert!(html.contains("Or answer this mail"), "{html}");
    }
    let path = site.path("ada@x.example");
    assert_eq!(site.service.get(&path).status, 200);
    assert!(site.shown("ada@x.example").contains("pending"));
    assert_eq!(site.post(&path, "", "").status, 200);
    assert!(site.shown("ada@x.example").contains("active"));

    let answer = |name: &str| {
        let (_, message) = taken.iter().find(|(to, _)| to.starts_with(name)).unwrap();
        let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
        let to = parsed
            .reply_to()
            .unwrap()
            .first()
            .unwrap()
            .address()
            .unwrap();
        assert!(to.starts_with("news+confirm-"), "{to}");
        format!(
            "To: {to}\nFrom: {name}@x.example\nMessage-ID: <{name}2@x>\nSubject: Re: {}\n\n\n",
            parsed.subject().unwrap()
        )
    };
    for name in ["ada", "bob"] {
        receive(&format!("{name}2"), &answer(name));
    }
    let ran = run(&["inbox", "--maildir", "mail"]);
    ran.succeeds().prints("1 confirmed, 1 known");
    assert!(site.shown("bob@x.example").contains("active"));
    // Whoever asked on a page confirms on a page.
    site.join("kim%40x.example");
    site.wait_for(3);
    let taken = site.relay.taken();
    assert!(!taken[2].1.contains("confirm-"), "{}", taken[2].1);
}
