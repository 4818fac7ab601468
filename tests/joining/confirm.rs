//! The letter, and the button behind its link.

use std::collections::BTreeSet;
use std::fs;

use mail_parser::MessageParser;

use super::{MONDAY, Site};

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
