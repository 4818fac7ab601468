//! Fills the templates: subject, HTML with inlined styles, and text.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tera::{Context, Tera};
use url::Url;

use crate::config::{Layout, Site};
use crate::digest::body::{Spot, adapt_to_mail, count_minutes, cut, render_picture};
use crate::digest::bound::choose_html;
use crate::digest::slots::check_slots;
use crate::digest::text::{self, CODE, wrap_text};
use crate::digest::{ADDRESS, Content, Draft, LEAVE, MARKS, NAME, PREFERENCES, Sizes, Templates};
use crate::finding::{Finding, Rule};
use crate::html::{escape, read_words};
use crate::language::{DigestWords, fill, find_direction, find_start, write_day};
use crate::post::{Address, Body, Post};
use crate::template;

const HTML: &str = include_str!("../../templates/digest.html");
const TEXT: &str = include_str!("../../templates/digest.txt");
/// The name of the subject among the templates.
const SUBJECT: &str = "subject";

/// Longest preheader, which mail programs show beside the subject, in characters.
const PREHEADER: usize = 140;

/// The templates of an issue, read, and the values for them.
struct IssueRendering {
    tera: Tera,
    values: Context,
    subject: String,
}

/// Renders an issue.
///
/// # Errors
/// A finding that names the template and its line.
pub fn render_draft(content: &Content<'_>, templates: &Templates) -> Result<Draft, Finding> {
    let rendering = IssueRendering::new(content, templates, false)?;
    let html = rendering.render_html()?;
    let text = rendering.render("digest.txt")?;
    Ok(Draft {
        subject: rendering.subject,
        html,
        text: wrap_text(&text),
    })
}

/// Renders the HTML part of an issue as a page, to which a reader's values are not given.
///
/// # Errors
/// As [`render_draft`].
pub(super) fn render_page(content: &Content<'_>, templates: &Templates) -> Result<String, Finding> {
    IssueRendering::new(content, templates, true)?.render_html()
}

impl IssueRendering {
    fn new(content: &Content<'_>, templates: &Templates, is_page: bool) -> Result<Self, Finding> {
        let mut tera = Tera::default();
        let own = |text: &Option<String>, default: &str| {
            text.as_deref().map_or(default.to_owned(), remove_marks)
        };
        let files = [
            // A site's own template can extend these to change one block.
            ("default/digest.html", HTML.to_owned()),
            ("default/digest.txt", TEXT.to_owned()),
            (
                "digest.html",
                own(&templates.html, "{% extends \"default/digest.html\" %}"),
            ),
            (
                "digest.txt",
                own(&templates.text, "{% extends \"default/digest.txt\" %}"),
            ),
            (SUBJECT, remove_marks(&content.digest.subject)),
        ];
        for (name, text) in files
            .iter()
            .filter(|(name, _)| !name.starts_with("default/"))
        {
            check_slots(name, text).map_err(reword_subject)?;
        }
        tera.add_raw_templates(files)
            .map_err(|error| explain(&error))?;
        let mut rendering = Self {
            tera,
            values: collect_values(content, is_page),
            subject: String::new(),
        };
        let subject = rendering.render(SUBJECT)?;
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        rendering.values.insert("subject", &subject);
        Ok(Self {
            subject,
            ..rendering
        })
    }

    fn render(&self, template: &str) -> Result<String, Finding> {
        let rendered = self.tera.render(template, &self.values);
        rendered.map_err(|error| explain(&error))
    }

    /// The HTML part, with its CSS inlined.
    fn render_html(&self) -> Result<String, Finding> {
        let html = self.render("digest.html")?.replace(CODE, "");
        css_inline::CSSInliner::options()
            .keep_at_rules(true)
            .load_remote_stylesheets(false)
            .build()
            .inline(&html)
            .map_err(|error| {
                Finding::error(
                    Rule::TemplateUnusable,
                    format!("the style cannot be inlined: {error}"),
                )
                .in_file("digest.html")
            })
    }
}

/// Collects the values for the templates: `site`, `digest`, `issue`, `posts`, `headlines`, `words`, `reader`, and to the two parts also `subject`.
fn collect_values(content: &Content<'_>, is_page: bool) -> Context {
    let Content {
        site,
        digest,
        footer,
        entries,
        sign_up,
        headlines,
        words: fixed,
        made_at,
        place,
        preferences,
        ..
    } = content;
    let fixed = &fixed.digest;
    let zone = digest.zone(site);
    let language = digest.choose_language(site);
    let date = |at: DateTime<Utc>| write_day(at.with_timezone(&zone).date_naive(), language);
    let layout = match digest.layout {
        Layout::Headlines => "headlines",
        Layout::Summaries => "summaries",
        Layout::Full => "full",
    };
    let posts = show_posts(content);
    let mut listed = Vec::new();
    for post in *headlines {
        let own = post.language.as_deref().unwrap_or(language);
        listed.push(json!({
            "title": post.title,
            "url": post.url.as_str(),
            "date": date(post.published),
            "language": post.language,
            "direction": find_direction(own),
            "start": find_start(own),
        }));
    }
    let given = [
        (
            "site",
            json!({
                "title": site.title, "url": site.url.as_str(), "description": site.description, "language": language,
                "direction": find_direction(language), "start": find_start(language),
                "sign_up": sign_up.map(Url::as_str),
            }),
        ),
        (
            "digest",
            json!({
                "name": digest.name, "title": digest.choose_title(site), "layout": layout,
                "footer": footer,
            }),
        ),
        (
            "issue",
            json!({
                "date": date(*made_at), "preheader": write_preheader(entries), "count": entries.len() + headlines.len(), "more": headlines.len(),
                "url": place.map(|place| place.page.as_str()), "archive": place.map(|place| place.archive.as_str()),
                "is_page": is_page,
            }),
        ),
        ("posts", Value::Array(posts)),
        ("headlines", Value::Array(listed)),
    ];
    let mut values = Context::new();
    for (name, mut value) in given {
        strip_marks(&mut value);
        values.insert(name, &value);
    }
    values.insert("words", &fill_fixed_words(fixed, site, *preferences));
    let reader =
        json!({ "name": NAME, "email": ADDRESS, "unsubscribe": LEAVE, "preferences": PREFERENCES });
    values.insert("reader", &reader);
    values
}

