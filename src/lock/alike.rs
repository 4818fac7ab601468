//! Gives posts the ids of the lines with their instant and title.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::lock::Lock;
use crate::lock::asking::{Asking, IdChoice};
use crate::lock::given::Given;
use crate::lock::lines::Line;
use crate::lock::past::Past;
use crate::lock::unclear::Unclear;
use crate::post::{Likeness, Signature};

/// The most pairs of texts that are compared among posts and lines of one instant and title.
const MOST_COMPARED: usize = 10_000_000;

/// Posts and lines of one instant and title, of which none has the other yet.
#[derive(Debug, Default)]
struct Twins<'a> {
    posts: Vec<usize>,
    /// The number of lines that no post holds.
    lines: usize,
    /// The ids of those lines whose files do not stand at their paths, left out.
    gone: BTreeSet<&'a str>,
}

impl<'a> Twins<'a> {
    /// Reads the texts of the posts, and the last ones of the ids; none if they are too many to be compared.
    fn read_texts(&self, asking: &Asking<'_>) -> Texts<'a> {
        let mut texts = Texts::default();
        if self.posts.len() * self.gone.len() <= MOST_COMPARED {
            let now = |number: &usize| Some((*number, asking.past.now(*number)?));
            texts.now = self.posts.iter().filter_map(now).collect();
            let last = |id: &&'a str| Some((*id, asking.past.last(id)?));
            texts.last = self.gone.iter().filter_map(last).collect();
        }
        texts
    }
}

/// Texts of twins.
#[derive(Default)]
struct Texts<'a> {
    now: BTreeMap<usize, Signature>,
    last: HashMap<&'a str, Signature>,
}

impl<'a> Texts<'a> {
    /// Finds the posts whose text is that of one id, and of no other; nor has another of the posts that text.
    fn find_owners(&self) -> BTreeMap<usize, &'a str> {
        let mut owners: HashMap<&str, usize> = HashMap::new();
        let mut shared: HashSet<&str> = HashSet::new();
        for (number, now) in &self.now {
            let same = self.last.iter();
            let same = same.filter(|(_, last)| last.compare(*now).is_same());
            let same: Vec<&'a str> = same.map(|(id, _)| *id).collect();
            for id in &same {
                if same.len() > 1 || owners.insert(id, *number).is_some() {
                    shared.insert(id);
                }
            }
        }
        let owners = owners.into_iter().filter(|(id, _)| !shared.contains(id));
        owners.map(|(id, number)| (number, id)).collect()
    }

    /// Sorts ids, those first whose texts are likest to that of a post.
    fn sort(&self, ids: &mut [&'a str], number: usize) {
        let Some(now) = self.now.get(&number) else {
            return;
        };
        ids.sort_by_cached_key(|id| {
            let likeness = self.last.get(id).map(|last| last.compare(*now));
            (likeness.unwrap_or(Likeness::Unknown), *id)
        });
    }
}

impl Lock {
    /// Finds the texts of files that are left out and may be vanished posts, and that are not what their paths' lines say.
    pub(super) fn find_hidden(&self, past: &dyn Past) -> Vec<Signature> {
        let mut hidden = Vec::new();
        for path in past.possible_posts() {
            let Some(now) = past.absent(path) else {
                continue;
            };
            let own = self.posts.get(path).filter(|own| !own.is_moved());
            let before = own.and_then(|own| past.before(own.id));
            if !before.is_some_and(|before| before.compare(now).is_same()) {
                hidden.push(now);
            }
        }
        hidden
    }

    /// Refuses posts at the path of one that was gone at the last build, if nothing else is as it was: neither instant,
    /// title nor text. Whoever begins a new post under an old name means another one, and it would never be mailed.
    pub(super) fn ask_for_reused(
        &self,
        given: &mut Given<'_>,
        asking: &Asking<'_>,
    ) -> Vec<Unclear> {
        let mut unclear = Vec::new();
        for number in given.list_lacking() {
            let line = asking.line(number);
            let own = self.posts.get(line.path).filter(|own| !own.is_moved());
            let Some(own) = own.filter(|own| !given.taken.contains(own.id)) else {
                continue;
            };
            let texts = asking.past.earlier(own.id).zip(asking.past.now(number));
            let is_other =
                texts.is_some_and(|(earlier, now)| earlier.compare(now) == Likeness::Other);
            if is_other && own.published != line.published && own.title != line.title {
                let new = asking.mint(number);
                unclear.push(Unclear::rewritten_or_new(number, &line, own.id, &new));
            }
        }
        given.refused.extend(unclear.iter().map(|one| one.number));
        unclear
    }

