//! The address of a post's page: a key of the front matter, else a pattern.

mod expression;
mod tokens;

use chrono::DateTime;
use url::Url;

use crate::config::Site;
use crate::finding::{Finding, Rule};
use crate::post::dialect::Habits;
use crate::post::dialect::{Closes, OwnAddress};
use crate::post::facts::date::Instant;
use crate::post::facts::name::Name;
use crate::post::facts::why::Provenance;
use crate::post::front::Front;

/// The most bytes of an address before it is escaped: a program on the way or another may refuse a longer one, and every
/// feed repeats it.
const LONGEST: usize = 2048;

/// Finds the first token of a pattern of addresses that is not known here, whichever post it is filled for.
fn find_unknown<'a>(pattern: &'a str, habits: &Habits) -> Option<&'a str> {
    let any = Parts {
        name: Name::new("a/b.md", habits),
        slug_from: "b",
        by_name: false,
        title: "b",
        dated: Instant {
            at: DateTime::UNIX_EPOCH,
            offset: None,
        },
        categories: &[],
        front: &Front::default(),
    };
    any.try_fill(pattern, habits).err()
}

/// Finds the first unknown token of the patterns that the generator's config set, as that writes it.
pub(crate) fn find_unknown_token(habits: &Habits) -> Option<&str> {
    let own = habits.permalink.iter().chain(&habits.foreign);
    let mut patterns = own.chain(habits.permalinks.values());
    patterns
        .find_map(|pattern| find_unknown(pattern, habits))
        .map(|token| token.trim_start_matches(':'))
}

/// Everything that an address is made from.
pub(super) struct Parts<'a> {
    pub(super) name: Name<'a>,
    /// The file's name without its date, or the title if the dialect makes slugs of that.
    pub(super) slug_from: &'a str,
    /// Whether that is the slug unchanged, since the file's name gives the date as well.
    pub(super) by_name: bool,
    pub(super) title: &'a str,
    /// The day in the address.
    pub(super) dated: Instant,
    pub(super) categories: &'a [String],
    pub(super) front: &'a Front<'a>,
}

