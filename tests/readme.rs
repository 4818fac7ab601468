//! The README tells the truth: its commands run, its config is read, it names every key.

use std::fs;
use std::path::Path;

use crate::scene::Scene;

const README: &str = include_str!("../README.md");

fn block(kind: &str) -> impl Iterator<Item = &'static str> {
    let fence = if kind == "sh" { "```sh\n" } else { "```toml\n" };
    README.split(fence).skip(1).filter_map(|rest| rest.split("```").next())
}

#[test]
fn every_command_shown_runs() {
    let scene = Scene::sample().file("people.csv", "email,name\nbob@x.example,Bob\n");
    let mut ran = 0;
    for line in block("sh").flat_map(str::lines) {
        let Some(arguments) = line.strip_prefix("tidings ").or(line.strip_prefix("cargo run --release -- ")) else {
            assert_eq!(line, "cargo test", "how is this one tested?");
            continue;
        };
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        scene.run_at("2026-11-23T12:00:00Z", &arguments);
        ran += 1;
    }
    assert!(ran >= 13, "only {ran} commands were found");
}

#[test]
fn the_config_shown_is_read() {
    let config = block("toml").next().unwrap();
    let scene = Scene::sample().file("config.toml", config);
    scene.run_at("2026-11-23T12:00:00Z", &["run", "--dry-run"]);
}

#[test]
fn every_key_is_shown() {
    let shown = block("toml").next().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
    let mut keys = 0;
    for section in ["site", "posts", "feeds", "digest", "mail", "store"] {
        let text = fs::read_to_string(folder.join(format!("{section}.rs"))).unwrap();
        for line in text.lines() {
            let Some((key, _)) = line.strip_prefix("    pub ").and_then(|rest| rest.split_once(": ")) else { continue };
            // The password stands in the environment, a relay's parts in its address.
            if !key.contains('(') && !["password", "host", "port", "tls"].contains(&key) {
                assert!(shown.contains(&format!("{key} = ")), "`{key}` of [{section}] is not in the README");
                keys += 1;
            }
        }
    }
    assert!(keys > 40, "only {keys} keys were found");
}
