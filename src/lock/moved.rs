//! Posts that came under another path, each matched with the one post of the last build that it can only be.
//!
//! An act of a user may change the path, the title and the date of a post at once, so that no line of the lock fits it.
//! What came is compared with what vanished since the last build, and with nothing else: a post that was deleted years
//! ago must neither give its id away nor stand in the way.

use std::collections::{BTreeSet, HashMap};

use crate::lock::lines::Line;
use crate::post::{Likeness, Signature, composed};

/// Above so many pairs, texts are not compared where nothing else agrees.
const MOST_PAIRS: usize = 100_000_000;

/// What is known of a post, before or now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trace<'a> {
    pub(super) path: &'a str,
    pub(super) published: &'a str,
    pub(super) title: &'a str,
    /// Of a post that vanished: none where the last build is not known.
    pub(super) text: Option<Signature>,
}

impl<'a> Trace<'a> {
    /// What the lock and the last build say of a post.
    pub(super) fn of_line(line: &Line<'a>, text: Option<Signature>) -> Self {
        Self {
            path: line.path,
            published: line.published,
            title: line.title,
            text,
        }
    }
}

/// What became of a post that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    New,
    /// It is the vanished post of this number.
    Moved(usize),
    /// It may be any of these, or a new one.
    Unclear(BTreeSet<usize>),
}

/// The place of each post that came. A match is unique on both sides among those that fit as well.
pub(super) fn place(gone: &[Trace<'_>], came: &[Trace<'_>]) -> Vec<Place> {
    let mut places = vec![Place::New; came.len()];
    let mut taken = vec![false; gone.len()];
    let mut pairs = pairs(gone, came);
    weigh_alike(&mut pairs, gone, came);
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.points));
    for alike in pairs.chunk_by(|a, b| a.points == b.points) {
        let open: Vec<&Pair> = alike
            .iter()
            .filter(|pair| !taken[pair.gone] && places[pair.came] == Place::New)
            .collect();
        let (mut of_gone, mut of_came) = (HashMap::new(), HashMap::new());
        for pair in &open {
            *of_gone.entry(pair.gone).or_insert(0) += 1;
            *of_came.entry(pair.came).or_insert(0) += 1;
        }
        for pair in open {
            taken[pair.gone] = true;
            let is_only = of_gone[&pair.gone] == 1 && of_came[&pair.came] == 1;
            match &mut places[pair.came] {
                place @ Place::New if is_only && pair.is_sure => *place = Place::Moved(pair.gone),
                Place::Unclear(others) => _ = others.insert(pair.gone),
                place => *place = Place::Unclear([pair.gone].into()),
            }
        }
    }
    places
}

/// Lets a path say no more than anything else where the text of the post that had it is not known, and others may be that
/// post: whoever stands there may be a new one.
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

/// Two posts that may be one.
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
            let same = (0..gone.len()).filter(|at| text(&gone[*at], trace) == Likeness::Same);
            candidates.extend(same);
        }
        for at in candidates {
            pairs.extend(compare(at, &gone[at], &stems[at], number, trace, &stem));
        }
    }
    pairs
}

/// What two traces may have in common.
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

/// The pair that two traces are; none where too little of them agrees. One of instant, title and stem is enough, unless
/// the text says that it is another post; the text of a post is enough alone, unless it is a short one, and so is its path. Where the last
/// build is not known, the post may have been deleted long ago: then two must agree, and the instant among them.
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
        Likeness::SameShort | Likeness::Unknown => 1,
        Likeness::Other => 2,
    };
    if agree < needed {
        return None;
    }
    let of_text = match likeness {
        Likeness::Same => 8,
        Likeness::SameShort => 4,
        Likeness::Unknown => 2,
        Likeness::Other => 0,
    };
    let file = |trace: &Trace<'_>| trace.path.rsplit('/').next().map(str::to_owned);
    Some(Pair {
        points: 2 * agree
            + 2 * of_text
            + u32::from(file(gone) == file(came))
            + u32::from(same_path),
        gone: number,
        came: came_number,
        is_sure: gone.text.is_some() || same_instant || same_path,
    })
}

