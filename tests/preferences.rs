//! A reader's preferences: digests, a pause, another address, what is kept, and being forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use mail_parser::MessageParser;
use serde_json::Value;

use crate::browser::Browser;
use crate::database::Database;
use crate::http::{Answer, Service};
use crate::relay::{Habits, Relay};
use crate::scene::Scene;

pub(crate) const MONDAY: &str = "2024-06-24T08:00:05+02:00";
pub(crate) const SECOND: &str = "2024-07-01T08:00:05+02:00";
pub(crate) const THIRD: &str = "2024-07-08T08:00:05+02:00";
const FORM: &str = "Sec-Fetch-Site: same-origin\r\n";

/// A site with two digests, a reader of both and one who has left, and its service.
pub(crate) struct Site {
    pub(crate) scene: Scene,
    pub(crate) relay: Relay,
    pub(crate) store: Option<String>,
    pub(crate) service: Service,
}

impl Site {
    pub(crate) fn new(web: &str, store: Option<String>) -> Self {
        let scene = Scene::new().post("one.md", "One", "2024-06-01");
        let config = scene.read("config.toml").replace(
            "to = [\"editor@hums.example\"]\n",
            "title = \"Hums & <tea>\"\nwelcome = \"issue\"\n",
        );
        let second = "[[digest]]\nname = \"monthly\"\ntitle = \"Monthly\"\nlanguage = \"de\"\nschedule = \"0 8 1 * *\"\n[mail]";
        let config = config.replace("[mail]", second);
        let web = format!("[web]\nurl = \"https://news.hums.example/\"\n{web}");
        let scene = scene.file("config.toml", &format!("{config}{web}"));
        let relay = Relay::start(Habits::good(true, Duration::ZERO));
        let set = |scene: &Scene, arguments: &[&str]| {
            let environment = environment(&relay, store.as_deref());
            let set: Vec<(&str, &str)> = environment
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let ran = scene.run_with(&[&["--at", MONDAY], arguments].concat(), &set);
            assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        };
        for name in ["ada", "bob"] {
            set(
                &scene,
                &["subscriber", "add", &address(name), "--name", "Ada <b>"],
            );
        }
        set(&scene, &["run"]);
        let environment = environment(&relay, store.as_deref());
        let service = serve(&scene, MONDAY, &environment);
        Self {
            scene,
            relay,
            store,
            service,
        }
    }

    pub(crate) fn at(&self, at: &str, arguments: &[&str]) -> String {
        let environment = environment(&self.relay, self.store.as_deref());
        let set: Vec<(&str, &str)> = environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let ran = self
            .scene
            .run_with(&[&["--at", at], arguments].concat(), &set);
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran.out
    }

    pub(crate) fn shown(&self, name: &str) -> String {
        self.at(MONDAY, &["subscriber", "show", &address(name)])
    }

    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: news.hums.example\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        self.service.say(request.as_bytes())
    }

    /// The last mail to somebody: its subject and text.
    pub(crate) fn mail(&self, name: &str) -> (String, String) {
        let taken = self.relay.taken();
        let found = taken.iter().rev().find(|(to, _)| *to == address(name));
        let (_, message) = found.unwrap_or_else(|| panic!("no mail to {name}"));
        let parsed = MessageParser::default().parse(message).unwrap();
        let subject = parsed.subject().unwrap().to_owned();
        (subject, parsed.body_text(0).unwrap().into_owned())
    }

    /// The path of a page below this one in the last mail to somebody.
    pub(crate) fn path(&self, name: &str, page: &str) -> String {
        let (_, text) = self.mail(name);
        let below = format!("https://news.hums.example/{page}/");
        let at = text.find(&below).unwrap_or_else(|| panic!("{text}"));
        let link = text[at..].split_whitespace().next().unwrap();
        link.trim_start_matches("https://news.hums.example")
            .to_owned()
    }

    pub(crate) fn wait_for(&self, count: usize) {
        self.relay.wait_for(count);
    }
}

fn environment(relay: &Relay, store: Option<&str>) -> Vec<(&'static str, String)> {
    let mut set = vec![("TIDINGS_MAIL__SMTP", relay.url())];
    set.extend(store.map(|store| ("TIDINGS_STORE__URL", store.to_owned())));
    set
}