    /// Steps 3 and 7: gives posts the ids of the lines with their instant and title, first those with the same file
    /// name. Returns the posts that may also have the id of their path.
    pub(super) fn take_alike<'a>(
        &'a self,
        given: &mut Given<'a>,
        asking: &Asking<'_>,
        name: fn(&str) -> &str,
        with_dead: bool,
    ) -> Vec<Unclear> {
        if !given.lacks() {
            return Vec::new();
        }
        let alike = self.index_alike(given, name);
        let mut wanted: HashMap<usize, &'a str> = HashMap::new();
        for number in given.list_lacking() {
            let line = asking.line(number);
            let key = (line.published, line.title, name(line.path));
            let id = alike.get(&key).copied().flatten();
            let id = id.filter(|id| with_dead || !asking.is_dead(id));
            // A folder that moved has left its paths.
            let id = id.filter(|id| key.2.is_empty() || !asking.is_here(id));
            wanted.extend(id.map(|id| (number, id)));
        }
        let mut unclear = self.keep_at_own_path(given, asking, &mut wanted);
        unclear.extend(ask_for_disputed(given, asking, &mut wanted));
        unclear.extend(ask_for_shared(given, asking, &mut wanted));
        given.take_alone(|number| wanted.get(&number).copied());
        unclear
    }

    /// Gives posts with the instant and title of several lines that no post holds the id of the one whose text is theirs.
    /// Refuses the others: each may be any of those, back under another path.
    pub(super) fn ask_for_twins<'a>(
        &'a self,
        given: &mut Given<'a>,
        asking: &Asking<'_>,
    ) -> Vec<Unclear> {
        let mut twins: BTreeMap<(&str, &str), Twins<'a>> = BTreeMap::new();
        for number in given.list_lacking() {
            let line = asking.line(number);
            let twins = twins.entry((line.published, line.title)).or_default();
            twins.posts.push(number);
        }
        if twins.is_empty() {
            return Vec::new();
        }
        for line in self.posts.all() {
            let Some(twins) = twins.get_mut(&(line.published, line.title)) else {
                continue;
            };
            if given.taken.contains(line.id) {
                continue;
            }
            twins.lines += 1;
            if !asking.past.stands_as_published(line.path, line.id) {
                twins.gone.insert(line.id);
            }
        }
        // One line alone was asked before.
        twins.retain(|_, twins| twins.lines > 1 && !twins.gone.is_empty());
        let mut unclear = Vec::new();
        for twins in twins.into_values() {
            let texts = twins.read_texts(asking);
            for (number, id) in texts.find_owners() {
                if !asking.is_hidden(id) {
                    given.give(number, id);
                }
            }
            let gone = twins.gone.iter().copied();
            let mut gone: Vec<&str> = gone.filter(|id| !given.taken.contains(id)).collect();
            if gone.is_empty() {
                continue;
            }
            let unowned = twins.posts.iter().filter(|at| given.ids[**at].is_none());
            for (place, number) in unowned.enumerate() {
                texts.sort(&mut gone, *number);
                unclear.push(match place {
                    0 => asking.ask_whether_moved(*number, &gone),
                    _ => asking.ask_without_holding(*number, &gone),
                });
            }
        }
        given.refused.extend(unclear.iter().map(|one| one.number));
        unclear
    }

    /// Removes posts from `wanted` that are rather the edited post of their own path. Files that changed places stay:
    /// each wants the id that another gives up.
    fn keep_at_own_path<'a>(
        &'a self,
        given: &mut Given<'a>,
        asking: &Asking<'_>,
        wanted: &mut HashMap<usize, &'a str>,
    ) -> Vec<Unclear> {
        let mut at_own_path: Vec<(usize, Line<'a>, &'a str)> = Vec::new();
        for (number, id) in &*wanted {
            let own = self.posts.get(asking.posts[*number].path);
            let own =
                own.filter(|own| !own.is_moved() && own.id != *id && !given.taken.contains(own.id));
            let own = own.filter(|_| !asking.is_here(id));
            at_own_path.extend(own.map(|own| (*number, own, *id)));
        }
        if at_own_path.is_empty() {
            return Vec::new();
        }
        at_own_path.sort_by_key(|(number, ..)| *number);
        let any_name = self.index_alike(given, |_| "");
        // Those that are refused ask as well.
        let without = given.list_without_id().map(|number| asking.line(number));
        let asked: HashSet<&str> = without
            .filter_map(|line| *any_name.get(&(line.published, line.title, ""))?)
            .collect();
        let mut unclear = Vec::new();
        for (number, own, id) in at_own_path {
            if asked.contains(own.id) {
                continue;
            }
            match asking.choose(number, own.id, id) {
                IdChoice::Alike => continue,
                IdChoice::Own => {}
                IdChoice::Unclear => {
                    let gone = (asking.path_of(id), id);
                    let line = asking.line(number);
                    unclear.push(Unclear::edited_or_moved(number, &line, own.id, gone));
                    given.refused.insert(number);
                }
            }
            wanted.remove(&number);
        }
        unclear
    }

    /// Indexes the one untaken id of each instant, title and name; `None` if several ids share them.
    pub(super) fn index_alike(
        &self,
        given: &Given<'_>,
        name: fn(&str) -> &str,
    ) -> HashMap<(&str, &str, &str), Option<&str>> {
        let mut alike: HashMap<(&str, &str, &str), Option<&str>> = HashMap::new();
        for Line {
            path,
            published,
            title,
            id,
        } in self.posts.all()
        {
            if !given.taken.contains(id) {
                alike
                    .entry((published, title, name(path)))
                    .and_modify(|known| *known = known.filter(|known| *known == id))
                    .or_insert(Some(id));
            }
        }
        alike
    }
}

