//! Checks that a template only prints a reader's values unchanged, since they are filled in after rendering.

use crate::finding::{Finding, Rule};

/// Variable of the reader in templates.
const READER: &str = "reader";

/// The text of a tag between its delimiters, and the line in which it begins.
struct TemplateTag<'a> {
    inner: &'a str,
    prints: bool,
    line: usize,
}

/// Refuses a template that compares, filters, counts or stores a reader's value: it would process the placeholder, which
/// is the same for every reader.
///
/// # Errors
/// A finding with the line, in the file `name`.
pub(super) fn check_slots(name: &str, text: &str) -> Result<(), Finding> {
    let misused = parse_tags(text)
        .into_iter()
        .find(|tag| mentions_reader(tag.inner) && !is_slot(tag));
    let Some(tag) = misused else { return Ok(()) };
    let words: Vec<&str> = tag.inner.split_whitespace().collect();
    let delimited = match tag.prints {
        true => format!("{{{{ {} }}}}", words.join(" ")),
        false => format!("{{% {} %}}", words.join(" ")),
    };
    let message = format!(
        "the template cannot be used: `{delimited}` asks for a reader's own, which is filled in after the template"
    );
    Err(Finding::error(Rule::TemplateSlot, message).at_line(tag.line).in_file(name).hint(
        "write `{{ reader.name }}`, `{{ reader.email }}`, `{{ reader.unsubscribe }}` or `{{ reader.preferences }}` as it is; `anonymous` under \
         [[digest]] stands for a missing name",
    ))
}

/// Whether a tag only prints one value of the reader.
fn is_slot(tag: &TemplateTag<'_>) -> bool {
    let mut parts = tag.inner.split('|').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let filters_nothing = parts.all(|filter| filter == "safe");
    let field = value.strip_prefix(READER).map(str::trim_start);
    let field = field.and_then(|rest| rest.strip_prefix('.')).map(str::trim);
    tag.prints && filters_nothing && field.is_some_and(is_name)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the reader is named outside a string.
fn mentions_reader(inner: &str) -> bool {
    let mut rest = inner;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        if let '"' | '\'' | '`' = c {
            let end = rest[1..].find(c).map_or(rest.len(), |end| end + 2);
            rest = &rest[end..];
        } else if is_of_name(c) {
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            let after = rest[end..].trim_start();
            // A field of another value, or the name of an argument, may have the same name.
            let is_other = before == '.' || after.starts_with('=') && !after.starts_with("==");
            if &rest[..end] == READER && !is_other && !asks_whether_defined(after) {
                return true;
            }
            before = c;
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() {
                before = c;
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    false
}

/// Whether a tag only tests if a field is defined, as `.name is not defined` does. That is known before rendering.
fn asks_whether_defined(after: &str) -> bool {
    let mut words = after.split_whitespace();
    let is_field = words.next().is_some_and(|word| word.starts_with('.'));
    let test: Vec<&str> = words.take(3).collect();
    is_field
        && matches!(
            test[..],
            ["is", "defined" | "undefined", ..] | ["is", "not", "defined" | "undefined"]
        )
}

/// Parses the tags of a template, except comments and the text between `raw` and `endraw`.
fn parse_tags(text: &str) -> Vec<TemplateTag<'_>> {
    let mut tags = Vec::new();
    let (mut at, mut line, mut is_raw) = (0, 1, false);
    while let Some(start) = text[at..].find('{').map(|start| at + start) {
        line += text[at..start].matches('\n').count();
        let close = match text[start + 1..].chars().next() {
            Some('{') => "}}",
            Some('%') => "%}",
            Some('#') => "#}",
            _ => {
                at = start + 1;
                continue;
            }
        };
        let length = text[start + 2..]
            .find(close)
            .unwrap_or(text.len() - start - 2);
        let inner = text[start + 2..start + 2 + length].trim_matches(['-', ' ', '\n', '\t', '\r']);
        match (close, inner) {
            ("%}", "raw") => is_raw = true,
            ("%}", "endraw") => is_raw = false,
            ("#}", _) => {}
            _ if is_raw => {}
            _ => tags.push(TemplateTag {
                inner,
                prints: close == "}}",
                line,
            }),
        }
        at = (start + 2 + length + close.len()).min(text.len());
        line += text[start..at].matches('\n').count();
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::check_slots;

    #[test]
    fn a_reader_is_printed_as_is_and_nothing_else() {
        for text in [
            "Hello {{ reader.name }},",
            "{{reader.name}} {{- reader.email -}} {{ reader . unsubscribe }}",
            "<a href=\"{{ reader.unsubscribe | safe }}\">",
            "{{ \"reader.name\" }} {% if post.reader %}x{% endif %} {{ readers }}",
            "{# {{ reader.name | upper }} #}{% raw %}{{ reader.name | upper }}{% endraw %}",
            "{ reader.name | upper } {% if posts | length > 1 %}{{ posts[0].title | upper }}{% endif %}",
            "{% if reader.name is not defined %}x{% endif %}{% if reader.x is defined and posts %}{% endif %}",
            "{{ reader.name",
            "{",
        ] {
            assert!(check_slots("digest.html", text).is_ok(), "{text}");
        }
        for (text, line, tag) in [
            (
                "{% if reader.name == \"Ada\" %}x{% endif %}",
                1,
                "{% if reader.name == \"Ada\" %}",
            ),
            (
                "\n{{ reader.name | upper }}",
                2,
                "{{ reader.name | upper }}",
            ),
            (
                "\n\n{{- reader.name\n| length -}}",
                3,
                "{{ reader.name | length }}",
            ),
            (
                "{# a\n #}{{ reader.name ~ \"!\" }}",
                2,
                "{{ reader.name ~ \"!\" }}",
            ),
            ("{{ \"a\" ~ reader.name }}", 1, "{{ \"a\" ~ reader.name }}"),
            ("{% set who = reader %}", 1, "{% set who = reader %}"),
            ("{{ reader[\"name\"] }}", 1, "{{ reader[\"name\"] }}"),
            ("{{ reader }}", 1, "{{ reader }}"),
            (
                "{% for c in reader.name %}{% endfor %}",
                1,
                "{% for c in reader.name %}",
            ),
            (
                "{% raw %}{% endraw %}{{ reader.name | trim }}",
                1,
                "{{ reader.name | trim }}",
            ),
            (
                "{{ reader.name | default(value=\"you\") }}",
                1,
                "{{ reader.name | default(value=\"you\") }}",
            ),
            (
                "{{ title(text=reader.name) }}",
                1,
                "{{ title(text=reader.name) }}",
            ),
        ] {
            let said = check_slots("digest.html", text).unwrap_err().to_string();
            assert!(
                said.contains(&format!("digest.html:{line}: ")),
                "{text}: {said}"
            );
            assert!(said.contains(&format!("`{tag}`")), "{text}: {said}");
        }
    }
}
