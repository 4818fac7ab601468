//! Explains an error of the TOML parser: the place, what was expected, the nearest right key.

use std::ops::Range;

use crate::finding::{Finding, Rule};

/// The parser's error as a finding at its line and column of `text`.
pub(super) fn explain_in(error: &toml::de::Error, text: &str) -> Finding {
    let finding = explain(error.message());
    match error.span() {
        Some(Range { start, .. }) => {
            let before = &text[..start.min(text.len())];
            let line_start = before.rfind('\n').map_or(0, |end| end + 1);
            let line = before.matches('\n').count() + 1;
            finding
                .at_line(line)
                .at_column(before[line_start..].chars().count() + 1)
        }
        None => finding.at_line(1),
    }
}

/// The parser's message as a finding without a place.
pub(super) fn explain(message: &str) -> Finding {
    let message = message.trim();
    for (start, noun) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        if let Some((unknown, rest)) = message
            .strip_prefix(start)
            .and_then(|rest| rest.split_once('`'))
        {
            // A password is known, but its place is the environment.
            let known: Vec<&str> = rest
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|known| !matches!(*known, "password" | "inbox_password"))
                .collect();
            let mut hint = format!("expected {}", list(&known));
            if let Some(near) = nearest(unknown, &known) {
                hint = format!("did you mean `{near}`? {hint}");
            }
            let rule = match noun {
                "key" => Rule::UnknownKey,
                _ => Rule::ConfigValue,
            };
            return Finding::error(rule, format!("unknown {noun} `{unknown}`")).hint(hint);
        }
    }
    if let Some(key) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next())
    {
        let hint = match key {
            "site" => "begin with [site], and give it a `title` and a `url`".to_owned(),
            key => format!("add `{key} = …`"),
        };
        return Finding::error(Rule::MissingKey, format!("the key `{key}` is missing here"))
            .hint(hint);
    }
    // A message of ours may carry its hint on a second line; the parser's carry "wrong, expected right".
    let (what, hint) = match message.split_once('\n') {
        Some((what, hint)) => (what, Some(hint.trim().to_owned())),
        None => match message.split_once(", expected ") {
            Some((what, expected)) => (what, Some(format!("expected {}", say_plainly(expected)))),
            None => (message, None),
        },
    };
    if what == "invalid type: map"
        && hint.as_deref() == Some("expected a list, like [\"one\", \"two\"]")
    {
        return Finding::error(Rule::ConfigValue, "a table stands here")
            .hint("expected a list; a digest begins with [[digest]]");
    }
    let finding = Finding::error(Rule::ConfigValue, explain_type(what.trim_end()));
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// Translates what serde expects into the words of a person who writes TOML.
fn say_plainly(expected: &str) -> &str {
    match expected.trim() {
        "a sequence" => "a list, like [\"one\", \"two\"]",
        "usize" | "u64" | "u32" | "i64" => "a whole number, without quotation marks",
        "f64" => "a number, without quotation marks",
        "a boolean" => "true or false, without quotation marks",
        "a string" | "string" => "a text, in quotation marks",
        "a map" => "a table, like { key = \"value\" }",
        rust if rust.starts_with("struct ") || rust.starts_with("internally") => {
            "a table, like { key = \"value\" }"
        }
        rust => rust,
    }
}

/// `invalid type: string "8"` without the jargon.
fn explain_type(what: &str) -> String {
    match what.strip_prefix("invalid type: ") {
        Some("map") => "a table does not fit here".to_owned(),
        Some("sequence") => "a list does not fit here".to_owned(),
        Some(found) => {
            let value = found.split_once(' ').map_or(found, |(_, value)| value);
            format!("`{}` does not fit here", value.trim_matches(['`', '"']))
        }
        None => what.to_owned(),
    }
}

/// The name that `given` was probably meant to be.
pub(super) fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(given, name), *name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// `a`, `b` or `c`.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(|name| format!("`{name}`")).collect();
            format!("{} or `{last}`", most.join(", "))
        }
    }
}
