//! `cargo run -p tidings-fuzz --bin drive -- SECONDS [TARGET …]` runs each target for so long; with `10000000x` instead of
//! seconds, so many inputs. Inputs are the files of `seeds/TARGET`, changes of them, and random bytes. `FUZZ_SEED` is
//! printed; an input that fails, or takes too long, is kept and named. Some targets write files: `TMPDIR=/dev/shm` makes
//! those run ten times as often.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tidings_fuzz::{TARGETS, Target};

/// The longest input, in bytes.
const LONGEST: usize = 2048;
/// Longer than this no small input may take, in a build without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A generator of numbers (xorshift64*), so that a seed gives the same inputs everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 40).unwrap_or_default() % limit
    }

    /// Short inputs are more frequent than long ones: they run faster, and most faults need few bytes.
    fn bytes(&mut self) -> Vec<u8> {
        let most = 1 + self.below(LONGEST);
        let most = 1 + self.below(most);
        let length = self.below(most);
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    fn range(&mut self, length: usize) -> Range<usize> {
        let from = self.below(length + 1);
        let most = (length - from).min(1 + self.below(64));
        from..from + self.below(most + 1)
    }

    /// The next input: random bytes, or one of the seeds with a few changes.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        if seeds.is_empty() || self.below(2) == 0 {
            return self.bytes();
        }
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let range = self.range(bytes.len());
            match self.below(5) {
                0 => drop(bytes.drain(range)),
                1 => {
                    let copy = bytes[range].to_vec();
                    let at = self.below(bytes.len() + 1);
                    bytes.splice(at..at, copy);
                }
                2 => {
                    let donor = &seeds[self.below(seeds.len())];
                    let part = donor[self.range(donor.len())].to_vec();
                    bytes.splice(range, part);
                }
                3 => bytes[range].fill(b'9'),
                _ => {
                    for byte in &mut bytes[range] {
                        *byte = self.next().to_le_bytes()[0];
                    }
                }
            }
        }
        bytes
    }
}

/// The inputs that a target begins with.
fn read_seeds(target: Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let Ok(entries) = fs::read_dir(folder.join(target.name)) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read = |file: &PathBuf| fs::read(file).expect("a seed can be read");
    files.iter().map(read).collect()
}

/// How long a target is driven.
#[derive(Clone, Copy)]
enum Amount {
    Time(Duration),
    Inputs(u64),
}

impl Amount {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('x') {
            Some(inputs) => inputs.parse().ok().map(Self::Inputs),
            None => text.parse().ok().map(Duration::from_secs).map(Self::Time),
        }
    }

    fn is_reached(self, time: Duration, inputs: u64) -> bool {
        match self {
            Self::Time(most) => time >= most,
            Self::Inputs(most) => inputs >= most,
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(amount) = arguments.next().and_then(|text| Amount::parse(&text)) else {
        eprintln!("usage: drive SECONDS|INPUTSx [TARGET …]");
        return ExitCode::from(2);
    };
    let named: Vec<String> = arguments.collect();
    let seed = env::var("FUZZ_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0) | 1);
    println!("FUZZ_SEED={seed}");
    let chosen = TARGETS
        .iter()
        .filter(|target| named.is_empty() || named.iter().any(|name| name == target.name));
    let chosen: Vec<_> = chosen
        .enumerate()
        .map(|(number, target)| (target, seed.wrapping_add(number as u64)))
        .collect();
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    let work = || {
        while let Some((target, seed)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !drive(**target, *seed, amount) {
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    // Two at a time: what one costs shows in the other's time no more than a busy machine does.
    thread::scope(|scope| {
        for _ in 0..2 {
            let worker = thread::Builder::new().stack_size(8 << 20);
            worker.spawn_scoped(scope, work).expect("a thread starts");
        }
    });
    let (ran, failed) = (chosen.len(), failed.into_inner());
    println!("{} passed, {failed} failed", ran - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs one input; whether it went well, and how long it took.
fn run_once(target: Target, bytes: &[u8]) -> (bool, Duration) {
    let begun = Instant::now();
    let went_well = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_ok();
    (went_well, begun.elapsed())
}

/// Runs one target; whether all went well.
fn drive(target: Target, seed: u64, amount: Amount) -> bool {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let seeds = read_seeds(target);
    let mut first = seeds.iter();
    let begun = Instant::now();
    let (mut runs, mut slowest) = (0_u64, Duration::ZERO);
    while !amount.is_reached(begun.elapsed(), runs) {
        let bytes = first.next().cloned();
        let bytes = bytes.unwrap_or_else(|| chance.input(&seeds));
        let (mut went_well, mut took) = run_once(target, &bytes);
        // On a busy machine a thread may wait that long for its turn; hardly twice.
        if went_well && took > PATIENCE {
            (went_well, took) = run_once(target, &bytes);
        }
        slowest = slowest.max(took);
        runs += 1;
        if !went_well || took > PATIENCE {
            let file = env::temp_dir().join(format!("fuzz-{}-{seed}-{runs}", target.name));
            let kept = fs::write(&file, &bytes)
                .map_or("not kept".to_owned(), |()| file.display().to_string());
            println!(
                "{}: input {runs} failed after {took:?}: {kept}",
                target.name
            );
            return false;
        }
    }
    println!("{}: {runs} inputs, the slowest {slowest:?}", target.name);
    true
}
