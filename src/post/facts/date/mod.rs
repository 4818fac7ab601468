//! Dates as people write them, and the meaning of a date without a zone.

mod error;
mod parse;
mod place;
mod suffix;
mod zone;
mod zoning;

pub(crate) use parse::is_timestamp;
pub use parse::parse;
pub use place::{Joint, find_in_part, find_in_path, split_leading, split_name};
pub(crate) use zoning::Instant;
pub use zoning::Zoning;
