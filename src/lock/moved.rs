//! Matches posts at new paths with the posts of the last build that they must be.
//!
//! One act of a user may change the path, the title and the date of a post at once, so that no line of the lock fits
//! it. Posts at new paths are compared only with posts that vanished since the last build: a post that was deleted
//! years ago must neither give its id away nor block another.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::lock::lines::Line;
use crate::post::{Likeness, Signature, compose};

/// Above this number of pairs, texts are compared only if something else agrees.
const MOST_PAIRS: usize = 100_000_000;

/// The known traits of a post, before or now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trace<'a> {
    pub(super) path: &'a str,
    pub(super) published: &'a str,
    pub(super) title: &'a str,
    /// For a vanished post: `None` if the last build is not known.
    pub(super) text: Option<Signature>,
    /// For a vanished post: whether the last build had another post with the same text, which then says little.
    pub(super) is_shared: bool,
    /// For a new path: whether its instant is only a day, which unrelated posts may share.
    pub(super) is_day: bool,
}

impl<'a> Trace<'a> {
    /// The traits of a vanished post, from the lock and the last build.
    pub(super) fn from_line(line: &Line<'a>, text: Option<Signature>) -> Self {
        Self {
            path: line.path,
            published: line.published,
            title: line.title,
            text,
            is_shared: false,
            is_day: false,
        }
    }
}

/// The outcome for a post at a new path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Arrival {
    New,
    /// It is the vanished post of this number.
    Moved(usize),
    /// It may be any of these, or a new one.
    Unclear(BTreeSet<usize>),
}

impl Arrival {
    /// The numbers of the vanished posts that it is or may be.
    pub(super) fn meant(&self) -> impl Iterator<Item = usize> {
        let (moved, unclear) = match self {
            Self::New => (None, None),
            Self::Moved(number) => (Some(*number), None),
            Self::Unclear(numbers) => (None, Some(numbers)),
        };
        moved
            .into_iter()
            .chain(unclear.into_iter().flatten().copied())
    }
}

/// Places each post at a new path. A match is unique on both sides among the equally good ones.
pub(super) fn place(gone: &[Trace<'_>], came: &[Trace<'_>]) -> Vec<Arrival> {
    let mut places = vec![Arrival::New; came.len()];
    let mut taken = vec![false; gone.len()];
    let mut left_over: HashSet<usize> = HashSet::new();
    let mut pairs = pairs(gone, came);
    weigh_alike(&mut pairs, gone, came);
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.points));
    for alike in pairs.chunk_by(|a, b| a.points == b.points) {
        let open: Vec<&Pair> = alike
            .iter()
            .filter(|pair| !taken[pair.gone] && places[pair.came] == Arrival::New)
            .collect();
        // Of a tie that fitted better, one may be left over for a post that it fits as well as others do.
        let left_of_ties: Vec<&Pair> = alike
            .iter()
            .filter(|pair| left_over.contains(&pair.gone))
            .collect();
        let (mut of_gone, mut of_came) = (HashMap::new(), HashMap::new());
        for pair in open.iter().chain(&left_of_ties) {
            *of_gone.entry(pair.gone).or_insert(0) += 1;
            *of_came.entry(pair.came).or_insert(0) += 1;
        }
        for pair in &open {
            taken[pair.gone] = true;
            let is_only = of_gone[&pair.gone] == 1 && of_came[&pair.came] == 1;
            match &mut places[pair.came] {
                place @ Arrival::New if is_only && pair.is_sure => {
                    *place = Arrival::Moved(pair.gone);
                }
                Arrival::Unclear(others) => _ = others.insert(pair.gone),
                place => *place = Arrival::Unclear([pair.gone].into()),
            }
        }
        for pair in left_of_ties {
            match &mut places[pair.came] {
                place @ Arrival::New => *place = Arrival::Unclear([pair.gone].into()),
                Arrival::Unclear(others) => _ = others.insert(pair.gone),
                Arrival::Moved(_) => {}
            }
        }
        left_over.extend(find_left_over(&open));
    }
    places
}