/// What stays of a path when a file moves to another folder, another generator or another day: its name without date,
/// ending, case and the form of its accents; that of its folder where it is that folder's `index`. Empty where that
/// says nothing.
fn stem(path: &str) -> String {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let mut name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    if name.split('.').next() == Some("index") {
        name = folders.rsplit('/').next().unwrap_or_default();
    }
    let name = without_date(name);
    let plain = composed(name).to_lowercase();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

/// A file's name without the date before it; all of it where it is nothing but a date.
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
mod tests {
    use super::{Place, Trace, place, stem};
    use crate::post::Signature;

    const TEA: &str = "The kettle was on before the pager went, and the pager went before the tea was cold, and \
                       nobody wrote down why the lights in the hall were green.";
    const RAIN: &str = "It rained on the roof of the old station for nine days, and on the tenth the river stood in \
                        the yard, so the cat moved upstairs for good.";
    const SUN: &str = "Seven of the panels face south and one does not, which took us a whole summer to notice, since \
                       the eighth was the only one that anybody ever cleaned.";

    /// A post as `path|published|title|text`; `-` is a text that is not known, `=` stands for a word of these.
    fn trace(line: &str) -> Trace<'_> {
        let fields: Vec<&str> = line.split('|').collect();
        let text = match fields[3] {
            "tea" => TEA.to_owned(),
            "tea2" => TEA.replace("kettle", "teapot"),
            "rain" => RAIN.to_owned(),
            "sun" => SUN.to_owned(),
            other => other.to_owned(),
        };
        Trace {
            path: fields[0],
            published: fields[1],
            title: fields[2],
            text: (text != "-").then(|| Signature::of(&text)),
        }
    }

    /// The places in words: `new`, the number of the vanished post, `0?1` where either could be meant.
    fn places(gone: &[&str], came: &[&str]) -> Vec<String> {
        let gone: Vec<Trace<'_>> = gone.iter().copied().map(trace).collect();
        let came: Vec<Trace<'_>> = came.iter().copied().map(trace).collect();
        let word = |place: &Place| match place {
            Place::New => "new".to_owned(),
            Place::Moved(number) => number.to_string(),
            Place::Unclear(some) if some.len() == 1 => format!("{}?", some.first().unwrap()),
            Place::Unclear(some) => {
                let some: Vec<String> = some.iter().map(ToString::to_string).collect();
                some.join("?")
            }
        };
        place(&gone, &came).iter().map(word).collect()
    }

    /// What is tried, what vanished, what came, and the place of each that came.
    type Case = (
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        &'static [&'static str],
    );

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn each_act_of_a_user_leads_to_one_post_or_names_those_that_it_could_be() {
        let table: [Case; 27] = [
            ("nothing vanished", &[], &["a.md|1|A|tea"], &["new"]),
            (
                "a note is renamed, its title with it",
                &["Tea.md|1|Tea|tea"],
                &["Green.md|1|Green|tea"],
                &["0"],
            ),
            (
                "and edited",
                &["Tea.md|1|Tea|tea"],
                &["Green.md|1|Green|tea2"],
                &["0"],
            ),
            (
                "a name with its day corrected",
                &["_posts/2024-01-01-tea.md|1|tea|tea"],
                &["_posts/2024-01-02-tea.md|2|tea|tea"],
                &["0"],
            ),
            (
                "a typo in title and slug",
                &["teh.md|1|Teh|Hot."],
                &["the.md|1|The|Hot."],
                &["0"],
            ),
            (
                "a file becomes a folder with a new title",
                &["tea.md|1|Tea|tea"],
                &["tea/index.md|1|Green|tea"],
                &["0"],
            ),
            (
                "a zone is corrected while a folder moves",
                &["a/tea.md|1|Tea|tea"],
                &["b/tea.md|2|Tea|tea"],
                &["0"],
            ),
            (
                "from one generator to another",
                &["_posts/2024-01-01-tea.md|1|Tea|tea"],
                &["content/post/tea.md|2|Tea|tea2"],
                &["0"],
            ),
            (
                "all but the text",
                &["a.md|1|A|tea"],
                &["b.md|2|B|tea2"],
                &["0"],
            ),
            (
                "all but a short text",
                &["a.md|1|A|Hot."],
                &["b.md|2|B|Hot."],
                &["new"],
            ),
            (
                "all but the instant, of a short post",
                &["a.md|1|A|Hot tea."],
                &["b.md|1|B|Cold tea."],
                &["0"],
            ),
            (
                "a case and an accent's form",
                &["Te\u{301}a.md|1|A|Hot."],
                &["x/t\u{e9}A.md|2|B|Cold."],
                &["0"],
            ),
            (
                "one is deleted, another of its day written",
                &["a.md|1|A|tea"],
                &["b.md|1|B|rain"],
                &["new"],
            ),
            (
                "one is deleted, another of its title written",
                &["2023/a.md|1|Weekly|tea"],
                &["2024/b.md|2|Weekly|rain"],
                &["new"],
            ),
            (
                "path and day stay in all but the text",
                &["x/a.md|1|A|tea"],
                &["y/a.md|1|B|rain"],
                &["0"],
            ),
            (
                "two of one day, told apart by their texts",
                &["a.md|1|A|tea", "b.md|1|B|rain"],
                &["d.md|1|D|rain", "c.md|1|C|tea"],
                &["1", "0"],
            ),
            (
                "two of one day, one of them deleted",
                &["a.md|1|A|tea", "b.md|1|B|rain"],
                &["c.md|1|C|rain"],
                &["1"],
            ),
            (
                "two of one day and one text",
                &["a.md|1|A|tea", "b.md|1|B|tea"],
                &["c.md|1|C|tea"],
                &["0?1"],
            ),
            (
                "both of them",
                &["a.md|1|A|tea", "b.md|1|B|tea"],
                &["c.md|1|C|tea", "d.md|1|D|tea"],
                &["0?1", "0?1"],
            ),
            (
                "two of one day and one text, told apart by their stems",
                &["a.md|1|A|tea", "b.md|1|B|tea"],
                &["x/b.md|1|D|tea"],
                &["1"],
            ),
            (
                "two copies of one",
                &["a.md|1|A|tea"],
                &["b.md|1|A|tea", "c.md|1|A|tea"],
                &["0?", "0?"],
            ),
            (
                "a copy of another day is the lesser",
                &["a.md|1|A|tea"],
                &["b.md|1|A|tea", "c.md|2|C|tea"],
                &["0", "new"],
            ),
            (
                "a folder of one title moves, zone and all",
                &["2024-01-01-w.md|1|W|tea", "2024-01-08-w.md|3|W|rain"],
                &["x/2024-01-08-w.md|4|W|rain", "x/2024-01-01-w.md|2|W|tea"],
                &["1", "0"],
            ),
            (
                "one takes the path of another that moved",
                &["a.md|1|A|tea", "b.md|2|B|rain"],
                &["a.md|3|C|rain", "c.md|4|D|tea"],
                &["1", "0"],
            ),
            (
                "a new one takes the path of another that moved",
                &["a.md|1|A|tea"],
                &["a.md|1|C|rain", "c.md|4|D|tea"],
                &["new", "0"],
            ),
            (
                "all but the path",
                &["a.md|1|A|tea"],
                &["a.md|2|B|rain", "c.md|1|C|sun"],
                &["0", "new"],
            ),
            (
                "a third post of the day is new",
                &["a.md|1|A|tea"],
                &["b.md|1|B|tea", "c.md|1|C|sun"],
                &["0", "new"],
            ),
        ];
        for (case, gone, came, expected) in table {
            assert_eq!(places(gone, came), expected, "{case}");
        }
    }

    #[test]
    fn where_a_text_is_not_known_more_must_agree_or_it_is_asked() {
        let table: [Case; 5] = [
            (
                "the last build is not known: one is too little",
                &["a.md|1|A|-"],
                &["b.md|1|B|tea"],
                &["new"],
            ),
            (
                "two with the instant",
                &["a.md|1|A|-"],
                &["x/a.md|1|B|tea"],
                &["0"],
            ),
            (
                "two without it may be a post of long ago",
                &["2020/w.md|1|W|-"],
                &["2024/w.md|2|W|tea"],
                &["0?"],
            ),
            (
                "it is where it was, and its text is not known",
                &["a.md|1|A|-"],
                &["a.md|2|B|tea"],
                &["0"],
            ),
            (
                "and another may be it as well",
                &["x/a.md|1|A|-"],
                &["x/a.md|1|B|tea", "y/a.md|2|A|rain"],
                &["0?", "0?"],
            ),
        ];
        for (case, gone, came, expected) in table {
            assert_eq!(places(gone, came), expected, "{case}");
        }
    }

    #[test]
    fn a_stem_is_what_stays_of_a_path() {
        for (path, expected) in [
            ("tea.md", "tea"),
            ("_posts/2024-01-05-Green_Tea.markdown", "green-tea"),
            ("2024_1_5 tea.md", "tea"),
            ("20240105.md", "20240105"),
            ("2024-01-05.md", "2024-01-05"),
            ("blog/tea/index.md", "tea"),
            ("blog/2024-01-05-tea/index.de.md", "tea"),
            ("index.md", ""),
            ("x/Te\u{301}a.md", "t\u{e9}a"),
            ("v1.2.md", "v1-2"),
        ] {
            assert_eq!(stem(path), expected, "{path}");
        }
    }
}
