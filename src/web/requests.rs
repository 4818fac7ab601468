//! Requests to join that wait for the store. They are written there together: a commit costs as much for fifty as for one.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::app::App;
use crate::config::Digest;
use crate::reader::{Email, ReaderId};
use crate::schedule::joining::{Signup, ask_to_join, confirm_page};
use crate::store::{JoinAnswer, Store};

/// The most requests that wait at once.
const MOST_WAITING: usize = 256;
/// The most that are written together.
const MOST_TOGETHER: usize = 64;
/// How long a request waits for room where many ask at once.
const CROWDED: Duration = Duration::from_secs(10);

/// The fields of a form that somebody has sent.
#[derive(Debug)]
pub(super) struct FormRequest {
    pub(super) email: Email,
    pub(super) digests: Vec<String>,
    /// From which address on the network, where that is known.
    pub(super) network: Option<IpAddr>,
    /// The reader whose subscriptions move to the address, where their preferences ask for it.
    pub(super) moving: Option<ReaderId>,
    /// The form by which they ask, kept as a proof of what they have agreed to.
    pub(super) how: String,
}

enum QueueItem {
    Request(FormRequest),
    /// Answered once everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// The requests that wait, and the task that writes them.
pub(super) struct RequestQueue {
    waiting: mpsc::Sender<QueueItem>,
}

impl RequestQueue {
    /// Begins to write what comes, until nobody can ask any more.
    pub(super) fn start(app: Arc<App>, store: Store) -> Self {
        let (waiting, mut come) = mpsc::channel(MOST_WAITING);
        tokio::spawn(async move {
            let mut some = Vec::new();
            while come.recv_many(&mut some, MOST_TOGETHER).await > 0 {
                let (mut requests, mut flushed) = (Vec::new(), Vec::new());
                for one in some.drain(..) {
                    match one {
                        QueueItem::Request(request) => requests.push(request),
                        QueueItem::Flush(done) => flushed.push(done),
                    }
                }
                write(&app, &store, &requests).await;
                for done in flushed {
                    let _ = done.send(());
                }
            }
        });
        Self { waiting }
    }

    /// Takes a request; false where too many wait. A crowd waits a while, and how long says nothing about the address.
    pub(super) async fn take(&self, request: FormRequest) -> bool {
        let taken = self.waiting.send(QueueItem::Request(request));
        matches!(timeout(CROWDED, taken).await, Ok(Ok(())))
    }

    /// Waits until everything that was taken is written.
    pub(super) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.waiting.send(QueueItem::Flush(done)).await.is_ok() {
            let _ = is_done.await;
        }
    }
}

async fn write(app: &App, store: &Store, requests: &[FormRequest]) {
    let page = confirm_page(app);
    let digests_of = |request: &FormRequest| -> Vec<&Digest> {
        let all = app.config.digests.iter();
        all.filter(|digest| request.digests.contains(&digest.name))
            .collect()
    };
    let digests: Vec<_> = requests.iter().map(digests_of).collect();
    let how_of = |request: &FormRequest| -> String {
        let how = &request.how;
        match request.network.filter(|_| app.config.web.keep_ip) {
            Some(network) => format!("{how} from {network}"),
            None => how.clone(),
        }
    };
    let how: Vec<String> = requests.iter().map(how_of).collect();
    let mut signups = Vec::with_capacity(requests.len());
    for ((request, digests), how) in requests.iter().zip(&digests).zip(&how) {
        signups.push(Signup {
            email: &request.email,
            digests,
            network: request.network,
            how,
            mark: None,
            page: page.as_ref(),
            moving: request.moving,
        });
    }
    match ask_to_join(app, store, &signups).await {
        Ok(answers) if answers.contains(&JoinAnswer::Queued) => app.announce_letter(),
        Ok(_) => {}
        Err(error) => app.tell(&format!(
            "{} could not join: {error:#}",
            match requests.len() {
                1 => "somebody".to_owned(),
                many => format!("{many} people"),
            }
        )),
    }
}
