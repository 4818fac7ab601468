//! Texts from bytes: mostly words of a language, now and then anything, so that inputs get past the first check.

use arbitrary::{Result, Unstructured};

/// The most pieces of a text.
const MOST_PIECES: usize = 200;
/// How often one piece is repeated at most.
const MOST_REPEATED: usize = 64;

/// A text of these words, with bytes of no meaning and repetitions among them.
pub(crate) fn text(u: &mut Unstructured<'_>, words: &[&str]) -> Result<String> {
    let mut text = String::new();
    for _ in 0..MOST_PIECES {
        if u.is_empty() {
            break;
        }
        let piece = match u.int_in_range(0..=15)? {
            0 => raw(u)?,
            1 => number(u)?,
            2 => u.char_in()?,
            _ => (*u.choose(words)?).to_owned(),
        };
        let times = match u.int_in_range(0..=31)? {
            0 => u.int_in_range(1..=MOST_REPEATED)?,
            _ => 1,
        };
        text.push_str(&piece.repeat(times));
    }
    Ok(text)
}

/// Some bytes, as far as they are a text.
pub(crate) fn raw(u: &mut Unstructured<'_>) -> Result<String> {
    let length = u.int_in_range(0..=24)?;
    let bytes = u.bytes(length.min(u.len()))?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn number(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=4)? {
        0 => u.int_in_range(0..=99_u8)?.to_string(),
        1 => format!("{:02}", u.int_in_range(0..=61_u8)?),
        2 => u.int_in_range(1900..=2100_u16)?.to_string(),
        3 => u.arbitrary::<i64>()?.to_string(),
        _ => "9".repeat(u.int_in_range(1..=40)?),
    })
}

/// A character that breaks things.
trait Odd {
    fn char_in(&mut self) -> Result<String>;
}

impl Odd for Unstructured<'_> {
    fn char_in(&mut self) -> Result<String> {
        const ODD: &[char] = &[
            '\0',
            '\u{1}',
            '\u{b}',
            '\u{1b}',
            '\t',
            '\r',
            '\n',
            '\u{a0}',
            '\u{ad}',
            '\u{301}',
            '\u{200b}',
            '\u{202e}',
            '\u{2028}',
            '\u{e010}',
            '\u{e014}',
            '\u{fdd0}',
            '\u{feff}',
            '\u{fffd}',
            '\u{ffff}',
            '\u{10ffff}',
            '茶',
            '🍵',
            'ß',
            'İ',
        ];
        Ok(self.choose(ODD)?.to_string())
    }
}
