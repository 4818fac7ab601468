//! README and docs tell the truth: their commands run, the config shown is read, each key, state and command is named.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tidings::inside::consent::ReaderState;
use tidings::inside::ledger::{DeliveryState, IssueState};

use crate::relay::{Habits, Relay};
use crate::scene::Scene;

const README: &str = include_str!("../README.md");

/// The number that stands for an issue's.
const NUMBER: &str = "3c340b7ef1d0d652";
const NOON: &str = "2026-11-23T12:00:00Z";

const TEMPLATES: &str = include_str!("../docs/templates.md");
const CONFIG: &str = include_str!("../docs/config.md");

/// The documents beside it.
const DOCS: [&str; 19] = [
    include_str!("../docs/operating.md"),
    include_str!("../docs/privacy.md"),
    include_str!("../docs/moving-in.md"),
    include_str!("../docs/how-it-works.md"),
    include_str!("../docs/scaling.md"),
    include_str!("../docs/faq.md"),
    include_str!("../docs/commands.md"),
    include_str!("../docs/posts.md"),
    include_str!("../docs/sources.md"),
    include_str!("../docs/ids.md"),
    include_str!("../docs/feeds.md"),
    include_str!("../docs/subscribers.md"),
    include_str!("../docs/store.md"),
    include_str!("../docs/sending.md"),
    include_str!("../docs/inbox.md"),
    include_str!("../docs/serve.md"),
    TEMPLATES,
    CONFIG,
    include_str!("../CONTRIBUTING.md"),
];

fn block(kind: &str) -> impl Iterator<Item = &'static str> {
    let fence = if kind == "sh" { "```sh\n" } else { "```toml\n" };
    [README].into_iter().chain(DOCS).flat_map(move |document| {
        let blocks = document.split(fence).skip(1);
        blocks.filter_map(|rest| rest.split("```").next())
    })
}

/// The sample site with what the commands name.
fn scene() -> Scene {
    Scene::sample().file("people.csv", "email,name\nbob@x.example,Bob\n").file(
        "old-feed.xml",
        "<rss version=\"2.0\"><channel><title>t</title><link>https://hums.example/</link><description>d</description>\
         <item><title>Old</title><link>https://hums.example/night-tea/</link><guid>old-1</guid></item></channel></rss>",
    )
}

/// The number of an issue: a finished one, or one in which a relay keeps someone waiting.
fn issue(scene: &Scene, relay: Option<&Relay>) -> String {
    let url = relay.map(Relay::url);
    let environment: Vec<(&str, &str)> = url
        .iter()
        .map(|url| ("TIDINGS_MAIL__SMTP", url.as_str()))
        .collect();
    scene.run_at(
        NOON,
        &[
            "subscriber",
            "add",
            if relay.is_some() {
                "later@x.example"
            } else {
                "ada@x.example"
            },
        ],
    );
    scene.run_with(
        &[
            "--at",
            NOON,
            "digest",
            "weekly",
            "--posts",
            "rows-of-the-night",
        ],
        &environment,
    );
    scene
        .run_at(NOON, &["status"])
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn every_command_shown_runs() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let (mut ran, mut fenced) = (0, 0);
    for block in block("sh") {
        fenced += 1;
        let scene = scene();
        let number = match block.contains(NUMBER) {
            true => issue(
                &scene,
                Some(&relay).filter(|_| block.contains("tidings issue")),
            ),
            false => String::new(),
        };
        if block.contains("tidings store") {
            scene.run_at(NOON, &["subscriber", "add", "zoe@x.example"]);
        }
        for line in block.lines() {
            let line = line
                .split(" #")
                .next()
                .unwrap_or_default()
                .trim_end()
                .replace(NUMBER, &number);
            let Some(arguments) = line
                .strip_prefix("tidings ")
                .or(line.strip_prefix("cargo run --release -- "))
            else {
                assert_eq!(line, "cargo test", "how is this one tested?");
                continue;
            };
            let (arguments, _file) = arguments.split_once(" > ").unwrap_or((arguments, ""));
            let arguments = [
                &["--at", NOON],
                &arguments.split_whitespace().collect::<Vec<_>>()[..],
            ]
            .concat();
            if arguments.contains(&"--preview") {
                let address = scene
                    .spawn(&[&arguments[..], &["--no-open"]].concat(), &[])
                    .first_line();
                assert!(
                    address.starts_with("http://127.0.0.1:"),
                    "{line}: {address}"
                );
            } else if arguments.contains(&"serve") {
                // The command listens on a port that another test, or another program, may have.
                let free = [&arguments[..], &["--listen", "127.0.0.1:0"]].concat();
                let address = scene.spawn(&free, &[]).first_line();
                assert!(
                    address.starts_with("http://127.0.0.1:"),
                    "{line}: {address}"
                );
            } else {
                // Nobody is there to answer a question.
                let asked = if arguments.contains(&"--again") {
                    &["--yes"][..]
                } else {
                    &[]
                };
                let ran = scene.run(&[&arguments[..], asked].concat());
                assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.talk);
            }
            ran += 1;
        }
    }
    assert!(
        ran > 50 && fenced > 15,
        "{ran} commands ran, in {fenced} blocks"
    );
}

