//! The expressions of an Eleventy permalink.

use chrono::format::StrftimeItems;

use crate::post::dialect::Habits;
use crate::post::dialect::slug::{apply_slug_filter, slugify};
use crate::post::facts::address::{LONGEST, Parts, make_safe};

impl Parts<'_> {
    /// Fills an Eleventy permalink with the few expressions that make addresses; `None` if it contains another.
    pub(super) fn fill_template(&self, own: &str, habits: &Habits) -> Option<String> {
        let mut filled = String::new();
        let mut rest = own;
        while let Some(start) = rest.find("{{") {
            filled.push_str(&rest[..start]);
            let end = rest[start..].find("}}")?;
            filled.push_str(&make_safe(&self.expression(
                rest[start + 2..start + end].trim_matches(['-', ' ']),
                habits,
            )?));
            rest = &rest[start + end + 2..];
            if filled.len() > LONGEST {
                return Some(filled);
            }
        }
        filled.push_str(rest);
        (!filled.contains("{%")).then_some(filled)
    }

    fn expression(&self, expression: &str, habits: &Habits) -> Option<String> {
        let mut parts = expression.split('|').map(str::trim);
        let name = parts.next()?;
        let slug = || {
            let own = self.front.text(&["slug"]);
            own.filter(|slug| slug.len() <= LONGEST)
                .unwrap_or_else(|| self.slug_from.to_owned())
        };
        let stem = || {
            let parts: Vec<&str> = self.name.folders().chain([self.name.stem]).collect();
            format!("/{}", parts.join("/"))
        };
        let mut value = match name {
            "page.fileSlug" | "fileSlug" => self.slug_from.to_owned(),
            "slug" => slug(),
            "title" | "page.title" => self.title.to_owned(),
            "page.filePathStem" | "filePathStem" => stem(),
            "page.date" | "date" => String::new(),
            literal => literal
                .strip_prefix(['"', '\''])?
                .strip_suffix(['"', '\''])?
                .to_owned(),
        };
        for filter in parts {
            let (filter, argument) = filter.split_once([':', '(']).unwrap_or((filter, ""));
            let argument = argument.trim_matches([' ', ')', '"', '\'']);
            value = match filter.trim() {
                "slugify" => slugify(&value),
                "slug" => apply_slug_filter(&value),
                "url" => value,
                "date" if !argument.is_empty() => {
                    let format = StrftimeItems::new(argument).parse().ok()?;
                    self.local(habits)
                        .format_with_items(format.iter())
                        .to_string()
                }
                _ => return None,
            };
        }
        (!value.is_empty()).then_some(value)
    }
}
