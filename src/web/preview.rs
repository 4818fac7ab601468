//! An issue as its readers will see it, on loopback; the page looks for changes and shows them.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::finding::{Finding, Rule};
use crate::web::door::{Door, guard_door};

const PAGE: &str = include_str!("../../templates/preview.html");

/// An issue, made ready to be looked at.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Preview {
    pub subject: String,
    /// Its headers, as they are sent.
    pub headers: String,
    /// Its HTML part, as the first reader sees it.
    #[serde(skip)]
    pub html: String,
    /// Its text part, as the first reader sees it.
    pub text: String,
    /// The bytes of the HTML part.
    pub html_bytes: usize,
    /// The bytes of the whole message.
    pub bytes: usize,
    /// Its faults, each beginning with its severity.
    pub findings: Vec<String>,
    /// A further note, such as that nothing is new.
    pub note: Option<String>,
}

/// The source of a preview. Both methods run on a thread that may block.
pub(crate) trait PreviewSource: Send + Sync + fmt::Debug + 'static {
    /// A number that differs once a template, a post or the config has changed.
    fn stamp(&self) -> u64;

    /// Makes the issue as it would be now.
    ///
    /// # Errors
    /// A finding if it cannot be made.
    fn preview(&self) -> Result<Preview, Finding>;
}

/// Serves the preview behind its door until the task is dropped.
///
/// # Errors
/// If the listener fails.
pub(crate) async fn serve_preview(
    listener: TcpListener,
    door: Door,
    source: Arc<dyn PreviewSource>,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/{secret}/", get(show_page))
        .route("/{secret}/stamp", get(show_stamp))
        .route("/{secret}/issue", get(show_issue))
        .route("/{secret}/mail/{scheme}", get(show_mail))
        .layer(middleware::from_fn_with_state(Arc::new(door), guard_door))
        .layer(middleware::from_fn(refuse_other_machines))
        .with_state(source);
    axum::serve(listener, routes).await
}

/// Drafts are private: a page elsewhere whose name was made to resolve here is refused by its host name.
async fn refuse_other_machines(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if ["127.0.0.1", "localhost", "[::1]"].contains(&name) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this page is for its own machine\n").into_response()
    }
}

async fn show_page() -> Response {
    answer(
        "text/html; charset=utf-8",
        "default-src 'self' 'unsafe-inline'",
        PAGE.to_owned(),
    )
}

async fn show_stamp(State(source): State<Arc<dyn PreviewSource>>) -> Response {
    let stamp = tokio::task::spawn_blocking(move || source.stamp())
        .await
        .unwrap_or_default();
    answer("text/plain", "default-src 'none'", stamp.to_string())
}

async fn show_issue(State(source): State<Arc<dyn PreviewSource>>) -> Response {
    let body = match make_preview(source).await {
        Ok(preview) => serde_json::json!({ "issue": preview }),
        Err(finding) => serde_json::json!({ "error": finding.to_string() }),
    };
    answer("application/json", "default-src 'none'", body.to_string())
}

async fn show_mail(
    State(source): State<Arc<dyn PreviewSource>>,
    Path((_, scheme)): Path<(String, String)>,
) -> Response {
    let html = make_preview(source)
        .await
        .map(|preview| preview.html)
        .unwrap_or_default();
    // Like a mail program: styles and images, and nothing that runs.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src *";
    answer(
        "text/html; charset=utf-8",
        policy,
        set_scheme(&html, scheme == "dark"),
    )
}

async fn make_preview(source: Arc<dyn PreviewSource>) -> Result<Preview, Finding> {
    tokio::task::spawn_blocking(move || source.preview())
        .await
        .map_err(|error| Finding::error(Rule::Failed, error.to_string()))?
}

/// The mail in light or dark colours, whatever the browser prefers.
fn set_scheme(html: &str, is_dark: bool) -> String {
    let (scheme, query) = if is_dark {
        ("dark", "(min-width: 0)")
    } else {
        ("light", "(max-width: 0)")
    };
    let html = html
        .replace("(prefers-color-scheme: dark)", query)
        .replace("(prefers-color-scheme:dark)", query);
    html.replacen(
        "</head>",
        &format!("<style>:root {{ color-scheme: {scheme} }}</style></head>"),
        1,
    )
}

fn answer(kind: &'static str, policy: &'static str, body: String) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::set_scheme;

    #[test]
    fn a_mail_is_shown_in_the_scheme_that_is_asked_for() {
        let html =
            "<head><style>@media (prefers-color-scheme: dark) { p { color: red } }</style></head>";
        assert!(set_scheme(html, true).contains("@media (min-width: 0) {"));
        assert!(set_scheme(html, false).contains("@media (max-width: 0) {"));
        assert!(set_scheme(html, true).contains(":root { color-scheme: dark }</style></head>"));
    }
}
