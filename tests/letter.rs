//! The mail of a digest as its readers see it, read back by another parser.

use mail_parser::MessageParser;

use crate::scene::{CONFIG, MONDAY, Ran, Scene};

/// A site whose digest shows posts whole.
fn full() -> Scene {
    Scene::new().file(
        "config.toml",
        &CONFIG.replace("since =", "layout = \"full\"\nsince ="),
    )
}

fn post(front: &str, body: &str) -> String {
    format!("---\ndate: 2024-06-01\n{front}---\n{body}\n")
}

fn dry_run(scene: &Scene) -> Ran {
    scene.run(&["--at", MONDAY, "digest", "weekly", "--dry-run"])
}

/// The text and the HTML part of a message.
fn parts(ran: &Ran) -> (String, String) {
    let message = MessageParser::default().parse(&ran.out).unwrap();
    let text = message.body_text(0).unwrap().replace("\r\n", "\n");
    (text, message.body_html(0).unwrap().into_owned())
}

#[test]
fn no_word_of_the_text_part_is_broken() {
    let address = format!("https://x.example/{}", "a".repeat(100));
    let body =
        format!("See <{address}>.\n\n| Name | Where |\n|---|---|\n| Alexander | {address} |");
    let (text, _) = parts(&dry_run(
        &full().file("post/one.md", &post("title: One\n", &body)),
    ));
    assert!(text.contains(&format!("See {address}")), "{text}");
    assert!(text.contains("Name: Alexander\nWhere: "), "{text}");
}

#[test]
fn a_picture_of_the_same_name_is_named_in_its_own_post() {
    let scene = full()
        .file("post/a/index.md", &post("title: A\n", "![A pot](pot.png)"))
        .file(
            "post/b/index.md",
            &post("title: B\n", "\n\n![A pot](pot.png)"),
        );
    let talk = dry_run(&scene).talk;
    assert!(talk.contains("post/a/index.md:5: the image"), "{talk}");
    assert!(talk.contains("post/b/index.md:7: the image"), "{talk}");
}

#[test]
fn a_picture_of_two_posts_is_named_in_the_one_that_shows_it_wrongly() {
    // The newer one stands first in the mail.
    let newer = "---\ndate: 2024-06-02\ntitle: B\nimage: pot.webp\n---\n![A pot](/pot.png)\n";
    let scene = full()
        .file(
            "post/a.md",
            &post("title: A\nimage: pot.webp\n", "![](/pot.png)"),
        )
        .file("post/b.md", newer);
    let talk = dry_run(&scene).talk;
    assert!(talk.contains("post/a.md:6: the image"), "{talk}");
    assert!(
        !talk.contains("post/b.md:6: the image `https://hums.example/pot.png` has no words"),
        "{talk}"
    );
    for name in ["a", "b"] {
        let said = format!(
            "post/{name}.md:4: the image `https://hums.example/{name}/pot.webp` is of a kind"
        );
        assert!(talk.contains(&said), "{talk}");
    }
}

#[test]
fn an_issue_that_no_relay_would_take_is_refused_with_its_longest_posts() {
    let words = |kilobytes: usize| "Tea and rain. ".repeat(kilobytes * 1024 / 14);
    let mut scene = full();
    for number in 0..20 {
        let body = words(240 + number % 4);
        scene = scene.file(
            &format!("post/{number:02}.md"),
            &post(&format!("title: T{number}\n"), &body),
        );
    }
    let ran = dry_run(&scene);
    assert_eq!((ran.code, &*ran.out), (2, ""), "{}", ran.talk);
    let said = "the issue of 20 posts has ";
    assert!(
        ran.talk.contains("error: config.toml:") && ran.talk.contains(said),
        "{}",
        ran.talk
    );
    assert!(
        ran.talk.contains("; the longest: `19.md` with 24")
            && ran.talk.contains("show less: `limit`"),
        "{}",
        ran.talk
    );
    let config = scene
        .read("config.toml")
        .replace("layout = \"full\"", "limit = 12\nlayout = \"full\"");
    let scene = scene.file("config.toml", &config);
    assert_eq!(dry_run(&scene).code, 0);
}

