//! Templates: which ones the site has, what is wrong with one, and where.

mod own;

use tera::ErrorKind;

use crate::finding::Finding;

pub(crate) use own::{find_unused, read_own};

/// What a template's fault is, in the file of the template's name and at its line.
pub(crate) fn explain(error: &tera::Error) -> Finding {
    let unusable = |message: &str, file: &str, line: usize| {
        let message = message.trim_end_matches('.');
        Finding::error(format!("the template cannot be used: {message}"))
            .at_line(line)
            .in_file(file)
    };
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => unusable(
            report.message(),
            report.filename(),
            report.span().start_line,
        ),
        ErrorKind::MissingParent { current, parent } => extends(
            current,
            format!("the template extends `{parent}`, which does not exist"),
        ),
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => {
            extends(tpl, "the template extends or includes itself".to_owned())
        }
        // What is unknown in a template is told as a report of several lines, of which the first two say it all.
        other => {
            let words = other.to_string();
            reported(&words).map_or_else(
                || Finding::error(format!("the templates cannot be used: {words}")),
                |(message, file, line)| unusable(message, file, line),
            )
        }
    }
}

/// What is wrong with what a template extends.
fn extends(file: &str, message: String) -> Finding {
    let name = file.rsplit('/').next().unwrap_or(file);
    Finding::error(message)
        .in_file(file)
        .hint(format!("expected `default/{name}`"))
}

/// The message, the file and the line of a report that reads `error: MESSAGE`, then `--> FILE:LINE:COLUMN`.
fn reported(words: &str) -> Option<(&str, &str, usize)> {
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

    /// What is said of a site's template that has a default to extend.
    fn said(text: &str) -> String {
        let mut tera = Tera::default();
        let files = [
            ("default/page.html", "{% block head %}{% endblock %}"),
            ("a/page.html", text),
        ];
        let mut context = Context::new();
        context.insert("title", "Hums");
        let rendered = tera
            .add_raw_templates(files)
            .and_then(|()| tera.render("a/page.html", &context));
        rendered.unwrap_or_else(|error| explain(&error).to_string())
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
