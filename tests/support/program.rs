//! Programs beside ours. Where one is missing, what asks it says so aloud, and fails where all are expected.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Says what is missing, so that a test is skipped.
pub(crate) fn missing(what: &str) {
    assert!(
        std::env::var("TIDINGS_TEST_ALL").is_err(),
        "{what} is missing"
    );
    eprintln!("skipped: {what} is missing");
}

/// Returns the output of a program that is given this; `None` if the program is missing.
pub(crate) fn said(program: &str, arguments: &[&str], input: &[u8]) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).env("HOME", std::env::temp_dir());
    let spawned = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = spawned else {
        missing(program);
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    Some(child.wait_with_output().unwrap())
}

/// Shows a page of this size in Chromium and keeps a picture of it; the title, which a script of the page may write.
/// Returns `None` if there is no Chromium.
pub(crate) fn chromium(name: &str, page: &str, width: usize, height: usize) -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (file, shot) = (
        folder.join(format!("{name}.html")),
        folder.join(format!("{name}.png")),
    );
    fs::write(&file, page).unwrap();
    let _ = fs::remove_file(&shot);
    let profile = tempfile::tempdir().unwrap();
    let run = |how: &str| {
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--allow-file-access-from-files",
            &format!("--user-data-dir={}", profile.path().display()),
            &format!("--window-size={width},{height}"),
            &format!("file://{}", file.display()),
            how,
        ];
        said("chromium", &arguments, b"")
    };
    run(&format!("--screenshot={}", shot.display()))?;
    let bytes = fs::read(&shot).unwrap();
    assert!(
        bytes.starts_with(b"\x89PNG") && bytes.len() > 20_000,
        "{name}: {} bytes",
        bytes.len()
    );
    let dom = String::from_utf8_lossy(&run("--dump-dom")?.stdout).into_owned();
    let title = dom
        .split("<title>")
        .nth(1)
        .and_then(|rest| rest.split("</title>").next())
        .unwrap_or_default();
    Some(
        title
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&nbsp;", "\u{a0}")
            .replace("&amp;", "&"),
    )
}
