//! The words of errors: each names its file, its line, its digest, and says one thing once.

use crate::feed::{NOON, config};
use crate::scene::{CONFIG, Scene};

fn weekly(config: &str) -> Scene {
    Scene::new()
        .post("tea.md", "Tea", "2024-05-01")
        .file("config.toml", config)
}

/// Returns the words of a run that must fail.
fn said(scene: &Scene, arguments: &[&str]) -> String {
    let ran = scene.run(&[&["--at", NOON], arguments].concat());
    assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.talk);
    ran.talk
}

#[test]
fn a_subject_that_cannot_be_used_is_named_with_its_digest_file_and_line() {
    for (subject, reason) in [
        ("{{ digest.titel }}", "Field `titel` is not defined"),
        (
            "{{ digest.title }} {{ posts[0].titel }}",
            "Tried to render a variable that is undefined: `posts[0].titel`",
        ),
        ("{{ digest.title", ""),
        ("{{ digest.title | shout }}", "Unknown filter `shout`"),
    ] {
        let more = "[[digest]]\nname = \"other\"\nschedule = \"each\"\nsubject = \"x\"\n[[digest]]";
        let config = CONFIG
            .replace("[[digest]]", more)
            .replace("to = [", &format!("subject = \"{subject}\"\nto = ["));
        let scene = weekly(&config);
        let line = config
            .lines()
            .position(|line| line.contains("{{ digest"))
            .unwrap()
            + 1;
        let said = said(&scene, &["digest", "weekly", "--dry-run"]);
        let expected = format!(
            "error: config.toml:{line}: the digest `weekly`: the digest's `subject` cannot be used: {reason}"
        );
        assert!(said.starts_with(&expected), "{said}");
        assert!(!said.trim_end().ends_with('.'), "{said}");
    }
}

#[test]
fn an_error_names_its_digest_once() {
    let scene = weekly(&CONFIG.replace("since =", "subject = \"{{ digest.titel }}\"\nsince ="));
    let said = said(&scene, &["run", "--dry-run"]);
    assert_eq!(said.matches("the digest `weekly`").count(), 1, "{said}");
    let scene = weekly(CONFIG);
    scene.run_at(NOON, &["run"]);
    let store = "[store]\nurl = \"sqlite:other.db\"\n";
    let scene = scene.file("config.toml", &format!("{CONFIG}{store}"));
    let said = scene.run(&["--at", "2024-07-02T12:00:00Z", "run"]).talk;
    assert!(said.contains("begun by another store"), "{said}");
    assert!(
        !said.contains("the digest `weekly`: the digest `weekly`"),
        "{said}"
    );
}