#[test]
fn the_config_shown_is_read() {
    let scene = Scene::sample();
    // The keys that it names.
    scene.run_at(NOON, &["dkim", "new"]);
    scene.run_at(NOON, &["dkim", "new", "--ed25519"]);
    let planet = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>P</title><id>urn:p</id><updated>2024-06-01T00:00:00Z</updated></feed>";
    let scene = scene.file("planet.xml", planet);
    for document in [README, CONFIG] {
        let config = document.split("```toml\n").nth(1).unwrap();
        let config = config.split("```").next().unwrap();
        fs::write(scene.path("config.toml"), config).unwrap();
        let ran = scene.run(&["--at", NOON, "run", "--dry-run"]);
        ran.succeeds();
    }
}

#[test]
fn every_key_is_shown() {
    let shown = CONFIG.split("```toml\n").nth(1).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
    let mut keys = 0;
    for section in [
        "site", "posts", "source", "feeds", "digest", "mail", "dkim", "join", "store", "web",
    ] {
        let text = fs::read_to_string(folder.join(format!("{section}.rs"))).unwrap();
        for line in text.lines() {
            let Some((key, _)) = line
                .strip_prefix("    pub ")
                .and_then(|rest| rest.split_once(": "))
            else {
                continue;
            };
            // Passwords stand in the environment, a relay's parts in its address.
            if !key.contains(['(', ' '])
                && !["password", "inbox_password", "pem", "host", "port", "tls"].contains(&key)
            {
                assert!(
                    shown.contains(&format!("{key} = ")),
                    "`{key}` of [{section}] is not in the example"
                );
                keys += 1;
            }
        }
    }
    assert!(keys > 40, "only {keys} keys were found");
}

/// The names in backticks that follow these words, up to the end of the sentence.
fn named_after(words: &str) -> Vec<&'static str> {
    let rest = TEMPLATES
        .split(words)
        .nth(1)
        .unwrap_or_else(|| panic!("`{words}` is not in docs/templates.md"));
    rest.split('.')
        .next()
        .unwrap()
        .split('`')
        .skip(1)
        .step_by(2)
        .collect()
}

