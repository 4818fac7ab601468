//! The patterns of each generator, as expressions over whole paths.

use globset::GlobBuilder;
use regex::bytes::Regex;

/// Why a pattern cannot be read.
pub(super) type Unread = String;

/// Hugo's expressions: Go's syntax is ours but for rare escapes.
pub(super) fn of_go(pattern: &str) -> Result<String, Unread> {
    Regex::new(pattern).map(|regex| regex.as_str().to_owned()).map_err(|error| {
        let error = error.to_string();
        error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

/// Zola's globs, which Zola itself reads with this crate.
pub(super) fn of_zola(pattern: &str) -> Result<String, Unread> {
    expression(&GlobBuilder::new(pattern))
}

fn expression(builder: &GlobBuilder<'_>) -> Result<String, Unread> {
    builder.build().map(|glob| glob.regex().to_owned()).map_err(|error| error.kind().to_string())
}
