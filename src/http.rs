//! HTTP as a client: one request, its status, a limit on time, and no way into a private network unless it is wanted.

mod fetch;

pub(crate) use fetch::{FetchedDocument, KnownDocument};

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

/// How long one answer may take, from the name to the status, with all redirects.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a document may take, from the name to its last byte.
const LONG_LIMIT: Duration = Duration::from_mins(2);
/// How often a page may redirect.
const REDIRECTS: usize = 5;

/// Why there is no status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoResponse {
    /// The name of this address, where the way ended, leads into a private network or to this machine.
    Private(IpAddr, Url),
    /// Nobody answered within this time.
    Silent(Duration),
    /// The server answers with this status, and asks to be left alone for so long (RFC 9110, 10.2.3).
    Later(u16, Duration),
    /// Anything else: no such name, no connection, no certificate, no HTTP.
    Other(String),
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private(address, _) => write!(f, "{address} is a private address"),
            Self::Silent(limit) => write!(f, "no answer within {} seconds", limit.as_secs()),
            Self::Later(status, _) => write!(f, "it answers {status}"),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

fn other(error: impl fmt::Display) -> NoResponse {
    NoResponse::Other(error.to_string())
}

/// Makes requests.
#[derive(Clone)]
pub(crate) struct Client {
    tls: TlsConnector,
    private: bool,
    /// The host that may have a private address all the same.
    own: Option<OwnHost>,
}

/// The last response, and where its address has moved for good.
struct Trail {
    response: Response<Bytes>,
    moved: Option<Url>,
}

/// A host and a port that are ours.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnHost {
    host: String,
    port: Option<u16>,
}

impl OwnHost {
    fn from_url(url: &Url) -> Option<Self> {
        let host = url.host_str()?.to_owned();
        let port = url.port_or_known_default();
        Some(Self { host, port })
    }

    /// Whether this is the host, at its port or at one of the web's own.
    fn is(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        url.host_str() == Some(&*self.host) && (port == self.port || url.port().is_none())
    }
}

/// Whether an address is on the host of this site, at its port or at one of the web's own.
pub(crate) fn is_on_site(site: &Url, page: &Url) -> bool {
    is_of_the_web(page) && OwnHost::from_url(site).is_some_and(|own| own.is(page))
}

fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("private", &self.private)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that trusts what the system trusts. Unless `private`, it connects to public addresses only.
    pub(crate) fn new(private: bool) -> Self {
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read is one that nobody shows us either.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            tls: TlsConnector::from(Arc::new(tls)),
            private,
            own: None,
        }
    }

    /// A client for the pages of a site, whose own host may have any address: on its own machine it often has a private
    /// one. Where it redirects, only public addresses are followed.
    pub(crate) fn for_site(site: &Url) -> Self {
        Self {
            own: OwnHost::from_url(site),
            ..Self::new(false)
        }
    }

    /// The same client with another host that may have a private address.
    pub(crate) fn for_own(&self, url: &Url) -> Self {
        Self {
            own: OwnHost::from_url(url),
            ..self.clone()
        }
    }

    fn may_reach(&self, url: &Url, address: IpAddr) -> bool {
        let is_own = || self.own.as_ref().is_some_and(|own| own.is(url));
        self.private || is_public(address) || is_own()
    }

    /// The status of a page, wherever it redirects.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn get(&self, url: &Url) -> Result<u16, NoResponse> {
        let response = timeout(LIMIT, self.follow(url.clone(), 0)).await;
        let response = response.map_err(|_| NoResponse::Silent(LIMIT))??;
        Ok(response.status().as_u16())
    }

    /// A document of at most so many bytes, wherever its address redirects.
    ///
    /// # Errors
    /// If there is none, where it is larger, or where the status is no success.
    pub(crate) async fn fetch(&self, url: &Url, most: u64) -> Result<Bytes, NoResponse> {
        let response = timeout(LONG_LIMIT, self.follow(url.clone(), most)).await;
        let response = response.map_err(|_| NoResponse::Silent(LONG_LIMIT))??;
        match response.status() {
            status if status.is_success() => Ok(response.into_body()),
            status => Err(other(format!("it answers {}", status.as_u16()))),
        }
    }

    /// The last response, and at most so many bytes of its body.
    async fn follow(&self, url: Url, most: u64) -> Result<Response<Bytes>, NoResponse> {
        let trail = self.follow_with(url, &HeaderMap::new(), most).await?;
        Ok(trail.response)
    }

    /// The same with these headers in each request, and where the address has moved to.
    async fn follow_with(
        &self,
        mut url: Url,
        headers: &HeaderMap,
        most: u64,
    ) -> Result<Trail, NoResponse> {
        let mut moved = None;
        let mut is_permanent = true;
        for _ in 0..REDIRECTS {
            let request = self.request(Method::GET, &url, headers, Bytes::new(), most);
            let response = request.await?;
            let status = response.status();
            let next = response
                .headers()
                .get(LOCATION)
                .and_then(|next| next.to_str().ok());
            match next
                .filter(|_| status.is_redirection())
                .and_then(|next| url.join(next).ok())
            {
                Some(next) => url = next,
                None => return Ok(Trail { response, moved }),
            }
            // A temporary redirect may lead to another address tomorrow.
            is_permanent &= matches!(status.as_u16(), 301 | 308);
            if is_permanent {
                moved = Some(url.clone());
            }
        }
        Err(other("too many redirects"))
    }

    /// Posts a form; the status.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn post(&self, url: &Url, fields: &[(&str, &str)]) -> Result<u16, NoResponse> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let headers = HeaderMap::new();
        let request = self.request(Method::POST, url, &headers, Bytes::from(form), 0);
        let response = timeout(LIMIT, request).await;
        let response = response.map_err(|_| NoResponse::Silent(LIMIT))??;
        Ok(response.status().as_u16())
    }

    async fn request(
        &self,
        method: Method,
        url: &Url,
        headers: &HeaderMap,
        body: Bytes,
        most: u64,
    ) -> Result<Response<Bytes>, NoResponse> {
        if !is_of_the_web(url) {
            return Err(other(format!("`{url}` is no address of the web")));
        }
        let host = url
            .host_str()
            .ok_or_else(|| other("there is no host in the address"))?;
        let port = url
            .port_or_known_default()
            .ok_or_else(|| other("there is no port in the address"))?;
        let plain_host = host.trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<SocketAddr> = lookup_host((plain_host, port))
            .await
            .map_err(other)?
            .collect();
        if let Some(private) = addresses
            .iter()
            .find(|address| !self.may_reach(url, address.ip()))
        {
            return Err(NoResponse::Private(private.ip(), url.clone()));
        }
        // By the addresses that were looked at: a second look-up could say something else.
        let stream = TcpStream::connect(&addresses[..]).await.map_err(other)?;
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut request = Request::builder()
            .method(method.clone())
            .uri(target)
            .header(HOST, authority);
        request = request.header(USER_AGENT, "tidings");
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(all) = request.headers_mut() {
            all.extend(headers.clone());
        }
        let request = request.body(Full::new(body)).map_err(other)?;
        match url.scheme() {
            "https" => {
                let name = ServerName::try_from(plain_host.to_owned()).map_err(other)?;
                let stream = self.tls.connect(name, stream).await.map_err(other)?;
                exchange(stream, request, most).await
            }
            _ => exchange(stream, request, most).await,
        }
    }
}

