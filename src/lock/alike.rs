//! Gives posts the ids of the lines with their instant and title.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::lock::given::{Given, mint};
use crate::lock::lines::Line;
use crate::lock::past::Past;
use crate::lock::unclear::Unclear;
use crate::lock::{Lock, Unnamed};
use crate::post::{Likeness, Signature};

/// The most posts that are named, with a line each, of those that a post may be.
const MOST_NAMED: usize = 5;
/// The most pairs of texts that are compared among posts and lines of one instant and title.
const MOST_COMPARED: usize = 10_000_000;

/// The posts that ask for ids, with everything known about them beside the lines.
pub(super) struct Asking<'a> {
    pub(super) posts: &'a [Unnamed<'a>],
    /// The authority that mints ids.
    pub(super) authority: &'a str,
    /// Their instants and titles as the lock writes them.
    pub(super) lines: &'a [(String, Cow<'a, str>)],
    pub(super) past: &'a dyn Past,
    /// The path of each id: the last place of its post.
    pub(super) known: &'a HashMap<&'a str, &'a str>,
    /// The paths of the posts.
    pub(super) here: &'a HashSet<&'a str>,
    /// The texts of files that are left out and may be vanished posts, and that are not what the lock knows at their paths.
    pub(super) hidden: Vec<Signature>,
}

/// The one of two ids that a post has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IdChoice {
    /// The id in the line of its path.
    Own,
    /// The id in the line with its instant and title.
    Alike,
    Unclear,
}

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
    /// Finds the posts whose text is that of one of these ids, and of no other; nor has another of the posts that text.
    fn find_owners(&self, asking: &Asking<'_>) -> HashMap<usize, &'a str> {
        let mut owners: HashMap<&str, usize> = HashMap::new();
        let mut shared: HashSet<&str> = HashSet::new();
        if self.posts.len() * self.gone.len() > MOST_COMPARED {
            return HashMap::new();
        }
        let past = asking.past;
        let texts = self
            .gone
            .iter()
            .map(|id| (*id, past.before(id).or_else(|| past.earlier(id))));
        let texts: Vec<(&'a str, Option<Signature>)> = texts.collect();
        for number in &self.posts {
            let Some(now) = past.now(*number) else {
                continue;
            };
            let is_same = |(_, text): &&(&str, Option<Signature>)| {
                text.is_some_and(|text| text.compare(now).is_same())
            };
            let same: Vec<&str> = texts.iter().filter(is_same).map(|(id, _)| *id).collect();
            for id in &same {
                if same.len() > 1 || owners.insert(id, *number).is_some() {
                    shared.insert(id);
                }
            }
        }
        let owners = owners.into_iter().filter(|(id, _)| !shared.contains(id));
        owners.map(|(id, number)| (number, id)).collect()
    }
}

impl Asking<'_> {
    /// The line of a post but for its id.
    pub(super) fn line(&self, number: usize) -> Line<'_> {
        let (published, title) = &self.lines[number];
        Line {
            path: self.posts[number].path,
            published,
            title,
            id: "",
        }
    }

    /// Whether a post is at the last path of the post with this id.
    pub(super) fn is_here(&self, id: &str) -> bool {
        self.known
            .get(id)
            .is_some_and(|path| self.here.contains(path))
    }

    /// Whether the post with this id was neither in the last build nor is at its path: its line is asked last.
    pub(super) fn is_dead(&self, id: &str) -> bool {
        !self.is_here(id) && self.past.is_known() && self.past.before(id).is_none()
    }

    /// Whether a file that is no post today may be the post of this id, at its path or elsewhere, though another asks.
    pub(super) fn is_hidden(&self, id: &str) -> bool {
        let home = self.known.get(id);
        if home.is_some_and(|path| self.past.may_be_at(path, id)) {
            return true;
        }
        let Some(before) = self.past.before(id).filter(|_| !self.hidden.is_empty()) else {
            return false;
        };
        self.hidden.iter().any(|now| before.compare(*now).is_same())
    }

    /// Whether a post cannot be the one of this id without a person's word, though it has the instant and title of its
    /// line: a post that was left out may have the id, or the post of the id was gone at the last build and the text is not
    /// what it was, so that another may have been given its instant and title since.
    fn is_disputed(&self, number: usize, id: &str) -> bool {
        // Of a line that no build has published, as a digest by hand adds it, no text is known.
        let is_rewritten = || {
            self.past.earlier(id).is_some_and(|earlier| {
                let now = self.past.now(number);
                !now.is_some_and(|now| earlier.compare(now).is_same())
            })
        };
        self.past.before(id) == Some(Signature::UNKNOWN)
            || self.is_hidden(id)
            || self.is_dead(id) && is_rewritten()
    }

    /// The id that a post gets if it is new.
    pub(super) fn mint(&self, number: usize) -> String {
        match mint(self.authority, &self.posts[number]) {
            new if self.known.contains_key(&*new) => format!("{new};2"),
            new => new,
        }
    }

    /// Asks whether a post is one of these, which are gone, or a new one.
    pub(super) fn ask_whether_moved(&self, number: usize, gone: &[&str]) -> Unclear {
        let mut unclear = self.ask_without_holding(number, gone);
        // Held, a dead one would count as vanished since the last build, and the next one would not ask.
        let held = gone.iter().filter(|id| !self.is_dead(id));
        unclear.held = held.map(|id| (*id).to_owned()).collect();
        unclear
    }

    /// Asks the same, where another post holds these ids already.
    fn ask_without_holding(&self, number: usize, gone: &[&str]) -> Unclear {
        let path_of = |id: &&str| self.known.get(id).copied().unwrap_or_default();
        let named = gone.iter().take(MOST_NAMED);
        let named: Vec<(&str, &str)> = named.map(|id| (path_of(id), *id)).collect();
        let fate = match gone {
            [_] => self.past.fate_of(named[0].0),
            _ => "is gone".to_owned(),
        };
        let (line, new) = (self.line(number), self.mint(number));
        let others = gone.len() - named.len();
        Unclear::moved_or_new(number, &line, &named, others, (&fate, &new))
    }

    /// Compares the text of a post with the text that the post of this id had.
    pub(super) fn likeness(&self, number: usize, id: &str) -> Option<Likeness> {
        let before = self.past.before(id);
        let before = before.filter(|text| *text != Signature::UNKNOWN)?;
        Some(before.compare(self.past.now(number)?))
    }

    /// Whether the last build had this id and the text of the post does not show that it is that post.
    pub(super) fn is_another(&self, number: usize, id: &str) -> bool {
        let texts = self.past.before(id).zip(self.past.now(number));
        let likeness = texts.map(|(before, now)| before.compare(now));
        matches!(likeness, Some(Likeness::Other | Likeness::Unknown))
    }

    /// Decides the id of a post that is at the path of one line and has the instant and title of another, vanished one.
    fn choose(&self, number: usize, own: &str, alike: &str) -> IdChoice {
        let (Some(own), Some(alike)) = (self.likeness(number, own), self.likeness(number, alike))
        else {
            return IdChoice::Unclear;
        };
        if own.is_same() && !alike.is_same() {
            IdChoice::Own
        } else {
            IdChoice::Alike
        }
    }
}

