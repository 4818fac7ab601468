//! Connections: their number, their time limits, and their end.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

use crate::web::crowd::{Crowd, is_one_client};

/// The most connections at once; the next ones wait in the system's queue.
const CONNECTIONS: usize = 1024;
/// The most connections at once from one network; the next ones are closed.
const OF_ONE_NETWORK: usize = CONNECTIONS / 8;
/// How long a connection may take for its next request's headers, from the first wait on.
const HEADERS: Duration = Duration::from_secs(10);
/// The most bytes of a request's headers.
const HEADER_BYTES: usize = 16 << 10;
/// How long a client may take nothing of its answer.
const STALLED: Duration = Duration::from_secs(30);
/// How long open requests have to end once somebody asked to stop.
const LEAVE: Duration = Duration::from_secs(8);
/// How long to wait if the system has no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// The address of the peer: the client, or the proxy before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// The answers of a listener. Other ones take their place when the config is read again.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) routes: Router,
    /// The proxies that bring the connections of many.
    pub(crate) proxies: Vec<IpAddr>,
}

impl From<Router> for Offer {
    fn from(routes: Router) -> Self {
        Self {
            routes,
            proxies: Vec::new(),
        }
    }
}

/// The routes for one connection.
struct Connected {
    offer: watch::Receiver<Offer>,
    peer: Peer,
}

impl Service<Request<Incoming>> for Connected {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        let routes = self.offer.borrow().routes.clone();
        TowerToHyperService::new(routes).call(request)
    }
}

/// Answers until `stop` ends, then lets open requests end, for at most eight seconds.
pub(crate) async fn listen(
    listener: TcpListener,
    offer: watch::Receiver<Offer>,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let crowd = Crowd::default();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let permit = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            sleep(NO_ROOM).await;
            continue;
        };
        let is_one = is_one_client(peer.ip(), &offer.borrow().proxies);
        let place = is_one.then(|| crowd.enter(peer.ip(), OF_ONE_NETWORK));
        if let Some(None) = place {
            continue;
        }
        let connected = Connected {
            offer: offer.clone(),
            peer: Peer(peer),
        };
        let connection = graceful.watch(serve_connection(stream, connected));
        tokio::spawn(async move {
            // A fault of one connection is the client's matter.
            let _ = connection.await;
            drop((permit, place));
        });
    }
    drop(listener);
    let _ = timeout(LEAVE, graceful.shutdown()).await;
}

type TimedStream = TokioIo<std::pin::Pin<Box<TimeoutStream<TcpStream>>>>;

fn serve_connection(
    stream: TcpStream,
    connected: Connected,
) -> http1::Connection<TimedStream, Connected> {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(STALLED));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), connected)
}
