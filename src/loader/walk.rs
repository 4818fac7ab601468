//! Walks the folder of posts and decides which of its files are posts.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};

use rayon::prelude::*;

use crate::finding::{Finding, Rule};
use crate::loader::ignored::{Ignored, whole};
use crate::post::Markup;
use crate::post::dialect::{Habits, is_folder_of_posts};

/// The content of a folder.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// The files that may be posts, whatever their extension, sorted, with `/` between the parts of their paths.
    pub(super) paths: Vec<String>,
    /// Files and folders that the generator leaves out; a folder's path ends in a slash.
    pub(super) ignored: Vec<String>,
    /// Findings about files and folders that could not be examined.
    pub(super) findings: Vec<Finding>,
    /// The paths of those files and folders, links that are not followed included; a folder's path ends in a slash.
    pub(super) unreached: Vec<String>,
}

/// Lists the files below a folder that may be posts, sorted.
///
/// # Errors
/// A finding if there is no such folder.
pub(crate) fn list_files(dir: &Path) -> Result<Vec<String>, Finding> {
    let mut paths = walk(dir, &Ignored::default(), None)?.paths;
    paths.retain(|path| Markup::from_path(path).is_some());
    Ok(paths)
}

/// Lists the content of a folder without the files that the generator ignores. Links that leave the folder are not
/// followed.
///
/// # Errors
/// A finding if there is no such folder.
pub(super) fn walk(dir: &Path, ignored: &Ignored, feeds: Option<&Path>) -> Result<Walked, Finding> {
    let fail = |error: io::Error| {
        Finding::error(
            Rule::PostsUnreadable,
            format!("the posts cannot be read: {error}"),
        )
        .in_file(dir)
        .hint("set `dir` under [posts]")
    };
    let root = dir.canonicalize().map_err(fail)?;
    let place = WalkScope {
        root: &root,
        whole: whole(&root),
        ignored,
        feeds: feeds.and_then(|feeds| find_path_below(&feeds.canonicalize().ok()?, &root)),
    };
    let mut walked = place.read(dir).map_err(fail)?;
    let of_one_line = |path: &String| !path.contains(char::is_control);
    if !walked.paths.par_iter().all(of_one_line) {
        let (kept, others): (Vec<String>, Vec<String>) =
            walked.paths.into_iter().partition(of_one_line);
        walked.paths = kept;
        walked.findings.extend(others.iter().map(|path| {
            let finding = Finding::error(
                Rule::FileName,
                format!("`{}` holds a control character", path.escape_debug()),
            );
            finding.in_file(dir).hint("rename the file")
        }));
    }
    walked.paths.par_sort_unstable();
    Ok(walked)
}

/// The limits of a walk.
struct WalkScope<'a> {
    root: &'a Path,
    /// The root as the generator's expressions see it.
    whole: String,
    ignored: &'a Ignored,
    /// The path of the folder of feeds if it lies below: its files are no posts.
    feeds: Option<String>,
}

/// The path of a folder below another one, with a slash at its end.
fn find_path_below(folder: &Path, root: &Path) -> Option<String> {
    let below = folder.strip_prefix(root).ok()?.to_str()?;
    Some(below.replace(MAIN_SEPARATOR_STR, "/") + "/")
}

