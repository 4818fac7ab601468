//! A generator's pattern of addresses, in this program's tokens.

/// The beginning of a token that the generator knows and this program does not.
const UNKNOWN: &str = "{:";

/// How a generator writes the words behind colons in its patterns.
#[derive(Debug)]
pub struct Colons {
    /// The words, and how they are called here.
    pub tokens: &'static [(&'static str, &'static str)],
    /// The named patterns.
    pub patterns: &'static [(&'static str, &'static str)],
    /// Whether a letter belongs to a word.
    pub is_in_word: fn(char) -> bool,
    /// Whether the beginning of a word up to an underscore may be a word: `:year_:month`.
    pub parts_words: bool,
    /// Whether a backslash before a colon makes it text.
    pub escapes: bool,
    /// The meaning of any other word.
    pub other: fn(&str) -> Option<String>,
}

impl Colons {
    /// A pattern with our tokens: `/:year/:title/` is `/{year}/{slug}/`. An unknown word becomes a token that is
    /// unknown here.
    pub fn convert_pattern(&self, pattern: &str) -> String {
        let named = self.patterns.iter().find(|(name, _)| *name == pattern);
        let pattern = named.map_or(pattern, |(_, pattern)| pattern);
        self.convert(pattern, |word| format!("{UNKNOWN}{word}}}"))
    }

    /// Does the same for one post's own address: an unknown word is text, since it concerns one post only.
    pub(in crate::post) fn convert_address(&self, address: &str) -> String {
        self.convert(address, |word| format!(":{word}"))
    }

    fn convert(&self, pattern: &str, unknown: impl Fn(&str) -> String) -> String {
        // A brace of theirs begins no token of ours.
        let literal = |text: &str| text.replace('{', "%7B").replace('}', "%7D");
        let mut converted = String::new();
        let mut rest = pattern;
        while let Some(start) = rest.find(':') {
            let before = &rest[..start];
            rest = &rest[start + 1..];
            if let Some(before) = before.strip_suffix('\\').filter(|_| self.escapes) {
                converted.push_str(&literal(before));
                converted.push(':');
                continue;
            }
            converted.push_str(&literal(before));
            let end = rest.find(|c| !(self.is_in_word)(c));
            let word = &rest[..end.unwrap_or(rest.len())];
            let (word, token) = match self.translate(word) {
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

    /// Finds the token at the beginning of a word. Returns its name in the word, and ours.
    fn translate<'a>(&self, word: &'a str) -> Option<(&'a str, String)> {
        let mut name = word;
        loop {
            if let Some(token) = self.find_token(name) {
                return Some((name, token));
            }
            match name.rfind('_') {
                Some(end) if self.parts_words => name = &name[..end],
                _ => return None,
            }
        }
    }

    fn find_token(&self, name: &str) -> Option<String> {
        match self.tokens.iter().find(|(known, _)| *known == name) {
            Some((_, token)) => Some((*token).to_owned()),
            None => (self.other)(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Colons;
    use crate::config::Dialect;
    use crate::post::dialect::Rules;

    fn colons(dialect: Dialect) -> &'static Colons {
        Rules::for_dialect(dialect).colons.unwrap()
    }

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
            assert_eq!(
                colons(dialect).convert_pattern(pattern),
                expected,
                "{pattern}"
            );
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
            assert_eq!(
                colons(dialect).convert_address(address),
                expected,
                "{address}"
            );
        }
    }
}
