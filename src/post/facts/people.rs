//! The authors and the terms of a post.

use std::collections::HashSet;

use serde_json::{Map, Value};
use url::Url;

use crate::config::{Author, is_blank};
use crate::html::{make_legal, read_words};
use crate::post::body::markdown::render_inline;
use crate::post::compose;
use crate::post::dialect::{Folders, Habits, TagSplit, is_folder_of_posts};
use crate::post::facts::name::Name;
use crate::post::front::{Front, text_of};

/// Reads the authors that the front matter names.
pub(super) fn read_authors(front: &Front<'_>, habits: &Habits) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    match find_authors(front) {
        Some(Value::Array(list)) => {
            for one in list {
                authors.extend(read_author(one, habits));
            }
        }
        Some(Value::String(text)) if habits.rules.split == TagSplit::Commas => {
            // Pelican splits a list at `;` if there is one, else at `,`; elsewhere a single name may contain a comma.
            let comma = habits.rules.authors_at_commas && !text.contains(';');
            for one in text.split(if comma { ',' } else { ';' }) {
                authors.extend(parse_author(one, habits));
            }
        }
        Some(one) => authors.extend(read_author(one, habits)),
        None => {}
    }
    authors.retain(|author| !is_blank(&author.name));
    authors.dedup();
    authors
}

/// Finds the value that names authors: at the top, else below `params`, else below `taxonomies`.
fn find_authors<'a>(front: &'a Front<'_>) -> Option<&'a Value> {
    if let Some((_, value)) = front.get(&["authors", "author"]) {
        return Some(value);
    }
    let table = front
        .table("params")
        .or_else(|| front.table("taxonomies"))?;
    table.get("authors").or_else(|| table.get("author"))
}

/// Reads an author from a string or a map.
fn read_author(value: &Value, habits: &Habits) -> Option<Author> {
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
        name: compose(&make_legal(&name)).into_owned(),
        email: text(&["email", "mail"]).and_then(|email| email.parse().ok()),
        url: url.filter(|url| matches!(url.scheme(), "http" | "https")),
    })
}

/// Parses an author from one string: a key of the site's people, `Ada <ada@x.example>`, `ada@x.example (Ada)` or a name.
fn parse_author(text: &str, habits: &Habits) -> Option<Author> {
    let linked = text
        .contains("](")
        .then(|| read_words(&render_inline(text)));
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
        name: compose(&make_legal(name)).into_owned(),
        email,
        url: None,
    })
}

/// Reads the categories, in the order in which an address names them.
pub(super) fn read_categories(front: &Front<'_>, name: &Name<'_>, habits: &Habits) -> Vec<String> {
    let mut found = Vec::new();
    if habits.rules.folders == Folders::AbovePosts && name.folders().any(is_folder_of_posts) {
        let above = name.folders().take_while(|part| !is_folder_of_posts(part));
        found.extend(above.map(str::to_owned));
    }
    found.extend(read_terms(front, "category", "categories", habits));
    if habits.rules.folders == Folders::Parent && habits.folders_count && found.is_empty() {
        found.extend(name.folders().next_back().map(str::to_owned));
    }
    dedup(found)
}

/// Reads tags, then categories, then the terms of other taxonomies, without repeats.
pub(super) fn read_tags(front: &Front<'_>, categories: &[String], habits: &Habits) -> Vec<String> {
    let mut found = read_terms(front, "tag", "tags", habits);
    found.extend(categories.iter().cloned());
    let taxonomies = front.table("taxonomies").into_iter().flatten();
    let mut taxonomies: Vec<(&String, &Value)> = taxonomies.collect();
    taxonomies.retain(|(name, _)| !matches!(name.as_str(), "author" | "authors"));
    // The tags come first, whatever the order of the table.
    taxonomies.sort_by_key(|(name, _)| *name != "tags");
    for (_, terms) in taxonomies {
        for term in terms.as_array().into_iter().flatten() {
            if let Some(term) = text_of(term) {
                found.push(make_legal(&term).into_owned());
            }
        }
    }
    dedup(found)
}

/// Reads the terms under the singular or the plural of a key.
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
        Value::Array(list) => list.iter().filter_map(read_term).collect(),
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
    let mut read = Vec::with_capacity(terms.len());
    for term in terms {
        let bare = match split {
            TagSplit::Hashes => term.trim().trim_start_matches('#'),
            _ => term.trim(),
        };
        let term = make_legal(bare);
        if !term.is_empty() {
            read.push(term.into_owned());
        }
    }
    read
}

/// Reads a term from a text, or from a table like `{ label: Tea, permalink: /tea }`.
fn read_term(value: &Value) -> Option<String> {
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