#[test]
fn a_footnote_that_stands_in_the_mail_is_reached_within_it() {
    let body = "Tea[^1] and tea[^b].\n\n[^1]: First.\n[^b]: Second.";
    let scene = full()
        .file("post/a.md", &post("title: A\n", body))
        .file("post/b.md", &post("title: B\n", body));
    let ran = dry_run(&scene);
    let (text, html) = parts(&ran);
    let links: Vec<&str> = html
        .split("href=\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(links.len() >= 4, "{html}");
    for link in &links {
        assert_eq!(
            html.matches(&format!("id=\"{link}\"")).count(),
            1,
            "{link}: {html}"
        );
    }
    assert!(!text.contains('#'), "{text}");
    assert_eq!(
        (ran.code, ran.talk.contains("error")),
        (0, false),
        "{}",
        ran.talk
    );
}

#[test]
fn a_posts_picture_stands_above_its_text_once() {
    let picture = "image: https://x.example/pot.jpg\n";
    for (body, expected) in [("Words.", 1), ("![A pot](https://x.example/pot.jpg)", 1)] {
        let scene = full().file("post/a.md", &post(&format!("title: A\n{picture}"), body));
        let (_, html) = parts(&dry_run(&scene));
        assert_eq!(
            html.matches("https://x.example/pot.jpg").count(),
            expected,
            "{html}"
        );
    }
}

#[test]
fn whoever_got_it_forwarded_is_told_where_to_subscribe() {
    let config = format!("{CONFIG}\n[feeds]\nsign_up = \"https://hums.example/letter/\"\n");
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01");
    let (text, html) = parts(&dry_run(&scene));
    let link = "Forwarded to you? <a href=\"https://hums.example/letter/\"";
    assert!(html.contains(link), "{html}");
    assert!(
        text.contains("Forwarded to you? Subscribe: https://hums.example/letter/\n"),
        "{text}"
    );
    let (text, html) = parts(&dry_run(&Scene::new().post("one.md", "One", "2024-06-01")));
    assert!(!html.contains("Forwarded") && !text.contains("Forwarded"));
}

#[test]
fn two_films_stand_apart() {
    let body = "<video src=\"https://x.example/a.mp4\"></video><video src=\"https://x.example/b.mp4\"></video>";
    let (text, html) = parts(&dry_run(
        &full().file("post/a.md", &post("title: A\n", body)),
    ));
    assert!(text.contains("▶ a.mp4 [1]\n▶ b.mp4 [2]"), "{text}");
    assert!(html.contains("▶ a.mp4</a><br>"), "{html}");
}

#[test]
fn a_template_that_decides_by_a_reader_stops_the_issue_and_is_named() {
    for (file, text, line) in [
        (
            "digest.html",
            "{% extends \"default/digest.html\" %}\n{% block greeting %}{% if reader.name == \"Ada\" %}x{% endif %}{% endblock %}",
            2,
        ),
        (
            "digest.txt",
            "{{ reader.unsubscribe }}\n\n{{ reader.name | upper }}",
            3,
        ),
    ] {
        let scene = Scene::new()
            .post("one.md", "One", "2024-06-01")
            .file(&format!("templates/{file}"), text);
        let ran = dry_run(&scene);
        ran.fails_with(2);
        let said = format!("templates/{file}:{line}: the template cannot be used: `{{");
        assert!(ran.talk.contains(&said), "{}", ran.talk);
    }
}

#[test]
fn beyond_the_limit_each_post_is_a_headline_with_its_link() {
    for (order, first) in [("newest", "Post 9"), ("oldest", "Post 7")] {
        let config = CONFIG.replace(
            "since =",
            &format!("limit = 3\norder = \"{order}\"\nsince ="),
        );
        let scene = (0..10).fold(Scene::new().file("config.toml", &config), |scene, n| {
            scene.post(
                &format!("p{n}.md"),
                &format!("Post {n}"),
                &format!("2024-06-{:02}", n + 1),
            )
        });
        let (text, html) = parts(&dry_run(&scene));
        for n in 0..10 {
            let (title, url) = (format!("Post {n}"), format!("https://hums.example/p{n}/"));
            assert!(
                text.contains(&title) && text.contains(&url),
                "{title}: {text}"
            );
            assert!(
                html.contains(&title) && html.contains(&url),
                "{title}: {html}"
            );
            assert_eq!(
                text.contains(&format!("Text of {title}")),
                n > 6,
                "{title}: {text}"
            );
        }
        let (shown, listed) = text.split_once("More in this issue").unwrap();
        assert!(
            shown.find("\nPost ") == shown.find(&format!("\n{first}\n")),
            "{text}"
        );
        let at = |n: usize| listed.find(&format!("Post {n} (")).unwrap();
        assert_eq!(at(0) < at(6), order == "oldest", "{text}");
    }
}

#[test]
fn a_template_that_leaves_announced_posts_out_is_named() {
    let config = CONFIG.replace("since =", "limit = 1\nsince =");
    let scene = Scene::new()
        .file("config.toml", &config)
        .post("one.md", "One", "2024-06-01")
        .post("two.md", "Two", "2024-06-02")
        .file(
            "templates/digest.txt",
            "{% extends \"default/digest.txt\" %}\n{% block more %}{% endblock %}\n",
        );
    let talk = dry_run(&scene).talk;
    let said = "templates/digest.txt: the text part has no link to 1 post that the issue announces: https://hums.example/one/";
    assert!(talk.contains(said), "{talk}");
}

#[test]
fn the_fixed_words_are_in_the_digests_language_and_the_sites_own_beat_them() {
    let english = [
        "Hello",
        "there",
        "Continue",
        "More in",
        "You get",
        "Forwarded",
        "Subscribe",
        "Unsubscribe",
    ];
    let long = format!("{}\n\n{}", "Worte. ".repeat(200), "Mehr. ".repeat(200));
    for (language, own, words) in [
        (
            "de",
            "",
            [
                "Hallo zusammen,",
                "Weiterlesen",
                "Außerdem",
                "Abbestellen",
                "Abonnieren",
            ],
        ),
        (
            "ja",
            "",
            [
                "読者の皆様",
                "続きを読む",
                "その他の記事",
                "配信を停止する",
                "購読する",
            ],
        ),
        (
            "nl",
            "[digest]\nhello = \"Dag {name}!\"\nanonymous = \"jij\"\ncontinue_reading = \"Verder\"\nmore = \"Ook\"\n\
             why = \"Van {site}.\"\nforwarded = \"Gekregen?\"\nsubscribe = \"Neem\"\nunsubscribe = \"Afmelden\"\n",
            ["Dag jij!", "Verder", "Ook", "Afmelden", "Neem"],
        ),
    ] {
        let config = CONFIG
            .replace("since =", "limit = 1\nsince =")
            .replace("timezone", &format!("language = \"{language}\"\ntimezone"));
        let mut scene = Scene::new()
            .file(
                "config.toml",
                &format!("{config}\n[feeds]\nsign_up = \"https://hums.example/letter/\"\n"),
            )
            .file("post/one.md", &post("title: Eins\n", &long))
            .file("post/two.md", &post("title: Zwei\n", &long));
        if !own.is_empty() {
            scene = scene.file(&format!("words/{language}.toml"), own);
        }
        let ran = dry_run(&scene);
        let (text, html) = parts(&ran);
        for part in [&text, &html] {
            for word in words {
                assert!(part.contains(word), "{language}: {word}: {part}");
            }
        }
        for word in english {
            assert!(!text.contains(word), "{language}: {word}: {text}");
        }
        assert!(html.contains("<a href=\"https://hums.example/\""), "{html}");
        if own.is_empty() {
            continue;
        }
        let scene = scene.file("words/nl.toml", "[digest]\nhallo = \"Dag\"\n");
        let ran = dry_run(&scene);
        assert_eq!(ran.code, 2);
        assert!(
            ran.talk
                .contains("words/nl.toml:2: the words cannot be used: unknown field `hallo`"),
            "{}",
            ran.talk
        );
    }
}
