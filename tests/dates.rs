//! Every syntax of a date under every dialect's zone rule: the instants are written by hand.

use std::fs;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use proptest::prelude::*;
use tidings::config::Config;
use tidings::inside::loader::load_posts;
use tidings::inside::post::facts::date::{Joint, Zoning, parse};

/// The instant of a post that says so of its date, or what is said against it.
fn published(dialect: &str, zone: &str, date: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\ntimezone = \"{zone}\"\n[posts]\ndialect = \"{dialect}\"\n\
         future = true\n"
    );
    fs::write(folder.path().join("tidings.toml"), config).unwrap();
    fs::create_dir(folder.path().join("post")).unwrap();
    let text = match dialect {
        "pelican" => format!("Title: One\nDate: {}\n\nText.\n", date.trim_matches('"')),
        _ => format!("---\ntitle: One\ndate: {date}\n---\nText.\n"),
    };
    fs::write(folder.path().join("post/one.md"), text).unwrap();
    let config = Config::load(
        &folder.path().join("tidings.toml"),
        std::iter::empty::<(String, String)>(),
    )
    .unwrap();
    let now: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().unwrap();
    let loaded = load_posts(&config.site, &config.posts, now).unwrap();
    match (loaded.posts.first(), loaded.findings.first()) {
        (Some(post), None) => post.published.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        (None, Some(finding)) => finding.message.clone(),
        (post, finding) => panic!("{dialect}: {date}: {post:?}, {finding:?}"),
    }
}

/// In the site's zone; in UTC where the generator says so; Jekyll asks whether YAML sees a timestamp.
const SITE: [&str; 3] = ["pelican", "obsidian", "plain"];
const IN_UTC: [&str; 2] = ["zola", "eleventy"];

/// A text under every rule: Hugo's, the site's zone, UTC, and Jekyll's of a bare and of a quoted text.
fn assert_row(zone: &str, text: &str, [hugo, site, utc, bare, quoted]: [&str; 5]) {
    let in_quotes = format!("\"{text}\"");
    let cases = std::iter::once(("hugo", hugo))
        .chain(SITE.map(|dialect| (dialect, site)))
        .chain(IN_UTC.map(|dialect| (dialect, utc)));
    for (dialect, expected) in cases {
        for written in [text, &in_quotes] {
            assert_eq!(
                published(dialect, zone, written),
                expected,
                "{dialect}: {written}"
            );
        }
    }
    assert_eq!(published("jekyll", zone, text), bare, "jekyll: {text}");
    assert_eq!(
        published("jekyll", zone, &in_quotes),
        quoted,
        "jekyll: {in_quotes}"
    );
}

#[test]
fn a_time_with_an_offset_is_one_instant_to_every_generator() {
    for (text, instant) in [
        ("2024-02-03T04:05:06Z", "2024-02-03T04:05:06Z"),
        ("2024-02-03 04:05:06Z", "2024-02-03T04:05:06Z"),
        ("2024-02-03T04:05Z", "2024-02-03T04:05:00Z"),
        ("2024-02-03T04:05:06+05:30", "2024-02-02T22:35:06Z"),
        ("2024-02-03T04:05:06+0530", "2024-02-02T22:35:06Z"),
        ("2024-02-03T04:05:06-08", "2024-02-03T12:05:06Z"),
        ("2024-02-03 04:05:06 +0530", "2024-02-02T22:35:06Z"),
        ("2024-02-03 04:05:06 +05:30", "2024-02-02T22:35:06Z"),
        ("2024-02-03 04:05 -0800", "2024-02-03T12:05:00Z"),
        ("2024-02-03T04:05-08:00", "2024-02-03T12:05:00Z"),
        ("2024-02-03T04:05:06.789-08:00", "2024-02-03T12:05:06.789Z"),
        ("2024-02-03 04:05:06 -0800 PST", "2024-02-03T12:05:06Z"),
        ("2024-02-03 04:05:06 UTC", "2024-02-03T04:05:06Z"),
        ("2024-02-03T04:05:60Z", "2024-02-03T04:05:59Z"),
        ("1706933106", "2024-02-03T04:05:06Z"),
        ("Sat, 03 Feb 2024 04:05:06 -0800", "2024-02-03T12:05:06Z"),
        ("03 Feb 24 04:05 -0800", "2024-02-03T12:05:00Z"),
    ] {
        assert_row("Europe/Paris", text, [instant; 5]);
    }
}

