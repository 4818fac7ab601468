//! Evaluates `{{ … }}` of Jekyll and Eleventy, as far as the post itself gives the values.

use std::collections::HashMap;

use chrono::DateTime;
use chrono::format::StrftimeItems;

use crate::post::body::links::Links;

/// The default form of a time.
pub(in crate::post) const TIME: &str = "%Y-%m-%d %H:%M:%S %z";

/// The values that an expression of Liquid can name.
pub(super) struct Variables<'a> {
    pub(super) links: &'a Links<'a>,
    /// The values of the generator's config, and of assignments in the text.
    pub(super) known: HashMap<String, String>,
}

impl Variables<'_> {
    /// Evaluates an expression with its filters; `None` if it needs more than is known here.
    pub(super) fn evaluate(&self, expression: &str) -> Option<String> {
        let mut parts = split_filters(expression).into_iter();
        let mut found = self.named(parts.next()?.trim());
        for filter in parts {
            // Every value is charged, so that none grows without bounds in a chain or in many assignments.
            if !self.may_hold(found.as_deref()) {
                return None;
            }
            let (name, argument) = filter.split_once(':').unwrap_or((filter, ""));
            if name.trim() == "default" {
                found = found
                    .filter(|value| !value.is_empty())
                    .or_else(|| self.named(argument.trim()));
                continue;
            }
            let argument = || argument.trim().trim_matches(['"', '\'']);
            let value = found?;
            found = Some(match name.trim().split('(').next().unwrap_or_default() {
                "relative_url" => format!(
                    "{}{}{value}",
                    self.prefix(),
                    if value.starts_with('/') { "" } else { "/" }
                ),
                "absolute_url" | "url" | "htmlBaseUrl" => self
                    .links
                    .home
                    .join(value.trim_start_matches('/'))
                    .ok()?
                    .to_string(),
                "prepend" => format!(
                    "{}{value}",
                    self.named(argument())
                        .unwrap_or_else(|| argument().to_owned())
                ),
                "append" => format!(
                    "{value}{}",
                    self.named(argument())
                        .unwrap_or_else(|| argument().to_owned())
                ),
                "upcase" => value.to_uppercase(),
                "downcase" => value.to_lowercase(),
                "date" => time(&value, argument())?,
                "date_to_string" => time(&value, "%d %b %Y")?,
                "date_to_long_string" => time(&value, "%d %B %Y")?,
                "date_to_xmlschema" => time(&value, "%Y-%m-%dT%H:%M:%S%:z")?,
                "date_to_rfc822" => time(&value, "%a, %d %b %Y %H:%M:%S %z")?,
                "escape" | "xml_escape" | "safe" | "strip" | "markdownify" => value,
                _ => return None,
            });
        }
        found.filter(|value| self.may_hold(Some(value)))
    }

    fn may_hold(&self, value: Option<&str>) -> bool {
        self.links.budget.take(value.map_or(0, str::len))
    }

    fn named(&self, name: &str) -> Option<String> {
        for quote in ['"', '\''] {
            if let Some(inner) = name.strip_prefix(quote) {
                return inner.strip_suffix(quote).map(str::to_owned);
            }
        }
        let post = self.links.post;
        Some(match name {
            "site.baseurl" | "site.github.baseurl" | "baseurl" => self.prefix().to_owned(),
            "site.url" | "site.github.url" => self.links.home.origin().ascii_serialization(),
            "page.title" | "title" => post.title.to_string(),
            // The path below the home page, since the text puts that before it.
            "page.url" | "page.permalink" => {
                let path = post.url.path();
                path.strip_prefix(self.prefix()).unwrap_or(path).to_owned()
            }
            "page.description" | "page.excerpt" => post.description.as_deref()?.to_owned(),
            "page.image" => post.image.as_ref()?.to_string(),
            "page.author" => post.authors.first()?.name.clone(),
            other => self
                .known
                .get(other)
                .or_else(|| self.known.get(&other.to_lowercase()))?
                .clone(),
        })
    }

    /// The path of the home page without its last slash.
    fn prefix(&self) -> &str {
        self.links.home.path().trim_end_matches('/')
    }
}

fn time(text: &str, form: &str) -> Option<String> {
    let time = DateTime::parse_from_str(text, TIME).ok()?;
    let form = StrftimeItems::new(form).parse().ok()?;
    Some(time.format_with_items(form.iter()).to_string())
}

/// Splits an expression at the bars outside of quotes.
fn split_filters(expression: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in expression.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '|') => {
                parts.push(&expression[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}
