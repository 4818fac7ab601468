//! Which id each post has: the assignment.
//!
//! A post asks with its path, instant, title and perhaps the id of its front matter. The lock answers with lines of the
//! same fields and an id. An id is in one of three states: *taken* by a post that is here, *vanished* since the last build
//! (the manifest knows which ids that build had), or *dead* for longer. A line is plain, or a tombstone that says where
//! its post went; lines are never removed: where another post takes the path of one that is gone, the line of the latter
//! stays under that path with a number. [`Lock::assign`] alone changes ids and lines, in this order, and each step
//! asks only for posts that have none yet:
//!
//! 1. Front matter. Of several posts that claim one id, the one stays that has it in the lock (`lock/claims`), even if
//!    it is left out today; the others are refused.
//! 2. The line of the post's own path, where it says the same instant and title. So whoever stayed comes before anybody
//!    who moved, and no id is taken from a post that still has it.
//!    Then the line of its path where others have the line's instant and title, and the post's text is as it was published:
//!    the others are copies, and it was edited ([`super::copied`]).
//! 3. The one line of the same instant and title that no post holds and that is not dead, first among those with the
//!    same file name that have left their path (a folder moved), then among all (a file was renamed). "The one" holds both ways: one line, one post
//!    that asks. Where the post's own path has a line too, whose id nobody else asks for, and the other line's path is
//!    gone, it may also be the post of its path, edited: texts decide, and without them the post is left out ([`super::alike`]). So it
//!    is where the line is in dispute, since a post was left out that may have its id.
//! 4. The line of the same path: instant and title were edited. A tombstone gives nothing while its post is here, and
//!    where the text is not the same the post takes part in step 6: its path may have been taken over. A dead line whose
//!    text is another, too, has nothing in common with the post but its path: a person is asked.
//! 5. Files that changed places in a round: what is left at the end of the round, unless the text is another.
//! 6. What vanished since the last build, compared by instant, title, stem and text ([`super::vanished`]). Two that fit equally
//!    well leave the post out, with the lines that decide: to guess would mail a post again, or not at all. So does a
//!    short text that is all that is left. A post that an earlier step refused takes part, and gets nothing.
//!    Here and in steps 3 and 7, two kinds of ids stay where they are: that of a post whose file is still at its path and
//!    left out, as a draft is; and one that a left-out file elsewhere may have, by its text, if an error leaves that file
//!    out or the last build did not have it.
//! 7. As step 3, among dead lines: a post that was away comes back under another path. Since another may have been given
//!    its instant and title meanwhile, its text must be what it was; else a person is asked, and so
//!    where several come back as one, or one as several, unless the text is that of one alone.
//! 8. A new id, which no line and no post has. Where an earlier build has published it, and the last one did not have
//!    it, the lock was lost: the post may be that one, back, and is left out until a person says.
//!
//! Why it is safe: an id enters [`Given`] once and never leaves it, so no two posts get one. Every step but the last
//! gives ids that were given before, and whatever moves is said ([`Changes`]). A post without an answer is refused and
//! gets no line, so that the next run asks again; the ids that it may have stay candidates (`held`). Dead ids are given
//! by steps 2, 4 and 7 alone, to a post that says where or what it was: one that comes back.
//!
//! Lines that a build could not write (`--locked`) stand in the manifest, and count as the lock's own where the file has
//! not come to know their ids.
//!
//! All of it is pure. The facts that the lock lacks (the ids of the last build, and texts) come through [`Past`],
//! which is asked only where a post is not what and where its line says, so that a run in which nothing moved reads
//! nothing.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::SecondsFormat;
use rayon::prelude::*;

use crate::finding::Finding;
use crate::lock::asking::Asking;
use crate::lock::claims::Claims;
use crate::lock::given::{Given, mint};
use crate::lock::lines::{Line, MOVED};
use crate::lock::moved::strip_folders;
use crate::lock::past::Past;
use crate::lock::unclear::Unclear;
use crate::lock::{Changes, Lock, Unnamed, strip_controls};
use crate::post::fingerprint_of;

