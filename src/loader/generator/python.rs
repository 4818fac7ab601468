//! The settings of a Python file that need not be run to be known.

use serde_json::{Map, Value};

/// The settings that are one string, a switch or a list of strings.
pub(super) fn read_literals(text: &str) -> Map<String, Value> {
    let mut keys = Map::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if let Some((key, value)) = line
            .split_once('=')
            .filter(|(key, _)| !key.starts_with([' ', '#']))
        {
            // A list may go on in the lines below.
            let value = read_value(&rest[line.len() - value.len()..]);
            keys.extend(value.map(|value| (key.trim().to_owned(), value)));
        }
        rest = after;
    }
    keys
}

fn read_value(text: &str) -> Option<Value> {
    let text = text.trim_start_matches([' ', '\t']);
    let word = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    match word {
        "True" => Some(true.into()),
        "False" => Some(false.into()),
        _ if text.starts_with(['[', '(']) => list(text),
        _ => read_string(text).map(|(value, _)| value.into()),
    }
}

/// Reads a string literal. Returns it with the rest of the text.
fn read_string(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(['u', 'r', 'b']);
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let line = text.lines().next().unwrap_or_default();
    let end = 1 + line[1..].find(quote)?;
    Some((&text[1..end], &text[end + 1..]))
}

/// A list or a tuple that holds nothing but strings.
fn list(text: &str) -> Option<Value> {
    let close = if text.starts_with('[') { ']' } else { ')' };
    let (mut rest, mut found, mut is_apart) = (skip_blank(&text[1..]), Vec::new(), close == ']');
    while !rest.starts_with(close) {
        let (value, after) = read_string(rest)?;
        found.push(Value::from(value));
        rest = skip_blank(after);
        match rest.strip_prefix(',') {
            Some(after) => (rest, is_apart) = (skip_blank(after), true),
            None if rest.starts_with(close) => {}
            None => return None,
        }
    }
    match found.pop() {
        // One string in parentheses is no tuple.
        Some(one) if !is_apart => Some(one),
        last => Some(found.into_iter().chain(last).collect::<Vec<_>>().into()),
    }
}

/// The text after white space and comments.
fn skip_blank(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix('#') {
        rest = comment
            .split_once('\n')
            .map_or("", |(_, after)| after)
            .trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn what_need_not_be_run_is_read() {
        for (text, expected) in [
            ("A = 'x'", json!({"A": "x"})),
            (
                "A = u\"it's\"  # so\nB=False\nC = True # yes",
                json!({"A": "it's", "B": false, "C": true}),
            ),
            (
                "A = ''\n # B = 'x'\n    C = 'in a block'\nD == 'x",
                json!({"A": ""}),
            ),
            ("A = ['x', \"y\", r'z',]", json!({"A": ["x", "y", "z"]})),
            (
                "A = [\n  'x',  # one, ['\n\n  'y#',\n]\nB = ('z',)",
                json!({"A": ["x", "y#"], "B": ["z"]}),
            ),
            (
                "A = []\nB = ()\nC = ('x')",
                json!({"A": [], "B": [], "C": "x"}),
            ),
            (
                "A = ['x', name]\nB = glob('*')\nC = [['x']]\nD = ['x' 'y']\nE = ['x\nF = 'f'",
                json!({"F": "f"}),
            ),
            (
                "A = TrueNorth\nZ = True_\nB = {'x': 1}\nC = 3\nÄ = 'ä",
                json!({}),
            ),
        ] {
            assert_eq!(
                Value::Object(super::read_literals(text)),
                expected,
                "{text}"
            );
        }
    }
}
