//! Answers: who confirms, by which token, and for how long.

use std::fs;

use mail_parser::MessageParser;

use super::{EVENING, NEXT_MONDAY, Site, TUESDAY, answer, both};

const WEDNESDAY: &str = "2024-06-26T12:00:00+02:00";

/// The local part's tag with its token: `confirm-…`.
fn tag(address: &str) -> &str {
    let (local, _) = address.split_once('@').unwrap();
    local.split_once('+').unwrap().1
}

#[test]
fn somebody_joins_confirms_reads_and_leaves_by_mail_alone() {
    both("join_all", |store| {
        let site = Site::with("footer = \"Hums, 1 Night Street\"", store);
        site.ask("1", "Ada Night <Ada@x.example>");
        let told = site.at(TUESDAY, &["run"]);
        assert!(told.contains("1 to be asked to confirm"), "{told}");
        assert_eq!(site.state("Ada@x.example"), "Ada@x.example  pending");
        let letter = site.message("Ada@x.example");
        let parsed = MessageParser::default().parse(&letter).unwrap();
        let (to, subject) = site.question("Ada@x.example");
        assert!(tag(&to).starts_with("confirm-"), "{to}");
        assert!(
            subject.starts_with("Please confirm: Hums, weekly – confirm "),
            "{subject}"
        );
        let text = parsed.body_text(0).unwrap();
        for words in [
            "“Hums, weekly”",
            "answer this mail",
            "valid for three days",
            "Hums, 1 Night Street",
            &to,
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        // Nothing that advertises: no picture, no post, one link.
        let html = parsed.body_html(0).unwrap();
        assert_eq!(html.matches("href=").count(), 1, "{html}");
        for words in ["<img", "One", "Welcome", "style"] {
            assert!(!html.contains(words), "{words}: {html}");
        }
        // The next run has nothing to send.
        site.at(EVENING, &["run"]);
        assert_eq!(site.relay.count(), 1);

        let quoted = "On Tue, Hums <news@hums.example> wrote:\n> Somebody, probably you";
        site.receive("2", &answer(&to, &format!("Re: {subject}"), quoted));
        let told = site.at(EVENING, &["inbox"]);
        assert!(told.contains("1 confirmed"), "{told}");
        assert_eq!(site.state("Ada@x.example"), "Ada@x.example  active  weekly");
        let shown = site.at(EVENING, &["subscriber", "show", "ada@x.example"]);
        for words in [
            "asked",
            "weekly; by mail",
            "confirmed",
            "asked at 2024-06-25T10:0",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        let scene = &site.scene;
        fs::write(
            scene.path("post/two.md"),
            "---\ntitle: Two\ndate: 2024-06-26\n---\nt\n",
        )
        .unwrap();
        site.at(NEXT_MONDAY, &["run"]);
        let digest = site.message("Ada@x.example");
        assert!(
            digest.contains("Two") && site.relay.count() == 2,
            "{digest}"
        );
        let begin = digest.find("mailto:news+leave-").unwrap() + "mailto:".len();
        let leave = digest[begin..].split('?').next().unwrap();
        site.receive("3", &answer(leave, "", "bye"));
        assert!(site.at(NEXT_MONDAY, &["inbox"]).contains("1 left"));
        assert!(site.waiting().is_empty());
    });
}

#[test]
fn an_answer_confirms_by_its_address_or_by_its_subject() {
    for (keys, how) in [
        ("", "the address"),
        ("", "the subject"),
        ("inbox_token = \"subject\"", "the subject"),
    ] {
        let site = Site::with(keys, None);
        site.ask("1", "ada@x.example");
        site.at(TUESDAY, &["run"]);
        let (to, subject) = site.question("ada@x.example");
        assert_eq!(to.contains('+'), keys.is_empty(), "{to}");
        let message = match how {
            "the address" => answer(&to, "", ""),
            _ => answer("news@hums.example", &format!("AW: {subject}"), "Ja!"),
        };
        site.receive("2", &message);
        site.at(EVENING, &["inbox"]);
        assert!(
            site.state("ada@x.example").contains("active"),
            "{keys} {how}"
        );
    }
}

#[test]
fn no_program_confirms_for_a_person() {
    let site = Site::new();
    site.ask("1", "ada@x.example");
    site.at(TUESDAY, &["run"]);
    let (to, subject) = site.question("ada@x.example");
    let re = format!("Re: {subject}");
    let quoted = site.message("ada@x.example");
    for (number, message) in [
        format!("Auto-Submitted: auto-replied\n{}", answer(&to, &re, "")),
        format!("X-Autoreply: yes\n{}", answer(&to, &re, &quoted)),
        answer(
            &to,
            &format!("Out of office: {subject}"),
            "I am away until Monday.",
        ),
        format!("Precedence: bulk\n{}", answer(&to, &re, "yes")),
        answer(
            &to,
            &re,
            "Thank you for your message. We will look into it.",
        ),
        answer(
            &to,
            "Undeliverable",
            &format!("Your message was not delivered.\n\n{quoted}"),
        ),
        format!("Return-Path: <>\n{}", answer(&to, &re, "")),
        answer(
            &to,
            &format!("[Ticket 17] {subject}"),
            "Your ticket was opened.\n",
        ),
    ]
    .iter()
    .enumerate()
    {
        site.receive(&format!("r{number}"), message);
        site.at(EVENING, &["inbox"]);
        assert_eq!(
            site.state("ada@x.example"),
            "ada@x.example  pending",
            "{message}"
        );
    }
    site.receive("last", &answer(&to, &re, "yes"));
    site.at(EVENING, &["inbox"]);
    assert!(site.state("ada@x.example").contains("active"));
}

#[test]
fn a_token_confirms_once_for_three_days_and_nothing_but_its_purpose() {
    let site = Site::new();
    site.ask("1", "ada@x.example");
    site.at(TUESDAY, &["run"]);
    let (to, subject) = site.question("ada@x.example");
    let leave = site.message("ada@x.example");
    let begin = leave.find("mailto:news+leave-").unwrap() + "mailto:".len();
    let leave = leave[begin..].split('?').next().unwrap().to_owned();
    let token = tag(&to).strip_prefix("confirm-").unwrap().to_owned();
    let other = if token.ends_with('a') { 'b' } else { 'a' };
    let forged = format!("{}{other}", &token[..token.len() - 1]);
    for (number, to) in [
        format!(
            "news+confirm-{}@hums.example",
            tag(&leave).strip_prefix("leave-").unwrap()
        ),
        format!("news+confirm-{forged}@hums.example"),
        format!("news+confirm-{}@hums.example", "a".repeat(45)),
    ]
    .iter()
    .enumerate()
    {
        site.receive(&format!("f{number}"), &answer(to, "", ""));
        site.at(EVENING, &["inbox"]);
        assert_eq!(
            site.state("ada@x.example"),
            "ada@x.example  pending",
            "{to}"
        );
    }
    // Whoever leaves once more is not brought back by an answer that was used.
    site.receive("yes", &answer(&to, &subject, ""));
    site.at(EVENING, &["inbox"]);
    site.at(EVENING, &["subscriber", "remove", "ada@x.example"]);
    site.receive("again", &answer(&to, &subject, "yes"));
    site.at(WEDNESDAY, &["inbox"]);
    assert!(site.state("ada@x.example").contains("left"));

    site.ask("2", "bob@x.example");
    site.at(WEDNESDAY, &["run"]);
    let (to, _) = site.question("bob@x.example");
    site.receive("late", &answer(&to, "", ""));
    site.at("2024-06-29T12:00:01+02:00", &["inbox"]);
    assert_eq!(site.state("bob@x.example"), "bob@x.example  pending");
    site.at("2024-06-29T12:00:00+02:00", &["inbox"]);
    assert!(
        site.state("bob@x.example").contains("active"),
        "it waits in the box"
    );
}

#[test]
fn a_digest_is_named_in_the_address_or_the_subject() {
    let site = Site::new();
    let monthly = "[[digest]]\nname = \"monthly\"\nlanguage = \"de\"\ntitle = \"Hums im Monat\"\nschedule = \"0 8 1 * *\"\n[mail]";
    let config = site.scene.read("config.toml").replace("[mail]", monthly);
    let site = Site {
        scene: site.scene.file("config.toml", &config),
        ..site
    };
    let mail = |to: &str, from: &str, subject: &str| {
        format!("To: {to}\nFrom: {from}\nMessage-ID: <{from}>\nSubject: {subject}\n\n")
    };
    site.receive(
        "1",
        &mail("news+join-monthly@hums.example", "ada@x.example", ""),
    );
    site.receive(
        "2",
        &mail("news@hums.example", "bob@x.example", "Subscribe monthly"),
    );
    site.receive("3", &mail("news+join@hums.example", "eve@x.example", ""));
    site.receive(
        "4",
        &mail("news+join-daily@hums.example", "kim@x.example", ""),
    );
    site.at(TUESDAY, &["run"]);
    assert_eq!(site.waiting(), ["4"]);
    for (address, title) in [
        ("ada@x.example", "Bitte bestätigen: Hums im Monat"),
        ("bob@x.example", "Bitte bestätigen: Hums im Monat"),
        ("eve@x.example", "Please confirm: Hums, weekly"),
    ] {
        let (to, subject) = site.question(address);
        assert!(subject.starts_with(title), "{subject}");
        site.receive(address, &answer(&to, &subject, ""));
    }
    site.at(EVENING, &["inbox"]);
    assert!(site.state("ada@x.example").ends_with("active  monthly"));
    assert!(site.state("eve@x.example").ends_with("active  weekly"));
}
