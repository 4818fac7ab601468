//! A month with three feeds: one that seldom changes, one that moves, one that breaks.

use std::time::Duration;

use chrono::{Days, NaiveDate};

use crate::feed_server::{FeedServer, Page};
use crate::relay::{Habits, Relay};
use crate::scene::Scene;
use crate::sources::config;

/// An entry for each of some days, up to this one, the newest ten of them.
fn rss(name: &str, first: NaiveDate, today: NaiveDate, every: usize) -> String {
    let days = first
        .iter_days()
        .step_by(every)
        .take_while(|day| *day <= today);
    let days: Vec<NaiveDate> = days.collect();
    let mut items = String::new();
    for day in days.iter().rev().take(10) {
        let word = word(name, *day);
        items.push_str(&format!(
            "<item><title>{word}</title><link>https://{name}.example/{word}</link><guid isPermaLink=\"false\">{word}</guid>\
             <pubDate>{}</pubDate><description>Text of {word}.</description></item>",
            day.format("%a, %d %b %Y 01:00:00 GMT")
        ));
    }
    format!(
        "<rss version=\"2.0\"><channel><title>{name}</title><link>https://{name}.example/</link><description>d</description>{items}</channel></rss>"
    )
}

fn word(name: &str, day: NaiveDate) -> String {
    format!("{name}{}", day.format("%m%d"))
}

#[test]
fn a_month_of_three_feeds_makes_digests_with_each_post_once() {
    let relay = Relay::start(Habits::good(true, Duration::ZERO));
    let server = FeedServer::start();
    let feeds = ["/calm", "/moving", "/broken"].map(|path| format!("{}{path}", server.url));
    let text = config(&feeds)
        .replace("0 8 * * MON", "0 8 * * *")
        .replace("[mail]\n", &format!("[mail]\nsmtp = \"{}\"\n", relay.url()));
    let scene = Scene::bare().file("config.toml", &text);
    let start = NaiveDate::from_ymd_opt(2024, 5, 20).unwrap();
    let first = NaiveDate::from_ymd_opt(2024, 6, 1).unwrap();
    let days: Vec<NaiveDate> = first.iter_days().take(31).collect();
    for (number, day) in days.iter().enumerate() {
        let moved = format!("{}/moved", server.url);
        server.feed("/calm", &rss("calm", start, *day, 5));
        let moving = rss("moving", start, *day, 1);
        if number < 10 {
            server.feed("/moving", &moving);
        } else {
            server.set("/moving", Page::Moved(301, moved));
            server.feed("/moved", &moving);
        }
        let broken = rss("broken", start, *day, 2);
        match number {
            5 => server.set("/broken", Page::Raw(500, String::new(), Vec::new())),
            6 => server.feed("/broken", &broken[..broken.len() / 2]),
            7 => server.feed("/broken", "<html><body>Back soon.</body></html>"),
            8 => server.feed("/broken", ""),
            _ => server.feed("/broken", &broken),
        }
        let at = format!("{day}T08:00:05+02:00");
        let ran = scene.run(&["--at", &at, "run"]);
        let expected = i32::from((5..9).contains(&number));
        assert_eq!(ran.code, expected, "{day}: {}{}", ran.out, ran.talk);
        assert_eq!(
            ran.talk.contains("its last copy is used"),
            expected == 1,
            "{}",
            ran.talk
        );
        let is_moved = ran.talk.contains("has moved for good");
        assert_eq!(is_moved, number >= 10, "{}", ran.talk);
        if is_moved {
            assert!(
                ran.talk
                    .contains(&format!("feed = \"{}/moved\"", server.url)),
                "{}",
                ran.talk
            );
            assert!(ran.talk.contains("config.toml:"), "{}", ran.talk);
        }
    }
    assert!(server.statuses("/calm").contains(&304));
    let mails = relay.taken();
    for (name, every) in [("calm", 5), ("moving", 1), ("broken", 2)] {
        let last = *days.last().unwrap();
        for day in start
            .iter_days()
            .step_by(every)
            .take_while(|day| *day <= last)
        {
            let word = word(name, day);
            let count = mails
                .iter()
                .filter(|(_, mail)| mail.contains(&word))
                .count();
            // What was there at the first fetch is known.
            assert_eq!(count, usize::from(day > first), "{word}");
        }
    }
    assert!(mails.len() >= 28 && start < first.checked_sub_days(Days::new(1)).unwrap());
}