pub(crate) fn serve(scene: &Scene, at: &str, environment: &[(&'static str, String)]) -> Service {
    let set: Vec<(&str, &str)> = environment
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Service::start_with(scene, &["--at", at], &set)
}

fn address(name: &str) -> String {
    format!("{name}@x.example")
}

pub(crate) fn both(name: &str, test: impl Fn(Option<String>)) {
    test(None);
    if let Some(database) = Database::fresh(name) {
        test(Some(database.url()));
    }
}

#[test]
fn a_reader_chooses_digests_and_pauses_and_looking_changes_nothing() {
    both("preferences", |store| {
        let site = Site::new("", store);
        let path = site.path("ada", "preferences");
        let before = site.shown("ada");
        for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] {
            for rest in ["", "/address", "/data", "/forget"] {
                let answer = site.service.ask(method, &format!("{path}{rest}"), "");
                // Whoever opens the address of a form sees the page that has it.
                let expected = if ["GET", "HEAD"].contains(&method) {
                    200
                } else {
                    405
                };
                assert_eq!(answer.status, expected, "{method} {rest}: {}", answer.head);
            }
        }
        let from_elsewhere = site.post(&path, "Origin: https://evil.example\r\n", "digest=weekly");
        assert_eq!(from_elsewhere.status, 403);
        assert_eq!(site.shown("ada"), before);
        let page = site.service.get(&path).text();
        for part in [
            "<h1>Your preferences</h1>",
            "value=\"weekly\" checked> Hums &amp; &lt;tea&gt;",
            "value=\"monthly\" checked> Monthly",
            "min=\"2024-06-25\" max=\"2026-06-24\" value=\"\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("ada@") && page.len() < 30_000, "{page}");

        let saved = site.post(&path, FORM, "digest=monthly&digest=other&until=2024-07-04");
        assert_eq!(saved.status, 200);
        let page = saved.text();
        assert!(
            page.contains("role=\"status\"") && page.contains("value=\"2024-07-04\""),
            "{page}"
        );
        assert!(page.contains("value=\"weekly\"> Hums"), "{page}");
        let shown = site.shown("ada");
        for words in [
            "digests: monthly\n",
            "paused until 2024-07-03T22:00:00Z",
            "left  weekly",
            "paused  until 2024-07-03T22:00:00Z",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        // The same again is no event.
        site.post(&path, FORM, "digest=monthly&until=2024-07-04");
        assert_eq!(site.shown("ada"), shown);
        for until in [
            "2024-06-24",
            "2026-06-25",
            "tea",
            "0000-00-00",
            "99999-01-01",
        ] {
            let wrong = site.post(&path, FORM, &format!("digest=weekly&until={until}"));
            assert_eq!(wrong.status, 422, "{until}");
            // What was typed stays.
            let page = wrong.text();
            for part in [
                "value=\"weekly\" checked>",
                "value=\"monthly\"> Monthly",
                &format!("value=\"{until}\" aria-invalid"),
            ] {
                assert!(page.contains(part), "{part}: {page}");
            }
        }
        assert_eq!(site.shown("ada"), shown);
        // Nothing is queued while the pause lasts, then the next issue comes.
        site.post(&path, FORM, "digest=weekly&digest=monthly&until=2024-07-04");
        for (number, at) in [(2, SECOND), (3, THIRD)] {
            let post = format!("---\ntitle: Post {number}\ndate: 2024-06-2{number}\n---\nt\n");
            std::fs::write(site.scene.path(&format!("post/{number}.md")), post).unwrap();
            let before = site.relay.taken().len();
            site.at(at, &["digest", "weekly"]);
            let taken = site.relay.taken().split_off(before);
            let mut to: Vec<String> = taken.into_iter().map(|(to, _)| to).collect();
            to.sort();
            match at {
                SECOND => assert_eq!(to, ["bob@x.example"]),
                _ => assert_eq!(to, ["ada@x.example", "bob@x.example"]),
            }
        }
        let shown = site.at(THIRD, &["subscriber", "show", "ada@x.example"]);
        assert!(!shown.contains("paused until"), "{shown}");
        site.post(&path, FORM, "digest=weekly&until=");
        assert!(site.shown("ada").contains("resumed"));
    });
}

#[test]
fn a_token_of_something_else_forged_or_of_somebody_forgotten_gets_one_plain_answer() {
    let site = Site::new("", None);
    let path = site.path("ada", "preferences");
    let (_, text) = site.mail("ada");
    let leave = site
        .path("ada", "unsubscribe")
        .replace("unsubscribe", "preferences");
    assert!(
        text.contains("Preferences: https://news.hums.example/preferences/"),
        "{text}"
    );
    let token = path.rsplit('/').next().unwrap();
    let forged = [
        leave,
        format!("/preferences/{}", &token[1..]),
        "/preferences/x".to_owned(),
        format!("/preferences/{}B", &token[..token.len() - 1]),
    ];
    let mut answers = BTreeSet::new();
    for path in &forged {
        for rest in ["", "/address", "/data", "/forget"] {
            let body = "sure=yes&email=eve%40x.example&digest=weekly";
            let answer = site.post(&format!("{path}{rest}"), FORM, body);
            answers.insert((answer.status, answer.text()));
        }
        let answer = site.service.get(path);
        answers.insert((answer.status, answer.text()));
    }
    assert!(
        answers.len() == 1 && answers.first().unwrap().0 == 404,
        "{answers:?}"
    );
    // A token to the preferences is none to leave by, and the other way round.
    let wrong = path.replace("preferences", "unsubscribe");
    assert_eq!(site.service.get(&wrong).status, 404);
    // Without the box nothing is deleted.
    assert_eq!(site.post(&format!("{path}/forget"), FORM, "").status, 422);
    assert!(site.shown("ada").contains("active"));
    let all = site.post(&format!("{path}/data"), FORM, "");
    assert_eq!(all.header("content-type"), Some("application/json"));
    assert!(
        all.header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    assert_eq!(all.header("cache-control"), Some("no-store"));
    let kept: Value = serde_json::from_str(&all.text()).unwrap();
    assert_eq!(kept["address"], "ada@x.example");
    assert_eq!(kept["name"], "Ada <b>");
    assert_eq!(kept["digests"], serde_json::json!(["monthly", "weekly"]));
    assert_eq!(kept["deliveries"][0]["state"], "sent");
    assert_eq!(kept["events"][0]["kind"], "joined");
    let gone = site.post(&format!("{path}/forget"), FORM, "sure=yes");
    assert!(
        gone.status == 200 && gone.text().contains("You are forgotten"),
        "{}",
        gone.text()
    );
    let list = site.at(MONDAY, &["subscriber", "list"]);
    assert!(!list.contains("ada@"), "{list}");
    let after = site.service.get(&path);
    assert!(
        answers.contains(&(after.status, after.text())),
        "{}",
        after.text()
    );
    // An old mail does not bring back a reader who has left, and they can still have everything deleted.
    let bob = site.path("bob", "preferences");
    site.at(MONDAY, &["subscriber", "remove", "bob@x.example"]);
    let page = site.service.get(&bob).text();
    assert!(
        !page.contains("name=\"digest\"") && page.contains("name=\"sure\""),
        "{page}"
    );
    assert_eq!(site.post(&bob, FORM, "digest=weekly").status, 409);
    assert!(site.shown("bob").contains("bob@x.example  left"));
}

#[test]
fn another_address_confirms_first_and_the_old_one_is_told_no_more_than_that() {
    both("moving", |store| {
        let site = Site::new("keep_ip = true\n", store);
        let path = site.path("ada", "preferences");
        site.post(&path, FORM, "digest=weekly&digest=monthly&until=2024-07-04");
        let sent = site.relay.count();
        let wrong = site.post(&format!("{path}/address"), FORM, "email=tea%22%3E");
        assert_eq!(wrong.status, 422);
        let page = wrong.text();
        assert!(
            page.contains("value=\"tea&quot;&gt;\" aria-invalid"),
            "{page}"
        );
        // This belongs to the other form.
        assert!(page.contains("value=\"2024-07-04\">"), "{page}");
        let long = format!("email={}%40y.example", "a".repeat(50_000));
        let answer = site.post(&format!("{path}/address"), FORM, &long);
        assert_eq!((answer.status, answer.text().len() < 30_000), (422, true));
        let body = "email=new%40y.example";
        let asked = site.post(&format!("{path}/address"), FORM, body);
        assert!(
            asked
                .text()
                .contains("<h1>Please look into your mailbox</h1>")
        );
        // Whether the address is known shows in nothing.
        let known = site.post(&format!("{path}/address"), FORM, "email=bob%40x.example");
        assert_eq!((known.status, known.text()), (asked.status, asked.text()));
        site.wait_for(sent + 1);
        assert!(
            site.shown("ada").contains("ada@x.example  active"),
            "until it is confirmed"
        );
        let taken = site.relay.taken();
        let (to, letter) = taken.last().unwrap();
        assert_eq!(to, "new@y.example");
        let parsed = MessageParser::default().parse(letter).unwrap();
        let text = parsed.body_text(0).unwrap().into_owned();
        let at = text.find("/confirm/").unwrap();
        let confirm = text[at..].split_whitespace().next().unwrap();
        assert_eq!(site.service.get(confirm).status, 200);
        let done = site.post(confirm, FORM, "");
        assert!(
            done.text().contains("You are subscribed to"),
            "{}",
            done.text()
        );
        // The old address is told, the new one is welcomed and gets the last issue, each once.
        site.wait_for(sent + 4);
        assert_eq!(site.post(confirm, FORM, "").status, 200);
        site.at(MONDAY, &["run"]);
        let taken = site.relay.taken();
        let mut mails: Vec<(String, String)> = taken[sent..]
            .iter()
            .map(|(to, message)| {
                let parsed = MessageParser::default().parse(message).unwrap();
                (to.clone(), parsed.subject().unwrap().to_owned())
            })
            .collect();
        mails.sort();
        let subjects = [
            ("ada@x.example", "Your address for Hums & <tea> was changed"),
            ("new@y.example", "Hums & <tea>: One"),
            ("new@y.example", "Please confirm: Hums & <tea>, Monthly"),
            ("new@y.example", "Welcome to Hums & <tea>"),
        ];
        let subjects = subjects.map(|(to, subject)| (to.to_owned(), subject.to_owned()));
        assert_eq!(mails, subjects);
        let (_, told) = site.mail("ada");
        assert!(
            !told.contains("new@") && !told.contains("y.example"),
            "{told}"
        );
        let old = site.shown("ada");
        assert!(
            old.contains("ada@x.example  left") && old.contains("moved"),
            "{old}"
        );
        let new = site.at(MONDAY, &["subscriber", "show", "new@y.example"]);
        for words in [
            "active",
            "name: Ada <b>",
            "digests: monthly, weekly",
            "paused until 2024-07-03T22:00:00Z",
            "by the preferences of another address",
        ] {
            assert!(new.contains(words), "{words}: {new}");
        }
        assert!(!new.contains("ada@"), "{new}");
    });
}

#[test]
fn a_person_with_a_keyboard_and_without_scripts_changes_preferences() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let site = Site::new("", None);
    let path = site.path("ada", "preferences");
    let base = format!("http://{}", site.service.address);
    browser.open(&format!("{base}{path}"));
    for (width, scheme) in [
        (375, "light"),
        (375, "dark"),
        (1280, "light"),
        (1280, "dark"),
    ] {
        // A page that is higher than the window has a bar beside it.
        let wide = browser.look(width, scheme);
        assert!(wide <= width && wide > width - 20, "{wide} of {width}");
        browser.shoot(&format!("preferences-{width}-{scheme}"));
    }
    // Past the link to the site and the first digest to the second, which is unchecked.
    browser.tab(3);
    browser.space();
    let saved = browser.enter();
    assert!(saved.contains("role=\"status\""), "{saved}");
    let shown = site.shown("ada");
    assert!(shown.contains("digests: weekly\n"), "{shown}");
    browser.shoot("preferences-saved");
}