/// The vanished posts of pairs that fit equally well which are more than the posts that came: whichever of them each is,
/// some are left over, for posts that fit less well.
fn find_left_over(pairs: &[&Pair]) -> HashSet<usize> {
    // Both kinds of posts are numbered as one, and each group by one of its posts.
    let (gone, came) = (|pair: &Pair| 2 * pair.gone, |pair: &Pair| 2 * pair.came + 1);
    let mut groups: HashMap<usize, usize> = HashMap::new();
    let group_of = |groups: &HashMap<usize, usize>, mut post: usize| {
        while let Some(next) = groups.get(&post).filter(|next| **next != post) {
            post = *next;
        }
        post
    };
    for pair in pairs {
        let (one, other) = (group_of(&groups, gone(pair)), group_of(&groups, came(pair)));
        groups.insert(other, one);
        // The way to the group stays short.
        groups.insert(gone(pair), one);
        groups.insert(came(pair), one);
    }
    let posts: HashSet<usize> = pairs
        .iter()
        .flat_map(|pair| [gone(pair), came(pair)])
        .collect();
    let mut surplus: HashMap<usize, i64> = HashMap::new();
    for post in &posts {
        let weight = if post.is_multiple_of(2) { 1 } else { -1 };
        *surplus.entry(group_of(&groups, *post)).or_insert(0) += weight;
    }
    let is_left = |post: &usize| post.is_multiple_of(2) && surplus[&group_of(&groups, *post)] > 0;
    posts
        .into_iter()
        .filter(is_left)
        .map(|post| post / 2)
        .collect()
}

/// Gives an equal path no extra weight if the text of its earlier post is not known and others may be that post: the
/// one at the path may be new.
fn weigh_alike(pairs: &mut [Pair], gone: &[Trace<'_>], came: &[Trace<'_>]) {
    let mut most: HashMap<usize, u32> = HashMap::new();
    for pair in &*pairs {
        let is_at_home = gone[pair.gone].path == came[pair.came].path;
        if is_at_home && gone[pair.gone].text.is_none() {
            most.insert(pair.gone, pair.points);
        }
    }
    for pair in &mut *pairs {
        if let Some(points) = most.get_mut(&pair.gone) {
            *points = pair.points.max(*points);
        }
    }
    for pair in pairs {
        pair.points = most.get(&pair.gone).copied().unwrap_or(pair.points);
    }
}

/// A vanished post and one at a new path that may be the same.
struct Pair {
    points: u32,
    gone: usize,
    came: usize,
    /// Whether it can be believed without asking.
    is_sure: bool,
}

fn pairs(gone: &[Trace<'_>], came: &[Trace<'_>]) -> Vec<Pair> {
    let stems: Vec<String> = gone.iter().map(|trace| stem(trace.path)).collect();
    let mut index: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (number, (trace, stem)) in gone.iter().zip(&stems).enumerate() {
        for key in keys(trace, stem) {
            index.entry(key).or_default().push(number);
        }
    }
    let compares_all = gone.len().saturating_mul(came.len()) <= MOST_PAIRS;
    let mut pairs = Vec::new();
    for (number, trace) in came.iter().enumerate() {
        let stem = stem(trace.path);
        let mut candidates: BTreeSet<usize> = BTreeSet::new();
        for key in keys(trace, &stem) {
            candidates.extend(index.get(&key).into_iter().flatten());
        }
        if compares_all {
            let is_same = |at: &usize| text(&gone[*at], trace).is_same();
            candidates.extend((0..gone.len()).filter(is_same));
        }
        for at in candidates {
            pairs.extend(compare(at, &gone[at], &stems[at], number, trace, &stem));
        }
    }
    pairs
}

/// The keys by which two traces may be found to agree.
fn keys<'a>(trace: &Trace<'a>, stem: &'a str) -> impl Iterator<Item = (&'static str, &'a str)> {
    let keys = [
        ("date", trace.published),
        ("title", trace.title),
        ("stem", stem),
        ("path", trace.path),
    ];
    keys.into_iter().filter(|(_, value)| !value.is_empty())
}

