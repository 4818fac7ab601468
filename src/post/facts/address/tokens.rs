//! Fills the tokens of a pattern of addresses, like `{year}` and `{slug}`.

use chrono::format::StrftimeItems;
use chrono::{DateTime, FixedOffset};

use crate::config::EXPECTED;
use crate::finding::{Finding, Rule};
use crate::post::dialect::Habits;
use crate::post::dialect::slug::{make_jekyll_slug, make_slug};
use crate::post::facts::address::{LONGEST, Parts, make_safe};
use crate::post::facts::date::Instant;

/// The most categories that an address names.
const MOST_CATEGORIES: usize = 100;

/// The parts of a time by their names in patterns, as `chrono` formats them.
const TIMES: [(&str, &str); 19] = [
    ("year", "%Y"),
    ("short_year", "%y"),
    ("month", "%m"),
    ("i_month", "%-m"),
    ("day", "%d"),
    ("i_day", "%-d"),
    ("y_day", "%j"),
    ("i_y_day", "%-j"),
    ("short_month", "%b"),
    ("long_month", "%B"),
    ("week", "%V"),
    ("w_year", "%G"),
    ("w_day", "%u"),
    ("weekday", "%w"),
    ("short_day", "%a"),
    ("long_day", "%A"),
    ("hour", "%H"),
    ("minute", "%M"),
    ("second", "%S"),
];

impl Parts<'_> {
    /// A pattern with its tokens filled in.
    pub(super) fn fill(&self, pattern: &str, habits: &Habits) -> Result<String, Finding> {
        self.try_fill(pattern, habits).map_err(|token| {
            Finding::error(
                Rule::PermalinkUnread,
                format!("`{pattern}` has an unknown token `{{{token}}}`"),
            )
            .at_line(1)
            .hint(EXPECTED)
        })
    }

    /// Fills a pattern; the error is the first unknown token.
    pub(super) fn try_fill<'a>(
        &self,
        pattern: &'a str,
        habits: &Habits,
    ) -> Result<String, &'a str> {
        let mut filled = String::with_capacity(pattern.len() + 32);
        let mut rest = pattern;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            let Some(end) = rest[start..].find('}') else {
                break;
            };
            let token = &rest[start + 1..start + end];
            filled.push_str(&self.expand_token(token, habits).ok_or(token)?);
            rest = &rest[start + end + 1..];
            if filled.len() > LONGEST {
                return Ok(filled);
            }
        }
        filled.push_str(rest);
        // A token without a value leaves no empty part behind.
        if filled.contains("//") && !filled.contains("://") {
            let mut last = ' ';
            filled.retain(|c| std::mem::replace(&mut last, c) != '/' || c != '/');
        }
        Ok(filled)
    }

    fn expand_token(&self, token: &str, habits: &Habits) -> Option<String> {
        let local = self.local(habits);
        if let Some((_, format)) = TIMES.iter().find(|(name, _)| *name == token) {
            return Some(local.format(format).to_string());
        }
        if let Some(format) = token.strip_prefix("date:") {
            let format = StrftimeItems::new(format).parse().ok()?;
            return Some(make_safe(
                &local.format_with_items(format.iter()).to_string(),
            ));
        }
        if let Some(range) = token.strip_prefix("sections[") {
            let sections = self.list_sections(habits);
            let range = range.strip_suffix(']')?;
            return Some(slice_sections(&sections, range)?.join("/"));
        }
        let slug_words = habits.rules.slug_words;
        let slug = |text: &str| make_safe(&habits.slugs.make_slug(text));
        let word = |text: &str| match slug_words {
            true => slug(&text.replace('+', " ")),
            false => slug(text),
        };
        Some(match token {
            "slug_or_title" if self.by_name || self.front.text(&["slug"]).is_some() => {
                make_safe(&self.choose_slug(habits))
            }
            "slug" => make_safe(&self.choose_slug(habits)),
            "plain_slug" => make_jekyll_slug(&self.choose_slug(habits)),
            "file_slug" => make_jekyll_slug(self.name.stem),
            "file_path" => {
                let folders = self.name.folders().filter(|part| !part.starts_with('_'));
                let parts: Vec<String> = folders.chain([self.name.stem]).map(make_safe).collect();
                parts.join("/")
            }
            "title" | "slug_or_title" => word(self.title),
            "filename" if slug_words => word(self.name.stem),
            "filename" => make_safe(self.name.stem),
            "lang" => {
                let own = self.front.text(&["lang"]);
                let language = own.or_else(|| habits.default_language.clone());
                make_safe(&language.unwrap_or_default())
            }
            "section" => self.name.section().map(slug).unwrap_or_default(),
            "sections" => self.list_sections(habits).join("/"),
            "category" => {
                let first = self.categories.first();
                first.map(|first| slug(first)).unwrap_or_default()
            }
            "categories" => self.join_categories(str::to_owned),
            "slugified_categories" => self.join_categories(make_slug),
            "path" => self.join_path(habits),
            "dated_path" => self.join_dated_path(),
            _ => return None,
        })
    }

    /// Lists the sections as parts of the address.
    fn list_sections(&self, habits: &Habits) -> Vec<String> {
        let sections = self.find_sections(habits).into_iter();
        let slugs = sections.map(|part| make_safe(&habits.slugs.make_slug(part)));
        slugs.collect()
    }

    /// Joins the categories as folders, each once.
    fn join_categories(&self, make_part: impl Fn(&str) -> String) -> String {
        let mut parts: Vec<String> = Vec::new();
        let short = self.categories.iter().filter(|one| one.len() <= LONGEST);
        for category in short.take(MOST_CATEGORIES) {
            let part = make_safe(&make_part(&category.to_lowercase()));
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join("/")
    }

    /// Joins the folders of the post and its slug.
    fn join_path(&self, habits: &Habits) -> String {
        let mut parts: Vec<String> = Vec::new();
        for part in self.name.folders() {
            parts.push(match habits.rules.slug_folders {
                true => make_safe(&habits.slugs.make_slug(part)),
                false => make_safe(part),
            });
        }
        let last = self.choose_slug(habits);
        // Eleventy makes `/about/` of `about/about.md`.
        let is_doubled = self.name.folders().next_back() == Some(last.as_str());
        if !(habits.rules.drops_doubled && is_doubled) {
            parts.push(make_safe(&last));
        }
        parts.retain(|part| !part.is_empty());
        parts.join("/")
    }

    /// Joins the folders and the name, with the date in them as folders before, as Docusaurus has it: `2024/05/01/tea` of
    /// `2024-05-01-tea`.
    fn join_dated_path(&self) -> String {
        let parts: Vec<&str> = self.name.folders().chain([self.name.stem]).collect();
        let path = parts.join("/");
        let Some((at, length)) = find_date(&path) else {
            return make_safe_path(&path);
        };
        let (before, rest) = (&path[..at], &path[at + length..]);
        let rest = rest.strip_prefix(['-', '/']).unwrap_or(rest);
        let date = path[at..at + length].replace('-', "/");
        make_safe_path(&format!("{date}/{before}{rest}"))
    }

    /// Finds the folders of the post that are sections: in Hugo the first, and those down to the last with an `_index`.
    fn find_sections(&self, habits: &Habits) -> Vec<&str> {
        let mut folders: Vec<&str> = self.name.folders().collect();
        if habits.rules.index_sections {
            let is_section = |folders: &[&str]| {
                let of_language = habits.sections.get(self.name.language.unwrap_or_default());
                of_language.is_some_and(|known| known.contains(&folders.join("/")))
            };
            while folders.len() > 1 && !is_section(&folders) {
                folders.pop();
            }
        }
        folders
    }

    /// The local time that gives the address its day.
    pub(super) fn local(&self, habits: &Habits) -> DateTime<FixedOffset> {
        let Instant { at, offset } = self.dated;
        match offset {
            Some(offset) if habits.rules.own_offset => at.with_timezone(&offset),
            _ => at.with_timezone(&habits.zoning(false).zone).fixed_offset(),
        }
    }

    /// Chooses the last part of the address: the `slug` key, else made from the name or the title.
    pub(super) fn choose_slug(&self, habits: &Habits) -> String {
        match self.front.text(&["slug"]) {
            Some(slug) if slug.len() > LONGEST => slug,
            // A chosen slug keeps its dots in Pelican and its form everywhere else, unless the generator cleans it.
            Some(slug) if habits.rules.slug_keys => habits.slugs.make_slug(&slug),
            Some(slug) => slug,
            None => habits.slugs.make_slug(self.slug_from),
        }
    }
}

