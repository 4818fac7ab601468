//! Measures loading and building a blog, as a ratio to reading the same files with nothing parsed; and how much memory
//! a large one takes. It fails above the limits. Times are those that this process spends on the processors, in the
//! program and in the system: what else the machine does decides nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use chrono::DateTime;
use clap::Parser;
use rayon::prelude::*;
use tidings::cli::Cli;
use tidings::clock::Clock;
use tidings::config::Config;
use tidings::inside::loader::load_posts;

const POSTS: usize = 10_000;
const ROUNDS: u32 = 21;
/// The most that to load and build may cost.
const LIMIT: f64 = 2.5;
/// A large blog, and the most memory that loading it may take, in kB.
const MANY: usize = 100_000;
const MEMORY: usize = 150_000;

fn main() -> ExitCode {
    // First, while nothing else has taken any memory.
    let memory = memory_of_many();
    let folder = tempfile::tempdir().expect("a folder");
    write_posts(&folder.path().join("post"), POSTS);
    let file = folder.path().join("config.toml");
    fs::write(
        &file,
        "[site]\ntitle = \"Bench\"\nurl = \"https://bench.example/\"\n",
    )
    .expect("a config");
    let config = Config::load(&file, std::iter::empty::<(String, String)>()).expect("a config");
    let now = DateTime::parse_from_rfc3339("2030-01-01T00:00:00Z")
        .expect("a time")
        .to_utc();
    let (mut base, mut load, mut build) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let path = file.to_string_lossy().into_owned();
    let cli = Cli::parse_from([
        "tidings",
        "--config",
        &path,
        "--at",
        "2030-01-01T00:00:00Z",
        "-q",
        "build",
    ]);
    build_all(&cli);
    // Each round takes all three, so that what else the machine does to the caches falls on all of them.
    for _ in 0..ROUNDS {
        base += timed(|| read_all(&config.posts.dir));
        load += timed(|| {
            load_posts(&config.site, &config.posts, now)
                .expect("posts")
                .posts
                .len()
        });
        build += timed(|| build_all(&cli));
    }
    let (base, load, build) = (base / ROUNDS, load / ROUNDS, build / ROUNDS);
    println!("{POSTS} posts of 4 KB, mean of {ROUNDS}:");
    println!("  walk and read in parallel    {base:>8.1?}  1.00");
    println!(
        "  load                         {load:>8.1?}  {:.2}",
        ratio(load, base)
    );
    println!(
        "  load and build               {build:>8.1?}  {:.2}  (at most {LIMIT})",
        ratio(build, base)
    );
    let is_small = memory.is_none_or(|memory| memory <= MEMORY);
    if is_small && ratio(build, base) <= LIMIT {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The most memory that loading a large blog has taken, in kB; none where the system does not say.
fn memory_of_many() -> Option<usize> {
    let folder = tempfile::tempdir().expect("a folder");
    write_posts(&folder.path().join("post"), MANY);
    let file = folder.path().join("config.toml");
    fs::write(
        &file,
        "[site]\ntitle = \"Bench\"\nurl = \"https://bench.example/\"\n",
    )
    .expect("a config");
    let config = Config::load(&file, std::iter::empty::<(String, String)>()).expect("a config");
    let now = DateTime::parse_from_rfc3339("2300-01-01T00:00:00Z")
        .expect("a time")
        .to_utc();
    let loaded = load_posts(&config.site, &config.posts, now).expect("posts");
    assert_eq!(loaded.posts.len(), MANY, "every post is loaded");
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let peak = peak.trim().trim_end_matches(" kB").parse().ok()?;
    println!(
        "{MANY} posts of 4 KB: {} MB of memory at most (at most {} MB)",
        peak / 1000,
        MEMORY / 1000
    );
    Some(peak)
}

/// Does what `tidings build` does. The first time it writes the feeds; then nothing has changed.
fn build_all(cli: &Cli) {
    tidings::run(cli, &Clock::new(cli.at), &mut std::io::sink()).expect("a build");
}

/// The bytes of every file, and nothing done with them.
fn read_all(dir: &Path) -> usize {
    let (mut files, mut folders): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(dir).expect("a folder") {
        let entry = entry.expect("an entry");
        let list = if entry.file_type().expect("a type").is_dir() {
            &mut folders
        } else {
            &mut files
        };
        list.push(entry.path());
    }
    let below: usize = folders.par_iter().map(|folder| read_all(folder)).sum();
    below
        + files
            .par_iter()
            .map(|file| fs::read(file).expect("a file").len())
            .sum::<usize>()
}

fn write_posts(dir: &Path, count: usize) {
    let text =
        "The kettle was on before the pager went, and the pager went before the tea was cold. "
            .repeat(45);
    for number in 0..count {
        let (year, month, day) = (2000 + number / 400, 1 + number / 31 % 12, 1 + number % 28);
        let folder = dir.join(year.to_string());
        fs::create_dir_all(&folder).expect("a folder");
        let front = format!(
            "---\ntitle: \"Post number {number}: tea\"\ndate: {year}-{month:02}-{day:02} 08:00:00\ntags: [tea, night watch]\n\
             description: What happened in the night of post {number}\n---\n"
        );
        fs::write(
            folder.join(format!("post-{number}.md")),
            format!("{front}{text}\n"),
        )
        .expect("a post");
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = spent();
    std::hint::black_box(work());
    spent().saturating_sub(start)
}

/// Returns what all threads of this process have spent on the processors, also those that have ended: in ticks of 10
/// ms, so that only many rounds together tell something.
fn spent() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    // The name in brackets may hold spaces; the program's and the system's ticks are the fields 14 and 15 (proc(5)).
    let (_, fields) = stat.rsplit_once(") ").expect("a name");
    let fields = fields.split(' ').skip(11).take(2);
    let ticks: u64 = fields
        .map(|ticks| ticks.parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(10 * ticks)
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