/// Sends the request and waits for the head of the response, and with `most` above zero for the body of a success.
async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    most: u64,
) -> Result<Response<Bytes>, NoResponse>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(other)?;
    let connection = Running(tokio::spawn(connection));
    let (head, body) = sender
        .send_request(request)
        .await
        .map_err(other)?
        .into_parts();
    let body = match head.status.is_success() && most > 0 {
        true => read_body(body, most).await?,
        false => Bytes::new(),
    };
    drop(connection);
    Ok(Response::from_parts(head, body))
}

/// The error for a document of more bytes than are read.
fn too_large(most: u64) -> NoResponse {
    other(format!("it is larger than {} MB", most >> 20))
}

/// A body of at most so many bytes.
async fn read_body(body: Incoming, most: u64) -> Result<Bytes, NoResponse> {
    let bound = usize::try_from(most).unwrap_or(usize::MAX);
    match Limited::new(body, bound).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Err(error) => Err(other(error)),
    }
}

/// Ends a task with its owner, also where a limit on time drops that.
struct Running<T>(JoinHandle<T>);

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special = a == 0
                || a >= 240
                || (a == 192 && b == 0 && v4.octets()[2] == 0)
                || (a == 198 && b / 2 == 9);
            let local =
                v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast();
            !(shared || special || local || v4.is_documentation())
        }
        IpAddr::V6(v6) => {
            // An IPv4 address in the clothes of IPv6 (mapped, NAT64) is judged as what it is.
            let embedded = v6.to_ipv4_mapped().or_else(|| match v6.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(std::net::Ipv4Addr::from(
                    (u32::from(high) << 16) | u32::from(low),
                )),
                _ => None,
            });
            if let Some(v4) = embedded {
                return is_public(IpAddr::V4(v4));
            }
            // 2000::/3 is all that is given out; of it 2001:db8::/32 is for books, and Teredo (2001::/32) and 6to4
            // (2002::/16) carry an IPv4 address to wherever it leads.
            let [first, second, ..] = v6.segments();
            first & 0xe000 == 0x2000
                && first != 0x2002
                && !(first == 0x2001 && matches!(second, 0 | 0xdb8))
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{is_on_site, is_public};

    #[test]
    fn a_page_is_on_its_site_at_the_sites_port_or_one_of_the_web() {
        for (site, page, expected) in [
            ("https://x.example/", "https://x.example/tea/", true),
            ("https://x.example/blog/", "http://X.example/tea/", true),
            ("http://x.example:8080/", "http://x.example:8080/tea/", true),
            ("http://x.example:8080/", "https://x.example/tea/", true),
            ("https://x.example/", "https://x.example:443/", true),
            ("https://x.example/", "https://x.example:6379/", false),
            ("https://x.example/", "http://127.0.0.1:8080/", false),
            ("https://x.example/", "https://www.x.example/", false),
            (
                "https://x.example/",
                "https://x.example@evil.example/",
                false,
            ),
            (
                "https://x.example/",
                "https://x.example.evil.example/",
                false,
            ),
            ("https://x.example/", "ftp://x.example/", false),
            ("https://x.example/", "file:///etc/passwd", false),
            ("http://[::1]:80/", "http://[::1]/", true),
        ] {
            let [site, page] = [site, page].map(|text| Url::parse(text).unwrap());
            assert_eq!(is_on_site(&site, &page), expected, "{page}");
        }
    }

    #[test]
    fn only_public_addresses_are_public() {
        for address in [
            "93.184.216.34",
            "8.8.8.8",
            "2606:2800:220:1::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::7f00:1",
            "2002:7f00:1::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
