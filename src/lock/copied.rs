//! Decides which post a line belongs to if one is at its path and others have its instant and title.
//!
//! Either a file was renamed and another took its place, or it was copied and then edited. If a copy took the id, the
//! post that was mailed would get a new one and be mailed again. So texts decide, and without them nobody gets the id
//! until a person decides.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::lock::Lock;
use crate::lock::asking::Asking;
use crate::lock::given::Given;
use crate::lock::lines::Line;
use crate::lock::unclear::Unclear;
use crate::post::{Likeness, Signature};

/// The owner of a line that a post at its path and others may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineOwner<'a> {
    /// The post at the path of the line.
    AtPath,
    /// Not the post at its path, or it asks for another line.
    Elsewhere,
    /// One of several others, nobody knows which; the post at its path asks for this one.
    AmongOthers(&'a str),
    /// The post at the path, or one of the others.
    Unclear,
}

impl Lock {
    /// Gives a post at the path of a line its id, though others have the line's instant and title, if the post's text
    /// is unchanged. Returns all candidates of the lines whose owner is not clear.
    pub(super) fn give_to_originals<'a>(
        &'a self,
        given: &mut Given<'a>,
        asking: &Asking<'_>,
    ) -> Vec<Unclear> {
        let mut asked: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        let mut at_own_path: BTreeMap<usize, Line<'a>> = BTreeMap::new();
        for number in given.list_lacking() {
            let line = asking.line(number);
            let own = self.posts.get(asking.posts[number].path);
            let own = own.filter(|own| !own.is_moved() && !given.taken.contains(own.id));
            at_own_path.extend(own.map(|own| (number, own)));
            asked
                .entry((line.published, line.title))
                .or_default()
                .push(number);
        }
        let alike = self.index_alike(given, |_| "");
        let mut owners: Vec<(usize, Line<'a>, &[usize], LineOwner<'a>)> = Vec::new();
        for (&number, &own) in &at_own_path {
            let Some(others) = asked.get(&(own.published, own.title)) else {
                continue;
            };
            let line = asking.line(number);
            let wanted = alike.get(&(line.published, line.title, ""));
            let wanted = wanted.copied().flatten();
            let owner = asking.find_owner(number, &own, others, wanted);
            owners.push((number, own, others, owner));
        }
        for (number, own, _, owner) in &owners {
            if *owner == LineOwner::AtPath {
                given.give(*number, own.id);
            }
        }
        // One that nobody else asks for may be of the post at its path, edited.
        let left = |number: usize, id: &str| {
            let line = at_own_path.get(&number).filter(|line| line.id != id)?;
            (!asked.contains_key(&(line.published, line.title))).then_some(line.id)
        };
        let mut unclear: Vec<Unclear> = Vec::new();
        for (number, own, others, owner) in owners {
            let mut ask =
                |id: &'a str, all: &[usize]| unclear.extend(asking.ask_for_owner(id, all, left));
            match owner {
                LineOwner::AtPath | LineOwner::Elsewhere => {}
                LineOwner::AmongOthers(wanted) => {
                    ask(own.id, others);
                    let line = asking.line(number);
                    let rivals = &asked[&(line.published, line.title)];
                    if rivals.len() > 1 && !asking.is_dead(wanted) {
                        ask(wanted, rivals);
                    }
                }
                LineOwner::Unclear => ask(own.id, &[others, &[number]].concat()),
            }
        }
        // It may be one of several, and is named once.
        let mut seen = HashSet::new();
        unclear.retain(|one| given.ids[one.number].is_none() && seen.insert(one.number));
        given.refused.extend(unclear.iter().map(|one| one.number));
        unclear
    }
}

impl Asking<'_> {
    /// Decides the owner of a line: the post at its path, which may want the id of another line, or one of `others`.
    fn find_owner<'a>(
        &self,
        number: usize,
        own: &Line<'_>,
        others: &[usize],
        wanted: Option<&'a str>,
    ) -> LineOwner<'a> {
        let is_same = |number: usize, id: &str| {
            let likeness = self.compare_texts(number, id);
            likeness.is_some_and(Likeness::is_same)
        };
        let is_as_published = is_same(number, own.id);
        if let Some(wanted) = wanted {
            // Without texts, a post that made room for this one looks like its copies.
            if self.is_unread(own.id) && others.len() > 1 {
                return LineOwner::AmongOthers(wanted);
            }
            // Files may have changed places, also with one text.
            return match is_as_published && !is_same(number, wanted) {
                true => LineOwner::AtPath,
                false => LineOwner::Elsewhere,
            };
        }
        let is_of_the_day = self.line(number).published == own.published;
        if is_as_published {
            let is_alone = is_of_the_day || !others.iter().any(|other| is_same(*other, own.id));
            return if is_alone {
                LineOwner::AtPath
            } else {
                LineOwner::Unclear
            };
        }
        match self.compare_texts(number, own.id) {
            Some(Likeness::Other) => LineOwner::Elsewhere,
            None if self.is_unread(own.id) => LineOwner::Unclear,
            _ if !is_of_the_day => LineOwner::Elsewhere,
            None => LineOwner::Elsewhere,
            _ => LineOwner::Unclear,
        }
    }

    /// Whether the last build may have had a post of this id, with a text that nobody knows.
    fn is_unread(&self, id: &str) -> bool {
        let before = self.past.before(id);
        before.map_or(!self.past.is_known(), |text| text == Signature::UNKNOWN)
    }

    /// Asks a person which of these posts has an id. Each may also have the one that is `left` for it alone.
    fn ask_for_owner<'a>(
        &self,
        id: &'a str,
        all: &[usize],
        left: impl Fn(usize, &str) -> Option<&'a str>,
    ) -> Vec<Unclear> {
        let ask = |number: &usize| {
            let rest = all.iter().filter(|other| *other != number);
            let rest: Vec<&str> = rest.map(|other| self.posts[*other].path).collect();
            let new = self.mint(*number);
            let ids: Vec<&str> = [id].into_iter().chain(left(*number, id)).collect();
            let path = self.path_of(id);
            Unclear::copied_or_moved(*number, &self.line(*number), path, (&ids, &new), &rest)
        };
        all.iter().map(ask).collect()
    }
}
