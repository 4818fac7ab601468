//! Splits front matter (YAML, TOML, JSON or bare `Key: value` lines) from the body, and parses it into one table of
//! values.

mod comment;
mod defaults;
mod head;
mod header;
mod matter;
mod node;
mod yaml;

pub(crate) use defaults::add_defaults;
pub(super) use defaults::find_data;
pub(crate) use matter::{Front, Split, texts_of};
pub(super) use matter::{switch_of, text_of};

use serde_json::{Map, Value};

use crate::finding::{Finding, Rule};
use crate::post::dialect::Rules;
use matter::{Broken, Keys, ParsedMatter};

/// Splits a post's text at its front matter.
///
/// # Errors
/// A finding at the line where the front matter is invalid.
pub(crate) fn split<'a>(text: &'a str, rules: &Rules) -> Result<Split<'a>, Finding> {
    // Empty lines may precede the fence if the front matter may be TOML.
    let start = text.len() - text.trim_start().len();
    let above = text[..start].matches('\n').count();
    if above == 0
        || !rules.toml
        || !text[start..].starts_with(['-', '+', '{'])
        || !text[..start].ends_with('\n')
    {
        return split_at_start(text, rules);
    }
    let mut split = split_at_start(&text[start..], rules).map_err(|finding| {
        let line = finding
            .place
            .as_ref()
            .and_then(|place| place.line)
            .unwrap_or(1);
        finding.at_line(line + above)
    })?;
    split.body_line += above;
    split.front.matter.1 += above;
    Ok(split)
}

fn split_at_start<'a>(text: &'a str, rules: &Rules) -> Result<Split<'a>, Finding> {
    let first = text.lines().next().unwrap_or_default().trim_end();
    let bare = || Split {
        front: Front::default(),
        body: text,
        body_line: 1,
        fenced: false,
    };
    match first {
        "---" if rules.header && !rules.plain => split_fenced(text, &["---", "..."], |matter| {
            Ok(header::parse(matter).into())
        }),
        "---" => split_fenced(text, &["---", "..."], yaml::parse),
        "---json" => split_fenced(text, &["---"], |matter| Ok(parse_json(matter)?.into())),
        "---toml" => split_fenced(text, &["---"], |matter| Ok(parse_toml(matter)?.into())),
        "---js" | "---javascript" => Err(Finding::error(
            Rule::FrontMatter,
            "the front matter is JavaScript, which is not run",
        )
        .at_line(1)
        .hint("write it as YAML or JSON")),
        "+++" if rules.toml => {
            split_fenced(text, &["+++"], |matter| Ok(parse_toml(matter)?.into()))
        }
        _ if rules.json
            && first.starts_with('{')
            && !first.starts_with("{{")
            && !first.starts_with("{%") =>
        {
            split_json(text)
        }
        _ if rules.in_comment && first.starts_with("<!--") => {
            Ok(comment::split(text).unwrap_or_else(bare))
        }
        _ if rules.header && first.starts_with('<') => Ok(head::split(text).unwrap_or_else(bare)),
        _ if rules.header => Ok(header::split(text, rules.plain)),
        _ => Ok(bare()),
    }
}

/// Returns the text below front matter that cannot be read; the whole text if the front matter has no end.
pub(crate) fn skip_fences(text: &str) -> &str {
    let fence = text.lines().next().unwrap_or_default().trim_end();
    if !matches!(fence, "---" | "+++") {
        return text;
    }
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        at += line.len();
        if number > 0 && line.trim_end() == fence {
            return &text[at..];
        }
    }
    text
}

type Parser = fn(&str) -> Result<ParsedMatter, Broken>;

fn split_fenced<'a>(text: &'a str, ends: &[&str], parse: Parser) -> Result<Split<'a>, Finding> {
    let start = text.find('\n').map_or(text.len(), |end| end + 1);
    let mut at = start;
    for (number, line) in text[start..].split_inclusive('\n').enumerate() {
        if line.starts_with(['-', '.', '+']) && ends.contains(&line.trim_end()) {
            let matter = &text[start..at];
            let parsed = parse(matter).map_err(|broken| make_finding(broken, 1))?;
            let front = Front {
                values: lower_keys(parsed.keys),
                matter: (matter, 2),
                twice: parsed.twice,
            };
            return Ok(Split {
                front,
                body: &text[at + line.len()..],
                body_line: number + 3,
                fenced: true,
            });
        }
        at += line.len();
    }
    Err(
        Finding::error(Rule::FrontMatter, "the front matter is not closed")
            .at_line(1)
            .hint(format!("expected a line `{}` below it", ends[0])),
    )
}

/// The keys of a YAML file that is no post; `None` if it is invalid.
pub(crate) fn parse_yaml(text: &str) -> Option<Map<String, Value>> {
    yaml::parse_config(text.trim_start_matches("---\n"))
        .ok()
        .map(|keys| keys.into_iter().collect())
}

/// The finding of a parser's error; `above` lines of the file precede its input.
fn make_finding((message, place): Broken, above: usize) -> Finding {
    let hint = if message.contains("no TOML") {
        "a text stands in quotation marks, a day does not: title = \"Tea\", date = 2024-12-01"
    } else if message.contains("no JSON") {
        "names and texts stand in quotation marks, and a comma between two: \"title\": \"Tea\""
    } else if message.contains("no list of keys") {
        "expected a key and its value on each line, as in title: Tea"
    } else {
        "put a value that holds `: `, ` #` or a quotation mark into quotes, as in title: \"Tea: a story\""
    };
    let finding = Finding::error(Rule::FrontMatter, message).hint(hint);
    match place {
        Some((line, column)) => finding.at_line(line + above).at_column(column.max(1)),
        None => finding.at_line(above.max(1)),
    }
}

