//! The words that somebody wrote themselves, without the message that they quote.

use super::words::QUOTED_FROM;

/// Removes the quoted lines of a text, the line that introduces them, and the copy of a message at its end. Whatever is
/// not plainly a quote stays, since an empty answer to a question counts as a yes.
pub(super) fn strip_quote(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let end = find_copy(&lines).unwrap_or(lines.len());
    let mut own: Vec<&str> = Vec::new();
    for line in &lines[..end] {
        if !line.starts_with('>') {
            own.push(line);
        } else if own.last() != Some(&">") {
            own.truncate(own.len() - find_introduction(&own));
            // One mark stands for all quoted lines.
            own.push(">");
        }
    }
    own.retain(|line| *line != ">");
    own.join("\n")
}

/// Finds where a copy of a message begins that has no marks: `From: Hums <news@hums.example>`, perhaps below a line of
/// dashes.
fn find_copy(lines: &[&str]) -> Option<usize> {
    let is_rule = |at: &usize| {
        ["-----", "_____"]
            .iter()
            .any(|rule| lines[*at].starts_with(rule))
    };
    for (at, line) in lines.iter().enumerate() {
        if !is_sender_line(line) {
            continue;
        }
        let above = lines[..at].iter().rposition(|line| !line.is_empty());
        let rule = above.filter(is_rule);
        let is_labelled = rule.is_some_and(|rule| lines[rule].contains(char::is_alphabetic));
        if is_labelled || line.contains('@') {
            return rule.or(Some(at));
        }
    }
    None
}

/// Whether a line is the sender's in the head of a copied message.
fn is_sender_line(line: &str) -> bool {
    let Some((word, _)) = line.split_once([':', '：']) else {
        return false;
    };
    QUOTED_FROM.has(&word.trim_matches(['*', ' ']).to_lowercase())
}

/// Counts the last lines that introduce a quote: `On Monday Hums <news@hums.example> wrote:`, folded or not.
fn find_introduction(lines: &[&str]) -> usize {
    let Some(last) = lines.iter().rposition(|line| !line.is_empty()) else {
        return lines.len();
    };
    let empty = lines.len() - 1 - last;
    let line = lines[last];
    let before = last.checked_sub(1).map_or("", |before| lines[before]);
    let dates = |line: &str| line.contains('@') || line.contains(|c: char| c.is_ascii_digit());
    let is_end = line.split_whitespace().count() <= 3 && before.contains('@');
    if !line.ends_with([':', '：']) || !(dates(line) || is_end) {
        return empty;
    }
    let closes = line.matches('>').count() > line.matches('<').count() || line.starts_with('<');
    let is_folded = !before.is_empty() && (closes || is_end && !dates(line));
    empty + 1 + usize::from(is_folded)
}

#[cfg(test)]
mod tests {
    use super::strip_quote;

    #[test]
    fn a_quote_goes_with_its_introduction_and_nothing_else_does() {
        for (text, own) in [
            ("", ""),
            ("yes\n> Do you\n> want it?", "yes"),
            ("No!\n> Do you", "No!"),
            ("> Do you\n> want it?\n\nyes", "yes"),
            ("> Do you\n\nyes\n\n> Really", "yes"),
            ("ja\n\nAm 1.1. schrieb Hums:\n> Willst", "ja"),
            ("ja\nAm 1.1. schrieb Hums:\n\n> Willst", "ja"),
            ("On Mon, Hums <news@hums.example> wrote:\n> Do", ""),
            (
                "On 1 Jan 2024 Hums <\nnews@hums.example> wrote:\n\n> Do",
                "",
            ),
            (
                "no\nOn 1 Jan 2024 Hums\n<news@hums.example> wrote:\n\n> Do",
                "no",
            ),
            (
                "no\nOn 1 Jan 2024 Hums <news@hums.example>\nwrote:\n\n> Do",
                "no",
            ),
            ("2024年1月1日(月) 8:00 Hums <news@hums.example>：\n> Do", ""),
            ("-----Original Message-----\nFrom: Hums\nSent: x\n\nDo", ""),
            (
                "no\n\n________\nFrom: Hums <news@hums.example>\nSent: x\n\nDo",
                "no",
            ),
            (
                "no\n\n*Von:* Hums <news@hums.example>\n*Gesendet:* x\n\nDo",
                "no",
            ),
            ("差出人: Hums <news@hums.example>\n\nDo", ""),
            // These introduce nothing.
            ("Write to bob@new.example.", "Write to bob@new.example."),
            (
                "My address:\nada@new.example",
                "My address:\nada@new.example",
            ),
            (
                "Ask bob@x.example:\nhe knows",
                "Ask bob@x.example:\nhe knows",
            ),
            ("I am away.\n> Do", "I am away."),
            ("I am away:\n> Do", "I am away:"),
            ("From: 1 May\nTo: 10 May", "From: 1 May\nTo: 10 May"),
            (
                "--------\nNobody reads this.",
                "--------\nNobody reads this.",
            ),
            ("-----\nFrom: 1 May", "-----\nFrom: 1 May"),
        ] {
            assert_eq!(strip_quote(text).trim(), own, "{text:?}");
        }
    }
}
