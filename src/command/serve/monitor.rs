//! The listener for a monitor, where the config has one.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::talk::Talk;
use crate::web::{Metrics, Offer, listen};

/// Holds the figures for a monitor, and answers it.
pub(super) struct Monitor {
    metrics: Arc<Metrics>,
    show: watch::Sender<Offer>,
    server: JoinHandle<()>,
}

impl Monitor {
    /// Listens on `metrics` under `[web]`; `None` if that is not set.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub(super) async fn begin(app: &Arc<App>, talk: &Talk<'_>) -> anyhow::Result<Option<Self>> {
        let Some(address) = app.config.web.metrics else {
            return Ok(None);
        };
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| {
            format!("cannot listen on {address}\n  choose another one with `metrics` under [web]")
        })?;
        talk.say(&format!("http://{address}/metrics"));
        let metrics = Arc::new(Metrics::default());
        let (show, shown) = watch::channel(Offer::from(metrics.routes(Arc::clone(app))));
        let stop = app.stop().clone();
        let server = tokio::spawn(listen(listener, shown, async move {
            stop.wait_until_asked().await;
        }));
        Ok(Some(Self {
            metrics,
            show,
            server,
        }))
    }

    /// The same routes, whose requests are counted where there is a monitor.
    pub(super) fn count(monitor: Option<&Self>, routes: Router) -> Router {
        match monitor {
            Some(monitor) => monitor.metrics.count(routes),
            None => routes,
        }
    }

    /// Goes on with the store of another config.
    pub(super) fn change(&self, app: &Arc<App>) {
        let routes = self.metrics.routes(Arc::clone(app));
        drop(self.show.send_replace(routes.into()));
    }

    /// Waits for the end of the listener.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.server.await.context("the monitor's listener ended")
    }
}
