//! Broken inputs, one a row: each gives one message that says where and what, and the exit code that fits.

mod commands;
mod config;
mod files;

use std::fs;

use crate::scene::{CONFIG, Scene};

/// An input that is wrong in one way.
#[derive(Clone, Copy)]
struct Broken {
    /// Files beside a sound post and a sound config.
    files: &'static [(&'static str, &'static [u8])],
    /// The change of the config: from and to.
    config: (&'static str, &'static str),
    run: &'static [&'static str],
    code: i32,
    /// The message, or its beginning where a parser ends it.
    words: &'static str,
}

#[test]
fn each_broken_input_gives_one_clear_message() {
    let rows = [files::ROWS, config::ROWS, commands::ROWS].concat();
    assert!(rows.len() >= 100);
    let mut wrong = Vec::new();
    for broken in rows {
        let (from, to) = broken.config;
        let scene = Scene::new().post("tea.md", "Tea", "2024-05-01");
        let scene = scene.file("config.toml", &CONFIG.replacen(from, to, 1));
        for (path, bytes) in broken.files {
            let file = scene.path(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let at = ["--at", "2024-06-01T12:00:00Z"];
        let at = if broken.run.contains(&"--at") {
            &[][..]
        } else {
            &at
        };
        let ran = scene.run(&[at, broken.run].concat());
        let said = format!("{}{}", ran.out, ran.talk);
        let is_summary = |line: &str| line.ends_with(" warnings") || line.ends_with(" warning");
        let is_finding = |line: &&str| {
            let starts = line.starts_with("error: ") || line.starts_with("warning: ");
            starts && !is_summary(line)
        };
        let found: Vec<&str> = said.lines().filter(is_finding).collect();
        let is_clear = matches!(found[..], [one] if one.contains(broken.words));
        let is_plain = !said.contains("panicked") && !said.contains("RUST_BACKTRACE");
        if ran.code != broken.code || !is_clear || !is_plain {
            let input = format!("{:?} {from} → {to} {:?}", broken.files, broken.run);
            wrong.push(format!(
                "{input}: exit {}, not `{}`: {said}",
                ran.code, broken.words
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
