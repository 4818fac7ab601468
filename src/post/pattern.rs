//! A generator's pattern of addresses, in this program's tokens.

use crate::config::Dialect;

/// What a token begins with that the generator knows and this program does not.
pub(super) const UNKNOWN: &str = "{:";

/// A pattern of Jekyll's or Hugo's with our tokens: `/:year/:title/` is `/{year}/{slug}/`.
pub fn from_colons(pattern: &str, dialect: Dialect) -> String {
    const JEKYLL: &[(&str, &str)] = &[
        ("output_ext", ".html"),
        ("slugified_categories", "{slugified_categories}"),
        ("name", "{filename}"),
        ("collection", "posts"),
        ("short_month", "{short_month}"),
        ("long_month", "{long_month}"),
        ("week", "{week}"),
        ("w_year", "{w_year}"),
        ("w_day", "{w_day}"),
        ("short_day", "{short_day}"),
        ("long_day", "{long_day}"),
        ("y_day", "{y_day}"),
        ("categories", "{categories}"),
        ("title", "{slug}"),
        ("slug", "{slug}"),
    ];
    const HUGO: &[(&str, &str)] = &[
        ("slugorcontentbasename", "{slug}"),
        ("slugorfilename", "{slug}"),
        ("contentbasenameorslug", "{filename}"),
        ("monthname", "{long_month}"),
        ("weekday", "{weekday}"),
        ("weekdayname", "{long_day}"),
        ("yearday", "{i_y_day}"),
        ("contentbasename", "{filename}"),
        ("filename", "{filename}"),
        ("sections", "{sections}"),
        ("section", "{section}"),
        ("title", "{title}"),
        ("slug", "{slug_or_title}"),
    ];
    const BOTH: &[(&str, &str)] = &[
        ("short_year", "{short_year}"),
        ("year", "{year}"),
        ("i_month", "{i_month}"),
        ("month", "{month}"),
        ("i_day", "{i_day}"),
        ("day", "{day}"),
        ("hour", "{hour}"),
        ("minute", "{minute}"),
        ("second", "{second}"),
    ];
    let pattern = match (dialect, pattern) {
        (Dialect::Jekyll, "date") => "/:categories/:year/:month/:day/:title:output_ext",
        (Dialect::Jekyll, "pretty") => "/:categories/:year/:month/:day/:title/",
        (Dialect::Jekyll, "ordinal") => "/:categories/:year/:y_day/:title:output_ext",
        (Dialect::Jekyll, "weekdate") => "/:categories/:year/W:week/:short_day/:title:output_ext",
        (Dialect::Jekyll, "none") => "/:categories/:title:output_ext",
        _ => pattern,
    };
    let own = if dialect == Dialect::Jekyll { JEKYLL } else { HUGO };
    let mut converted = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find(':') {
        converted.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let word = &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())];
        let known = |word: &str| own.iter().chain(BOTH).find(|(name, _)| *name == word);
        // Jekyll takes `:year_:month` for two tokens.
        let shorter = word.match_indices('_').map(|(at, _)| &word[..at]).rev();
        let found = std::iter::once(word).chain(shorter).find_map(|word| Some((word, known(word)?.1)));
        rest = &rest[found.map_or(word, |(word, _)| word).len()..];
        match found {
            Some((word, token)) => {
                converted.push_str(token);
                if let Some(range) = rest.strip_prefix('[').filter(|_| word == "sections")
                    && let Some((range, after)) = range.split_once(']')
                {
                    converted.pop();
                    converted.push_str(&format!("[{range}]}}"));
                    rest = after;
                }
            }
            None if word.is_empty() => converted.push(':'),
            None => converted.push_str(&format!("{UNKNOWN}{word}}}")),
        }
    }
    converted.push_str(rest);
    converted
}

#[cfg(test)]
mod tests {
    use super::from_colons;
    use crate::config::Dialect;

    #[test]
    fn a_pattern_of_a_generator_has_our_tokens() {
        for (dialect, pattern, expected) in [
            (Dialect::Jekyll, "/:year/:short_month/:i_day/:title/", "/{year}/{short_month}/{i_day}/{slug}/"),
            (Dialect::Jekyll, "/:year_:month/:name:output_ext", "/{year}_{month}/{filename}.html"),
            (Dialect::Jekyll, "weekdate", "/{categories}/{year}/W{week}/{short_day}/{slug}.html"),
            (Dialect::Jekyll, "/:years/:title", "/{:years}/{slug}"),
            (Dialect::Hugo, "/:sections[1:]/:monthname/:slug/", "/{sections[1:]}/{long_month}/{slug_or_title}/"),
            (Dialect::Hugo, "/:weekdayname/:yearday/:contentbasename", "/{long_day}/{i_y_day}/{filename}"),
            (Dialect::Hugo, "/:colour/a:/", "/{:colour}/a:/"),
        ] {
            assert_eq!(from_colons(pattern, dialect), expected, "{pattern}");
        }
    }
}
