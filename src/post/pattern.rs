//! A generator's pattern of addresses, in this program's tokens.

use crate::config::Dialect;

/// What a token begins with that the generator knows and this program does not.
const UNKNOWN: &str = "{:";

/// Jekyll's placeholders.
const JEKYLL: &[(&str, &str)] = &[
    ("collection", "posts"),
    ("path", "{file_path}"),
    ("name", "{file_slug}"),
    ("title", "{slug}"),
    ("slug", "{plain_slug}"),
    ("categories", "{categories}"),
    ("slugified_categories", "{slugified_categories}"),
    ("output_ext", ".html"),
    ("year", "{year}"),
    ("month", "{month}"),
    ("day", "{day}"),
    ("hour", "{hour}"),
    ("minute", "{minute}"),
    ("second", "{second}"),
    ("i_day", "{i_day}"),
    ("i_month", "{i_month}"),
    ("short_month", "{short_month}"),
    ("long_month", "{long_month}"),
    ("short_year", "{short_year}"),
    ("w_year", "{w_year}"),
    ("week", "{week}"),
    ("w_day", "{w_day}"),
    ("short_day", "{short_day}"),
    ("long_day", "{long_day}"),
    ("y_day", "{y_day}"),
];

/// Hugo's, beside parts of a date as Go writes them; those that ask for a section's title are not known here.
const HUGO: &[(&str, &str)] = &[
    ("year", "{year}"),
    ("month", "{month}"),
    ("monthname", "{long_month}"),
    ("day", "{day}"),
    ("weekday", "{weekday}"),
    ("weekdayname", "{long_day}"),
    ("yearday", "{i_y_day}"),
    ("section", "{section}"),
    ("sections", "{sections}"),
    ("title", "{title}"),
    ("slug", "{slug_or_title}"),
    ("slugorfilename", "{slug}"),
    ("filename", "{filename}"),
    ("contentbasename", "{filename}"),
    ("slugorcontentbasename", "{slug}"),
];

/// What Go calls the parts of a date, the longer ones first.
const GO: &[(&str, &str)] = &[
    ("January", "%B"),
    ("Monday", "%A"),
    ("2006", "%Y"),
    ("Jan", "%b"),
    ("Mon", "%a"),
    ("002", "%j"),
    ("01", "%m"),
    ("02", "%d"),
    ("04", "%M"),
    ("05", "%S"),
    ("06", "%y"),
    ("15", "%H"),
    ("1", "%-m"),
    ("2", "%-d"),
];

/// A pattern of Jekyll's or Hugo's with our tokens: `/:year/:title/` is `/{year}/{slug}/`. What is no token of theirs
/// becomes one that is unknown here.
pub fn from_colons(pattern: &str, dialect: Dialect) -> String {
    let pattern = match (dialect, pattern) {
        (Dialect::Jekyll, "date") => "/:categories/:year/:month/:day/:title:output_ext",
        (Dialect::Jekyll, "pretty") => "/:categories/:year/:month/:day/:title/",
        (Dialect::Jekyll, "ordinal") => "/:categories/:year/:y_day/:title:output_ext",
        (Dialect::Jekyll, "weekdate") => "/:categories/:year/W:week/:short_day/:title:output_ext",
        (Dialect::Jekyll, "none") => "/:categories/:title:output_ext",
        _ => pattern,
    };
    convert(pattern, dialect, |word| format!("{UNKNOWN}{word}}}"))
}

/// The same for one post's own address: what is no token is text, since it is one post's affair.
pub(super) fn from_own_colons(address: &str, dialect: Dialect) -> String {
    convert(address, dialect, |word| format!(":{word}"))
}

fn convert(pattern: &str, dialect: Dialect, unknown: impl Fn(&str) -> String) -> String {
    let is_jekyll = dialect == Dialect::Jekyll;
    let in_word = |c: char| {
        if is_jekyll {
            c.is_ascii_lowercase() || c == '_'
        } else {
            c.is_alphanumeric() || c == '_'
        }
    };
    // A brace of theirs begins no token of ours.
    let literal = |text: &str| text.replace('{', "%7B").replace('}', "%7D");
    let mut converted = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find(':') {
        let before = &rest[..start];
        rest = &rest[start + 1..];
        if let Some(before) = before.strip_suffix('\\').filter(|_| !is_jekyll) {
            converted.push_str(&literal(before));
            converted.push(':');
            continue;
        }
        converted.push_str(&literal(before));
        let word = &rest[..rest.find(|c| !in_word(c)).unwrap_or(rest.len())];
        let (word, token) = match known(word, dialect) {
            Some(found) => found,
            None if word.is_empty() => (word, ":".to_owned()),
            None => (word, unknown(word)),
        };
        rest = &rest[word.len()..];
        converted.push_str(&token);
        if let Some(range) = rest.strip_prefix('[').filter(|_| word == "sections")
            && let Some((range, after)) = range.split_once(']')
        {
            converted.pop();
            converted.push_str(&format!("[{range}]}}"));
            rest = after;
        }
    }
    converted.push_str(&literal(rest));
    converted
}

