//! A pattern of addresses as `permalink` gives it: its tokens stand in braces, and each is known.

use chrono::format::StrftimeItems;
use serde::{Deserialize, Deserializer, de::Error};

use crate::config::explain::nearest;

/// The tokens that a pattern may hold, as an error lists them.
pub(crate) const EXPECTED: &str =
    "expected {year}, {month}, {day}, {title}, {slug}, {path}, {section}, {filename} or {category}";

/// The tokens that the posts' addresses are filled from; beside them there are `date:FORMAT` and `sections[RANGE]`.
pub(crate) const TOKENS: [&str; 33] = [
    "year",
    "month",
    "day",
    "title",
    "slug",
    "path",
    "section",
    "filename",
    "category",
    "short_year",
    "i_month",
    "i_day",
    "y_day",
    "i_y_day",
    "short_month",
    "long_month",
    "week",
    "w_year",
    "w_day",
    "weekday",
    "short_day",
    "long_day",
    "hour",
    "minute",
    "second",
    "slug_or_title",
    "plain_slug",
    "file_slug",
    "file_path",
    "lang",
    "sections",
    "categories",
    "slugified_categories",
];

/// The words of Jekyll and Hugo behind a colon, and ours of the same meaning.
const OF_COLONS: [(&str, &str); 16] = [
    ("year", "year"),
    ("month", "month"),
    ("day", "day"),
    ("i_month", "month"),
    ("i_day", "day"),
    ("title", "title"),
    ("slug", "slug"),
    ("name", "slug"),
    ("slugorfilename", "slug"),
    ("slugorcontentbasename", "slug"),
    ("filename", "filename"),
    ("contentbasename", "filename"),
    ("section", "section"),
    ("sections", "section"),
    ("categories", "category"),
    ("path", "path"),
];

/// The letters of `strftime` behind a percent sign, and our tokens of the same meaning.
const OF_PERCENTS: [(char, &str); 10] = [
    ('Y', "year"),
    ('m', "month"),
    ('d', "day"),
    ('y', "short_year"),
    ('b', "short_month"),
    ('B', "long_month"),
    ('j', "y_day"),
    ('H', "hour"),
    ('M', "minute"),
    ('S', "second"),
];

/// Why a pattern cannot be followed, and on a second line the hint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum PatternError {
    #[error("`{pattern}` is written as Jekyll and Hugo do\nexpected tokens in braces, like {ours}")]
    Colons { pattern: String, ours: String },
    #[error("`{pattern}` is written as strftime does\nexpected tokens in braces, like {ours}")]
    Percents { pattern: String, ours: String },
    #[error("the brace of `{0}` is not closed\n{hint}", hint = hint_for(.0.trim_start_matches('{')))]
    Open(String),
    #[error("the brace in `{0}` closes nothing\n{EXPECTED}")]
    Closed(String),
    #[error("the unknown token `{0}`\n{hint}", hint = hint_for(.0.trim_matches(['{', '}', ':'])))]
    Unknown(String),
}

/// A pattern in which every token is known.
pub(super) fn read_permalink<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let pattern = String::deserialize(deserializer)?;
    match check(&pattern) {
        Ok(()) => Ok(Some(pattern)),
        Err(error) => Err(D::Error::custom(error)),
    }
}

fn check(pattern: &str) -> Result<(), PatternError> {
    if let Some(ours) = convert_colons(pattern) {
        let pattern = pattern.escape_debug().to_string();
        return Err(PatternError::Colons { pattern, ours });
    }
    let mut outside = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        outside.push_str(&rest[..at]);
        let here = &rest[at..];
        if here.starts_with('}') {
            let start = rest[..at].rfind('/').map_or(0, |slash| slash + 1);
            return Err(PatternError::Closed(rest[start..=at].to_owned()));
        }
        // A second brace before the end of the first is that of the next token.
        let end = here[1..].find(['{', '}']).map(|end| end + 1);
        let Some(end) = end.filter(|end| here[*end..].starts_with('}')) else {
            let whole = &here[..end.unwrap_or(here.len())];
            let open = whole.split('/').next().unwrap_or(whole);
            return Err(PatternError::Open(open.to_owned()));
        };
        if !is_token(&here[1..end]) {
            return Err(PatternError::Unknown(here[..=end].to_owned()));
        }
        outside.push(' ');
        rest = &here[end + 1..];
    }
    outside.push_str(rest);
    if let Some(word) = outside.split('/').find(|part| is_word_of_colon(part)) {
        return Err(PatternError::Unknown(word.to_owned()));
    }
    match convert_percents(pattern) {
        Some(ours) => Err(PatternError::Percents {
            pattern: pattern.to_owned(),
            ours,
        }),
        None => Ok(()),
    }
}

