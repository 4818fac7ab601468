//! Signed mail, as ratios measured in one run: the engine with ledger and RSA-2048 beside what the cores can sign, and
//! beside nodemailer with its own DKIM, where node is installed. `cargo bench --bench sign`;
//! `TIDINGS_BENCH_MESSAGES=500` makes it short.
//!
//! The cores can sign in two ways: finished messages, of which they know nothing, so that each body is relaxed and hashed
//! as a whole; and messages that they fill for a reader as the engine does, where what all readers share is relaxed once. The
//! engine stands beside both, by the clock and by the time of the processors, the relay's share included, on which other
//! programs on the machine have little influence.

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tidings::inside::message::dkim::{Algorithm, Signer, SigningKey};
use tokio::runtime::Runtime;

use support::{MONDAY, Ready, frozen, sink};

const CONNECTIONS: u32 = 16;
/// Sends as many messages with nodemailer's pool; prints the seconds that it took.
const NODEMAILER: &str = r"
const nodemailer = require('nodemailer'), fs = require('fs');
const [port, count, key, body] = process.argv.slice(2);
const text = fs.readFileSync(body, 'utf8');
const transport = nodemailer.createTransport({
  host: '127.0.0.1', port: +port, secure: false, ignoreTLS: true,
  pool: true, maxConnections: 16, maxMessages: Infinity,
  dkim: { domainName: 'hums.example', keySelector: 't1', privateKey: fs.readFileSync(key, 'utf8') },
});
let next = 0;
async function send() {
  while (next < +count) {
    const to = `reader${next++}@x.example`;
    await transport.sendMail({ from: 'news@hums.example', to, subject: 'Long', text });
  }
}
const began = process.hrtime.bigint();
Promise.all(Array.from({ length: 64 }, send)).then(() => {
  transport.close();
  console.log(Number(process.hrtime.bigint() - began) / 1e9);
});
";

fn main() {
    let given = std::env::var("TIDINGS_BENCH_MESSAGES").ok();
    let messages: u32 = given.map_or(20_000, |given| given.parse().unwrap());
    let at: DateTime<Utc> = MONDAY.parse().unwrap();
    let runtime = Runtime::new().unwrap();
    let pem = Algorithm::Rsa.generate_pem();
    let key = SigningKey::from_pem("t1", &pem).unwrap();
    let signer = Arc::new(Signer::new("hums.example", vec![key], &[]));
    let cores = thread::available_parallelism().unwrap().get();
    let port = sink(Duration::ZERO);

    let site = frozen(messages);
    let ready = Ready::open(site.path(), port, CONNECTIONS, Some(signer.clone()));
    let ready = runtime.block_on(ready);
    let bare = frozen(1);
    let unsigned = runtime
        .block_on(Ready::open(bare.path(), port, 1, None))
        .fill();
    let length = ready.fill().len();

    let finished = Cost::of(|| {
        sign(messages, cores, || {
            let mut message = unsigned.clone();
            signer.sign(&mut message, at);
            message
        });
    });
    let filled = Cost::of(|| sign(messages, cores, || ready.fill()));
    let sent = Cost::of(|| {
        runtime.block_on(ready.send());
    });
    println!(
        "{length} bytes a message, RSA-2048, {CONNECTIONS} connections on loopback, SQLite with synchronous=FULL, {cores} cores:"
    );
    println!("  sent with the ledger     {}", sent.show(messages));
    for (name, alone) in [
        ("finished messages signed", finished),
        ("messages filled, signed ", filled),
    ] {
        println!(
            "  {name} {}: ratio {:.2} by the clock (wanted: 0.80), {:.2} by the processors",
            alone.show(messages),
            alone.time / sent.time,
            alone.processors / sent.processors
        );
    }
    let few = messages / 10;
    match nodemailer(port, few, &pem, length) {
        None => println!("  skipped: node or npm is missing, or nodemailer cannot be installed"),
        Some(theirs) => {
            let theirs = f64::from(few) / theirs;
            println!(
                "  nodemailer with its own DKIM {theirs:.0}/s: ratio {:.1} (wanted: 8)",
                f64::from(messages) / sent.time / theirs
            );
        }
    }
}

/// What some work takes, in seconds.
struct Cost {
    time: f64,
    processors: f64,
}

impl Cost {
    fn of(work: impl FnOnce()) -> Self {
        let (begun, processors) = (Instant::now(), processor_time());
        work();
        Self {
            time: begun.elapsed().as_secs_f64(),
            processors: processor_time() - processors,
        }
    }

    fn show(&self, messages: u32) -> String {
        let messages = f64::from(messages);
        let rate = messages / self.time;
        let each = self.processors * 1e6 / messages;
        format!("{rate:.0}/s, {each:.0} µs of a processor each")
    }
}

/// The processor time of this program so far, in seconds, from the clock ticks of Linux; nothing elsewhere.
fn processor_time() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split(' ').skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// Makes so many messages on all cores, and does nothing else.
fn sign(messages: u32, cores: usize, make: impl Fn() -> Vec<u8> + Sync) {
    let taken = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while taken.fetch_add(1, Ordering::Relaxed) < messages {
                    assert!(make().len() > 300);
                }
            });
        }
    });
}

/// How many seconds nodemailer takes for so many messages of this size; none, said aloud, where it cannot be had.
fn nodemailer(port: u16, messages: u32, pem: &str, size: usize) -> Option<f64> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let installed = Command::new("npm")
        .args([
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "nodemailer",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status();
    if !installed.is_ok_and(|status| status.success()) {
        return None;
    }
    let line = "The daemon hums in the cellar while the kettle waits.\n";
    fs::write(path("send.js"), NODEMAILER).unwrap();
    fs::write(path("key.pem"), pem).unwrap();
    fs::write(path("body.txt"), line.repeat(size / line.len())).unwrap();
    let output = Command::new("node")
        .args([
            "send.js",
            &port.to_string(),
            &messages.to_string(),
            "key.pem",
            "body.txt",
        ])
        .current_dir(folder.path())
        .output()
        .ok()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
