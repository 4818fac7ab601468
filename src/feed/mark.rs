//! The mark by which a document of ours is known again.

use crate::post::PROGRAM;

/// The generator that every document names, without a version: it would change the bytes of every site.
pub(super) const GENERATOR: &str = "tidings";

/// Whether tidings wrote this document or drawing: it says so, or it is an Atom feed with an id that only tidings gives.
pub(crate) fn is_ours(bytes: &[u8]) -> bool {
    const MARKS: [&str; 7] = [
        "<generator>tidings</generator>",
        "\"_generator\": {\n    \"name\": \"tidings\"",
        "<meta name=\"generator\" content=\"tidings\">",
        "<!-- tidings -->",
        "/* tidings: ",
        ",2000:feed/</id>",
        PROGRAM,
    ];
    let text = String::from_utf8_lossy(bytes);
    // Text that an entry quotes does not mark the document.
    let head = ["<entry", "<item", "\"items\""]
        .iter()
        .filter_map(|entries| text.find(entries))
        .min();
    let head = &text[..head.unwrap_or(text.len())];
    MARKS.iter().any(|mark| head.contains(mark))
}
