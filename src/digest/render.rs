//! The templates, filled: subject, HTML with its style inlined, and text.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tera::{Context, ErrorKind, Tera};
use textwrap::core::Word;
use unicode_width::UnicodeWidthChar;

use crate::config::Layout;
use crate::digest::body::{beginning, for_mail, minutes};
use crate::digest::language::{day, direction, start};
use crate::digest::text::{self, CODE, WIDTH};
use crate::digest::{ADDRESS, Content, Draft, LEAVE, MARKS, NAME, Templates};
use crate::finding::Finding;
use crate::post::html::words;
use crate::post::{Address, Body, Post};

const HTML: &str = include_str!("../../templates/digest.html");
const TEXT: &str = include_str!("../../templates/digest.txt");

/// How much of an issue's beginning lists of mail show beside its subject, in characters.
const PREHEADER: usize = 140;
/// What begins a signature; its space belongs to it (RFC 3676 4.3).
const SIGNATURE: &str = "-- ";

/// Writes an issue.
///
/// # Errors
/// A finding that names the template and its line.
pub fn draft(content: &Content<'_>, templates: &Templates) -> Result<Draft, Finding> {
    let mut tera = Tera::default();
    let own = |text: &Option<String>, default: &str| text.as_deref().map_or(default.to_owned(), without_marks);
    let files = [
        // What a site's own template can extend, to change one block.
        ("default/digest.html", HTML.to_owned()),
        ("default/digest.txt", TEXT.to_owned()),
        ("digest.html", own(&templates.html, "{% extends \"default/digest.html\" %}")),
        ("digest.txt", own(&templates.text, "{% extends \"default/digest.txt\" %}")),
        ("subject", without_marks(&content.digest.subject)),
    ];
    tera.add_raw_templates(files).map_err(|error| explain(&error))?;

    let mut values = values(content);
    let subject = tera.render("subject", &values).map_err(|error| explain(&error))?;
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    values.insert("subject", &subject);
    let html = tera.render("digest.html", &values).map_err(|error| explain(&error))?.replace(CODE, "");
    let text = tera.render("digest.txt", &values).map_err(|error| explain(&error))?;
    let html = css_inline::CSSInliner::options()
        .keep_at_rules(true)
        .load_remote_stylesheets(false)
        .build()
        .inline(&html)
        .map_err(|error| Finding::error(format!("the style cannot be inlined: {error}")).in_file("digest.html"))?;
    Ok(Draft { subject, html, text: wrapped(&text) })
}

/// What a template is given: `site`, `digest`, `issue`, `posts`, `reader`, and to the two parts also `subject`.
fn values(content: &Content<'_>) -> Context {
    let Content { site, digest, footer, entries, sizes, more, made_at } = content;
    let zone = digest.timezone.map_or(site.zone(), |zone| zone.0);
    let language = digest.language.as_ref().unwrap_or(&site.language);
    let date = |at: DateTime<Utc>| day(at.with_timezone(&zone).date_naive(), language);
    let layout = match digest.layout {
        Layout::Headlines => "headlines",
        Layout::Summaries => "summaries",
        Layout::Full => "full",
    };
    let mut links = 0;
    let mut posts = Vec::new();
    for (post, body) in *entries {
        let html = for_mail(shown(digest.layout, body), sizes);
        let (text, listed) = text::from_html(&html, post.url.as_str(), links);
        links += listed.len();
        let cut = digest.layout != Layout::Full && words(&body.html).len() > words(&html).len();
        posts.push(json!({
            "title": post.title,
            "url": post.url.as_str(),
            "date": date(post.published),
            "authors": post.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(),
            "tags": post.tags,
            "section": post.section,
            "language": post.language,
            "direction": direction(post.language.as_deref().unwrap_or(language)),
            "start": start(post.language.as_deref().unwrap_or(language)),
            "image": post.image.as_ref().map(Address::as_str),
            "minutes": minutes(&body.html),
            "html": html,
            "text": text,
            "links": listed,
            "cut": cut,
        }));
    }
    let given = [
        (
            "site",
            json!({
                "title": site.title, "url": site.url.as_str(), "description": site.description, "language": language,
                "direction": direction(language), "start": start(language),
            }),
        ),
        (
            "digest",
            json!({
                "name": digest.name, "title": digest.title.as_ref().unwrap_or(&site.title), "layout": layout,
                "footer": footer,
            }),
        ),
        (
            "issue",
            json!({
                "date": date(*made_at), "preheader": preheader(entries), "count": entries.len() + more, "more": more,
            }),
        ),
        ("posts", Value::Array(posts)),
    ];
    let mut values = Context::new();
    for (name, mut value) in given {
        strip_marks(&mut value);
        values.insert(name, &value);
    }
    let mark = |mark: char| mark.to_string();
    values.insert("reader", &json!({ "name": mark(NAME), "email": mark(ADDRESS), "unsubscribe": mark(LEAVE) }));
    values
}

