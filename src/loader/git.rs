//! Reads from git when each file was first and last committed. A renamed file is the same file, also if its folder was
//! renamed.

use std::collections::HashMap;
use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;

use chrono::{DateTime, Utc};

use crate::child::program;
use crate::config::Posts;
use crate::finding::{Finding, Rule};
use crate::lock::Lock;
use crate::post::{Commits, compose};

/// The character that begins the line of a commit.
const COMMIT: char = '\u{1}';

/// The commits of the files below the folder of posts, by path.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Whether posts are dated by git.
    is_asked: bool,
    files: HashMap<String, FileCommits>,
}

/// The commits of a file, and its earlier names.
#[derive(Debug, Default, PartialEq, Eq)]
struct FileCommits {
    first: DateTime<Utc>,
    /// The last change of its text; `None` if it was only renamed.
    last: Option<DateTime<Utc>>,
    former: Vec<String>,
}

impl History {
    /// The first and last commit of a file. A post that the lock knows keeps its date, even if the history was
    /// rewritten.
    pub(super) fn find_commits(&self, path: &str, lock: &Lock) -> Option<Commits> {
        if !self.is_asked {
            return None;
        }
        let Some(seen) = self.files.get(path) else {
            let first = lock.published(path)?;
            return Some((first, first));
        };
        let former = seen.former.iter().find_map(|path| lock.published(path));
        let first = lock.published(path).or(former).unwrap_or(seen.first);
        let last = seen.last.unwrap_or(first);
        Some((first, last.max(first)))
    }
}

/// Asks git for the history of the files below the folder of posts, where the config asks for their dates.
pub(super) fn read_history(config: &Posts) -> Result<History, Finding> {
    if !config.git_dates {
        return Ok(History::default());
    }
    let dir = &config.dir;
    let (root, below) = find_repository(dir).map_err(|reason| explain_git_error(dir, &reason))?;
    let ask = |arguments: &[&str]| {
        ask(&root, arguments).map_err(|reason| explain_git_error(dir, &reason))
    };
    let about = ask(&["rev-parse", "--is-shallow-repository", "--show-prefix"])?;
    let (is_shallow, prefix) = about.split_once('\n').unwrap_or((&*about, ""));
    if is_shallow.trim() == "true" {
        return Err(Finding::error(Rule::GitDates,
            "this clone is shallow: git does not know when the posts were first committed",
        )
        .in_file(dir)
        .hint(
            "run `git fetch --unshallow`; on a hosted runner fetch the whole history (`fetch-depth: 0`)",
        ));
    }
    // All of the repository: the folder itself may have been renamed.
    let log = ask(&["log", "-z", "-M", "--name-status", "--format=%x01%at"])?;
    Ok(History {
        is_asked: true,
        files: read(&log, &(prefix.trim_end_matches('\n').to_owned() + &below)),
    })
}

/// The reason why git does not answer.
#[derive(Debug, thiserror::Error)]
enum GitError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it lies in no repository")]
    NoRepository,
    /// The first line of git's own message.
    #[error("{0}")]
    Refused(String),
}

fn explain_git_error(dir: &Path, reason: &GitError) -> Finding {
    Finding::error(
        Rule::GitDates,
        format!("git does not say when the posts were committed: {reason}"),
    )
    .in_file(dir)
    .hint("set `git_dates = false` under [posts]")
}

/// The nearest folder with a repository of its own, and the path of the folder of posts below it, with a slash at its
/// end. Git itself would accept the folder of posts as a repository if it contained the files of one, and would run the
/// programs that its config names: an author of posts could put them there.
fn find_repository(dir: &Path) -> Result<(PathBuf, String), GitError> {
    let real = dir.canonicalize()?;
    if env::var_os("GIT_DIR").is_some() {
        return Ok((real, String::new()));
    }
    let mut above = real.ancestors();
    let root = above
        .find(|folder| folder.join(".git").exists())
        .ok_or(GitError::NoRepository)?;
    let below = real.strip_prefix(root).unwrap_or(Path::new(""));
    let below = match below.to_string_lossy() {
        none if none.is_empty() => String::new(),
        some => format!("{some}/"),
    };
    Ok((root.to_owned(), below))
}

/// Runs git and returns its output.
fn ask(root: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let Output {
        status,
        stdout,
        stderr,
    } = program("git")
        .args([
            "-c",
            "log.showSignature=false",
            "-c",
            "diff.relative=false",
            "-c",
            "safe.bareRepository=explicit",
            "-C",
        ])
        .arg(root)
        .args(arguments)
        .output()?;
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        let first = stderr.lines().next().unwrap_or_default();
        return Err(GitError::Refused(first.to_owned()));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// Reads the next change of a commit: its status, its path, and the new path of a renamed file. Only the position tells
/// a name from a commit, since a file may be named like the line of one.
fn read_change<'a>(
    status: &'a str,
    parts: &mut impl Iterator<Item = &'a str>,
) -> Option<(&'a str, &'a str, &'a str)> {
    let status = status.trim_start_matches('\n');
    let path = parts.next()?;
    let is_moved = status.starts_with(['R', 'C']);
    let new = if is_moved { parts.next()? } else { path };
    Some((status, path, new))
}

