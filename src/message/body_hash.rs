//! The hash of a body that DKIM signs, in its relaxed form: no white space at the end of a line, single spaces elsewhere, no
//! empty lines at the end (RFC 6376 3.4.4). The parts that all readers share are relaxed once.

use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};

/// A part of a body in its relaxed form. It begins and ends anywhere, but not with white space before more of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Relaxed {
    /// Ends of lines before the text, and after it: those count only if more text follows.
    before: usize,
    text: Vec<u8>,
    after: usize,
}

impl Relaxed {
    fn new(part: &[u8]) -> Self {
        let (mut before, mut text, mut after) = (0, Vec::with_capacity(part.len()), 0);
        for line in part.split_inclusive(|byte| *byte == b'\n') {
            let ends = usize::from(line.ends_with(b"\n"));
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let length = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'));
            let Some(last) = length else {
                after += ends;
                continue;
            };
            if text.is_empty() {
                before = after;
            } else {
                text.extend(b"\r\n".repeat(after));
            }
            after = ends;
            let mut is_after_space = false;
            for byte in &line[..=last] {
                let is_space = matches!(byte, b' ' | b'\t');
                if !is_space {
                    text.push(*byte);
                } else if !is_after_space {
                    text.push(b' ');
                }
                is_after_space = is_space;
            }
        }
        Self {
            before,
            text,
            after,
        }
    }
}

/// The hash of a body so far.
struct BodyHash {
    context: Context,
    /// Whether there is any text, and how many ends of lines after it.
    has_text: bool,
    after: usize,
}

impl BodyHash {
    fn new() -> Self {
        Self {
            context: Context::new(&SHA256),
            has_text: false,
            after: 0,
        }
    }

    fn add(&mut self, part: &Relaxed) {
        if part.text.is_empty() {
            self.after += part.after;
            return;
        }
        for _ in 0..self.after + part.before {
            self.context.update(b"\r\n");
        }
        self.context.update(&part.text);
        (self.has_text, self.after) = (true, part.after);
    }

    fn finish(mut self) -> [u8; 32] {
        if self.has_text {
            self.context.update(b"\r\n");
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(self.context.finish().as_ref());
        hash
    }
}

/// The SHA-256 of a body in its relaxed form.
pub(super) fn hash_body(body: &[u8]) -> [u8; 32] {
    let mut hash = BodyHash::new();
    hash.add(&Relaxed::new(body));
    hash.finish()
}

/// The pieces of a message that is filled for many readers, as far as their bodies agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SharedBody {
    /// In which piece the body begins, and how many octets of that belong to the head.
    first: usize,
    head: usize,
    /// The pieces from that on; none for one that differs.
    shared: Vec<Option<Relaxed>>,
}

impl SharedBody {
    /// Relaxes the pieces that all readers share; the others are none.
    pub(super) fn new<'a>(pieces: impl Iterator<Item = Option<&'a str>> + Clone) -> Self {
        const END: &str = "\r\n\r\n";
        let end = |piece: Option<&str>| Some(piece?.find(END)? + END.len());
        let mut ends = pieces.clone().map(end).enumerate();
        let Some((first, Some(head))) = ends.find(|(_, end)| end.is_some()) else {
            return Self::default();
        };
        let skipped = |at: usize| if at == 0 { head } else { 0 };
        let body = pieces.skip(first).enumerate();
        let relaxed = body.map(|(at, piece)| Some(Relaxed::new(&piece?.as_bytes()[skipped(at)..])));
        Self {
            first,
            head,
            shared: relaxed.collect(),
        }
    }

    /// The hash of the body of a message of which the pieces begin at these octets.
    pub(super) fn hash(&self, message: &[u8], starts: &[usize]) -> [u8; 32] {
        let place = |at: usize| -> Range<usize> {
            let end = starts.get(at + 1).copied().unwrap_or(message.len());
            starts[at]..end
        };
        let mut hash = BodyHash::new();
        for (at, shared) in self.shared.iter().enumerate() {
            match shared {
                Some(relaxed) => hash.add(relaxed),
                None => hash.add(&Relaxed::new(&message[place(self.first + at)])),
            }
        }
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use proptest::prelude::*;

    use super::{SharedBody, hash_body};

    #[test]
    fn a_body_ends_without_empty_lines_and_with_one_end_of_line() {
        for (body, relaxed) in [
            ("", ""),
            ("\r\n\r\n", ""),
            (" \r\n\t\r\n", ""),
            ("a", "a\r\n"),
            ("a\r\n", "a\r\n"),
            ("a\r\n \r\n\r\n", "a\r\n"),
            ("\r\na\r\n\r\nb", "\r\na\r\n\r\nb\r\n"),
            ("a  b\t \tc \t", "a b c\r\n"),
            (" a\r\n\tb", " a\r\n b\r\n"),
            // RFC 6376 3.4.5.
            (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
        ] {
            let expected = digest(&SHA256, relaxed.as_bytes());
            assert_eq!(hash_body(body.as_bytes()), expected.as_ref(), "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn a_body_whose_parts_were_relaxed_before_has_the_same_hash(
            pieces in prop::collection::vec((any::<bool>(), "([ab \t]{0,3}(\r\n){0,2}){0,4}[ab]?"), 0..6),
        ) {
            // As quoted-printable writes them: no piece ends with white space inside a line.
            let ends = |text: &str| text.trim_end_matches([' ', '\t']).to_owned();
            let mut all = vec![(true, "A: b\r\n".to_owned()), (false, "C: d\r\n".to_owned())];
            all.push((true, "E: f\r\n\r\n".to_owned()));
            all.extend(pieces.iter().map(|(is_shared, text)| (*is_shared, ends(text))));
            let shared = all.iter().map(|(is_shared, text)| is_shared.then_some(&**text));
            let shared = SharedBody::new(shared);
            let (mut message, mut starts) = (String::new(), Vec::new());
            for (_, text) in &all {
                starts.push(message.len());
                message.push_str(text);
            }
            let (_, body) = message.split_once("\r\n\r\n").unwrap();
            prop_assert_eq!(shared.hash(message.as_bytes(), &starts), hash_body(body.as_bytes()));
        }
    }
}
