//! Serves the files of the published folder, feeds and pages, and nothing outside of it.

mod kept;
mod negotiate;
mod opened;
mod path;

use std::io;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, RANGE, VARY,
};
use axum::http::response::Builder;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;

use crate::config::{Config, Feeds};
use crate::feed::{ISSUES, find_media_type, is_ours};
use crate::ledger::IssueId;
use crate::web::guard::{PAGE_OF_POSTS, say, write_list_policy};
use kept::{KeptFiles, LARGEST, Look, NeedsReading};
use negotiate::{Encoding, Slice, choose_part, is_known, parse_accepted};
use opened::Opened;

/// How long a file may be used without a question: no longer than a feed reader would wait.
const FRESH: &str = "public, max-age=300";
/// XML and pictures may load only their style.
const DATA_POLICY: &str =
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src * data:; frame-ancestors 'none'";
/// The site's own pages may do anything but be framed by others.
const SITE_POLICY: &str = "frame-ancestors 'none'";

#[derive(Debug)]
pub(super) struct Files {
    feeds: Feeds,
    kept: KeptFiles,
}

/// The file or folder that a path names.
enum Found {
    File {
        plain: Opened,
        /// The encoding of it that the client takes.
        twin: Option<Box<Opened>>,
        below: PathBuf,
    },
    /// A folder that was asked for without its slash.
    Folder,
    Nothing,
}

