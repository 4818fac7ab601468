//! The floors of the house: a file imports only from lower ones.

use std::fs;
use std::path::{Path, PathBuf};

/// From the roof to the ground; rooms of one line do not know each other, except on the ground.
const FLOORS: &[&[&str]] = &[
    &["main"],
    &["lib"],
    &["command"],
    &["cli"],
    &["app"],
    &["delivery", "loader", "subscriber", "web"],
    &["publish", "store", "smtp"],
    &["feed", "message"],
    &["digest", "lock"],
    &["post"],
    &[
        "ledger", "reader", "token", "finding", "fault", "template", "language", "clock", "config",
        "http", "consent", "file", "child", "html", "verdict", "talk", "ending",
    ],
];

fn floor(room: &str) -> usize {
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("`{room}` has no floor"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn a_file_imports_only_from_lower_floors() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    let mut arrows = 0;
    for file in found {
        let below = file.strip_prefix(&source).unwrap();
        let room = below
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .replace(".rs", "");
        let _ = floor(&room);
        for line in fs::read_to_string(&file)
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for rest in line.split("crate::").skip(1) {
                let other: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                // `pub(in crate::command)` says how far a name reaches; it imports nothing.
                if !FLOORS.iter().any(|rooms| rooms.contains(&other.as_str())) {
                    continue;
                }
                arrows += 1;
                let ground = FLOORS.len() - 1;
                let allowed = other == room
                    || floor(&other) > floor(&room)
                    || (floor(&room) == ground && floor(&other) == ground);
                assert!(allowed, "{}: {line}", below.display());
            }
        }
    }
    assert!(arrows > 50, "only {arrows} imports were found");
}

#[test]
fn files_are_read_and_programs_are_started_in_one_place_each() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    let mut calls = 0;
    for file in found {
        let below = file.strip_prefix(&source).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .split("\n#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default();
        for (call, places) in [
            ("fs::read(", &[][..]),
            ("fs::read_to_string(", &[]),
            // To sync a folder.
            ("File::open(", &["file.rs"]),
            ("pem_file_iter(", &[]),
            ("imagesize::size(", &[]),
            (".custom_flags(", &["file/read.rs"]),
            ("Command::new(", &["child.rs"]),
        ] {
            let is_there = code.contains(call);
            calls += usize::from(is_there);
            let is_its_place = places.iter().any(|place| below == Path::new(place));
            assert!(
                !is_there || is_its_place || below.ends_with("tests.rs"),
                "{}: `{call}…)`: read files with `file::read`, start programs with `child`",
                below.display()
            );
        }
    }
    assert_eq!(calls, 3, "the places themselves");
}
