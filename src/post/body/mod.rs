//! A post's file → its text as HTML: shortcodes, then Markdown, then sanitising.

use std::collections::{BTreeMap, HashMap};

use memchr::memmem;

use crate::config::Site;
use crate::finding::{Finding, Rule};
use crate::html::{escape, read_words, strip_names};
use crate::post::body::budget::Budget;
use crate::post::body::links::{Index, Links};
use crate::post::body::marks::Marks;
use crate::post::body::safe::LeftOut;
use crate::post::body::shortcode::{Grown, ShortcodeText, TIME};
use crate::post::dialect::Habits;
use crate::post::facts::title;
use crate::post::front::{self, Front, Split};
use crate::post::syndicated::home_of;
use crate::post::{Body, Markup, Post, Signature, Syndication, plain};

pub(in crate::post) mod links;
pub(in crate::post) mod markdown;

mod admonition;
mod budget;
mod marks;
mod mdx;
mod notes;
mod safe;
mod shortcode;
mod tex;
mod wiki;

/// Renders the body of a post from the text of its file; its links may lead to `posts`, which `index` finds.
///
/// # Errors
/// A finding if the text cannot be read, or nests too deeply.
pub fn render_body(
    post: &Post,
    text: &str,
    site: &Site,
    habits: &Habits,
    posts: &[Post],
    index: &Index,
) -> Result<Body, Finding> {
    let rules = habits.rules;
    let budget = Budget::for_source(text);
    let links = Links {
        home: &site.url,
        post,
        page: post.url.to_url(),
        posts,
        index,
        pages: &habits.pages,
        budget: &budget,
    };
    let whole = text;
    let Split {
        mut front,
        body,
        body_line,
        fenced,
    } = front::split(text, rules)?;
    let signature = Signature::from_text(body);
    front.add_defaults(&front::find_data(&post.path, &habits.data));
    front.compute();
    if let (false, true, Some(plain)) = (fenced, rules.plain, plain::split(text)) {
        let safe = safe::sanitise(&plain.to_html(), &links)?;
        budget.check(safe.html.len())?;
        let warnings = warn_of_elements(&safe.left_out).into_iter().collect();
        let body = finish(safe.html, post, None, warnings, signature);
        return Ok(Body {
            drawings: safe.drawings,
            ..body
        });
    }
    let markup = habits.rules.markup(&post.path);
    let is_html = markup == Markup::Html;
    let mut text = body.to_owned();
    if front.text(&["title"]).is_none() {
        blank_heading(&mut text, is_html);
    }
    if habits.syntax.python && !is_html && ["!!! ", "???"].iter().any(|mark| text.contains(mark)) {
        text = admonition::to_quotes(&text);
    }
    let marks = Marks::for_texts([whole, &post.path]);
    let grown = |Grown(line): Grown| {
        let error = budget.check(usize::MAX).err();
        error
            .unwrap_or_else(|| Finding::error(Rule::TextTooLarge, "the text grows too long"))
            .at_line(body_line + line)
    };
    let mut components = mdx::StrippedMdx::default();
    if markup == Markup::Mdx {
        components = mdx::to_markdown(&text, front.texts(), marks, &budget).map_err(grown)?;
        text = std::mem::take(&mut components.text);
    }
    let excerpt = front
        .text(&["excerpt_separator"])
        .or_else(|| habits.excerpt.clone());
    let mut variables: HashMap<String, String> = habits.variables.clone();
    variables.insert("site.title".to_owned(), site.title.clone());
    variables.extend(list_page_values(&front, post, habits));
    let own = excerpt
        .filter(|own| !own.trim().is_empty())
        .and_then(|own| Some((text.find(&own)?, own.len())));
    if let Some((at, length)) = own {
        text.replace_range(at..at + length, &marks.more());
    }
    let math = habits.math.delimiters(front.math(), is_html);
    let source = ShortcodeText {
        text: &text,
        syntax: habits.syntax,
        math: &math,
        is_html,
        is_marked: own.is_some(),
        marks,
    };
    let expanded = shortcode::expand(source, &links, variables, components.slots).map_err(grown)?;
    let within = |length: usize| {
        let checked = budget.check(length);
        checked.map_err(|error| error.at_line(body_line))
    };
    let rendered = if is_html {
        expanded.text
    } else {
        let form = habits.notes();
        markdown::to_html(&expanded.text, habits.syntax, form, marks, &links)?
    };
    let filled = marks.fill(&rendered, &expanded.slots);
    within(filled.len())?;
    let safe = safe::sanitise(&filled, &links)?;
    within(safe.html.len())?;
    let dropped = components.dropped.into_iter().chain(expanded.dropped);
    let mut warnings: Vec<Finding> = dropped
        .map(|(line, what)| warn_of_unknown(&what).at_line(body_line + line))
        .collect();
    let unread = warn_of_tex(&expanded.unread);
    warnings.extend(unread.map(|(line, finding)| finding.at_line(body_line + line)));
    warnings.extend(warn_of_elements(&safe.left_out));
    let body = finish(safe.html, post, Some(&marks.more()), warnings, signature);
    Ok(Body {
        drawings: safe.drawings,
        ..body
    })
}