/// Makes each part of a path a part of an address.
fn make_safe_path(path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(make_safe).collect();
    parts.join("/")
}

/// Finds the last date in a path, like `2024-05-01` or `2024/5/1`: where it begins, and its length.
fn find_date(path: &str) -> Option<(usize, usize)> {
    let bytes = path.as_bytes();
    let digits = |from: usize, most: usize| {
        let rest = &bytes[from.min(bytes.len())..];
        rest.iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let is_sign = |at: usize| matches!(bytes.get(at), Some(b'-' | b'/'));
    let length_at = |at: usize| {
        if digits(at, 4) < 4 || !is_sign(at + 4) {
            return None;
        }
        let month = digits(at + 5, 2);
        let day_at = at + 5 + month + 1;
        let day = digits(day_at, 2);
        let is_date = month > 0 && day > 0 && is_sign(day_at - 1);
        is_date.then_some(day_at + day - at)
    };
    (0..bytes.len())
        .rev()
        .find_map(|at| Some((at, length_at(at)?)))
}

/// Selects some of a post's sections, as Hugo means it: `1:`, `:last`, `last`, `0`, `1:2`.
fn slice_sections<'a>(sections: &'a [String], range: &str) -> Option<&'a [String]> {
    let end = sections.len();
    let place = |text: &str, default: usize| match text {
        "" => Some(default),
        "last" => Some(end.saturating_sub(1)),
        number => number.parse().ok().map(|number: usize| number.min(end)),
    };
    let (from, to) = match range.split_once(':') {
        Some((from, to)) => (place(from, 0)?, place(to, end)?),
        None => (
            place(range, 0)?,
            place(range, 0)?.saturating_add(1).min(end),
        ),
    };
    Some(sections.get(from..to).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::slice_sections;

    #[test]
    fn sections_are_cut_as_hugo_does() {
        let sections = ["a", "b", "c"].map(str::to_owned);
        for (range, expected) in [
            ("1:", "b/c"),
            (":last", "a/b"),
            ("last", "c"),
            ("0", "a"),
            ("1:2", "b"),
            ("7:", ""),
        ] {
            assert_eq!(
                slice_sections(&sections, range)
                    .map(|parts| parts.join("/"))
                    .as_deref(),
                Some(expected),
                "{range}"
            );
        }
        assert_eq!(slice_sections(&sections, "x"), None);
        assert_eq!(slice_sections(&[], "last"), Some(&[][..]));
    }
}
