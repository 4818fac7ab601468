//! The bytes of one message → its header fields and its parts, flat, within bounds.
//!
//! mail-parser reads fields, encodings and character sets. It descends into a returned message inside a returned message as
//! far as they go, and one level costs 30 bytes: so parts are taken apart here, where depth and number have a bound.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, MessageParser};
use memchr::memmem;

/// How many bytes of a message are read: a report comes before the message that it returns.
pub const MOST_BYTES: usize = 512 << 10;
/// The deepest nesting of parts.
const MOST_DEPTH: usize = 8;
/// How many parts are looked at.
const MOST_PARTS: usize = 64;
/// How many fields of one head are looked at.
const MOST_FIELDS: usize = 1000;
/// How many bytes of a person's text are looked at.
const MOST_TEXT: usize = 64 << 10;

/// A parsed message.
#[derive(Debug, Default)]
pub(super) struct ParsedMail {
    pub(super) fields: Fields,
    /// Its type, such as `multipart/report`.
    pub(super) kind: String,
    /// Its parts that are no multiparts themselves, in order.
    pub(super) parts: Vec<MailPart>,
    /// The heads of messages that it returns, whole or the head alone.
    pub(super) returned: Vec<Fields>,
}

#[derive(Debug)]
pub(super) struct MailPart {
    /// Its type, such as `text/plain`.
    pub(super) kind: String,
    /// Its text, decoded.
    pub(super) text: String,
}

/// The fields of one head: names in lower case, values unfolded and decoded (RFC 2047).
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of these bytes, up to the first empty line.
    pub(super) fn parse(head: &[u8]) -> Self {
        let mut fields = Vec::new();
        if let Some(message) = MessageParser::default().parse_headers(head) {
            for header in message.headers().iter().take(MOST_FIELDS) {
                let from = header.offset_start() as usize;
                let raw = head.get(from..header.offset_end() as usize);
                let value = MessageStream::new(raw.unwrap_or_default()).parse_unstructured();
                let text = value.as_text().unwrap_or_default().trim().to_owned();
                fields.push((header.name().to_ascii_lowercase(), text));
            }
        }
        Self(fields)
    }

    /// The first field of this name.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every field of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |field: &&(String, String)| field.0 == name;
        self.0.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// Whether there is a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// The first of these fields that is present, with its name.
    pub(super) fn any_of<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|name| self.has(name))
    }
}

impl ParsedMail {
    /// Takes a message apart; of more than [`MOST_BYTES`] the rest is not looked at.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
        let mut mail = Self::default();
        let (head, body) = split_head(strip_envelope(bytes));
        mail.fields = Fields::parse(head);
        let entity = Entity::parse(head, body);
        mail.kind.clone_from(&entity.kind);
        mail.take(&entity, 0);
        mail
    }

    /// Finds the text of the first part of one of these types.
    pub(super) fn find_part(&self, kinds: &[&str]) -> Option<&str> {
        let mut parts = self.parts.iter();
        let part = parts.find(|part| kinds.contains(&part.kind.as_str()))?;
        Some(&part.text)
    }

    /// The first text that a person may read.
    pub(super) fn text(&self) -> &str {
        match self.find_part(&["text/plain"]) {
            Some(text) if !text.trim().is_empty() => text,
            _ => self.find_part(&["text/html"]).unwrap_or_default(),
        }
    }

    pub(super) fn subject(&self) -> &str {
        self.fields.first("subject").unwrap_or_default()
    }

    fn take(&mut self, entity: &Entity<'_>, depth: usize) {
        if self.parts.len() >= MOST_PARTS || depth > MOST_DEPTH {
            return;
        }
        if let (true, Some(boundary)) = (entity.kind.starts_with("multipart/"), &entity.boundary) {
            for part in split_parts(entity.body, boundary) {
                let (head, body) = split_head(part);
                self.take(&Entity::parse(head, body), depth + 1);
            }
            return;
        }
        let text = match entity.kind.as_str() {
            "message/rfc822"
            | "message/global"
            | "text/rfc822"
            | "text/rfc822-headers"
            | "message/global-headers"
            | "message/rfc822-headers" => {
                let body = entity.decode();
                self.returned.push(Fields::parse(split_head(&body).0));
                String::new()
            }
            "text/html" => read_html(&entity.decode_text(MOST_TEXT)),
            kind if kind.starts_with("text/") || kind.starts_with("multipart/") => {
                entity.decode_text(MOST_TEXT)
            }
            kind if kind.starts_with("message/") => entity.decode_text(MOST_BYTES),
            _ => String::new(),
        };
        // A multipart without parts is read as the text that it is.
        let kind = match entity.kind.starts_with("multipart/") {
            true => "text/plain".to_owned(),
            false => entity.kind.clone(),
        };
        self.parts.push(MailPart { kind, text });
    }
}