impl Files {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            feeds: config.feeds.clone(),
            kept: KeptFiles::default(),
        }
    }

    /// Answers a request, if that needs no reading.
    pub(super) fn answer_at_once(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Response> {
        let look = |below: &Path, encoding: Encoding| {
            let path = self.feeds.dir.join(below);
            self.kept.find(&encoding.path_of(&path))
        };
        self.answer_by(&look, method, path, headers)
    }

    /// Answers a request, and reads at most one chunk, or one small file. To be called where waiting for a disk is
    /// permitted.
    pub(super) fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response {
        // Anew each time: a deploy may put another folder in its place.
        let root = self.feeds.dir.canonicalize();
        let look = |below: &Path, encoding: Encoding| {
            let root = root.as_ref().ok();
            let opened = root.and_then(|root| Opened::open(root, below, encoding));
            let Some(opened) = opened else {
                return Look::Missing;
            };
            let path = encoding.path_of(&self.feeds.dir.join(below));
            match self.kept.keep(&path, opened) {
                Ok(opened) => Look::Found(opened),
                Err(_) => Look::Missing,
            }
        };
        let answer = self.answer_by(&look, method, path, headers);
        answer.unwrap_or_else(|| say(StatusCode::NOT_FOUND, "there is no such page\n"))
    }

    /// Answers a request by this way to look for a file; `None` if that does not know.
    fn answer_by(
        &self,
        look: &dyn Fn(&Path, Encoding) -> Look,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Option<Response> {
        match *method {
            Method::GET | Method::HEAD => {}
            _ => {
                let mut refused = match *method {
                    Method::OPTIONS => say(StatusCode::NO_CONTENT, ""),
                    _ => say(StatusCode::METHOD_NOT_ALLOWED, "this is only to be read\n"),
                };
                let allowed = axum::http::HeaderValue::from_static("GET, HEAD, OPTIONS");
                refused.headers_mut().insert(ALLOW, allowed);
                return Some(refused);
            }
        }
        Some(match find(look, path, headers).ok()? {
            Found::File { plain, twin, below } => {
                let answer = self
                    .begin_head(&below, &plain)
                    .and_then(|head| send(twin.map_or(plain, |twin| *twin), head, method, headers));
                answer.unwrap_or_else(|_| say(StatusCode::NOT_FOUND, "there is no such page\n"))
            }
            Found::Folder => {
                let moved = Response::builder().status(StatusCode::PERMANENT_REDIRECT);
                let moved = moved
                    .header(LOCATION, format!("{path}/"))
                    .body(Body::empty());
                moved.unwrap_or_else(|_| say(StatusCode::NOT_FOUND, "there is no such page\n"))
            }
            Found::Nothing => say(StatusCode::NOT_FOUND, "there is no such page\n"),
        })
    }

    /// The headers that depend on what a file is.
    fn begin_head(&self, below: &Path, plain: &Opened) -> io::Result<Builder> {
        let kind = match find_media_type(&self.feeds, &below.to_string_lossy()) {
            Some(feed) => feed.to_owned(),
            None => mime_guess::from_path(below)
                .first_or_octet_stream()
                .to_string(),
        };
        let is_text = kind.starts_with("text/") || kind.ends_with("xml");
        let policy = match kind.as_str() {
            "text/html" if is_issue(below) => PAGE_OF_POSTS.to_owned(),
            "text/html" if is_list(below) => {
                let page = plain.read_beginning(LARGEST)?;
                match is_ours(&page) {
                    true => write_list_policy(&String::from_utf8_lossy(&page)),
                    false => SITE_POLICY.to_owned(),
                }
            }
            "text/html" => SITE_POLICY.to_owned(),
            _ => DATA_POLICY.to_owned(),
        };
        let kind = match is_text && !kind.contains("charset") {
            true => format!("{kind}; charset=utf-8"),
            false => kind,
        };
        let head = Response::builder()
            .header(CONTENT_TYPE, kind)
            .header(CONTENT_SECURITY_POLICY, policy)
            .header(CACHE_CONTROL, FRESH)
            .header(VARY, "Accept-Encoding");
        Ok(head)
    }
}

/// Whether a path below the folder is that of an issue's page: what stands there shows posts, whatever their text is.
fn is_issue(below: &Path) -> bool {
    let name = below.to_str().and_then(|path| path.strip_prefix(ISSUES));
    let number = name.and_then(|name| name.strip_suffix(".html"));
    number.is_some_and(|number| number.len() == 16 && number.parse::<IssueId>().is_ok())
}

/// Whether a path below the folder is that of the page of feeds or the index of issues, if tidings wrote them.
fn is_list(below: &Path) -> bool {
    below == Path::new("feeds.html") || below == Path::new(ISSUES).join("index.html")
}

/// Finds the file to which a path leads.
///
/// # Errors
/// If that is not known without reading.
fn find(
    look: &dyn Fn(&Path, Encoding) -> Look,
    path: &str,
    headers: &HeaderMap,
) -> Result<Found, NeedsReading> {
    let Some(below) = path::parse(path) else {
        return Ok(Found::Nothing);
    };
    let candidates = match path {
        // A folder of feeds alone has no home page, but one that explains them.
        "/" => vec!["index.html".into(), "feeds.html".into()],
        _ if path.ends_with('/') => vec![below.join("index.html")],
        _ => vec![below.clone()],
    };
    for below in candidates {
        let Some(plain) = look(&below, Encoding::Identity).into_known()? else {
            continue;
        };
        // A part is one of the plain file: programs that go on with a download expect that.
        let encodings = match headers.contains_key(RANGE) {
            true => Vec::new(),
            false => parse_accepted(headers),
        };
        for encoding in encodings {
            // A twin that is older than its file belongs to another version of it.
            if let Some(twin) = look(&below, encoding).into_known()?
                && twin.modified >= plain.modified
            {
                return Ok(Found::File {
                    plain,
                    twin: Some(Box::new(twin)),
                    below,
                });
            }
        }
        return Ok(Found::File {
            plain,
            twin: None,
            below,
        });
    }
    let is_folder = !path.ends_with('/')
        && look(&below.join("index.html"), Encoding::Identity)
            .into_known()?
            .is_some();
    Ok(match is_folder {
        true => Found::Folder,
        false => Found::Nothing,
    })
}

fn send(
    opened: Opened,
    head: Builder,
    method: &Method,
    headers: &HeaderMap,
) -> io::Result<Response> {
    let tag = opened.tag.as_str();
    let modified = httpdate::fmt_http_date(opened.modified);
    let mut head = head.header(ETAG, tag).header(LAST_MODIFIED, modified);
    if is_known(headers, tag, opened.modified) {
        return finish(head.status(StatusCode::NOT_MODIFIED), Body::empty());
    }
    if let Some(encoding) = opened.encoding.name() {
        head = head.header(CONTENT_ENCODING, encoding);
    }
    head = head.header(ACCEPT_RANGES, "bytes");
    let length = opened.length;
    let range = match choose_part(headers, length, tag) {
        Slice::Whole => 0..length,
        Slice::Bytes(range) => {
            let place = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            head = head
                .status(StatusCode::PARTIAL_CONTENT)
                .header(CONTENT_RANGE, place);
            range
        }
        Slice::Beyond => {
            let head = head.header(CONTENT_RANGE, format!("bytes */{length}"));
            return finish(
                head.status(StatusCode::RANGE_NOT_SATISFIABLE),
                Body::empty(),
            );
        }
    };
    let size = range.end - range.start;
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        opened.into_body(range)?
    };
    finish(head.header(CONTENT_LENGTH, size), body)
}

fn finish(head: Builder, body: Body) -> io::Result<Response> {
    head.body(body).map_err(io::Error::other)
}
