//! Templates: which ones the site has, what is wrong with one, and where.

mod own;

use std::path::Path;

use tera::{Context, ErrorKind, Tera};

use crate::finding::{Finding, Rule};

pub(crate) use own::{find_unused, read_own};

/// What Tera says where a file ends within a tag or a block.
const CUT: &str = "Unexpected end of input";

/// Renders the built-in template of this name, or the site's `own` one in its place, which may extend it as `default/NAME`.
///
/// # Errors
/// A finding that names the template and its line.
pub(crate) fn render_over_default(
    name: &str,
    default: &str,
    own: Option<(&Path, &str)>,
    values: &Context,
) -> Result<String, Finding> {
    let default_name = format!("default/{name}");
    let extending = format!("{{% extends \"{default_name}\" %}}");
    let (name, text) = match own {
        Some((file, text)) => (file.to_string_lossy(), text),
        None => (name.into(), extending.as_str()),
    };
    let mut tera = Tera::default();
    tera.add_raw_templates([(default_name.as_str(), default), (&*name, text)])
        .and_then(|()| tera.render(&name, values))
        .map_err(|error| explain(&error))
}

/// Explains a template's fault, with its file and line.
pub(crate) fn explain(error: &tera::Error) -> Finding {
    let unusable = |message: &str, file: &str, line: usize| {
        let is_cut = message.starts_with(CUT);
        let message = match is_cut {
            true => "it ends before a tag or a block is closed",
            false => message.trim_end_matches('.'),
        };
        let finding = Finding::error(
            Rule::TemplateUnusable,
            format!("the template cannot be used: {message}"),
        )
        .at_line(line)
        .in_file(file);
        match is_cut {
            true => finding.hint(
                "each `{{` needs a `}}`, each `{% block … %}` an `{% endblock %}`, each `{% for … %}` an `{% endfor %}`, \
                 each `{% if … %}` an `{% endif %}`",
            ),
            false => finding,
        }
    };
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let span = report.span();
            let message = report.message().trim_end_matches('.');
            // Of what is undefined within an index, and where it is shown, no message gives the name.
            let expression = find_span(&error.to_string(), span)
                .filter(|_| message.contains("undefined") && !message.starts_with("Variable `"));
            let message = match expression {
                Some(expression) => format!("{message}: `{expression}`"),
                None => message.to_owned(),
            };
            unusable(&message, report.filename(), span.start_line)
        }
        ErrorKind::MissingParent { current, parent } => extends(
            current,
            format!("the template extends `{parent}`, which does not exist"),
        ),
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => {
            extends(tpl, "the template extends or includes itself".to_owned())
        }
        // An unknown name is reported in several lines, of which the first two say everything.
        other => {
            let words = other.to_string();
            parse_report(&words).map_or_else(
                || {
                    Finding::error(
                        Rule::TemplateUnusable,
                        format!("the templates cannot be used: {words}"),
                    )
                },
                |(message, file, line)| unusable(message, file, line),
            )
        }
    }
}

/// Explains a fault of the template that another one extends.
fn extends(file: &str, message: String) -> Finding {
    let name = file.rsplit('/').next().unwrap_or(file);
    Finding::error(Rule::TemplateUnusable, message)
        .in_file(file)
        .hint(format!("expected `default/{name}`"))
}

/// The expression that ends with a span, from a report whose fourth line is `LINE | TEXT`: a span may cover the last
/// field of `posts[0].title` alone. Up to the end of the first line where it has several.
fn find_span(report: &str, span: &tera::Span) -> Option<String> {
    let (_, line) = report.lines().nth(3)?.split_once(" | ")?;
    let line: Vec<char> = line.chars().collect();
    let end = match span.start_line == span.end_line {
        true => span.end_col.min(line.len()),
        false => line.len(),
    };
    let mut start = span.start_col.min(end);
    let mut depth = 0_usize;
    while let Some(before) = start.checked_sub(1) {
        match line[before] {
            ']' => depth += 1,
            '[' if depth > 0 => depth -= 1,
            c if depth > 0 || c.is_alphanumeric() || matches!(c, '_' | '.' | '?') => {}
            _ => break,
        }
        start = before;
    }
    let opened = line[start..end].iter().filter(|c| **c == '[').count();
    let closed = line[start..end].iter().filter(|c| **c == ']').count();
    // The span of an index ends before its bracket.
    let is_cut = opened > closed && line.get(end) == Some(&']');
    let expression: String = line[start..end + usize::from(is_cut)].iter().collect();
    let expression = expression.trim();
    (!expression.is_empty()).then(|| expression.to_owned())
}