#[test]
fn a_zone_in_letters_says_nothing_to_hugo_alone() {
    for (text, instant, to_hugo) in [
        (
            "Sat, 03 Feb 2024 04:05:06 GMT",
            "2024-02-03T04:05:06Z",
            "2024-02-03T03:05:06Z",
        ),
        (
            "Saturday, 03-Feb-24 04:05:06 MST",
            "2024-02-03T11:05:06Z",
            "2024-02-03T03:05:06Z",
        ),
        (
            "03 Feb 24 04:05 EST",
            "2024-02-03T09:05:00Z",
            "2024-02-03T03:05:00Z",
        ),
    ] {
        assert_row(
            "Europe/Paris",
            text,
            [to_hugo, instant, instant, instant, instant],
        );
    }
}

#[test]
fn a_time_without_a_zone_means_what_the_generator_means() {
    for (text, site, utc, bare) in [
        (
            "2024-02-03",
            "2024-02-02T23:00:00Z",
            "2024-02-03T00:00:00Z",
            "2024-02-02T23:00:00Z",
        ),
        (
            "2024-02-03T04:05:06",
            "2024-02-03T03:05:06Z",
            "2024-02-03T04:05:06Z",
            "2024-02-03T04:05:06Z",
        ),
        (
            "2024-02-03 04:05:06",
            "2024-02-03T03:05:06Z",
            "2024-02-03T04:05:06Z",
            "2024-02-03T04:05:06Z",
        ),
        (
            "2024-07-03 04:05:06",
            "2024-07-03T02:05:06Z",
            "2024-07-03T04:05:06Z",
            "2024-07-03T04:05:06Z",
        ),
        (
            "2024-02-03 04:05:06.789",
            "2024-02-03T03:05:06.789Z",
            "2024-02-03T04:05:06.789Z",
            "2024-02-03T04:05:06.789Z",
        ),
        (
            "2024-02-03 04:05",
            "2024-02-03T03:05:00Z",
            "2024-02-03T04:05:00Z",
            "2024-02-03T03:05:00Z",
        ),
        (
            "2024-02-03T04:05",
            "2024-02-03T03:05:00Z",
            "2024-02-03T04:05:00Z",
            "2024-02-03T03:05:00Z",
        ),
        (
            "2024/02/03",
            "2024-02-02T23:00:00Z",
            "2024-02-03T00:00:00Z",
            "2024-02-02T23:00:00Z",
        ),
        (
            "2024/2/3 4:05",
            "2024-02-03T03:05:00Z",
            "2024-02-03T04:05:00Z",
            "2024-02-03T03:05:00Z",
        ),
        (
            "2024/02/03 04:05:06",
            "2024-02-03T03:05:06Z",
            "2024-02-03T04:05:06Z",
            "2024-02-03T03:05:06Z",
        ),
        (
            "03 Feb 2024",
            "2024-02-02T23:00:00Z",
            "2024-02-03T00:00:00Z",
            "2024-02-02T23:00:00Z",
        ),
        (
            "3 February 2024",
            "2024-02-02T23:00:00Z",
            "2024-02-03T00:00:00Z",
            "2024-02-02T23:00:00Z",
        ),
        (
            "February 3, 2024",
            "2024-02-02T23:00:00Z",
            "2024-02-03T00:00:00Z",
            "2024-02-02T23:00:00Z",
        ),
        (
            "Feb 3, 2024 4:05 PM",
            "2024-02-03T15:05:00Z",
            "2024-02-03T16:05:00Z",
            "2024-02-03T15:05:00Z",
        ),
    ] {
        assert_row("Europe/Paris", text, [site, site, utc, bare, site]);
    }
}

