//! YAML: plain lines are scanned here, since a whole parser takes ten times as long as reading the file; everything
//! else goes to `serde-saphyr`. Both give the same values for a text that both can read.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::post::front::matter::{Broken, Keys, ParsedMatter};
use crate::post::front::node::{Node, YamlSource};

/// The most keys that the scanner takes: it compares each with all before it.
const MOST_KEYS: usize = 200;

/// The keys of a post's YAML. A scalar that is written otherwise than its value prints is the text as written: a title
/// `007` has two zeros.
pub(super) fn parse(matter: &str) -> Result<ParsedMatter, Broken> {
    match simple(matter) {
        Some(values) => Ok(values.into()),
        None => whole(matter),
    }
}

/// Parses the YAML of a config, with the scalars of YAML 1.1.
pub(super) fn parse_config(matter: &str) -> Result<Keys, Broken> {
    match simple(matter) {
        Some(values) => Ok(values),
        None => read::<Value>(matter, false).and_then(keys_of),
    }
}

/// Parses any YAML of a post.
fn whole(matter: &str) -> Result<ParsedMatter, Broken> {
    let node = read::<Option<Node>>(matter, true)?;
    let mut source = YamlSource::new(matter);
    let value = node.map_or(Value::Null, |node| node.into_value(&mut source));
    let (keys, twice) = (keys_of(value)?, source.twice);
    Ok(ParsedMatter { keys, twice })
}

fn keys_of(value: Value) -> Result<Keys, Broken> {
    match value {
        Value::Object(values) => Ok(values.into_iter().collect()),
        Value::Null => Ok(Keys::new()),
        _ => Err(("the front matter is no list of keys".to_owned(), None)),
    }
}

/// Parses any YAML, within limits on depth, size and aliases. With `strict` only `true` and `false` are switches.
fn read<T: DeserializeOwned + Default>(matter: &str, strict: bool) -> Result<T, Broken> {
    if matter
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(T::default());
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: 64, max_nodes: 20_000, max_total_scalar_bytes: 8 << 20 },
        // The last counts, and a person is told.
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough,
        strict_booleans: strict,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
    };
    serde_saphyr::from_str_with_options::<T>(matter, options).map_err(|error| {
        let place = error.location().and_then(|place| {
            let line = usize::try_from(place.line()).ok()?;
            let column = usize::try_from(place.column()).ok()?;
            Some((line, column))
        });
        let words = error.to_string();
        let first = words.lines().next().unwrap_or_default();
        let first = first.trim_start_matches("error: ");
        // The place stands before the message, counted from the file's first line.
        let first = match first.split_once(": ") {
            Some((at, rest)) if place.is_some() && at.starts_with("line ") => rest,
            _ => first,
        };
        (format!("the front matter is no YAML: {first}"), place)
    })
}

/// The keys of a text with only `key: value` lines and simple lists; `None` if there is anything else.
fn simple(matter: &str) -> Option<Keys> {
    let mut values = Keys::new();
    let mut lines = matter.lines().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (key, rest) = line.split_once(':')?;
        if key.is_empty()
            || !key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        {
            return None;
        }
        if key.starts_with(|c: char| !c.is_ascii_alphabetic())
            || matches!(scalar(key)?, Value::Bool(_) | Value::Null)
        {
            return None;
        }
        let value = match rest.strip_prefix(' ').map_or(rest, |_| rest.trim()) {
            "" => {
                let mut list = Vec::new();
                while let Some(item) =
                    lines.next_if(|line| line.trim_start_matches(' ').starts_with("- "))
                {
                    let text = item.trim_start_matches(' ')[2..].trim();
                    // Items that are set in unequally, or hold keys, are for the whole parser.
                    list.push(scalar(text).filter(|_| !text.starts_with("- "))?);
                }
                if list.is_empty() {
                    Value::Null
                } else {
                    Value::Array(list)
                }
            }
            text if rest.starts_with(' ') && text.starts_with('[') => {
                let inner = text.strip_prefix('[')?.strip_suffix(']')?;
                match inner.trim() {
                    "" => Value::Array(Vec::new()),
                    _ => Value::Array(
                        inner
                            .split(',')
                            .map(|item| flow(item.trim()))
                            .collect::<Option<_>>()?,
                    ),
                }
            }
            text if rest.starts_with(' ') => scalar(text)?,
            _ => return None,
        };
        // A value that continues on the next, indented line.
        if lines.peek().is_some_and(|next| {
            next.starts_with([' ', '\t', '-', '#']) || next.trim().is_empty() && !next.is_empty()
        }) {
            return None;
        }
        // With more keys the parser is faster, which looks each up at once.
        if values.len() == MOST_KEYS || values.iter().any(|(known, _)| known == key) {
            return None;
        }
        values.push((key.to_owned(), value));
    }
    Some(values)
}