/// Removes posts from `wanted` whose line is in dispute. The same instant and title do not settle it.
fn ask_for_disputed<'a>(
    given: &mut Given<'a>,
    asking: &Asking<'_>,
    wanted: &mut HashMap<usize, &'a str>,
) -> Vec<Unclear> {
    let mut disputed: Vec<(usize, &'a str)> = Vec::new();
    for (number, id) in &*wanted {
        let is_there = asking.known.get(id) == Some(&asking.posts[*number].path);
        if !is_there && asking.is_disputed(*number, id) {
            disputed.push((*number, *id));
        }
    }
    disputed.sort_unstable();
    let mut unclear = Vec::new();
    for (number, id) in disputed {
        unclear.push(refuse_wanted(number, id, given, asking, wanted));
    }
    unclear
}

/// Removes a post from `wanted`, and asks whether it is the one of the id that it wants.
fn refuse_wanted<'a>(
    number: usize,
    id: &'a str,
    given: &mut Given<'a>,
    asking: &Asking<'_>,
    wanted: &mut HashMap<usize, &'a str>,
) -> Unclear {
    given.refused.insert(number);
    wanted.remove(&number);
    asking.ask_whether_moved(number, &[id])
}

/// Removes posts from `wanted` that want one dead line: each may be the post that comes back. Of a line that is not
/// dead, what vanished is compared later.
fn ask_for_shared<'a>(
    given: &mut Given<'a>,
    asking: &Asking<'_>,
    wanted: &mut HashMap<usize, &'a str>,
) -> Vec<Unclear> {
    let mut posts: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
    for (number, id) in &*wanted {
        posts.entry(id).or_default().push(*number);
    }
    let mut unclear = Vec::new();
    for (id, mut numbers) in posts {
        if numbers.len() == 1 || !asking.is_dead(id) {
            continue;
        }
        numbers.sort_unstable();
        for number in numbers {
            unclear.push(refuse_wanted(number, id, given, asking, wanted));
        }
    }
    unclear
}