/// What an issue shows of a post.
fn shown(layout: Layout, body: &Body) -> &str {
    match layout {
        Layout::Headlines => "",
        Layout::Summaries => &body.summary,
        Layout::Full => &body.html,
    }
}

/// The words that lists of mail show after the subject: of one post its beginning, of several the other titles.
fn preheader(entries: &[(&Post, Body)]) -> String {
    match entries {
        [] => String::new(),
        [(_, body)] => beginning(&words(&body.summary), PREHEADER),
        [_, others @ ..] => {
            let titles: Vec<&str> = others.iter().map(|(post, _)| &*post.title).collect();
            beginning(&titles.join(" · "), PREHEADER)
        }
    }
}

/// Takes the marks out of every text: only a template places them.
fn strip_marks(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(MARKS) => *text = without_marks(text),
        Value::Array(values) => values.iter_mut().for_each(strip_marks),
        Value::Object(values) => values.values_mut().for_each(strip_marks),
        _ => {}
    }
}

fn without_marks(text: &str) -> String {
    text.replace(MARKS, "")
}

/// The text with no line longer than a letter's, except in code and where there is no space; at most one empty line in
/// a row.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some((before, code)) = line.split_once(CODE) {
            lines.push(format!("{before}{code}").trim_end().to_owned());
            continue;
        }
        if line == SIGNATURE {
            lines.push(line.to_owned());
            continue;
        }
        let line = line.trim_end();
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let options = textwrap::Options::new(WIDTH)
            .break_words(false)
            .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
            .word_separator(textwrap::WordSeparator::Custom(breakable))
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .subsequent_indent(&indent);
        lines.extend(textwrap::wrap(line, options).into_iter().map(std::borrow::Cow::into_owned));
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// The parts of a line between which it may break: after spaces, and between the signs of a script without them. An
/// address stays beside what it belongs to, such as its number.
fn breakable(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    const NEVER_FIRST: &str = "、。，．！？：；）］｝」』】〉》〕々ー…";
    const NEVER_LAST: &str = "（［｛「『【〈《〔";
    let is_wide = |c: char| c.width() == Some(2);
    let is_address = |rest: &str| rest.split(' ').next().is_some_and(|word| word.contains("://"));
    let mut words = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, c) in line.char_indices() {
        let breaks = match before {
            Some(' ') => c != ' ' && !is_address(&line[at..]),
            Some(one) => is_wide(one) && is_wide(c) && !NEVER_LAST.contains(one) && !NEVER_FIRST.contains(c),
            None => false,
        };
        if breaks {
            words.push(Word::from(&line[start..at]));
            start = at;
        }
        before = Some(c);
    }
    words.push(Word::from(&line[start..]));
    Box::new(words.into_iter())
}

