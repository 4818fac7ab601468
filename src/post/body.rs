//! A post's file → its text as HTML: shortcodes, Markdown, then what makes it safe.

use std::collections::HashMap;

use crate::config::Site;
use crate::finding::Finding;
use crate::post::dialect::Habits;
use crate::post::front::{self, Split};
use crate::post::html::{self, MORE, SLOT};
use crate::post::links::Links;
use crate::post::{Body, Post, markdown, plain, shortcode, title};

/// The body of a post, from its file's text; `posts` are what its links may lead to.
///
/// # Errors
/// A finding where the text cannot be read, or nests deeper than any person writes.
pub fn body(post: &Post, text: &str, site: &Site, habits: &Habits, posts: &[Post]) -> Result<Body, Finding> {
    let rules = habits.rules;
    let links = Links { home: &site.url, post, posts };
    let Split { front, body, body_line, fenced } = front::split(text, rules)?;
    if let (false, true, Some(plain)) = (fenced, rules.plain, plain::split(text)) {
        let html = html::sanitise(&plain.to_html(), &links)?;
        return Ok(finish(html, post, Vec::new()));
    }
    let ending = post.path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let mut text = body.to_owned();
    if text.contains([SLOT, MORE]) {
        text.retain(|c| !matches!(c, SLOT | MORE));
    }
    if front.text(&["title"]).is_none()
        && let Some((_, range)) = title::first_heading(&text)
    {
        // Its lines stay, so that what is said of a line below is true.
        let height = text[range.clone()].matches('\n').count();
        text.replace_range(range, &"\n".repeat(height));
    }
    if ending == "mdx" {
        text = without_imports(&text);
    }
    let excerpt = front.text(&["excerpt_separator"]).or_else(|| habits.excerpt.clone());
    if let Some(marked) = shortcode::mark_more(&text, excerpt.as_deref()) {
        text = marked;
    }
    let mut variables: HashMap<String, String> = habits.variables.clone();
    variables.insert("site.title".to_owned(), site.title.clone());
    let expanded = shortcode::expand(&text, rules.syntax, &links, &variables);
    let rendered = match ending {
        "html" | "htm" => expanded.text,
        _ => markdown::to_html(&expanded.text, rules.syntax, &links)?,
    };
    let html = html::sanitise(&html::fill(&rendered, &expanded.slots), &links)?;
    let warnings = expanded.dropped.into_iter().map(|(line, what)| {
        Finding::warning(format!("`{what}` is left out: it means nothing outside of the site"))
            .at_line(body_line + line)
    });
    Ok(finish(html, post, warnings.collect()))
}

/// The whole, and its beginning: up to the mark, else the description, else the first paragraph.
fn finish(html: String, post: &Post, warnings: Vec<Finding>) -> Body {
    let paragraph = format!("<p>{MORE}</p>");
    let (summary, html) = match (html.split_once(MORE), &post.description) {
        (Some((before, _)), _) => {
            // What the cut left open is closed again.
            let before = before.strip_suffix("<p>").unwrap_or(before);
            (html::closed(before), html.replace(&paragraph, "").replace(MORE, ""))
        }
        (None, Some(description)) => (format!("<p>{}</p>", html::escape(description)), html),
        (None, None) => (first_paragraph(&html), html),
    };
    Body { html: html.trim().to_owned(), summary, warnings }
}

/// The first paragraph that stands in no quote.
fn first_paragraph(html: &str) -> String {
    let after_quote = html.strip_prefix("<blockquote").and_then(|rest| rest.split_once("</blockquote>"));
    let rest = after_quote.map_or(html, |(_, rest)| rest);
    let Some(start) = rest.find("<p>") else { return String::new() };
    rest[start..].find("</p>").map_or(String::new(), |end| rest[start..start + end + 4].to_owned())
}

/// MDX without what it takes from other files.
fn without_imports(text: &str) -> String {
    let is_code =
        |line: &str| (line.starts_with("import ") && line.contains(['"', '\''])) || line.starts_with("export ");
    let lines = text.split_inclusive('\n').map(|line| if is_code(line) { "\n" } else { line });
    lines.collect()
}
