//! A relay that takes everything, and costs little beside what is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A relay that takes everything. Its answers go out together where commands came together, `late` by so much: a round
/// trip. It offers PIPELINING and expects it to be used.
pub(crate) fn sink(late: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                Session {
                    lines: BufReader::with_capacity(64 * 1024, stream),
                    line: Vec::new(),
                    answers: Vec::new(),
                    late,
                }
                .swallow()
            });
        }
    });
    port
}

/// One connection to the sink.
struct Session {
    lines: BufReader<TcpStream>,
    line: Vec<u8>,
    answers: Vec<u8>,
    late: Duration,
}

impl Session {
    /// The first three octets of the next line.
    fn next(&mut self) -> Option<[u8; 3]> {
        if !self.answers.is_empty() && !self.lines.buffer().contains(&b'\n') {
            thread::sleep(self.late);
            self.lines.get_mut().write_all(&self.answers).ok()?;
            self.answers.clear();
        }
        self.line.clear();
        self.lines
            .read_until(b'\n', &mut self.line)
            .ok()
            .filter(|read| *read > 0)?;
        Some([0, 1, 2].map(|at| self.line.get(at).copied().unwrap_or(0)))
    }

    fn swallow(mut self) -> Option<()> {
        self.lines.get_ref().set_nodelay(true).ok()?;
        self.answers.extend_from_slice(b"220 sink\r\n");
        loop {
            match &self.next()? {
                b"EHL" => self
                    .answers
                    .extend_from_slice(b"250-sink\r\n250-SIZE 10000000\r\n250 PIPELINING\r\n"),
                b"MAI" | b"RCP" => self.answers.extend_from_slice(b"250 2.1.0 ok\r\n"),
                b"DAT" => {
                    self.answers.extend_from_slice(b"354 go on\r\n");
                    while self.next()? != *b".\r\n" {}
                    self.answers.extend_from_slice(b"250 2.0.0 taken\r\n");
                }
                _ => self.answers.extend_from_slice(b"221 bye\r\n"),
            }
        }
    }
}
