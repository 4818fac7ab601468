//! The posts of an issue: once each, by filters, limits and the schedule.

use std::fs;

use super::{NEXT, THIRD, newest};
use crate::relay::{Habits, Relay};
use crate::scene::{CONFIG, MONDAY, Scene};

#[test]
fn a_back_dated_post_a_published_draft_and_no_edited_renamed_or_retagged_one_is_announced() {
    let draft = "---\ntitle: Draft\ndate: 2024-06-03\ndraft: true\n---\nText of Draft.\n";
    let scene = Scene::new()
        .post("edited.md", "Edited", "2024-06-01")
        .post("renamed.md", "Renamed", "2024-06-02")
        .post("retagged.md", "Retagged", "2024-06-03")
        .file("post/draft.md", draft);
    scene.run_at(MONDAY, &["run"]);
    assert!(!newest(&scene).contains("Text of Draft"));
    let scene = scene
        .post("edited.md", "Edited anew", "2024-06-01")
        .file(
            "post/retagged.md",
            "---\ntitle: Retagged\ndate: 2024-06-03\ntags: [x, y]\n---\nText of Retagged.\n",
        )
        .file(
            "post/draft.md",
            &draft.replace("draft: true", "draft: false"),
        )
        .post("back.md", "Back-dated", "2019-01-01");
    fs::rename(
        scene.path("post/renamed.md"),
        scene.path("post/elsewhere.md"),
    )
    .unwrap();
    scene.run_at(NEXT, &["run"]);
    let mail = newest(&scene);
    for (title, is_told) in [
        ("Draft", true),
        ("Back-dated", true),
        ("Edited", false),
        ("Renamed", false),
        ("Retagged", false),
    ] {
        assert_eq!(
            mail.contains(&format!("Text of {title}")),
            is_told,
            "{title}: {mail}"
        );
    }
}

#[test]
fn an_issue_that_cannot_be_written_loses_no_post_and_the_other_digest_goes_on() {
    let second = "\n[[digest]]\nname = \"other\"\nschedule = \"0 8 * * MON\"\nto = [\"b@hums.example\"]\n\
                  since = \"2013-01-01\"\nsubject = \"Other\"\n";
    let scene = Scene::new()
        .file(
            "config.toml",
            &CONFIG.replace("\n[mail]", "subject = \"{{ nothing.here }}\"\n\n[mail]"),
        )
        .post("one.md", "One", "2024-06-01");
    let config = format!("{}{second}", scene.read("config.toml"));
    let scene = scene.file("config.toml", &config);
    let ran = scene.run(&["--at", MONDAY, "run"]);
    ran.fails_with(1)
        .says("the digest's `subject` cannot be used");
    assert_eq!(
        scene.names("outbox").len(),
        1,
        "{:?}",
        scene.names("outbox")
    );
    let scene = scene.file(
        "config.toml",
        &config.replace("{{ nothing.here }}", "Mended"),
    );
    scene.run_at(MONDAY, &["run"]);
    assert!(newest(&scene).contains("Text of One"));
}

#[test]
fn what_went_only_into_the_outbox_is_announced_by_the_relay_also_one_mail_a_post() {
    for schedule in ["0 8 * * MON", "each"] {
        let scene = Scene::new()
            .file("config.toml", &CONFIG.replace("0 8 * * MON", schedule))
            .post("one.md", "One", "2024-06-01");
        scene.run_at(MONDAY, &["run"]);
        assert_eq!(scene.names("outbox").len(), 1);
        let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
        let url = relay.url();
        let live =
            |time: &str| scene.run_with(&["--at", time, "run"], &[("TIDINGS_MAIL__SMTP", &url)]);
        assert_eq!(live(NEXT).code, 0);
        assert_eq!(relay.taken().len(), 1, "{schedule}");
        assert_eq!(live(THIRD).code, 0);
        assert_eq!(relay.taken().len(), 1, "{schedule}");
    }
}

#[test]
fn filters_keep_tags_sections_authors_and_the_language() {
    let post = |title: &str, more: &str| {
        format!("---\ntitle: {title}\ndate: 2024-06-01\n{more}\n---\nText of {title}.\n")
    };
    for (filter, told) in [
        ("tags = [\"On Call\"]", "Tagged"),
        ("sections = [\"notes\"]", "Filed"),
        ("authors = [\"Bob\"]", "Signed"),
        ("language = \"de\"", "Deutsch"),
    ] {
        let scene = Scene::new()
            .file(
                "config.toml",
                &CONFIG.replace("since =", &format!("{filter}\nsince =")),
            )
            .file("post/tagged.md", &post("Tagged", "tags: [on call]"))
            .file("post/notes/filed.md", &post("Filed", ""))
            .file("post/signed.md", &post("Signed", "author: Bob"))
            .file("post/deutsch.md", &post("Deutsch", "lang: de"));
        scene.run_at(MONDAY, &["run"]);
        let mail = newest(&scene);
        for title in ["Tagged", "Filed", "Signed", "Deutsch"] {
            assert_eq!(
                mail.contains(&format!("Text of {title}")),
                title == told,
                "{filter}: {title}"
            );
        }
    }
}

#[test]
fn too_few_posts_wait_for_the_next_slot_but_not_for_a_hand() {
    let scene = Scene::new()
        .file(
            "config.toml",
            &CONFIG.replace("since =", "min_posts = 2\nsince ="),
        )
        .post("one.md", "One", "2024-06-01");
    assert!(
        scene
            .run_at(MONDAY, &["run"])
            .contains("1 new, waits until there are 2")
    );
    let scene = scene.post("two.md", "Two", "2024-06-25");
    scene.run_at("2024-06-26T08:00:05+02:00", &["run"]);
    assert!(scene.names("outbox").is_empty(), "Wednesday is no slot");
    scene.run_at(NEXT, &["run"]);
    let mail = newest(&scene);
    assert!(mail.contains("Text of One") && mail.contains("Text of Two"));
    let scene = scene.post("three.md", "Three", "2024-07-02");
    scene.run_at("2024-07-02T08:00:05+02:00", &["digest", "weekly"]);
    assert!(newest(&scene).contains("Text of Three"));
}

