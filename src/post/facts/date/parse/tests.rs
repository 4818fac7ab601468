//! Every way to write a date.

use chrono_tz::Tz;

use super::{Zoning, parse};

/// The first of two, and the offset that held before a gap.
fn plain(zone: Tz) -> Zoning {
    Zoning {
        zone,
        as_go: false,
        fold_late: false,
        roll_over: false,
    }
}

fn at(text: &str, zone: &str) -> String {
    match parse(text, &plain(zone.parse().unwrap())) {
        Ok(found) => found
            .at
            .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_way_to_write_a_date_is_read() {
    for (text, expected) in [
        ("2024-12-01", "2024-11-30T23:00:00Z"),
        ("2024-12-01T08:00:00+01:00", "2024-12-01T07:00:00Z"),
        ("2024-12-01T08:00:00Z", "2024-12-01T08:00:00Z"),
        ("2017-12-27 20:46:24 -0500", "2017-12-28T01:46:24Z"),
        ("2024-12-01 08:00", "2024-12-01T07:00:00Z"),
        ("2024-12-01T08:00:00.125Z", "2024-12-01T08:00:00.125Z"),
        ("2024-12-01 08:00:00 UTC", "2024-12-01T08:00:00Z"),
        ("2013/10/12", "2013-10-11T22:00:00Z"),
        ("2013/10/12 9:05", "2013-10-12T07:05:00Z"),
        ("Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T22:04:05Z"),
        ("Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05Z"),
        ("02 Jan 2006", "2006-01-01T23:00:00Z"),
        ("February 18, 2013", "2013-02-17T23:00:00Z"),
        ("Feb 18, 2013", "2013-02-17T23:00:00Z"),
        ("18 February 2013", "2013-02-17T23:00:00Z"),
        ("1700000000", "2023-11-14T22:13:20Z"),
        ("Monday, 02-Jan-06 15:04:05 MST", "2006-01-02T22:04:05Z"),
        ("02 Jan 06 15:04 MST", "2006-01-02T22:04:00Z"),
        ("02 Jan 06 15:04 -0700", "2006-01-02T22:04:00Z"),
        (
            "Mon Jan 02 2006 15:04:05 GMT-0700 (PDT)",
            "2006-01-02T22:04:05Z",
        ),
        ("2006-01-02 15:04:05 -0700 MST", "2006-01-02T22:04:05Z"),
        ("2006-01-02T15:04:05-0700", "2006-01-02T22:04:05Z"),
        ("2006-01-02T15:04-07", "2006-01-02T22:04:00Z"),
        ("January 2, 2006 3:04 PM", "2006-01-02T14:04:00Z"),
        ("2024-12-01T08:00:60Z", "2024-12-01T08:00:59Z"),
        ("2014-09-25 12:00:00 -5", "2014-09-25T17:00:00Z"),
        ("2014-09-25T12:00:00-7:30", "2014-09-25T19:30:00Z"),
        ("20130704", "2013-07-03T22:00:00Z"),
        ("Thu Jul  4 12:00:00 2013", "2013-07-04T10:00:00Z"),
        ("Thu Jul 4 12:00:00 EDT 2013", "2013-07-04T16:00:00Z"),
        ("Mon Jan 02 15:04:05 -0700 2006", "2006-01-02T22:04:05Z"),
        ("2024-01-01 10:00 UTC (x)", "2024-01-01T10:00:00Z"),
        ("2024-01-01 10:00 UTC time", "2024-01-01T10:00:00Z"),
        ("2024-01-01 10:00 UTC+1 (Berlin)", "2024-01-01T09:00:00Z"),
        ("2024-01-01 10:00 GMT +0100", "2024-01-01T09:00:00Z"),
        ("2024-01-01 10:00 (UTC)", "2024-01-01T10:00:00Z"),
        ("2024-01-01 10:00 EST (New York)", "2024-01-01T15:00:00Z"),
        (
            "2024-01-01 12:00:00 GMT (Coordinated Universal Time)",
            "2024-01-01T12:00:00Z",
        ),
        (
            "Mon Jan 01 2024 12:00:00 GMT (Coordinated Universal Time)",
            "2024-01-01T12:00:00Z",
        ),
        // These are the forms of git, date and a mail program.
        ("Sun Jan 29 18:30:22 2023 -0800", "2023-01-30T02:30:22Z"),
        ("Sun Jan 29 18:30:22 2023 +0100", "2023-01-29T17:30:22Z"),
        ("Jan 29 18:30:22 2023 -0800", "2023-01-30T02:30:22Z"),
        ("Sun 29 Jan 18:30:22 GMT 2023", "2023-01-29T18:30:22Z"),
        ("Sun 29 Jan 18:30:22 CET 2023", "2023-01-29T17:30:22Z"),
        (
            "Sun Jan 29 18:30:22 2023 -0800 (PST)",
            "2023-01-30T02:30:22Z",
        ),
        ("Sun Jan 29 06:30:22 PM CET 2023", "2023-01-29T17:30:22Z"),
        ("2023-01-29 18:30:22 CET", "2023-01-29T17:30:22Z"),
        ("2023-07-29 18:30:22 CEST", "2023-07-29T16:30:22Z"),
        ("2023-01-29 18:30:22 JST", "2023-01-29T09:30:22Z"),
        ("2023-01-29 18:30 CET (Berlin)", "2023-01-29T17:30:00Z"),
        ("2023-01-29 18:30:22 2023 -0800", "2023-01-30T02:30:22Z"),
        ("2023-01-29 18:30:22 2023", "2023-01-29T17:30:22Z"),
        // The basic format of ISO 8601.
        ("20241101T080000Z", "2024-11-01T08:00:00Z"),
        ("20241101t080000z", "2024-11-01T08:00:00Z"),
        ("20241101T0800Z", "2024-11-01T08:00:00Z"),
        ("20241101T080000.5Z", "2024-11-01T08:00:00.500Z"),
        ("20241101T080000+0100", "2024-11-01T07:00:00Z"),
        ("20241101T080000-08", "2024-11-01T16:00:00Z"),
        ("20241101T080000", "2024-11-01T07:00:00Z"),
        ("20241101T0800", "2024-11-01T07:00:00Z"),
        ("20241101 080000", "2024-11-01T07:00:00Z"),
        ("20241101 08:00", "2024-11-01T07:00:00Z"),
        ("20241101T08:00:00 UTC", "2024-11-01T08:00:00Z"),
        ("202411010800", "2024-11-01T07:00:00Z"),
        ("20241101080000", "2024-11-01T07:00:00Z"),
        // A zone's name behind the time, and other tags in brackets.
        (
            "2024-11-01T08:00:00+01:00[Europe/Berlin]",
            "2024-11-01T07:00:00Z",
        ),
        ("2024-11-01T08:00:00[Europe/Berlin]", "2024-11-01T07:00:00Z"),
        (
            "2024-11-01T08:00:00[America/New_York]",
            "2024-11-01T12:00:00Z",
        ),
        (
            "2024-11-01T08:00:00-04:00[America/New_York][u-ca=gregory]",
            "2024-11-01T12:00:00Z",
        ),
        (
            "2024-11-01T08:00:00Z[Europe/Berlin]",
            "2024-11-01T08:00:00Z",
        ),
        (
            "2024-11-01T08:00:00+01:00[!Europe/Berlin]",
            "2024-11-01T07:00:00Z",
        ),
        (
            "2024-11-01T08:00:00+01:00[u-ca=hebrew]",
            "2024-11-01T07:00:00Z",
        ),
        ("2024-11-01T08:00:00+01:00[+01:00]", "2024-11-01T07:00:00Z"),
        (
            "2024-11-01T08:00:00+01:00[Mars/Base]",
            "2024-11-01T07:00:00Z",
        ),
        ("20241101T080000[Asia/Tokyo]", "2024-10-31T23:00:00Z"),
        ("2024-11-01[Asia/Tokyo]", "2024-10-31T15:00:00Z"),
        ("2024-11-01 08:00 America/New_York", "2024-11-01T12:00:00Z"),
        ("1 Nov 2024 08:00 Asia/Tokyo", "2024-10-31T23:00:00Z"),
        // It happens twice that night; the offset says which one is meant.
        (
            "2024-10-27T02:30:00+01:00[Europe/Berlin]",
            "2024-10-27T01:30:00Z",
        ),
        (
            "2024-10-27T02:30:00+02:00[Europe/Berlin]",
            "2024-10-27T00:30:00Z",
        ),
    ] {
        assert_eq!(at(text, "Europe/Berlin"), expected, "{text}");
    }
}

#[test]
fn what_is_no_date_says_why() {
    for (text, expected) in [
        ("2024-13-01", "month 13"),
        ("2024-02-31", "there is no day 31 in month 2 of 2024"),
        ("2024-02-01 24:12:03", "hour 24"),
        ("0001-01-01", "the year 1 is out of range"),
        ("soon", "its form is not known"),
        ("2024-02-01 08:00 XYZT", "`XYZT` is no zone"),
        (
            "2024-02-01 08:00 BST",
            "`BST` is the name of several zones: write the offset, like +01:00",
        ),
        ("2023-01-29 (draft)", "`(draft)` is no time of day"),
        ("2023-01-29 draft", "`draft` is no time of day"),
        ("January 29, 2023 (draft)", "`(draft)` is no time of day"),
        ("29 Jan 2023 ???", "`???` is no time of day"),
        ("2023-01-29Z", "`Z` is no time of day"),
        ("Sun Jan 29 18:30:22 2023 2024", "`2024` is no zone"),
        ("2024-02-01 08:00 Mars/Base", "`Mars/Base` is no zone"),
        ("2024-02-01T08:00:00[Mars/Base]", "`Mars/Base` is no zone"),
        (
            "2024-02-01T08:00:00+01:00[!Mars/Base]",
            "`Mars/Base` is no zone",
        ),
        ("2024-02-01T08:00:00[]", "2024-02-01T08:00:00Z"),
        (
            "2024-02-01T08:00:00+02:00[Europe/Berlin]",
            "the offset +02:00 is not that of Europe/Berlin at that time",
        ),
        (
            "2024-02-01T08:00:00+02:00[+01:00]",
            "the offset +02:00 is not that of +01:00 at that time",
        ),
        (
            "2024-02-01T08:00:00Z[!x-key=7]",
            "`[!x-key=7]` is not understood",
        ),
        ("[Europe/Berlin]", "its form is not known"),
        ("2024-02-01T08:00:00Z]", "`Z]` is no zone"),
        ("20241301T080000Z", "month 13"),
        ("20241101T250000Z", "hour 25"),
        ("20241101T08", "the time `08` has no minute"),
        ("20241101T08000Z", "hour 8000"),
        ("20241101x", "its form is not known"),
        ("202413010800", "month 13"),
        (
            "2024-01-01 10:00 GMT Summer Time",
            "`GMT Summer Time` is no zone",
        ),
        ("2024-01-01 10:00 UTC (x", "`UTC (x` is no zone"),
        ("2024-01-01 10:00 (noon)", "`(noon)` is no zone"),
        ("2023-01-29 18:30:22 2024", "`2024` is no zone"),
        ("2024-01-01 10:00 +é", "`+é` is no zone"),
        ("20131304", "its form is not known"),
        ("2024-02-01 08:61", "minute 61"),
    ] {
        assert_eq!(at(text, "UTC"), expected, "{text}");
    }
}

#[test]
fn a_skipped_hour_and_a_repeated_one_have_a_defined_meaning() {
    let zoning = plain("America/New_York".parse().unwrap());
    let at = |text: &str, zoning: &Zoning| parse(text, zoning).unwrap().at.to_rfc3339();
    assert_eq!(at("2024-03-10 02:30", &zoning), "2024-03-10T07:30:00+00:00");
    let go = Zoning {
        as_go: true,
        ..zoning
    };
    assert_eq!(at("2024-03-10 02:30", &go), "2024-03-10T06:30:00+00:00");
    assert_eq!(at("2024-11-03 01:30", &go), "2024-11-03T05:30:00+00:00");
    // East of Greenwich Go comes from the other side: seen by running Hugo.
    let go = Zoning {
        as_go: true,
        ..plain("Europe/Paris".parse().unwrap())
    };
    assert_eq!(at("2024-03-31 02:30", &go), "2024-03-31T01:30:00+00:00");
    assert_eq!(at("2024-10-27 02:30", &go), "2024-10-27T01:30:00+00:00");
    assert_eq!(at("2024-11-03 01:30", &zoning), "2024-11-03T05:30:00+00:00");
    assert_eq!(
        at(
            "2024-11-03 01:30",
            &Zoning {
                fold_late: true,
                ..zoning
            }
        ),
        "2024-11-03T06:30:00+00:00"
    );
}
