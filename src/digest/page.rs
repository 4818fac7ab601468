//! The page of an issue in the archive: what its readers got, without anything of a reader's own.

use lol_html::html_content::ContentType;
use lol_html::{RewriteStrSettings, element, rewrite_str};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::digest::body::{Spot, adapt_to_mail};
use crate::digest::bound::choose_html;
use crate::digest::render::render_page;
use crate::digest::{Content, MARKS, NAME, Templates};
use crate::finding::{Finding, Rule};
use crate::html::escape;

/// The mark by which a page is known as ours, whatever its template says.
const MARK: &str = "<!-- tidings -->";

/// The addresses of an issue on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuePlace {
    /// The address of its page.
    pub page: Url,
    /// The address of the archive.
    pub archive: Url,
}

/// An issue as it is published. It is frozen with the mail, so that a later template changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuePage {
    pub(crate) html: String,
    /// The text of its entry in the feeds of issues.
    pub(crate) entry: String,
}

impl IssuePage {
    /// Serialises it for the store.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses a stored one; `None` where it is none.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Renders an issue as a page.
///
/// # Errors
/// A finding that names the template.
pub(crate) fn render_issue_page(
    content: &Content<'_>,
    templates: &Templates,
) -> Result<IssuePage, Finding> {
    let html = render_page(content, templates)?;
    let anonymous = content.digest.anonymous.as_deref();
    let anonymous = anonymous.unwrap_or(&content.words.digest.anonymous);
    let html = remove_reader(&html, anonymous, content.place).map_err(|error| {
        Finding::error(
            Rule::TemplateUnusable,
            format!("the page of the issue cannot be made: {error}"),
        )
        .in_file("digest.html")
    })?;
    Ok(IssuePage {
        html,
        entry: render_entry(content).replace(MARKS, ""),
    })
}

/// Removes the links that only a reader's mail has, and the marks of everything that is a reader's.
fn remove_reader(
    html: &str,
    anonymous: &str,
    place: Option<&IssuePlace>,
) -> Result<String, lol_html::errors::RewritingError> {
    let own = element!("*[href], *[action], *[src]", |element| {
        let addresses = ["href", "action", "src"].map(|name| element.get_attribute(name));
        if addresses.iter().flatten().any(|at| at.contains(MARKS)) {
            element.remove();
        }
        Ok(())
    });
    let head = element!("head", |head| {
        if let Some(IssuePlace { page, archive }) = place {
            let (page, archive) = (escape(page.as_str()), escape(archive.as_str()));
            let links = format!(
                "<link rel=\"canonical\" href=\"{page}\">\n<link rel=\"index\" href=\"{archive}\">\n"
            );
            head.append(&links, ContentType::Html);
        }
        Ok(())
    });
    let has_main = html.contains("<main");
    // Programs that read pages aloud go to it at once.
    let body = element!("body", |body| {
        if !has_main {
            body.prepend("\n<main>", ContentType::Html);
            body.append("</main>\n", ContentType::Html);
        }
        Ok(())
    });
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(own)
        .append_element_content_handler(head)
        .append_element_content_handler(body);
    let html = rewrite_str(html, settings)?;
    let html = html.replace(NAME, &escape(anonymous)).replace(MARKS, "");
    // Behind the document type, before which browsers expect nothing.
    let begins = html
        .get(.."<!doctype".len())
        .is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let at = html.find('>').filter(|_| begins).map_or(0, |end| end + 1);
    Ok(format!("{}{MARK}{}", &html[..at], &html[at..]))
}

/// The posts of an issue, as a feed shows them.
fn render_entry(content: &Content<'_>) -> String {
    let Content {
        digest,
        entries,
        sizes,
        headlines,
        words,
        ..
    } = content;
    let link =
        |url: &str, title: &str| format!("<a href=\"{}\">{}</a>", escape(url), escape(title));
    let mut html = String::new();
    for (at, (post, body)) in entries.iter().enumerate() {
        let spot = Spot {
            page: post.url.as_str(),
            number: at + 1,
            drawings: &body.drawings,
        };
        html.push_str(&format!(
            "<h2>{}</h2>\n{}\n",
            link(post.url.as_str(), &post.title),
            adapt_to_mail(choose_html(digest.layout, body), spot, sizes)
        ));
    }
    if !headlines.is_empty() {
        html.push_str(&format!("<h2>{}</h2>\n<ul>\n", escape(&words.digest.more)));
        for post in *headlines {
            html.push_str(&format!(
                "<li>{}</li>\n",
                link(post.url.as_str(), &post.title)
            ));
        }
        html.push_str("</ul>\n");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::remove_reader;

    #[test]
    fn what_is_a_readers_own_is_not_on_the_page() {
        for (html, expected) in [
            (
                "<!DOCTYPE html>\n<p>Hello \u{e010}, <a href=\"\u{e011}\">out</a>\u{e012}</p>",
                "<!DOCTYPE html><!-- tidings -->\n<p>Hello A &amp; B, </p>",
            ),
            (
                "<p><a href=\"https://x.example/?u=\u{e011}\"><img src=\"x\"> out</a> in</p>",
                "<!-- tidings --><p> in</p>",
            ),
            (
                "<form action='\u{e013}'><button>go</button></form><a href=\"/\">\u{e014}home</a>",
                "<!-- tidings --><a href=\"/\">home</a>",
            ),
            (
                "<body class=\"a\">x</body>",
                "<!-- tidings --><body class=\"a\">\n<main>x</main>\n</body>",
            ),
            (
                "<body><main>x</main></body>",
                "<!-- tidings --><body><main>x</main></body>",
            ),
            ("\u{e011}\u{e012}", "<!-- tidings -->"),
            ("é", "<!-- tidings -->é"),
        ] {
            assert_eq!(remove_reader(html, "A & B", None).unwrap(), expected);
        }
    }
}
