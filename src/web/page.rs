//! Renders pages: a template, the words of a language, and the headers that let nothing in beside our own style.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use tera::{Context, Tera};

use crate::config::Config;
use crate::finding::Finding;
use crate::language::direction;
use crate::template::{explain, find_unused, read_own};

/// A template of pages.
#[derive(Clone, Copy)]
pub(super) struct PageTemplate {
    /// Its name, which the site's own one has as well.
    pub(super) name: &'static str,
    /// The built-in text.
    pub(super) text: &'static str,
    /// Makes values of `form` with which it is tried at the start.
    pub(super) trial: fn() -> Value,
}

/// The template of pages that have only words and buttons; the others extend it.
pub(super) const PLAIN: PageTemplate = PageTemplate {
    name: "serve.html",
    text: include_str!("../../templates/serve.html"),
    trial: || Value::Null,
};

/// The templates, read and checked.
#[derive(Debug)]
pub(super) struct PageTemplates {
    tera: Tera,
    site: Value,
}

/// The content of a page beside its form.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Page {
    /// The language of its words.
    pub(super) language: String,
    /// Its heading.
    pub(super) title: String,
    /// Its paragraphs.
    pub(super) lines: Vec<String>,
    /// Its buttons.
    pub(super) forms: Vec<PageButton>,
}

/// A form with nothing but a button.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PageButton {
    /// The address that it posts to.
    pub(super) action: String,
    /// Its label.
    pub(super) button: String,
    /// Whether it is the less likely choice.
    pub(super) second: bool,
}

impl PageTemplates {
    /// Reads the site's own templates over the built-in ones, and tries each.
    ///
    /// # Errors
    /// A finding that names the template and its line.
    pub(super) fn read(
        config: &Config,
        templates: &[PageTemplate],
        warnings: &mut Vec<Finding>,
    ) -> Result<Self, Finding> {
        let names: Vec<_> = templates.iter().map(|template| template.name).collect();
        warnings.extend(find_unused(&config.root, &names));
        let mut tera = Tera::default();
        for PageTemplate { name, text, .. } in templates.iter().copied() {
            let default = format!("default/{name}");
            let own = read_own(&config.root, name)?;
            let extending = format!("{{% extends \"{default}\" %}}");
            let (file, text_of_own) = own.unwrap_or_else(|| (name.into(), extending));
            let in_file = |finding: Finding| match file.as_path() == Path::new(name) {
                true => finding,
                false => finding.in_file(&file),
            };
            tera.add_raw_templates([(default.as_str(), text), (name, text_of_own.as_str())])
                .map_err(|error| in_file(explain(&error)))?;
        }
        let pages = Self {
            tera,
            site: json!({
                "title": config.site.title,
                "url": config.site.url.as_str(),
                "footer": config.mail.footer.as_deref().unwrap_or_default(),
            }),
        };
        for template in templates {
            pages.write(template.name, &Page::default(), &(template.trial)())?;
        }
        Ok(pages)
    }

    fn write(&self, template: &str, page: &Page, values: &Value) -> Result<String, Finding> {
        let mut context = Context::new();
        let mut shown = json!(page);
        shown["direction"] = direction(&page.language).into();
        context.insert("site", &self.site);
        context.insert("page", &shown);
        context.insert("form", values);
        self.tera
            .render(template, &context)
            .map_err(|error| explain(&error))
    }

    /// The page with its headers: nothing but its own style is loaded, and its forms go nowhere else.
    pub(super) fn answer(&self, status: StatusCode, page: &Page) -> Response {
        self.answer_with(status, PLAIN, page, &Value::Null)
    }

    /// Does the same as [`Self::answer`], by another template, which gets these values as `form`.
    pub(super) fn answer_with(
        &self,
        status: StatusCode,
        template: PageTemplate,
        page: &Page,
        values: &Value,
    ) -> Response {
        // Each template was tried; one that fails on these values is replaced by the bare words.
        let html = self
            .write(template.name, page, values)
            .unwrap_or_else(|_| bare(page));
        let policy = policy(&html, "'self'");
        let mut answer = Response::new(Body::from(html));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
}

fn bare(page: &Page) -> String {
    let lines: Vec<String> = page
        .lines
        .iter()
        .map(|line| crate::html::escape(line))
        .collect();
    format!(
        "<!DOCTYPE html><title>{0}</title><h1>{0}</h1><p>{1}</p>",
        crate::html::escape(&page.title),
        lines.join("<br>")
    )
}

/// The policy of a page: its own styles by their hashes, and forms to these targets.
pub(super) fn policy(html: &str, forms: &str) -> String {
    let mut styles = String::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<style>")
        && let Some((style, after)) = after.split_once("</style>")
    {
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        styles.push_str(&format!(" 'sha256-{hash}'"));
        rest = after;
    }
    let styles = if styles.is_empty() {
        " 'none'"
    } else {
        &styles
    };
    format!(
        "default-src 'none'; style-src{styles}; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )
}