/// The result of an assignment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assigned {
    /// The id of each post, in order; `None` if it is left out.
    pub ids: Vec<Option<String>>,
    /// Why posts are left out, by their number.
    pub refused: Vec<(usize, Finding)>,
    /// The ids that refused posts may have.
    pub held: Vec<String>,
}

impl Lock {
    /// The ids of these posts; new ones get a line. The site's first line counts at the first mint only.
    pub fn assign(&mut self, first_line: &str, posts: &[Unnamed<'_>], past: &dyn Past) -> Assigned {
        if self.authority.is_none() {
            self.begin_site(first_line);
        }
        let authority = self.authority().to_owned();
        self.named = posts
            .iter()
            .filter(|post| post.id.is_some())
            .map(|post| post.path.to_owned())
            .collect();
        if let Some(ids) = self.find_unmoved(posts) {
            self.changes = Changes::default();
            return Assigned {
                ids,
                ..Assigned::default()
            };
        }
        let lines: Vec<(String, Cow<'_, str>)> = posts
            .iter()
            .map(|post| (write_instant(post), strip_controls(post.title)))
            .collect();
        let recalled = self.posts.recall(past.unkept());
        let claims = Claims::weigh(self, posts, &lines, past);
        let mut given = Given::new(posts, &claims);
        given.take(|number| {
            let line = self.posts.get(posts[number].path)?;
            let (published, title) = &lines[number];
            (line.title == title && line.published == published).then_some(line.id)
        });
        let known = self.index_paths();
        let here: HashSet<&str> = posts.iter().map(|post| post.path).collect();
        let asking = Asking {
            posts,
            authority: &authority,
            lines: &lines,
            past,
            known: &known,
            here: &here,
            hidden: self.find_hidden(past),
        };
        // A folder that moves keeps the names of its files; a file that is renamed, nothing but its day and title.
        let names = [strip_folders as fn(&str) -> &str, |_| ""];
        let mut unclear = self.give_to_originals(&mut given, &asking);
        for name in names {
            unclear.extend(self.take_alike(&mut given, &asking, name, false));
        }
        unclear.extend(self.ask_for_reused(&mut given, &asking));
        if given.lacks() {
            given.take(|number| {
                let line = self.posts.get(posts[number].path)?;
                // The earlier post of this path took its id along, and is still here.
                let left = line.is_moved() && asking.is_here(line.id);
                // Another post may have taken over the path: then texts decide.
                let is_another = !left && asking.is_another(number, line.id);
                (!left && !is_another).then_some(line.id)
            });
        }
        if given.lacks() {
            let left = self.find_left_by_successors(&given, posts, &lines);
            given.take(|number| left[number].filter(|id| !asking.is_another(number, id)));
        }
        if given.lacks() {
            unclear.extend(self.find_moved(&mut given, &asking));
        }
        for name in names {
            unclear.extend(self.take_alike(&mut given, &asking, name, true));
        }
        unclear.extend(self.ask_for_twins(&mut given, &asking));
        unclear.extend(ask_for_returned(&mut given, &asking));
        let moved_far = std::mem::take(&mut given.moved);
        let elsewhere = std::mem::take(&mut given.elsewhere);
        let ids = given.mint_rest(&authority, posts, &known);
        let (mut changes, moved) =
            self.compare(posts, &lines, &ids, &known, &moved_far, &elsewhere);
        changes.moved = moved_far
            .into_iter()
            .map(|at| posts[at].path.to_owned())
            .collect();
        changes.unminted = find_unminted(&authority, posts, &ids, &recalled);
        let outlived = self.list_outlived(posts, &ids, &known);
        for line in outlived.iter().filter_map(|line| Line::parse(line)) {
            self.posts.put(line);
        }
        self.write_lines(posts, &lines, &ids, &moved);
        self.changes = changes;
        let mut refused = claims.refused;
        let mut held = Vec::new();
        for unclear in unclear {
            held.extend(unclear.held);
            refused.push((unclear.number, unclear.finding));
        }
        refused.sort();
        Assigned { ids, refused, held }
    }

    /// Writes the line of each post that has an id, and a tombstone at the path that a moved one has left.
    fn write_lines(
        &mut self,
        posts: &[Unnamed<'_>],
        lines: &[(String, Cow<'_, str>)],
        ids: &[Option<String>],
        moved: &[(usize, String)],
    ) {
        for (number, old) in moved {
            let Some(id) = ids[*number].as_deref() else {
                continue;
            };
            // A tombstone must not overwrite the line of another post at this path.
            if self.posts.get(old).is_some_and(|line| line.id == id) {
                self.posts.put(Line {
                    path: old,
                    published: MOVED,
                    title: posts[*number].path,
                    id,
                });
            }
        }
        for ((id, post), (published, title)) in ids.iter().zip(posts).zip(lines) {
            let Some(id) = id else { continue };
            self.posts.put(Line {
                path: post.path,
                published,
                title,
                id,
            });
        }
    }

    /// Matches files that changed places in a round: a post at the path of another may have the id that is left at the
    /// end of the round, if that is from its day.
    fn find_left_by_successors<'a>(
        &'a self,
        given: &Given<'_>,
        posts: &[Unnamed<'_>],
        lines: &[(String, Cow<'_, str>)],
    ) -> Vec<Option<&'a str>> {
        let holders = given
            .ids
            .iter()
            .zip(posts)
            .filter_map(|(id, post)| Some(((*id)?, post.path)));
        let holders: HashMap<&str, &str> = holders.collect();
        let left = |path: &str, published: &str| {
            let mut line = self.posts.get(path)?;
            for _ in 0..posts.len() {
                line = match holders.get(line.id) {
                    Some(holder) => self.posts.get(holder)?,
                    None => {
                        return (line.path != path && line.published == published)
                            .then_some(line.id);
                    }
                };
            }
            None
        };
        let asked = given.ids.iter().zip(posts).zip(lines);
        asked
            .map(|((id, post), (published, _))| {
                if id.is_none() {
                    left(post.path, published)
                } else {
                    None
                }
            })
            .collect()
    }

    /// The ids of these posts if each matches its line in place, instant and title, as in nearly every run.
    fn find_unmoved(&self, posts: &[Unnamed<'_>]) -> Option<Vec<Option<String>>> {
        let known = |post: &Unnamed<'_>| {
            let Line {
                published,
                title,
                id,
                ..
            } = self.posts.get(post.path)?;
            let is_same = title == strip_controls(post.title) && published == write_instant(post);
            (is_same && post.id.is_none_or(|own| own == id)).then(|| id.to_owned())
        };
        let ids: Vec<String> = posts.par_iter().map(known).collect::<Option<_>>()?;
        let mut marks: Vec<u64> = ids.par_iter().map(fingerprint_of).collect();
        marks.par_sort_unstable();
        let is_apart = marks.is_sorted_by(|a, b| a < b);
        is_apart.then(|| ids.into_iter().map(Some).collect())
    }

    /// Compares these ids with those that readers have seen. Returns the posts that moved, by number, with their old
    /// paths.
    fn compare(
        &self,
        posts: &[Unnamed<'_>],
        lines: &[(String, Cow<'_, str>)],
        ids: &[Option<String>],
        known: &HashMap<&str, &str>,
        moved_far: &BTreeSet<usize>,
        elsewhere: &HashSet<&str>,
    ) -> (Changes, Vec<(usize, String)>) {
        let holders: HashMap<&str, usize> = ids
            .iter()
            .enumerate()
            .filter_map(|(at, id)| Some((id.as_deref()?, at)))
            .collect();
        let (mut changes, mut moved) = (Changes::default(), Vec::new());
        for (number, ((id, post), line)) in ids.iter().zip(posts).zip(lines).enumerate() {
            let Some(id) = id else { continue };
            let own = self.posts.get(post.path).filter(|own| !own.is_moved());
            if own.is_some_and(|own| own.id == *id) {
                continue;
            }
            let was = known.get(id.as_str()).filter(|path| **path != post.path);
            if let Some(old) = was {
                moved.push((number, (*old).to_owned()));
                if post.id.is_none() {
                    changes
                        .renamed
                        .push(((*old).to_owned(), post.path.to_owned()));
                }
            }
            // It replaced the post of this path, which moved elsewhere with its id.
            let says = |(published, title): &(String, Cow<'_, str>), own: &Line| {
                own.published == published && own.title == title
            };
            // Nor did it come from elsewhere with its own id.
            let came_along = was
                .and_then(|old| self.posts.get(old))
                .is_some_and(|old| says(line, &old));
            let is_repeated = own.is_some_and(|own| {
                let holder = holders.get(own.id);
                let has_it =
                    |holder: &usize| moved_far.contains(holder) || says(&lines[*holder], &own);
                let went_along = holder.is_some_and(has_it) || elsewhere.contains(own.id);
                says(line, &own) || !came_along && !went_along
            });
            if is_repeated {
                changes.repeated.insert(post.path.to_owned());
            } else if was.is_none() && !known.contains_key(id.as_str()) {
                changes.new.insert(id.clone());
            }
        }
        changes.renamed.sort();
        (changes, moved)
    }

    /// Lists the lines of vanished posts whose paths have other posts now, under paths that no post has: their ids are
    /// never minted again, and a post that comes back finds its own.
    fn list_outlived(
        &self,
        posts: &[Unnamed<'_>],
        ids: &[Option<String>],
        known: &HashMap<&str, &str>,
    ) -> Vec<String> {
        let given: HashSet<&str> = ids.iter().flatten().map(String::as_str).collect();
        let mut outlived = Vec::new();
        for (post, id) in posts.iter().zip(ids) {
            let old = self.posts.get(post.path).filter(|_| id.is_some());
            let is_left =
                |old: &Line| !given.contains(old.id) && known.get(old.id) == Some(&post.path);
            let Some(old) = old.filter(is_left) else {
                continue;
            };
            let numbered = (2..).map(|number: u32| format!("{};{number}", post.path));
            let mut free = numbered.filter(|path| self.posts.get(path).is_none());
            if let Some(path) = free.next() {
                outlived.push(Line { path: &path, ..old }.to_string());
            }
        }
        outlived
    }

    /// Maps each id to its path: the last place of its post.
    pub(super) fn index_paths(&self) -> HashMap<&str, &str> {
        let mut known = HashMap::with_capacity(self.posts.len());
        for line in self.posts.all() {
            if line.is_moved() {
                known.entry(line.id).or_insert(line.path);
            } else {
                known.insert(line.id, line.path);
            }
        }
        known
    }
}

/// Asks about posts whose new id some build has published but not the last one: the lock was lost since then, so it
/// cannot tell whether the post is back or another one has its path.
fn ask_for_returned(given: &mut Given<'_>, asking: &Asking<'_>) -> Vec<Unclear> {
    let numbers: Vec<usize> = given.list_lacking().collect();
    let mut unclear = Vec::new();
    for number in numbers {
        let old = mint(asking.authority, &asking.posts[number]);
        let is_free =
            !asking.known.contains_key(old.as_str()) && !given.taken.contains(old.as_str());
        if is_free && asking.past.was_published(&old) && asking.past.before(&old).is_none() {
            let new = format!("{old};2");
            unclear.push(Unclear::back_or_new(
                number,
                &asking.line(number),
                &old,
                &new,
            ));
            given.refused.insert(number);
        }
    }
    unclear
}

/// The paths of posts with one of these ids that no other machine would mint for them: their path or day has changed.
fn find_unminted(
    authority: &str,
    posts: &[Unnamed<'_>],
    ids: &[Option<String>],
    recalled: &HashSet<String>,
) -> BTreeSet<String> {
    if recalled.is_empty() {
        return BTreeSet::new();
    }
    let mut unminted = BTreeSet::new();
    for (post, id) in posts.iter().zip(ids) {
        let Some(id) = id.as_ref().filter(|_| post.id.is_none()) else {
            continue;
        };
        let minted = mint(authority, post);
        let rest = id.strip_prefix(&minted);
        // A number tells it from another that had its path on that day.
        let is_minted = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(';'));
        if recalled.contains(id) && !is_minted {
            unminted.insert(post.path.to_owned());
        }
    }
    unminted
}

/// An instant in the form of a line.
fn write_instant(post: &Unnamed<'_>) -> String {
    post.published.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
