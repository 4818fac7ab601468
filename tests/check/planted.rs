//! Sites with one fault each: `check` names its place and code, in words and as JSON, and writes nothing.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;

use super::{NOON, scene};
use crate::scene::Scene;

/// A config whose mails lead to `serve`.
const WEB: &str = "[web]\nurl = \"https://news.hums.example/\"\n[mail]";

/// A site with one fault.
struct Fault {
    code: &'static str,
    exit: i32,
    /// The beginning of the line about it, or words within it.
    words: &'static str,
    files: Vec<(&'static str, String)>,
    /// The config's words that are replaced, and what stands there instead.
    config: Option<(&'static str, String)>,
    /// Steps that no file shows.
    prepare: fn(&Scene),
    environment: Option<(&'static str, &'static str)>,
}

impl Fault {
    fn error(code: &'static str, words: &'static str) -> Self {
        Self {
            code,
            exit: 2,
            words,
            files: Vec::new(),
            config: None,
            prepare: |_| {},
            environment: None,
        }
    }

    fn warning(code: &'static str, words: &'static str) -> Self {
        Self {
            exit: 1,
            ..Self::error(code, words)
        }
    }

    fn file(mut self, path: &'static str, text: impl Into<String>) -> Self {
        self.files.push((path, text.into()));
        self
    }

    /// A post with more front matter and this body.
    fn post(self, front: &str, body: &str) -> Self {
        let text = format!("---\ntitle: X\ndate: 2024-05-02\n{front}---\n{body}\n");
        self.file("post/x.md", text)
    }

    fn config(mut self, from: &'static str, to: impl Into<String>) -> Self {
        self.config = Some((from, to.into()));
        self
    }

    /// With these lines at the end of the config, which is the table of mail.
    fn mail(self, lines: &str) -> Self {
        self.config("[mail]", format!("[mail]\n{lines}"))
    }

    fn prepare(mut self, prepare: fn(&Scene)) -> Self {
        self.prepare = prepare;
        self
    }

    fn set(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment = Some((name, value));
        self
    }

    fn plant(&self) -> Scene {
        let mut scene = scene();
        if let Some((from, to)) = &self.config {
            let config = scene.read("config.toml");
            assert!(config.contains(from), "{from}");
            scene = scene.file("config.toml", &config.replacen(from, to, 1));
        }
        for (path, text) in &self.files {
            scene = scene.file(path, text);
        }
        (self.prepare)(&scene);
        scene
    }
}

fn of_posts() -> Vec<Fault> {
    let deep = "> ".repeat(300);
    let doubled = "{% assign a = a | append: a %}".repeat(40);
    let large = "x".repeat((8 << 20) + 1);
    vec![
        Fault::error("no-date", "error: post/x.md:1: the post has no date")
            .file("post/x.md", "---\ntitle: X\n---\nx\n"),
        Fault::error("date-unreadable", "error: post/x.md:3:")
            .file("post/x.md", "---\ntitle: X\ndate: 2024-13-45\n---\nx\n"),
        Fault::error("front-matter", "error: post/x.md:3:")
            .file("post/x.md", "---\ntitle: [X\ndate: 2024-05-02\n---\nx\n"),
        Fault::warning("value-cut", "the title has more than")
            .post(
                &format!("title: {}\n", "long ".repeat(900)).replace("title", "description_title"),
                "x",
            )
            .file(
                "post/x.md",
                format!(
                    "---\ntitle: {}\ndate: 2024-05-02\n---\nx\n",
                    "long ".repeat(900)
                ),
            ),
        Fault::warning(
            "language-tag",
            "warning: post/x.md:4: `e n` is no language tag",
        )
        .post("lang: e n\n", "x"),
        Fault::warning("id-refused", "warning: post/x.md:4: `id: not an iri`")
            .post("id: not an iri\n", "x"),
        Fault::error("id-taken", "post/y.md")
            .post("id: urn:one\n", "x")
            .file(
                "post/y.md",
                "---\ntitle: Y\ndate: 2024-05-03\nid: urn:one\n---\ny\n",
            ),
        Fault::error("address-taken", "post/x.md").post("slug: tea\n", "x"),
        Fault::error("address-broken", "error: post/x.md:4:")
            .post("permalink: \"https://[\"\n", "x"),
        Fault::error("post-too-large", "post/x.md").file("post/x.md", large),
        Fault::error("text-too-large", "error: post/2024-05-02-x.md:4:")
            .file("_config.yml", "title: Hums\n")
            .config("[[digest]]", "[posts]\ndialect = \"jekyll\"\n[[digest]]")
            .file(
                "post/2024-05-02-x.md",
                format!(
                    "---\ntitle: X\n---\n{{% assign a = \"aaaaaaaa\" %}}{doubled}{{{{ a }}}}\n"
                ),
            ),
        Fault::error("text-too-deep", "post/x.md").post("", &format!("{deep}x")),
        Fault::warning("shortcode-left-out", "warning: post/x.md:5:").post("", "{{< strange >}}"),
        Fault::warning("formula-left", "warning: post/x.md:")
            .post("math: true\n", "$$\\nonsense{x}$$"),
        Fault::warning("element-left-out", "warning: post/x.md:")
            .post("", "<form><p>Your name</p><input name=\"a\"></form>"),
        Fault::warning("enclosure-length", "warning: post/x.md:")
            .post("enclosure: https://hums.example/a.mp3\n", "x"),
    ]
}

fn of_files() -> Vec<Fault> {
    vec![
        Fault::error("posts-unreadable", "nowhere")
            .config("[[digest]]", "[posts]\ndir = \"nowhere\"\n[[digest]]"),
        Fault::error("file-name", "error: post: `a\\u{7}.md`")
            .prepare(|scene| fs::write(scene.path("post/a\u{7}.md"), "x").unwrap()),
        Fault::error("same-spelling", "error: post: `caf\u{e9}.md`")
            .file(
                "post/caf\u{e9}.md",
                "---\ntitle: C\ndate: 2024-05-02\n---\nx\n",
            )
            .file(
                "post/cafe\u{301}.md",
                "---\ntitle: C\ndate: 2024-05-02\n---\nx\n",
            ),
        Fault::error("no-regular-file", "error: post/x.md:").prepare(|scene| {
            let made = Command::new("mkfifo").arg(scene.path("post/x.md")).status();
            assert!(made.unwrap().success());
        }),
        Fault::warning("link-not-followed", "post/x.md").prepare(|scene| {
            symlink("/etc/hostname", scene.path("post/x.md")).unwrap();
        }),
        Fault::warning("format-unread", "is not read: `x.rst`")
            .file("post/x.rst", "X\n=\n\n:date: 2024-05-02\n"),
        Fault::error("git-dates", "git")
            .config("[[digest]]", "[posts]\ngit_dates = true\n[[digest]]")
            .file("post/x.md", "---\ntitle: X\n---\nx\n"),
        Fault::error("unreadable", "error: tidings.lock")
            .prepare(|scene| fs::create_dir(scene.path("tidings.lock")).unwrap()),
        Fault::error("lock-broken", "error: tidings.lock:1:")
            .file("tidings.lock", "<<<<<<< HEAD\n"),
    ]
}

fn of_the_config() -> Vec<Fault> {
    let of_key = |key: &str| {
        format!("dkim = {{ domain = \"hums.example\", selector = \"t1\", key = \"{key}\" }}")
    };
    let relay = "smtp = \"smtp://relay.hums.net:587\"";
    vec![
        Fault::error(
            "unknown-key",
            "error: config.toml:5:1: unknown key `timezome`",
        )
        .config("timezone", "timezome"),
        Fault::error("missing-key", "error: config.toml:").config("title = \"Hums\"\n", ""),
        Fault::error("config-value", "error: config.toml:10:")
            .config("0 8 * * MON", "61 8 * * MON"),
        Fault::error("unknown-variable", "TIDINGS_SITE_URL").set("TIDINGS_SITE_URL", "x"),
        Fault::error("secret-in-config", "error: config.toml:").mail("password = \"tea\""),
        Fault::error("same-path", "tidings.db")
            .config("[[digest]]", "[posts]\nlock = \"tidings.db\"\n[[digest]]"),
        Fault::error("same-digest-name", "error: config.toml:").config(
            "[mail]",
            "[[digest]]\nname = \"weekly\"\nschedule = \"each\"\n[mail]",
        ),
        Fault::error(
            "placeholder-address",
            "`https://example.org/` is an address for examples",
        )
        .config("https://hums.example/", "https://example.org/"),
        Fault::error("placeholder-address", "set `from` under [mail]").mail(relay),
        Fault::error("placeholder-address", "set `to` of the digest `weekly`").mail(relay),
        Fault::error(
            "published-secret",
            "stands in the folder that is shown to everybody",
        )
        .file("mail/outbox/x.eml", "x")
        .config(
            "[mail]",
            "[feeds]\ndir = \"mail\"\n[mail]\noutbox = \"mail/outbox\"",
        ),
        Fault::error("mail-unsendable", "TIDINGS_MAIL__PASSWORD is not set")
            .mail("user = \"news\"\nsmtp = \"smtp://127.0.0.1:1\""),
        Fault::error("unreadable", "error: none.pem:").mail(&of_key("none.pem")),
        Fault::error("dkim-key", "error: dkim.pem:")
            .mail(&of_key("dkim.pem"))
            .file("dkim.pem", "no key\n")
            .prepare(|scene| set_mode(scene, "600")),
        Fault::warning("spf-alignment", "warning: ")
            .mail("return_path = \"bounces@elsewhere.example\""),
        Fault::warning("dkim-alignment", "warning: ")
            .mail(&of_key("dkim.pem").replace("hums.example", "elsewhere.example"))
            .prepare(make_key),
        Fault::error("key-readable", "error: dkim.pem:")
            .mail(&of_key("dkim.pem"))
            .prepare(|scene| {
                make_key(scene);
                set_mode(scene, "644");
            }),
    ]
}

/// A key to sign with, in `dkim.pem`.
fn make_key(scene: &Scene) {
    scene
        .run(&["dkim", "new", "--ed25519", "--selector", "t1", "dkim.pem"])
        .succeeds();
}

fn set_mode(scene: &Scene, mode: &str) {
    let file = scene.path("dkim.pem");
    let set = Command::new("chmod").arg(mode).arg(file).status();
    assert!(set.unwrap().success());
}

fn of_templates_and_feeds() -> Vec<Fault> {
    let tags: Vec<String> = (0..90).map(|n| format!("t{n}")).collect();
    vec![
        Fault::error("template-unusable", "templates/digest.html")
            .file("templates/digest.html", "{% block posts %}"),
        Fault::error("template-unusable", "templates/digest.html:1")
            .file("templates/digest.html", "<p>{{ nothing }}</p>"),
        Fault::error("template-unusable", "templates/feeds.html")
            .file("templates/feeds.html", "{{ nothing }}"),
        Fault::error("template-unusable", "the digest `weekly`")
            .config("since", "subject = \"{{ nothing }}\"\nsince"),
        Fault::warning("template-unused", "templates/digets.html")
            .file("templates/digets.html", "<p></p>"),
        Fault::error("template-slot", "templates/digest.html:1")
            .file("templates/digest.html", "{{ reader.name | upper }}"),
        Fault::error("template-unusable", "templates/issues.html:1")
            .file("templates/issues.html", "{{ nothing }}"),
        Fault::error("template-unusable", "templates/serve.html:1")
            .file(
                "templates/serve.html",
                "{{ form.email }}{% block form %}{% endblock %}",
            )
            .config("[mail]", WEB),
        Fault::error(
            "template-unusable",
            "error: templates/serve.html: there is no block `form`",
        )
        .file("templates/serve.html", "<p>{{ page.title }}</p>")
        .config("[mail]", WEB),
        Fault::warning("template-unused", "templates/serve-joins.html")
            .file("templates/serve-joins.html", "<p></p>")
            .config("[mail]", WEB),
        Fault::error("words-unusable", "words/en.toml").file("words/en.toml", "digest = 1\n"),
        Fault::error("config-value", "two documents would stand in `feeds.html`").config(
            "[mail]",
            "[feeds]\nby = [\"tag\"]\nfiles = { atom = \"feeds.html\" }\n[mail]",
        ),
        Fault::error("feeds-left-out", "30 of 90 feeds are left out")
            .config("[mail]", "[feeds]\nby = [\"tag\"]\nmax_feeds = 60\n[mail]")
            .post(&format!("tags: [{}]\n", tags.join(", ")), "x"),
    ]
}

fn of_digests() -> Vec<Fault> {
    let text = "A line of the post that is as long as lines of posts are.\n\n";
    vec![
        Fault::warning("digest-without-posts", "warning: config.toml:9: weekly: there is no post for it")
            .config("since", "tags = [\"none\"]\nsince"),
        Fault::error("no-unsubscribe", "templates/digest.html")
            .file("templates/digest.html", "<p>{% for post in posts %}<a href=\"{{ post.url }}\">x</a>{% endfor %}</p>"),
        Fault::warning("mail-clipped", "Gmail hides what follows 102").config("since", "layout = \"full\"\nsince").post("", &text.repeat(2_000)),
        Fault::warning("image-without-alt", "warning: post/x.md:5:").post("", "![](a.png)"),
        Fault::warning("image-without-width", "says no width").post("", "![a cup](a.png)"),
        Fault::warning("image-kind", "warning: post/x.md:5:").config("since", "layout = \"full\"\nsince")
            .post("", "<img src=\"/a.webp\" alt=\"a cup\" width=\"9\">"),
        Fault::warning("link-unencrypted", "warning: post/x.md:5:")
            .post("", "[tea](http://other.example/)"),
        Fault::warning("link-kind", "warning: post/x.md:5:").post("", "[tea](irc://other.example/tea)"),
        Fault::error("link-broken", "templates/digest.html")
            .file("templates/digest.html", "<a href=\"/tea\">x</a><a href=\"{{ reader.unsubscribe }}\">u</a>"),
        Fault::warning("post-without-link", "warning: templates/digest.html:")
            .file("templates/digest.html", "<a href=\"{{ reader.unsubscribe }}\">u</a>"),
        Fault::warning("style-dropped", "templates/digest.html").file(
            "templates/digest.html",
            format!(
                "<style>@media print {{ {} }}</style>{{% for post in posts %}}<a href=\"{{{{ post.url }}}}\">x</a>{{% endfor %}}<a href=\"{{{{ reader.unsubscribe }}}}\">u</a>",
                "p { color: red } ".repeat(1_200)
            ),
        ),
        Fault::warning("css-unsupported", "templates/digest.html").file(
            "templates/digest.html",
            "<p style=\"position: fixed\">{% for post in posts %}<a href=\"{{ post.url }}\">x</a>{% endfor %}<a href=\"{{ reader.unsubscribe }}\">u</a></p>",
        ),
    ]
}

/// Faults of a site that has sent: between its lock, its store and its config.
fn of_the_store() -> Vec<Fault> {
    vec![
        Fault::error("store-unusable", "error: tidings.db:").file("tidings.db", "no database"),
        Fault::error("digest-renamed", "weekly").prepare(|scene| {
            send(scene);
            rewrite(
                scene,
                "config.toml",
                "name = \"weekly\"",
                "name = \"friday\"",
            );
        }),
        Fault::error("another-site", "hums.example").prepare(|scene| {
            send(scene);
            for file in ["tidings.lock", "tidings.manifest"] {
                fs::remove_file(scene.path(file)).unwrap();
            }
            rewrite(
                scene,
                "config.toml",
                "https://hums.example/",
                "https://other.example/",
            );
        }),
        Fault::error("another-store", "was begun by another store").prepare(|scene| {
            send(scene);
            for file in [
                "tidings.db",
                "tidings.db-wal",
                "tidings.db-shm",
                "tidings.manifest",
            ] {
                let _ = fs::remove_file(scene.path(file));
            }
            let lock = scene.read("tidings.lock");
            fs::remove_file(scene.path("tidings.lock")).unwrap();
            send(scene);
            fs::write(scene.path("tidings.lock"), lock).unwrap();
        }),
        Fault::error("store-copy", "weekly").prepare(|scene| {
            send(scene);
            let old = fs::read(scene.path("tidings.db")).unwrap();
            let text = "---\ntitle: New\ndate: 2024-05-28\n---\nx\n";
            fs::write(scene.path("post/new.md"), text).unwrap();
            scene
                .run(&["--at", "2024-06-03T12:00:00+02:00", "run"])
                .succeeds();
            for file in ["tidings.db-wal", "tidings.db-shm"] {
                let _ = fs::remove_file(scene.path(file));
            }
            fs::write(scene.path("tidings.db"), old).unwrap();
        }),
        Fault::error("clock-behind", "weekly: the last slot is").prepare(|scene| {
            scene
                .run(&["--at", "2030-05-27T12:00:00+02:00", "run"])
                .succeeds();
        }),
        Fault::warning("issue-paused", "weekly: paused").prepare(|scene| {
            scene
                .run(&[
                    "--at",
                    "2024-05-27T12:00:00+02:00",
                    "subscriber",
                    "add",
                    "a@x.example",
                ])
                .succeeds();
            let relay = "smtp://127.0.0.1:1?tls=none";
            let set = [("TIDINGS_MAIL__SMTP", relay)];
            scene.run_with(&["--at", "2024-05-27T12:00:00+02:00", "run"], &set);
            let status = scene.run_at("2024-05-27T12:00:00+02:00", &["status", "--json"]);
            let status: Value = serde_json::from_str(&status).unwrap();
            let number = status["issues"][0]["issue"].as_str().unwrap();
            scene.run_at("2024-05-27T12:00:00+02:00", &["issue", "pause", number]);
        }),
        Fault::error("maildir-unusable", "box").mail("inbox = \"maildir:box\""),
    ]
}

fn send(scene: &Scene) {
    scene
        .run(&["--at", "2024-05-27T12:00:00+02:00", "run"])
        .succeeds();
}

fn rewrite(scene: &Scene, file: &str, from: &str, to: &str) {
    let text = scene.read(file);
    assert!(text.contains(from), "{from}: {text}");
    fs::write(scene.path(file), text.replacen(from, to, 1)).unwrap();
}

#[test]
fn each_planted_fault_is_found() {
    let faults = [
        of_posts(),
        of_files(),
        of_the_config(),
        of_templates_and_feeds(),
        of_digests(),
        of_the_store(),
    ];
    assert!(faults.iter().flatten().count() >= 60);
    let mut missed = Vec::new();
    for fault in faults.iter().flatten() {
        let scene = fault.plant();
        let before = scene.names("");
        let set: Vec<_> = fault.environment.into_iter().collect();
        let check = ["--at", NOON, "check", "--offline"];
        let ran = scene.run_with(&check, &set);
        assert_eq!(scene.names(""), before, "{}", fault.code);
        let code = format!(" [{}]", fault.code);
        // The hint stands below the line.
        let entries: Vec<String> = ran
            .out
            .replace("\n  ", "\u{0}")
            .lines()
            .map(|entry| entry.replace('\u{0}', "\n  "))
            .collect();
        let is_named = entries
            .iter()
            .any(|entry| entry.contains(&code) && entry.contains(fault.words));
        let json = scene.run_with(&[&check[..], &["--json"]].concat(), &set);
        let all: Vec<Value> = serde_json::from_str(&json.out).unwrap_or_default();
        let is_in_json = all.iter().any(|finding| finding["code"] == fault.code);
        if ran.code != fault.exit || !is_named || !is_in_json {
            missed.push(format!(
                "[{}] `{}`, exit {}: exit {}, {is_in_json}: {}{}",
                fault.code, fault.words, fault.exit, ran.code, ran.out, ran.talk
            ));
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}