/// A message or a part: its type, and its body as it was sent.
struct Entity<'a> {
    kind: String,
    boundary: Option<String>,
    charset: Option<String>,
    encoding: String,
    body: &'a [u8],
}

impl<'a> Entity<'a> {
    fn parse(head: &[u8], body: &'a [u8]) -> Self {
        let parsed = MessageParser::default().parse_headers(head);
        let headers = parsed.as_ref().map_or(&[][..], |message| message.headers());
        let find = |name: &'static str| {
            let headers = headers.iter();
            headers.filter(move |header| header.name().eq_ignore_ascii_case(name))
        };
        let content_type = find("content-type").find_map(|header| header.value().as_content_type());
        let encoding = find("content-transfer-encoding").next();
        let encoding = encoding.and_then(|header| header.value().as_text());
        let attribute = |name: &str| {
            let value = content_type.and_then(|kind| kind.attribute(name));
            value.map(str::to_owned)
        };
        Self {
            kind: content_type.map_or_else(|| "text/plain".to_owned(), write_kind),
            boundary: attribute("boundary").filter(|boundary| !boundary.is_empty()),
            charset: attribute("charset"),
            encoding: encoding.unwrap_or_default().trim().to_ascii_lowercase(),
            body,
        }
    }

    /// Decodes the transfer encoding of the body; damaged or cut parts are left out.
    fn decode(&self) -> Cow<'a, [u8]> {
        let decoded = match self.encoding.as_str() {
            "base64" => decode_lines(self.body),
            "quoted-printable" => quoted_printable_decode(self.body),
            _ => None,
        };
        decoded.map_or(Cow::Borrowed(self.body), Cow::Owned)
    }

    /// Decodes the body as text of at most about so many bytes.
    fn decode_text(&self, most: usize) -> String {
        let bytes = self.decode();
        let bytes = &bytes[..bytes.len().min(most)];
        let charset = self.charset.as_deref().unwrap_or("utf-8").as_bytes();
        match charset_decoder(charset) {
            Some(decode) => decode(bytes),
            None => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// Decodes Base64, also if its last line is cut off.
fn decode_lines(body: &[u8]) -> Option<Vec<u8>> {
    base64_decode(body).or_else(|| {
        let end = memchr::memrchr(b'\n', body)?;
        base64_decode(&body[..end])
    })
}

/// The text of an HTML body. A body that is a picture says something that nobody here can read.
fn read_html(html: &str) -> String {
    let text = html_to_text(html);
    match text.trim().is_empty() && html.to_ascii_lowercase().contains("<img") {
        true => "[picture]".to_owned(),
        false => text,
    }
}

fn write_kind(kind: &ContentType<'_>) -> String {
    let subtype = kind.subtype().unwrap_or_default();
    format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
}

/// Removes the line with which an mbox or a pipe begins, and empty lines before the head.
fn strip_envelope(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.trim_ascii_start();
    if !bytes.starts_with(b"From ") {
        return bytes;
    }
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1);
    &bytes[end..]
}

/// Splits a message after the empty line below its head.
pub(super) fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut line = 0;
    while let Some(length) = memchr::memchr(b'\n', &bytes[line..]) {
        let end = line + length + 1;
        if bytes[line..end].trim_ascii().is_empty() {
            return (&bytes[..end], &bytes[end..]);
        }
        line = end;
    }
    (bytes, &[])
}

