//! The formats. To add one: its file here; its variant and default file in `config::Format` (every site gets it then, as
//! long as its config names no `formats`); the sign by which its documents are known as ours, in `feed::mark`. To take
//! over ids from it, `feed::parse`.

mod atom;
mod json;
mod rss;
mod writer;

use crate::config::Format;

pub(super) use writer::FormatWriter;

/// The writer of a format.
pub(super) fn writer(format: Format) -> &'static dyn FormatWriter {
    match format {
        Format::Atom => &atom::Atom,
        Format::Rss => &rss::Rss,
        Format::Json => &json::Json,
    }
}
