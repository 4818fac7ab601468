//! A build beside reading the same files with nothing parsed: posts of 4 KB, 150 feeds for tags, an archive by year. The
//! first build of 10,000 posts is checked; then 100,000: the first build, one with nothing to do, one with a new post,
//! and Hugo where it is installed. `cargo bench --bench feeds`, or `cargo bench --bench feeds -- 10000` for the check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;

const FEW: usize = 10_000;
const MANY: usize = 100_000;
const TAGS: usize = 150;
const ROUNDS: usize = 5;
/// At most this many times reading the files may the first build of a few posts cost.
const FIRST_BUILD: f64 = 12.0;

fn post(number: usize) -> String {
    let (year, month, day) = (
        2014 + number % 10,
        number / 10 % 12 + 1,
        number / 120 % 28 + 1,
    );
    let paragraph = format!(
        "Words of post {number}, *some* of them with a [link](/about/), and a number: {}.\n\n",
        number * 7919
    );
    format!(
        "---\ntitle: \"Post {number}\"\ndate: {year}-{month:02}-{day:02}T08:00:00Z\ntags: [\"t{}\"]\n---\n{}",
        number % TAGS,
        paragraph.repeat(4000 / paragraph.len())
    )
}

fn write_site(root: &Path, posts: usize) {
    (0..posts).into_par_iter().for_each(|number| {
        let folder = root.join(format!("content/post/{}", number % 100));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{number}.md")), post(number)).unwrap();
    });
    let config = "[site]\ntitle = \"Hums\"\nurl = \"https://hums.example/\"\n\
                  [posts]\ndir = \"content/post\"\ndialect = \"hugo\"\n[feeds]\nby = [\"tag\"]\narchive = \"year\"\n";
    fs::write(root.join("config.toml"), config).unwrap();
    fs::write(
        root.join("hugo.toml"),
        "baseURL = \"https://hums.example/\"\ntitle = \"Hums\"\n",
    )
    .unwrap();
}

/// Walks and reads every file in parallel, with nothing parsed.
fn read_all(folder: &Path) -> usize {
    let files: Vec<PathBuf> = ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect();
    files
        .par_iter()
        .map(|file| fs::read(file).unwrap().len())
        .sum()
}

/// How long a program runs, and the most memory that it holds, in MB.
fn watch(command: &mut Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child: Child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}");
            return (start.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn tidings(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command
        .current_dir(root)
        .args(["--at", "2024-06-24T12:00:00Z", "build"]);
    command
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// How long it takes to read all files of a site of so many posts.
fn time_reading(root: &Path, posts: usize) -> Duration {
    let start = Instant::now();
    assert!(read_all(&root.join("content/post")) > posts * 3000);
    start.elapsed()
}

/// The first build beside reading. Each round begins anew.
fn check_first_build(root: &Path) {
    write_site(root, FEW);
    let (mut reads, mut builds, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        for name in ["tidings.manifest", "tidings.lock"] {
            let _ = fs::remove_file(root.join(name));
        }
        let _ = fs::remove_dir_all(root.join("public"));
        reads.push(time_reading(root, FEW));
        let (build, memory) = watch(&mut tidings(root));
        builds.push(build);
        peak = peak.max(memory);
    }
    let (read, build) = (median(reads), median(builds));
    let ratio = build.as_secs_f64() / read.as_secs_f64();
    println!("{FEW} posts");
    println!("reading all files      1.00   ({read:.2?})");
    println!("the first build        {ratio:.2}   ({build:.2?}, {peak} MB)");
    assert!(
        ratio <= FIRST_BUILD,
        "more than {FIRST_BUILD} times reading"
    );
}

/// Builds of a large site beside reading.
fn compare_builds(root: &Path) {
    write_site(root, MANY);
    let (first, first_peak) = watch(&mut tidings(root));
    let (mut reads, mut runs, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        reads.push(time_reading(root, MANY));
        let (run, memory) = watch(&mut tidings(root));
        runs.push(run);
        peak = peak.max(memory);
    }
    let (read, run) = (median(reads), median(runs));
    let print = |name: &str, time: Duration, memory: u64| {
        let ratio = time.as_secs_f64() / read.as_secs_f64();
        println!("{name:<22} {ratio:.2}   ({time:.2?}, {memory} MB)");
    };
    println!("{MANY} posts");
    println!("reading all files      1.00   ({read:.2?})");
    print("the first build", first, first_peak);
    print("nothing to do", run, peak);
    fs::write(
        root.join("content/post/0/new.md"),
        "---\ntitle: New\ndate: 2024-01-01\ntags: [t1]\n---\nNew.\n",
    )
    .unwrap();
    let (new, memory) = watch(&mut tidings(root));
    print("one new post", new, memory);
    if Command::new("hugo").arg("version").output().is_ok() {
        let mut hugo = Command::new("hugo");
        hugo.current_dir(root).args(["--quiet", "-d", "hugo"]);
        let (hugo, memory) = watch(&mut hugo);
        print("Hugo, the whole site", hugo, memory);
    }
}

fn main() {
    let only: Option<usize> = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let root = std::env::temp_dir().join(format!("tidings-bench-{}", std::process::id()));
    for (posts, measure) in [
        (FEW, check_first_build as fn(&Path)),
        (MANY, compare_builds),
    ] {
        if only.is_none_or(|only| only == posts) {
            measure(&root);
            fs::remove_dir_all(&root).unwrap();
        }
    }
}
