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
    pub(super) fn candidates(&self) -> impl Iterator<Item = usize> {
        let (moved, unclear) = match self {
            Self::New => (None, None),
            Self::Moved(number) => (Some(*number), None),
            Self::Unclear(numbers) => (None, Some(numbers)),
        };
        moved
            .into_iter()
            .chain(unclear.into_iter().flatten().copied())
    }

    /// Notes that it may also be the vanished post of this number; one that has been matched stays so.
    fn doubt(&mut self, number: usize) {
        match self {
            Self::New => *self = Self::Unclear([number].into()),
            Self::Unclear(numbers) => _ = numbers.insert(number),
            Self::Moved(_) => {}
        }
    }
}

/// Matches each post at a new path with a vanished one. A match is unique on both sides among the equally good ones.
pub(super) fn match_posts(gone: &[Trace<'_>], came: &[Trace<'_>]) -> Vec<Arrival> {
    let mut arrivals = vec![Arrival::New; came.len()];
    let mut taken = vec![false; gone.len()];
    let mut left_over: HashSet<usize> = HashSet::new();
    let mut pairs = find_pairs(gone, came);
    level_unknown(&mut pairs, gone, came);
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.points));
    for alike in pairs.chunk_by(|a, b| a.points == b.points) {
        let open: Vec<&Pair> = alike
            .iter()
            .filter(|pair| !taken[pair.gone] && arrivals[pair.came] == Arrival::New)
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
            match &mut arrivals[pair.came] {
                arrival @ Arrival::New if is_only && pair.is_sure => {
                    *arrival = Arrival::Moved(pair.gone);
                }
                arrival => arrival.doubt(pair.gone),
            }
        }
        for pair in left_of_ties {
            arrivals[pair.came].doubt(pair.gone);
        }
        left_over.extend(find_left_over(&open));
    }
    arrivals
}

/// A post of a pair, by its number among those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum PairedPost {
    Gone(usize),
    Came(usize),
}

/// Paired posts in groups; each post leads to another one of its group, and in the end to the one that names it.
#[derive(Debug, Default)]
struct PairedGroups(HashMap<PairedPost, PairedPost>);

impl PairedGroups {
    fn find(&self, mut post: PairedPost) -> PairedPost {
        while let Some(next) = self.0.get(&post).filter(|next| **next != post) {
            post = *next;
        }
        post
    }

    fn join(&mut self, one: PairedPost, other: PairedPost) {
        let (group, joined) = (self.find(one), self.find(other));
        // The way to the group stays short.
        for post in [joined, one, other] {
            self.0.insert(post, group);
        }
    }
}

/// Finds the vanished posts that outnumber the posts that came, among pairs that fit equally well: whichever of them
/// each is, some are left over, for posts that fit less well.
fn find_left_over(pairs: &[&Pair]) -> HashSet<usize> {
    let mut groups = PairedGroups::default();
    for pair in pairs {
        groups.join(PairedPost::Gone(pair.gone), PairedPost::Came(pair.came));
    }
    let mut surplus: HashMap<PairedPost, i64> = HashMap::new();
    for post in groups.0.keys() {
        *surplus.entry(groups.find(*post)).or_default() += match post {
            PairedPost::Gone(_) => 1,
            PairedPost::Came(_) => -1,
        };
    }
    let mut left_over = HashSet::new();
    for post in groups.0.keys() {
        if let PairedPost::Gone(number) = post
            && surplus[&groups.find(*post)] > 0
        {
            left_over.insert(*number);
        }
    }
    left_over
}

/// Gives an equal path no extra weight if the text of its earlier post is not known and others may be that post: the
/// one at the path may be new.
fn level_unknown(pairs: &mut [Pair], gone: &[Trace<'_>], came: &[Trace<'_>]) {
    let mut most: HashMap<usize, u32> = HashMap::new();
    for pair in &*pairs {
        let has_same_path = gone[pair.gone].path == came[pair.came].path;
        if has_same_path && gone[pair.gone].text.is_none() {
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

/// A trace with its number among those of its kind, and the stem of its path.
struct NumberedTrace<'a> {
    number: usize,
    trace: Trace<'a>,
    stem: String,
}

impl NumberedTrace<'_> {
    /// Lists the keys by which two traces may be found to agree.
    fn list_keys(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let keys = [
            ("date", self.trace.published),
            ("title", self.trace.title),
            ("stem", &self.stem),
            ("path", self.trace.path),
        ];
        keys.into_iter().filter(|(_, value)| !value.is_empty())
    }
}

fn number_traces<'a>(traces: &[Trace<'a>]) -> Vec<NumberedTrace<'a>> {
    let traces = traces.iter().enumerate();
    let numbered = traces.map(|(number, trace)| NumberedTrace {
        number,
        trace: *trace,
        stem: make_stem(trace.path),
    });
    numbered.collect()
}

