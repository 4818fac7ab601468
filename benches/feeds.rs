//! A run that has nothing to do, beside reading the same files with nothing parsed: 100,000 posts of 4 KB, 150 feeds for
//! tags, archives by year. Then one new post, the first build, and Hugo where it is installed. `cargo bench --bench feeds`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;

const POSTS: usize = 100_000;
const TAGS: usize = 150;
const ROUNDS: usize = 5;

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

fn write_site(root: &Path) {
    (0..POSTS).into_par_iter().for_each(|number| {
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

fn main() {
    let root = std::env::temp_dir().join(format!("tidings-bench-{}", std::process::id()));
    write_site(&root);
    let (first, first_peak) = watch(&mut tidings(&root));
    let (mut reads, mut runs, mut peak) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        assert!(read_all(&root.join("content/post")) > POSTS * 3000);
        reads.push(start.elapsed());
        let (run, memory) = watch(&mut tidings(&root));
        runs.push(run);
        peak = peak.max(memory);
    }
    let (read, run) = (median(reads), median(runs));
    let ratio = |time: Duration| time.as_secs_f64() / read.as_secs_f64();
    println!("reading all files      1.00   ({read:.2?})");
    println!(
        "nothing to do          {:.2}   ({run:.2?}, {peak} MB)",
        ratio(run)
    );
    fs::write(
        root.join("content/post/0/new.md"),
        "---\ntitle: New\ndate: 2024-01-01\ntags: [t1]\n---\nNew.\n",
    )
    .unwrap();
    let (new, memory) = watch(&mut tidings(&root));
    println!(
        "one new post           {:.2}   ({new:.2?}, {memory} MB)",
        ratio(new)
    );
    println!(
        "the first build        {:.2}   ({first:.2?}, {first_peak} MB)",
        ratio(first)
    );
    if Command::new("hugo").arg("version").output().is_ok() {
        let (hugo, memory) = watch(
            Command::new("hugo")
                .current_dir(&root)
                .args(["--quiet", "-d", "hugo"]),
        );
        println!(
            "Hugo, the whole site   {:.2}   ({hugo:.2?}, {memory} MB)",
            ratio(hugo)
        );
    }
    fs::remove_dir_all(root).unwrap();
}
