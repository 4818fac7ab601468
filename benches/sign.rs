//! Signed mail, as ratios measured in one run: the engine with ledger and RSA-2048 beside what the cores can sign, and
//! beside nodemailer with its own DKIM, where node is installed. `cargo bench --bench sign`;
//! `TIDINGS_BENCH_MESSAGES=500` makes it short.
//!
//! Signing alone is given finished messages, of which it knows nothing: it relaxes and hashes each body. The engine has
//! relaxed once what all readers share. Both ratios are said: by the clock, and by the time of the processors, the relay's
//! share included, on which other programs on the machine have little influence.

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

use support::{MONDAY, frozen, sink, with_ledger};

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
    let rate = |took: Duration| f64::from(messages) / took.as_secs_f64();
    let runtime = Runtime::new().unwrap();
    let pem = Algorithm::Rsa.generate_pem();
    let key = SigningKey::from_pem("t1", &pem).unwrap();
    let signer = Arc::new(Signer::new("hums.example", vec![key], &[]));
    let cores = thread::available_parallelism().unwrap().get();
    let port = sink(Duration::ZERO);

    let plain = frozen(1);
    let (_, message) = runtime.block_on(with_ledger(plain.path(), port, 1, None));
    let begun = processor_time();
    let alone = sign(&signer, &message, messages, cores);
    let cost_alone = processor_time() - begun;
    let site = frozen(messages);
    let sending = with_ledger(site.path(), port, CONNECTIONS, Some(signer.clone()));
    let begun = processor_time();
    let (took, sent) = runtime.block_on(sending);
    let cost = processor_time() - begun;
    println!(
        "{} bytes a message, RSA-2048, {CONNECTIONS} connections on loopback, SQLite with synchronous=FULL, {cores} cores:",
        sent.len()
    );
    println!(
        "  signing alone {:.0}/s, sent with the ledger {:.0}/s: ratio {:.2} (wanted: 0.80)",
        rate(alone),
        rate(took),
        alone.as_secs_f64() / took.as_secs_f64()
    );
    println!(
        "  of the processors {:.0} µs a message alone, {:.0} µs with the ledger: ratio {:.2}",
        cost_alone * 1e6 / f64::from(messages),
        cost * 1e6 / f64::from(messages),
        cost_alone / cost
    );
    let few = messages / 10;
    match nodemailer(port, few, &pem, message.len()) {
        None => println!("  skipped: node or npm is missing, or nodemailer cannot be installed"),
        Some(theirs) => {
            let theirs = f64::from(few) / theirs;
            println!(
                "  nodemailer with its own DKIM {theirs:.0}/s: ratio {:.1} (wanted: 8)",
                rate(took) / theirs
            );
        }
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

/// Signs so many messages on all cores, and does nothing else.
fn sign(signer: &Signer, message: &[u8], messages: u32, cores: usize) -> Duration {
    let at: DateTime<Utc> = MONDAY.parse().unwrap();
    let taken = AtomicU32::new(0);
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while taken.fetch_add(1, Ordering::Relaxed) < messages {
                    let mut message = message.to_vec();
                    signer.sign(&mut message, at);
                    assert!(message.len() > 300);
                }
            });
        }
    });
    began.elapsed()
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
