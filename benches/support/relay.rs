//! A relay that takes everything, and costs little beside what is measured: it stands for one on another machine. One
//! thread serves all connections, and looks at a message only for its end.

use std::io;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::time::sleep;

/// So much is read at once, in octets: a message of 30 KB with the commands behind it.
const BUFFER: usize = 128 * 1024;

/// A relay that takes everything. Its answers go out together where commands came together, `late` by so much: a round
/// trip. It offers PIPELINING and expects it to be used.
pub(crate) fn sink(late: Duration) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(listen(listener, late))
    });
    port
}

async fn listen(listener: std::net::TcpListener, late: Duration) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let session = Session {
            stream,
            buffer: vec![0; BUFFER],
            unread: 0..0,
            answers: Vec::new(),
            late,
        };
        tokio::spawn(session.swallow());
    }
}

/// One connection to the sink.
struct Session {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The part of the buffer that is not read yet.
    unread: Range<usize>,
    answers: Vec<u8>,
    late: Duration,
}

impl Session {
    async fn swallow(mut self) -> Option<()> {
        self.answers.extend_from_slice(b"220 sink\r\n");
        loop {
            match &self.read_over(b"\r\n").await? {
                b"EHL" => self
                    .answers
                    .extend_from_slice(b"250-sink\r\n250-SIZE 10000000\r\n250 PIPELINING\r\n"),
                b"MAI" | b"RCP" => self.answers.extend_from_slice(b"250 2.1.0 ok\r\n"),
                b"DAT" => {
                    self.answers.extend_from_slice(b"354 go on\r\n");
                    self.read_over(b"\r\n.\r\n").await?;
                    self.answers.extend_from_slice(b"250 2.0.0 taken\r\n");
                }
                _ => self.answers.extend_from_slice(b"221 bye\r\n"),
            }
        }
    }

    /// Reads on until the first `mark` is read. Returns the first three octets.
    async fn read_over(&mut self, mark: &[u8]) -> Option<[u8; 3]> {
        loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(at) = memmem::find(unread, mark) {
                let first = [0, 1, 2].map(|at| unread.get(at).copied().unwrap_or(0));
                self.unread.start += at + mark.len();
                return Some(first);
            }
            self.receive(mark.len()).await?;
        }
    }

    /// Waits for more, once all answers are out. Where the buffer is full, only its last octets are kept.
    async fn receive(&mut self, kept: usize) -> Option<()> {
        if !self.answers.is_empty() {
            if !self.late.is_zero() {
                sleep(self.late).await;
            }
            self.stream.write_all(&self.answers).await.ok()?;
            self.answers.clear();
        }
        if self.unread.end == self.buffer.len() {
            self.unread.start = self.unread.start.max(self.unread.end - kept);
        }
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let room = &mut self.buffer[self.unread.end..];
        let read = self.stream.read(room).await.ok()?;
        self.unread.end += read;
        (read > 0).then_some(())
    }
}
