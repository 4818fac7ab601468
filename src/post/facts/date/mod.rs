//! Dates as people write them, and what a date without a zone means.

mod error;
mod parse;
mod place;
mod zone;
mod zoning;

pub use parse::{is_timestamp, parse};
pub use place::{Joint, in_name, in_part, in_path, leading};
pub use zoning::{Instant, Zoning};
