//! A site in a folder of its own, and the real binary in it: a cleared environment, an odd time zone.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A Monday just after the time at which the weekly digest of [`CONFIG`] is due.
pub(crate) const MONDAY: &str = "2024-06-24T08:00:05+02:00";

/// The config that a scene begins with.
pub(crate) const CONFIG: &str = r#"
[site]
title = "Hums"
url = "https://hums.example/"
timezone = "Europe/Berlin"
author = { name = "Ada Night" }
require_live = false
[[digest]]
name = "weekly"
schedule = "0 8 * * MON"
to = ["editor@hums.example"]
since = "2013-01-01"

[mail]
from = "Hums <news@hums.example>"
"#;

/// A program that runs until it ends, is killed or is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// The first line that it prints.
    pub(crate) fn first_line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        line.trim().to_owned()
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// All that it prints, until it ends.
    pub(crate) fn rest(&mut self) -> String {
        let mut all = String::new();
        let mut out = self.0.stdout.take().unwrap();
        out.read_to_string(&mut all).unwrap();
        all
    }

    /// Asks the program to end, like `kill`.
    pub(crate) fn terminate(&mut self) {
        self.signal("TERM");
    }

    /// Sends a signal of this name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Its exit code, once it has ended.
    pub(crate) fn end(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }

    /// Ends the program, like `kill -9`.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A site to run the program in.
pub(crate) struct Scene {
    folder: TempDir,
}

/// The result of a run.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Ran {
    /// Expects that all went well.
    #[track_caller]
    pub(crate) fn succeeds(&self) -> &Self {
        self.fails_with(0)
    }

    /// Expects this exit code.
    #[track_caller]
    pub(crate) fn fails_with(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.talk);
        self
    }

    /// Expects these words on standard output.
    #[track_caller]
    pub(crate) fn prints(&self, words: &str) -> &Self {
        assert!(self.out.contains(words), "no `{words}` in {}", self.out);
        self
    }

    /// Expects these words on standard error.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.talk.contains(words), "no `{words}` in {}", self.talk);
        self
    }
}

impl Scene {
    /// An empty folder.
    pub(crate) fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A site without posts.
    pub(crate) fn new() -> Self {
        let scene = Self::bare();
        fs::create_dir(scene.path("post")).unwrap();
        scene.file("config.toml", CONFIG)
    }

    /// The site that stands in the repository.
    pub(crate) fn sample() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(repository.join("config.toml"), scene.path("config.toml")).unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(repository.join("post"))
            .arg(scene.path("post"))
            .status();
        assert!(copied.unwrap().success());
        scene
    }

    /// With this file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        self
    }

    /// With a post of this title and day.
    pub(crate) fn post(self, name: &str, title: &str, date: &str) -> Self {
        self.file(
            &format!("post/{name}"),
            &format!("---\ntitle: {title}\ndate: {date}\n---\nText of {title}.\n"),
        )
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The names of a folder, sorted; none where there is no such folder.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(path)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    /// Runs at a time, with this store if one is named.
    pub(crate) fn run_in_store(
        &self,
        at: &str,
        arguments: &[&str],
        store: Option<&str>,
        environment: &[(&str, &str)],
    ) -> Ran {
        let store = store.map(|store| ("TIDINGS_STORE__URL", store));
        let environment: Vec<_> = environment.iter().copied().chain(store).collect();
        self.run_with(&[&["--at", at], arguments].concat(), &environment)
    }

    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = self
            .command(arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            out: String::from_utf8(stdout).unwrap(),
            talk: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The program in this site: nothing of the machine's environment, an odd time zone.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("TZ", "Pacific/Chatham")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// The program, running beside the test; it is killed when it is dropped.
    pub(crate) fn spawn(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        let mut command = self.command(arguments);
        command
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }

    /// The same, with what it says on stderr in this file.
    pub(crate) fn spawn_saying(
        &self,
        file: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Running {
        let mut command = self.command(arguments);
        command
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(self.path(file)).unwrap());
        Running(command.spawn().unwrap())
    }

    /// The newest issue as `status --json` shows it on [`MONDAY`].
    pub(crate) fn status(&self) -> Value {
        let shown = self.run_at(MONDAY, &["status", "--json"]);
        let all: Value = serde_json::from_str(&shown).unwrap();
        all["issues"][0].clone()
    }

    /// The program's commands, as its help names them.
    pub(crate) fn commands(&self) -> Vec<String> {
        let help = self.run(&["--help"]).out;
        let lines = help
            .lines()
            .skip_while(|line| !line.starts_with("Commands:"))
            .skip(1)
            .take_while(|line| !line.is_empty());
        let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let names: Vec<String> = names
            .filter(|name| !name.is_empty() && *name != "help")
            .map(str::to_owned)
            .collect();
        assert!(names.len() > 10, "{help}");
        names
    }

    /// Runs at a time, and expects that all goes well.
    pub(crate) fn run_at(&self, time: &str, arguments: &[&str]) -> String {
        let ran = self.run(&[&["--at", time], arguments].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.talk);
        ran.out
    }
}