impl Parts<'_> {
    /// Finds the address, and its source.
    pub(super) fn find_address(
        &self,
        site: &Site,
        habits: &Habits,
    ) -> Result<(Url, Provenance), Finding> {
        let (filled, from) = match self.find_own(habits) {
            Some((key, own)) => {
                let filled = self.expand_own(key, own, habits);
                let filled = filled.map_err(|finding| finding.at_line(self.front.line(key)))?;
                (filled, Provenance::Key(key))
            }
            None => (self.fill_pattern(habits)?, Provenance::Pattern),
        };
        if filled.len() > LONGEST {
            return Err(too_long());
        }
        // A colon in the first part is no scheme.
        let url = match filled.starts_with("http://") || filled.starts_with("https://") {
            true => filled.parse(),
            false => site
                .url
                .join(&format!("./{}", filled.trim_start_matches('/'))),
        };
        match url {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok((url, from)),
            _ => {
                let line = match from {
                    Provenance::Key(key) => self.front.line(key),
                    _ => 1,
                };
                let message = format!("`{filled}` is no address");
                Err(Finding::error(Rule::AddressBroken, message).at_line(line))
            }
        }
    }

    /// Finds the key that sets the address, and its value.
    fn find_own(&self, habits: &Habits) -> Option<(&'static str, &str)> {
        let (key, value) = self.front.get(habits.rules.address)?;
        let own = value.as_str()?.trim();
        (!own.is_empty()).then_some((key, own))
    }

    /// Fills the pattern that is meant for the post.
    fn fill_pattern(&self, habits: &Habits) -> Result<String, Finding> {
        let mut filled = self.fill(self.choose_pattern(habits), habits)?;
        if habits.rules.index_is_folder {
            filled = self.shorten_index(filled);
        }
        let page = filled.trim_end_matches('/');
        let has_dot = page
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains('.'));
        if self.is_ugly(habits) && !has_dot {
            filled = format!("{page}.html");
        }
        if let Some(language) = self.name.language {
            let language = match habits.rules.lower_languages {
                true => language.to_lowercase(),
                false => language.to_owned(),
            };
            filled = format!("/{language}/{}", filled.trim_start_matches('/'));
        }
        Ok(filled)
    }

    /// Chooses the pattern: that of other languages, else that of the site, of the section, or of the dialect.
    fn choose_pattern<'h>(&self, habits: &'h Habits) -> &'h str {
        if let Some(foreign) = &habits.foreign
            && self.is_foreign(habits)
        {
            return foreign;
        }
        if let Some(pattern) = &habits.permalink {
            return pattern;
        }
        let section = self.name.section();
        let pattern = section.and_then(|section| habits.permalinks.get(section));
        pattern.map_or(habits.rules.permalink, String::as_str)
    }

    /// Whether the page is a file that ends in `.html` instead of a folder.
    fn is_ugly(&self, habits: &Habits) -> bool {
        let section = self.name.section();
        habits.ugly || section.is_some_and(|section| habits.ugly_sections.contains(section))
    }

    /// Shortens the address of an index to that of its folder.
    fn shorten_index(&self, filled: String) -> String {
        if self.name.is_index {
            return match filled.ends_with('/') {
                true => filled,
                false => format!("{}/", filled.trim_end_matches(".html")),
            };
        }
        // That of the folder of posts itself, and a page whose slug is `index`.
        let file = filled.trim_end_matches('/').trim_end_matches(".html");
        match file.strip_suffix("/index") {
            Some(folder) => format!("{folder}/"),
            None => filled,
        }
    }

    /// Expands the address that the front matter sets, as the dialect means it.
    fn expand_own(&self, key: &str, own: &str, habits: &Habits) -> Result<String, Finding> {
        let rules = habits.rules;
        // The result may be much longer, or expensive and invalid.
        if own.len() > LONGEST {
            return Err(too_long());
        }
        let is_template = own.contains("{{") || own.contains("{%");
        let has_colons = own.contains(':') && !own.contains("://");
        let mut filled = match (rules.own_address, rules.colons) {
            (OwnAddress::Colons, Some(colons)) if has_colons => {
                self.fill(&colons.convert_address(own), habits)?
            }
            (OwnAddress::Template | OwnAddress::TemplateOrTokens, _) if is_template => {
                self.fill_template(own, habits).ok_or_else(|| {
                    Finding::error(
                        Rule::PermalinkUnread,
                        format!("`{key}: {own}` is a template that cannot be read here"),
                    )
                    .hint("set `permalink` under [posts], with tokens like {year} and {slug}")
                })?
            }
            (OwnAddress::TemplateOrTokens, _) if own.contains('{') => self.fill(own, habits)?,
            _ => own.to_owned(),
        };
        if filled.len() > LONGEST {
            return Err(too_long());
        }
        if let Some(folder) = filled
            .strip_suffix("index.html")
            .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        {
            filled.truncate(folder.len());
        }
        let language = self.name.language.filter(|_| rules.below_language);
        if let (Some(language), false) = (language, filled.starts_with('/')) {
            filled = format!("{}/{filled}", language.to_lowercase());
        }
        if rules.below_pattern {
            let pattern = habits.permalink.as_deref().unwrap_or(rules.permalink);
            let fixed = pattern.split('{').next().unwrap_or_default();
            let end = if pattern.ends_with('/') { "/" } else { "" };
            filled = format!("{fixed}{}{end}", filled.trim_matches('/'));
        }
        let file = filled.rsplit('/').next().unwrap_or_default();
        let closes = match rules.closes {
            Closes::Never => false,
            Closes::Always => true,
            Closes::WithoutDot => !file.contains('.'),
            Closes::Key(closing) => key == closing,
        };
        if closes && !filled.ends_with('/') {
            filled.push('/');
        }
        Ok(filled)
    }

    /// Whether the post is in another language than the default one.
    fn is_foreign(&self, habits: &Habits) -> bool {
        match (self.front.text(&["lang"]), &habits.default_language) {
            (Some(own), Some(known)) => !own.eq_ignore_ascii_case(known),
            _ => false,
        }
    }
}

fn too_long() -> Finding {
    Finding::error(
        Rule::AddressBroken,
        format!("the address has more than {LONGEST} bytes"),
    )
    .at_line(1)
    .hint("give the post a shorter one, with `slug` or the key that names its address")
}

/// Escapes the signs of a part of an address that would end it.
fn make_safe(part: &str) -> String {
    if part.contains(['%', '?', '#', '\\']) {
        return part
            .replace('%', "%25")
            .replace('?', "%3F")
            .replace('#', "%23")
            .replace('\\', "%5C");
    }
    part.to_owned()
}

#[cfg(test)]
mod tests {
    use super::find_unknown;
    use crate::config::{Dialect, TOKENS};
    use crate::post::dialect::Habits;

    #[test]
    fn every_token_that_a_config_may_name_is_filled() {
        let habits = Habits::new(Dialect::Plain, chrono_tz::UTC);
        for token in TOKENS.into_iter().chain(["date:%Y", "sections[1:]"]) {
            assert_eq!(find_unknown(&format!("/{{{token}}}/"), &habits), None);
        }
        assert_eq!(find_unknown("/{yer}/", &habits), Some("yer"));
    }
}
