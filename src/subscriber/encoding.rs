//! The text of a list from its bytes: UTF-8 or UTF-16, with each kind of line end as one line feed.

use std::io::{self, BufReader, Cursor, Read};

use crate::finding::{Finding, Rule};

/// How many bytes are read at a time.
const BLOCK: usize = 64 << 10;

/// A unit of UTF-16 from its two bytes.
type Unit = fn([u8; 2]) -> u16;

/// A text in UTF-8, read as it is needed.
pub(super) type DecodedText<'a> = Newlines<BufReader<Box<dyn Read + 'a>>>;

/// The text in UTF-8. What a spreadsheet saves as "Unicode text" is UTF-16, which is held in memory; UTF-8 is not.
///
/// # Errors
/// If the bytes begin as no text does, or cannot be read.
pub(super) fn decode<'a>(mut bytes: impl Read + 'a) -> Result<DecodedText<'a>, Finding> {
    let mut start = Vec::new();
    let first = bytes.by_ref().take(BLOCK as u64).read_to_end(&mut start);
    first.map_err(|error| unreadable(&error))?;
    let (units, unit): (&[u8], Unit) = match &*start {
        [0xef, 0xbb, 0xbf, rest @ ..] => return Ok(join(rest.to_vec(), bytes)),
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        // Without a mark at its start, ASCII shows by its empty halves.
        [letter, 0, ..] if *letter != 0 => (&start, u16::from_le_bytes),
        [0, letter, ..] if *letter != 0 => (&start, u16::from_be_bytes),
        [b'P', b'K', 3, 4, ..] => {
            return Err(Finding::error(
                Rule::ListUnreadable,
                "this is a workbook of a spreadsheet, no CSV",
            )
            .hint("save the sheet as CSV in UTF-8"));
        }
        _ => return Ok(join(start, bytes)),
    };
    let mut units = units.to_vec();
    let read = bytes.read_to_end(&mut units);
    read.map_err(|error| unreadable(&error))?;
    let (pairs, odd) = units.as_chunks::<2>();
    let text: Result<String, _> =
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    match (text, odd) {
        (Ok(text), []) => Ok(join(text.into_bytes(), io::empty())),
        _ => Err(
            Finding::error(Rule::ListUnreadable, "this begins as UTF-16, and is none")
                .hint("save the list as UTF-8"),
        ),
    }
}

fn join<'a>(start: Vec<u8>, rest: impl Read + 'a) -> DecodedText<'a> {
    let all: Box<dyn Read + 'a> = Box::new(Cursor::new(start).chain(rest));
    Newlines::new(BufReader::with_capacity(BLOCK, all))
}

pub(super) fn unreadable(error: &io::Error) -> Finding {
    Finding::error(Rule::ListUnreadable, format!("cannot be read: {error}"))
}

/// The text with each kind of line end as one line feed, and one at its end, so that lines can be counted.
pub(super) struct Newlines<R> {
    text: R,
    /// The last byte.
    last: u8,
}

impl<R: io::BufRead> Newlines<R> {
    fn new(text: R) -> Self {
        Self { text, last: b'\n' }
    }

    /// Returns the next bytes without consuming them: at most a block.
    pub(super) fn peek(&mut self) -> io::Result<&[u8]> {
        self.text.fill_buf()
    }
}

impl<R: io::BufRead> Read for Newlines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let text = self.text.fill_buf()?;
            if text.is_empty() {
                if buffer.is_empty() || matches!(self.last, b'\n' | b'\r') {
                    return Ok(0);
                }
                buffer[0] = b'\n';
                self.last = b'\n';
                return Ok(1);
            }
            let (mut taken, mut written) = (0, 0);
            for byte in text.iter().copied().take(buffer.len()) {
                taken += 1;
                let is_second_half = byte == b'\n' && self.last == b'\r';
                self.last = byte;
                if !is_second_half {
                    buffer[written] = if byte == b'\r' { b'\n' } else { byte };
                    written += 1;
                }
            }
            self.text.consume(taken);
            // Nothing written is the end to whoever reads.
            if written > 0 || buffer.is_empty() {
                return Ok(written);
            }
        }
    }
}