fn parse_toml(matter: &str) -> Result<Keys, Broken> {
    let table: toml::Table = matter.parse().map_err(|error: toml::de::Error| {
        let place = error.span().map(|span| {
            let before = &matter[..span.start.min(matter.len())];
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            (before.matches('\n').count() + 1, column)
        });
        (
            format!(
                "the front matter is no TOML: {}",
                error.message().lines().next().unwrap_or_default()
            ),
            place,
        )
    })?;
    Ok(table
        .into_iter()
        .map(|(key, value)| (key, convert_value(value)))
        .collect())
}

/// A TOML value as JSON; a date becomes its text.
fn convert_value(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(switch) => switch.into(),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(list) => list.into_iter().map(convert_value).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, convert_value(value)))
            .collect(),
    }
}

fn parse_json(matter: &str) -> Result<Keys, Broken> {
    serde_json::from_str::<Map<String, Value>>(matter)
        .map(|values| values.into_iter().collect())
        .map_err(|error| {
            (
                format!("the front matter is no JSON: {error}"),
                Some((error.line(), error.column())),
            )
        })
}

/// Front matter that is a JSON object without fences.
fn split_json(text: &str) -> Result<Split<'_>, Finding> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let parsed = match values.next() {
        Some(Ok(parsed)) => parsed,
        Some(Err(error)) => {
            let place = Some((error.line(), error.column()));
            return Err(make_finding(
                (format!("the front matter is no JSON: {error}"), place),
                0,
            ));
        }
        None => Map::new(),
    };
    let end = values.byte_offset();
    let body = text[end..].strip_prefix('\n').unwrap_or(&text[end..]);
    let body_line = text[..text.len() - body.len()].matches('\n').count() + 1;
    let front = Front {
        values: lower_keys(parsed.into_iter().collect()),
        matter: (&text[..end], 1),
        ..Front::default()
    };
    Ok(Split {
        front,
        body,
        body_line,
        fenced: true,
    })
}

fn lower_keys(mut values: Keys) -> Keys {
    for (key, _) in &mut values {
        if key.chars().any(char::is_uppercase) {
            *key = key.to_lowercase();
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::split;
    use crate::config::Dialect;
    use crate::post::dialect::Rules;

    #[test]
    fn four_forms_give_one_table() {
        for text in [
            "---\ntitle: Tea\nTags: [a, b]\n---\nbody\n",
            "---\ntitle: Tea\nTags:\n- a\n- b\n...\nbody\n",
            "+++\ntitle = \"Tea\"\ntags = [\"a\", \"b\"]\n+++\nbody\n",
            "{\n  \"title\": \"Tea\",\n  \"tags\": [\"a\", \"b\"]\n}\nbody\n",
            "---json\n{\"title\": \"Tea\", \"tags\": [\"a\", \"b\"]}\n---\nbody\n",
            "---toml\ntitle = \"Tea\"\ntags = [\"a\", \"b\"]\n---\nbody\n",
        ] {
            let split = split(text, Rules::for_dialect(Dialect::Plain)).unwrap();
            assert_eq!(
                split.front.text(&["title"]).as_deref(),
                Some("Tea"),
                "{text}"
            );
            assert_eq!(
                split.front.get(&["tags"]).unwrap().1,
                &serde_json::json!(["a", "b"]),
                "{text}"
            );
            assert_eq!(
                (split.body.trim(), split.body_line),
                ("body", text.lines().count()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_without_front_matter_is_all_body() {
        for text in [
            "a / b / c\nTitle: x\n",
            "Note: this is a sentence.\n\nMore.\n",
            "",
            "{{< x >}}\n",
        ] {
            assert_eq!(
                split(text, Rules::for_dialect(Dialect::Plain))
                    .unwrap()
                    .body,
                text
            );
        }
        assert_eq!(
            split("{: .lead}\nText\n", Rules::for_dialect(Dialect::Jekyll))
                .unwrap()
                .body,
            "{: .lead}\nText\n"
        );
    }

    #[test]
    fn empty_lines_before_a_fence_are_passed_over() {
        let text = "\n  \n---\ntitle: Tea\n---\nbody\n";
        let split = split(text, Rules::for_dialect(Dialect::Hugo)).unwrap();
        assert_eq!(
            (
                split.front.text(&["title"]).as_deref(),
                split.front.line("title")
            ),
            (Some("Tea"), 4)
        );
        assert_eq!((split.body, split.body_line), ("body\n", 6));
        assert!(
            !super::split(text, Rules::for_dialect(Dialect::Jekyll))
                .unwrap()
                .fenced
        );
        let broken =
            super::split("\n\n+++\na = x\n+++\n", Rules::for_dialect(Dialect::Hugo)).unwrap_err();
        assert_eq!(broken.place.unwrap().line, Some(4));
    }

    #[test]
    fn broken_front_matter_is_named_with_its_line() {
        for (text, line, words) in [
            ("---\ntitle: x\n", 1, "is not closed"),
            ("---\ntitle: x\nbad: [1\n---\n", 3, "is no YAML"),
            ("---\ntitle: \"\\ud800\"\n---\n", 2, "is no YAML"),
            ("+++\ntitle = x\n+++\n", 2, "is no TOML"),
            ("{\n\"title\": x}\n", 2, "is no JSON"),
            ("{\n\"title\": \"\\ud800\"}\n", 2, "is no JSON"),
            ("---js\n{title: 'x'}\n---\n", 1, "is JavaScript"),
        ] {
            let finding = split(text, Rules::for_dialect(Dialect::Plain)).unwrap_err();
            assert!(finding.message.contains(words), "{finding}");
            let found = finding.place.unwrap().line.unwrap();
            assert!(found.abs_diff(line) <= 1, "{text:?}: {found}");
        }
    }
}
