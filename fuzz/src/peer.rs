//! The other side of a connection: a pipe in memory, and a clock that moves only when both sides wait.

use std::fs;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tidings::config::{Config, Mail};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};

/// The time that a peer waits for the next command before it ends the connection.
const IDLE: Duration = Duration::from_millis(10);
/// The sizes of the pipe: a small one splits every read and write.
const PIPES: [usize; 4] = [64 << 10, 1000, 60, 3];
/// The first bytes of an input that is a dialogue as people write it down.
const WRITTEN: &[u8] = b"S: ";

/// The settings of a site with short limits.
const CONFIG: &str = r#"
[site]
title = "T"
url = "https://x.example/"
author = { name = "N" }
[mail]
from = "N <n@x.example>"
timeout = { connect = "1s", greeting = "1s", command = "1s", data = "1s", block = "1s", dot = "1s" }
"#;

/// Reads the mail section of a config with one more line, and a password from this variable.
pub(crate) fn read_mail(line: &str, variable: &str, password: &str) -> Mail {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, format!("{CONFIG}{line}\n")).expect("the folder can be written");
    let password = (variable.into(), password.into());
    Config::load(&file, [password]).expect("a config").mail
}

/// How a peer ends when it has no more answers.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// It says that nothing more comes, and still reads.
    Close,
    /// It is gone, and reads no more.
    Vanish,
    /// It says nothing more, for ever.
    Hang,
}

/// The next step of a peer with the bytes that it has not answered yet.
pub(crate) enum Turn {
    /// It waits for the rest of a command.
    Wait,
    /// It answers so many of the bytes.
    Say(usize, Vec<u8>),
    /// It has no more answers.
    End,
}

/// The manners of a peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pipe: usize,
    ending: Ending,
}

impl Manners {
    /// A patient peer with a wide pipe.
    pub(crate) const USUAL: Self = Self {
        pipe: PIPES[0],
        ending: Ending::Close,
    };

    pub(crate) fn choose(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(Self {
            pipe: *u.choose(&PIPES)?,
            ending: *u.choose(&[Ending::Close, Ending::Vanish, Ending::Hang])?,
        })
    }
}

/// The result of a dialogue.
pub(crate) struct Talk<T> {
    /// The client's result.
    pub(crate) result: T,
    /// All that the peer heard.
    pub(crate) heard: Vec<u8>,
    /// How long it took, by the clock that moves only when both sides wait.
    pub(crate) time: Duration,
}

/// Lets a client talk with a peer that first says its greeting.
pub(crate) fn talk<T>(
    manners: Manners,
    greeting: &[u8],
    turn: impl FnMut(&[u8]) -> Turn,
    client: impl AsyncFnOnce(DuplexStream) -> T,
) -> Talk<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let begun = Instant::now();
        let (ours, theirs) = duplex(manners.pipe);
        let (result, heard) = tokio::join!(client(ours), answer(theirs, manners, greeting, turn));
        Talk {
            result,
            heard,
            time: begun.elapsed(),
        }
    })
}

/// Answers each command, then ends. Returns all that was heard.
async fn answer(
    mut stream: DuplexStream,
    manners: Manners,
    greeting: &[u8],
    mut turn: impl FnMut(&[u8]) -> Turn,
) -> Vec<u8> {
    let mut heard = Vec::new();
    let mut answered = 0;
    let mut is_there = stream.write_all(greeting).await.is_ok();
    while is_there {
        match turn(&heard[answered..]) {
            Turn::End => break,
            Turn::Say(length, reply) => {
                answered += length;
                is_there = stream.write_all(&reply).await.is_ok();
            }
            Turn::Wait => is_there = listen(&mut stream, &mut heard, manners.ending).await,
        }
    }
    if matches!(manners.ending, Ending::Close) {
        let _ = stream.shutdown().await;
    }
    // Bytes that are in the pipe already were sent all the same.
    while listen(&mut stream, &mut heard, manners.ending).await {}
    heard
}

/// Reads what comes next; whether something came.
async fn listen(stream: &mut DuplexStream, heard: &mut Vec<u8>, ending: Ending) -> bool {
    let mut block = [0; 4096];
    let read = stream.read(&mut block);
    let read = match ending {
        Ending::Hang => read.await,
        Ending::Close | Ending::Vanish => timeout(IDLE, read).await.unwrap_or(Ok(0)),
    };
    let length = read.unwrap_or(0);
    heard.extend_from_slice(&block[..length]);
    length > 0
}

/// The answers of a dialogue as people write it down: lines that begin with `S: ` are the server's, and a line that begins
/// with `C: ` ends its answer. None where the input is no such dialogue.
pub(crate) fn read_dialogue(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    if !bytes.starts_with(WRITTEN) {
        return None;
    }
    let mut answers = vec![Vec::new()];
    for line in bytes.split(|byte| *byte == b'\n') {
        match (line.strip_prefix(WRITTEN), answers.last_mut()) {
            (Some(words), Some(answer)) => {
                answer.extend_from_slice(words);
                answer.extend_from_slice(b"\r\n");
            }
            _ if line.starts_with(b"C: ") => answers.push(Vec::new()),
            _ => {}
        }
    }
    Some(answers)
}