/// The parts between boundary lines (RFC 2046 5.1.1); without a closing line the last one extends to the end.
fn split_parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut begun = None;
    for at in memmem::find_iter(body, mark.as_bytes()) {
        let rest = &body[at + mark.len()..];
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let ending = rest[..line].trim_ascii_end();
        let is_mark = (at == 0 || body[at - 1] == b'\n') && matches!(ending, b"" | b"--");
        if !is_mark {
            continue;
        }
        if let Some(from) = begun {
            parts.push(&body[from..at]);
        }
        begun = (ending.is_empty()).then(|| (at + mark.len() + line + 1).min(body.len()));
        if begun.is_none() || parts.len() >= MOST_PARTS {
            return parts;
        }
    }
    if let Some(from) = begun {
        parts.push(&body[from..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, ParsedMail, split_parts};

    #[test]
    fn a_message_is_taken_apart_whatever_its_line_ends() {
        let text = "From mailer Mon Jan  1 00:00:00 2024\nSubject: =?utf-8?q?T=C3=A4st?=\nContent-Type: multipart/report;\n boundary=\"b\"\n\n\
            preamble\n--b\n\nHello\n--b\nContent-Type: message/delivery-status\n\nA: b\n\n--b\nContent-Type: message/rfc822\n\n\
            Message-ID: <a@x>\n\nbody\n--b--\nepilogue\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let mail = ParsedMail::parse(text.as_bytes());
            assert_eq!(mail.subject(), "Täst");
            assert_eq!(mail.kind, "multipart/report");
            assert_eq!(mail.text().trim(), "Hello");
            let kinds: Vec<&str> = mail.parts.iter().map(|part| part.kind.as_str()).collect();
            assert_eq!(
                kinds,
                ["text/plain", "message/delivery-status", "message/rfc822"]
            );
            assert_eq!(mail.returned[0].first("message-id"), Some("<a@x>"));
        }
    }

    #[test]
    fn parts_end_where_the_message_does() {
        for (body, parts) in [
            ("--b\n1\n--b--\nrest", vec!["1\n"]),
            ("--b\n1\n--b\n2", vec!["1\n", "2"]),
            ("--b \r\n1\r\n--b--", vec!["1\r\n"]),
            ("x --b\n--bb\n", vec![]),
            ("--b", vec![""]),
            ("", vec![]),
        ] {
            let found = split_parts(body.as_bytes(), "b");
            let expected: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            assert_eq!(found, expected, "{body:?}");
        }
    }

    #[test]
    fn encodings_are_undone_and_what_is_cut_off_is_left_out() {
        for (encoding, charset, body, text) in [
            ("base64", "utf-8", "VMOkc3Q=", "Täst"),
            ("BASE64", "iso-8859-1", "VORzdA==", "Täst"),
            ("quoted-printable", "utf-8", "T=C3=A4=\r\nst", "Täst"),
            ("8bit", "gb2312", "plain", "plain"),
            ("base64", "utf-8", "VMOkc3Qh\n\u{1}", "Täst!"),
        ] {
            let message = format!(
                "Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n{body}"
            );
            let mail = ParsedMail::parse(message.as_bytes());
            assert_eq!(mail.text(), text, "{encoding} {charset}");
        }
    }

    #[test]
    fn depth_number_and_size_have_a_bound() {
        // On a small stack: nothing here may go as deep as the message does.
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let work = small.spawn(|| {
            let nested = "Content-Type: message/rfc822\n\n".repeat(100_000);
            assert_eq!(ParsedMail::parse(nested.as_bytes()).returned.len(), 1);
            let mut deep = String::new();
            for number in 0..20_000 {
                let mark = format!("b{number}");
                deep += &format!("Content-Type: multipart/mixed; boundary={mark}\n\n--{mark}\n");
            }
            assert!(ParsedMail::parse(deep.as_bytes()).parts.len() <= 1);
            let wide = format!(
                "Content-Type: multipart/mixed; boundary=b\n\n{}",
                "--b\n\nx\n".repeat(50_000)
            );
            assert!(ParsedMail::parse(wide.as_bytes()).parts.len() <= 64);
            let fields = "A: b\n".repeat(MOST_BYTES);
            assert_eq!(ParsedMail::parse(fields.as_bytes()).fields.0.len(), 1000);
        });
        work.unwrap().join().unwrap();
    }
}
