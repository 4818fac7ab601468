//! Decides which post a line belongs to if one is at its path and others have its instant and title.
//!
//! Either a file was renamed and another took its place, or it was copied and then edited. If a copy took the id, the
//! post that was mailed would get a new one and be mailed again. So texts decide, and without them nobody gets the id
//! until a person decides.

use std::collections::{HashMap, HashSet};

use crate::lock::Lock;
use crate::lock::asking::Asking;
use crate::lock::given::Given;
use crate::lock::lines::Line;
use crate::lock::unclear::Unclear;
use crate::post::Likeness;

/// The owner of a line that a post at its path and others may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LineOwner {
    /// The post at the path of the line.
    AtPath,
    /// Not the post at its path, or it asks for another line.
    Elsewhere,
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
        let mut at_own_path: Vec<(usize, Line<'a>)> = Vec::new();
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
        let mut owners: Vec<(usize, Line<'a>, &[usize], LineOwner)> = Vec::new();
        for (number, own) in at_own_path {
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
        owners.retain(|(.., owner)| *owner == LineOwner::Unclear);
        let mut unclear: Vec<Unclear> = Vec::new();
        for (number, own, others, _) in owners {
            unclear.extend(asking.ask_for_owner(number, &own, others));
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
    fn find_owner(
        &self,
        number: usize,
        own: &Line<'_>,
        others: &[usize],
        wanted: Option<&str>,
    ) -> LineOwner {
        let is_same = |number: usize, id: &str| {
            let likeness = self.compare_texts(number, id);
            likeness.is_some_and(Likeness::is_same)
        };
        let is_as_published = is_same(number, own.id);
        if let Some(wanted) = wanted {
            // Without texts, files that changed places look like their copies.
            if !self.past.is_known() && others.len() > 1 {
                return LineOwner::Unclear;
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
            None if !self.past.is_known() => LineOwner::Unclear,
            _ if !is_of_the_day => LineOwner::Elsewhere,
            None => LineOwner::Elsewhere,
            _ => LineOwner::Unclear,
        }
    }

    /// Asks a person about the owner of a line: the post at its path, or one of `others`.
    fn ask_for_owner(&self, number: usize, own: &Line<'_>, others: &[usize]) -> Vec<Unclear> {
        let all = || others.iter().copied().chain([number]);
        let ask = |number: usize| {
            let path = |other: usize| self.posts[other].path;
            let rest: Vec<&str> = all().filter(|other| *other != number).map(path).collect();
            let new = self.mint(number);
            let published = (own.path, own.id);
            Unclear::copied_or_moved(number, &self.line(number), published, &rest, &new)
        };
        all().map(ask).collect()
    }
}
