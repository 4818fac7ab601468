//! Guards every answer and request: headers that isolate a page, and a check that the host is ours.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, Entry, HOST, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use tokio::time::timeout;
use url::Url;

/// A page that shows posts as mail programs do: styles at each element, pictures from anywhere, nothing that runs.
pub(super) const PAGE_OF_POSTS: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; media-src *; \
                                        base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The default headers of an answer.
const HEADERS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// A short answer in plain text that is not cached.
pub(super) fn say(status: StatusCode, words: &'static str) -> Response {
    let mut answer = Response::new(Body::from(words));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// The time until the answer to a request must begin, reading its body included.
const ANSWER: Duration = Duration::from_secs(30);

/// Answers for a handler that takes too long, or that fails by a fault of the program.
pub(super) async fn limit_time(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(ANSWER, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => say(StatusCode::INTERNAL_SERVER_ERROR, "this went wrong here\n"),
        // Mail programs retry an unsubscribe request after a 5xx.
        Err(_) => say(StatusCode::SERVICE_UNAVAILABLE, "this took too long\n"),
    }
}

/// Adds the headers that are missing.
pub(super) async fn add_headers(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let is_framed = answer.extensions().get::<Framed>().is_some();
    for (name, value) in HEADERS {
        if is_framed && name == X_FRAME_OPTIONS {
            continue;
        }
        if let Entry::Vacant(place) = answer.headers_mut().entry(name) {
            place.insert(HeaderValue::from_static(value));
        }
    }
    answer
}

/// The sources of styles for a page: each of its own by a hash, and no other.
pub(super) fn hash_styles(html: &str) -> String {
    let mut hashes = Vec::new();
    let mut rest = html;
    while let Some((_, element)) = rest.split_once("<style")
        && let Some((_, text)) = element.split_once('>')
        && let Some((style, after)) = text.split_once("</style>")
    {
        let hash = STANDARD.encode(digest(&SHA256, style.as_bytes()));
        hashes.push(format!("'sha256-{hash}'"));
        rest = after;
    }
    match hashes.is_empty() {
        true => "'none'".to_owned(),
        false => hashes.join(" "),
    }
}

/// The policy of a list of posts or issues: its own style, pictures from anywhere, nothing that runs.
pub(super) fn write_list_policy(html: &str) -> String {
    PAGE_OF_POSTS.replace("'unsafe-inline'", &hash_styles(html))
}

/// Replaces a part of an answer's policy.
pub(super) fn widen_policy(answer: &mut Response, part: &str, wider: &str) {
    let policy = answer.headers().get(CONTENT_SECURITY_POLICY);
    if let Some(policy) = policy.and_then(|policy| policy.to_str().ok())
        && let Ok(wider) = HeaderValue::from_str(&policy.replace(part, wider))
    {
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, wider);
    }
}

/// Lets pages of these origins frame an answer. `X-Frame-Options` knows no origins, so the policy alone says so.
pub(super) fn let_frame(mut answer: Response, origins: &[Url]) -> Response {
    if origins.is_empty() {
        return answer;
    }
    let mut ancestors = "frame-ancestors".to_owned();
    for origin in origins {
        ancestors.push_str(&format!(" {}", origin.origin().ascii_serialization()));
    }
    widen_policy(&mut answer, "frame-ancestors 'none'", &ancestors);
    answer.extensions_mut().insert(Framed);
    answer
}

/// Marks an answer that may be framed.
#[derive(Debug, Clone, Copy)]
struct Framed;

/// The hosts under which the service is known.
#[derive(Debug)]
pub(super) struct Hosts {
    public: Option<Authority>,
}

impl Hosts {
    pub(super) fn new(url: Option<&Url>) -> Self {
        let public = url.and_then(|url| {
            url[url::Position::BeforeHost..url::Position::AfterPort]
                .parse()
                .ok()
        });
        Self { public }
    }

    /// Whether a request is meant for us: it names the public host, or this machine, as a proxy does that sets no host.
    /// A page elsewhere whose name was made to resolve here names its own host (DNS rebinding).
    fn is_ours(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(HOST).iter();
        let (first, second) = (named.next(), named.next());
        let said = first.and_then(|host| host.to_str().ok()?.parse().ok());
        // The address beats the header (RFC 9112 3.2.2).
        let Some(host) = uri
            .authority()
            .cloned()
            .or(said)
            .filter(|_| second.is_none())
        else {
            return false;
        };
        if host.as_str().contains('@') {
            return false;
        }
        let name = host.host();
        let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&name);
        let is_public = self.public.as_ref().is_some_and(|public| {
            let is_port = host.port().is_none() || host.port() == public.port();
            public
                .host()
                .eq_ignore_ascii_case(name.trim_end_matches('.'))
                && (is_port || is_port_of_web(&host))
        });
        is_here || is_public
    }
}

fn is_port_of_web(host: &Authority) -> bool {
    matches!(host.port_u16(), Some(80 | 443))
}

/// Whether a form was sent from a page of ours, as far as the browser tells. It need not tell, since the forms that are
/// checked contain a token too.
pub(super) fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        // Without a referrer, as our pages ask for it, an origin is `null` (Fetch 3.2).
        (None, None | Some("null")) => true,
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
    }
}

/// The client's address: the peer's, or if that is a proxy of ours, the last address before it that is no proxy. `None`
/// if that is this machine: a proxy that the config does not name.
pub(super) fn find_client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Option<IpAddr> {
    let mut from = peer.to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter();
    let named: Vec<&str> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    for name in named.into_iter().rev() {
        if !proxies.contains(&from) {
            break;
        }
        let Ok(before) = name.trim().parse::<IpAddr>() else {
            break;
        };
        from = before.to_canonical();
    }
    (!from.is_loopback()).then_some(from)
}

