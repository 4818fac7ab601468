//! Renders pages: a template, the words of a language, and the headers that let nothing in beside our own style.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{self, SHA256};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use tera::{Context, Tera};

use crate::config::Config;
use crate::finding::{Finding, Rule};
use crate::language::find_direction;
use crate::template::{explain, find_unused, read_own};
use crate::web::guard::hash_styles;

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

/// A template that replaces the block of [`PLAIN`] in which the others have their forms.
const PROBE: (&str, &str) = (
    "probe",
    "{% extends \"serve.html\" %}{% block form %}{% endblock %}",
);
/// The hint if a template has no such block.
const FORM_HINT: &str = "the form to join and the preferences stand in it: write `{% block form %}{% endblock %}` where they \
                         belong, or begin with `{% extends \"default/serve.html\" %}`";

/// The templates, read and checked.
#[derive(Debug)]
pub(super) struct PageTemplates {
    tera: Tera,
    site: Value,
    /// The site's own ones.
    own: Vec<OwnTemplate>,
}

#[derive(Debug)]
struct OwnTemplate {
    name: &'static str,
    file: PathBuf,
    text: String,
}

/// The content of a page beside its form.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Page {
    /// The language of its words.
    pub(super) language: String,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) forms: Vec<PageButton>,
}

/// A form with nothing but a button.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PageButton {
    /// The address that it posts to.
    pub(super) action: String,
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
        let mut own = Vec::new();
        for PageTemplate { name, .. } in templates {
            let found = read_own(&config.root, name)?;
            own.extend(found.map(|(file, text)| OwnTemplate { name, file, text }));
        }
        let mut tera = Tera::default();
        for PageTemplate { name, text, .. } in templates {
            let default = format!("default/{name}");
            let extending = format!("{{% extends \"{default}\" %}}");
            let found = own.iter().find(|one| one.name == *name);
            let shown = found.map_or(&extending, |found| &found.text);
            tera.add_raw_templates([(default.as_str(), *text), (*name, shown.as_str())])
                .map_err(|error| locate(explain(&error), &own))?;
            if *name == PLAIN.name && tera.add_raw_templates([PROBE]).is_err() {
                let lacking = Finding::error(Rule::TemplateUnusable, "there is no block `form`");
                return Err(locate(lacking.in_file(*name).hint(FORM_HINT), &own));
            }
        }
        let pages = Self {
            tera,
            own,
            site: json!({
                "title": config.site.title,
                "url": config.site.url.as_str(),
                "footer": config.mail.footer.as_deref().unwrap_or_default(),
            }),
        };
        for template in templates {
            pages
                .write(template.name, &Page::default(), &(template.trial)())
                .map_err(|finding| locate(finding, &pages.own))?;
        }
        Ok(pages)
    }

    /// A number that changes with these words, and with the site's own templates.
    pub(super) fn hash_version(&self, words: &[&str]) -> String {
        let mut all = digest::Context::new(&SHA256);
        for text in self
            .own
            .iter()
            .map(|own| &*own.text)
            .chain(words.iter().copied())
        {
            all.update(text.as_bytes());
            all.update(b"\n");
        }
        let hash = all.finish();
        let [a, b, c, d, ..] = hash.as_ref() else {
            return String::new();
        };
        format!("{a:02x}{b:02x}{c:02x}{d:02x}")
    }

    fn write(&self, template: &str, page: &Page, values: &Value) -> Result<String, Finding> {
        let mut context = Context::new();
        let mut shown = json!(page);
        shown["direction"] = find_direction(&page.language).into();
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
            .unwrap_or_else(|_| render_bare(page));
        let policy = write_policy(&html, "'self'");
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

/// Names the site's own file in place of its template.
fn locate(finding: Finding, own: &[OwnTemplate]) -> Finding {
    let place = finding.place.as_ref();
    let named = place.and_then(|place| own.iter().find(|own| place.file == Path::new(own.name)));
    match named {
        Some(own) => finding.in_file(own.file.clone()),
        None => finding,
    }
}

fn render_bare(page: &Page) -> String {
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
fn write_policy(html: &str, forms: &str) -> String {
    let styles = hash_styles(html);
    format!(
        "default-src 'none'; style-src {styles}; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )
}