impl WalkScope<'_> {
    /// Reads the folder level by level, so that no depth is too much. The folders of a level are read in parallel: with
    /// many small files the time is spent on waiting for the file system.
    fn read(&self, dir: &Path) -> io::Result<Walked> {
        let (mut walked, mut level) = self.read_folder(dir, "")?;
        while !level.is_empty() {
            let read: Vec<_> = level
                .par_iter()
                .map(|(dir, below)| {
                    self.read_folder(dir, below).unwrap_or_else(|error| {
                        (explain_unreadable(&error, dir, below), Vec::new())
                    })
                })
                .collect();
            level.clear();
            for (found, deeper) in read {
                walked.paths.extend(found.paths);
                walked.ignored.extend(found.ignored);
                walked.findings.extend(found.findings);
                walked.unreached.extend(found.unreached);
                level.extend(deeper);
            }
        }
        Ok(walked)
    }

    /// Reads one folder. Returns its files, and its folders with their paths below the root.
    fn read_folder(&self, dir: &Path, below: &str) -> io::Result<(Walked, Vec<(PathBuf, String)>)> {
        let (mut walked, mut folders) = (Walked::default(), Vec::new());
        // A full path is built only if some expression needs it.
        let (asks_files, asks_folders) = (
            self.ignored.may_skip_files(),
            self.ignored.may_skip_folders(),
        );
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if text.starts_with('.') {
                continue;
            }
            let kind = entry.file_type()?;
            let is_folder = kind.is_dir();
            if !is_folder && Markup::from_path(&text).is_none() && !Markup::may_hide_in(&text) {
                continue;
            }
            let Some(name) = name.to_str() else {
                walked.findings.push(explain_no_name(&text, is_folder, dir));
                continue;
            };
            let whole = || format!("{}/{below}{name}", self.whole);
            if is_folder {
                if asks_folders && self.ignored.is_folder_ignored(&whole()) {
                    walked.ignored.push(format!("{below}{name}/"));
                } else if self.feeds.as_deref() != Some(&*format!("{below}{name}/")) {
                    folders.push((entry.path(), format!("{below}{name}/")));
                }
                continue;
            }
            let is_inside = || {
                entry
                    .path()
                    .canonicalize()
                    .is_ok_and(|real| real.starts_with(self.root) && real.is_file())
            };
            if asks_files && self.ignored.is_file_ignored(&whole()) {
                walked.ignored.push(format!("{below}{name}"));
            } else if kind.is_file() || kind.is_symlink() && is_inside() {
                walked.paths.push(format!("{below}{name}"));
            } else if !kind.is_symlink() && Markup::from_path(name).is_some() {
                let finding = Finding::error(
                    Rule::NoRegularFile,
                    "it is left out: this is no regular file",
                );
                walked.findings.push(finding.in_file(entry.path()));
                walked.unreached.push(format!("{below}{name}"));
            } else if Markup::from_path(name).is_some_and(Markup::is_read) {
                let finding = Finding::warning(
                    Rule::LinkNotFollowed,
                    "this link is not followed: it leads to no file in the folder of posts",
                );
                walked.unreached.push(format!("{below}{name}"));
                walked.findings.push(
                    finding
                        .in_file(entry.path())
                        .hint("put the file itself here, or take the link away"),
                );
            }
        }
        Ok((walked, folders))
    }
}

fn explain_unreadable(error: &io::Error, dir: &Path, below: &str) -> Walked {
    let finding = Finding::error(
        Rule::PostsUnreadable,
        format!("its posts are left out, it cannot be read: {error}"),
    );
    Walked {
        findings: vec![finding.in_file(dir)],
        unreached: vec![below.to_owned()],
        ..Walked::default()
    }
}

/// The finding about a name that is not UTF-8, with a mark for each invalid byte.
fn explain_no_name(name: &str, is_folder: bool, dir: &Path) -> Finding {
    let (noun, left_out) = match is_folder {
        true => ("folder", "its posts are left out"),
        false => ("file", "it is left out"),
    };
    Finding::error(
        Rule::FileName,
        format!("the name of the {noun} `{name}` is not UTF-8: {left_out}"),
    )
    .in_file(dir)
    .hint(format!("rename the {noun}"))
}

/// Selects the files that the dialect takes for posts.
pub(super) struct PostFilter<'a> {
    habits: &'a Habits,
    /// Whether only files in Jekyll's own folders are posts.
    only_posts: bool,
    /// The folders that are one post.
    bundles: HashSet<String>,
}

