//! Settles claims of one id by several front matters: the post that has the id in the lock stays, the others are left
//! out and reported.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::finding::{Finding, Rule};
use crate::lock::{Lock, Past, Unnamed};

/// The outcome of the claims of front matters.
pub(super) struct Claims {
    /// Why posts are left out, by their number.
    pub(super) refused: Vec<(usize, Finding)>,
}

/// How well a post fits the line of an id; the first is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Right {
    /// It is at the path of the line, and names the id or has the same instant and title.
    Holder,
    /// It names the id, and has the instant and title of the line at another path: it was renamed.
    Renamed,
    /// It is at the path of the line, edited.
    Edited,
    /// It names the id, and nothing else fits.
    ByNameAlone,
}

impl Claims {
    /// Weighs the claims of these posts; `lines` are their instants and titles as the lock writes them.
    pub(super) fn weigh(
        lock: &Lock,
        posts: &[Unnamed<'_>],
        lines: &[(String, Cow<'_, str>)],
        build: &dyn Past,
    ) -> Self {
        let mut claims: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, post) in posts.iter().enumerate() {
            if let Some(id) = post.id {
                claims.entry(id).or_default().push(number);
            }
        }
        let mut refused = Vec::new();
        if claims.is_empty() {
            return Self { refused };
        }
        let paths = lock.index_paths();
        let numbers: HashMap<&str, usize> = posts
            .iter()
            .enumerate()
            .map(|(number, post)| (post.path, number))
            .collect();
        for (id, claimers) in claims {
            let line = paths.get(id).and_then(|path| lock.posts.get(path));
            let is_left_out =
                |path: &&str| !numbers.contains_key(path) && build.may_be_at(path, id);
            if let Some(path) = line.map(|line| line.path).filter(is_left_out) {
                let fate = build.describe_fate(path);
                let taken = |number| {
                    (
                        number,
                        explain_taken(id, &format!("`{path}`, which {fate}")),
                    )
                };
                refused.extend(claimers.into_iter().map(taken));
                continue;
            }
            let right = |number: usize| {
                let post = &posts[number];
                let (published, title) = &lines[number];
                let is_alike =
                    line.is_some_and(|line| line.published == published && line.title == title);
                let is_at_path = line.is_some_and(|line| line.path == post.path);
                match (is_at_path, post.id == Some(id), is_alike) {
                    (true, true, _) | (true, _, true) => Right::Holder,
                    (false, _, true) => Right::Renamed,
                    (true, ..) => Right::Edited,
                    (false, ..) => Right::ByNameAlone,
                }
            };
            let at_path = line.and_then(|line| numbers.get(line.path).copied());
            let unnamed = at_path.filter(|number| posts[*number].id.is_none());
            let rivals = claimers.iter().copied().chain(unnamed);
            let Some(holder) = rivals.min_by_key(|number| (right(*number), posts[*number].path))
            else {
                continue;
            };
            for number in claimers.into_iter().filter(|number| *number != holder) {
                let whose = format!("`{}`", posts[holder].path);
                refused.push((number, explain_taken(id, &whose)));
            }
        }
        Self { refused }
    }
}

/// Explains that a post cannot have this id, which is `whose` already.
fn explain_taken(id: &str, whose: &str) -> Finding {
    let message = format!("`{id}` is also the id of {whose}");
    Finding::error(Rule::IdTaken, message).hint("give one of them an `id` of its own, or none")
}
