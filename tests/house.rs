//! The floors of the house: a file imports only from lower ones, no verb from another one, and no two from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the roof to the ground; rooms of one line do not know each other, except on the ground.
const FLOORS: &[&[&str]] = &[
    &["main"],
    &["lib", "inside"],
    &["command"],
    &["cli", "web", "round"],
    &["schedule", "build", "init"],
    &["app"],
    &["delivery", "inbox", "loader", "source", "subscriber"],
    &["publish", "store", "smtp", "imap"],
    &["feed", "message", "domain"],
    &["digest", "lock"],
    &["post"],
    &[
        "ledger", "reader", "token", "finding", "fault", "template", "language", "clock", "config",
        "http", "dns", "consent", "file", "child", "html", "verdict", "talk", "ending", "login",
        "tls", "log",
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

/// Returns the code of each file of the source without comments and tests, by its path below `src`.
fn sources() -> BTreeMap<String, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    let mut sources = BTreeMap::new();
    for file in found {
        let below = file.strip_prefix(&source).unwrap().display().to_string();
        let is_test = below.ends_with("tests.rs") || below.contains("/tests/");
        if is_test || file.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
        let is_comment = |line: &&str| line.trim_start().starts_with("//");
        let mut lines: Vec<&str> = code.lines().filter(|line| !is_comment(line)).collect();
        // Skip the parts that only tests see.
        while let Some(at) = lines.iter().position(|line| line.trim() == "#[cfg(test)]") {
            lines.drain(at..(at + 2).min(lines.len()));
        }
        let code = lines.join("\n");
        sources.insert(below, code);
    }
    sources
}

/// The files of a module's source: `a/b.rs` is the module `a::b`, `a/mod.rs` the module `a`.
fn module_of(file: &str) -> Vec<&str> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    match path {
        "lib" | "main" => Vec::new(),
        path => path.split('/').collect(),
    }
}

fn file_of(module: &[String], sources: &BTreeMap<String, String>) -> Option<String> {
    let path = module.join("/");
    [format!("{path}.rs"), format!("{path}/mod.rs")]
        .into_iter()
        .find(|file| sources.contains_key(file))
}

/// The paths of `{a, b::{c, d}}` below a path.
fn expand(tree: &str, paths: &mut Vec<String>) {
    let Some((before, rest)) = tree.split_once('{') else {
        return paths.push(tree.split(" as ").next().unwrap().trim().to_owned());
    };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inside[from..at].trim();
                from = (at + 1).min(inside.len());
                if !part.is_empty() {
                    expand(&format!("{}{part}", before.trim()), paths);
                }
            }
            _ => {}
        }
    }
}

/// The imports of a file: each path, and whether it is handed on.
fn imports(code: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut rest = code.to_owned();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("use ") else {
            continue;
        };
        let before = &statement[..at];
        let line = before.rsplit('\n').next().unwrap().trim();
        if !(line.is_empty() || line.starts_with("pub")) {
            continue;
        }
        let tree = &statement[at + 4..];
        let mut paths = Vec::new();
        expand(&tree.replace('\n', " "), &mut paths);
        found.extend(paths.into_iter().map(|path| (path, !line.is_empty())));
        rest = rest.replace(tree, "");
    }
    // `pub(in crate::a)` says how far a name reaches; it imports nothing.
    for scope in code.split("(in ").skip(1) {
        let scope = scope.split(')').next().unwrap();
        rest = rest.replace(&format!("(in {scope})"), "");
    }
    // Paths within the code, such as `crate::a::B` or `child::name`.
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for path in rest
        .split(|c| !is_part(c))
        .filter(|path| path.contains("::"))
    {
        found.push((path.trim_end_matches(':').to_owned(), false));
    }
    found
}

