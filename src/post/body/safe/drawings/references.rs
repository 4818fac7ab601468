//! How often the parts of a drawing show each other: a few lines that repeat each other would be drawn a billion times.

use std::collections::HashMap;

/// How many parts may be drawn in all.
const MOST: usize = 1 << 16;
/// The most references that are kept, counted once for each enclosing part.
const MOST_KEPT: usize = 1 << 18;
/// How long a chain of parts may be that refer to each other.
const DEEPEST: usize = 32;

/// The parts that each part of a drawing refers to, by their ids as they are escaped.
#[derive(Default)]
struct References<'a> {
    of: HashMap<&'a str, Vec<&'a str>>,
    /// The number of parts that a part shows, itself included; `None` while they are counted.
    shown: HashMap<&'a str, Option<usize>>,
}

/// Whether every reference in a drawing that is clean leads to a part of it, and all together show a bounded number.
pub(super) fn are_bounded(clean: &str) -> bool {
    let mut references = References::default();
    let mut all: Vec<&str> = Vec::new();
    let by_class = find_in_styles(clean);
    let Some(by_class) = by_class else {
        return false;
    };
    let mut open: Vec<Option<&str>> = Vec::new();
    let mut kept = 0;
    for part in clean.split('<').skip(1) {
        if part.starts_with('/') {
            open.pop();
            continue;
        }
        let tag = part.split('>').next().unwrap_or_default();
        let Some(mut found) = find_in_tag(tag) else {
            return false;
        };
        if tag.contains(" class=\"") {
            found.extend(&by_class);
        }
        let id = tag
            .split_once(" id=\"")
            .and_then(|(_, id)| id.split('"').next());
        open.push(id);
        if let Some(id) = id {
            references.of.entry(id).or_default();
        }
        if found.is_empty() {
            continue;
        }
        all.extend(&found);
        kept += open.len() * found.len();
        if kept > MOST_KEPT {
            return false;
        }
        for id in open.iter().flatten() {
            references.of.entry(id).or_default().extend(&found);
        }
    }
    let mut total = 0_usize;
    for id in all {
        let Some(shown) = references.count(id, 0) else {
            return false;
        };
        total = total.saturating_add(shown);
    }
    total <= MOST
}

impl<'a> References<'a> {
    /// Counts the parts that this one shows, itself included; `None` if it is missing, shows itself, or the chain is
    /// too long.
    fn count(&mut self, id: &'a str, depth: usize) -> Option<usize> {
        if let Some(known) = self.shown.get(id) {
            return *known;
        }
        if depth > DEEPEST {
            return None;
        }
        let inner = self.of.get(id)?.clone();
        self.shown.insert(id, None);
        let mut shown = 1_usize;
        for id in inner {
            shown = shown.saturating_add(self.count(id, depth + 1)?);
        }
        self.shown.insert(id, Some(shown));
        Some(shown)
    }
}

/// The ids to which a tag refers; `None` if it refers to something else. A `use` must refer to something.
fn find_in_tag(tag: &str) -> Option<Vec<&str>> {
    let mut found = find_in_urls(tag)?;
    let whole = tag.split([' ', '>']).next().unwrap_or_default();
    for name in [" href=\"", " xlink:href=\""] {
        if let Some((_, value)) = tag.split_once(name) {
            found.push(value.strip_prefix('#')?.split('"').next()?);
        }
    }
    (whole != "use" || !found.is_empty()).then_some(found)
}

/// The ids to which the style sheets refer.
fn find_in_styles(clean: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for part in clean.split('<').skip(1) {
        if let Some((_, sheet)) = part
            .strip_prefix("style")
            .and_then(|part| part.split_once('>'))
        {
            found.extend(find_in_urls(sheet)?);
        }
    }
    Some(found)
}

/// The ids in each `url(#id)` of CSS; `None` if one leads elsewhere.
fn find_in_urls(css: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for (at, _) in css.match_indices('(') {
        let (before, after) = css.split_at(at);
        let is_url = before.len() >= 3 && before.as_bytes()[at - 3..].eq_ignore_ascii_case(b"url");
        if !is_url {
            continue;
        }
        let value = after[1..].trim_start();
        let quote = ["&quot;", "'"]
            .into_iter()
            .find(|quote| value.starts_with(quote));
        let value = &value[quote.map_or(0, str::len)..];
        let end = value.find([')', '\'', '"', '&', ' '])?;
        found.push(value[..end].strip_prefix('#')?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::are_bounded;

    #[test]
    fn parts_that_show_each_other_without_end_are_refused() {
        let chain = |length: usize, each: usize, last: &str| {
            let mut svg = String::new();
            for at in 0..length {
                let next = format!("<use href=\"#p{}\"></use>", at + 1);
                svg.push_str(&format!("<g id=\"p{at}\">{}</g>", next.repeat(each)));
            }
            format!("<svg>{svg}<path id=\"p{length}\"{last}></path><use href=\"#p0\"></use></svg>")
        };
        for (drawing, expected) in [
            (chain(3, 2, ""), true),
            (chain(30, 1, ""), true),
            (chain(30, 2, ""), false),
            (chain(2, 300, ""), false),
            (chain(100, 1, ""), false),
            (chain(10_000, 1, ""), false),
            (chain(3, 1, " fill=\"url(#p0)\""), false),
            ("<svg><g id=\"a\"><use href=\"#a\"></use></g></svg>".to_owned(), false),
            ("<svg><rect id=\"a\" fill=\"url(&quot;#a&quot;)\"></rect></svg>".to_owned(), false),
            (
                "<svg><style>.b{fill:url(#a)}</style><pattern id=\"a\"><rect class=\"b\"></rect></pattern></svg>".to_owned(),
                false,
            ),
            (
                "<svg><style>.b{fill:url('#a')}</style><pattern id=\"a\"><rect></rect></pattern><rect class=\"b\"></rect></svg>".to_owned(),
                true,
            ),
            (
                "<svg><path id=\"a\"></path>".to_owned() + &"<use href=\"#a\"></use>".repeat(5_000) + "</svg>",
                true,
            ),
            (
                "<svg><path id=\"a\"></path>".to_owned() + &"<use href=\"#a\"></use>".repeat(70_000) + "</svg>",
                false,
            ),
        ] {
            let start: String = drawing.chars().take(90).collect();
            assert_eq!(are_bounded(&drawing), expected, "{start}");
        }
    }
}