#[test]
fn the_blocks_of_the_templates_are_those_that_are_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let blocks = |file: &str| {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let blocks = text
            .split("{% block ")
            .skip(1)
            .map(|rest| rest.split(' ').next().unwrap().to_owned());
        let mut blocks: Vec<String> = blocks.collect();
        blocks.sort();
        blocks
    };
    for (file, words) in [
        (
            "feeds.html",
            "`templates/feeds.html` is the page of feeds; its blocks are ",
        ),
        (
            "issues.html",
            "`templates/issues.html` is the list of all issues; its blocks are ",
        ),
        (
            "serve.html",
            "`templates/serve.html` is what all of them have in common: its blocks are ",
        ),
    ] {
        let mut named = named_after(words);
        named.sort_unstable();
        assert_eq!(blocks(file), named, "{file}");
    }
    let mut digest = named_after("The blocks are ");
    digest.sort_unstable();
    assert_eq!(blocks("digest.html"), digest);
    digest.retain(|block| *block != "style");
    assert_eq!(blocks("digest.txt"), digest);
}

/// The files that a document shows, each behind a line that names it.
fn files_shown(document: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for part in document.split("`:\n\n```").skip(1) {
        let (_, rest) = part.split_once('\n').unwrap();
        files.push(rest.split("```").next().unwrap().to_owned());
    }
    let names = document
        .lines()
        .filter_map(|line| line.strip_prefix('`')?.strip_suffix("`:"));
    names.map(str::to_owned).zip(files).collect()
}

#[test]
fn the_templates_shown_do_what_they_are_shown_for() {
    let mut scene = Scene::sample();
    let files = files_shown(TEMPLATES);
    assert_eq!(files.len(), 3);
    for (name, text) in &files {
        scene = scene.file(name, text);
    }
    let words = TEMPLATES.rsplit("```text\n").next().unwrap();
    let scene = scene.file("words/en.toml", words.split("```").next().unwrap());
    let run = scene.run_at(
        NOON,
        &[
            "digest",
            "weekly",
            "--html",
            "issue.html",
            "--eml",
            "issue.eml",
        ],
    );
    let html = scene.read("issue.html");
    assert!(html.contains("Good evening, "), "{run}{html}");
    assert!(html.contains("#145a7a"), "{html}");
    let message = scene.read("issue.eml");
    let message = mail_parser::MessageParser::default()
        .parse(message.as_bytes())
        .unwrap();
    let text = message.body_text(0).unwrap();
    assert!(
        text.contains("\n* ") && text.contains("Goedenavond"),
        "{text}"
    );
    scene.run_at(NOON, &["build"]);
    let page = scene.read("public/feeds.html");
    assert!(page.contains("Nothing here is for sale."), "{page}");
    let ran = scene.run(&["--at", NOON, "check", "--offline"]);
    assert!(!ran.out.contains("templates/"), "{}", ran.out);
}

#[test]
fn a_page_of_serve_is_given_what_is_shown() {
    let rest = TEMPLATES.split("They are given:").nth(1).unwrap();
    let mut scene = Scene::sample();
    let config = scene.read("config.toml");
    let web = format!("[web]\nurl = \"https://news.hums.example/\"\n{config}");
    scene = scene.file("config.toml", &web);
    for file in ["serve.html", "serve-join.html", "serve-preferences.html"] {
        let lines = rest.split("```").nth(1).unwrap().lines();
        let mut template = "{% block form %}{% endblock %}\n".to_owned();
        for line in lines.filter(|line| !line.contains('(') || line.ends_with(&format!("({file})")))
        {
            let mut words = line.split(" (").next().unwrap().split_whitespace();
            let Some(root) = words.next() else { continue };
            for field in words {
                let name = format!("{root}.{field}");
                template.push_str(&format!("{{% if {name} is not defined %}}{{{{ nothing.is }}}}{{% endif %}}{{# {name} #}}\n"));
            }
        }
        assert!(template.lines().count() > 7, "{template}");
        scene = scene.file(&format!("templates/{file}"), &template);
    }
    let ran = scene.run(&["--at", NOON, "check", "--offline"]);
    assert!(!ran.out.contains("templates/"), "{}", ran.out);
}

