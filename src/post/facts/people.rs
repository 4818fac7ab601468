//! The authors and the terms of a post.

use std::collections::HashSet;

use serde_json::{Map, Value};
use url::Url;

use crate::config::{Author, is_blank};
use crate::html::{legal, read_words};
use crate::post::body::markdown::inline;
use crate::post::compose;
use crate::post::dialect::{Folders, Habits, TagSplit};
use crate::post::facts::name::Name;
use crate::post::front::{Front, text_of};

/// The authors that the front matter names.
pub(super) fn authors(front: &Front<'_>, habits: &Habits) -> Vec<Author> {
    let found = front.get(&["authors", "author"]).map(|(_, value)| value);
    let nested = || match (front.table("params"), front.table("taxonomies")) {
        (Some(table), _) | (None, Some(table)) => {
            table.get("authors").or_else(|| table.get("author"))
        }
        (None, None) => None,
    };
    let mut authors: Vec<Author> = Vec::new();
    let mut take =
        |author: Option<Author>| authors.extend(author.filter(|author| !is_blank(&author.name)));
    match found.or_else(nested) {
        Some(Value::Array(list)) => list.iter().for_each(|one| take(author(one, habits))),
        Some(Value::String(text)) if habits.rules.split == TagSplit::Commas => {
            // Pelican splits a list at `;` if there is one, else at `,`; elsewhere a single name may contain a comma.
            let comma = habits.rules.authors_at_commas && !text.contains(';');
            text.split(if comma { ',' } else { ';' })
                .for_each(|one| take(parse_author(one, habits)));
        }
        Some(one) => take(author(one, habits)),
        None => {}
    }
    authors.dedup();
    authors
}

/// An author by a string or a map.
fn author(value: &Value, habits: &Habits) -> Option<Author> {
    match value {
        Value::Object(map) => from_map(map),
        other => parse_author(&text_of(other)?, habits),
    }
}

/// An author from a map like `{ name = "Ada", email = "ada@x.example", url = "https://x.example" }`.
pub(crate) fn from_map(map: &Map<String, Value>) -> Option<Author> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| map.get(*key).and_then(text_of));
    let name = text(&["name", "display_name", "title", "login"])?;
    let url = text(&["url", "uri", "link", "web", "website", "homepage"]);
    let url: Option<Url> = url.and_then(|url| url.parse().ok());
    Some(Author {
        name: compose(&legal(&name)).into_owned(),
        email: text(&["email", "mail"]).and_then(|email| email.parse().ok()),
        url: url.filter(|url| matches!(url.scheme(), "http" | "https")),
    })
}

/// An author by one string: a key of the site's people, `Ada <ada@x.example>`, `ada@x.example (Ada)` or a name.
fn parse_author(text: &str, habits: &Habits) -> Option<Author> {
    let linked = text.contains("](").then(|| read_words(&inline(text)));
    let text = linked.as_deref().unwrap_or(text).trim();
    if let Some(known) = habits.people.get(text) {
        return Some(known.clone());
    }
    let (name, email) = match (text.split_once('<'), text.split_once('(')) {
        (Some((name, email)), _) => (name, email.trim_end_matches('>')),
        (_, Some((email, name))) if email.contains('@') => (name.trim_end_matches(')'), email),
        _ => (text, ""),
    };
    let email = email.trim().parse().ok();
    let name = if email.is_some() { name.trim() } else { text };
    (!name.is_empty()).then(|| Author {
        name: compose(&legal(name)).into_owned(),
        email,
        url: None,
    })
}

/// The categories, in the order in which an address names them.
pub(super) fn categories(front: &Front<'_>, name: &Name<'_>, habits: &Habits) -> Vec<String> {
    let mut found = Vec::new();
    let of_jekyll = |part: &&str| matches!(*part, "_posts" | "_drafts");
    if habits.rules.folders == Folders::AbovePosts && name.folders().any(|part| of_jekyll(&part)) {
        found.extend(
            name.folders()
                .take_while(|part| !of_jekyll(part))
                .map(str::to_owned),
        );
    }
    found.extend(read_terms(front, "category", "categories", habits));
    if habits.rules.folders == Folders::Parent && habits.folders_count && found.is_empty() {
        found.extend(name.folders().next_back().map(str::to_owned));
    }
    dedup(found)
}