/// The token that a word begins with, and how it is called here.
fn known(word: &str, dialect: Dialect) -> Option<(&str, String)> {
    let names = if dialect == Dialect::Jekyll {
        JEKYLL
    } else {
        HUGO
    };
    let find = |word: &str| {
        names
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, token)| (*token).to_owned())
    };
    if dialect != Dialect::Jekyll {
        return Some((word, find(word).or_else(|| of_go(word))?));
    }
    // Jekyll takes `:year_:month` for two tokens.
    let shorter = word.match_indices('_').map(|(at, _)| &word[..at]).rev();
    std::iter::once(word)
        .chain(shorter)
        .find_map(|word| Some((word, find(word)?)))
}

/// A part of a date in Go's words: `2006`, `01`, `Jan`.
fn of_go(word: &str) -> Option<String> {
    let mut format = String::new();
    let (mut rest, mut found) = (word, false);
    while let Some(c) = rest.chars().next() {
        if let Some((name, part)) = GO.iter().find(|(name, _)| rest.starts_with(name)) {
            found = true;
            format.push_str(part);
            rest = &rest[name.len()..];
        } else {
            format.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    found.then(|| format!("{{date:{format}}}"))
}

#[cfg(test)]
mod tests {
    use super::{from_colons, from_own_colons};
    use crate::config::Dialect;

    #[test]
    fn a_pattern_of_a_generator_has_our_tokens() {
        for (dialect, pattern, expected) in [
            (
                Dialect::Jekyll,
                "/:year/:short_month/:i_day/:title/",
                "/{year}/{short_month}/{i_day}/{slug}/",
            ),
            (
                Dialect::Jekyll,
                "/:year_:month/:name:output_ext",
                "/{year}_{month}/{file_slug}.html",
            ),
            (
                Dialect::Jekyll,
                "weekdate",
                "/{categories}/{year}/W{week}/{short_day}/{slug}.html",
            ),
            (Dialect::Jekyll, "/:years/:title", "/{:years}/{slug}"),
            (
                Dialect::Hugo,
                "/:sections[1:]/:monthname/:slug/",
                "/{sections[1:]}/{long_month}/{slug_or_title}/",
            ),
            (
                Dialect::Hugo,
                "/:weekdayname/:yearday/:contentbasename",
                "/{long_day}/{i_y_day}/{filename}",
            ),
            (Dialect::Hugo, "/:colour/a:/", "/{:colour}/a:/"),
            (
                Dialect::Hugo,
                "/:2006/:01-:02/:Jan06/:slug/",
                "/{date:%Y}/{date:%m}-{date:%d}/{date:%b%y}/{slug_or_title}/",
            ),
            (
                Dialect::Hugo,
                "/:i_month/:short_year/",
                "/{:i_month}/{:short_year}/",
            ),
            (
                Dialect::Hugo,
                "/a\\:year/{x}/:year",
                "/a:year/%7Bx%7D/{year}",
            ),
            (
                Dialect::Jekyll,
                "/:year2/:collection/:slug:output_ext",
                "/{year}2/posts/{plain_slug}.html",
            ),
            (
                Dialect::Jekyll,
                "/:path/:name/C:Drive/{x}",
                "/{file_path}/{file_slug}/C:Drive/%7Bx%7D",
            ),
        ] {
            assert_eq!(from_colons(pattern, dialect), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_token_is_text_in_an_address_of_ones_own() {
        for (dialect, address, expected) in [
            (
                Dialect::Jekyll,
                "/wiki/talk:tea/:year/",
                "/wiki/talk:tea/{year}/",
            ),
            (Dialect::Jekyll, "/a:b_c:d/", "/a:b_c:d/"),
            (
                Dialect::Hugo,
                "/std::vec/:slug/",
                "/std::vec/{slug_or_title}/",
            ),
            (Dialect::Hugo, "/urn:isbn:978/", "/urn:isbn:978/"),
        ] {
            assert_eq!(from_own_colons(address, dialect), expected, "{address}");
        }
    }
}