/// Finds the pairs that may be one post.
fn find_pairs(gone: &[Trace<'_>], came: &[Trace<'_>]) -> Vec<Pair> {
    let compares_all = gone.len().saturating_mul(came.len()) <= MOST_PAIRS;
    let (gone, came) = (number_traces(gone), number_traces(came));
    let mut index: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for post in &gone {
        for key in post.list_keys() {
            index.entry(key).or_default().push(post.number);
        }
    }
    let mut pairs = Vec::new();
    for post in &came {
        let mut candidates: BTreeSet<usize> = BTreeSet::new();
        for key in post.list_keys() {
            candidates.extend(index.get(&key).into_iter().flatten());
        }
        if compares_all {
            let is_same = |at: &usize| compare_texts(&gone[*at].trace, &post.trace).is_same();
            candidates.extend((0..gone.len()).filter(is_same));
        }
        for at in candidates {
            pairs.extend(weigh_pair(&gone[at], post));
        }
    }
    pairs
}

fn compare_texts(gone: &Trace<'_>, came: &Trace<'_>) -> Likeness {
    let both = gone.text.zip(came.text);
    both.map_or(Likeness::Unknown, |(before, now)| before.compare(now))
}

/// Whether both texts are known, differ, and one of them is short.
fn are_short_and_differ(gone: &Trace<'_>, came: &Trace<'_>) -> bool {
    let both = gone.text.zip(came.text);
    both.is_some_and(|(before, now)| before != now && (before.is_short() || now.is_short()))
}

/// Weighs whether two traces are one post; `None` if too little agrees. One of instant, title and stem is enough unless
/// the texts contradict it; the text of a post is enough alone, and so is its path. A short text alone only raises the
/// question, since a new post may repeat a deleted one; a text that several posts share says nothing. A day alone is
/// not enough if the texts are short and differ. If the last build is not known, the post may have been deleted long
/// ago: then two must agree, one of them the instant.
fn weigh_pair(one: &NumberedTrace<'_>, other: &NumberedTrace<'_>) -> Option<Pair> {
    let (gone, came) = (&one.trace, &other.trace);
    let same_instant = gone.published == came.published;
    let same_title = gone.title == came.title;
    let same_stem = !one.stem.is_empty() && one.stem == other.stem;
    let agree = u32::from(same_instant) + u32::from(same_title) + u32::from(same_stem);
    let likeness = compare_texts(gone, came);
    let same_path = gone.path == came.path;
    let needed = match likeness {
        _ if same_path => 0,
        _ if gone.text.is_none() => 2,
        Likeness::Same => 0,
        Likeness::SameShort if !gone.is_shared => 0,
        Likeness::Unknown if same_instant && came.is_day && are_short_and_differ(gone, came) => 2,
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
            + u32::from(strip_folders(gone.path) == strip_folders(came.path))
            + u32::from(same_path),
        gone: one.number,
        came: other.number,
        is_sure: (gone.text.is_some() || same_instant || same_path) && !is_by_short_text,
    })
}

/// Strips from a path what changes when a folder moves: the file's name is left, for an `index` with its folder.
pub(super) fn strip_folders(path: &str) -> &str {
    let Some(end) = path.rfind('/') else {
        return path;
    };
    let start = match path[end..].starts_with("/index.") {
        true => path[..end].rfind('/').map_or(0, |at| at + 1),
        false => end + 1,
    };
    &path[start..]
}

/// Makes of a path what survives a move to another folder, generator or day: the name without date, ending, case and form
/// of its accents; for an `index` the name of its folder. Empty if nothing is left.
fn make_stem(path: &str) -> String {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let mut name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    if name.split('.').next() == Some("index") {
        name = folders.rsplit('/').next().unwrap_or_default();
    }
    let name = strip_date(name);
    let plain = compose(name).to_lowercase();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// Strips the leading date from a file's name, unless it is nothing but a date.
fn strip_date(name: &str) -> &str {
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