/// Tags, then categories, then the terms of other taxonomies, without repeats.
pub(super) fn tags(front: &Front<'_>, categories: &[String], habits: &Habits) -> Vec<String> {
    let mut found = read_terms(front, "tag", "tags", habits);
    found.extend(categories.iter().cloned());
    if let Some(taxonomies) = front.table("taxonomies") {
        let (first, rest): (Vec<_>, Vec<_>) =
            taxonomies.iter().partition(|(name, _)| *name == "tags");
        let named = |name: &str| !matches!(name, "author" | "authors");
        let lists = first
            .into_iter()
            .chain(rest)
            .filter(|(name, _)| named(name))
            .filter_map(|(_, terms)| terms.as_array());
        found.extend(
            lists
                .flatten()
                .filter_map(text_of)
                .map(|term| legal(&term).into_owned()),
        );
    }
    dedup(found)
}

/// The terms under the singular or the plural of a key.
fn read_terms(
    front: &Front<'_>,
    one: &'static str,
    many: &'static str,
    habits: &Habits,
) -> Vec<String> {
    let Some((key, value)) = front.get(&[many, one]) else {
        return Vec::new();
    };
    let split = habits.rules.split;
    let terms: Vec<String> = match value {
        Value::Array(list) => list.iter().filter_map(term).collect(),
        other => match (text_of(other).unwrap_or_default(), split) {
            (text, TagSplit::Never) => vec![text],
            // The singular is one term, whatever it contains.
            (text, TagSplit::Spaces) if key == one => vec![text],
            (text, TagSplit::Spaces) => text.split_whitespace().map(str::to_owned).collect(),
            (text, TagSplit::Commas) if key == "category" => vec![text],
            (text, TagSplit::Commas) => text
                .split(if text.contains(';') { ';' } else { ',' })
                .map(str::to_owned)
                .collect(),
            (text, TagSplit::Hashes) => text.split([',', ' ']).map(str::to_owned).collect(),
        },
    };
    let bare = |term: String| match split {
        TagSplit::Hashes => term.trim().trim_start_matches('#').to_owned(),
        _ => term.trim().to_owned(),
    };
    terms
        .into_iter()
        .map(|term| legal(&bare(term)).into_owned())
        .filter(|term| !term.is_empty())
        .collect()
}

/// A term by a text, or by a table like `{ label: Tea, permalink: /tea }`.
fn term(value: &Value) -> Option<String> {
    match value {
        Value::Object(table) => table.get("label").and_then(text_of),
        one => text_of(one),
    }
}

fn dedup(terms: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::with_capacity(terms.len());
    let mut once = terms;
    once.retain(|term| seen.insert(term.clone()));
    once
}

#[cfg(test)]
mod tests {
    use super::{from_map, parse_author};
    use crate::config::Dialect;
    use crate::post::dialect::Habits;

    #[test]
    fn the_accents_of_an_author_have_one_form() {
        let habits = Habits::new(Dialect::Plain, chrono_tz::Tz::UTC);
        let map = serde_json::json!({ "name": "Zoe\u{308}" });
        let by_map = from_map(map.as_object().unwrap()).unwrap();
        assert_eq!(by_map.name, "Zo\u{eb}");
        for text in ["Zoe\u{308}", "Zoe\u{308} <z@x.example>", "[Zoe\u{308}](/z)"] {
            assert_eq!(
                parse_author(text, &habits).unwrap().name,
                "Zo\u{eb}",
                "{text}"
            );
        }
    }

    #[test]
    fn an_author_by_one_text_has_a_name_and_perhaps_an_address() {
        let habits = Habits::new(Dialect::Hugo, chrono_tz::UTC);
        for (text, name, email) in [
            ("Ada Night", "Ada Night", None),
            ("Ada <ada@x.example>", "Ada", Some("ada@x.example")),
            ("ada@x.example (Ada)", "Ada", Some("ada@x.example")),
            (
                "[Ada Night](https://x.example/ada) (Hums)",
                "Ada Night (Hums)",
                None,
            ),
            ("Ada (Hums), Bo (Hums)", "Ada (Hums), Bo (Hums)", None),
        ] {
            let author = parse_author(text, &habits).unwrap();
            let found = author.email.map(|email| email.to_string());
            assert_eq!(
                (author.name.as_str(), found.as_deref()),
                (name, email),
                "{text}"
            );
        }
    }
}
