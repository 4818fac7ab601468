//! Bytes to and from a relay: plain or TLS, each step with a time limit, replies of bounded size.

use std::io::{self, IoSlice};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::login::Secrets;
use crate::tls::{Duplex, TlsSettings};
use crate::verdict::{Reply, Trouble};

/// Longest line of a reply, in octets: twice the limit of RFC 5321 4.5.3.1.5.
const LONGEST_LINE: usize = 1000;
/// Size of a block that is written within one time limit, in octets.
const BLOCK: usize = 64 * 1024;
/// Largest number of lines of one reply.
const MOST_LINES: usize = 100;

enum Stream {
    Plain(Box<dyn Duplex>),
    Tls(Box<TlsStream<Box<dyn Duplex>>>),
}

/// A connection. It belongs to one task, and a fault ends it.
pub(super) struct Wire {
    stream: Stream,
    buffer: Vec<u8>,
    secrets: Secrets,
}

fn blame_relay(error: impl std::fmt::Display) -> Trouble {
    Trouble::Relay(error.to_string())
}

impl Wire {
    /// Wraps an unencrypted connection. Replies that repeat one of the secrets are hidden.
    pub(super) fn new(stream: Box<dyn Duplex>, secrets: Secrets) -> Self {
        Self {
            stream: Stream::Plain(stream),
            buffer: Vec::new(),
            secrets,
        }
    }

    /// Upgrades the connection to TLS.
    pub(super) async fn encrypt(self, tls: &TlsSettings, limit: Duration) -> Result<Self, Trouble> {
        let Stream::Plain(plain) = self.stream else {
            return Ok(self);
        };
        let stream = tls.encrypt(plain, "relay", limit).await?;
        Ok(Self {
            stream: Stream::Tls(Box::new(stream)),
            buffer: Vec::new(),
            secrets: self.secrets,
        })
    }

    /// Whether unread bytes follow the last reply.
    pub(super) fn has_more(&self) -> bool {
        !self.buffer.is_empty()
    }

    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Trouble> {
        self.write_group(bytes, &[], limit).await
    }

    /// Writes bytes and, in the same write, commands that need not wait for their reply. An error means that the last of
    /// the bytes was not sent; reading the replies shows whether the commands were.
    pub(super) async fn write_group(
        &mut self,
        bytes: &[u8],
        behind: &[u8],
        limit: Duration,
    ) -> Result<(), Trouble> {
        // Unread bytes here would be mistaken for the reply to this command.
        if self.has_more() {
            return Err(blame_relay("the relay speaks out of turn"));
        }
        let blocks = bytes.chunks(BLOCK);
        let last = blocks.len().saturating_sub(1);
        let mut rest = behind;
        for (number, block) in blocks.enumerate() {
            let behind = if number == last { behind } else { &[] };
            let more = timeout(limit, self.write_block(block, behind))
                .await
                .map_err(|_| blame_relay("a write took too long"))?
                .map_err(blame_relay)?;
            rest = &rest[more..];
        }
        if !rest.is_empty() {
            let _ = timeout(limit, self.write_block(rest, &[])).await;
        }
        Ok(())
    }

    /// Writes a whole block, and what fits of the bytes after it. Returns the number of those bytes.
    async fn write_block(&mut self, block: &[u8], behind: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(plain) => {
                let mut written = 0;
                while written < block.len() {
                    let some = plain
                        .write_vectored(&[IoSlice::new(&block[written..]), IoSlice::new(behind)])
                        .await?;
                    if some == 0 {
                        return Err(io::ErrorKind::WriteZero.into());
                    }
                    written += some;
                }
                Ok(written - block.len())
            }
            Stream::Tls(tls) => {
                tls.write_all(block).await?;
                tls.flush().await?;
                Ok(0)
            }
        }
    }

    /// Reads one reply of one or more lines (RFC 5321 4.2.1).
    pub(super) async fn read(&mut self, limit: Duration) -> Result<Reply, Trouble> {
        Ok(self.read_with_lines(limit).await?.0)
    }

    /// Reads one reply. Returns its lines too, which only have a meaning for EHLO.
    pub(super) async fn read_with_lines(
        &mut self,
        limit: Duration,
    ) -> Result<(Reply, Vec<String>), Trouble> {
        let (code, lines) = timeout(limit, self.read_lines())
            .await
            .map_err(|_| blame_relay("the reply took too long"))??;
        let text = lines.join(" ");
        let reply = Reply::new(code, &text);
        if !self.secrets.are_in(&text) {
            return Ok((reply, lines));
        }
        let status = reply.enhanced().map(|status| format!("{status} "));
        let hidden = format!(
            "{}(hidden, since it repeats the password)",
            status.unwrap_or_default()
        );
        Ok((Reply::new(code, &hidden), lines))
    }

    async fn read_lines(&mut self) -> Result<(u16, Vec<String>), Trouble> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let line = self.read_line().await?;
            let digits = line
                .get(..3)
                .filter(|digits| digits.iter().all(u8::is_ascii_digit));
            let code = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            let code: u16 = code
                .filter(|code| (200..600).contains(code))
                .ok_or_else(|| blame_relay("the relay speaks no SMTP"))?;
            // Some relays omit the text, or the space before it.
            let (is_last, words) = match line.get(3) {
                Some(b'-') => (false, &line[4..]),
                Some(b' ') => (true, &line[4..]),
                _ => (true, &line[3..]),
            };
            lines.push(String::from_utf8_lossy(words).trim().to_owned());
            if is_last {
                return Ok((code, lines));
            }
        }
        Err(blame_relay("the relay's reply has no end"))
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, Trouble> {
        loop {
            let end = self.buffer.iter().position(|byte| *byte == b'\n');
            if end.unwrap_or(self.buffer.len()) > LONGEST_LINE {
                return Err(blame_relay("a line of the relay's reply is too long"));
            }
            if let Some(end) = end {
                let mut line: Vec<u8> = self.buffer.drain(..=end).collect();
                line.pop();
                line.pop_if(|last| *last == b'\r');
                return Ok(line);
            }
            let mut some = [0; 1024];
            let read = match &mut self.stream {
                Stream::Plain(plain) => plain.read(&mut some).await,
                Stream::Tls(tls) => tls.read(&mut some).await,
            };
            let read = read.map_err(blame_relay)?;
            if read == 0 {
                return Err(blame_relay("the relay closed the connection"));
            }
            self.buffer.extend_from_slice(&some[..read]);
        }
    }
}
