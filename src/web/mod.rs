//! HTTP: pages for people. A handler calls one function and shows what it gives.
//!
//! | path | GET | POST | file |
//! |---|---|---|---|
//! | `/subscribe` | the form | asks for a confirmation by mail | `join` |
//! | `/confirm/TOKEN` | a button | confirms | `join` |
//! | `/unsubscribe/TOKEN` | a button | unsubscribes (RFC 8058) | `leave` |
//! | `/unsubscribe/TOKEN/undo` | the same | subscribes again | `leave` |
//! | `/preferences/TOKEN` and below | the forms | changes, moves, shows or deletes what is kept | `preferences` |
//! | `/healthz` | whether store and rounds are alive; under any host name | | here |
//! | anything else | a file of the published folder | | `files` |
//!
//! A GET changes nothing: mail programs and scanners follow links. [`serve_preview`] has routes of its own, on loopback, and
//! `/metrics`, for a monitor, a listener of its own.

mod crowd;
mod door;
mod files;
mod guard;
mod join;
mod leave;
mod listen;
mod metrics;
mod page;
mod preferences;
mod preview;
mod requests;
mod state;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::config::Config;
use crate::finding::Finding;
use crate::log;

use guard::{add_headers, find_client, limit_time, refuse_other_hosts, say};
use listen::Peer;

pub(crate) use door::Door;
pub(crate) use listen::{Offer, listen};
pub(crate) use metrics::Metrics;
pub(crate) use preview::{Preview, PreviewSource, serve_preview};
pub(crate) use state::{AppState, Heartbeat};

/// The most bytes in the body of a request.
const BODY_BYTES: usize = 64 << 10;
/// The time within which the store must answer a health check.
const HEALTH: Duration = Duration::from_secs(5);

const TEMPLATES: [page::PageTemplate; 3] = [page::PLAIN, join::TEMPLATE, preferences::TEMPLATE];

/// Opens the store, and reads templates and words.
///
/// # Errors
/// If one of them is unusable.
pub(crate) async fn open(
    app: Arc<App>,
    heartbeat: Arc<Heartbeat>,
    warnings: &mut Vec<Finding>,
) -> anyhow::Result<AppState> {
    AppState::open(app, heartbeat, &TEMPLATES, warnings).await
}

/// Reads the site's own templates of the pages and tries them, as [`open`] does.
///
/// # Errors
/// If one of them is unusable; the finding names it and its line.
pub(crate) fn try_pages(config: &Config, warnings: &mut Vec<Finding>) -> Result<(), Finding> {
    page::PageTemplates::read(config, &TEMPLATES, warnings).map(drop)
}

/// The routes of the table above, within the limits that hold for all of them.
pub(crate) fn routes(state: Arc<AppState>) -> Router {
    let ours = from_fn_with_state(Arc::clone(&state.hosts), refuse_other_hosts);
    Router::new()
        .merge(join::routes())
        .merge(leave::routes())
        .merge(preferences::routes())
        .fallback(show_file)
        .layer(ours)
        // A load balancer uses any host name.
        .route("/healthz", get(report_health))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn(limit_time))
        .layer(from_fn(add_headers))
        .layer(from_fn_with_state(Arc::clone(&state), log_request))
        .with_state(state)
}

/// Logs a request by its route, since its path may hold a token or an address.
async fn log_request(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    if !log::is_kept() {
        return next.run(request).await;
    }
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let peer = request.extensions().get::<Peer>().copied();
    let proxies = &state.app.config.web.proxies;
    let network = peer.and_then(|Peer(peer)| find_client(peer.ip(), request.headers(), proxies));
    let begun = Instant::now();
    let answer = next.run(request).await;
    tracing::info!(
        event = "request",
        method = method.as_str(),
        route = route.as_ref().map_or("file", MatchedPath::as_str),
        status = answer.status().as_u16(),
        microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        network = network.map(|network| network.to_string()),
    );
    answer
}

async fn show_file(State(state): State<Arc<AppState>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let (path, headers) = (head.uri.path(), &head.headers);
    if let Some(answer) = state.files.answer_at_once(&head.method, path, headers) {
        return answer;
    }
    let answer = spawn_blocking(move || {
        state
            .files
            .answer(&head.method, head.uri.path(), &head.headers)
    });
    answer
        .await
        .unwrap_or_else(|_| say(StatusCode::INTERNAL_SERVER_ERROR, "this went wrong here\n"))
}

async fn report_health(State(state): State<Arc<AppState>>) -> Response {
    match timeout(HEALTH, state.store.ping()).await {
        Ok(Ok(())) if state.heartbeat.is_late() => say(
            StatusCode::SERVICE_UNAVAILABLE,
            "no round has begun for long\n",
        ),
        Ok(Ok(())) => say(StatusCode::OK, "ok\n"),
        _ => say(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::TEMPLATES;
    use super::page::PageTemplates;
    use crate::config::Config;

    const CONFIG: &str =
        "[site]\ntitle = \"T\"\nurl = \"https://x.example/\"\nauthor = { name = \"N\" }\n";

    #[test]
    fn a_template_is_tried_with_the_values_of_its_own_page() {
        for (name, value, is_known) in [
            ("serve-join.html", "form.email", true),
            ("serve-preferences.html", "form.until", true),
            ("serve-join.html", "form.until", false),
            ("serve-preferences.html", "form.email", false),
            ("serve.html", "form.email", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("config.toml");
            fs::write(&file, CONFIG).unwrap();
            let templates = folder.path().join("templates");
            fs::create_dir(&templates).unwrap();
            fs::write(templates.join(name), format!("{{{{ {value} }}}}")).unwrap();
            let config = Config::load(&file, []).unwrap();
            let read = PageTemplates::read(&config, &TEMPLATES, &mut Vec::new());
            assert_eq!(read.is_ok(), is_known, "{name}: {value}: {read:?}");
        }
    }
}