impl Lock {
    /// The texts of files that are left out and may be vanished posts, and that are not what their paths' lines say.
    pub(super) fn hidden(&self, past: &dyn Past) -> Vec<Signature> {
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
        for number in given.lacking() {
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
        let alike = self.alike(given, name);
        let mut wanted: HashMap<usize, &'a str> = HashMap::new();
        for number in given.lacking() {
            let line = asking.line(number);
            let key = (line.published, line.title, name(line.path));
            let id = alike.get(&key).copied().flatten();
            let id = id.filter(|id| with_dead || !asking.is_dead(id));
            wanted.extend(id.map(|id| (number, id)));
        }
        let mut unclear = self.stay_at_home(given, asking, &mut wanted);
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
        for number in given.lacking() {
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
            let owners = twins.find_owners(asking);
            for (number, id) in &owners {
                given.give(*number, id);
            }
            let gone: Vec<&str> = twins.gone.iter().copied().collect();
            let unowned = twins
                .posts
                .iter()
                .filter(|number| !owners.contains_key(number));
            for (place, number) in unowned.enumerate() {
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
    fn stay_at_home<'a>(
        &'a self,
        given: &mut Given<'a>,
        asking: &Asking<'_>,
        wanted: &mut HashMap<usize, &'a str>,
    ) -> Vec<Unclear> {
        let mut at_home: Vec<(usize, Line<'a>, &'a str)> = Vec::new();
        for (number, id) in &*wanted {
            let own = self.posts.get(asking.posts[*number].path);
            let own =
                own.filter(|own| !own.is_moved() && own.id != *id && !given.taken.contains(own.id));
            let own = own.filter(|_| !asking.is_here(id));
            at_home.extend(own.map(|own| (*number, own, *id)));
        }
        if at_home.is_empty() {
            return Vec::new();
        }
        at_home.sort_by_key(|(number, ..)| *number);
        let any_name = self.alike(given, |_| "");
        let lacking = given.lacking().map(|number| asking.line(number));
        let asked: HashSet<&str> = lacking
            .filter_map(|line| *any_name.get(&(line.published, line.title, ""))?)
            .collect();
        let mut unclear = Vec::new();
        for (number, own, id) in at_home {
            if asked.contains(own.id) {
                continue;
            }
            match asking.choose(number, own.id, id) {
                IdChoice::Alike => continue,
                IdChoice::Own => {}
                IdChoice::Unclear => {
                    let gone = (asking.known.get(id).copied().unwrap_or_default(), id);
                    let line = asking.line(number);
                    unclear.push(Unclear::edited_or_moved(number, &line, own.id, gone));
                    given.refused.insert(number);
                }
            }
            wanted.remove(&number);
        }
        unclear
    }

    /// The one unheld id of each day, title and name; `None` if several posts share them.
    pub(super) fn alike(
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
        unclear.push(asking.ask_whether_moved(number, &[id]));
        given.refused.insert(number);
        wanted.remove(&number);
    }
    unclear
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
            unclear.push(asking.ask_whether_moved(number, &[id]));
            given.refused.insert(number);
            wanted.remove(&number);
        }
    }
    unclear
}
