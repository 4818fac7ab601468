//! `/metrics`: numbers for a monitor, as Prometheus reads them, on a listener of its own.
//!
//! There is nobody's address in them, and no label that a client could choose: the number of series has a bound.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::prometheus_text::{self, encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::App;
use crate::store::{Access, Figures};
use crate::web::guard::{add_headers, say};

/// How long figures of the store are shown again: counting a large store takes a while, and several monitors may ask.
const FRESH: Duration = Duration::from_secs(10);
/// The bounds of the time that an answer takes, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0];
/// The pages that are told apart, by what their paths begin with.
const PAGES: [&str; 6] = [
    "subscribe",
    "confirm",
    "unsubscribe",
    "preferences",
    "issues",
    "healthz",
];

/// A request and its result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    page: &'static str,
    status: u32,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PageLabel {
    page: &'static str,
}

/// A state of deliveries or readers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: String,
}

/// The counts since the program began, and the latest figures of the store.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    seconds: Family<PageLabel, Histogram, fn() -> Histogram>,
    figures: Mutex<Option<(Instant, Figures)>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            figures: Mutex::default(),
        }
    }
}

impl Metrics {
    /// The same routes, whose requests are counted.
    pub(crate) fn count(self: &Arc<Self>, routes: Router) -> Router {
        routes.layer(from_fn_with_state(Arc::clone(self), count))
    }

    /// `/metrics`.
    pub(crate) fn routes(self: &Arc<Self>, app: Arc<App>) -> Router {
        Router::new()
            .route("/metrics", get(show))
            .layer(from_fn(add_headers))
            .with_state((Arc::clone(self), app))
    }

    fn note(&self, page: &'static str, status: StatusCode, took: Duration) {
        let status = u32::from(status.as_u16());
        self.requests
            .get_or_create(&RequestLabels { page, status })
            .inc();
        let seconds = took.as_secs_f64();
        self.seconds
            .get_or_create(&PageLabel { page })
            .observe(seconds);
    }

    /// The figures of the store, counted anew where they are old.
    async fn show_figures(&self, app: &App) -> anyhow::Result<Figures> {
        let mut kept = self.figures.lock().await;
        if let Some((at, figures)) = &*kept
            && at.elapsed() < FRESH
        {
            return Ok(figures.clone());
        }
        let store = app.open_store(Access::Write).await?;
        let figures = store.load_figures(app.clock.now()).await?;
        *kept = Some((Instant::now(), figures.clone()));
        Ok(figures)
    }

    fn write(&self, figures: &Figures) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("tidings");
        let states = |counts: &mut dyn Iterator<Item = (&str, u64)>| {
            let family = Family::<StateLabel, Gauge>::default();
            for (state, count) in counts {
                let state = state.to_owned();
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                family.get_or_create(&StateLabel { state }).set(count);
            }
            family
        };
        let deliveries = figures.deliveries.each();
        let mut deliveries = deliveries.map(|(state, count)| (state.word(), count));
        registry.register(
            "deliveries",
            "Deliveries of the issues of the last 30 days",
            states(&mut deliveries),
        );
        let readers = figures.readers.iter();
        let mut readers = readers.map(|(state, count)| {
            let count = u64::try_from(*count).unwrap_or(u64::MAX);
            (state.as_str(), count)
        });
        registry.register("readers", "Readers", states(&mut readers));
        let age = Gauge::<i64>::default();
        age.set(figures.queue_age);
        registry.register(
            "queue_age_seconds",
            "For how long the delivery has been due that has waited longest",
            age,
        );
        registry.register(
            "requests",
            "Requests that were answered",
            self.requests.clone(),
        );
        registry.register(
            "request_seconds",
            "The time until an answer began",
            self.seconds.clone(),
        );
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

async fn count(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let page = name_page(request.uri().path());
    let begun = Instant::now();
    let answer = next.run(request).await;
    metrics.note(page, answer.status(), begun.elapsed());
    answer
}

/// The page behind a path, without what a client may write behind it.
fn name_page(path: &str) -> &'static str {
    let first = path.trim_start_matches('/').split('/').next();
    let first = first.unwrap_or_default();
    let known = PAGES.into_iter().find(|page| *page == first);
    known.unwrap_or("file")
}

async fn show(State((metrics, app)): State<(Arc<Metrics>, Arc<App>)>) -> Response {
    let written = match metrics.show_figures(&app).await {
        Ok(figures) => metrics.write(&figures).ok(),
        Err(error) => {
            app.tell(&format!("the figures cannot be counted: {error:#}"));
            None
        }
    };
    let Some(text) = written else {
        return say(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer\n",
        );
    };
    let mut answer = Response::new(Body::from(text));
    let headers = answer.headers_mut();
    let kind = HeaderValue::from_static(prometheus_text::CONTENT_TYPE);
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::StatusCode;

    use super::{Metrics, name_page};
    use crate::ledger::{Counts, DeliveryState};
    use crate::store::Figures;

    #[test]
    fn no_client_makes_a_series_of_its_own() {
        for (path, page) in [
            ("/", "file"),
            ("", "file"),
            ("/subscribe", "subscribe"),
            ("/confirm/abc", "confirm"),
            ("/confirmed", "file"),
            ("//unsubscribe/x/undo", "unsubscribe"),
            ("/index.html\"} 1", "file"),
            ("/metrics", "file"),
        ] {
            assert_eq!(name_page(path), page, "{path}");
        }
    }

    #[test]
    fn figures_and_requests_are_written_with_their_units() {
        let metrics = Metrics::default();
        let mut deliveries = Counts::default();
        deliveries[DeliveryState::Sent] = 7;
        let figures = Figures {
            deliveries,
            readers: vec![("active".to_owned(), 3)],
            queue_age: 90,
        };
        metrics.note("file", StatusCode::NOT_MODIFIED, Duration::from_millis(2));
        metrics.note("file", StatusCode::NOT_MODIFIED, Duration::from_mins(1));
        let text = metrics.write(&figures).unwrap();
        for line in [
            "# TYPE tidings_deliveries gauge",
            "tidings_deliveries{state=\"sent\"} 7",
            "tidings_deliveries{state=\"given up\"} 0",
            "tidings_readers{state=\"active\"} 3",
            "tidings_queue_age_seconds 90",
            "# TYPE tidings_requests_total counter",
            "tidings_requests_total{page=\"file\",status=\"304\"} 2",
            "tidings_request_seconds_bucket{page=\"file\",le=\"0.0025\"} 1",
            "tidings_request_seconds_bucket{page=\"file\",le=\"+Inf\"} 2",
            "tidings_request_seconds_count{page=\"file\"} 2",
        ] {
            assert!(
                text.lines().any(|written| written == line),
                "{line}: {text}"
            );
        }
    }
}
