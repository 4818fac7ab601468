//! Which posts that came are ones that vanished.

use super::{Arrival, Trace, make_stem, match_posts};
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
        text: (text != "-").then(|| Signature::from_text(&text)),
        is_shared: text == "Subscribe!",
        is_day: fields[1].starts_with("day"),
    }
}

/// The arrivals in words: `new`, the number of the vanished post, `0?1` where either could be meant.
fn places(gone: &[&str], came: &[&str]) -> Vec<String> {
    let gone: Vec<Trace<'_>> = gone.iter().copied().map(trace).collect();
    let came: Vec<Trace<'_>> = came.iter().copied().map(trace).collect();
    let word = |place: &Arrival| match place {
        Arrival::New => "new".to_owned(),
        Arrival::Moved(number) => number.to_string(),
        Arrival::Unclear(some) if some.len() == 1 => format!("{}?", some.first().unwrap()),
        Arrival::Unclear(some) => {
            let some: Vec<String> = some.iter().map(ToString::to_string).collect();
            some.join("?")
        }
    };
    match_posts(&gone, &came).iter().map(word).collect()
}

/// A case: its name, the posts that vanished, those that came, and the place of each that came.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_act_of_a_user_leads_to_one_post_or_names_those_that_it_could_be() {
    let table: [Case; 46] = [
        (
            "a post and its copy move, and one gets another day",
            &["a.md|d1|Tea|tea", "b.md|d1|Tea|tea"],
            &["x.md|d1|Tea|tea", "y.md|d2|Tea|tea"],
            &["0?1", "0?1"],
        ),
        (
            "both of two may be one, and a third is new",
            &["a.md|d1|Tea|tea"],
            &["x.md|d1|Tea|tea", "y.md|d1|Tea|tea", "z.md|d2|Tea|tea"],
            &["0?", "0?", "new"],
        ),
        (
            "what is left over is not for one that is another",
            &["a.md|d1|Tea|tea", "b.md|d1|Tea|tea"],
            &["x.md|d1|Tea|tea", "c.md|d3|Rain|rain"],
            &["0?1", "new"],
        ),
        (
            "what is left over of two fits as well as a third",
            &["a.md|d1|Tea|tea", "b.md|d1|Tea|tea", "c.md|d2|Tea|tea"],
            &["x.md|d1|Tea|tea", "y.md|d3|Tea|tea"],
            &["0?1", "0?1?2"],
        ),
        (
            "what is left over of three alike",
            &["a.md|d1|Tea|tea", "b.md|d1|Tea|tea", "c.md|d1|Tea|tea"],
            &["x.md|d1|Tea|tea", "y.md|d2|Tea|tea", "z.md|d3|Tea|tea"],
            &["0?1?2", "0?1?2", "0?1?2"],
        ),
        (
            "a third that fits better is not in doubt",
            &["a.md|d1|Tea|tea", "b.md|d1|Tea|tea", "c.md|d2|Tea|tea"],
            &["x.md|d1|Tea|tea", "y.md|d2|Tea|tea"],
            &["0?1", "2"],
        ),
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
            &["0?"],
        ),
        (
            "all but a short text with other marks and case",
            &["a.md|1|A|Hot *tea*."],
            &["b.md|2|B|hot tea"],
            &["0?"],
        ),
        (
            "all but a short text, of which a word changed",
            &["a.md|1|A|Hot tea."],
            &["b.md|2|B|Cold tea."],
            &["new"],
        ),
        (
            "all but a short text that other posts have too",
            &["a.md|1|A|Subscribe!"],
            &["b.md|2|B|Subscribe!"],
            &["new"],
        ),
        (
            "and one of title and stem",
            &["a.md|1|A|Subscribe!"],
            &["b.md|2|A|Subscribe!"],
            &["0"],
        ),
        (
            "all but no text",
            &["a.md|1|A|..."],
            &["b.md|2|B|..."],
            &["new"],
        ),
        (
            "two of one short text, and one came",
            &["a.md|1|A|Hot.", "b.md|2|B|Hot."],
            &["c.md|3|C|Hot."],
            &["0?1"],
        ),
        (
            "two came of one short text",
            &["a.md|1|A|Hot."],
            &["b.md|2|B|Hot.", "c.md|3|C|Hot."],
            &["0?", "0?"],
        ),
        (
            "a short text and its title, and another of that text",
            &["a.md|1|A|Hot."],
            &["b.md|2|A|Hot.", "c.md|3|C|Hot."],
            &["0", "new"],
        ),
        (
            "what else agrees comes before a short text alone",
            &["a.md|1|A|Hot.", "b.md|2|B|Cold."],
            &["c.md|3|B|Hot."],
            &["1"],
        ),
        (
            "all but the instant, of a short post",
            &["a.md|1|A|Hot tea."],
            &["b.md|1|B|Cold tea."],
            &["0"],
        ),
        (
            "a short one is deleted, another of its day written",
            &["tea.md|day 1|Tea|I drank tea."],
            &["bus-strike.md|day 1|Bus strike|No buses run."],
            &["new"],
        ),
        (
            "a long one of the day of a short one",
            &["tea.md|day 1|Tea|I drank tea."],
            &["rain.md|day 1|Rain|rain"],
            &["new"],
        ),
        (
            "a short one of a day, renamed with its title",
            &["tea.md|day 1|Tea|I drank tea."],
            &["cup.md|day 1|Cup|I drank tea."],
            &["0"],
        ),
        (
            "a short one of a day, renamed and edited under its title",
            &["tea.md|day 1|Tea|I drank tea."],
            &["cup.md|day 1|Tea|I drank green tea."],
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
        assert_eq!(make_stem(path), expected, "{path}");
    }
}
