//! Recognises the documents that tidings wrote.

use crate::config::Format;
use crate::feed::format::look_up;
use crate::post::PROGRAM;

/// The marks of pages, style sheets and drawings.
const MARKS: [&str; 4] = [
    "<meta name=\"generator\" content=\"tidings\">",
    "<!-- tidings -->",
    "/* tidings: ",
    PROGRAM,
];

/// Whether tidings wrote this document or drawing: it says so, or it is an Atom feed with an id that only tidings gives.
pub(crate) fn is_ours(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let formats = Format::ALL.map(look_up);
    // Text that an entry quotes does not mark the document.
    let begins = formats
        .iter()
        .filter_map(|format| text.find(format.entries_begin()));
    let head = &text[..begins.min().unwrap_or(text.len())];
    let marks = formats.iter().flat_map(|format| format.marks());
    marks.chain(&MARKS).any(|mark| head.contains(mark))
}