impl<'a> PostFilter<'a> {
    /// The choice among the files of a folder.
    pub(super) fn from_paths<'b>(
        mut paths: impl Iterator<Item = &'b String> + Clone,
        dir: &Path,
        habits: &'a Habits,
    ) -> Self {
        let rules = habits.rules;
        let is_posts = dir
            .file_name()
            .is_some_and(|name| is_folder_of_posts(&name.to_string_lossy()));
        Self {
            habits,
            bundles: match rules.bundles {
                true => find_bundles(paths.clone()),
                false => HashSet::new(),
            },
            only_posts: rules.own_folders
                && !is_posts
                && paths.any(|path| list_folders(path).any(is_folder_of_posts)),
        }
    }

    /// Whether a file is a post, by its path.
    pub(super) fn is_post(&self, path: &str) -> bool {
        let rules = self.habits.rules;
        let file = path.rsplit('/').next().unwrap_or_default();
        if file.starts_with("_index.") || is_readme(file) {
            return false;
        }
        if path.split('/').any(|part| rules.no_posts.contains(&part)) {
            return false;
        }
        if self.only_posts && !list_folders(path).any(is_folder_of_posts) {
            return false;
        }
        let is_index = file.starts_with("index.");
        let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
        // The files of a bundle belong to its `index.md`.
        self.bundles.is_empty()
            || !above.any(|folder| {
                self.bundles.contains(folder)
                    && !(is_index && path[folder.len()..].matches('/').count() == 1)
            })
    }
}

fn is_readme(file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or_default();
    stem.eq_ignore_ascii_case("readme")
        && matches!(
            Markup::from_path(file),
            Some(Markup::Markdown | Markup::Other) | None
        )
}

fn list_folders(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit_once('/')
        .map_or("", |(folders, _)| folders)
        .split('/')
}

/// The folders that are one post.
fn find_bundles<'b>(paths: impl Iterator<Item = &'b String>) -> HashSet<String> {
    let index = paths.filter_map(|path| {
        path.rsplit_once('/')
            .filter(|(_, file)| file.starts_with("index."))
    });
    index.map(|(folder, _)| folder.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Dialect;
    use crate::post::dialect::Habits;

    #[test]
    fn each_dialect_knows_what_is_no_post() {
        for (dialect, dir, paths, expected) in [
            (
                Dialect::Hugo,
                "content",
                "_index.md posts/_index.md posts/tea.md posts/cake/index.md posts/cake/notes.md posts/cake/img/x.md",
                "posts/tea.md posts/cake/index.md",
            ),
            (
                Dialect::Zola,
                "content",
                "blog/tea/index.md blog/tea/index.de.md blog/tea/x.md _index.de.md",
                "blog/tea/index.md blog/tea/index.de.md",
            ),
            (
                Dialect::Jekyll,
                "site",
                "about.md _posts/2024-05-01-tea.md life/_posts/2024-05-02-x.md _drafts/y.md _site/z.html _includes/head.html",
                "_posts/2024-05-01-tea.md life/_posts/2024-05-02-x.md _drafts/y.md",
            ),
            (
                Dialect::Jekyll,
                "_posts",
                "2024-05-01-tea.md old/2020-01-01-x.md",
                "2024-05-01-tea.md old/2020-01-01-x.md",
            ),
            (
                Dialect::Pelican,
                "content",
                "tea.md pages/about.md life/cake.md",
                "tea.md life/cake.md",
            ),
            (
                Dialect::Eleventy,
                "src",
                "_includes/base.html blog/tea.md blog/cake/index.md README.md",
                "blog/tea.md blog/cake/index.md",
            ),
        ] {
            let mut paths: Vec<String> = paths.split(' ').map(str::to_owned).collect();
            let habits = Habits::new(dialect, chrono_tz::UTC);
            let choice = super::PostFilter::from_paths(paths.iter(), Path::new(dir), &habits);
            paths.retain(|path| choice.is_post(path));
            assert_eq!(paths.join(" "), expected, "{dialect:?}");
        }
    }
}