/// Refuses requests for another host.
pub(super) async fn refuse_other_hosts(
    State(hosts): State<Arc<Hosts>>,
    request: Request,
    next: Next,
) -> Response {
    match hosts.is_ours(request.uri(), request.headers()) {
        true => next.run(request).await,
        false => say(
            StatusCode::MISDIRECTED_REQUEST,
            "this host is not served here\n",
        ),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::HOST;
    use axum::http::{HeaderMap, Uri};
    use url::Url;

    use super::{Hosts, find_client, hash_styles, is_own_form};

    #[test]
    fn only_a_proxy_of_ours_says_from_where_a_request_came() {
        for (peer, lines, expected) in [
            ("192.0.2.1", &[][..], Some("192.0.2.1")),
            ("192.0.2.1", &["198.51.100.1"], Some("192.0.2.1")),
            ("10.0.0.1", &["198.51.100.1"], Some("198.51.100.1")),
            (
                "10.0.0.1",
                &["203.0.113.9, 198.51.100.1"],
                Some("198.51.100.1"),
            ),
            (
                "10.0.0.1",
                &["203.0.113.9", "198.51.100.1"],
                Some("198.51.100.1"),
            ),
            (
                "10.0.0.1",
                &["198.51.100.1, 10.0.0.2"],
                Some("198.51.100.1"),
            ),
            ("10.0.0.1", &["2001:db8::1"], Some("2001:db8::1")),
            ("::ffff:10.0.0.1", &["198.51.100.1"], Some("198.51.100.1")),
            ("10.0.0.1", &["tea"], Some("10.0.0.1")),
            ("10.0.0.1", &[], Some("10.0.0.1")),
            ("127.0.0.1", &["198.51.100.1"], None),
            ("::1", &[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
            let found = find_client(peer.parse().unwrap(), &headers, &proxies);
            assert_eq!(
                found,
                expected.map(|it| it.parse().unwrap()),
                "{peer} {lines:?}"
            );
        }
    }

    #[test]
    fn each_style_of_a_page_has_its_hash_and_nothing_else_has_one() {
        // printf a | openssl dgst -sha256 -binary | base64
        let a = "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='";
        let b = "'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='";
        for (html, sources) in [
            ("", "'none'".to_owned()),
            ("<p style=\"a\">a</p>", "'none'".to_owned()),
            ("<style>a", "'none'".to_owned()),
            ("<style>a</style>", a.to_owned()),
            (
                "<style media=\"print\">a</style><style>b</style>",
                format!("{a} {b}"),
            ),
        ] {
            assert_eq!(hash_styles(html), sources, "{html}");
        }
    }

    #[test]
    fn a_form_comes_from_a_page_of_ours() {
        for (lines, expected) in [
            (&[][..], true),
            (&[("origin", "null")], true),
            (&[("origin", "https://news.hums.example")], true),
            (
                &[("origin", "null"), ("sec-fetch-site", "same-origin")],
                true,
            ),
            (&[("sec-fetch-site", "none")], true),
            (&[("origin", "https://evil.example")], false),
            (
                &[("origin", "https://news.hums.example.evil.example")],
                false,
            ),
            (&[("origin", "tea")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[("origin", "null"), ("sec-fetch-site", "cross-site")],
                false,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "news.hums.example".parse().unwrap());
            for (name, value) in lines {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(is_own_form(&headers), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_request_names_a_host_of_ours() {
        let public = Url::parse("https://news.hums.example/").unwrap();
        let odd = Url::parse("https://news.hums.example:8443/").unwrap();
        for (url, address, hosts, expected) in [
            (Some(&public), "/", &["news.hums.example"][..], true),
            (Some(&public), "/", &["News.Hums.Example"], true),
            (Some(&public), "/", &["news.hums.example."], true),
            (Some(&public), "/", &["news.hums.example:443"], true),
            (Some(&public), "/", &["127.0.0.1:8080"], true),
            (Some(&public), "/", &["localhost"], true),
            (Some(&public), "/", &["[::1]:8080"], true),
            (Some(&public), "/", &["hums.example"], false),
            (Some(&public), "/", &["evil.example"], false),
            (
                Some(&public),
                "/",
                &["news.hums.example.evil.example"],
                false,
            ),
            (Some(&public), "/", &["news.hums.example:8080"], false),
            (Some(&public), "/", &["evil@news.hums.example:x"], false),
            (
                Some(&public),
                "/",
                &["news.hums.example", "evil.example"],
                false,
            ),
            (
                Some(&public),
                "/",
                &["news.hums.example", "news.hums.example"],
                false,
            ),
            (Some(&public), "/", &[], false),
            (Some(&public), "/", &[""], false),
            (
                Some(&public),
                "http://evil.example/",
                &["news.hums.example"],
                false,
            ),
            (
                Some(&public),
                "http://news.hums.example/",
                &["evil.example"],
                true,
            ),
            (Some(&odd), "/", &["news.hums.example:8443"], true),
            (Some(&odd), "/", &["news.hums.example"], true),
            (Some(&odd), "/", &["news.hums.example:8444"], false),
            (None, "/", &["127.0.0.1:8080"], true),
            (None, "/", &["news.hums.example"], false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().unwrap());
            }
            let address: Uri = address.parse().unwrap();
            assert_eq!(
                Hosts::new(url).is_ours(&address, &headers),
                expected,
                "{address} {hosts:?}"
            );
        }
    }
}
