//! The bytes of a feed → text, by the encoding that they say: many old blogs are no UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// The last place at which an XML declaration may end.
const BEGINNING: usize = 256;

/// Decodes a text by its byte order mark, else the media type's `charset`, else the XML declaration, else as UTF-8
/// (RFC 7303, 3). Bytes that are no character become U+FFFD.
pub(super) fn decode(bytes: &[u8], media_type: Option<&str>) -> String {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = marked
        .or_else(|| find_label(media_type?, "charset"))
        .or_else(|| find_declared(bytes))
        .unwrap_or(UTF_8);
    let (text, ..) = encoding.decode(bytes);
    text.into_owned()
}

fn find_declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let beginning: Cow<'_, str> = String::from_utf8_lossy(&bytes[..bytes.len().min(BEGINNING)]);
    let declaration = beginning.trim_start().strip_prefix("<?xml")?;
    find_label(declaration.split("?>").next()?, "encoding")
}

/// The encoding that `key=label` names, with or without quotes.
fn find_label(text: &str, key: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let rest = lower[lower.find(key)? + key.len()..].trim_start();
    let value = rest.strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let label = value.split(['"', '\'', ';', ' ', '?']).next()?;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn a_feed_is_read_in_the_encoding_that_it_says() {
        let xml = |label: &str, text: &[u8]| {
            let declaration = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>");
            [declaration.as_bytes(), text].concat()
        };
        for (bytes, media_type, expected) in [
            ("Tee für".as_bytes().to_vec(), None, "für"),
            (xml("iso-8859-1", b"f\xfcr"), None, "für"),
            (xml("WINDOWS-1252", b"f\xfcr \x80"), None, "für €"),
            (
                xml("utf-8", b"f\xfcr"),
                Some("text/xml; charset=iso-8859-1"),
                "für",
            ),
            (xml("koi8-r", b"\xda"), Some("application/rss+xml"), "з"),
            (
                b"\xff\xfef\0\xfc\0r\0".to_vec(),
                Some("text/xml; charset=utf-8"),
                "für",
            ),
            (xml("no-such", "für".as_bytes()), None, "für"),
            (b"f\xfcr".to_vec(), None, "f\u{fffd}r"),
            (Vec::new(), Some("charset"), ""),
        ] {
            let text = decode(&bytes, media_type);
            assert!(text.ends_with(expected), "{text:?} is not {expected:?}");
        }
    }
}
