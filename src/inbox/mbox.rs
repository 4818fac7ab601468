//! An mbox: one file, a line `From …` before each message (RFC 4155). It is read and never written.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::message::MOST_BYTES;
use crate::file::read::open;
use crate::finding::Finding;

/// The messages of an mbox, each cut at [`MOST_BYTES`].
pub(crate) struct Mbox<R> {
    lines: BufReader<R>,
    /// Whether the line that begins the next message is read.
    is_begun: bool,
}

impl Mbox<std::fs::File> {
    /// Opens the mbox in this file.
    ///
    /// # Errors
    /// A finding if it cannot be read.
    pub(crate) fn open(file: &Path) -> Result<Self, Finding> {
        open(file)
            .map(Self::new)
            .map_err(|error| error.in_file(file))
    }
}

impl<R: Read> Mbox<R> {
    /// Reads messages from these bytes.
    pub(crate) fn new(bytes: R) -> Self {
        Self {
            lines: BufReader::new(bytes),
            is_begun: false,
        }
    }

    /// Reads the next message, without its `From ` line; text before the first such line is skipped.
    fn read_next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut message = Vec::new();
        let mut line = Vec::new();
        let mut is_after_empty = true;
        loop {
            line.clear();
            if !read_line(&mut self.lines, &mut line)? {
                let is_begun = std::mem::take(&mut self.is_begun);
                return Ok(is_begun.then_some(message));
            }
            if is_after_empty && line.starts_with(b"From ") {
                if std::mem::replace(&mut self.is_begun, true) {
                    return Ok(Some(message));
                }
                continue;
            }
            is_after_empty = line.trim_ascii_end().is_empty();
            if self.is_begun {
                let room = MOST_BYTES - message.len();
                let line = unquote(&line);
                message.extend_from_slice(&line[..line.len().min(room)]);
            }
        }
    }
}

impl<R: Read> Iterator for Mbox<R> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_next().transpose()
    }
}

/// `>From ` at the beginning of a line, as every other line that some writers quote so.
fn unquote(line: &[u8]) -> &[u8] {
    let rest = line.trim_ascii_start();
    let quotes = rest.iter().take_while(|byte| **byte == b'>').count();
    match line.first() {
        Some(b'>') if rest[quotes..].starts_with(b"From ") => &line[1..],
        _ => line,
    }
}

/// Reads a line with its end, and keeps at most [`MOST_BYTES`] of it. Returns false at the end.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let mut has_read = false;
    loop {
        let bytes = lines.fill_buf()?;
        if bytes.is_empty() {
            return Ok(has_read);
        }
        has_read = true;
        let end = memchr::memchr(b'\n', bytes);
        let length = end.map_or(bytes.len(), |end| end + 1);
        let room = (MOST_BYTES - line.len()).min(length);
        line.extend_from_slice(&bytes[..room]);
        lines.consume(length);
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mbox;
    use crate::inbox::message::MOST_BYTES;

    fn messages(text: &str) -> Vec<String> {
        let all = Mbox::new(text.as_bytes());
        all.map(|one| String::from_utf8(one.unwrap()).unwrap())
            .collect()
    }

    #[test]
    fn a_message_goes_from_one_line_to_the_next() {
        for (text, expected) in [
            ("", vec![]),
            ("no mbox\n", vec![]),
            ("From a 1\nA: b\n\nc\n", vec!["A: b\n\nc\n"]),
            (
                "From a 1\nA: b\n\nc\n\nFrom b 2\r\nD: e\r\n",
                vec!["A: b\n\nc\n\n", "D: e\r\n"],
            ),
            // Only behind an empty line, and unless it is quoted.
            (
                "From a 1\n\nc\nFrom here on\n\n>From there\n>>From\n",
                vec!["\nc\nFrom here on\n\nFrom there\n>>From\n"],
            ),
            ("From a 1\nhalf", vec!["half"]),
            ("From a 1\n\nFrom b 2\n", vec!["\n", ""]),
        ] {
            assert_eq!(messages(text), expected, "{text:?}");
        }
    }

    #[test]
    fn no_line_and_no_message_is_longer_than_the_bound() {
        let long = "a".repeat(3 * MOST_BYTES);
        let found = messages(&format!("From a\n{long}\n{long}\n\nFrom b\nx\n"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].len(), MOST_BYTES);
        assert_eq!(found[1], "x\n");
    }
}
