//! The keys in docs/config.md are those of the code, with its words and its defaults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tidings::config::Config;
use toml::{Table, Value};

/// Each part of the config: its heading, its file in src/config, its type, and the path of its defaults.
const PARTS: [(&str, &str, &str, &[&str]); 13] = [
    ("`[site]`", "site", "Site", &["site"]),
    (
        "`author` under `[site]`",
        "site",
        "Author",
        &["site", "author"],
    ),
    ("`[posts]`", "posts", "Posts", &["posts"]),
    ("`[[source]]`", "source", "SourceFeed", &["source"]),
    ("`[feeds]`", "feeds", "Feeds", &["feeds"]),
    ("`[[digest]]`", "digest", "Digest", &["digest"]),
    ("`[mail]`", "mail", "Mail", &["mail"]),
    ("`dkim` under `[mail]`", "dkim", "Dkim", &["mail", "dkim"]),
    (
        "`ed25519` in `dkim`",
        "dkim",
        "SecondKey",
        &["mail", "dkim", "ed25519"],
    ),
    (
        "`timeout` under `[mail]`",
        "mail",
        "Timeouts",
        &["mail", "timeout"],
    ),
    ("`[join]`", "join", "Join", &["join"]),
    ("`[store]`", "store", "StoreSettings", &["store"]),
    ("`[web]`", "web", "WebSettings", &["web"]),
];

/// What a config must say.
const LEAST: &str = r#"
[site]
title = "Hums"
url = "https://hums.example/"
[[source]]
feed = "planet.xml"
[[digest]]
name = "weekly"
schedule = "each"
[mail]
from = "news@hums.example"
[mail.dkim]
"#;

/// What it says of itself then.
const DEFAULTS: &str = r#"
[site]
description = ""
language = "en"
categories = []
require_live = true
[posts]
dir = "post"
dialect = "auto"
drafts = false
future = false
git_dates = false
lock = "tidings.lock"
[[source]]
private = false
tags = []
[feeds]
dir = "public"
formats = ["atom", "rss", "json"]
files = {}
limit = 20
content = "full"
by = []
max_feeds = 1000
archive_by = []
hub_private = false
page = true
opml = true
precompress = false
[[digest]]
to = []
tags = []
sections = []
authors = []
subject = "{{ digest.title }}: {{ posts[0].title }}"
layout = "summaries"
order = "newest"
limit = 20
min_posts = 1
welcome = false
archive = true
enabled = true
[mail]
auth = "auto"
outbox = "outbox"
verp = false
inbox_done = "tidings"
inbox_token = "address"
connections = 8
messages_per_connection = 1000
patience = "1m"
uncertain = "retry"
retry = "5m"
retry_max = "1h"
give_up = "5d"
[mail.dkim]
selector = "tidings"
key = "dkim.pem"
skip = []
[mail.timeout]
connect = "30s"
greeting = "5m"
command = "5m"
data = "2m"
block = "3m"
dot = "10m"
[join]
per_hour = 1000
per_domain = 300
per_network = 20
[store]
url = "sqlite:tidings.db"
[web]
listen = "127.0.0.1:8080"
proxies = []
embed_from = []
keep_ip = false
log_addresses = false
rebuild = "5m"
"#;

/// A key as its type has it.
struct ConfigKey {
    name: String,
    words: String,
    kind: String,
    /// Whether it may be left out.
    is_free: bool,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> BTreeMap<String, String> {
    let files = fs::read_dir(root().join("src/config")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let named = |file: PathBuf| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(file).unwrap())
    };
    files.filter(|file| file.is_file()).map(named).collect()
}

/// The lines between the line that begins so and its closing brace.
fn inside<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(head)?;
    rest.split("\n}").next()
}

/// The keys of a type, in its order.
fn keys(text: &str, name: &str) -> Vec<ConfigKey> {
    let head = format!("pub struct {name} {{");
    let above = text.split(&head).next().unwrap();
    let attributes = above.rsplit("\n\n").next().unwrap();
    let all_free = attributes.contains("deny_unknown_fields, default");
    let (mut keys, mut words, mut attribute) = (Vec::new(), Vec::new(), String::new());
    for line in inside(text, &head).unwrap().lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("///") {
            words.push(comment.trim());
        } else if line.starts_with("#[") {
            attribute.push_str(line);
        } else if let Some((name, kind)) = line
            .strip_prefix("pub ")
            .and_then(|rest| rest.split_once(": "))
            && !name.contains('(')
        {
            let kind = kind.trim_end_matches(',').to_owned();
            keys.push(ConfigKey {
                name: name.to_owned(),
                words: words.join(" "),
                is_free: all_free || attribute.contains("default") || kind.starts_with("Option<"),
                kind,
            });
            (words, attribute) = (Vec::new(), String::new());
        } else {
            (words, attribute) = (Vec::new(), String::new());
        }
    }
    keys
}

