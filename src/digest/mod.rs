//! Posts → [`Draft`]: which posts are news, when a digest is due, and what it says.

mod schedule;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::json;
use tera::{Context, Tera};

pub use schedule::{due, last_before};

use crate::config::{self, Layout, Order, Site};
use crate::finding::Finding;
use crate::post::{Body, Post};

/// The characters that stand for what is a reader's own; they occur in no input, since they are taken out of each.
pub const NAME: char = '\u{e010}';
/// Stands for the address by which a reader leaves.
pub const LEAVE: char = '\u{e011}';

const HTML: &str = include_str!("../../templates/digest.html");
const TEXT: &str = include_str!("../../templates/digest.txt");

/// The templates of a digest: those of the site, else the defaults.
#[derive(Debug, Default)]
pub struct Templates {
    /// `digest.html` of the site.
    pub html: Option<String>,
    /// `digest.txt` of the site.
    pub text: Option<String>,
}

/// An issue as it reads, with marks where a reader's own belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The subject.
    pub subject: String,
    /// The HTML part, with its CSS inlined.
    pub html: String,
    /// The text part.
    pub text: String,
}

/// The posts that a digest has not announced, in its order.
pub fn news<'a>(digest: &config::Digest, posts: &'a [Post], announced: &HashSet<String>) -> Vec<&'a Post> {
    let wanted = |post: &&Post| {
        (digest.tags.is_empty() || post.tags.iter().any(|tag| digest.tags.contains(tag)))
            && !announced.contains(&post.id)
    };
    let mut news: Vec<&Post> = posts.iter().filter(wanted).collect();
    if digest.order == Order::Oldest {
        news.reverse();
    }
    news
}

/// Writes an issue; `more` is how many posts it announces and does not show.
///
/// # Errors
/// A finding that names the template.
pub fn draft(
    site: &Site,
    digest: &config::Digest,
    mail: &config::Mail,
    templates: &Templates,
    entries: &[(&Post, Body)],
    more: usize,
    made_at: DateTime<Utc>,
) -> Result<Draft, Finding> {
    let zone = digest.timezone.unwrap_or(site.timezone).0;
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).format("%-d %B %Y").to_string();
    let posts: Vec<serde_json::Value> = entries
        .iter()
        .map(|(post, body)| {
            let shown = match digest.layout {
                Layout::Headlines => "",
                Layout::Summaries => &body.summary,
                Layout::Full => &body.html,
            };
            json!({
                "title": clean(&post.title),
                "url": post.url.as_str(),
                "date": day(post.published),
                "author": post.authors.first().map(|author| clean(&author.name)),
                "tags": post.tags,
                "summary": clean(shown),
                "text": clean(&as_text(shown)),
            })
        })
        .collect();
    let mut context = Context::new();
    context.insert(
        "site",
        &json!({
            "title": site.title, "url": site.url.as_str(), "description": site.description, "language": site.language,
        }),
    );
    context.insert(
        "digest",
        &json!({
            "name": digest.name, "title": digest.title.as_ref().unwrap_or(&site.title),
        }),
    );
    context.insert("issue", &json!({ "date": day(made_at) }));
    context.insert("posts", &posts);
    context.insert("more", &more);
    context.insert("reader", &json!({ "name": NAME.to_string() }));
    context.insert("unsubscribe", &LEAVE.to_string());
    context.insert("footer", &digest.footer.as_ref().or(mail.footer.as_ref()));

    let mut tera = Tera::default();
    let broken = |error: tera::Error| Finding::error(format!("the template cannot be used: {error}"));
    tera.add_raw_template("digest.html", templates.html.as_deref().unwrap_or(HTML)).map_err(broken)?;
    tera.add_raw_template("digest.txt", templates.text.as_deref().unwrap_or(TEXT)).map_err(broken)?;
    tera.add_raw_template("subject", &digest.subject).map_err(broken)?;
    let html = tera.render("digest.html", &context).map_err(broken)?;
    let html = css_inline::CSSInliner::options()
        .keep_at_rules(true)
        .load_remote_stylesheets(false)
        .build()
        .inline(&html)
        .map_err(|error| Finding::error(format!("the style of `digest.html` cannot be inlined: {error}")))?;
    let subject = tera.render("subject", &context).map_err(broken)?;
    Ok(Draft {
        subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
        html,
        text: tera.render("digest.txt", &context).map_err(broken)?,
    })
}

/// A text without the marks that stand for a reader's own.
fn clean(text: &str) -> String {
    text.replace([NAME, LEAVE], "")
}

fn as_text(html: &str) -> String {
    html2text::config::plain().string_from_read(html.as_bytes(), 72).unwrap_or_default().trim().to_owned()
}
