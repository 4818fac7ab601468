//! Whole messages, as they leave: fixed by snapshots, read back by two other parsers.

use std::collections::HashSet;
use std::path::Path;

use chrono::{DateTime, Utc};
use mail_parser::{MessageParser, MimeHeaders, PartType};
use tidings::config::Config;
use tidings::inside::digest::{
    Content, Sizes, Templates, choose_news, render_draft, split_at_limit,
};
use tidings::inside::language::FixedWords;
use tidings::inside::loader::load_posts;
use tidings::inside::message::{Origin, compile};
use tidings::inside::reader::Reader;
use tidings::inside::token::Key;

use crate::dkim::assert_holds_signed;
use crate::parsers::python;
use crate::scene::{CONFIG, Scene};

const ODD_NAME: &str = "O'Neil, \"Ada\"\r\nBcc: x@y.example 🍵";

/// The message of a site's first digest for a reader of this name.
fn message(scene: &Scene, name: Option<&str>) -> String {
    let now: DateTime<Utc> = "2024-06-24T06:00:05Z".parse().unwrap();
    let config = Config::load(&scene.path("config.toml"), []).unwrap();
    let loaded = load_posts(&config.site, &config.posts, now).unwrap();
    let digest = &config.digests[0];
    let posts = choose_news(digest, &config.site, &loaded.posts, &HashSet::new());
    let (shown, headlines) = split_at_limit(digest, &posts);
    let entries: Vec<_> = shown
        .iter()
        .map(|post| (*post, loaded.render_body(post).unwrap()))
        .collect();
    let words = FixedWords::load(Path::new(""), "en").unwrap();
    let content = Content {
        site: &config.site,
        digest,
        footer: Some("Hums, 1 Night Street, Berlin"),
        entries: &entries,
        sizes: &Sizes::new(),
        sign_up: None,
        headlines,
        words: &words,
        made_at: now,
        place: None,
        preferences: config.web.url.is_some(),
    };
    let draft = render_draft(&content, &Templates::default()).unwrap();
    let origin = Origin {
        site: &config.site,
        digest,
        mail: &config.mail,
        web: config.web.url.as_ref(),
        authority: loaded.lock.authority(),
        anonymous: "there",
    };
    let compiled = compile(&draft, &origin, 7.into()).unwrap();
    let reader = Reader {
        id: 42.into(),
        email: "ada@x.example".parse().unwrap(),
        name: name.map(str::to_owned),
        language: None,
    };
    let key = Key::from_text(100.into(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    String::from_utf8(compiled.fill(&reader, now, &key)).unwrap()
}

/// Checks the rules that hold for every message, and returns the subject and the text part, decoded.
fn well_formed(message: &str) -> (String, String) {
    assert!(
        !message.replace("\r\n", "").contains(['\r', '\n']),
        "a bare line end"
    );
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    assert!(
        message
            .split("\r\n")
            .all(|line| line.len() <= 998 && !line.starts_with('.'))
    );
    assert!(
        body.split("\r\n").all(|line| line.len() <= 76),
        "quoted-printable"
    );
    assert!(head.is_ascii());
    let mut fields: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .map(|line| {
            line.split_once(": ")
                .unwrap_or_else(|| line.split_once(':').unwrap())
                .0
        })
        .collect();
    fields.sort_unstable();
    let expected = [
        "Content-Type",
        "Date",
        "Feedback-ID",
        "From",
        "List-Archive",
        "List-Id",
        "List-Unsubscribe",
        "MIME-Version",
        "Message-ID",
        "Precedence",
        "Subject",
        "To",
    ];
    assert_eq!(fields, expected, "one of each and nothing else");

    let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
    let kinds: Vec<&str> = parsed
        .parts
        .iter()
        .filter_map(|part| part.content_type()?.subtype())
        .collect();
    assert_eq!(kinds, ["alternative", "plain", "html"], "text before HTML");
    assert!(
        matches!(&parsed.parts[1].body, PartType::Text(_))
            && matches!(&parsed.parts[2].body, PartType::Html(_))
    );
    assert!(parsed.parts.iter().all(|part| !part.is_encoding_problem));
    assert_eq!(
        parsed.to().unwrap().first().unwrap().address(),
        Some("ada@x.example")
    );
    assert!(parsed.bcc().is_none() && parsed.attachment_count() == 0);
    let subject = parsed.subject().unwrap().to_owned();
    if let Some((read, types)) = python(message) {
        assert_eq!(read, subject);
        assert_eq!(types, "multipart/alternative text/plain text/html");
    }
    assert_holds_signed(message);
    (subject, parsed.body_text(0).unwrap().into_owned())
}

fn snapshot(name: &str, message: &str) {
    insta::assert_snapshot!(name, message.replace("\r\n", "\n"));
}

fn titled(title: &str) -> Scene {
    Scene::new().post("one.md", &format!("'{title}'"), "2024-06-01")
}

#[test]
fn one_post_for_a_reader_without_a_name() {
    let message = message(&titled("Tea"), None);
    let (subject, text) = well_formed(&message);
    assert_eq!(subject, "Hums: Tea");
    assert!(text.contains("Hello there,"), "{text}");
    snapshot("one_post", &message);
}

#[test]
fn twenty_posts_of_twenty_two() {
    let scene = (1..=22).fold(Scene::new(), |scene, n| {
        let text =
            format!("---\ntitle: Post {n}\ndate: 2024-05-{n:02}\n---\nText {n}, see [it](https://x.example/{n}).\n");
        scene.file(&format!("post/{n:02}.md"), &text)
    });
    let message = message(&scene, Some("Ada"));
    let (_, text) = well_formed(&message);
    assert!(
        text.contains("Text 22, see it [1]") && text.contains("[20] https://x.example/3"),
        "{text}"
    );
    let listed = "More in this issue\n\nPost 2 (2 May 2024)\nhttps://hums.example/02/\n\nPost 1 (1 May 2024)";
    assert!(text.replace("\r\n", "\n").contains(listed), "{text}");
    assert!(
        text.lines()
            .all(|line| line.len() <= 72 || !line.contains(' ') || line.starts_with("Unsubscribe"))
    );
    snapshot("twenty_posts", &message);
}

#[test]
fn a_name_with_quotes_a_comma_a_line_end_and_an_emoji() {
    let config = CONFIG.replace("since =", "subject = \"{{ reader.name }}, tea\"\nsince =");
    let message = message(&titled("Tea").file("config.toml", &config), Some(ODD_NAME));
    let (subject, text) = well_formed(&message);
    let name = "O'Neil, \"Ada\" Bcc: x@y.example 🍵";
    assert_eq!(subject, format!("{name}, tea"));
    assert!(text.contains(&format!("Hello {name},")), "{text}");
    let parsed = MessageParser::default().parse(message.as_bytes()).unwrap();
    assert_eq!(parsed.to().unwrap().first().unwrap().name(), Some(name));
    let html = "Hello O'Neil, &quot;Ada&quot; Bcc: x@y.example 🍵,";
    assert!(parsed.body_html(0).unwrap().contains(html));
    snapshot("odd_name", &message);
}

#[test]
fn titles_in_chinese_and_arabic_and_one_word_of_1200_characters() {
    let long = "x".repeat(1200);
    for (name, title) in [
        (
            "chinese",
            "守夜人的茶：在所有人都睡着的时候，还有一个守护进程在低声哼唱，它不知道自己为什么醒着",
        ),
        (
            "arabic",
            "شاي الحارس الليلي: عندما ينام الجميع يبقى برنامج واحد يدندن ولا يعرف لماذا هو مستيقظ",
        ),
        ("long_word", &long),
    ] {
        let message = message(&titled(title), Some("Ada"));
        let (subject, text) = well_formed(&message);
        assert_eq!(subject, format!("Hums: {title}"));
        assert!(
            text.replace("\r\n", "").contains(&title.replace(' ', ""))
                || text.contains(&title[..20]),
            "{text}"
        );
        snapshot(name, &message);
    }
}
