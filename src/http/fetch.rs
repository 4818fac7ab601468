//! Fetches a document that may be known: asks for it only if it has changed, compressed, and within limits.

use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, DATE, ETAG,
    HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    RETRY_AFTER,
};
use tokio::time::timeout;
use url::Url;

use crate::http::{Client, NoResponse, Trail, other, too_large};

/// The longest validator that is kept, in bytes.
const LONGEST: usize = 1024;

/// The validators of a document that is kept (RFC 9110, 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KnownDocument {
    /// Its `ETag`.
    pub(crate) etag: Option<String>,
    /// Its `Last-Modified`.
    pub(crate) modified: Option<String>,
}

/// The answer to a request for a document that may be known.
#[derive(Debug)]
pub(crate) struct FetchedDocument {
    /// The document; `None` if it is as it was.
    pub(crate) body: Option<Bytes>,
    /// The validators of the next request.
    pub(crate) known: KnownDocument,
    /// The media type, with its parameters.
    pub(crate) media_type: Option<String>,
    /// The address to which it has moved for good.
    pub(crate) moved: Option<Url>,
    /// How long the document stays as it is, as its server says.
    pub(crate) fresh: Duration,
}

impl Client {
    /// Fetches a document of at most so many bytes, in one of the media types of `accept`, wherever its address redirects.
    ///
    /// # Errors
    /// If there is none within the time, where it is larger, or where the status is no success.
    pub(crate) async fn fetch_document(
        &self,
        url: &Url,
        accept: &str,
        known: &KnownDocument,
        most: u64,
        limit: Duration,
    ) -> Result<FetchedDocument, NoResponse> {
        let headers = write_headers(accept, known);
        let trail = timeout(limit, self.follow_with(url.clone(), &headers, most)).await;
        let Trail { response, moved } = trail.map_err(|_| NoResponse::Silent(limit))??;
        let (head, body) = response.into_parts();
        let text = |name: HeaderName| {
            let value = head.headers.get(name)?.to_str().ok()?;
            (value.len() <= LONGEST).then(|| value.to_owned())
        };
        let body = match head.status {
            StatusCode::NOT_MODIFIED => None,
            status if status.is_success() => {
                Some(unpack(body, text(CONTENT_ENCODING).as_deref(), most)?)
            }
            status => return Err(explain_refusal(status, &head.headers)),
        };
        Ok(FetchedDocument {
            fresh: read_freshness(&head.headers),
            known: KnownDocument {
                etag: text(ETAG),
                modified: text(LAST_MODIFIED),
            },
            media_type: text(CONTENT_TYPE),
            body,
            moved,
        })
    }
}

fn write_headers(accept: &str, known: &KnownDocument) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in [
        (ACCEPT, Some(accept)),
        (IF_NONE_MATCH, known.etag.as_deref()),
        (IF_MODIFIED_SINCE, known.modified.as_deref()),
    ] {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The error for a status that is no success.
fn explain_refusal(status: StatusCode, headers: &HeaderMap) -> NoResponse {
    let status = status.as_u16();
    match read_retry(headers) {
        Some(wait) => NoResponse::Later(status, wait),
        None => other(format!("it answers {status}")),
    }
}

/// The wait that `Retry-After` asks for: seconds, or a time by the clock of the server (RFC 9110, 10.2.3).
fn read_retry(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let said: &str = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(said).ok()?;
    let now = httpdate::parse_http_date(text(DATE)?).ok()?;
    until.duration_since(now).ok()
}

/// How long the document is fresh: `max-age` without the time that it has spent in caches (RFC 9111, 4.2).
fn read_freshness(headers: &HeaderMap) -> Duration {
    let mut fresh: u64 = 0;
    let values = headers.get_all(CACHE_CONTROL).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    for directive in values.flat_map(|value| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return Duration::ZERO,
            "max-age" => fresh = value.trim().trim_matches('"').parse().unwrap_or(0),
            _ => {}
        }
    }
    let age = headers.get(AGE).and_then(|age| age.to_str().ok());
    let age: u64 = age.and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    Duration::from_secs(fresh.saturating_sub(age))
}