/// Parses a log, the newest commit first; `prefix` is the folder of posts in the repository.
fn read(log: &str, prefix: &str) -> HashMap<String, FileCommits> {
    let mut seen: HashMap<String, FileCommits> = HashMap::new();
    // Today's name of a path in an older commit; `None` if a rename overwrote that file.
    let mut today: HashMap<String, Option<String>> = HashMap::new();
    let mut parts = log.split('\0').filter(|part| !part.is_empty()).peekable();
    while let Some(header) = parts.next() {
        let at = header.strip_prefix(COMMIT).and_then(|at| at.parse().ok());
        let at = at.and_then(|at| DateTime::from_timestamp(at, 0));
        let mut renames = Vec::new();
        while let Some(status) = parts.next_if(|part| !part.starts_with(COMMIT)) {
            let Some((status, path, new)) = read_change(status, &mut parts) else {
                break;
            };
            let name = match today.get(new) {
                Some(name) => name.clone(),
                None => Some(new.to_owned()),
            };
            if status.starts_with('R') {
                renames.push((path, new, name.clone()));
            }
            let (Some(name), Some(at)) = (name, at) else {
                continue;
            };
            // A file that lies elsewhere today is no post.
            if status.starts_with('D') || !name.starts_with(prefix) {
                continue;
            }
            let file = seen
                .entry(compose(&name[prefix.len()..]).into_owned())
                .or_default();
            file.first = at;
            if status != "R100" {
                file.last.get_or_insert(at);
            }
            if let Some(former) = path
                .strip_prefix(prefix)
                .filter(|_| status.starts_with('R'))
            {
                file.former.push(compose(former).into_owned());
            }
        }
        for (_, new, _) in &renames {
            today.insert((*new).to_owned(), None);
        }
        for (old, _, name) in renames {
            today.insert(old.to_owned(), name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::read;

    /// The commits of each file as `path first last former…`, sorted.
    fn told(log: &[&str], prefix: &str) -> Vec<String> {
        let commits: Vec<String> = log.iter().map(|commit| commit.replace(' ', "\0")).collect();
        let log = format!("\u{1}{}\0", commits.join("\0\u{1}"));
        let mut told: Vec<String> = read(&log, prefix)
            .into_iter()
            .map(|(path, seen)| {
                let last = seen
                    .last
                    .map_or("-".to_owned(), |at| at.timestamp().to_string());
                let words = [path, seen.first.timestamp().to_string(), last];
                words
                    .into_iter()
                    .chain(seen.former)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        told.sort();
        told
    }

    #[test]
    fn a_log_says_first_and_last_and_follows_renames() {
        for (case, log, prefix, expected) in [
            (
                "no rename",
                &["300 M b.md", "200 M a.md A b.md", "100 A a.md"][..],
                "",
                &["a.md 100 200", "b.md 200 300"][..],
            ),
            (
                "a plain rename is no change",
                &["300 R100 a.md b.md", "200 M a.md", "100 A a.md"],
                "",
                &["b.md 100 200 a.md"],
            ),
            (
                "a rename with an edit",
                &["300 R090 a.md b.md", "100 A a.md"],
                "",
                &["b.md 100 300 a.md"],
            ),
            (
                "twice",
                &["300 R100 b.md c.md", "200 R100 a.md b.md", "100 A a.md"],
                "",
                &["c.md 100 100 b.md a.md"],
            ),
            (
                "another takes its place",
                &["400 A a.md", "300 R100 a.md b.md", "100 A a.md"],
                "",
                &["a.md 400 400", "b.md 100 100 a.md"],
            ),
            (
                "it takes the place of another",
                &[
                    "300 R100 a.md b.md",
                    "200 D b.md",
                    "150 A b.md",
                    "100 A a.md",
                ],
                "",
                &["b.md 100 100 a.md"],
            ),
            (
                "two change places",
                &[
                    "300 R100 a.md b.md R100 b.md a.md",
                    "200 A b.md",
                    "100 A a.md",
                ],
                "",
                &["a.md 200 200 b.md", "b.md 100 100 a.md"],
            ),
            (
                "the folder of posts is renamed",
                &["300 R100 old/a.md post/a.md", "100 A old/a.md"],
                "post/",
                &["a.md 100 100"],
            ),
            (
                "it comes from elsewhere and others lie elsewhere",
                &["300 R100 drafts/a.md post/a.md M x.md", "100 A drafts/a.md"],
                "post/",
                &["a.md 100 100"],
            ),
            (
                "a name that reads as a commit and a change is a name",
                &[
                    "300 A x\u{1}100\nR100\na.md\nb.md A y\u{1}4000000000\nA\na.md D \u{1}5",
                    "200 M a.md",
                    "100 A a.md",
                ],
                "",
                &[
                    "a.md 100 200",
                    "x\u{1}100\nR100\na.md\nb.md 300 300",
                    "y\u{1}4000000000\nA\na.md 300 300",
                ],
            ),
            (
                "a commit without a change",
                &["300", "200 M a.md", "150 ", "100 A a.md"],
                "",
                &["a.md 100 200"],
            ),
            (
                "it was copied",
                &["300 C100 a.md b.md", "100 A a.md"],
                "",
                &["a.md 100 100", "b.md 300 300"],
            ),
        ] {
            assert_eq!(told(log, prefix), expected, "{case}");
        }
    }
}
