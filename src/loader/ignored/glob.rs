//! The patterns of each generator, as expressions over whole paths.

use globset::GlobBuilder;
use regex::bytes::Regex;

/// Why a pattern cannot be read.
pub(in crate::loader) type Unread = String;

/// Hugo's expressions: Go's syntax is ours but for rare escapes.
pub(in crate::loader) fn convert_go(pattern: &str) -> Result<String, Unread> {
    Regex::new(pattern)
        .map(|regex| regex.as_str().to_owned())
        .map_err(|error| {
            let error = error.to_string();
            error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned()
        })
}

/// Hugo's globs for the path below a mount, with its first slash: in any case, and two stars between slashes are at
/// least one folder.
pub(in crate::loader) fn convert_hugo(pattern: &str) -> Result<String, Unread> {
    let pattern = format!("/{}", pattern.trim_start_matches('/')).replace("/**/", "/**/*/");
    part(
        GlobBuilder::new(&pattern)
            .literal_separator(true)
            .case_insensitive(true),
    )
}

/// Zola's globs; Zola reads them with the same crate.
pub(in crate::loader) fn convert_zola(pattern: &str) -> Result<String, Unread> {
    expression(&GlobBuilder::new(pattern))
}

/// Ruby's globs, without anchors: a star goes on across slashes, and braces are signs as any other.
pub(in crate::loader) fn convert_ruby(pattern: &str) -> Result<String, Unread> {
    part(&GlobBuilder::new(&without_choices(pattern)))
}

/// Python's globs for a name, without anchors: a backslash and braces are signs as any other.
pub(in crate::loader) fn convert_python(pattern: &str) -> Result<String, Unread> {
    part(
        GlobBuilder::new(&without_choices(pattern))
            .literal_separator(true)
            .backslash_escape(false),
    )
}

/// Eleventy's globs, without anchors: in any case, and without the groups that only its own matcher knows.
pub(in crate::loader) fn convert_eleventy(pattern: &str) -> Result<String, Unread> {
    if pattern.contains('(') || pattern.contains('{') && pattern.contains("..") {
        return Err("groups and ranges are not known here".to_owned());
    }
    part(
        GlobBuilder::new(pattern)
            .literal_separator(true)
            .case_insensitive(true),
    )
}

/// Reduces repeated stars to one, and removes braces without alternatives.
fn without_choices(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut in_class = false;
    for sign in pattern.chars() {
        match sign {
            '[' => in_class = true,
            ']' => in_class = false,
            '*' if !in_class && plain.ends_with('*') => continue,
            '{' | '}' if !in_class => {
                plain.extend(['[', sign, ']']);
                continue;
            }
            _ => {}
        }
        plain.push(sign);
    }
    plain
}

/// A glob as a part of an expression.
fn part(builder: &GlobBuilder<'_>) -> Result<String, Unread> {
    let whole = expression(builder)?;
    // It begins with flags, and has an anchor at both ends.
    let (flags, rest) = whole.split_once('^').unwrap_or(("", &whole));
    let flags = if flags.contains("(?i)") { "i-u" } else { "-u" };
    Ok(format!(
        "(?{flags}:{})",
        rest.strip_suffix('$').unwrap_or(rest)
    ))
}

fn expression(builder: &GlobBuilder<'_>) -> Result<String, Unread> {
    builder
        .build()
        .map(|glob| glob.regex().to_owned())
        .map_err(|error| error.kind().to_string())
}