/// The document out of its encoding: at most so many bytes, however small they came.
fn unpack(body: Bytes, encoding: Option<&str>, most: u64) -> Result<Bytes, NoResponse> {
    match encoding.map(str::trim).unwrap_or_default() {
        encoding if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") => Ok(body),
        encoding
            if ["gzip", "x-gzip"]
                .iter()
                .any(|gzip| encoding.eq_ignore_ascii_case(gzip)) =>
        {
            let mut plain = Vec::new();
            let decoder = MultiGzDecoder::new(&*body);
            let read = decoder.take(most + 1).read_to_end(&mut plain);
            let read = read.map_err(|error| other(format!("its gzip is broken: {error}")))?;
            if read as u64 > most {
                return Err(too_large(most));
            }
            Ok(plain.into())
        }
        encoding => Err(other(format!(
            "it comes as `{encoding}`, which nobody asked for"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use hyper::header::{HeaderMap, HeaderValue};
    use url::Url;

    use super::{Client, FetchedDocument, KnownDocument, NoResponse, read_freshness, read_retry};

    const MOST: u64 = 1 << 20;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A server on loopback that leaves each request to `serve`; its address.
    fn serve(serve: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 1024];
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut buffer) {
                        Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                        _ => break,
                    }
                }
                serve(&String::from_utf8_lossy(&request), &mut stream);
            }
        });
        Url::parse(&format!("http://{address}/")).unwrap()
    }

    fn respond(stream: &mut TcpStream, head: &str, body: &[u8]) {
        let length = body.len();
        let head = format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(body);
    }

    fn fetch(
        client: &Client,
        url: &Url,
        known: &KnownDocument,
        limit: u64,
    ) -> Result<FetchedDocument, NoResponse> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let limit = Duration::from_millis(limit);
        runtime.block_on(client.fetch_document(url, "*/*", known, MOST, limit))
    }

    #[test]
    fn a_known_document_is_not_sent_again() {
        let url = serve(|request, stream| {
            let request = request.to_lowercase();
            let is_known = request.contains("if-none-match: \"a1\"")
                && request.contains("if-modified-since: yesterday");
            match is_known {
                true => respond(stream, "304 Not Modified\r\nETag: \"a1\"", b""),
                false => respond(
                    stream,
                    "200 OK\r\nETag: \"a1\"\r\nLast-Modified: yesterday",
                    b"<feed/>",
                ),
            }
        });
        let client = Client::for_site(&url);
        let first = fetch(&client, &url, &KnownDocument::default(), 10_000).unwrap();
        assert_eq!(first.body.as_deref(), Some(&b"<feed/>"[..]));
        let second = fetch(&client, &url, &first.known, 10_000).unwrap();
        assert!(second.body.is_none() && second.known.etag == first.known.etag);
    }

    #[test]
    fn a_server_says_how_long_to_leave_it_alone() {
        for (lines, fresh, retry) in [
            (&[][..], 0, None),
            (&[("cache-control", "public, Max-Age=600")], 600, None),
            (&[("cache-control", "max-age=\"600\"")], 600, None),
            (
                &[("cache-control", "max-age=600"), ("age", "500")],
                100,
                None,
            ),
            (&[("cache-control", "max-age=600"), ("age", "700")], 0, None),
            (&[("cache-control", "no-cache, max-age=600")], 0, None),
            (
                &[
                    ("cache-control", "max-age=600"),
                    ("cache-control", "no-store"),
                ],
                0,
                None,
            ),
            (&[("cache-control", "s-maxage=600, max-age=often")], 0, None),
            (&[("retry-after", "120")], 0, Some(120)),
            (&[("retry-after", "soon")], 0, None),
            (
                &[
                    ("date", "Mon, 24 Jun 2024 08:00:00 GMT"),
                    ("retry-after", "Mon, 24 Jun 2024 09:00:00 GMT"),
                ],
                0,
                Some(3600),
            ),
            // A time that is over, or by a clock that nobody knows.
            (
                &[
                    ("date", "Mon, 24 Jun 2024 08:00:00 GMT"),
                    ("retry-after", "Mon, 24 Jun 2024 07:00:00 GMT"),
                ],
                0,
                None,
            ),
            (&[("retry-after", "Mon, 24 Jun 2024 09:00:00 GMT")], 0, None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(read_freshness(&headers).as_secs(), fresh, "{lines:?}");
            let wait = read_retry(&headers).map(|wait| wait.as_secs());
            assert_eq!(wait, retry, "{lines:?}");
        }
    }

    #[test]
    fn a_document_is_unpacked_within_its_limit() {
        let whole = vec![b' '; usize::try_from(MOST).unwrap()];
        let bomb = vec![0; 64 << 20];
        let mut cut = gzip(b"<feed/>");
        cut.truncate(cut.len() - 4);
        for (encoding, body, expected) in [
            ("gzip", gzip(b"<feed/>"), Ok(7)),
            ("X-GZIP", gzip(b"<feed/>"), Ok(7)),
            ("identity", b"<feed/>".to_vec(), Ok(7)),
            ("gzip", gzip(&whole), Ok(whole.len())),
            ("gzip", gzip(&bomb), Err("larger than 1 MB")),
            (
                "identity",
                vec![b' '; whole.len() + 1],
                Err("larger than 1 MB"),
            ),
            ("gzip", cut, Err("gzip is broken")),
            ("gzip", b"<feed/>".to_vec(), Err("gzip is broken")),
            ("br", b"<feed/>".to_vec(), Err("`br`")),
        ] {
            let url = serve(move |_, stream| {
                respond(
                    stream,
                    &format!("200 OK\r\nContent-Encoding: {encoding}"),
                    &body,
                );
            });
            let fetched = fetch(
                &Client::for_site(&url),
                &url,
                &KnownDocument::default(),
                60_000,
            );
            match (fetched, expected) {
                (Ok(fetched), Ok(length)) => assert_eq!(fetched.body.unwrap().len(), length),
                (Err(error), Err(words)) => {
                    assert!(error.to_string().contains(words), "{encoding}: {error}");
                }
                (fetched, expected) => panic!("{encoding}: {fetched:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_slow_drip_ends_with_the_limit() {
        let url = serve(|_, stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            while stream.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        });
        let begun = Instant::now();
        let error = fetch(
            &Client::for_site(&url),
            &url,
            &KnownDocument::default(),
            300,
        )
        .unwrap_err();
        assert!(matches!(error, NoResponse::Silent(_)), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn only_permanent_redirects_say_that_an_address_has_moved() {
        // Each step: its status and where it leads.
        for (steps, expected) in [
            (&[(301, "/b")][..], Some("/b")),
            (&[(308, "/b")], Some("/b")),
            (&[(302, "/b")], None),
            (&[(307, "/b")], None),
            (&[(301, "/b"), (301, "/c")], Some("/c")),
            (&[(301, "/b"), (302, "/c")], Some("/b")),
            (&[(302, "/b"), (301, "/c")], None),
            (&[], None),
        ] {
            let steps: Vec<(u16, &str)> = steps.to_vec();
            let url = serve(move |request, stream| {
                let path = request.split(' ').nth(1).unwrap_or_default();
                let step = ["/", "/b", "/c"].iter().position(|known| *known == path);
                match step.and_then(|step| steps.get(step)) {
                    Some((status, to)) => {
                        respond(stream, &format!("{status} Moved\r\nLocation: {to}"), b"");
                    }
                    None => respond(stream, "200 OK", b"<feed/>"),
                }
            });
            let fetched = fetch(
                &Client::for_site(&url),
                &url,
                &KnownDocument::default(),
                10_000,
            )
            .unwrap();
            let moved = fetched.moved.map(|moved| moved.path().to_owned());
            assert_eq!(moved.as_deref(), expected);
        }
    }

    #[test]
    fn every_hop_is_held_against_private_addresses() {
        let inner = serve(|_, stream| respond(stream, "200 OK", b"secret"));
        for to in [
            inner.as_str(),
            "http://169.254.169.254/",
            "http://[::1]:1/",
            "file:///etc/passwd",
        ] {
            let to = to.to_owned();
            let url = serve(move |_, stream| {
                respond(stream, &format!("301 Moved\r\nLocation: {to}"), b"");
            });
            let error = fetch(
                &Client::for_site(&url),
                &url,
                &KnownDocument::default(),
                10_000,
            )
            .unwrap_err();
            let words = error.to_string();
            assert!(
                words.contains("private") || words.contains("no address of the web"),
                "{words}"
            );
        }
    }
}