/// The message, the file and the line of a report that reads `error: MESSAGE`, then `--> FILE:LINE:COLUMN`.
fn parse_report(words: &str) -> Option<(&str, &str, usize)> {
    let (message, rest) = words.strip_prefix("error: ")?.split_once('\n')?;
    let mut place = rest
        .lines()
        .next()?
        .trim()
        .strip_prefix("--> ")?
        .rsplitn(3, ':');
    let line = place.nth(1)?.parse().ok()?;
    Some((message, place.next()?, line))
}

#[cfg(test)]
mod tests {
    use tera::{Context, Tera};

    use super::explain;

    /// Returns the explanation for a site's template that has a default to extend.
    fn said(text: &str) -> String {
        let mut tera = Tera::default();
        let files = [
            ("default/page.html", "{% block head %}{% endblock %}"),
            ("a/page.html", text),
        ];
        let mut context = Context::new();
        context.insert("title", "Hums");
        context.insert("items", &[std::collections::BTreeMap::from([("a", 1)])]);
        let rendered = tera
            .add_raw_templates(files)
            .and_then(|()| tera.render("a/page.html", &context));
        rendered.unwrap_or_else(|error| explain(&error).to_string())
    }

    #[test]
    fn what_is_undefined_is_named_as_it_is_written() {
        for (text, expression) in [
            ("ä {{ items[0].titel }}", "is undefined: `items[0].titel`"),
            (
                "{{ items[0][\"titel\"] }}",
                "is undefined: `items[0][\"titel\"]`",
            ),
            ("{{ items[9] }}", "is undefined: `items[9]`"),
            (
                "{{ items[items[0].a - 1].titel }}",
                "is undefined: `items[items[0].a - 1].titel`",
            ),
            ("{{ items[0].titel.x }}", "Field `x` is not defined"),
            (
                "{{ items[nothing] }}",
                "Index expression is undefined: `nothing`",
            ),
            (
                "{{ items[0].titel[1] }}",
                "an undefined value: `items[0].titel`",
            ),
            (
                "{{ items[0].titel | upper }}",
                "got `undefined`: `items[0].titel`",
            ),
            ("{{ nothing }}", "Variable `nothing` is not defined"),
            ("{{ item?.titel }}", "is undefined: `item?.titel`"),
            (
                "{% for item in items %}{{ item.a }}{{ item.titel }}{% endfor %}",
                "`titel` is not defined",
            ),
        ] {
            let said = said(&format!("<p>\n{text}"));
            assert!(said.starts_with("a/page.html:2: "), "{text}: {said}");
            assert!(said.contains(expression), "{text}: {said}");
        }
    }

    #[test]
    fn each_fault_of_a_template_is_named_with_its_file_and_line() {
        for (text, expected) in [
            (
                "<p>\n{{ title",
                "a/page.html:2: the template cannot be used",
            ),
            (
                "<p>\n{{ nothing.here }}",
                "a/page.html:2: the template cannot be used",
            ),
            (
                "<p>\n{{ title | shout }}",
                "a/page.html:2: the template cannot be used: Unknown filter `shout`",
            ),
            (
                "<p>\n{{ shout() }}",
                "a/page.html:2: the template cannot be used: Unknown function `shout`",
            ),
            (
                "<p>\n{% if title is loud %}x{% endif %}",
                "a/page.html:2: the template cannot be used: Unknown test",
            ),
            (
                "\n\n{% include \"foot.html\" %}",
                "a/page.html:3: the template cannot be used: Unknown template `foot.html`",
            ),
            (
                "{% extends \"base.html\" %}",
                "a/page.html: the template extends `base.html`, which does not exist\n  expected `default/page.html`",
            ),
            (
                "{% extends \"a/page.html\" %}",
                "a/page.html: the template extends or includes itself",
            ),
            (
                "{% extends \"default/page.html\" %}\n{% block foot %}x{% endblock %}",
                "a/page.html:2: the template cannot be used",
            ),
            (
                "<p>\n{{ title | truncate }}",
                "a/page.html:2: the template cannot be used",
            ),
        ] {
            let said = said(text);
            assert!(said.starts_with(expected), "{text}: {said}");
            assert!(!said.contains("-->"), "{said}");
        }
    }
}
