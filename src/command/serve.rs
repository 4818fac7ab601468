//! `tidings serve`: the published folder and the pages of readers over HTTP, and the schedule without cron.

mod monitor;
mod rounds;

use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::app::App;
use crate::cli;
use crate::config::Config;
use crate::ending::Ending;
use crate::finding::{Finding, Rule};
use crate::talk::Talk;
use crate::web::{self, AppState, Heartbeat, Offer, listen, routes};

use monitor::Monitor;
use rounds::{RoundsEnd, go_rounds};

/// Answers and goes rounds until somebody asks to stop. SIGHUP has the config read again.
pub(super) async fn run(
    app: &Arc<App>,
    talk: &mut Talk<'_>,
    args: &cli::ServeArgs,
) -> anyhow::Result<Ending> {
    let address = args.listen.unwrap_or(app.config.web.listen);
    if !address.ip().is_loopback() && app.config.web.url.is_none() {
        let finding = Finding::error(
            Rule::WebUnnamed,
            format!("{address} can be reached by others, and nothing says under which name"),
        );
        let hint = "set `url` under [web] to the address that people see, or listen on 127.0.0.1 behind a proxy";
        return Err(finding.in_file(&app.config.file).hint(hint).into());
    }
    let stop = app.stop().clone();
    let mut hangups = signal(SignalKind::hangup()).context("no signals")?;
    let heartbeat = Arc::new(Heartbeat::default());
    let mut state = open_state(app, talk, &heartbeat).await?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| {
        format!("cannot listen on {address}\n  choose another one with `--listen`, or `listen` under [web]")
    })?;
    let address = listener.local_addr().unwrap_or(address);
    let monitor = Monitor::begin(app, talk).await?;
    let offer = |app: &App, state: &Arc<AppState>| Offer {
        routes: Monitor::count(monitor.as_ref(), routes(Arc::clone(state))),
        proxies: app.config.web.proxies.clone(),
    };
    talk.conclude_event(&format!("http://{address}/"), || {
        let version = env!("CARGO_PKG_VERSION");
        tracing::info!(event = "start", listen = address.to_string(), version);
    })?;
    let (show, shown) = watch::channel(offer(app, &state));
    let server = tokio::spawn(listen(listener, shown, async move {
        stop.wait_until_asked().await;
    }));
    let mut current = Arc::clone(app);
    while go_rounds(&current, talk, &heartbeat, &mut hangups).await == RoundsEnd::HungUp {
        let next = match reload(&current, talk, &heartbeat).await {
            Ok(next) => next,
            Err(error) => {
                let finding = current.explain(&error);
                talk.insist(&[
                    finding,
                    Finding::warning(Rule::ConfigRefused, "the config stays as it was"),
                ]);
                continue;
            }
        };
        (current, state) = next;
        drop(show.send_replace(offer(&current, &state)));
        if let Some(monitor) = &monitor {
            monitor.change(&current);
        }
        talk.say("the config was read again");
    }
    server.await.context("the listener ended")?;
    if let Some(monitor) = monitor {
        monitor.end().await?;
    }
    state.finish().await;
    tracing::info!(event = "stop");
    // The caller closes the app with which the program began.
    if !Arc::ptr_eq(&current, app) {
        current.note_departures(talk).await;
        current.close().await;
    }
    Ok(Ending::Done)
}

/// The state of the service with the config of `app`.
async fn open_state(
    app: &Arc<App>,
    talk: &mut Talk<'_>,
    heartbeat: &Arc<Heartbeat>,
) -> anyhow::Result<Arc<AppState>> {
    app.config.refuse_published_secrets()?;
    let mut warnings = Vec::new();
    let state = web::open(Arc::clone(app), Arc::clone(heartbeat), &mut warnings).await;
    talk.report(&warnings);
    Ok(Arc::new(state?))
}

/// Reads the config again, and opens what it names.
///
/// # Errors
/// If the config, or what it names, cannot be used: then all stays as it was.
async fn reload(
    app: &App,
    talk: &mut Talk<'_>,
    heartbeat: &Arc<Heartbeat>,
) -> anyhow::Result<(Arc<App>, Arc<AppState>)> {
    let config = Config::load_here(&app.config.file)?;
    let (web, was) = (&config.web, &app.config.web);
    for (key, has_changed) in [
        ("listen", web.listen != was.listen),
        ("metrics", web.metrics != was.metrics),
        ("log_addresses", web.log_addresses != was.log_addresses),
    ] {
        if has_changed {
            let words = format!("`{key}` under [web] has changed, which needs a restart");
            let finding = Finding::warning(Rule::ListenChanged, words);
            talk.insist(&[finding.in_file(&config.file)]);
        }
    }
    let next = Arc::new(app.with_config(config));
    let state = open_state(&next, talk, heartbeat).await?;
    Ok((next, state))
}
