//! Measures what a reader costs: a message that is compiled once and filled 100,000 times, against copying the same
//! bytes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tidings::config::{Digest, Mail, Site};
use tidings::inside::digest::{ADDRESS, Draft, LEAVE, NAME};
use tidings::inside::message::{Compiled, Origin, compile};
use tidings::inside::reader::Reader;
use tidings::inside::token::Key;

const MESSAGES: usize = 100_000;
const ROUNDS: usize = 10;
const BYTES: usize = 30_000;

fn compiled() -> Compiled {
    let site: Site = toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/\"").unwrap();
    let digest: Digest = toml::from_str("name = \"weekly\"\nschedule = \"0 8 * * MON\"").unwrap();
    let mail: Mail = toml::from_str("from = \"Hums <news@hums.example>\"").unwrap();
    let line = "The day starts like any other, and the daemon still hums: “nothing to report”.\n";
    let text = format!(
        "Hello {NAME},\n\n{}\nUnsubscribe: {LEAVE}\n",
        line.repeat(80)
    );
    let paragraph = format!("<p style=\"margin: 0 0 14px 0;\">{}</p>\n", line.trim());
    let html = format!(
        "<p>Hello {NAME},</p>\n{}<p>For {ADDRESS}. <a href=\"{LEAVE}\">Unsubscribe</a></p>\n",
        paragraph.repeat(155)
    );
    let draft = Draft {
        subject: "Hums, weekly: Tea".to_owned(),
        html,
        text,
    };
    let origin = Origin {
        site: &site,
        digest: &digest,
        mail: &mail,
        web: None,
        authority: "hums.example",
        anonymous: "there",
    };
    compile(&draft, &origin, 7.into()).unwrap()
}

fn main() {
    let now: DateTime<Utc> = "2024-06-24T06:00:05Z".parse().unwrap();
    let key = Key::generate(100.into());
    let readers: Vec<Reader> = (0_i64..1000)
        .map(|n| Reader {
            id: (n * 7_919_777).into(),
            email: format!("reader{n}@x.example").parse().unwrap(),
            name: (n % 3 > 0).then(|| format!("Reader {n}")),
            language: None,
        })
        .collect();
    let composing = Instant::now();
    let compiled = compiled();
    let composing = composing.elapsed();
    let message = compiled.fill(&readers[1], now, &key);
    assert!(
        message.len().abs_diff(BYTES) < BYTES / 20,
        "{} bytes",
        message.len()
    );

    let (mut filled, mut copied) = (composing, Duration::ZERO);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for n in 0..MESSAGES / ROUNDS {
            black_box(compiled.fill(black_box(&readers[n % readers.len()]), now, &key));
        }
        filled += start.elapsed();
        let start = Instant::now();
        for _ in 0..MESSAGES / ROUNDS {
            black_box(black_box(&message).clone());
        }
        copied += start.elapsed();
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / 100_000.0;
    println!("{MESSAGES} messages of {} bytes", message.len());
    println!(
        "compiled once in {} µs, then filled: {:.2} µs a message",
        composing.as_micros(),
        each(filled)
    );
    println!("copied: {:.2} µs a message", each(copied));
    println!(
        "filling is {:.1} times copying",
        filled.as_secs_f64() / copied.as_secs_f64()
    );
}