#[test]
fn a_skipped_hour_and_a_repeated_one_are_read_as_each_generator_reads_them() {
    for (zone, text, hugo, site, utc, jekyll) in [
        // The clock goes from 02:00 to 03:00, and from 02:00 to 01:00.
        (
            "America/New_York",
            "2024-03-10 02:30:00",
            "2024-03-10T06:30:00Z",
            "2024-03-10T07:30:00Z",
            "2024-03-10T02:30:00Z",
            "2024-03-10T07:30:00Z",
        ),
        (
            "America/New_York",
            "2024-11-03 01:30:00",
            "2024-11-03T05:30:00Z",
            "2024-11-03T05:30:00Z",
            "2024-11-03T01:30:00Z",
            "2024-11-03T06:30:00Z",
        ),
        // From 02:00 to 03:00, and from 03:00 to 02:00.
        (
            "Europe/Paris",
            "2024-03-31 02:30:00",
            "2024-03-31T01:30:00Z",
            "2024-03-31T01:30:00Z",
            "2024-03-31T02:30:00Z",
            "2024-03-31T01:30:00Z",
        ),
        (
            "Europe/Paris",
            "2024-10-27 02:30:00",
            "2024-10-27T01:30:00Z",
            "2024-10-27T00:30:00Z",
            "2024-10-27T02:30:00Z",
            "2024-10-27T01:30:00Z",
        ),
        // A whole day is skipped, and a zone may be a link.
        (
            "Pacific/Apia",
            "2011-12-30 12:00:00",
            "2011-12-30T22:00:00Z",
            "2011-12-30T22:00:00Z",
            "2011-12-30T12:00:00Z",
            "2011-12-30T22:00:00Z",
        ),
        (
            "America/Lower_Princes",
            "2024-02-03 04:05:06",
            "2024-02-03T08:05:06Z",
            "2024-02-03T08:05:06Z",
            "2024-02-03T04:05:06Z",
            "2024-02-03T08:05:06Z",
        ),
    ] {
        assert_row(zone, text, [hugo, site, utc, utc, jekyll]);
    }
}

#[test]
fn what_is_no_date_is_named_by_every_dialect() {
    for (text, reason) in [
        ("2024-13-01", "month 13"),
        ("2024-00-01", "month 0"),
        ("2024-02-32", "there is no day 32 in month 2 of 2024"),
        ("2024-02-03 24:00:00", "hour 24"),
        ("2024-02-03T24:00:00Z", "hour 24"),
        ("2024-02-03 04:60:00", "minute 60"),
        ("2024-02-03 04:05:61", "second 61"),
        ("2024-02-03 04:05:06 XYZT", "`XYZT` is no zone"),
        ("2024-02-03 (draft)", "`(draft)` is no time of day"),
        ("2024-02-03 04:05:06 +25:00", "`+25:00` is no zone"),
        ("0001-01-01T00:00:00Z", "the year 1 is out of range"),
        ("0001-01-01", "the year 1 is out of range"),
        ("9999-12-31", "the year 9999 is out of range"),
        ("tomorrow", "its form is not known"),
    ] {
        let message = format!("`date: {text}` is no date: {reason}");
        assert_row("Europe/Paris", text, [&message; 5]);
    }
}

#[test]
fn a_day_that_the_month_lacks_rolls_over_in_jekyll_alone() {
    let message =
        |day, month, year| format!("is no date: there is no day {day} in month {month} of {year}");
    for (text, bare, quoted, (day, month, year)) in [
        (
            "2024-02-31",
            "2024-03-01T23:00:00Z",
            "2024-03-01T23:00:00Z",
            (31, 2, 2024),
        ),
        (
            "2023-02-29",
            "2023-02-28T23:00:00Z",
            "2023-02-28T23:00:00Z",
            (29, 2, 2023),
        ),
        (
            "2024-04-31 04:05:06",
            "2024-05-01T04:05:06Z",
            "2024-05-01T02:05:06Z",
            (31, 4, 2024),
        ),
    ] {
        let named = format!("`date: {text}` {}", message(day, month, year));
        assert_row("Europe/Paris", text, [&named, &named, &named, bare, quoted]);
    }
}

/// A third of February 2024, as people write it.
const DAYS: [&str; 9] = [
    "2024-02-03",
    "2024/2/3",
    "2024.02.03",
    "Sat, 03 Feb 2024",
    "3 February 2024",
    "Feb 3, 2024",
    "February 3rd, 2024",
    "Saturday, 03-Feb-24",
    "Sat Feb 03 2024",
];

