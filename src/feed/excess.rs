//! Finds what a foreign feed may not have, before it is parsed: elements that nest deeply, since the parsers behind this
//! call themselves once a level, and very many of them, since a parser takes about a kilobyte for the shortest.

use std::fmt;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// The deepest nesting that is read; a feed needs about ten levels, and XHTML in it some dozens.
const DEEPEST: usize = 200;
/// The most elements, or objects of JSON, that are parsed.
pub(super) const MOST: usize = 300_000;

/// The excess of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    Depth,
    Elements,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth => write!(f, "its elements nest too deeply"),
            Self::Elements => write!(f, "it has more than {MOST} elements"),
        }
    }
}

/// Finds the excess of a document that may have `most` elements, and its line; `None` if it has not, or if the
/// text is no XML, which a parser reports better.
pub(super) fn find_excess(text: &str, most: usize) -> Option<(Excess, usize)> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let (mut depth, mut elements): (usize, usize) = (0, 0);
    let excess = loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => (depth, elements) = (depth + 1, elements + 1),
            Ok(Event::Empty(_)) => elements += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
        if depth > DEEPEST {
            break Excess::Depth;
        }
        if elements > most {
            break Excess::Elements;
        }
    };
    let read = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
    let read = &text.as_bytes()[..read.min(text.len())];
    Some((excess, read.split(|byte| *byte == b'\n').count()))
}

/// Whether a document of JSON has more objects and lists than are parsed.
pub(super) fn has_many_objects(text: &str) -> bool {
    let (mut is_text, mut is_escaped, mut count) = (false, false, 0);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => count += 1,
            _ => {}
        }
    }
    count > MOST
}

#[cfg(test)]
mod tests {
    use super::{Excess, MOST, find_excess, has_many_objects};

    #[test]
    fn deep_nesting_and_very_many_elements_are_seen_before_a_parser_follows_them() {
        let nested = |count: usize| "<a>".repeat(count) + &"</a>".repeat(count);
        let deep = |line| Some((Excess::Depth, line));
        for (text, expected) in [
            (nested(200), None),
            (nested(201), deep(1)),
            (format!("<rss>\n\n{}</rss>", nested(100_000)), deep(3)),
            // Without ends, and with ends of other elements.
            ("<a>".repeat(1_000_000), deep(1)),
            ("<a></b>".repeat(1000), None),
            // Comments and CDATA only look like elements.
            (format!("<a><![CDATA[{}]]></a>", nested(1000)), None),
            (format!("<a><!--{}--></a>", nested(1000)), None),
            ("<a/>".repeat(1000), None),
            ("<a/>".repeat(MOST), None),
            (
                format!("\n{}", "<a/>".repeat(MOST + 1)),
                Some((Excess::Elements, 2)),
            ),
            ("<a></a>".repeat(MOST + 1), Some((Excess::Elements, 1))),
            ("no feed".to_owned(), None),
            ("<<<".to_owned(), None),
        ] {
            let begin: String = text.chars().take(40).collect();
            assert_eq!(find_excess(&text, MOST), expected, "{begin}");
        }
    }

    #[test]
    fn objects_are_counted_outside_of_texts() {
        for (item, is_many) in [
            ("{},", true),
            ("[],", true),
            ("{\"a\":1},", true),
            ("1,", false),
            ("\"{[\",", false),
            ("\"\\\"{\",", false),
            ("\"\\\\\",", false),
        ] {
            let text = format!("[{}0]", item.repeat(MOST));
            assert_eq!(has_many_objects(&text), is_many, "{item}");
            assert!(
                serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                "{item}"
            );
        }
    }
}