/// The body of a post that came by a feed: sanitised like those of the site. It says nothing of elements that are left out,
/// since nobody here can mend them; of a text that cannot be read, its words are left.
pub(crate) fn render_syndicated(post: &Post, from: &Syndication, site: &Site) -> Body {
    let budget = Budget::for_source(&from.html);
    let index = Index::default();
    let links = Links {
        home: &home_of(&from.base, site),
        post,
        page: from.base.clone(),
        posts: &[],
        index: &index,
        pages: &BTreeMap::new(),
        budget: &budget,
    };
    let signature = Signature::from_text(&from.html);
    let safe = safe::sanitise(&from.html, &links);
    match safe.and_then(|safe| budget.check(safe.html.len()).map(|()| safe)) {
        Ok(safe) => {
            let body = finish(safe.html, post, None, Vec::new(), signature);
            Body {
                drawings: safe.drawings,
                ..body
            }
        }
        Err(_) => finish(from.to_plain(post), post, None, Vec::new(), signature),
    }
}

/// Removes the first heading, which is the title; its lines stay blank, so that the lines below keep their numbers.
fn blank_heading(text: &mut String, is_html: bool) {
    if let Some((_, range)) = title::find_first_heading(text, is_html) {
        let height = text[range.clone()].matches('\n').count();
        text.replace_range(range, &"\n".repeat(height));
    }
}

/// The warning for a call or a component that is left out.
fn warn_of_unknown(what: &str) -> Finding {
    Finding::warning(
        Rule::ShortcodeLeftOut,
        format!("`{what}` is left out: it means nothing outside of the site"),
    )
}

/// One warning for all formulas that stay TeX, and the line of the first, from 0.
fn warn_of_tex(formulas: &[(usize, String, String)]) -> Option<(usize, Finding)> {
    let (line, tex, why) = formulas.first()?;
    let shown: String = tex.chars().take(60).collect();
    let others = match formulas.len() - 1 {
        0 => String::new(),
        1 => ", and so does another one below".to_owned(),
        count => format!(", and so do {count} others below"),
    };
    let message = format!("the formula `{shown}` stays TeX: {why}{others}");
    Some((*line, Finding::warning(Rule::FormulaLeft, message)))
}

/// One warning for all elements that are left out.
fn warn_of_elements(counts: &LeftOut) -> Option<Finding> {
    let named: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{count} `<{name}>`"))
        .collect();
    let words = "left out: no feed can show it, and the link to the post stays";
    (!named.is_empty()).then(|| {
        Finding::warning(
            Rule::ElementLeftOut,
            format!("{} {words}", named.join(", ")),
        )
    })
}

/// The values of its own post that a text may name: `page.…` in Jekyll, a bare key in Eleventy, a `param` in Hugo.
fn list_page_values(front: &Front<'_>, post: &Post, habits: &Habits) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    if habits.syntax.outputs {
        for (key, text) in front.texts() {
            if habits.rules.bare_variables {
                variables.push((key.clone(), text.clone()));
            }
            variables.push((format!("page.{key}"), text));
        }
        let local = post.published.with_timezone(&habits.zoning(false).zone);
        variables.push(("page.date".to_owned(), local.format(TIME).to_string()));
    }
    if habits.syntax.hugo {
        variables.extend(front.texts().map(|(key, text)| {
            let key = key.strip_prefix("params.").unwrap_or(&key);
            (format!("param.{key}"), text)
        }));
    }
    variables
}

/// The whole, and its beginning: up to the mark, else the description, else the first paragraph.
fn finish(
    html: String,
    post: &Post,
    more: Option<&str>,
    warnings: Vec<Finding>,
    signature: Signature,
) -> Body {
    let cut = more.and_then(|more| {
        let end = memmem::find(html.as_bytes(), more.as_bytes())?;
        Some((more, &html[..end]))
    });
    let (summary, html) = match (cut, &post.description) {
        (Some((more, before)), _) => {
            // Closes the elements that the cut left open.
            let before = before.strip_suffix("<p>").unwrap_or(before);
            let summary = safe::close_tags(&strip_names(before));
            (
                summary,
                html.replace(&format!("<p>{more}</p>"), "")
                    .replace(more, ""),
            )
        }
        (None, Some(description)) => (format!("<p>{}</p>", escape(description)), html),
        (None, None) => (find_first_paragraph(&strip_names(&html)), html),
    };
    Body {
        html: html.trim().to_owned(),
        summary,
        drawings: Vec::new(),
        warnings,
        signature,
    }
}

/// The first paragraph outside of quotes that shows more than a film or a sound.
fn find_first_paragraph(html: &str) -> String {
    let after_quote = html
        .strip_prefix("<blockquote")
        .and_then(|rest| rest.split_once("</blockquote>"));
    let mut rest = after_quote.map_or(html, |(_, rest)| rest);
    let begins = |rest: &str| {
        let mut starts = rest.match_indices("<p").map(|(at, _)| at);
        starts.find(|at| rest[at + "<p".len()..].starts_with(['>', ' ']))
    };
    while let Some(start) = begins(rest) {
        let Some(end) = rest[start..].find("</p>") else {
            break;
        };
        let (paragraph, after) = rest[start..].split_at(end + "</p>".len());
        let plays = paragraph.contains("</audio>") || paragraph.contains("</video>");
        if !plays || !read_words(paragraph).is_empty() {
            return paragraph.to_owned();
        }
        rest = after;
    }
    String::new()
}

#[cfg(test)]
mod tests;