/// An item of a list in brackets.
fn flow(text: &str) -> Option<Value> {
    scalar(text).filter(|_| !text.contains(['[', ']', '{', '}']))
}

/// A scalar of one line whose YAML type is unambiguous.
fn scalar(text: &str) -> Option<Value> {
    if text.contains('\t')
        || text
            .chars()
            .any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
    {
        return None;
    }
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let inner = inner.strip_suffix(quote)?;
            return (!inner.contains([quote, '\\'])).then(|| Value::String(inner.to_owned()));
        }
    }
    let first = text.chars().next()?;
    if !(first.is_alphanumeric() || "/(“‘«".contains(first))
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
    {
        return None;
    }
    if first.is_ascii_digit() {
        let is_date =
            text.get(4..5) == Some("-") && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
        let is_whole = text.len() < 16
            && !text.starts_with('0')
            && text.bytes().all(|byte| byte.is_ascii_digit());
        return match (is_date, is_whole) {
            (true, _) => Some(Value::String(text.to_owned())),
            (_, true) => text.parse::<u64>().ok().map(Value::from),
            _ => None,
        };
    }
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        // Words that some parsers read as switches.
        _ if text.len() <= 5
            && text.is_ascii()
            && AMBIGUOUS.contains(&text.to_ascii_lowercase().as_str()) =>
        {
            None
        }
        _ => Some(Value::String(text.to_owned())),
    }
}