/// Whether the words in braces are a token.
fn is_token(words: &str) -> bool {
    if let Some(format) = words.strip_prefix("date:") {
        return StrftimeItems::new(format).parse().is_ok();
    }
    let range = words.strip_prefix("sections[");
    let range = range.and_then(|range| range.strip_suffix(']'));
    TOKENS.contains(&words) || range.is_some_and(is_range)
}

/// Whether a range is one of Hugo's: `1:`, `:last`, `last`, `0`, `1:2`.
fn is_range(range: &str) -> bool {
    let is_place = |place: &str| matches!(place, "" | "last") || place.parse::<usize>().is_ok();
    match range.split_once(':') {
        Some((from, to)) => is_place(from) && is_place(to),
        None => is_place(range),
    }
}

/// Whether a part of a path begins with a colon and a letter, as no path of a site does.
fn is_word_of_colon(part: &str) -> bool {
    let word = part.strip_prefix(':');
    word.is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The hint for who wrote a token that is not known.
fn hint_for(given: &str) -> String {
    let given = given.trim().to_ascii_lowercase();
    match nearest(&given, &TOKENS) {
        Some(near) => format!("did you mean {{{near}}}? {EXPECTED}"),
        None => EXPECTED.to_owned(),
    }
}

/// Converts a pattern with `:year` and its like to our form; `None` if it has nothing of that form.
fn convert_colons(pattern: &str) -> Option<String> {
    let mut ours = String::new();
    let mut is_theirs = false;
    let mut rest = pattern;
    while let Some(at) = rest.find([':', '{']) {
        ours.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_word = |c: char| c.is_ascii_alphabetic() || c == '_';
        let end = match rest.strip_prefix(':') {
            Some(after) => after.find(|c| !is_word(c)).unwrap_or(after.len()) + 1,
            // A colon in braces gives the form of a date.
            None => rest.find('}').map_or(rest.len(), |end| end + 1),
        };
        let token = rest[1..end].to_ascii_lowercase();
        let known = OF_COLONS.iter().find(|(theirs, _)| *theirs == token);
        match known.filter(|_| rest.starts_with(':')) {
            Some((_, token)) => {
                is_theirs = true;
                ours.push_str(&format!("{{{token}}}"));
            }
            None => ours.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    ours.push_str(rest);
    is_theirs.then_some(ours)
}

/// Converts a pattern with `%Y` and its like to our form; `None` if it has nothing of that form. `%20` is a byte of the
/// address, and so is `%de`.
fn convert_percents(pattern: &str) -> Option<String> {
    let mut ours = String::new();
    let mut is_theirs = false;
    let mut is_in_braces = false;
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        is_in_braces = match next {
            '{' => true,
            '}' => false,
            _ => is_in_braces,
        };
        let bytes = rest.as_bytes();
        let is_byte = rest.len() > 2 && bytes[1..3].iter().all(u8::is_ascii_hexdigit);
        let letter = rest[next.len_utf8()..].chars().next();
        let letter = letter.filter(char::is_ascii_alphabetic);
        let Some(letter) = letter.filter(|_| next == '%' && !is_in_braces && !is_byte) else {
            ours.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        is_theirs = true;
        match OF_PERCENTS.iter().find(|(theirs, _)| *theirs == letter) {
            Some((_, token)) => ours.push_str(&format!("{{{token}}}")),
            None => ours.push_str(&format!("{{date:%{letter}}}")),
        }
        rest = &rest[2..];
    }
    is_theirs.then_some(ours)
}

#[cfg(test)]
mod tests {
    use super::{check, convert_colons};

    #[test]
    fn the_form_of_jekyll_and_hugo_is_known_and_said_in_ours() {
        for (pattern, expected) in [
            ("/:year/:month/:title/", Some("/{year}/{month}/{title}/")),
            (":year-:i_month-:i_day", Some("{year}-{month}-{day}")),
            ("/:categories/:name.html", Some("/{category}/{slug}.html")),
            ("/:Year/{slug}", Some("/{year}/{slug}")),
            ("/{year}/:slug", Some("/{year}/{slug}")),
            ("/:year/:unknown/", Some("/{year}/:unknown/")),
            ("/{year}/{slug}/", None),
            ("/{date:%Y}/{slug}/", None),
            ("/{:year", None),
            ("/a:b/{slug}", None),
            ("https://x.example:8080/{slug}", None),
            ("/:", None),
            ("", None),
        ] {
            assert_eq!(convert_colons(pattern).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_followed_is_named_with_what_was_probably_meant() {
        for (pattern, message, expected) in [
            (
                "/{year/x",
                "the brace of `{year` is not closed",
                "did you mean {year}? expected {year}",
            ),
            (
                "/{year/{slug}/",
                "the brace of `{year` is not closed",
                "did you mean {year}?",
            ),
            (
                "/{slug",
                "the brace of `{slug` is not closed",
                "did you mean {slug}?",
            ),
            ("/{", "the brace of `{` is not closed", "expected {year}"),
            (
                "/{{year}}/",
                "the brace of `{` is not closed",
                "expected {year}",
            ),
            (
                "/year}/{slug}/",
                "the brace in `year}` closes nothing",
                "expected {year}",
            ),
            (
                "/{year}}/",
                "the brace in `}` closes nothing",
                "expected {year}",
            ),
            (
                "/{yer}/{slug}/",
                "the unknown token `{yer}`",
                "did you mean {year}?",
            ),
            (
                "/{Year}/",
                "the unknown token `{Year}`",
                "did you mean {year}?",
            ),
            (
                "/{ year }/",
                "the unknown token `{ year }`",
                "did you mean {year}?",
            ),
            (
                "/{:year}/",
                "the unknown token `{:year}`",
                "did you mean {year}?",
            ),
            (
                "/{tilte}/",
                "the unknown token `{tilte}`",
                "did you mean {title}?",
            ),
            (
                "/{colour}/",
                "the unknown token `{colour}`",
                "expected {year}",
            ),
            ("/{}/", "the unknown token `{}`", "expected {year}"),
            (
                "/{sections[x:]}/",
                "the unknown token `{sections[x:]}`",
                "did you mean {sections}?",
            ),
            (
                "/{date:%Q}/",
                "the unknown token `{date:%Q}`",
                "expected {year}",
            ),
            (
                "/:yer/{slug}/",
                "the unknown token `:yer`",
                "did you mean {year}?",
            ),
            (
                "/:colour/{slug}/",
                "the unknown token `:colour`",
                "expected {year}",
            ),
            (
                "/:year/:slug/",
                "`/:year/:slug/` is written as Jekyll and Hugo do",
                "expected tokens in braces, like /{year}/{slug}/",
            ),
            (
                "/%Y/%m/{slug}/",
                "`/%Y/%m/{slug}/` is written as strftime does",
                "expected tokens in braces, like /{year}/{month}/{slug}/",
            ),
            (
                "/%G/{slug}",
                "`/%G/{slug}` is written as strftime does",
                "expected tokens in braces, like /{date:%G}/{slug}",
            ),
            (
                "/%Y",
                "`/%Y` is written as strftime does",
                "expected tokens in braces, like /{year}",
            ),
        ] {
            let said = check(pattern).unwrap_err().to_string();
            let (what, hint) = said.split_once('\n').unwrap();
            assert_eq!(what, message, "{pattern}");
            assert!(hint.starts_with(expected), "{pattern}: {hint}");
        }
    }

    #[test]
    fn a_pattern_of_known_tokens_and_text_is_followed() {
        for pattern in [
            "",
            "/",
            "/{year}/{month}/{slug}/",
            "/{date:%Y}/{date:%j}/{slug}",
            "/{sections[1:]}/{slug}/",
            "/caf%C3%A9/{slug}/",
            "/a%20b/{slug}",
            "/caf\u{e9}/{slug}",
            "/100%/{slug}",
            "/100%25/{slug}",
            "/wiki/a:b/{slug}",
            "https://x.example:8080/{slug}",
            "/{lang}/{short_year}/{categories}/{slug_or_title}.html",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }
}