/// What is wrong with a template, and where.
fn explain(error: &tera::Error) -> Finding {
    let unusable = |message: &str, file: &str, line: usize| match file {
        "subject" => Finding::error(format!("the digest's `subject` cannot be used: {message}")),
        file => Finding::error(format!("the template cannot be used: {message}")).at_line(line).in_file(file),
    };
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            unusable(report.message(), report.filename(), report.span().start_line)
        }
        ErrorKind::MissingParent { current, parent } => {
            Finding::error(format!("the template extends `{parent}`, which does not exist"))
                .in_file(current)
                .way_out("expected `default/digest.html` or `default/digest.txt`")
        }
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => {
            Finding::error("the template extends or includes itself")
                .in_file(tpl)
                .way_out("expected `default/digest.html` or `default/digest.txt`")
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

/// The message, the file and the line of a report that reads `error: MESSAGE`, then `--> FILE:LINE:COLUMN`.
fn reported(words: &str) -> Option<(&str, &str, usize)> {
    let (message, rest) = words.strip_prefix("error: ")?.split_once('\n')?;
    let mut place = rest.lines().next()?.trim().strip_prefix("--> ")?.rsplitn(3, ':');
    let line = place.nth(1)?.parse().ok()?;
    Some((message, place.next()?, line))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::wrapped;
    use crate::config::{Digest, Site};
    use crate::digest::text::CODE;
    use crate::digest::{Content, Templates, draft};

    /// What is said of a site's `digest.html`.
    fn said(html: &str) -> String {
        let site: Site = toml::from_str("title = \"Hums\"\nurl = \"https://hums.example/\"").unwrap();
        let digest: Digest = toml::from_str("name = \"weekly\"\nschedule = \"each\"\nsubject = \"Tea\"").unwrap();
        let made_at = chrono::DateTime::UNIX_EPOCH;
        let (entries, sizes) = (Vec::new(), HashMap::new());
        let content =
            Content { site: &site, digest: &digest, footer: None, entries: &entries, sizes: &sizes, more: 0, made_at };
        let templates = Templates { html: Some(html.to_owned()), text: None };
        draft(&content, &templates).map_or_else(|finding| finding.to_string(), |draft| draft.html)
    }

    #[test]
    fn a_letter_is_72_wide_and_breaks_neither_code_nor_addresses() {
        let (words, long) = ("word ".repeat(20), "x".repeat(100));
        let (words, tea) = (words.trim(), "茶".repeat(50));
        let first = "word ".repeat(14);
        for (text, expected) in [
            (words, format!("{}\n{}", first.trim(), "word ".repeat(6).trim())),
            (&format!("{CODE}    {words} \n{CODE}\n{CODE}\n>{CODE}  {long}"), format!("    {words}\n\n\n>  {long}")),
            ("a\n\n \n\nb\n\n", "a\n\nb".to_owned()),
            (&tea, format!("{}\n{}", "茶".repeat(36), "茶".repeat(14))),
            (&format!("{}。」tea", "茶".repeat(36)), format!("{}\n茶。」tea", "茶".repeat(35))),
            (&format!("[1] https://x.example/{long}"), format!("[1] https://x.example/{long}")),
            (&format!("a {long} b"), format!("a\n{long}\nb")),
            ("a\n-- \nb \n", "a\n-- \nb".to_owned()),
        ] {
            assert_eq!(wrapped(text), expected + "\n", "{text}");
        }
    }

    #[test]
    fn each_fault_of_a_template_is_named_with_its_file_and_line() {
        for (html, expected) in [
            ("<p>\n{{ site.title", "digest.html:2: the template cannot be used"),
            ("<p>\n{{ nothing.here }}", "digest.html:2: the template cannot be used"),
            ("<p>\n{{ site.title | shout }}", "digest.html:2: the template cannot be used: Unknown filter `shout`"),
            ("<p>\n{{ shout() }}", "digest.html:2: the template cannot be used: Unknown function `shout`"),
            (
                "<p>\n{% if site.title is loud %}x{% endif %}",
                "digest.html:2: the template cannot be used: Unknown test",
            ),
            (
                "\n\n{% include \"foot.html\" %}",
                "digest.html:3: the template cannot be used: Unknown template `foot.html`",
            ),
            ("{% extends \"base.html\" %}", "digest.html: the template extends `base.html`, which does not exist"),
            ("{% extends \"digest.html\" %}", "digest.html: the template extends or includes itself"),
            (
                "{% extends \"default/digest.html\" %}\n{% block foot %}x{% endblock %}",
                "digest.html:2: the template cannot be used",
            ),
            ("<p>\n{{ site.title | truncate }}", "digest.html:2: the template cannot be used"),
        ] {
            let said = said(html);
            assert!(said.starts_with(expected), "{html}: {said}");
            assert!(!said.contains("-->"), "{said}");
        }
    }
}