const AMBIGUOUS: [&str; 11] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use serde_json::Value;

    use super::{parse, simple, whole};
    use crate::post::front::matter::text_of;

    #[test]
    fn plain_lines_are_read_without_the_whole_parser() {
        for text in [
            "title: Tea\ndate: 2024-05-01 08:00:00 +0200\ntags: [a, \"b c\", 'd']\ndraft: false\nweight: 12\n",
            "title: \"Tea: a history\"\ntags:\n  - a\n  - b\nempty:\nlast: x\n",
            "title: It's C++ & C# — “so”\nurl: https://x.example/a#b\n",
        ] {
            assert_eq!(simple(text), Some(whole(text).unwrap().keys), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_goes_to_the_whole_parser() {
        for text in [
            "title: >\n  Tea\n",
            "a: &x 1\nb: *x\n",
            "author: {name: Ada}\n",
            "title: a\n  b\n",
            "a: 'it''s'\n",
            "a: yes\n",
            "a: 1.10\n",
            "a: [b, [c]]\n",
            "a:\n- b: c\n",
            "a: x # y\n",
            "a: b: c\n",
            "a: 1\na: 2\n",
            "a: \"\\x41\"\n",
        ] {
            assert_eq!(simple(text), None, "{text}");
        }
        assert_eq!(
            parse("a: 1\na: 2\n").unwrap().keys,
            [("a".to_owned(), 2.into())],
            "the last of two counts"
        );
    }

    #[test]
    fn a_key_that_is_given_twice_is_named_with_its_line_and_the_last_counts() {
        for (text, twice) in [
            ("title: A\ndate: 2024-05-01\ntitle: B\n", Some(("title", 3))),
            ("title: A\n\"title\": B\n", Some(("title", 2))),
            ("tags: [x]\ntitle: B\ntags:\n  - y\n", Some(("tags", 3))),
            (
                "title: B\nparams:\n  a: 1\n  b: 2\n  a: 3\n",
                Some(("a", 5)),
            ),
            ("title: B\nx: {a: 1, a: 2}\n", Some(("a", 2))),
            ("title: B\nx:\n  - {k: 1, k: 2}\n", Some(("k", 3))),
            ("title: B\n1: a\n1: b\n", Some(("1", 3))),
            ("title: A\nx: 1\nx: 2\ntitle: B\n", Some(("x", 3))),
            // Not what a map takes over from another, nor the same key elsewhere.
            ("title: B\nb: &x {c: 1}\nd:\n  <<: *x\n  c: 2\n", None),
            ("title: B\nx: {a: 1}\ny: {a: 2}\na: 3\n", None),
            ("title: B\nx: 1.10\n", None),
        ] {
            let parsed = parse(text).unwrap();
            let found = parsed.twice.as_ref();
            let found = found.map(|(key, line)| (&**key, *line));
            assert_eq!(found, twice, "{text}");
            let title = parsed.keys.iter().find(|(key, _)| key == "title");
            assert_eq!(title.unwrap().1, "B", "{text}");
        }
    }

    #[test]
    fn a_scalar_is_the_words_as_written() {
        for text in [
            "N",
            "Y",
            "no",
            "on",
            "Off",
            "yes",
            "0x10",
            "0o17",
            "007",
            "1e3",
            "1E3",
            "1.10",
            "-0",
            "+5",
            "1_000",
            ".5",
            "5.",
            ".inf",
            "-.inf",
            ".nan",
            "True",
            "FALSE",
            "true",
            "12",
            "-3",
            "2.5",
            "12:30",
            "340282366920938463463374607431768211456",
            "18446744073709551616",
        ] {
            let (key, list) = (format!("title: {text}\n"), format!("tags: [{text}, a]\n"));
            let block = format!("tags:\n  - {text} # a comment\n  - é\nx: {text}\n");
            let nested = format!("a:\n  b: {text}\n");
            for (yaml, place) in [
                (key, "/title"),
                (list, "/tags/0"),
                (block, "/tags/0"),
                (nested, "/a/b"),
            ] {
                let values = Value::Object(parse(&yaml).unwrap().keys.into_iter().collect());
                let found = values.pointer(place).and_then(text_of);
                assert_eq!(found.as_deref(), Some(text), "{yaml}: {values}");
            }
        }
        let typed = parse("a: !!int \"7\"\nb: &x 0x10\nc: *x\nd: null\ne: ~\nf: \"no\"\n").unwrap();
        let typed = typed.keys;
        let typed: Vec<_> = typed.into_iter().map(|(_, value)| value).collect();
        assert_eq!(typed[0], 7);
        assert_eq!(typed[1], typed[2]);
        assert_eq!(
            (&typed[3], &typed[4], &typed[5]),
            (&Value::Null, &Value::Null, &"no".into())
        );
    }

    #[test]
    fn what_would_fill_the_memory_or_the_stack_is_an_error() {
        let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
        let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (from, to) in ('a'..='h').zip('b'..='i') {
            bomb.push_str(&format!(
                "{to}: &{to} [{}]\n",
                vec![format!("*{from}"); 9].join(", ")
            ));
        }
        for text in [
            deep,
            bomb,
            "a:\n".to_owned()
                + &(0..20_000)
                    .map(|n| " ".repeat(n % 500) + "- \n")
                    .collect::<String>(),
        ] {
            assert!(parse(&text).is_err(), "{}", &text[..80]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn both_parsers_agree(text in "([a-c]{1,2}:( |  )?[-a-z0-9:#'\"\\[\\], .]{0,12}\n( {0,3}- ?[a-z0-9'\", ]{0,6}\n)?){1,4}") {
            if let Some(values) = simple(&text) {
                prop_assert_eq!(whole(&text).ok().map(|parsed| parsed.keys), Some(values));
            }
        }
    }
}