#[test]
fn a_template_is_given_what_is_shown() {
    let rest = TEMPLATES.split("A template is given:").nth(1).unwrap();
    let mut names = 0;
    let mut template = "{{ reader.unsubscribe }}".to_owned();
    for line in rest
        .split("```")
        .nth(1)
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
    {
        let line = line.split(" (").next().unwrap();
        let mut words = line.split_whitespace();
        let root = words.next().unwrap();
        let root = match root {
            "posts" | "headlines" => format!("{root}[0]"),
            _ => root.to_owned(),
        };
        let fields: Vec<String> = words.map(|field| format!("{root}.{field}")).collect();
        for name in if fields.is_empty() {
            vec![root]
        } else {
            fields
        } {
            template.push_str(&format!(
                "{{% if {name} is not defined %}}nothing is {name}\n{{% endif %}}"
            ));
            names += 1;
        }
    }
    assert!(names > 30, "only {names} names were found");
    let scene = Scene::sample().file("templates/digest.txt", &template);
    let limited = scene
        .read("config.toml")
        .replace("since =", "limit = 2\nsince =");
    let scene = scene.file("config.toml", &limited);
    let message = || {
        scene
            .run_at(NOON, &["digest", "weekly", "--dry-run"])
            .replace("=\r\n", "")
    };
    assert!(!message().contains("nothing is"), "{}", message());
    fs::write(
        scene.path("templates/digest.txt"),
        template.replace("site.title", "site.titel"),
    )
    .unwrap();
    assert!(message().contains("nothing is site.titel"), "{}", message());
}

#[test]
fn every_link_between_the_documents_leads_to_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    let docs = fs::read_dir(root.join("docs")).unwrap();
    documents.extend(docs.map(|entry| entry.unwrap().path()));
    let mut links = 0;
    for document in documents {
        if document.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = fs::read_to_string(&document).unwrap();
        for rest in text.split("](").skip(1) {
            let link = rest.split([')', '#']).next().unwrap();
            if link.contains("://") || link.starts_with("mailto:") || link.is_empty() {
                continue;
            }
            let file = document.parent().unwrap().join(link);
            assert!(file.exists(), "{}: {link}", document.display());
            links += 1;
        }
    }
    assert!(links > 20, "only {links} links were found");
}

/// The files below this folder, with `/` between the parts of a path.
fn list_files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(list_files_below(&path)),
            false => files.push(path.to_str().unwrap().replace('\\', "/")),
        }
    }
    files
}

#[test]
fn every_file_of_the_code_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = ["src", "tests", "benches", "fuzz"].map(|room| root.join(room));
    let files: Vec<String> = rooms
        .iter()
        .flat_map(|room| list_files_below(room))
        .collect();
    let mut named = 0;
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            let is_path = ["src/", "tests/", "benches/", "fuzz/"]
                .iter()
                .any(|room| name.starts_with(room));
            let is_rust = Path::new(name).extension().is_some_and(|end| end == "rs");
            let is_file = is_rust && !name.contains([' ', '*']);
            if !is_path && !is_file {
                continue;
            }
            let is_there = root.join(name).exists()
                || files.iter().any(|file| file.ends_with(&format!("/{name}")));
            assert!(is_there, "{document}: {name}");
            named += 1;
        }
    }
    assert!(named > 20, "only {named} files were found");
}

#[test]
fn each_state_is_in_the_tables_of_what_to_do() {
    let operating = DOCS[0];
    let issues = [
        IssueState::Open,
        IssueState::Paused,
        IssueState::Done,
        IssueState::Cancelled,
    ];
    let words = DeliveryState::ALL.map(DeliveryState::word).into_iter();
    let words = words
        .chain(ReaderState::ALL.map(ReaderState::word))
        .chain(issues.map(IssueState::word));
    for word in words {
        let line = format!("\n| {word} |");
        assert!(operating.contains(&line), "`{word}` has no line");
    }
}

#[test]
fn each_command_is_named() {
    for name in Scene::bare().commands() {
        let command = format!("tidings {name}");
        let mut all = [README].into_iter().chain(DOCS);
        assert!(all.any(|text| text.contains(&command)), "`{command}`");
    }
}
