//! The text of an issue: templates, warnings, images, marks.

use std::fs;

use crate::scene::{CONFIG, MONDAY, Scene};

#[test]
fn a_warning_is_named_with_its_file_and_line_and_an_error_stops_the_issue() {
    let scene = Scene::new().file(
        "post/one.md",
        "---\ntitle: One\ndate: 2024-06-01\n---\n\nSee [x](http://x.example/).\n",
    );
    let ran = scene.run(&["--at", MONDAY, "digest", "weekly", "--dry-run"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.talk
            .contains("warning: post/one.md:6: the link `http://x.example/` is not encrypted"),
        "{}",
        ran.talk
    );
    assert!(
        ran.out.starts_with("From: "),
        "the message alone stands on stdout: {}",
        ran.out
    );

    let footless = "{% extends \"default/digest.html\" %}\n{% block footer %}Bye{% endblock %}\n";
    let scene = scene.file("templates/digest.html", footless);
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert_eq!(ran.code, 1);
    let words = "error: templates/digest.html:2: the HTML part has no link to unsubscribe";
    assert!(ran.talk.contains(words), "{}", ran.talk);
    assert!(scene.names("outbox").is_empty());
    fs::remove_file(scene.path("templates/digest.html")).unwrap();
    scene.run_at(MONDAY, &["run"]);
    assert_eq!(scene.names("outbox").len(), 1);
}

#[test]
fn a_link_that_looks_like_a_mark_stops_no_issue() {
    let text =
        "---\ntitle: One\ndate: 2024-06-01\n---\n[x](https://x.example/%EE%80%90/\u{e011})\n";
    let ran = Scene::new().file("post/one.md", text).run(&[
        "--at",
        MONDAY,
        "digest",
        "weekly",
        "--dry-run",
    ]);
    assert_eq!(
        (ran.code, &ran.talk[..]),
        (0, "weekly: 1 post in 1 issue\n")
    );
}

#[test]
fn what_a_digest_leaves_out_of_a_post_is_named_once() {
    let text = "---\ntitle: One\ndate: 2024-06-01\n---\nTea.\n\n{{< gallery >}}\n";
    let named = |layout: &str, arguments: &[&str]| {
        let config = CONFIG.replace("since =", &format!("layout = \"{layout}\"\nsince ="));
        let scene = Scene::new()
            .file("config.toml", &config)
            .file("post/one.md", text);
        let ran = scene.run(&[&["--at", MONDAY], arguments].concat());
        ran.succeeds();
        ran.talk.matches("one.md:7: `gallery` is left out").count()
    };
    assert_eq!(named("full", &["digest", "weekly"]), 1);
    assert_eq!(named("full", &["run"]), 1);
    assert_eq!(named("headlines", &["digest", "weekly"]), 0);
}

#[test]
fn what_runs_from_the_right_begins_there_also_in_a_mail_that_does_not() {
    let config = CONFIG.replace("since =", "layout = \"full\"\nsince =");
    let post = |language: &str| {
        format!("---\ntitle: T\ndate: 2024-06-01\nlang: {language}\n---\n- a\n\n> b\n")
    };
    let html = |config: &str, post: &str| {
        let scene = Scene::new()
            .file("config.toml", config)
            .file("post/one.md", post);
        scene.run_at(MONDAY, &["digest", "weekly", "--html", "a.html"]);
        scene.read("a.html")
    };
    let list = |side: &str| {
        if side == "right" {
            "padding: 0 24px 0 0"
        } else {
            "padding: 0 0 0 24px"
        }
    };
    let arabic = config.replace("timezone", "language = \"ar\"\ntimezone");
    let all = html(&arabic, &post("ar"));
    assert!(
        !all.contains("align=\"left\"") && all.matches("dir=\"rtl\"").count() >= 2,
        "{all}"
    );
    let body = all.split("<body").nth(1).unwrap();
    assert!(
        body.contains(list("right"))
            && !body.contains(list("left"))
            && body.contains("border-right: 3px"),
        "{body}"
    );
    let mixed = html(&config, &post("he"));
    assert!(
        mixed.contains("align=\"right\" lang=\"he\" dir=\"rtl\"")
            && mixed.contains("align=\"left\""),
        "{mixed}"
    );
    let body = mixed.split("<body").nth(1).unwrap();
    assert!(
        body.contains(list("right")) && !body.contains(list("left")),
        "{body}"
    );
    let english = html(&arabic, &post("en"));
    let body = english.split("<body").nth(1).unwrap();
    assert!(
        body.contains("align=\"left\" lang=\"en\" dir=\"ltr\"") && body.contains(list("left")),
        "{body}"
    );
}

#[test]
fn a_site_changes_one_block_of_a_template_or_the_whole() {
    let scene = Scene::new()
        .post("one.md", "One", "2024-06-01")
        .file(
            "templates/digest.html",
            "{% extends \"default/digest.html\" %}{% block greeting %}<tr><td>Ahoy {{ reader.name }}</td></tr>{% endblock %}",
        )
        .file("templates/digest.txt", "Plain for {{ reader.email }}: {{ posts[0].title }}\n{{ reader.unsubscribe }}\n");
    let message = scene
        .run_at(MONDAY, &["digest", "weekly", "--dry-run"])
        .replace("=\r\n", "");
    assert!(
        message.contains("Ahoy=20there")
            && message.contains("Text of One")
            && !message.contains("Hello"),
        "{message}"
    );
    assert!(
        message.contains("Plain for=20editor@hums.example: One\r\n"),
        "{message}"
    );
    let scene = scene.file("templates/digest.html", "<p>\n{{ nothing.here }}");
    let ran = scene.run(&["--at", MONDAY, "digest", "weekly", "--dry-run"]);
    assert!(
        ran.code == 2
            && ran
                .talk
                .contains("templates/digest.html:2: the template cannot be used"),
        "{}",
        ran.talk
    );
}

#[test]
fn what_a_post_writes_in_braces_stays_text_and_its_marks_are_no_slots() {
    let text = "---\ntitle: 'A {{ reader.name }} \u{e010}'\ndate: 2024-06-01\n---\n{{ reader.email }} {% raw %} &#xe011; \u{e012}x\n";
    let scene = Scene::new().file("post/one.md", text);
    let message = scene
        .run_at(MONDAY, &["digest", "weekly", "--dry-run"])
        .replace("=\r\n", "");
    assert!(
        message.contains("Subject: Hums: A {{ reader.name }}\r\n"),
        "{message}"
    );
    assert_eq!(
        message.matches("{{ reader.email }} {% raw %}  x").count(),
        3,
        "in both parts and the preheader: {message}"
    );
}

#[test]
fn an_image_whose_file_is_at_hand_says_its_size() {
    // The signature, and a header chunk that says 1072 times 600.
    let png = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\x30\0\0\x02\x58\x08\x02\0\0\0"[..],
        &[0; 12],
    ]
    .concat();
    let post = "---\ntitle: One\ndate: 2024-06-01\n---\n![A pot](/img/a%20pot.png) ![A cup](cup.png) ![Gone](gone.png)\n";
    let scene = Scene::new()
        .file("post/one.md", post)
        .file("static/img/keep", "");
    fs::write(scene.path("static/img/a pot.png"), &png).unwrap();
    fs::write(scene.path("post/cup.png"), &png).unwrap();
    scene.run_at(MONDAY, &["digest", "weekly", "--html", "a.html"]);
    let html = scene.read("a.html");
    assert_eq!(
        html.matches("width=\"536\" height=\"300\"").count(),
        2,
        "{html}"
    );
}

#[test]
fn signs_that_mean_something_in_html_are_text_in_the_subject_and_in_both_parts() {
    let scene = Scene::new().post("one.md", "'AT&T <x> \"y\"'", "2024-06-01");
    let message = scene
        .run_at(MONDAY, &["digest", "weekly", "--dry-run"])
        .replace("=\r\n", "");
    assert!(
        message.contains("Subject: Hums: AT&T <x> \"y\"\r\n"),
        "{message}"
    );
    assert!(
        message.contains("AT&T <x> \"y\"\r\n1 June 2024"),
        "{message}"
    );
    assert!(
        message.contains(">AT&amp;T &lt;x&gt; \"y\"</a>")
            || message.contains(">AT&amp;T &lt;x&gt; &quot;y&quot;</a>"),
        "{message}"
    );
}