/// Collects the values of the posts that an issue shows.
fn show_posts(content: &Content<'_>) -> Vec<Value> {
    let Content {
        site,
        digest,
        entries,
        sizes,
        ..
    } = content;
    let fixed = &content.words.digest;
    let zone = digest.zone(site);
    let language = digest.choose_language(site);
    let date = |at: DateTime<Utc>| write_day(at.with_timezone(&zone).date_naive(), language);
    let mut links = 0;
    let mut posts = Vec::new();
    for (at, (post, body)) in entries.iter().enumerate() {
        let spot = Spot {
            page: post.url.as_str(),
            number: at + 1,
            drawings: &body.drawings,
        };
        let html = adapt_to_mail(choose_html(digest.layout, body), spot, sizes);
        let (text, listed) = text::from_html(&html, post.url.as_str(), links);
        links += listed.len();
        let cut =
            digest.layout != Layout::Full && read_words(&body.html).len() > read_words(&html).len();
        posts.push(json!({
            "title": post.title,
            "url": post.url.as_str(),
            "date": date(post.published),
            "authors": post.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(),
            "tags": post.tags,
            "section": post.section,
            "language": post.language,
            "direction": find_direction(post.language.as_deref().unwrap_or(language)),
            "start": find_start(post.language.as_deref().unwrap_or(language)),
            "image": post.image.as_ref().map(Address::as_str),
            "picture": post.image.as_ref().and_then(|image| render_picture_above(image, &html, sizes)),
            "minutes": count_minutes(&body.html),
            "reading": fill(&fixed.minutes, &[("minutes", &count_minutes(&body.html).to_string())]),
            "html": html,
            "text": text,
            "links": listed,
            "cut": cut,
        }));
    }
    posts
}

/// Fills the fixed words of a digest with the site's name; the word for preferences is missing where there are none.
fn fill_fixed_words(words: &DigestWords, site: &Site, preferences: bool) -> Value {
    let name = remove_marks(&site.title);
    let link = format!(
        "<a href=\"{}\">{}</a>",
        escape(site.url.as_str()),
        escape(&name)
    );
    json!({
        "hello": fill(&words.hello, &[("name", NAME.encode_utf8(&mut [0; 4]))]),
        "continue_reading": words.continue_reading,
        "more": words.more,
        "why": fill(&words.why, &[("site", &name)]),
        "why_html": fill(&escape(&words.why), &[("site", &link)]),
        "forwarded": words.forwarded,
        "subscribe": words.subscribe,
        "unsubscribe": words.unsubscribe,
        "preferences": preferences.then_some(&words.preferences),
        "on_the_web": words.on_the_web,
        "all_issues": words.all_issues,
    })
}

/// Renders a post's own image, if the issue shows the post's text and the text does not contain the image.
fn render_picture_above(image: &Address, html: &str, sizes: &Sizes) -> Option<String> {
    let is_there = html.contains(&format!("src=\"{}\"", escape(image.as_str())));
    (!html.is_empty() && !is_there).then(|| render_picture(image.as_str(), sizes))
}

/// Returns the text that mail programs show after the subject: the beginning of a single post, else the other titles.
fn write_preheader(entries: &[(&Post, Body)]) -> String {
    match entries {
        [] => String::new(),
        [(_, body)] => cut(&read_words(&body.summary), PREHEADER),
        [_, others @ ..] => {
            let titles: Vec<&str> = others.iter().map(|(post, _)| &*post.title).collect();
            cut(&titles.join(" · "), PREHEADER)
        }
    }
}

/// Removes the marks from every text, since only a template may place them.
fn strip_marks(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(MARKS) => *text = remove_marks(text),
        Value::Array(values) => values.iter_mut().for_each(strip_marks),
        Value::Object(values) => values.values_mut().for_each(strip_marks),
        _ => {}
    }
}

fn remove_marks(text: &str) -> String {
    text.replace(MARKS, "")
}

/// Explains an error of a template.
fn explain(error: &tera::Error) -> Finding {
    reword_subject(template::explain(error))
}

/// Rewords a finding about the subject, which is not a template file.
fn reword_subject(finding: Finding) -> Finding {
    match &finding.place {
        Some(place) if place.file == Path::new(SUBJECT) => {
            let message = finding
                .message
                .replacen("the template", "the digest's `subject`", 1);
            Finding {
                place: None,
                message,
                ..finding
            }
        }
        _ => finding,
    }
}
