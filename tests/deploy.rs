//! What docs/deploy has to copy is taken by the programs that it is for, or passes their linters.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::said;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy")
}

#[test]
fn systemd_takes_the_units_and_finds_little_exposed() {
    let folder = tempfile::tempdir().unwrap();
    let units = self::folder();
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["tidings.service", "tidings-serve.service", "tidings.timer"] {
        let text = fs::read_to_string(units.join(name)).unwrap();
        let here = text.replace("/usr/local/bin/tidings", env!("CARGO_BIN_EXE_tidings"));
        fs::write(folder.path().join(name), here).unwrap();
        let Some(verified) = said("systemd-analyze", &["verify", &at(name)], b"") else {
            return;
        };
        let words = String::from_utf8_lossy(&verified.stderr).into_owned();
        let about = words.lines().filter(|line| line.contains("tidings"));
        let about: Vec<&str> = about.collect();
        assert!(verified.status.success() && about.is_empty(), "{words}");
    }
    for name in ["tidings.service", "tidings-serve.service"] {
        // An exposure of 2.0 of 10 at most; the option takes tenths.
        let arguments = ["security", "--offline=true", "--threshold=20", &at(name)];
        let output = said("systemd-analyze", &arguments, b"").unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words}");
    }
}

#[test]
fn the_container_and_the_workflow_pass_their_linters() {
    let workflow = ["--builtin-schema", "vendor.github-workflows"];
    for (linter, options, file) in [
        ("hadolint", &["--no-color"][..], "Containerfile"),
        ("check-jsonschema", &workflow, "feeds.yml"),
    ] {
        let path = folder().join(file).display().to_string();
        let Some(output) = said(linter, &[options, &[&path]].concat(), b"") else {
            continue;
        };
        let words = [output.stdout, output.stderr].concat();
        let words = String::from_utf8_lossy(&words);
        assert!(output.status.success(), "{file}: {words}");
    }
}
