//! The file of departures: a line for each, below the name of its store.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const HEAD: &str = "tidings departures 1";

/// A departure or its reversal, in the order of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DepartureKind {
    Bounced,
    Complained,
    Doubted,
    Forgotten,
    Left,
    Returned,
}

impl DepartureKind {
    const ALL: [Self; 6] = [
        Self::Bounced,
        Self::Complained,
        Self::Doubted,
        Self::Forgotten,
        Self::Left,
        Self::Returned,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Doubted => "doubted",
            Self::Forgotten => "forgotten",
            Self::Left => "left",
            Self::Returned => "returned",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One event of a reader, in the order of time; within a second a reversal comes after the event that it reverses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Departure {
    /// In seconds since 1970.
    pub(super) at: i64,
    pub(super) kind: DepartureKind,
    /// The reader's fingerprint under the store's key.
    pub(super) reader: u128,
    /// The one digest that was left.
    pub(super) digest: Option<Box<str>>,
}

impl Departure {
    pub(super) fn read(at: i64, kind: &str, reader: &str, digest: Option<&str>) -> Option<Self> {
        Some(Self {
            at,
            kind: DepartureKind::parse(kind)?,
            reader: u128::from_str_radix(reader, 16).ok()?,
            digest: digest.map(Box::from),
        })
    }

    /// Parses a line; `None` if it is torn or was edited by hand.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let at = fields.next()?.parse().ok()?;
        let (kind, reader) = (fields.next()?, fields.next()?);
        // A fingerprint has one length, so a shorter one was torn.
        if reader.len() != 32 {
            return None;
        }
        Self::read(at, kind, reader, fields.next())
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{:032x}", self.at, self.kind.word(), self.reader)?;
        match &self.digest {
            Some(digest) => write!(f, "\t{digest}"),
            None => Ok(()),
        }
    }
}

/// The departures of one store, as the file has them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Noted {
    pub(super) mark: EventMark,
    pub(super) departures: BTreeSet<Departure>,
}

/// The count and the latest time of the store's departures when they were noted. An equal mark means that nothing is
/// new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct EventMark {
    pub(super) count: usize,
    pub(super) latest: i64,
}

impl EventMark {
    fn parse(text: &str) -> Option<Self> {
        let (count, latest) = text.split_once('\t')?;
        Some(Self {
            count: count.parse().ok()?,
            latest: latest.parse().ok()?,
        })
    }
}

/// The line above the departures of a store.
pub(super) fn write_head(store: &str, EventMark { count, latest }: EventMark) -> String {
    format!("store\t{store}\t{count}\t{latest}\n")
}

/// The content of the file: departures by the name of their store, so that each store changes its own alone.
pub(super) type Stores = BTreeMap<String, Noted>;

/// Parses the file; a line that cannot be read is left out.
pub(super) fn parse(text: &str) -> Stores {
    let mut stores = Stores::new();
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        return stores;
    }
    let mut noted = &mut Noted::default();
    for line in lines {
        if let Some(rest) = line.strip_prefix("store\t") {
            let (name, mark) = rest.split_once('\t').unwrap_or((rest, ""));
            noted = stores.entry(name.to_owned()).or_default();
            noted.mark = EventMark::parse(mark).unwrap_or_default();
        } else {
            noted.departures.extend(Departure::parse(line));
        }
    }
    stores
}

pub(super) fn to_text(stores: &Stores) -> String {
    let mut text = format!("{HEAD}\n");
    for (name, Noted { mark, departures }) in stores {
        text.push_str(&write_head(name, *mark));
        for departure in departures {
            text.push_str(&format!("{departure}\n"));
        }
    }
    text
}

/// Finds the departures in `missing` that nothing in `all` reverses.
pub(super) fn find_standing<'a>(
    missing: impl Iterator<Item = &'a Departure>,
    all: &'a BTreeSet<Departure>,
) -> Vec<&'a Departure> {
    let mut back: BTreeMap<(u128, DepartureKind), &Departure> = BTreeMap::new();
    for one in all {
        if takes_back(one.kind) {
            back.insert((one.reader, one.kind), one);
        }
    }
    let is_taken_back = |one: &Departure| {
        let later = |kind| {
            back.get(&(one.reader, kind))
                .is_some_and(|back| *back > one)
        };
        later(DepartureKind::Returned)
            || one.kind == DepartureKind::Bounced && later(DepartureKind::Doubted)
    };
    missing
        .filter(|one| !takes_back(one.kind) && !is_taken_back(one))
        .collect()
}

fn takes_back(kind: DepartureKind) -> bool {
    matches!(kind, DepartureKind::Returned | DepartureKind::Doubted)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Departure, find_standing, parse, to_text};

    /// Lines with spaces for tabs and `f1` for a fingerprint.
    fn load_departures(lines: &[&str]) -> BTreeSet<Departure> {
        let whole = |line: &&str| {
            line.replace(" f", &format!(" {:031x}", 0))
                .replace(' ', "\t")
        };
        lines
            .iter()
            .map(|line| Departure::parse(&whole(line)).unwrap())
            .collect()
    }

    #[test]
    fn what_was_noted_is_read_again_and_a_torn_line_is_left_out() {
        let (one, two) = (format!("{:032x}", 1), format!("{:032x}", u128::MAX));
        let text = format!(
            "tidings departures 1\nstore\taa\t2\t9\n8\tbounced\t{one}\n9\tleft\t{two}\tweekly\nstore\tbb\t0\t0\n"
        );
        let stores = parse(&text);
        assert_eq!(to_text(&stores), text);
        assert_eq!(stores["aa"].departures.len(), 2);
        assert!(stores["bb"].departures.is_empty());
        for torn in ["9\tle", "9", "", "9\tleft\tf1", "x\tleft\t0", "9\tgone\t0"] {
            let torn = text.replace(&format!("9\tleft\t{two}\tweekly"), torn);
            assert_eq!(parse(&torn)["aa"].departures.len(), 1, "{torn}");
        }
        assert!(parse("tidings departures 2\nstore\taa\t0\t0\n").is_empty());
        assert!(parse("").is_empty());
    }

    #[test]
    fn who_came_back_later_is_not_taken_out_again() {
        for (missing, others, stays_out) in [
            ("8 left f1", "", true),
            ("8 left f1", "9 returned f1", false),
            // At one second the return is the later.
            ("8 left f1", "8 returned f1", false),
            ("8 left f1", "7 returned f1", true),
            ("8 left f1", "9 returned f2", true),
            ("8 left f1 weekly", "9 returned f1", false),
            ("8 bounced f1", "9 doubted f1", false),
            ("8 bounced f1", "7 doubted f1", true),
            // A doubted refusal is no wish of the reader's.
            ("8 left f1", "9 doubted f1", true),
            ("8 complained f1", "9 returned f1", false),
            ("8 returned f1", "", false),
            ("8 doubted f1", "", false),
        ] {
            let missing = load_departures(&[missing]);
            let all =
                &missing | &load_departures(&others.split_terminator(',').collect::<Vec<_>>());
            let found = find_standing(missing.iter(), &all);
            assert_eq!(!found.is_empty(), stays_out, "{missing:?}, {others}");
        }
    }
}
