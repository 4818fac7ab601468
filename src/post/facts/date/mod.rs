//! Dates as people write them, and the meaning of a date without a zone.

mod error;
mod parse;
mod place;
mod suffix;
mod zone;
mod zoning;

pub(crate) use parse::is_timestamp;
pub use parse::parse;
pub use place::{Joint, in_name, in_part, in_path, split_leading};
pub(crate) use zoning::Instant;
pub use zoning::Zoning;
