//! Chromium, driven by the keyboard alone, with the scripts of pages switched off.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::missing;

/// A browser, until it is dropped.
pub(crate) struct Browser {
    driver: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    _profile: TempDir,
}

impl Browser {
    /// Returns `None`, and says so aloud, if Chromium or Node is missing.
    pub(crate) fn start() -> Option<Self> {
        for program in ["chromium", "node"] {
            let version = Command::new(program).arg("--version").output();
            if version.is_err() {
                missing(program);
                return None;
            }
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/browser.mjs");
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("node")
            .arg(script)
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut browser = Self {
            commands: driver.stdin.take(),
            answers: BufReader::new(driver.stdout.take().unwrap()),
            driver,
            _profile: profile,
        };
        assert_eq!(browser.hear(), "ready");
        Some(browser)
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the browser has ended: {line}"))
    }

    fn tell(&mut self, command: &Value) -> String {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        self.hear()
    }

    /// Opens an address; its page.
    pub(crate) fn open(&mut self, url: &str) -> String {
        self.tell(&json!({ "name": "open", "url": url }))
    }

    /// Shows the page so wide, light or dark; how wide its content is.
    pub(crate) fn look(&mut self, width: u32, scheme: &str) -> u32 {
        let shown = self.tell(&json!({ "name": "look", "width": width, "scheme": scheme }));
        shown.parse().unwrap()
    }

    /// Returns what axe finds in a page, most serious first in each line, as the page is looked at now. `axe` is the
    /// file of its script.
    pub(crate) fn audit(&mut self, html: &str, axe: &Path) -> Vec<String> {
        let found = self.tell(&json!({ "name": "audit", "html": html, "axe": axe }));
        let (passed, violations): (usize, Vec<String>) = serde_json::from_str(&found).unwrap();
        assert!(passed > 5, "axe has not looked: {found}");
        violations
    }

    /// Keeps a picture for a person to look at.
    pub(crate) fn shoot(&mut self, name: &str) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        self.tell(&json!({ "name": "shoot", "file": file }));
    }

    /// Goes so many fields or links on.
    pub(crate) fn tab(&mut self, times: u32) {
        self.tell(&json!({ "name": "tab", "times": times }));
    }

    /// Writes into the field that has the focus.
    pub(crate) fn write(&mut self, text: &str) {
        self.tell(&json!({ "name": "write", "text": text }));
    }

    /// Presses the space bar, which checks a box and takes it back.
    pub(crate) fn space(&mut self) {
        self.tell(&json!({ "name": "space" }));
    }

    /// Presses Enter; the page that follows.
    pub(crate) fn enter(&mut self) -> String {
        self.tell(&json!({ "name": "enter" }))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.driver.wait();
    }
}
