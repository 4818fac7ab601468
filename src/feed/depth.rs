//! How deep the elements of a foreign feed nest: the parsers behind this call themselves once a level.

use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// The deepest nesting that is read; a feed needs about ten levels, and XHTML in it some dozens.
const DEEPEST: usize = 200;

/// The line on which elements nest too deeply; `None` if they do not, or if the text is no XML, which a parser reports
/// better.
pub(super) fn find_too_deep(text: &str) -> Option<usize> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut depth: usize = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
        if depth > DEEPEST {
            let read = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
            let read = &text.as_bytes()[..read.min(text.len())];
            return Some(read.split(|byte| *byte == b'\n').count());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find_too_deep;

    #[test]
    fn deep_nesting_is_seen_before_a_parser_follows_it() {
        let nested = |count: usize| "<a>".repeat(count) + &"</a>".repeat(count);
        for (text, expected) in [
            (nested(200), None),
            (nested(201), Some(1)),
            (format!("<rss>\n\n{}</rss>", nested(100_000)), Some(3)),
            // Without ends, and with ends of other elements.
            ("<a>".repeat(1_000_000), Some(1)),
            ("<a></b>".repeat(1000), None),
            // Comments and CDATA only look like elements.
            (format!("<a><![CDATA[{}]]></a>", nested(1000)), None),
            (format!("<a><!--{}--></a>", nested(1000)), None),
            ("<a/>".repeat(1000), None),
            ("no feed".to_owned(), None),
            ("<<<".to_owned(), None),
        ] {
            let begin: String = text.chars().take(40).collect();
            assert_eq!(find_too_deep(&text), expected, "{begin}");
        }
    }
}