/// Words behind a time that name a zone, and its hours from UTC; none where they name none.
const ZONE_WORDS: [(&str, Option<i64>); 29] = [
    ("Z", Some(0)),
    ("UTC", Some(0)),
    ("GMT", Some(0)),
    ("UTC time", Some(0)),
    ("GMT+0100", Some(1)),
    ("UTC+1", Some(1)),
    ("GMT +01:00", Some(1)),
    ("+0100", Some(1)),
    ("+01:00", Some(1)),
    ("+01", Some(1)),
    ("-0800", Some(-8)),
    ("-0800 PST", Some(-8)),
    ("-8", Some(-8)),
    ("EST", Some(-5)),
    ("PDT", Some(-7)),
    ("(UTC)", Some(0)),
    ("CET", Some(1)),
    ("CEST", Some(2)),
    ("JST", Some(9)),
    ("BST", None),
    ("XYZT", None),
    ("GMT Summer Time", None),
    ("Europe/Paris", Some(1)),
    ("Europe/Atlantis", None),
    ("+", None),
    ("-é", None),
    ("UTC+", None),
    ("()x", None),
    ("time", None),
];

/// The words that may follow the zone and say nothing.
const COMMENTS: [&str; 5] = [
    "",
    " (x)",
    " (Coordinated Universal Time)",
    " ()",
    " (a (b))",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_day_a_time_and_the_words_of_a_zone_are_one_instant_or_named(
        day in 0..DAYS.len(),
        (hour, minute) in (0..24_u32, 0..60_u32),
        is_year_repeated in any::<bool>(),
        zone in 0..ZONE_WORDS.len(),
        comment in 0..COMMENTS.len(),
    ) {
        let (words, hours) = ZONE_WORDS[zone];
        let year = if is_year_repeated { " 2024" } else { "" };
        let comment = if words.ends_with(')') { "" } else { COMMENTS[comment] };
        let text = format!("{} {hour:02}:{minute:02}:06{year} {words}{comment}", DAYS[day]);
        let found = parse(&text, &PARIS);
        match hours {
            Some(hours) => {
                let local = format!("2024-02-03T{hour:02}:{minute:02}:06Z");
                let expected = local.parse::<DateTime<Utc>>().unwrap() - TimeDelta::hours(hours);
                prop_assert_eq!(found.map(|found| found.at), Ok(expected), "{}", text);
            }
            None => prop_assert!(found.is_err(), "{text}: {found:?}"),
        }
    }

    #[test]
    fn any_mixture_of_what_dates_are_made_of_is_a_date_or_named(
        parts in proptest::collection::vec((0..MIXED.len(), 0..4_usize), 0..9),
    ) {
        let text: String = parts.iter().flat_map(|(part, space)| [MIXED[*part], ["", " ", "T", ", "][*space]]).collect();
        for roll_over in [true, false] {
            let zoning = Zoning { roll_over, as_go: !roll_over, ..PARIS };
            let _ = parse(&text, &zoning);
            let _ = tidings::inside::post::facts::date::split_name(&text, &zoning, Joint::Signs);
            let _ = tidings::inside::post::facts::date::find_in_path(&text, &zoning);
            let _ = tidings::inside::post::facts::date::find_in_part(&text, &zoning);
            let _ = tidings::inside::post::facts::date::split_leading(&text, &zoning);
        }
    }
}

const PARIS: Zoning = Zoning {
    zone: chrono_tz::Europe::Paris,
    as_go: false,
    fold_late: false,
    roll_over: false,
};

/// Parts of dates, whole and broken.
const MIXED: [&str; 39] = [
    "2024",
    "2024-02-03",
    "2024/02",
    "0000-01-01",
    "9998-12-31",
    "20240203",
    "02",
    "3rd",
    "Feb",
    "February",
    "Sat",
    "Saturday,",
    "03-Feb-24",
    "04:05",
    "04:05:06.789",
    "23:59:60",
    "99:99",
    "am",
    "PM",
    "Z",
    "UTC",
    "GMT",
    "EST",
    "CEST",
    "+0100",
    "-08",
    "+99:99",
    "+é",
    "(",
    ")",
    "(x)",
    "time",
    "1706933106",
    "20240203T040506Z",
    "202402030405",
    "[Europe/Paris]",
    "[!u-ca=x]",
    "America/New_York",
    "é",
];