#[test]
fn a_command_in_a_list_names_the_config_in_use() {
    let to: Vec<String> = (0..30).map(|n| format!("\"bad{n}@x.example\"")).collect();
    let config = CONFIG.replace("\"editor@hums.example\"", &to.join(", "));
    let scene = Scene::new()
        .post("tea.md", "Tea", "2024-05-01")
        .file("own.toml", &config);
    let set = [
        ("TIDINGS_MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("TIDINGS_MAIL__PATIENCE", "0s"),
    ];
    let run = |verb| scene.run_with(&["--at", NOON, "--config", "own.toml", verb], &set);
    run("run");
    let out = run("status").out;
    assert!(
        out.contains("more: `tidings --config own.toml status "),
        "{out}"
    );
}

#[test]
fn a_text_part_without_a_link_names_no_template_of_html() {
    let html = "{% extends \"default/digest.html\" %}{% block greeting %}{% endblock %}\n{% block footer %}{{ reader.unsubscribe }}{% endblock %}";
    let scene = weekly(CONFIG)
        .file("templates/digest.html", html)
        .file("templates/digest.txt", "Tea");
    let said = said(&scene, &["digest", "weekly", "--dry-run"]);
    assert!(
        said.contains("error: templates/digest.txt: the text part has no link to unsubscribe"),
        "{said}"
    );
}

#[test]
fn a_part_of_html_without_a_link_names_its_template_however_that_is_made() {
    for (template, place) in [
        ("<p>Tea</p>", ""),
        (
            "{% extends \"default/digest.html\" %}\n{%- block footer %}{% endblock %}",
            ":2",
        ),
    ] {
        let scene = weekly(CONFIG).file("templates/digest.html", template).post(
            "use.md",
            "{% block footer",
            "2024-05-02",
        );
        let said = said(&scene, &["digest", "weekly", "--dry-run"]);
        let expected = format!(
            "error: templates/digest.html{place}: the HTML part has no link to unsubscribe"
        );
        assert!(said.contains(&expected), "{said}");
    }
}

#[test]
fn a_pattern_in_the_form_of_a_generator_is_named_with_ours() {
    let posts = "[posts]\npermalink = \"/:year/:month/:title\"\n";
    let scene = weekly(&format!("{CONFIG}{posts}"));
    let said = said(&scene, &["build"]);
    let line = CONFIG.lines().count() + 2;
    assert!(
        said.starts_with(&format!("error: config.toml:{line}:")),
        "{said}"
    );
    assert!(
        said.contains("`/:year/:month/:title` is written as Jekyll and Hugo do\n  expected tokens in braces, like /{year}/{month}/{title}"),
        "{said}"
    );
}

#[test]
fn a_schedule_that_cannot_be_says_which_field_and_its_range() {
    for (schedule, expected) in [
        ("61 8 * * MON", "its minute is `61`, not one of 0 to 59"),
        ("0 25 * * *", "its hour is `25`, not one of 0 to 23"),
    ] {
        let scene = weekly(&CONFIG.replace("0 8 * * MON", schedule));
        let said = said(&scene, &["build"]);
        let line = CONFIG
            .lines()
            .position(|line| line.starts_with("schedule"))
            .unwrap()
            + 1;
        assert!(
            said.starts_with(&format!("error: config.toml:{line}:")) && said.contains(expected),
            "{said}"
        );
    }
}

#[test]
fn feeds_are_not_written_among_the_posts_and_what_is_below_them_is_no_post() {
    for (posts, feeds) in [
        ("post", "post"),
        ("post", "./post/"),
        ("post", "public/../post"),
    ] {
        let config = config(
            "",
            &format!("dir = \"{feeds}\"\n[posts]\ndir = \"{posts}\""),
        );
        let scene = weekly(&config).file("public/x", "");
        let said = said(&scene, &["build"]);
        assert!(
            said.starts_with("error: config.toml:")
                && said.contains("`dir` under [posts] and `dir` under [feeds] are one path"),
            "{said}"
        );
        assert_eq!(scene.names("post"), ["tea.md"]);
    }
    let scene = weekly(&config("", "dir = \"post/out\""));
    let first = scene.run_at(NOON, &["build"]);
    assert!(scene.path("post/out/feeds.html").exists(), "{first}");
    let second = scene.run(&["--at", NOON, "build", "-v"]);
    second.succeeds().prints("nothing new");
    assert!(!second.talk.contains("post/out"), "{}", second.talk);
}

#[test]
fn a_template_with_almost_our_name_is_named_with_ours() {
    for (file, ours, arguments) in [
        (
            "digests.html",
            "digest.html",
            &["digest", "weekly", "--dry-run"][..],
        ),
        (
            "digest.text",
            "digest.txt",
            &["digest", "weekly", "--dry-run"],
        ),
        ("feed.html", "feeds.html", &["build"]),
        ("Digest.html", "digest.html", &["build"]),
        ("digest.htm", "digest.html", &["build"]),
        (
            "mail.html",
            "digest.html",
            &["digest", "weekly", "--dry-run"],
        ),
    ] {
        let scene = weekly(CONFIG).file(&format!("templates/{file}"), "x");
        let ran = scene.run(&[&["--at", NOON], arguments].concat());
        ran.succeeds();
        let expected = format!(
            "warning: templates/{file}: this template is not used: none of ours has this name\n  did you mean `templates/{ours}`?"
        );
        assert!(ran.talk.contains(&expected), "{}", ran.talk);
    }
    let scene = weekly(CONFIG).file("template/digest.html", "x");
    let ran = scene.run(&["--at", NOON, "build"]);
    let expected =
        "warning: template/digest.html: this template is not used: it stands in another folder";
    assert!(ran.code == 0 && ran.talk.contains(expected), "{}", ran.talk);
    // The right folder is there, or another program has its own.
    let scene = weekly(CONFIG)
        .file("templates/index.html", "x")
        .file("templates/feed.html", "x")
        .file(
            "templates/feeds.html",
            "{% extends \"default/feeds.html\" %}",
        );
    let ran = scene.run(&["--at", NOON, "build"]);
    assert_eq!((ran.code, &*ran.talk), (0, ""));
}

#[test]
fn one_fault_in_many_files_is_told_once_with_its_count() {
    let mut scene = Scene::new().post("tea.md", "Tea", "2024-05-01");
    for number in 0..30 {
        scene = scene.file(
            &format!("post/{number:02}.md"),
            &format!(
                "---\ntitle: T{number}\ndate: 2024-13-{:02}\n---\nx\n",
                number + 1
            ),
        );
    }
    let ran = scene.run(&["--at", NOON, "build"]);
    ran.fails_with(1);
    let named = |talk: &str| talk.matches("error: post/").count();
    assert_eq!(named(&ran.talk), 3, "{}", ran.talk);
    assert!(
        ran.talk
            .contains("error: and 27 more like these, 30 in all\n  `-v` names each"),
        "{}",
        ran.talk
    );
    let ran = scene.run(&["--at", NOON, "-v", "build"]);
    assert_eq!(named(&ran.talk), 30, "{}", ran.talk);
    assert!(!ran.talk.contains("more like these"), "{}", ran.talk);
}

#[test]
fn ids_that_are_taken_over_late_are_told_once_with_their_count() {
    let mut scene = Scene::new();
    let mut items = String::new();
    for number in 0..40 {
        scene = scene.post(
            &format!("p{number}.md"),
            &format!("T{number}"),
            "2024-05-01",
        );
        items.push_str(&format!(
            "<item><title>T{number}</title><guid>old-{number}</guid><link>https://hums.example/p{number}/</link></item>"
        ));
    }
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>x</title><link>x</link><description>x</description>{items}</channel></rss>"
    );
    let scene = scene.file("old.xml", &feed);
    scene.run_at(NOON, &["build"]);
    let ran = scene.run(&["--at", NOON, "build", "--adopt", "old.xml"]);
    ran.succeeds();
    assert_eq!(
        ran.talk.matches("readers see it as unread").count(),
        3,
        "{}",
        ran.talk
    );
    ran.says("and 37 more like these, 40 in all");
}

