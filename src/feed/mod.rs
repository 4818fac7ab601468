//! Posts → [`Outline`] → bytes: which documents there are, and one writer for each format.

mod address;
mod adopt;
mod depth;
mod format;
mod model;
mod opml;
mod outline;
mod page;
mod parse;
mod render;
mod text;
mod topic;

pub use address::url;
pub use adopt::Adoption;
pub use outline::{Outline, Plan, Setting, folder_at, plan};
pub use page::links;
pub use parse::OldFeed;
pub use render::{Bodies, Sink, render};

/// The generator that every document names, without a version: it would change the bytes of every site.
const GENERATOR: &str = "tidings";

/// Whether tidings wrote this document: it says so, or it is an Atom feed with an id that only tidings gives.
pub fn is_ours(bytes: &[u8]) -> bool {
    const MARKS: [&str; 6] = [
        "<generator>tidings</generator>",
        "\"_generator\": {\n    \"name\": \"tidings\"",
        "<meta name=\"generator\" content=\"tidings\">",
        "<!-- tidings -->",
        "/* tidings: ",
        ",2000:feed/</id>",
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