/// The words of an enumeration, in its order.
fn choices(sources: &BTreeMap<String, String>, kind: &str) -> Vec<String> {
    let kind = kind
        .trim_start_matches("Option<")
        .trim_start_matches("Vec<");
    let kind = kind.trim_end_matches('>');
    let head = match kind {
        "Dialect" => "\ndialects! {".to_owned(),
        "Format" => "\nformats! {".to_owned(),
        _ => format!("#[serde(rename_all = \"lowercase\")]\npub enum {kind} {{"),
    };
    let lines = sources.values().find_map(|text| inside(text, &head));
    let lines = lines.unwrap_or_default().lines().map(str::trim);
    let word = |line: &str| match line.split('"').nth(1) {
        Some(word) => word.to_owned(),
        None => line.trim_end_matches(',').to_lowercase(),
    };
    let is_variant = |line: &&str| line.starts_with(|c: char| c.is_ascii_uppercase());
    lines.filter(is_variant).map(word).collect()
}

fn find_default<'a>(defaults: &'a Table, path: &[&str]) -> Option<&'a Table> {
    path.iter()
        .try_fold(defaults, |table, name| match &table[*name] {
            Value::Array(all) => all[0].as_table(),
            one => one.as_table(),
        })
}

/// The tables of all keys, as Markdown.
fn reference() -> String {
    let sources = sources();
    let defaults: Table = DEFAULTS.parse().unwrap();
    let mut page = String::new();
    for (heading, file, kind, path) in PARTS {
        page.push_str(&format!(
            "\n### {heading}\n\n| key | default | |\n|---|---|---|\n"
        ));
        let of_part = match path {
            ["site", "author"] | ["mail", "dkim", "ed25519"] => None,
            path => find_default(&defaults, path),
        };
        let found = keys(&sources[file], kind);
        assert!(!found.is_empty(), "{heading}");
        for key in &found {
            // A table with keys is a part of its own.
            let is_part = |value: &Value| value.as_table().is_some_and(|table| !table.is_empty());
            let default = of_part.and_then(|table| table.get(&key.name));
            let default = default.filter(|value| !is_part(value));
            let shown = match default {
                Some(value) => format!("`{value}`"),
                None if key.is_free => String::new(),
                None => "*needed*".to_owned(),
            };
            let has_none =
                key.kind.starts_with("Option<") || !key.is_free || key.kind == "Timeouts";
            assert_eq!(default.is_none(), has_none, "{heading} {}", key.name);
            let words = choices(&sources, &key.kind);
            let words: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
            let choice = match words.is_empty() {
                true => String::new(),
                false => format!(" {}.", words.join(", ")),
            };
            let line = format!("| `{}` | {shown} | {}{choice} |\n", key.name, key.words);
            page.push_str(&line);
        }
        let unknown = of_part.into_iter().flat_map(Table::keys);
        let is_known = |name: &&String| found.iter().any(|key| key.name == **name);
        let unknown: Vec<_> = unknown
            .filter(|name| !is_known(name) && *name != "dkim" && *name != "timeout")
            .collect();
        assert!(unknown.is_empty(), "{heading}: {unknown:?}");
    }
    page + "\n"
}

#[test]
fn the_docs_have_each_key_with_its_words_and_its_default() {
    let file = root().join("docs/config.md");
    let text = fs::read_to_string(&file).unwrap();
    let (begin, end) = (
        "config_reference` writes it. -->\n",
        "<!-- End of what is made. -->",
    );
    let (above, rest) = text.split_once(begin).unwrap();
    let (_, below) = rest.split_once(end).unwrap();
    let page = format!("{above}{begin}{}{end}{below}", reference());
    if std::env::var_os("TIDINGS_WRITE_DOCS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written == page,
        "docs/config.md is not what the doc comments say: set TIDINGS_WRITE_DOCS=1"
    );
}

#[test]
fn each_section_of_the_config_has_a_part() {
    let sections = keys(&sources()["mod"], "Config");
    for section in sections.iter().take_while(|key| key.name != "token_keys") {
        let file = match &*section.name {
            "sources" => "source",
            "digests" => "digest",
            name => name,
        };
        assert!(PARTS.iter().any(|part| part.1 == file), "{file}");
    }
}

/// Adds the keys of a table to those of another one.
fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(own)), Value::Table(more)) => merge(own, more),
            (Some(Value::Array(own)), Value::Array(mut more)) if !own.is_empty() => {
                if let (Some(Value::Table(own)), Some(Value::Table(more))) =
                    (own.first_mut(), more.pop())
                {
                    merge(own, more);
                }
            }
            (_, value) => _ = into.insert(key, value),
        }
    }
}

#[test]
fn a_config_with_all_defaults_is_one_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let read = |table: &Table| read_config(&file, &table.to_string());
    let mut table: Table = LEAST.parse().unwrap();
    let least = read(&table);
    let mut defaults: Table = DEFAULTS.parse().unwrap();
    // Whoever names the outbox knows that no mail leaves.
    if let Some(Value::Table(mail)) = defaults.get_mut("mail") {
        mail.remove("outbox");
    }
    merge(&mut table, defaults);
    assert_eq!(read(&table), least);
}

fn read_config(file: &Path, text: &str) -> String {
    fs::write(file, text).unwrap();
    let config = Config::load(file, []);
    format!(
        "{:#?}",
        config.unwrap_or_else(|finding| panic!("{finding}\n{text}"))
    )
}