#[test]
fn no_other_program_is_told_what_our_environment_says() {
    let scene = weekly(&config(
        "after_build = \"env > env.shell\"",
        "[posts]\ngit_dates = true",
    ))
    .file(".git/HEAD", "ref: refs/heads/main\n")
    .file("bin/git", "#!/bin/sh\nenv > env.git\n");
    let git = scene.path("bin/git");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(git, mode).unwrap();
    let path = format!(
        "{}:{}",
        scene.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let token_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let variables = [
        ("PATH", &*path),
        ("TIDINGS_MAIL__PASSWORD", "pw-1"),
        ("TIDINGS_STORE__URL", "sqlite:pw-2.db"),
        ("TIDINGS_TOKEN_KEY", token_key),
        ("TIDINGS_", "pw-5"),
        ("TIDING", "kept"),
    ];
    let ran = scene.run_with(&["--at", NOON, "run"], &variables);
    ran.succeeds();
    for file in ["env.shell", "env.git"] {
        let env = scene.read(file);
        assert!(
            !env.contains("TIDINGS_") && !env.contains("pw-") && !env.contains(token_key),
            "{file}: {env}"
        );
        assert!(env.contains("TIDING=kept"), "{file}: {env}");
    }
}

#[test]
fn a_store_that_is_not_there_is_named() {
    let scene = weekly(CONFIG).post("one.md", "One", "2024-06-01");
    let all = [
        &["status"][..],
        &["status", "--json"],
        &["subscriber", "list"],
        &["subscriber", "export"],
    ];
    for arguments in all {
        let ran = scene.run(arguments);
        ran.succeeds();
        let said = "tidings.db: not there yet; the first run makes it\n";
        assert!(ran.talk.contains(said), "{arguments:?}: {}", ran.talk);
    }
    scene.run_at(NOON, &["run"]);
    for arguments in all {
        let ran = scene.run(arguments);
        assert!(ran.code == 0 && !ran.talk.contains("there"), "{}", ran.talk);
        let ran = scene.run_with(arguments, &[("TIDINGS_STORE__URL", "sqlite:tidngs.db")]);
        let said = "error: tidngs.db: the digest `weekly` was begun by another store";
        assert!(
            ran.code == 2 && ran.talk.contains(said),
            "{arguments:?}: {}",
            ran.talk
        );
    }
    assert!(!scene.path("tidngs.db").exists());
}

#[test]
fn json_turns_no_line_of_a_terminal() {
    let scene = weekly(CONFIG)
        .file(
            "post/a\u{202e}dm.md",
            "---\ntitle: x\ndate: never \u{9b}2J\u{2067}\n---\nText.\n",
        )
        .file(
            "post/tea.md",
            "---\ntitle: \"Tea \u{202e}dm\"\ndate: 2024-06-20\n---\nText.\n",
        );
    scene.run(&["--at", NOON, "run"]);
    for (arguments, held) in [
        (
            &["--at", NOON, "check", "--json", "--offline"][..],
            "a\u{202e}dm.md",
        ),
        (&["status", "--json"], "Tea \u{202e}dm"),
    ] {
        let out = scene.run(arguments).out;
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(read.to_string().contains(held), "{out}");
        let is_order = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2067}".contains(c);
        assert!(!out.contains(is_order), "{out}");
    }
}
