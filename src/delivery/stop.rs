//! Stopping early: Ctrl-C and SIGTERM.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// A request to stop. Messages on the wire are finished, and nothing new begins.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// A stop that Ctrl-C and SIGTERM request from now on, instead of ending the program. Call it in a tokio runtime.
    pub fn on_signals() -> Self {
        let stop = Self::default();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            // Without a handler a signal ends the program, which is safe too: the ledger is durable.
            let Ok(mut signals) = signal(kind) else {
                continue;
            };
            let stop = stop.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    stop.ask();
                }
            });
        }
        stop
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks.
    pub async fn wait_until_asked(&self) {
        // The sender that is held here keeps it open.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }

    /// Waits until `wait` has passed since somebody asked.
    pub(super) async fn wait_until_overdue(&self, wait: Duration) {
        self.wait_until_asked().await;
        sleep(wait).await;
    }
}
