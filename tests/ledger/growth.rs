//! How the number of readers grew: what the databases count is what following each reader from event to event gives.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tidings::config::StoreUrl;

use crate::stores::{at, on_both, open};

const READERS: i64 = 1500;
const DAY: i64 = 24 * 60 * 60;
/// What an event makes of its reader.
#[derive(Clone, Copy)]
enum Becomes {
    Active,
    Out,
    /// As they are.
    Same,
    /// As they were before the last event.
    Before,
}
/// An event, its detail, and what it makes of its reader.
const EVENTS: [(&str, &str, Becomes); 8] = [
    ("confirmed", "NULL", Becomes::Active),
    ("returned", "NULL", Becomes::Active),
    ("left", "NULL", Becomes::Out),
    ("left", "'weekly'", Becomes::Same),
    ("bounced", "'550'", Becomes::Out),
    ("complained", "NULL", Becomes::Out),
    ("forgotten", "NULL", Becomes::Out),
    ("doubted", "NULL", Becomes::Before),
];

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 20).unwrap() % below
    }
}

/// One reader's way in and out.
#[derive(Default)]
struct Way {
    is_active: bool,
    was_active: bool,
    turns: Vec<i64>,
    events: Vec<String>,
}

impl Way {
    fn take(&mut self, reader: i64, seconds: i64, (kind, detail): (&str, &str), is_active: bool) {
        self.events
            .push(format!("({reader}, {seconds}, '{kind}', {detail})"));
        self.turn(seconds, is_active);
    }

    fn turn(&mut self, seconds: i64, is_active: bool) {
        self.was_active = self.is_active;
        if self.is_active != is_active {
            self.is_active = is_active;
            self.turns.push(seconds / DAY);
        }
    }
}

/// A reader's events at random, with the state in which they end.
fn go(random: &mut Random, reader: i64) -> Way {
    let mut way = Way::default();
    let mut seconds = at(0).timestamp() + random.next(90 * DAY);
    let (detail, is_active) = [
        ("'active: by hand'", true),
        ("'active'", true),
        ("'pending: by form 1'", false),
        ("NULL", true),
    ][usize::try_from(random.next(4)).unwrap()];
    // A few were first heard of by something else.
    if random.next(20) > 0 {
        way.take(reader, seconds, ("joined", detail), is_active);
    }
    for _ in 0..random.next(5) {
        seconds += 1 + random.next(20 * DAY);
        if random.next(5) == 0 {
            way.events
                .push(format!("({reader}, {seconds}, 'asked', 'weekly')"));
            continue;
        }
        let (kind, detail, becomes) = EVENTS[usize::try_from(random.next(8)).unwrap()];
        let is_active = match becomes {
            Becomes::Active => true,
            Becomes::Out => false,
            Becomes::Same => way.is_active,
            Becomes::Before => way.was_active,
        };
        way.take(reader, seconds, (kind, detail), is_active);
    }
    way
}

#[test]
fn what_is_counted_is_what_becomes_of_each_reader() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut expected: BTreeMap<NaiveDate, (u64, u64)> = BTreeMap::new();
    let (mut readers, mut events) = (Vec::new(), Vec::new());
    for reader in 1..=READERS {
        let way = go(&mut random, reader);
        for (number, day) in way.turns.iter().enumerate() {
            let day = chrono::DateTime::from_timestamp(day * DAY, 0).unwrap();
            let (came, went) = expected.entry(day.date_naive()).or_default();
            *(if number % 2 == 0 { came } else { went }) += 1;
        }
        let state = if way.is_active { "active" } else { "left" };
        readers.push(format!("({reader}, 'f{reader}', 'a', '{state}')"));
        events.extend(way.events);
    }
    let text = format!(
        "INSERT INTO reader (id, fingerprint, address, state) VALUES {}; \
         INSERT INTO event (reader, at, kind, detail) VALUES {}",
        readers.join(","),
        events.join(",")
    );
    on_both("growth", &async |url: &StoreUrl| {
        let store = open(url).await;
        assert!(store.load_growth().await.unwrap().is_empty());
        let address = match url {
            StoreUrl::Sqlite(file) => format!("sqlite://{}", file.display()),
            StoreUrl::Postgres(address) => address.clone(),
        };
        let mut connection = sqlx::AnyConnection::connect(&address).await.unwrap();
        let told = connection.execute(sqlx::raw_sql(AssertSqlSafe(text.clone())));
        told.await.unwrap();
        connection.close().await.unwrap();
        let found = store.load_growth().await.unwrap().into_iter();
        let found: BTreeMap<_, _> = found
            .map(|(day, moves)| (day, (moves.came, moves.went)))
            .collect();
        assert_eq!(found, expected);
        store.close().await;
    });
}
