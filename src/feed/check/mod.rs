//! The parts that the checks of all formats share: a written document is read back by another parser than its writer, and
//! held against its specification (RFC 4287, RSS 2.0 with its best-practices profile, JSON Feed 1.1, RFC 5005).

pub(in crate::feed) mod address;
pub(in crate::feed) mod content;
pub(in crate::feed) mod date;
pub(in crate::feed) mod enclosure;
pub(in crate::feed) mod person;
pub(in crate::feed) mod report;
pub(in crate::feed) mod xml;

pub(crate) use report::CheckedDocument;