fn text(gone: &Trace<'_>, came: &Trace<'_>) -> Likeness {
    let both = gone.text.zip(came.text);
    both.map_or(Likeness::Unknown, |(before, now)| before.compare(now))
}

/// Whether both texts are known, differ, and one of them is short.
fn are_two_short(gone: &Trace<'_>, came: &Trace<'_>) -> bool {
    let both = gone.text.zip(came.text);
    both.is_some_and(|(before, now)| before != now && (before.is_short() || now.is_short()))
}

/// Weighs whether two traces are one post; `None` if too little agrees. One of instant, title and stem is enough unless
/// the texts contradict it; the text of a post is enough alone, and so is its path. A short text alone only raises the
/// question, since a new post may repeat a deleted one; a text that several posts share says nothing. A day alone is
/// not enough if the texts are short and differ. If the last build is not known, the post may have been deleted long
/// ago: then two must agree, one of them the instant.
fn compare(
    number: usize,
    gone: &Trace<'_>,
    gone_stem: &str,
    came_number: usize,
    came: &Trace<'_>,
    came_stem: &str,
) -> Option<Pair> {
    let same_instant = gone.published == came.published;
    let same_title = gone.title == came.title;
    let same_stem = !gone_stem.is_empty() && gone_stem == came_stem;
    let agree = u32::from(same_instant) + u32::from(same_title) + u32::from(same_stem);
    let likeness = text(gone, came);
    let same_path = gone.path == came.path;
    let needed = match likeness {
        _ if same_path => 0,
        _ if gone.text.is_none() => 2,
        Likeness::Same => 0,
        Likeness::SameShort if !gone.is_shared => 0,
        Likeness::Unknown if same_instant && came.is_day && are_two_short(gone, came) => 2,
        Likeness::SameShort | Likeness::Unknown => 1,
        Likeness::Other => 2,
    };
    if agree < needed {
        return None;
    }
    let is_by_short_text = likeness == Likeness::SameShort && agree == 0 && !same_path;
    let of_text = match likeness {
        // It ranks behind every other agreement.
        _ if is_by_short_text => 0,
        Likeness::Same => 8,
        Likeness::SameShort => 4,
        Likeness::Unknown => 2,
        Likeness::Other => 0,
    };
    Some(Pair {
        points: 2 * agree
            + 2 * of_text
            + u32::from(file_name(gone.path) == file_name(came.path))
            + u32::from(same_path),
        gone: number,
        came: came_number,
        is_sure: (gone.text.is_some() || same_instant || same_path) && !is_by_short_text,
    })
}

/// The part of a path that stays when a folder moves: the file's name, for an `index` with its folder.
pub(super) fn file_name(path: &str) -> &str {
    let Some(end) = path.rfind('/') else {
        return path;
    };
    let start = match path[end..].starts_with("/index.") {
        true => path[..end].rfind('/').map_or(0, |at| at + 1),
        false => end + 1,
    };
    &path[start..]
}

/// The part of a path that survives a move to another folder, generator or day: the name without date, ending, case and
/// form of its accents; for an `index` the name of its folder. Empty if nothing is left.
fn stem(path: &str) -> String {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let mut name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    if name.split('.').next() == Some("index") {
        name = folders.rsplit('/').next().unwrap_or_default();
    }
    let name = without_date(name);
    let plain = compose(name).to_lowercase();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// A file's name without its leading date, or the whole name if it is nothing but a date.
fn without_date(name: &str) -> &str {
    let mut rest = name;
    for digits in [4..=4, 1..=2, 1..=2] {
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        if !digits.contains(&count) {
            return name;
        }
        rest = rest[count..].trim_start_matches(['-', '_', '.', ' ']);
    }
    if rest.is_empty() { name } else { rest }
}

#[cfg(test)]
mod tests;