#[test]
fn each_sends_one_mail_a_post_the_oldest_first() {
    for order in ["newest", "oldest"] {
        let config = CONFIG
            .replace("0 8 * * MON", "each")
            .replace("since =", &format!("order = \"{order}\"\nsince ="));
        let scene = Scene::new()
            .file("config.toml", &config)
            .post("one.md", "One", "2024-06-01")
            .post("two.md", "Two", "2024-06-02");
        let out = scene.run_at(MONDAY, &["run"]);
        assert!(
            out.find("Hums: One") < out.find("Hums: Two") && out.contains("Hums: One"),
            "{out}"
        );
        assert!(scene.run_at(MONDAY, &["run"]).contains("nothing new"));
    }
}

#[test]
fn issues_of_one_moment_stand_in_the_archive_with_the_newest_post_first() {
    let mut scene = Scene::new().file("config.toml", &CONFIG.replace("0 8 * * MON", "each"));
    for (day, name) in (1..).zip(["e", "b", "f", "a", "d", "c"]) {
        let (file, date) = (format!("{name}.md"), format!("2024-06-0{day}"));
        scene = scene.post(&file, &format!("Post {day}"), &date);
    }
    scene.run_at(MONDAY, &["run"]);
    for file in ["index.html", "atom.xml", "feed.json"] {
        let text = scene.read(&format!("public/issues/{file}"));
        let days = text.match_indices("Hums: Post ");
        let days: Vec<&str> = days
            .map(|(at, mark)| &text[at + mark.len()..][..1])
            .collect();
        assert_eq!(days, ["6", "5", "4", "3", "2", "1"], "{file}: {text}");
    }
}

#[test]
fn a_post_of_an_issue_that_was_cancelled_before_anybody_got_it_is_sent_by_the_next_run() {
    let relay = Relay::start(Habits::good(true, std::time::Duration::ZERO));
    let config = CONFIG.replace("0 8 * * MON", "each");
    let scene = Scene::new()
        .file("config.toml", &config.replace("editor@hums", "later@x"))
        .post("one.md", "One", "2024-06-01");
    let run = |arguments: &[&str]| {
        let set = [("TIDINGS_MAIL__SMTP", &*relay.url())];
        scene.run_with(&[&["--at", MONDAY], arguments].concat(), &set)
    };
    run(&["run"]);
    for round in 0..2 {
        let status = run(&["status"]).out;
        // Two of one second stand in any order.
        let mut lines = status.lines();
        let line = lines.find(|line| line.contains("Hums: One") && !line.contains("cancelled"));
        let number = line.unwrap().split(' ').next().unwrap();
        let said = run(&["issue", "cancel", number]).out;
        assert!(said.contains("its posts are news again"), "{round}: {said}");
        let ran = run(&["run"]);
        assert!(
            ran.out.contains("“Hums: One”"),
            "{round}: {}{}",
            ran.out,
            ran.talk
        );
    }
}

#[test]
fn one_post_that_cannot_be_mailed_does_not_keep_the_mails_of_the_others() {
    let scene = Scene::new()
        .file("config.toml", &CONFIG.replace("0 8 * * MON", "each"))
        .file("templates/digest.html", "{% extends \"default/digest.html\" %}{% block greeting %}{% if posts[0].title == \"Bad\" %}<a href=\"/tea\">x</a>{% endif %}{% endblock %}")
        .post("bad.md", "Bad", "2024-06-01")
        .post("good.md", "Good", "2024-06-02");
    let ran = scene.run(&["--at", MONDAY, "run"]);
    assert!(
        ran.code == 1 && ran.talk.contains("the link `/tea` leads nowhere"),
        "{}{}",
        ran.out,
        ran.talk
    );
    assert!(newest(&scene).contains("Text of Good") && scene.names("outbox").len() == 1);
    // By hand it is the same, and once it is mended its mail goes.
    let scene = scene.post("better.md", "Better", "2024-06-03");
    let ran = scene.run(&["--at", NEXT, "digest", "weekly"]);
    assert_eq!(
        (ran.code, scene.names("outbox").len()),
        (1, 2),
        "{}",
        ran.talk
    );
    fs::remove_file(scene.path("templates/digest.html")).unwrap();
    scene.run_at(NEXT, &["run"]);
    assert_eq!(scene.names("outbox").len(), 3);
}

#[test]
fn a_limit_shows_the_newest_and_lists_the_rest_with_links() {
    for order in ["newest", "oldest"] {
        let limited = CONFIG.replace(
            "since =",
            &format!("limit = 1\norder = \"{order}\"\nsince ="),
        );
        let scene = Scene::new()
            .file("config.toml", &limited)
            .post("one.md", "One", "2024-06-01")
            .post("two.md", "Two", "2024-06-02")
            .post("three.md", "Three", "2024-06-03");
        scene.run_at(MONDAY, &["run"]);
        let mail = newest(&scene);
        assert!(
            mail.contains("Text of Three") && !mail.contains("Text of Two"),
            "{mail}"
        );
        for link in ["https://hums.example/one/", "https://hums.example/two/"] {
            assert!(mail.matches(link).count() >= 2, "in both parts: {mail}");
        }
        assert!(scene.run_at(NEXT, &["run"]).contains("nothing new"));
    }
}
