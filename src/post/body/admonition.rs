//! Python-Markdown's notes → quotes: `!!! note "Title"`, with the text indented below it.

use crate::post::body::shortcode::measure_fence;

/// Rewrites notes as quotes, line for line.
pub(super) fn to_quotes(text: &str) -> String {
    let mut done = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(length) = measure_fence(rest) {
            done.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        let (line, below) = split_line(rest);
        rest = below;
        let Some((indent, title)) = parse_opening(line) else {
            done.push_str(line);
            continue;
        };
        // Two spaces end a line without ending its paragraph.
        done.push_str(&format!("{indent}> **{title}**  \n"));
        let inner = format!("{indent}    ");
        loop {
            let (blank, below) = blank_lines(rest);
            if !below.starts_with(inner.as_str()) {
                break;
            }
            done.push_str(&format!("{indent}>\n").repeat(blank));
            let (line, after) = split_line(below);
            done.push_str(&format!("{indent}> {}", &line[inner.len()..]));
            rest = after;
        }
    }
    done
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').map_or(text.len(), |end| end + 1))
}

/// The number of blank lines at the beginning of a text, and the rest of it.
fn blank_lines(text: &str) -> (usize, &str) {
    let words = text
        .find(|c: char| !c.is_whitespace())
        .unwrap_or(text.len());
    let end = text[..words].rfind('\n').map_or(0, |end| end + 1);
    (text[..end].matches('\n').count(), &text[end..])
}

/// How far in a note begins, and its title.
fn parse_opening(line: &str) -> Option<(&str, String)> {
    let trimmed = line.trim_start_matches(' ');
    let indent = &line[..line.len() - trimmed.len()];
    let rest = trimmed
        .strip_prefix("!!!")
        .or_else(|| trimmed.strip_prefix("???"))?;
    let rest = rest.trim_start_matches('+').strip_prefix(' ')?.trim();
    let (names, title) = rest.split_once('"').map_or((rest, None), |(names, title)| {
        (names, title.strip_suffix('"'))
    });
    let name = names.split_whitespace().next()?;
    let are_names = names
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    let mut letters = name.chars();
    let capitalised = || {
        letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters)
            .collect()
    };
    are_names.then(|| {
        (
            indent,
            title
                .filter(|title| !title.is_empty())
                .map_or_else(capitalised, str::to_owned),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::to_quotes;

    #[test]
    fn a_note_is_a_quote_line_for_line() {
        for (text, expected) in [
            (
                "!!! note\n    A *b*.\n\n    C\n\nD\n",
                "> **Note**  \n> A *b*.\n>\n> C\n\nD\n",
            ),
            (
                "!!! warning \"The pot\"\n    Hot.\nD\n",
                "> **The pot**  \n> Hot.\nD\n",
            ),
            (
                "???+ tip inline \"T\"\n\n    ```\n    x\n    ```\n",
                "> **T**  \n>\n> ```\n> x\n> ```\n",
            ),
            (
                "- a\n\n    !!! note\n        B\n",
                "- a\n\n    > **Note**  \n    > B\n",
            ),
            ("```\n!!! note\n    x\n```\n", "```\n!!! note\n    x\n```\n"),
            (
                "!!! note\n    A\n\n  \n    B\n\n\nC\n",
                "> **Note**  \n> A\n>\n>\n> B\n\n\nC\n",
            ),
            (
                "!!!\n!!! so: much\nWow!!! note\n",
                "!!!\n!!! so: much\nWow!!! note\n",
            ),
        ] {
            assert_eq!(to_quotes(text), expected, "{text}");
            assert_eq!(expected.lines().count(), text.lines().count());
        }
        let notes = format!("!!! note\n{}", "\n".repeat(1 << 20)).repeat(2);
        assert_eq!(to_quotes(&notes).lines().count(), notes.lines().count());
    }
}
