//! The text of a list from its bytes: UTF-8 or UTF-16, with each kind of line end as one line feed.

use std::io::{self, BufReader, Cursor, Read};
use std::ops::Range;

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE};

use crate::finding::{Finding, Rule};

/// How many bytes are read at a time.
const BLOCK: usize = 64 << 10;

/// A text in UTF-8, read as it is needed.
pub(super) type DecodedText<'a> = Newlines<BufReader<Box<dyn Read + 'a>>>;

/// Decodes a text to UTF-8. A spreadsheet writes UTF-16 for "Unicode text".
///
/// # Errors
/// If the bytes begin as no text does, or cannot be read.
pub(super) fn decode<'a>(mut bytes: impl Read + 'a) -> Result<DecodedText<'a>, Finding> {
    let mut start = Vec::new();
    let first = bytes.by_ref().take(BLOCK as u64).read_to_end(&mut start);
    first.map_err(|error| unreadable(&error))?;
    let (skipped, encoding) = match &*start {
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(UTF_16LE)),
        [0xfe, 0xff, ..] => (2, Some(UTF_16BE)),
        // Without a mark at its start, ASCII shows by its empty halves.
        [letter, 0, ..] if *letter != 0 => (0, Some(UTF_16LE)),
        [0, letter, ..] if *letter != 0 => (0, Some(UTF_16BE)),
        [b'P', b'K', 3, 4, ..] => {
            return Err(Finding::error(
                Rule::ListUnreadable,
                "this is a workbook of a spreadsheet, no CSV",
            )
            .hint("save the sheet as CSV in UTF-8"));
        }
        _ => (0, None),
    };
    start.drain(..skipped);
    let bytes = Cursor::new(start).chain(bytes);
    let text: Box<dyn Read + 'a> = match encoding {
        None => Box::new(bytes),
        Some(encoding) => Box::new(Utf16 {
            bytes,
            decoder: encoding.new_decoder_without_bom_handling(),
            block: vec![0; BLOCK],
            left: 0..0,
            is_last: false,
        }),
    };
    Ok(Newlines::new(BufReader::with_capacity(BLOCK, text)))
}

/// UTF-16, read as UTF-8 block by block.
struct Utf16<R> {
    bytes: R,
    decoder: Decoder,
    block: Vec<u8>,
    /// The bytes of the block that are not decoded yet.
    left: Range<usize>,
    /// Whether all bytes are read.
    is_last: bool,
}

impl<R: Read> Read for Utf16<R> {
    /// Reads into a buffer of at least one character.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.left.is_empty() {
                if self.is_last {
                    return Ok(0);
                }
                self.left = 0..self.bytes.read(&mut self.block)?;
                self.is_last = self.left.is_empty();
            }
            let block = &self.block[self.left.clone()];
            let (result, read, written) =
                self.decoder
                    .decode_to_utf8_without_replacement(block, buffer, self.is_last);
            self.left.start += read;
            match result {
                DecoderResult::Malformed(..) => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "this begins as UTF-16, and is none; save the list as UTF-8",
                    ));
                }
                DecoderResult::InputEmpty if written == 0 && !self.is_last => {}
                _ => return Ok(written),
            }
        }
    }
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