/// The file in which what a path names is defined, as seen from a file.
fn resolve(
    path: &str,
    from: &str,
    sources: &BTreeMap<String, String>,
    depth: usize,
) -> Option<String> {
    let mut parts: Vec<String> = path.split("::").map(str::to_owned).collect();
    let mut module: Vec<String> = module_of(from).into_iter().map(str::to_owned).collect();
    match parts.first()?.as_str() {
        "crate" => module = Vec::new(),
        "super" | "self" => {}
        // A child of this module; else a crate, or something of this file.
        child => {
            module.push(child.to_owned());
            file_of(&module, sources)?;
        }
    }
    for part in parts
        .drain(..)
        .skip_while(|part| part == "self")
        .collect::<Vec<_>>()
    {
        match part.as_str() {
            "crate" => {}
            "super" => drop(module.pop()),
            _ if module.last() == Some(&part) && path.starts_with(&part) => {}
            _ => {
                module.push(part.clone());
                if file_of(&module, sources).is_some() {
                    continue;
                }
                module.pop();
                let file = file_of(&module, sources).unwrap_or_else(|| "lib.rs".to_owned());
                // A name that a module only hands on is defined elsewhere.
                for (handed, is_public) in imports(&sources[&file]) {
                    let is_it = handed.rsplit("::").next() == Some(part.as_str());
                    if is_public && is_it && depth < 5 {
                        return resolve(&handed, &file, sources, depth + 1).or(Some(file));
                    }
                }
                return Some(file);
            }
        }
    }
    file_of(&module, sources)
}

/// The other files that each file imports from, with the path of one import.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

fn arrows() -> Arrows {
    let sources = sources();
    let mut arrows = Arrows::new();
    for (file, code) in &sources {
        let to = arrows.entry(file.clone()).or_default();
        for (path, is_handed_on) in imports(code) {
            let other = resolve(&path, file, &sources, 0);
            if let Some(other) = other.filter(|other| !is_handed_on && other != file) {
                to.insert(other, path);
            }
        }
    }
    arrows
}

#[test]
fn no_verb_borrows_from_another_verb() {
    let verb = |file: &str| {
        let rest = file.strip_prefix("command/")?;
        let verb = rest.split(['/', '.']).next()?;
        (verb != "mod").then(|| verb.to_owned())
    };
    for (file, others) in arrows() {
        for other in others.keys() {
            if let (Some(one), Some(another)) = (verb(&file), verb(other)) {
                assert_eq!(one, another, "{file} imports from {other}");
            }
        }
    }
}

/// The files that can be reached from a file.
fn reach<'a>(from: &str, arrows: &'a Arrows, reached: &mut BTreeSet<&'a str>) {
    for to in arrows[from].keys() {
        if reached.insert(to) {
            reach(to, arrows, reached);
        }
    }
}

#[test]
fn no_files_import_from_each_other() {
    let arrows = arrows();
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in arrows.keys() {
        reach(file, &arrows, reached.entry(file).or_default());
    }
    let mut circles = Vec::new();
    for (file, others) in &arrows {
        for (other, path) in others {
            if reached[other.as_str()].contains(file.as_str()) {
                circles.push(format!("{file} imports {path} from {other}"));
            }
        }
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
    let count: usize = arrows.values().map(BTreeMap::len).sum();
    assert!(count > 500, "only {count} imports were found");
}

#[test]
fn every_error_has_a_type() {
    for (file, code) in sources() {
        let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
        for (at, _) in code.match_indices(", String>") {
            let before = &code[..at];
            // The innermost type that is open there.
            let mut depth = 0;
            let opens = before.char_indices().rev().find(|(_, c)| {
                depth += match c {
                    '>' => 1,
                    '<' => -1,
                    _ => 0,
                };
                depth < 0
            });
            let is_result = opens.is_some_and(|(at, _)| before[..at].ends_with("Result"));
            let is_here = opens.map_or("", |(at, _)| &before[at..]);
            assert!(!is_result, "{file}: Result{is_here}, String>");
        }
        let is_words = code.contains("type Err = String") || code.contains("type Error = String");
        assert!(!is_words, "{file}: an error that is a text");
    }
}

/// The name of the type that a line at the margin defines: types within functions and `impl`s are indented.
fn type_defined_by(line: &str) -> Option<&str> {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    words.find(|word| ["struct", "enum", "trait", "type", "union"].contains(word))?;
    words.next()
}

#[test]
fn no_two_types_share_a_name() {
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, code) in sources() {
        for name in code.lines().filter_map(type_defined_by) {
            places
                .entry(name.to_owned())
                .or_default()
                .insert(file.clone());
        }
    }
    for (name, files) in &places {
        assert_eq!(files.len(), 1, "`{name}` stands in {files:?}");
    }
    assert!(places.len() > 300, "only {} types were found", places.len());
}
