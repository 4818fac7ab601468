//! A config that cannot be: one error with file, line, what was expected and the nearest right key.

use crate::scene::{CONFIG, Scene};

fn error(from: &str, to: &str) -> String {
    assert!(CONFIG.contains(from));
    let ran = Scene::new().file("config.toml", &CONFIG.replace(from, to)).run(&["build"]);
    assert_eq!(ran.code, 2, "{}", ran.talk);
    assert_eq!(ran.talk.lines().filter(|line| line.starts_with("error:")).count(), 1, "{}", ran.talk);
    ran.talk
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest_right_one() {
    let error = error("schedule =", "shedule =");
    assert!(error.contains("config.toml:10:") && error.contains("did you mean `schedule`?"), "{error}");
}

#[test]
fn a_bad_cron_line_is_named() {
    let error = error("0 8 * * MON", "0 25 * * MON");
    assert!(
        error.contains("config.toml:10:") && error.contains("is no schedule") && error.contains("five fields"),
        "{error}"
    );
}

#[test]
fn a_bad_address_is_named() {
    let error = error("editor@hums.example", "editor.hums.example");
    assert!(error.contains("config.toml:11:") && error.contains("is no e-mail address: there is no `@`"), "{error}");
}

#[test]
fn a_password_does_not_belong_in_the_file() {
    let error = error("[mail]", "[mail]\npassword = \"hunter2\"");
    assert!(error.contains("TIDINGS_MAIL__PASSWORD") && !error.contains("hunter2"), "{error}");
}

#[test]
fn any_key_comes_from_the_environment() {
    let scene = Scene::new().post("tea.md", "Tea", "2024-05-01");
    let ran = scene.run_with(&["build"], &[("TIDINGS_FEEDS__FORMATS", "[\"rss\"]"), ("TIDINGS_FEEDS__DIR", "site")]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    assert_eq!(scene.names("site"), ["feeds.css", "feeds.html", "feeds.opml", "rss.xml"]);
    let ran = scene.run_with(&["build"], &[("TIDINGS_FEEDS__LIMIT", "many")]);
    assert!(ran.code == 2 && ran.talk.contains("TIDINGS_FEEDS__LIMIT=many"), "{}", ran.talk);
}

#[test]
fn a_variable_that_is_no_unicode_is_none_of_ours() {
    use std::os::unix::ffi::OsStrExt;

    let scene = Scene::new();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["build", "-q"])
        .current_dir(scene.path(""))
        .env("ODD", std::ffi::OsStr::from_bytes(b"\xff"))
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::Read;

    // More than a pipe holds, so that the program is still writing when its reader has had enough.
    let long = format!("---\ntitle: Long\ndate: 2024-01-01\n---\n{}\n", "word ".repeat(100_000));
    let scene = Scene::new().file("post/long.md", &long);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["build", "--dry-run"])
        .current_dir(scene.path(""))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut some = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    assert!(child.wait().unwrap().success());
}
