//! `status --html`: the owner's page, by the real program.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::browser::Browser;
use crate::page_checks::{checkers, validate};
use crate::relay::{Habits, Relay};
use crate::scene::{Ran, Scene};

/// A site with readers who came and went, and issues of which some mail bounced.
struct Site {
    scene: Scene,
    relay: Relay,
}

impl Site {
    fn new() -> Self {
        let scene = Scene::new();
        let config = scene
            .read("config.toml")
            .replace("title = \"Hums\"", "title = \"Hums & <b>tea</b>\"")
            .replace(
                "to = [\"editor@hums.example\"]\n",
                "title = \"\\\"Weekly\\\" <i>\"\n",
            )
            .replace(
                "[mail]",
                "[[digest]]\nname = \"each\"\nschedule = \"each\"\n[mail]",
            );
        let site = Self {
            scene: scene.file("config.toml", &config),
            relay: Relay::start(Habits::good(true, Duration::ZERO)),
        };
        site.run("2024-03-03T12:00:00Z", &["run"]);
        for (month, count) in [(3, 40), (4, 25), (5, 60)] {
            let begin = format!("2024-{month:02}-04T12:00:00Z");
            let mut list = String::from("email\n");
            for number in 0..count {
                let name = if number % 20 == 7 { "bad" } else { "ada" };
                list.push_str(&format!("{name}{month}-{number}@d{}.example\n", number % 5));
            }
            fs::write(site.scene.path("list.csv"), list).unwrap();
            let import = [
                "subscriber",
                "import",
                "list.csv",
                "--confirmed",
                "--digest",
                "weekly",
            ];
            site.run(&begin, &import);
            for number in 1..4 {
                let post = format!(
                    "---\ntitle: \"Tea <script>{month}</script> & {number}\"\ndate: 2024-{month:02}-0{number}\n---\ntext\n"
                );
                let name = format!("post/{month}-{number}.md");
                fs::write(site.scene.path(&name), post).unwrap();
                let at = format!("2024-{month:02}-{:02}T12:00:00Z", 4 + 7 * number);
                site.run(&at, &["run"]);
            }
            let gone = format!("ada{month}-1@d1.example");
            site.run(
                &format!("2024-{month:02}-28T12:00:00Z"),
                &["subscriber", "remove", &gone],
            );
        }
        // The last slot before the page is filled.
        site.run("2024-05-29T12:00:00Z", &["run"]);
        site
    }

    fn run(&self, at: &str, arguments: &[&str]) -> Ran {
        let url = self.relay.url();
        let ran = self.scene.run_with(
            &[&["--at", at], arguments].concat(),
            &[("TIDINGS_MAIL__SMTP", &url)],
        );
        assert!(ran.code < 2, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran
    }

    fn page(&self) -> String {
        self.run("2024-06-02T12:00:00Z", &["status", "--html", "status.html"])
            .succeeds()
            .prints("status.html: ");
        self.scene.read("status.html")
    }
}

/// Checks that a browser would load and run nothing else.
fn names_nothing_else(page: &str) {
    for part in [
        "<script", "src=", "href=", "url(", "@import", "http:", "https:", "onload", "@d1",
    ] {
        assert!(!page.contains(part), "{part}: {page}");
    }
}

#[test]
fn the_page_says_how_readers_issues_and_domains_fare() {
    let site = Site::new();
    let page = site.page();
    names_nothing_else(&page);
    assert!(page.len() < 30_000, "{} bytes", page.len());
    for part in [
        "<h1>Hums &amp; &lt;b&gt;tea&lt;/b&gt;</h1>",
        "As of 2024-06-02 14:00 CEST",
        "<b>116</b>active",
        "<b>6</b>bounced",
        "<b>3</b>left",
        "116 active now",
        "<tr><td>2024-05</td><td>60</td><td>4</td><td>116</td></tr>",
        "<tr><td>2024-03</td><td>40</td><td>3</td><td>37</td></tr>",
        "Weekly&quot; &lt;i&gt;",
        "2024-06-03 08:00 CEST",
        "with each post",
        "Tea &lt;script&gt;5&lt;/script&gt; &amp; 3",
        "bounced",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The newest first, each with what became of its mail; a domain's bounces are named.
    let (third, first) = (page.find("&amp; 3</h3>"), page.find("&amp; 1</h3>"));
    assert!(third < first && third.is_some(), "{page}");
    assert!(page.contains("<td>d2.example"), "{page}");
    assert!(
        page.contains("d2.example: 5 % bounced in 30 days"),
        "{page}"
    );
    // The same moment gives the same bytes.
    assert_eq!(site.page(), page);
}

#[test]
fn a_site_without_readers_has_a_page_as_well() {
    let scene = Scene::new();
    let ran = scene.run(&["status", "--html", "out.html"]);
    ran.succeeds();
    let page = scene.read("out.html");
    for part in [
        "Nobody has joined yet.",
        "No issue yet.",
        "No mail has gone out.",
    ] {
        assert!(page.contains(part), "{page}");
    }
    names_nothing_else(&page);
    assert!(!scene.path("tidings.db").exists());
    // A file that cannot be written is named, and the old one stays whole.
    let ran = scene.run(&["status", "--html", "post"]);
    ran.fails_with(2).says("post");
    for with in ["--json", "--failed", "0123456789abcdef"] {
        let ran = scene.run(&["status", "--html", "x.html", with]);
        ran.fails_with(2).says("cannot be used with");
    }
}

#[test]
fn the_page_is_seen_on_every_screen_and_no_checker_finds_fault() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let site = Site::new();
    let page = site.page();
    let file = site.scene.path("status.html");
    // For a person to look at, as the pictures are.
    fs::copy(
        &file,
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("status.html"),
    )
    .unwrap();
    browser.open(&format!("file://{}", file.display()));
    for width in [375, 1280] {
        for scheme in ["light", "dark"] {
            let seen = browser.look(width, scheme);
            assert!(seen <= width, "{seen} is wider than {width}");
            browser.shoot(&format!("status-{width}-{scheme}"));
        }
    }
    let Some(checkers) = checkers() else { return };
    let said = validate(&checkers, &page);
    assert!(said.is_empty(), "{said}");
    for scheme in ["light", "dark"] {
        browser.look(375, scheme);
        let found = browser.audit(&page, &checkers.join(Path::new("axe-core/axe.min.js")));
        assert!(found.is_empty(), "{found:?}");
    }
}
