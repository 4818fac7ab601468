//! Texts that are so long that the parser's writer takes too long for them.

use std::borrow::Cow;

use lol_html::RewriteStrSettings;
use lol_html::html_content::{ContentType, TextType};

/// The longest text that is given to the parser as one, in bytes.
const LONGEST_TEXT: usize = 4096;

/// Whether a text costs the parser's writer more than its length.
pub(super) fn is_costly(text: &str) -> bool {
    text.len() > 4 * LONGEST_TEXT && memchr::memchr2(b'&', 0xc2, text.as_bytes()).is_some()
}

/// Inserts comments into long texts with many characters to escape: the parser's writer takes quadratic time for each
/// text. It drops the comments itself.
pub(super) fn split_long_texts(html: &str) -> Cow<'_, str> {
    if !html.split('<').any(is_costly) {
        return html.into();
    }
    let settings = RewriteStrSettings::new()
        .with_strict(false)
        .append_document_content_handler(lol_html::doc_text!(|chunk| {
            if chunk.text_type() == TextType::Data && is_costly(chunk.as_str()) {
                let parted = split_long(chunk.as_str());
                chunk.replace(&parted, ContentType::Html);
            }
            Ok(())
        }));
    lol_html::rewrite_str(html, settings).map_or_else(|_| html.into(), Cow::from)
}

/// A text with a comment behind each few thousand bytes, never within a reference.
fn split_long(text: &str) -> String {
    let mut parted = String::with_capacity(text.len() + text.len() / 256);
    let mut rest = text;
    while rest.len() > LONGEST_TEXT {
        let start = rest.ceil_char_boundary(LONGEST_TEXT);
        let end = rest[start..].find(|c: char| c == '&' || !c.is_ascii() || c == ' ');
        let Some(end) = end.map(|end| start + end) else {
            break;
        };
        parted.push_str(&rest[..end]);
        parted.push_str("<!---->");
        rest = &rest[end..];
    }
    parted + rest
}
