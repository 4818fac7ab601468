//! When git first and last saw each file.

use std::collections::HashMap;
use std::path::Path;

use chrono::DateTime;

use crate::child::program;
use crate::finding::Finding;
use crate::post::Commits;

/// The first and last commit of every file below the folder, by its path there. A rename is a new file.
pub(super) fn commits(dir: &Path) -> Result<HashMap<String, Commits>, Finding> {
    let fail = |reason: &str| {
        Finding::error(format!(
            "git does not say when the posts were committed: {reason}"
        ))
        .in_file(dir)
        .way_out("set `git_dates = false` under [posts]")
    };
    let output = program("git")
        .args(["-c", "log.showSignature=false", "-C"])
        .arg(dir)
        .args([
            "log",
            "-z",
            "--no-renames",
            "--name-only",
            "--relative",
            "--format=%x01%at",
            "--",
            ".",
        ])
        .output()
        .map_err(|error| fail(&error.to_string()))?;
    if !output.status.success() {
        return Err(fail(
            String::from_utf8_lossy(&output.stderr)
                .lines()
                .next()
                .unwrap_or_default(),
        ));
    }
    Ok(read(&String::from_utf8_lossy(&output.stdout)))
}

/// The newest commit comes first.
fn read(log: &str) -> HashMap<String, Commits> {
    let mut seen: HashMap<String, Commits> = HashMap::new();
    for commit in log.split('\u{1}').skip(1) {
        let mut parts = commit.split(['\0', '\n']).filter(|part| !part.is_empty());
        let at = parts
            .next()
            .and_then(|at| at.parse().ok())
            .and_then(|at| DateTime::from_timestamp(at, 0));
        let Some(at) = at else { continue };
        for path in parts {
            seen.entry(path.to_owned())
                .and_modify(|(first, _)| *first = at)
                .or_insert((at, at));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_log_says_first_and_last() {
        let log = "\u{1}300\0\nb.md\0\0\u{1}200\0\na.md\0b.md\0\0\u{1}100\0\na.md\0";
        let seen = super::read(log);
        let at = |path: &str| (seen[path].0.timestamp(), seen[path].1.timestamp());
        assert_eq!((at("a.md"), at("b.md")), ((100, 200), (200, 300)));
    }
}
