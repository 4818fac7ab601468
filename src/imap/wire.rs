//! Bytes to and from an IMAP server: whole responses of bounded size, each step with a time limit.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::tls::Duplex;
use crate::verdict::Trouble;

/// The most octets of a response beside its literals: the UIDs of 50,000 messages fit.
const LONGEST: usize = 1 << 20;
/// How deep lists stand in lists at most; nothing that we ask for has more than two.
const DEEPEST: usize = 8;
/// How many octets are read at once.
const BLOCK: usize = 16 << 10;

/// A connection. A fault ends it.
pub(super) struct ImapWire {
    stream: Box<dyn Duplex>,
    buffer: Vec<u8>,
    /// The position in the buffer of the first octet that is not read yet.
    at: usize,
    /// The most octets of the literals of one response.
    most: usize,
}

/// When a step must have ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self(Instant::now() + limit)
    }
}

pub(super) fn lose(error: impl std::fmt::Display) -> Trouble {
    Trouble::Relay(error.to_string())
}

impl ImapWire {
    /// Reads responses whose literals have at most so many octets.
    pub(super) fn new(stream: Box<dyn Duplex>, most: usize) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            at: 0,
            most,
        }
    }

    pub(super) async fn write(&mut self, line: &str, deadline: Deadline) -> Result<(), Trouble> {
        let bytes = format!("{line}\r\n");
        let written = async {
            self.stream.write_all(bytes.as_bytes()).await?;
            self.stream.flush().await
        };
        timeout_at(deadline.0, written)
            .await
            .map_err(|_| lose("a write took too long"))?
            .map_err(lose)
    }

    /// One response, with its literals, ended by CRLF. Beside literals it is ASCII: octets that are none become `?`, since
    /// the parser cuts its text by octets.
    pub(super) async fn read(&mut self, deadline: Deadline) -> Result<Vec<u8>, Trouble> {
        let response = self.read_response();
        timeout_at(deadline.0, response)
            .await
            .map_err(|_| lose("the server's answer took too long"))?
    }

    async fn read_response(&mut self) -> Result<Vec<u8>, Trouble> {
        let mut response = Vec::new();
        let mut room = self.most;
        let mut depth = 0;
        loop {
            let begin = response.len();
            self.read_line(&mut response).await?;
            let line = &mut response[begin..];
            for byte in line.iter_mut().filter(|byte| !matches!(byte, b' '..=b'~')) {
                *byte = b'?';
            }
            let is_text = begin == 0 && is_text(line);
            // The parser calls itself for each list in a list.
            depth = if is_text {
                0
            } else {
                measure_depth(line, depth)?
            };
            let literal = if is_text { None } else { find_literal(line)? };
            response.extend_from_slice(b"\r\n");
            let Some(length) = literal else {
                return Ok(response);
            };
            room = room
                .checked_sub(length)
                .ok_or_else(|| lose("the server sends more than it was asked for"))?;
            self.read_exactly(length, &mut response).await?;
        }
    }

    /// Appends a line without its end.
    async fn read_line(&mut self, response: &mut Vec<u8>) -> Result<(), Trouble> {
        let begin = response.len();
        loop {
            let rest = &self.buffer[self.at..];
            let end = memchr::memchr(b'\n', rest);
            let length = end.unwrap_or(rest.len());
            if response.len() + length > LONGEST + self.most {
                return Err(lose("a line of the server's answer is too long"));
            }
            response.extend_from_slice(&rest[..length]);
            self.at += length;
            if end.is_some() {
                self.at += 1;
                if response.len() > begin {
                    response.pop_if(|last| *last == b'\r');
                }
                return Ok(());
            }
            self.fill().await?;
        }
    }

    async fn read_exactly(
        &mut self,
        mut length: usize,
        response: &mut Vec<u8>,
    ) -> Result<(), Trouble> {
        while length > 0 {
            if self.at == self.buffer.len() {
                self.fill().await?;
            }
            let some = length.min(self.buffer.len() - self.at);
            response.extend_from_slice(&self.buffer[self.at..self.at + some]);
            self.at += some;
            length -= some;
        }
        Ok(())
    }

    /// Reads more, once everything in the buffer was taken.
    async fn fill(&mut self) -> Result<(), Trouble> {
        self.buffer.resize(BLOCK, 0);
        self.at = 0;
        let read = self.stream.read(&mut self.buffer).await;
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        match read.map_err(lose)? {
            0 => Err(lose("the server closed the connection")),
            _ => Ok(()),
        }
    }
}

/// Whether a line ends in a text for people, in which braces and parentheses mean nothing: a status, tagged or not, or a
/// continuation.
fn is_text(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"* ") else {
        return true;
    };
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status))
}

/// The length of the literal that follows a line: `{310}` at its end (RFC 3501 4.3).
fn find_literal(line: &[u8]) -> Result<Option<usize>, Trouble> {
    let Some(inner) = line.strip_suffix(b"}") else {
        return Ok(None);
    };
    let Some(at) = memchr::memrchr(b'{', inner) else {
        return Ok(None);
    };
    let digits = str::from_utf8(&inner[at + 1..]).unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let length = is_number.then(|| digits.parse().ok()).flatten();
    let length = length.ok_or_else(|| lose("the server names a length that is none"));
    length.map(Some)
}

/// How deep lists stand in lists at the end of a line.
///
/// # Errors
/// If they stand deeper than anything that a server has to say.
fn measure_depth(line: &[u8], mut depth: usize) -> Result<usize, Trouble> {
    for byte in line {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(lose("the server's answer has lists in lists without end"));
        }
    }
    Ok(depth)
}
