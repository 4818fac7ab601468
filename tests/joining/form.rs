//! The form: what it takes, what it says, and what it keeps to itself.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use super::{MONDAY, Site};
use crate::browser::Browser;

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
    // A minute later than the clock of the site, so that a slow machine does not make a person of it.
    let now = "1719212460";
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
